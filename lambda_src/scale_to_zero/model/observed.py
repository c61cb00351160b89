"""What was observed of a service at one instant, as types.

Every instant is an aware ``datetime`` in UTC; every duration a ``timedelta``.
What could not be seen is an ``Unknown``, never a zero and never ``None``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from .configured import Service
from .service_state import HoldAll, ServiceState


@dataclass(frozen=True)
class Unknown:
    """Something that could not be seen, and why in a sentence; it never counts as idle.

    ``call_failed`` separates a fault, which ends the run with an error, from what is merely not there yet.
    ``forbidden``: AWS forbids the call; repeating it does not help until an operator allows it.
    """

    why: str
    call_failed: bool = True
    forbidden: bool = False


def is_forbidden(seen: object) -> bool:
    """Whether something could not be seen because AWS forbids it."""
    return isinstance(seen, Unknown) and seen.forbidden


@dataclass(frozen=True)
class NotObserved:
    """Something that is not observed yet."""


@dataclass(frozen=True)
class Missing:
    """ECS answered that there is no such service (or no such cluster)."""

    why: str


NOT_OBSERVED: Final = NotObserved()


class Condition(NamedTuple):
    """One condition of a listener rule.

    ``field``: as Elastic Load Balancing names it, such as ``host-header``.
    ``values``: any one of them has to match; each with the name of the header or query parameter it belongs to,
    which is empty for all other fields.
    """

    field: str
    values: frozenset[tuple[str, str]]


Conditions = frozenset[Condition]
"""The conditions of one listener rule; all of them have to match."""


@dataclass(frozen=True)
class ListenerRule:
    """A rule of a listener as Elastic Load Balancing has it now.

    ``priority``: ``None`` for the listener's default rule. ``authenticates``: whether it makes its visitors sign in.
    ``unreadable``: why its conditions cannot be taken over, empty if they can; ``conditions`` are then those that could
    be read, and it takes fewer requests than these say. ``forwards_to``: the ARNs of the target groups that its action
    sends requests to.
    """

    arn: str
    priority: int | None
    conditions: Conditions
    authenticates: bool = False
    unreadable: str = ""
    forwards_to: frozenset[str] = frozenset()


class TrafficSource(NamedTuple):
    """A traffic source of a service: its kind, and its name or ARN."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


TARGET_GROUP: Final = "target group"
GATEWAY_CONNECTOR: Final = "gateway connector"


@dataclass(frozen=True)
class ServiceFacts:
    """What ECS says of one service at one instant.

    ``deployment_running``: whether its tasks are being replaced. ``deployed_at``: when its newest deployment began,
    which may be over; ``None`` if ECS does not say.
    ``live_target_groups``: per load balancer entry of the service, the ARNs that may serve it
    (of a blue/green pair both; any one of them with a healthy target will do).
    ``revisions``: the ARNs of its current service revisions, which alone show its gateway connectors. Empty where
    its deployment controller is CODE_DEPLOY or EXTERNAL.
    """

    status: str
    scheduling_strategy: str
    desired: int
    running: int
    deployment_running: bool = False
    deployed_at: datetime | None = None
    traffic_sources: frozenset[TrafficSource] = frozenset()
    live_target_groups: frozenset[frozenset[str]] = frozenset()
    health_check_grace: timedelta = timedelta(0)
    newest_event: str = ""
    newest_event_at: datetime | None = None
    revisions: frozenset[str] = frozenset()


class Target(NamedTuple):
    """One member of a target group: an IP address or EC2 instance id, and a port."""

    id: str
    port: int


class Pair(NamedTuple):
    """A load balancer and a target group of it: what ``RequestCount`` is published for."""

    load_balancer_arn: str
    target_group_arn: str


@dataclass(frozen=True)
class Traffic:
    """What the metrics show of one service.

    ``seen_from``: from when on all of it was seen: where the observed time begins, or the newest gap ended.
    ``newest_request``: end of the newest minute that had a request, ``None`` if none was seen.
    ``silent``: target groups whose ``HealthyHostCount`` is missing or more than ``USUAL_METRIC_DELAY`` old: they have
    no targets, or their metrics are late.
    ``watermark``: the end of the newest minute known to be complete in all other target groups: up to it, an absent
    request is no request. ``None`` where every target group is silent.
    ``silent_since``: since when all of ``silent`` are silent, ``None`` if that is before ``seen_from``.
    """

    seen_from: datetime
    newest_request: datetime | None
    watermark: datetime | None | NotObserved = NOT_OBSERVED
    silent: frozenset[str] = frozenset()
    silent_since: datetime | None = None


class TaskTimes(NamedTuple):
    """When the first of the tasks that ECS wants running was created, had its image and ran; ``None``: not yet."""

    created: datetime | None = None
    pulled: datetime | None = None
    started: datetime | None = None


@dataclass(frozen=True)
class Readiness:
    """Whether a service may be called awake, and what it waits for if not.

    ``healthy``: every live target group has a healthy target, though that may not be trusted yet.
    """

    ready: bool
    waits_for: str = ""
    healthy: bool = False


@dataclass(frozen=True)
class Snapshot:
    """What was observed of one service at one instant.

    ``targets``: of each silent target group, whether targets are registered in it.
    ``rules``: every rule of the listeners that have its wake rules, by ARN. ``protected``: whether one of its tasks is
    protected from being stopped. ``stop_reasons``: why its tasks stopped, newest first.
    ``gateways``: the gateway connectors of its current revisions. ``hold_all``: what holds every service, which may be
    over.
    """

    service: Service
    facts: ServiceFacts | Missing | Unknown
    state: ServiceState | None | Unknown
    traffic: Traffic | Unknown | NotObserved = NOT_OBSERVED
    targets: Mapping[str, bool | Unknown] | NotObserved = NOT_OBSERVED
    scalable_target: bool | Unknown | NotObserved = NOT_OBSERVED
    gateways: frozenset[TrafficSource] | Unknown | NotObserved = NOT_OBSERVED
    readiness: Readiness | Unknown | NotObserved = NOT_OBSERVED
    rules: Mapping[str, ListenerRule] | Unknown | NotObserved = NOT_OBSERVED
    protected: bool | Unknown | NotObserved = NOT_OBSERVED
    stop_reasons: tuple[str, ...] | Unknown | NotObserved = NOT_OBSERVED
    task_times: TaskTimes | Unknown | NotObserved = NOT_OBSERVED
    hold_all: HoldAll | None | Unknown = None

    @property
    def known_state(self) -> ServiceState | None:
        """Its service state, ``None`` where there is none or it is unknown."""
        return self.state if isinstance(self.state, ServiceState) else None

    @property
    def newest_request(self) -> datetime | None:
        """The newest request that its metrics show, ``None`` where they show none or were not seen."""
        return self.traffic.newest_request if isinstance(self.traffic, Traffic) else None
