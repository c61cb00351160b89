"""What the functions need from AWS, as small protocols.

``aws`` implements them with botocore, the simulation in memory; the same contract tests check both.
A reading call that fails for some services returns ``Unknown`` for these and the facts for the rest.
A call that changes something raises ``CallFailed``.
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
from scale_to_zero.model.scaling import ScalableTarget, Suspension
from scale_to_zero.model.service_state import Explanation, HoldAll, Lease, ServiceState
from scale_to_zero.model.stored import Stored

Clock = Callable[[], datetime]
Sleep = Callable[[float], None]


class Services(Protocol):
    """Amazon ECS."""

    def describe(self, names: Collection[ServiceName]) -> Mapping[ServiceName, ServiceFacts | Missing | Unknown]:
        """Read what ECS says about each service; every name is in the answer. Never raises."""

    def set_desired_count(self, name: ServiceName, desired: int) -> None:
        """Set the desired count in ECS. Raises ``CallFailed``."""

    def gateways(
        self, revisions: Mapping[ServiceName, frozenset[str]]
    ) -> Mapping[ServiceName, frozenset[TrafficSource] | Unknown]:
        """Read the gateway connectors of each service from its current revisions, given by ARN. Never raises."""

    def wanted_targets(self, name: ServiceName) -> frozenset[Target] | Unknown:
        """Read the targets of the tasks that ECS wants running (``desiredStatus`` RUNNING). Never raises."""

    def protected(self, name: ServiceName) -> bool | Unknown:
        """Read whether any running task of it has task scale-in protection that has not expired. Never raises."""

    def task_times(self, name: ServiceName) -> TaskTimes | Unknown:
        """Read the start times of the task that started first among those ECS wants running. Never raises."""

    def stop_reasons(self, name: ServiceName) -> tuple[str, ...] | Unknown:
        """Read why its tasks stopped, as ECS reports it: newest first, each reason once, at most five. Never raises."""


class TargetGroups(Protocol):
    """Elastic Load Balancing."""

    def load_balancers(self, target_group_arns: Collection[str]) -> Mapping[str, str | None | Unknown]:
        """Read the load balancer of each target group, ``None`` if it has none. Never raises."""

    def has_targets(self, target_group_arn: str) -> bool | Unknown:
        """Read whether targets are registered in it, healthy or not; draining targets do not count. Never raises."""

    def healthy_targets(self, target_group_arn: str) -> frozenset[Target] | Unknown:
        """Read the targets whose health is ``healthy`` now. Never raises."""


class ListenerRules(Protocol):
    """The rules of Elastic Load Balancing's listeners."""

    def read(self, listener_arns: Collection[str]) -> Mapping[str, Mapping[str, ListenerRule] | Unknown]:
        """Read every rule of each listener, by rule ARN; every listener is in the answer. Never raises."""

    def set_conditions(self, rule_arn: str, conditions: Conditions) -> None:
        """Give one of our rules other conditions. Raises ``CallFailed``."""


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

    def read(self, names: Collection[ServiceName]) -> Mapping[ServiceName, ScalableTarget | None | Unknown]:
        """Read the scalable target of each service, ``None`` if it has none. Never raises."""

    def suspend(self, name: ServiceName, suspended: Suspension) -> None:
        """Set which kinds of scaling of a service's scalable target are suspended. Raises ``CallFailed``.

        It never creates a scalable target and never changes the bounds. But every call moves the desired count into
        the bounds, so it starts a service that is at zero (bc application-autoscaling RegisterScalableTarget).
        """

    def scales_by_forecast(self, name: ServiceName) -> bool | Unknown:
        """Read whether a predictive scaling policy in mode ``ForecastAndScale`` changes its count. Never raises."""


