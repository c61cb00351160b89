"""ECS's service scheduler: it starts and stops tasks until each service has its desired count."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from .faults import NoCapacity, StartFault
from .services import (
    Deployment,
    NoSuchService,
    RolloutState,
    Service,
    ServiceDescription,
    ServiceEvent,
    ServiceExists,
    ServiceStatus,
    ServiceStillWanted,
    describe,
)
from .target_groups import TargetGroups
from .task_health import group_where_unhealthy, is_ready
from .tasks import TargetGroupBinding, Task, Tasks, TaskStatus
from .timeline import Timeline

_MORE_INFORMATION: Final = "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
_FAILURES_UNTIL_EVENT: Final = 3


class Scheduler:
    """The scheduler of every service. A rolling update keeps 100 % of the desired count, and allows 200 % of it.

    Each method that changes a service's description calls ``_changes``.
    """

    def __init__(self, timeline: Timeline, target_groups: TargetGroups, tasks: Tasks) -> None:
        self._timeline = timeline
        self._target_groups = target_groups
        self._tasks = tasks
        self._services: dict[tuple[str, str], Service] = {}
        target_groups.on_health_change = self._health_changed
        tasks.on_change = self._task_changed

    def services(self) -> tuple[Service, ...]:
        """Return every service, including a deleted one until another service takes its name."""
        return tuple(self._services.values())

    def service(self, cluster: str, name: str) -> Service:
        """Return one service. Raises ``NoSuchService``."""
        try:
            return self._services[cluster, name]
        except KeyError:
            raise NoSuchService(f"There is no service {name} in cluster {cluster}.") from None

    def create(
        self,
        cluster: str,
        name: str,
        desired: int,
        bindings: tuple[TargetGroupBinding, ...],
        task_definition: str,
        health_check_grace: timedelta,
        gateway_connectors: tuple[str, ...],
    ) -> None:
        """Create a service with its first deployment. Raises ``ServiceExists``."""
        known = self._services.get((cluster, name))
        if known is not None and known.status is not ServiceStatus.INACTIVE:
            raise ServiceExists(f"The service {name} exists already in cluster {cluster}.")
        service = Service(
            cluster=cluster,
            name=name,
            desired=desired,
            bindings=bindings,
            health_check_grace=health_check_grace,
            created_at=self._timeline.now,
            deployments=[self._deployment(task_definition, gateway_connectors)],
        )
        self._services[cluster, name] = service
        self._reconcile_soon(service)

    def describe(self, service: Service) -> ServiceDescription:
        """Describe a service as DescribeServices does; return the same object until the description changes."""
        if service.described is None:
            service.described = describe(service, self.tasks_of(service))
        return service.described

    def set_health_check_grace(self, service: Service, grace: timedelta) -> None:
        """Set how long a task may be unhealthy after its start."""
        self._changes(service)
        service.health_check_grace = grace

    def set_desired_count(self, service: Service, desired: int) -> None:
        """Set the desired count; no deployment begins (bc ecs UpdateServiceRequest.desiredCount)."""
        if desired == service.desired:
            return
        self._changes(service)
        service.desired = desired
        service.steady = False
        if desired == 0:
            service.forget_failed_starts()
        self._reconcile_soon(service)

    def start_deployment(
        self, service: Service, task_definition: str | None, gateway_connectors: tuple[str, ...] | None
    ) -> None:
        """Begin a rolling update; an argument that is ``None`` keeps the value that is set."""
        self._changes(service)
        before = service.primary
        if gateway_connectors is None:
            gateway_connectors = before.gateway_connectors
        service.deployments.insert(0, self._deployment(task_definition or before.task_definition, gateway_connectors))
        service.steady = False
        service.forget_failed_starts()
        self._reconcile_soon(service)

    def complete_rollout(self, service: Service) -> None:
        """End the newest deployment, and remove the ones that it replaces."""
        self._changes(service)
        del service.deployments[1:]
        deployment = service.primary
        if deployment.rollout_state is RolloutState.IN_PROGRESS:
            deployment.rollout_state = RolloutState.COMPLETED
            deployment.rollout_state_reason = f"ECS deployment {deployment.id} completed."
            deployment.updated_at = self._timeline.now

    def delete(self, service: Service, force: bool) -> None:
        """Delete a service; it becomes INACTIVE when no task has containers. Raises ``ServiceStillWanted``."""
        if service.desired > 0 and not force:
            raise ServiceStillWanted("The service cannot be stopped while it is scaled above 0.")
        self._changes(service)
        service.desired = 0
        service.status = ServiceStatus.DRAINING
        self._end_draining(service)
        self._reconcile_soon(service)

    def set_start_fault(self, service: Service, fault: StartFault | None) -> None:
        """Let later tasks start with this fault, or with ``None`` without a fault."""
        service.start_fault = fault

    def set_passes_checks(self, service: Service, passes_checks: bool) -> None:
        """Let every present and later target of the service pass or fail its health checks."""
        service.passes_checks = passes_checks
        for task in self.tasks_of(service):
            self._target_groups.set_passes_checks(task.id, passes_checks)

    def protect(self, task: Task, until: datetime | None) -> None:
        """Protect a task until an instant; a deployment that waits for it continues then."""
        task.protected_until = until
        service = self._services[task.cluster, task.service]
        self._reconcile_soon(service)
        if until is not None and until > self._timeline.now:
            self._reconcile_at(service, until)

    def tasks_of(self, service: Service) -> tuple[Task, ...]:
        """Return the service's tasks, including recently stopped ones, oldest first."""
        return self._tasks.of(service.cluster, service.name)

    @staticmethod
    def _changes(service: Service) -> None:
        service.described = None

    def _deployment(self, task_definition: str, gateway_connectors: tuple[str, ...]) -> Deployment:
        now = self._timeline.now
        deployment_id = f"ecs-svc/{self._timeline.random.getrandbits(60):019d}"
        reason = f"ECS deployment {deployment_id} in progress."
        return Deployment(
            deployment_id,
            task_definition,
            now,
            now,
            rollout_state_reason=reason,
            gateway_connectors=gateway_connectors,
        )

    def _health_changed(self, task_id: str) -> None:
        task = self._tasks.get(task_id)
        if task is not None:
            self._reconcile_soon(self._services[task.cluster, task.service])

    def _task_changed(self, task: Task) -> None:
        service = self._services[task.cluster, task.service]
        self._changes(service)
        if task.last_status is TaskStatus.RUNNING:
            service.forget_failed_starts()
            service.primary.failed_tasks = 0
        elif task.last_status is TaskStatus.DEPROVISIONING and task.stop_code == "TaskFailedToStart":
            self._note_failed_start(service)
        self._end_draining(service)
        self._reconcile_soon(service)

    def _reconcile_soon(self, service: Service) -> None:
        timeline = self._timeline
        self._reconcile_at(service, timeline.now + timeline.about(timeline.timings.scheduling))

    def _reconcile_at(self, service: Service, instant: datetime) -> None:
        if instant not in service.reconciles_at:
            service.reconciles_at.add(instant)
            self._timeline.at(instant, lambda: self._reconcile(service))

    def _reconcile(self, service: Service) -> None:
        service.reconciles_at.discard(self._timeline.now)
        if self._services[service.cluster, service.name] is not service:
            return  # This service was deleted, and another one has its name now.
        self._changes(service)
        self._stop_unhealthy(service)
        wanted = [task for task in self.tasks_of(service) if task.wanted]
        new = [task for task in wanted if task.deployment_id == service.primary.id]
        old = [task for task in wanted if task.deployment_id != service.primary.id]
        self._start(service, min(service.desired - len(new), 2 * service.desired - len(wanted)))
        # Tasks that do not run yet are stopped first, then the newest; protected tasks are stopped last.
        now = self._timeline.now
        surplus = sorted(
            new,
            key=lambda task: (task.is_protected(now), task.started_at is not None, -task.created_at.timestamp()),
        )
        self._stop(service, surplus[: max(0, len(new) - service.desired)])
        ready = sum(is_ready(task, self._target_groups) for task in new)
        superseded = old[: max(0, len(old) - max(0, service.desired - ready))]
        self._stop(service, [task for task in superseded if service.desired == 0 or not task.is_protected(now)])
        self._note_steady_state(service)

    def _stop_unhealthy(self, service: Service) -> None:
        now = self._timeline.now
        for task in self.tasks_of(service):
            group = group_where_unhealthy(task, self._target_groups) if task.wanted else None
            if group is None:
                continue
            grace_ends = (task.started_at or now) + service.health_check_grace
            if now < grace_ends:
                self._reconcile_at(service, grace_ends)
                continue
            failed = f"is unhealthy in (target-group {group}) due to (reason Health checks failed)"
            self._note(service, f"(task {task.id}) {failed}.")
            reason = f"Task failed ELB health checks in (target-group {group})"
            self._tasks.stop(task, "ServiceSchedulerInitiated", reason)

    def _start(self, service: Service, missing: int) -> None:
        if missing <= 0 or service.status is not ServiceStatus.ACTIVE:
            return
        service.steady = False
        if service.retry_at is not None and self._timeline.now < service.retry_at:
            self._reconcile_at(service, service.retry_at)
            return
        if isinstance(service.start_fault, NoCapacity):
            reason = service.start_fault.reason
            self._note(service, f"was unable to place a task. Reason: {reason}. {_MORE_INFORMATION}")
            self._note_failed_start(service)
            self._reconcile_soon(service)
            return
        started = [
            self._tasks.start(
                service.cluster,
                service.name,
                service.primary.id,
                service.primary.task_definition,
                service.bindings,
                service.start_fault,
                service.passes_checks,
            )
            for _ in range(missing)
        ]
        self._note(service, f"has started {missing} tasks: {_listed(started)}.")

    def _stop(self, service: Service, tasks: Sequence[Task]) -> None:
        if not tasks:
            return
        service.steady = False
        reason = f"Scaling activity initiated by (deployment {service.primary.id})"
        for task in tasks:
            self._tasks.stop(task, "ServiceSchedulerInitiated", reason)
        self._note(service, f"has stopped {len(tasks)} running tasks: {_listed(tasks)}.")

    def _note_steady_state(self, service: Service) -> None:
        if service.steady or service.status is not ServiceStatus.ACTIVE:
            return
        tasks = self.tasks_of(service)
        wanted = [task for task in tasks if task.wanted]
        replaced = [task for task in tasks if task.deployment_id != service.primary.id and task.has_containers]
        ready = all(is_ready(task, self._target_groups) for task in wanted)
        if len(wanted) != service.desired or replaced or not ready:
            return
        service.steady = True
        self.complete_rollout(service)
        self._note(service, "has reached a steady state.")

    def _end_draining(self, service: Service) -> None:
        drained = not any(task.has_containers for task in self.tasks_of(service))
        if service.status is ServiceStatus.DRAINING and drained:
            service.status = ServiceStatus.INACTIVE

    def _note_failed_start(self, service: Service) -> None:
        timings = self._timeline.timings
        service.note_failed_start(self._timeline.now, timings.first_retry, timings.longest_retry)
        if service.failed_starts == _FAILURES_UNTIL_EVENT:
            self._note(service, f"is unable to consistently start tasks successfully. {_MORE_INFORMATION}")

    def _note(self, service: Service, message: str) -> None:
        event_id = f"{self._timeline.random.getrandbits(128):032x}"
        service.events.append(ServiceEvent(event_id, self._timeline.now, f"(service {service.name}) {message}"))


def _listed(tasks: Sequence[Task]) -> str:
    return " ".join(f"(task {task.id})" for task in tasks)
