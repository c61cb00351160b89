"""What the shell needs of the world, as small protocols.

``aws`` implements them with boto3, the simulation in memory; the contract tests check both against the same sentences.
A call that fails for some services answers ``Unknown`` for those and the truth for the rest;
a call that changes something raises ``CallFailed``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from scale_to_zero.model.configured import Service, ServiceName, WaitingPage
from scale_to_zero.model.metrics import Measure, Series, SeriesKey, StateMetric
from scale_to_zero.model.notification import Notification
from scale_to_zero.model.observed import (
    Conditions,
    ListenerRule,
    Missing,
    ServiceFacts,
    Target,
    TaskTimes,
    TrafficSource,
    Unknown,
)
from scale_to_zero.model.service_state import Explanation, HoldAll, Lease, ServiceState
from scale_to_zero.model.stored import Stored

Clock = Callable[[], datetime]
Sleep = Callable[[float], None]


class Services(Protocol):
    """Amazon ECS."""

    def describe(self, names: Collection[ServiceName]) -> Mapping[ServiceName, ServiceFacts | Missing | Unknown]:
        """Say what ECS knows of each; every name is in the answer. Never raises."""

    def set_desired_count(self, name: ServiceName, desired: int) -> None:
        """Set the desired count in ECS. Raises ``CallFailed``."""

    def gateways(
        self, revisions: Mapping[ServiceName, frozenset[str]]
    ) -> Mapping[ServiceName, frozenset[TrafficSource] | Unknown]:
        """The gateway connectors of each service, whose current revisions are named by ARN. Never raises."""

    def wanted_targets(self, name: ServiceName) -> frozenset[Target] | Unknown:
        """The targets of the tasks that ECS wants running (``desiredStatus`` RUNNING). Never raises."""

    def protected(self, name: ServiceName) -> bool | Unknown:
        """Whether task scale-in protection is on, and not expired, for any task of it that runs. Never raises."""

    def task_times(self, name: ServiceName) -> TaskTimes | Unknown:
        """When the first to start of the tasks that ECS wants running came how far. Never raises."""

    def stop_reasons(self, name: ServiceName) -> tuple[str, ...] | Unknown:
        """Why its tasks stopped, as ECS reports it, newest first, each once, at most five. Never raises."""


class TargetGroups(Protocol):
    """Elastic Load Balancing."""

    def load_balancers(self, target_group_arns: Collection[str]) -> Mapping[str, str | None | Unknown]:
        """The load balancer each target group belongs to, ``None`` if it belongs to none. Never raises."""

    def has_targets(self, target_group_arn: str) -> bool | Unknown:
        """Whether targets are registered in it, healthy or not; draining ones are not. Never raises."""

    def healthy_targets(self, target_group_arn: str) -> frozenset[Target] | Unknown:
        """The targets whose health is ``healthy`` now. Never raises."""


class ListenerRules(Protocol):
    """The rules of Elastic Load Balancing's listeners."""

    def read(self, listener_arns: Collection[str]) -> Mapping[str, Mapping[str, ListenerRule] | Unknown]:
        """Every rule of each listener, by rule ARN; every listener is in the answer. Never raises."""

    def set_conditions(self, rule_arn: str, conditions: Conditions) -> None:
        """Give a rule of ours other conditions. Raises ``CallFailed``."""


class Metrics(Protocol):
    """Amazon CloudWatch."""

    def read(self, keys: Collection[SeriesKey], start: datetime, end: datetime) -> Mapping[SeriesKey, Series | Unknown]:
        """Read one-minute series (``Sum`` of requests, ``Maximum`` of hosts) over [start, end). Never raises.

        A partial, failed or forbidden answer is ``Unknown``.
        """

    def publish(self, metrics: Sequence[StateMetric], at: datetime) -> None:
        """Publish state metrics. Raises ``CallFailed``."""


class ScalableTargets(Protocol):
    """Application Auto Scaling."""

    def registered(self, names: Collection[ServiceName]) -> Mapping[ServiceName, bool | Unknown]:
        """Whether each service is registered as a scalable target. Never raises."""


