"""Services of a ``World`` and their tasks, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallRefused
from scale_to_zero.model.observed import (
    GATEWAY_CONNECTOR,
    TARGET_GROUP,
    Missing,
    ServiceFacts,
    Target,
    TaskTimes,
    TrafficSource,
    Unknown,
)
from simulator.world import DeploymentDescription, NoSuchService, ServiceDescription, Task, TaskStatus

if TYPE_CHECKING:
    from .in_memory import InMemoryPorts

WITHOUT_ADDRESS: Final = frozenset({TaskStatus.PROVISIONING})
REVISIONS: Final = "arn:aws:ecs:eu-west-3:123456789012:service-revision"
NO_FAILURE: Final = "Scaling activity initiated by"
REASONS: Final = 5
NEVER: Final = datetime.max.replace(tzinfo=UTC)


class InMemoryServices:
    """``Services`` over a world."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def describe(self, names: Collection[ServiceName]) -> Mapping[ServiceName, ServiceFacts | Missing | Unknown]:
        return {name: self._ports.unseen("describe", name) or self._facts(name) for name in names}

    def set_desired_count(self, name: ServiceName, desired: int) -> None:
        with self._ports.changing("set_desired_count", name, desired):
            try:
                self._ports.world.set_desired_count(*name, desired)
            except NoSuchService as error:
                raise CallRefused(f"there is no service {name}") from error

    def gateways(
        self, revisions: Mapping[ServiceName, frozenset[str]]
    ) -> Mapping[ServiceName, frozenset[TrafficSource] | Unknown]:
        return {
            name: self._ports.unseen("gateways", name) or self._gateways(name, revisions[name]) for name in revisions
        }

    def wanted_targets(self, name: ServiceName) -> frozenset[Target] | Unknown:
        tasks = self._tasks("wanted_targets", name, TaskStatus.RUNNING)
        if isinstance(tasks, Unknown):
            return tasks
        return frozenset(
            Target(task.ip, binding.port)
            for task in tasks
            if task.last_status not in WITHOUT_ADDRESS
            for binding in task.bindings
        )

    def protected(self, name: ServiceName) -> bool | Unknown:
        tasks = self._tasks("protected", name, TaskStatus.RUNNING)
        if isinstance(tasks, Unknown):
            return tasks
        ends = self._ports.protected_until.get(name)
        return bool(tasks) and ends is not None and self._ports.clock() < ends

    def task_times(self, name: ServiceName) -> TaskTimes | Unknown:
        tasks = self._tasks("task_times", name, TaskStatus.RUNNING)
        if isinstance(tasks, Unknown):
            return tasks
        times = [TaskTimes(task.created_at, task.pull_stopped_at, task.started_at) for task in tasks]
        return min(times, key=lambda one: [instant or NEVER for instant in reversed(one)], default=TaskTimes())

    def stop_reasons(self, name: ServiceName) -> tuple[str, ...] | Unknown:
        tasks = self._tasks("stop_reasons", name, TaskStatus.STOPPED)
        if isinstance(tasks, Unknown):
            return tasks
        failed = [task for task in tasks if not (task.stopped_reason or "").startswith(NO_FAILURE)]
        newest_first = sorted(failed, key=lambda task: task.stopped_at or task.stopping_at or NEVER, reverse=True)
        return tuple(dict.fromkeys(map(_stop_reason, newest_first)))[:REASONS]

    def _tasks(self, call: str, name: ServiceName, desired: TaskStatus) -> tuple[Task, ...] | Unknown:
        unseen = self._ports.unseen(call, name)
        if unseen:
            return unseen
        try:
            self._ports.world.describe_service(*name)
        except NoSuchService:
            return Unknown(f"there is no service {name}")
        return self._ports.world.tasks(*name, desired_status=desired)

    def _gateways(self, name: ServiceName, revisions: frozenset[str]) -> frozenset[TrafficSource] | Unknown:
        try:
            description = self._ports.world.describe_service(*name)
        except NoSuchService:
            return Unknown(f"there is no service {name}")
        connectors = {
            revision_arn(description, deployment): deployment.gateway_connectors
            for deployment in description.deployments
        }
        missing = revisions - connectors.keys()
        if missing:
            return Unknown(f"there is no revision {min(missing)}")
        return frozenset(TrafficSource(GATEWAY_CONNECTOR, port) for arn in revisions for port in connectors[arn])

    def _facts(self, name: ServiceName) -> ServiceFacts | Missing:
        return self._ports.facts(name) or Missing(f"there is no service {name}")


def facts_of(description: ServiceDescription) -> ServiceFacts:
    """Translate what ECS says of a service into the functions' model."""
    arns = [binding.target_group_arn for binding in description.bindings]
    newest, *older = description.deployments
    in_progress = newest.rollout_state == "IN_PROGRESS"
    return ServiceFacts(
        status=description.status.value,
        scheduling_strategy="REPLICA",
        desired=description.desired,
        running=description.running,
        deployment_running=in_progress or any(one.running for one in older),
        deployed_at=newest.created_at,
        traffic_sources=frozenset(TrafficSource(TARGET_GROUP, arn) for arn in arns),
        live_target_groups=frozenset(frozenset({arn}) for arn in arns),
        health_check_grace=description.health_check_grace,
        newest_event=description.events[0].message if description.events else "",
        newest_event_at=description.events[0].created_at if description.events else None,
        revisions=frozenset(revision_arn(description, deployment) for deployment in description.deployments),
    )


def revision_arn(service: ServiceDescription, deployment: DeploymentDescription) -> str:
    """Return the ARN of the service revision that a deployment deploys."""
    return f"{REVISIONS}/{service.cluster}/{service.name}/{deployment.revision}"


def _stop_reason(task: Task) -> str:
    of_container = f" (app: exit code {task.exit_code})" if task.exit_code else ""
    return f"{task.stopped_reason}{of_container}"
