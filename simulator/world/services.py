"""What ECS keeps of a service (its desired count, deployments and events), and how ECS describes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from .faults import StartFault
from .tasks import STARTING, TargetGroupBinding, Task, TaskStatus

EVENTS_SHOWN: Final = 100
"""How many events DescribeServices shows at most (bc ecs Service.events)."""


class NoSuchService(LookupError):
    """There is no service with this name in this cluster."""


class ServiceStillWanted(ValueError):
    """A service with a desired count above zero cannot be deleted, unless forced."""


class ServiceExists(ValueError):
    """A service with this name exists already, active or draining."""


class ServiceStatus(StrEnum):
    """The states of a service, with the API's names."""

    ACTIVE = "ACTIVE"
    DRAINING = "DRAINING"
    INACTIVE = "INACTIVE"


class RolloutState(StrEnum):
    """The progress of a deployment, with the API's names. FAILED needs a circuit breaker, which is not modelled."""

    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"


class ServiceEvent(NamedTuple):
    """One line of a service's event stream."""

    id: str
    created_at: datetime
    message: str


@dataclass
class Deployment:
    """One deployment; the newest one of a service is PRIMARY.

    ``gateway_connectors``: the names of the ports that an ECS Gateway sends requests to.
    """

    id: str
    task_definition: str
    created_at: datetime
    updated_at: datetime
    rollout_state: RolloutState = RolloutState.IN_PROGRESS
    rollout_state_reason: str = ""
    failed_tasks: int = 0
    gateway_connectors: tuple[str, ...] = ()


@dataclass
class Service:
    """One service as the scheduler sees it. ``deployments`` has the newest first.

    ``described``: the last result of ``describe``, ``None`` if the service or one of its tasks has changed since.
    """

    cluster: str
    name: str
    desired: int
    bindings: tuple[TargetGroupBinding, ...]
    health_check_grace: timedelta
    created_at: datetime
    deployments: list[Deployment]
    status: ServiceStatus = ServiceStatus.ACTIVE
    events: deque[ServiceEvent] = field(default_factory=lambda: deque(maxlen=EVENTS_SHOWN))
    start_fault: StartFault | None = None
    passes_checks: bool = True
    failed_starts: int = 0
    retry_at: datetime | None = None
    reconciles_at: set[datetime] = field(default_factory=set)
    steady: bool = False
    described: ServiceDescription | None = None

    @property
    def primary(self) -> Deployment:
        """The newest deployment."""
        return self.deployments[0]

    def note_failed_start(self, now: datetime, first_retry: timedelta, longest_retry: timedelta) -> None:
        """Count a task that never ran, and delay the next attempt, each time twice as long."""
        wait = min(first_retry * 2 ** min(self.failed_starts, 20), longest_retry)
        self.failed_starts += 1
        self.primary.failed_tasks += 1
        self.retry_at = now + wait

    def forget_failed_starts(self) -> None:
        """Allow the next attempt at once, and reset the count."""
        self.failed_starts = 0
        self.retry_at = None


@dataclass(frozen=True)
class DeploymentDescription:
    """One entry of ``deployments`` in DescribeServices, with the service revision that it deploys.

    ``revision``: the id of that revision; each deployment has its own.
    ``gateway_connectors``: the ports of its gateway connectors, which only DescribeServiceRevisions shows.
    """

    id: str
    status: str
    task_definition: str
    desired: int
    running: int
    pending: int
    failed_tasks: int
    created_at: datetime
    updated_at: datetime
    rollout_state: RolloutState
    rollout_state_reason: str
    revision: str
    gateway_connectors: tuple[str, ...]


@dataclass(frozen=True)
class ServiceDescription:
    """A service as DescribeServices shows it; ``events`` has the newest first."""

    cluster: str
    name: str
    status: ServiceStatus
    desired: int
    running: int
    pending: int
    bindings: tuple[TargetGroupBinding, ...]
    health_check_grace: timedelta
    created_at: datetime
    deployments: tuple[DeploymentDescription, ...]
    events: tuple[ServiceEvent, ...]


def describe(service: Service, tasks: Collection[Task]) -> ServiceDescription:
    """Describe a service. ``tasks``: the tasks of this service."""
    return ServiceDescription(
        cluster=service.cluster,
        name=service.name,
        status=service.status,
        desired=service.desired,
        running=_running(tasks),
        pending=_pending(tasks),
        bindings=service.bindings,
        health_check_grace=service.health_check_grace,
        created_at=service.created_at,
        deployments=tuple(_describe_deployment(service, deployment, tasks) for deployment in service.deployments),
        events=tuple(reversed(service.events)),
    )


def _describe_deployment(service: Service, deployment: Deployment, tasks: Collection[Task]) -> DeploymentDescription:
    of_it = [task for task in tasks if task.deployment_id == deployment.id]
    primary = deployment is service.primary
    return DeploymentDescription(
        id=deployment.id,
        status="PRIMARY" if primary else "ACTIVE",
        task_definition=deployment.task_definition,
        desired=service.desired if primary else sum(task.wanted for task in of_it),
        running=_running(of_it),
        pending=_pending(of_it),
        failed_tasks=deployment.failed_tasks,
        created_at=deployment.created_at,
        updated_at=deployment.updated_at,
        rollout_state=deployment.rollout_state,
        rollout_state_reason=deployment.rollout_state_reason,
        revision=deployment.id.rpartition("/")[2],
        gateway_connectors=deployment.gateway_connectors,
    )


def _running(tasks: Collection[Task]) -> int:
    return sum(task.last_status is TaskStatus.RUNNING for task in tasks)


def _pending(tasks: Collection[Task]) -> int:
    return sum(task.last_status in STARTING for task in tasks)
