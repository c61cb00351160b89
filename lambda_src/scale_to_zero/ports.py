"""What the shell needs of the world, as five small protocols.

``aws`` implements them with boto3, the simulation in memory; the contract tests hold both to the same words.
A call that fails for some services answers ``Unknown`` for those and the truth for the rest;
a call that changes something raises ``CallFailed``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from .model import Memory, Missing, Pair, Service, ServiceFacts, ServiceName, Target, Unknown

Clock = Callable[[], datetime]
Sleep = Callable[[float], None]


class CallFailed(Exception):
    """A call that changes something failed; the message is one sentence with AWS's own words."""


class MemoryChanged(Exception):
    """Somebody else wrote this service's memory since it was read; read it again."""


class SeriesKey(NamedTuple):
    """One metric of one pair: ``RequestCount`` or ``HealthyHostCount``."""

    metric_name: str
    pair: Pair


@dataclass(frozen=True)
class Series:
    """The datapoints of a complete answer: start of each minute to its value. Absent minutes are absent."""

    points: Mapping[datetime, float]


@dataclass(frozen=True)
class StateMetric:
    """One value to publish: a metric's name, its dimensions, its value."""

    metric_name: str
    dimensions: tuple[tuple[str, str], ...]
    value: float


@dataclass(frozen=True)
class Stored:
    """Everything the table holds.

    A memory that could not be read is ``Unknown``. ``broken`` names each other item that could not, with the reason.
    """

    services: tuple[Service, ...]
    memories: Mapping[ServiceName, Memory | Unknown]
    broken: tuple[str, ...] = ()


class Services(Protocol):
    """Amazon ECS."""

    def describe(self, names: Collection[ServiceName]) -> Mapping[ServiceName, ServiceFacts | Missing | Unknown]:
        """Say what ECS knows of each; every name is in the answer. Never raises."""

    def set_desired_count(self, name: ServiceName, desired: int) -> None:
        """Ask ECS for so many tasks. Raises ``CallFailed``."""

    def wanted_targets(self, name: ServiceName) -> frozenset[Target] | Unknown:
        """The targets of the tasks that ECS wants running (``desiredStatus`` RUNNING). Never raises."""


class TargetGroups(Protocol):
    """Elastic Load Balancing."""

    def load_balancers(self, target_group_arns: Collection[str]) -> Mapping[str, str | None | Unknown]:
        """The load balancer each target group belongs to, ``None`` if it belongs to none. Never raises."""

    def has_targets(self, target_group_arn: str) -> bool | Unknown:
        """Whether targets are registered in it, healthy or not; draining ones are not. Never raises."""

    def healthy_targets(self, target_group_arn: str) -> frozenset[Target] | Unknown:
        """The targets whose health is ``healthy`` now. Never raises."""


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


class Memories(Protocol):
    """The DynamoDB table."""

    def read_all(self) -> Stored:
        """Read every configuration and memory, consistently. Raises ``CallFailed``."""

    def read(self, name: ServiceName) -> Memory | None:
        """Read one memory, consistently. Raises ``CallFailed``."""

    def write(self, memory: Memory) -> Memory:
        """Write it if its version is still the stored one; answer it with the next version.

        ``last_activity`` is written too where it is set. Raises ``MemoryChanged`` or ``CallFailed``.
        """

    def note_activity(self, activity: Mapping[ServiceName, datetime]) -> None:
        """Record newer last activities without touching ``version``. Raises ``CallFailed``.

        A service without a memory is passed over.
        """

    def forget(self, name: ServiceName) -> None:
        """Delete the memory, if there is one. Raises ``CallFailed``."""


@dataclass(frozen=True)
class Ports:
    """Everything outside, gathered for the shell."""

    services: Services
    target_groups: TargetGroups
    metrics: Metrics
    scalable_targets: ScalableTargets
    memories: Memories
    clock: Clock
    sleep: Sleep
    executor: Executor
