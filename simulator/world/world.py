"""The world: services, tasks, targets, requests and metrics in one virtual time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from .faults import StartFault
from .listener_rules import ListenerRules
from .measurements import Measurements
from .metrics import MetricStore
from .scaling import Scaling
from .scheduler import Scheduler
from .services import ServiceDescription, ServiceStatus
from .target_groups import TargetGroups, TargetHealth
from .tasks import TargetGroupBinding, Task, Tasks, TaskStatus
from .timeline import Timeline
from .timings import Timings


class World:
    """The parts of one AWS region that change by themselves. The same seed and calls give the same history.

    It is not safe for threads: to share it between threads, hold one lock around every use.
    """

    def __init__(self, seed: int, start: datetime, timings: Timings | None = None) -> None:
        self.timings = timings or Timings()
        self.metrics = MetricStore(aws_delay=self.timings.metric_delay)
        self._timeline = Timeline(seed, start, self.timings)
        self.listener_rules = ListenerRules(self._timeline)
        self._target_groups = TargetGroups(self._timeline)
        self._tasks = Tasks(self._timeline, self._target_groups)
        self._scheduler = Scheduler(self._timeline, self._target_groups, self._tasks)
        self._measurements = Measurements(self._timeline, self._target_groups, self._scheduler, self.metrics)
        self.scaling = Scaling(self._timeline, self._scheduler, self.metrics, self._measurements)

    # Time

    @property
    def now(self) -> datetime:
        """The present instant, in UTC."""
        return self._timeline.now

    @property
    def next_instant(self) -> datetime | None:
        """The instant of the next event, ``None`` if there is none."""
        return self._timeline.next_instant

    def advance_to(self, instant: datetime) -> None:
        """Let everything happen that is due until ``instant``, inclusive, in order.

        Raises ``ValueError`` for an instant in the past.
        """
        self._timeline.advance_to(instant)

    def advance(self, duration: timedelta) -> None:
        """Let time pass for a duration."""
        self.advance_to(self.now + duration)

    # Services and tasks

    def create_service(
        self,
        cluster: str,
        name: str,
        desired: int,
        target_groups: Sequence[TargetGroupBinding | tuple[str | None, str, int]] = (),
        task_definition: str = "task:1",
        health_check_grace: timedelta = timedelta(0),
        gateway_connectors: Sequence[str] = (),
        *,
        deploying: bool = True,
    ) -> None:
        """Create a service whose tasks register at target groups.

        A binding that names a load balancer attaches its group to it. ``gateway_connectors``: the ports that an
        ECS Gateway sends requests to. ``deploying``: ``False`` for a service that has existed for a long time, whose
        first deployment is over. Raises ``ServiceExists``.
        """
        bindings = tuple(TargetGroupBinding(*binding) for binding in target_groups)
        self._scheduler.create(
            cluster, name, desired, bindings, task_definition, health_check_grace, tuple(gateway_connectors)
        )
        if not deploying:
            self._scheduler.complete_rollout(self._scheduler.service(cluster, name))
        for binding in bindings:
            if binding.load_balancer_arn is not None:
                self.attach_target_group(binding.target_group_arn, binding.load_balancer_arn)

    def set_desired_count(self, cluster: str, name: str, desired: int) -> None:
        """Set the desired count, without a deployment. Raises ``NoSuchService``."""
        self._scheduler.set_desired_count(self._scheduler.service(cluster, name), desired)

    def set_health_check_grace(self, cluster: str, name: str, grace: timedelta) -> None:
        """Set how long a task may be unhealthy after its start. Raises ``NoSuchService``."""
        self._scheduler.set_health_check_grace(self._scheduler.service(cluster, name), grace)

    def start_deployment(
        self,
        cluster: str,
        name: str,
        task_definition: str | None = None,
        gateway_connectors: Sequence[str] | None = None,
    ) -> None:
        """Begin a rolling update; an argument that is ``None`` keeps its value. Raises ``NoSuchService``."""
        connectors = None if gateway_connectors is None else tuple(gateway_connectors)
        self._scheduler.start_deployment(self._scheduler.service(cluster, name), task_definition, connectors)

    def delete_service(self, cluster: str, name: str, force: bool = False) -> None:
        """Delete a service and its scalable target. Raises ``NoSuchService``, ``ServiceStillWanted`` unless forced."""
        self._scheduler.delete(self._scheduler.service(cluster, name), force)
        self.scaling.forget(cluster, name)

    def describe_service(self, cluster: str, name: str) -> ServiceDescription:
        """Describe a service as DescribeServices does. Raises ``NoSuchService``."""
        return self._scheduler.describe(self._scheduler.service(cluster, name))

    def services(self) -> tuple[ServiceDescription, ...]:
        """Describe every service that is not deleted."""
        return tuple(
            self._scheduler.describe(service)
            for service in self._scheduler.services()
            if service.status is not ServiceStatus.INACTIVE
        )

    def tasks(
        self, cluster: str, service: str | None = None, desired_status: TaskStatus | None = None
    ) -> tuple[Task, ...]:
        """Return the tasks of a cluster or service, including tasks stopped in the last hour. Do not change them."""
        found = self._tasks.all() if service is None else self._tasks.of(cluster, service)
        return tuple(
            task for task in found if task.cluster == cluster and desired_status in (None, task.desired_status)
        )

    def task(self, task_id: str) -> Task | None:
        """Return one task, ``None`` if it never existed or stopped more than an hour ago."""
        return self._tasks.get(task_id)

    def protect_task(self, task_id: str, until: datetime | None) -> None:
        """Protect a task from scale-in until an instant, or with ``None`` end its protection. Raises ``LookupError``.

        Deployments do not stop a protected task (bc ecs UpdateTaskProtection). What AWS does when the desired count is
        lowered by hand is not established; here a protected task is stopped like any other, but last.
        """
        task = self._tasks.get(task_id)
        if task is None:
            raise LookupError(f"There is no task {task_id}.")
        self._scheduler.protect(task, until)

    # Target groups and requests

    def configure_target_group(self, arn: str, deregistration: timedelta) -> None:
        """Set a target group's deregistration delay; it applies to later deregistrations."""
        self._target_groups.configure(arn, deregistration)

    def attach_target_group(self, arn: str, load_balancer_arn: str | None) -> None:
        """Let a load balancer send requests to a group; with ``None`` the group's targets are unused."""
        self._target_groups.attach(arn, load_balancer_arn)

    def load_balancer(self, target_group_arn: str) -> str | None:
        """Return the load balancer that sends requests to a group, ``None`` if none does.

        Raises ``LookupError`` for an unknown group.
        """
        if target_group_arn not in self._target_groups.arns:
            raise LookupError(f"There is no target group {target_group_arn}.")
        return self._target_groups.load_balancer(target_group_arn)

    def forget_target_group(self, arn: str) -> None:
        """Delete a target group."""
        self._target_groups.forget(arn)

    def target_health(self, target_group_arn: str) -> tuple[TargetHealth, ...]:
        """Return every target of a group as DescribeTargetHealth does; empty for a group without targets."""
        return self._target_groups.health(target_group_arn)

    def request(self, load_balancer_arn: str, target_group_arn: str) -> TargetHealth | None:
        """Send one request, and return the target that was chosen for it, ``None`` if there was none.

        ``RequestCount`` counts it only if a target was chosen. The target's ``answers`` says whether it answered: if no
        target is healthy, ELB fails open and sends requests to targets that are not healthy.
        """
        target = self._target_groups.pick(load_balancer_arn, target_group_arn)
        if target is not None:
            self._measurements.count_request(load_balancer_arn, target_group_arn)
        return target

    def count_request(self, load_balancer_arn: str, target_group_arn: str) -> None:
        """Count a request that went to a target other than a task, such as a function."""
        self._measurements.count_request(load_balancer_arn, target_group_arn)

    # Faults

    def set_start_fault(self, cluster: str, name: str, fault: StartFault | None) -> None:
        """Let the service's next tasks start with this fault; ``None``: without one. Raises ``NoSuchService``."""
        self._scheduler.set_start_fault(self._scheduler.service(cluster, name), fault)

    def set_passes_health_checks(self, cluster: str, name: str, passes: bool) -> None:
        """Let all the service's targets pass or fail their checks from now on. Raises ``NoSuchService``.

        ECS replaces an unhealthy task when the service's grace period is over.
        """
        self._scheduler.set_passes_checks(self._scheduler.service(cluster, name), passes)

    def kill_task(self, task_id: str, reason: str = "Essential container in task exited", exit_code: int = 137) -> None:
        """End a task's containers; ECS starts another task. Raises ``LookupError`` for an unknown task."""
        task = self._tasks.get(task_id)
        if task is None:
            raise LookupError(f"There is no task {task_id}.")
        self._tasks.die(task, "EssentialContainerExited", reason, exit_code)

    def withhold_metric(self, metric_name: str, target_group_arn: str | None = None) -> None:
        """Never publish one of AWS's metrics for the minutes that end from now on, everywhere or for one group."""
        self._measurements.withhold(metric_name, target_group_arn)

    def publish_metric_again(self, metric_name: str, target_group_arn: str | None = None) -> None:
        """Undo ``withhold_metric`` for later minutes."""
        self._measurements.publish_again(metric_name, target_group_arn)

    def make_metric_late(self, metric_name: str, by: timedelta) -> None:
        """Make one of AWS's metrics readable later than usual, by ``by``, for the minutes that end from now on."""
        self._measurements.make_late(metric_name, by)