class Table(Protocol):
    """The DynamoDB table."""

    def read_all(self) -> Stored:
        """Read every configuration and service state, consistently. Raises ``CallFailed``."""

    def read_services(self, keys: Collection[str], names: Collection[ServiceName] = ()) -> Stored:
        """Read the configurations of these keys with their service states, and the hold of all services, consistently.

        ``names``: services whose states are read too; if they are the services of the keys, one call is enough.
        Items that do not exist are missing in the answer. Raises ``CallFailed``.
        """

    def read(self, name: ServiceName) -> ServiceState | None:
        """Read one service state, consistently. Raises ``CallFailed``."""

    def write(self, state: ServiceState) -> ServiceState:
        """Write a service state if its version is still the stored one; return it with the next version.

        ``last_activity`` is written too if it is set. Raises ``StateChanged`` or ``CallFailed``.
        """

    def write_hold_all(self, hold: HoldAll | None) -> None:
        """Replace the hold of all services; ``None`` releases them. Raises ``CallFailed``."""

    def read_hold_all(self) -> HoldAll | Unknown | None:
        """Read the hold of all services, which may be over, consistently. Raises ``CallFailed``."""

    def record_activity(self, activity: Mapping[ServiceName, datetime]) -> None:
        """Record newer last activities; ``version`` stays the same. Raises ``CallFailed``.

        A service without a service state is skipped.
        """

    def record_notified(self, name: ServiceName, version: int) -> None:
        """Record that the notifications of all changes of phase up to this version were sent.

        A lower version than the recorded one is ignored. The ``version`` of the service state stays the same; a service
        without a service state is skipped. Raises ``CallFailed``.
        """

    def explain(self, name: ServiceName, explanation: Explanation | None, *, known: bool) -> None:
        """Record why a service is in its present state, ``None``: nothing to report. ``version`` stays the same.

        ``known``: its service state was read before. If it has none now, the service is skipped, because it was
        uninstalled meanwhile. Raises ``CallFailed``.
        """

    def take_lease(self, name: ServiceName, lease: Lease, until: datetime, mine: datetime | None = None) -> bool:
        """Take or renew a lease on a service; return whether the caller has it. ``version`` stays the same.

        ``until``: the end of the lease. ``mine``: the end of the lease that the caller already has. A lease that has
        ended (by ``clock``) is free. Raises ``CallFailed``.
        """

    def add_waiting_request(self, name: ServiceName, waiting_since: datetime, most: int) -> bool:
        """Count one more waiting request, unless ``most`` already wait. ``version`` stays the same.

        ``waiting_since``: the ``since`` of the service state in which it waits. Requests with an earlier instant no
        longer count; a stale instant is refused. Raises ``CallFailed``.
        """

    def remove_waiting_request(self, name: ServiceName, waiting_since: datetime) -> None:
        """Count one waiting request less, if requests with this instant still wait. Raises ``CallFailed``."""


class Configuration(Protocol):
    """What Terraform wrote to the table, as the wake function needs it: one item at a time."""

    def service_of(self, wake_target_group_arn: str) -> Service | None:
        """Read the service whose visitors reach the wake function through this target group. Raises ``CallFailed``."""

    def waiting_page(self) -> WaitingPage:
        """Read what the waiting page shows. Raises ``CallFailed``."""


class Watchers(Protocol):
    """The scale-up function, as the wake function starts it."""

    def start(self, service_keys: Sequence[str]) -> None:
        """Start one run that wakes these services and watches the wakes; do not wait for it. Raises ``CallFailed``."""


class Notifications(Protocol):
    """Amazon EventBridge's default bus."""

    def send(self, notifications: Sequence[Notification]) -> Sequence[str]:
        """Send notifications; return for each, in their order, why it was not accepted, or "". Never raises."""


class Measures(Protocol):
    """Amazon CloudWatch, through the function's own log; no caller waits for it, and no call can fail."""

    def emit(self, measures: Sequence[Measure], at: datetime) -> None:
        """Send the metrics of an instant. Never raises."""


class Functions(Protocol):
    """The module's own functions, as the API and the control panel call them; each call waits for the answer."""

    def scale_up(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Call the scale-up function. Raises ``Refused`` or ``CallFailed``."""

    def scale_to_zero(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        """Call the scale-to-zero function. Raises ``Refused`` or ``CallFailed``."""


@dataclass(frozen=True)
class Ports:
    """All ports, as one argument."""

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