class Table(Protocol):
    """The DynamoDB table."""

    def read_all(self) -> Stored:
        """Read every configuration and service state, consistently. Raises ``CallFailed``."""

    def read_services(self, keys: Collection[str], names: Collection[ServiceName] = ()) -> Stored:
        """Read the configurations of these keys with their service states, and what holds every service, consistently.

        ``names``: services whose states are read too; where they are those of the keys, one call does.
        What there is no item of is missing in the answer. Raises ``CallFailed``.
        """

    def read(self, name: ServiceName) -> ServiceState | None:
        """Read one service state, consistently. Raises ``CallFailed``."""

    def write(self, state: ServiceState) -> ServiceState:
        """Write it if its version is still the stored one; answer it with the next version.

        ``last_activity`` is written too where it is set. Raises ``StateChanged`` or ``CallFailed``.
        """

    def write_hold_all(self, hold: HoldAll | None) -> None:
        """Hold every service, instead of what held them before; ``None`` releases them. Raises ``CallFailed``."""

    def read_hold_all(self) -> HoldAll | Unknown | None:
        """What holds every service now, which may be over, read consistently. Raises ``CallFailed``."""

    def record_activity(self, activity: Mapping[ServiceName, datetime]) -> None:
        """Record newer last activities without touching ``version``. Raises ``CallFailed``.

        A service without a service state is skipped.
        """

    def record_notified(self, name: ServiceName, version: int) -> None:
        """Record that a notification of every change of phase up to this version was sent; never a lower version.

        ``version`` of the service state itself is not touched; a service without one is skipped.
        Raises ``CallFailed``.
        """

    def explain(self, name: ServiceName, explanation: Explanation | None, *, known: bool) -> None:
        """Record why a service is as it is, ``None``: there is nothing to report; ``version`` is not touched.

        ``known``: a state of it was read; one without a state is then skipped, since it was uninstalled meanwhile.
        Raises ``CallFailed``.
        """

    def take_lease(self, name: ServiceName, lease: Lease, until: datetime, mine: datetime | None = None) -> bool:
        """Take or renew a lease on a service until then; answer whether the caller has it. ``version`` is not touched.

        ``mine``: the end of the lease that the caller has already. A lease that has ended (by ``clock``) is free.
        Raises ``CallFailed``.
        """

    def add_waiting_request(self, name: ServiceName, waiting_since: datetime, most: int) -> bool:
        """Count one request that waits for a wake, unless ``most`` wait already; ``version`` is not touched.

        ``waiting_since``: the ``since`` of the service state in which it waits. Requests that wait since an earlier
        instant count no more; a stale one is refused. Raises ``CallFailed``.
        """

    def remove_waiting_request(self, name: ServiceName, waiting_since: datetime) -> None:
        """Count one waiting request less, if requests still wait since then. Raises ``CallFailed``."""


class Configuration(Protocol):
    """What Terraform wrote to the table, as the wake function needs it: one item at a time."""

    def service_of(self, wake_target_group_arn: str) -> Service | None:
        """The service whose visitors reach the wake function through this target group. Raises ``CallFailed``."""

    def waiting_page(self) -> WaitingPage:
        """What the waiting page shows. Raises ``CallFailed``."""


class Watchers(Protocol):
    """The scale-up function, as the wake function starts it."""

    def start(self, service_keys: Sequence[str]) -> None:
        """Start one run of it that wakes these services and watches the wakes; no answer. Raises ``CallFailed``."""


class Notifications(Protocol):
    """Amazon EventBridge's default bus."""

    def send(self, notifications: Sequence[Notification]) -> Sequence[str]:
        """Send them; answer for each, in their order, why it was not accepted, or the empty text. Never raises."""


class Measures(Protocol):
    """Amazon CloudWatch, by way of the function's own log; nothing waits for it and nothing can fail."""

    def emit(self, measures: Sequence[Measure], at: datetime) -> None:
        """Report what happened at an instant. Never raises."""


class Functions(Protocol):
    """The module's own functions, as the API and the control panel call them; each call waits for the answer."""

    def scale_up(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Call the scale-up function. Raises ``Refused`` or ``CallFailed``."""

    def scale_to_zero(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Call the scale-to-zero function. Raises ``Refused`` or ``CallFailed``."""


@dataclass(frozen=True)
class Ports:
    """Everything outside, gathered for the shell."""

    services: Services
    target_groups: TargetGroups
    listener_rules: ListenerRules
    metrics: Metrics
    scalable_targets: ScalableTargets
    table: Table
    configuration: Configuration
    watchers: Watchers
    notifications: Notifications
    measures: Measures
    functions: Functions
    clock: Clock
    sleep: Sleep
    executor: Executor
