"""What was observed about a service at one instant, as types.

Every instant is an aware ``datetime`` in UTC; every duration a ``timedelta``.
What could not be read is an ``Unknown``, never a zero and never ``None``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from .configured import Service
from .scaling import ScalableTarget
from .service_state import HoldAll, ServiceState


@dataclass(frozen=True)
class Unknown:
    """Something that could not be read, and why, in a sentence; it never counts as idle.

    ``call_failed``: a call failed, so the run ends with an error; ``False``: the value is only missing or unusable.
    ``forbidden``: AWS forbids the call; repeating it does not help until an operator allows it.
    """

    why: str
    call_failed: bool = True
    forbidden: bool = False


def is_forbidden(seen: object) -> bool:
    """Return whether something could not be read because AWS forbids it."""
    return isinstance(seen, Unknown) and seen.forbidden


@dataclass(frozen=True)
class NotObserved:
    """Something that is not observed yet."""


@dataclass(frozen=True)
class Missing:
    """A service that does not exist, as ECS answered, or whose cluster does not exist."""

    why: str


NOT_OBSERVED: Final = NotObserved()


class Condition(NamedTuple):
    """One condition of a listener rule.

    ``field``: as Elastic Load Balancing names it, such as ``host-header``.
    ``values``: one of them must match; each with the name of its header or query parameter, which is empty for all
    other fields.
    """

    field: str
    values: frozenset[tuple[str, str]]


Conditions = frozenset[Condition]
"""The conditions of one listener rule; all of them must match."""


@dataclass(frozen=True)
class ListenerRule:
    """A rule of a listener as Elastic Load Balancing has it now.

    ``priority``: ``None`` for the listener's default rule. ``authenticates``: whether it makes its visitors sign in.
    ``unreadable``: why not all its conditions can be read, empty if they can. ``conditions`` then has only those that
    could be read, and the rule takes fewer requests than they say. ``forwards_to``: the ARNs of the target groups to
    which its action sends requests.
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
    """What ECS says about one service at one instant.

    ``deployment_running``: whether its tasks are being replaced. ``deployed_at``: when its newest deployment began,
    which may be over; ``None`` if ECS does not say.
    ``live_target_groups``: for each load balancer entry of the service, the ARNs that may serve it
    (both of a blue/green pair; a healthy target in one of them is enough).
    ``revisions``: the ARNs of its current service revisions; only these show its gateway connectors. Empty if its
    deployment controller is CODE_DEPLOY or EXTERNAL.
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
    """A load balancer and one of its target groups: ``RequestCount`` is published for such a pair."""

    load_balancer_arn: str
    target_group_arn: str


@dataclass(frozen=True)
class Traffic:
    """What the metrics show about one service.

    ``seen_from``: since when the metrics have no gap: when the observed time begins, or when the newest gap ended.
    ``newest_request``: end of the newest minute that had a request, ``None`` if there was none.
    ``silent``: target groups whose ``HealthyHostCount`` is missing or more than ``USUAL_METRIC_DELAY`` old: they have
    no targets, or their metrics are late.
    ``watermark``: the end of the newest minute known to be complete in all other target groups: up to it, an absent
    request is no request. ``None`` if every target group is silent.
    ``silent_since``: since when all of ``silent`` are silent, ``None`` if since before ``seen_from``.
    """

    seen_from: datetime
    newest_request: datetime | None
    watermark: datetime | None | NotObserved = NOT_OBSERVED
    silent: frozenset[str] = frozenset()
    silent_since: datetime | None = None


class TaskTimes(NamedTuple):
    """When the first task that ECS wants running was created, had pulled its image and ran; ``None``: not yet."""

    created: datetime | None = None
    pulled: datetime | None = None
    started: datetime | None = None


@dataclass(frozen=True)
class Readiness:
    """Whether a service may be called awake, and what it waits for if not.

    ``healthy``: every live target group has a healthy target, even if the service does not count as ready yet.
    """

    ready: bool
    waits_for: str = ""
    healthy: bool = False


@dataclass(frozen=True)
class Snapshot:
    """What was observed about one service at one instant.

    ``scalable_target``: ``None`` if Application Auto Scaling does not scale it. ``scales_by_forecast``: whether a
    predictive scaling policy may change its count. ``targets``: for each silent target group, whether targets are
    registered in it.
    ``rules``: every rule of the listeners that have its wake rules, by ARN. ``protected``: whether one of its tasks is
    protected from being stopped. ``stop_reasons``: why its tasks stopped, newest first.
    ``gateways``: the gateway connectors of its current revisions. ``hold_all``: the hold of all services, which may be
    over.
    """

    service: Service
    facts: ServiceFacts | Missing | Unknown
    state: ServiceState | None | Unknown
    traffic: Traffic | Unknown | NotObserved = NOT_OBSERVED
    targets: Mapping[str, bool | Unknown] | NotObserved = NOT_OBSERVED
    scalable_target: ScalableTarget | None | Unknown | NotObserved = NOT_OBSERVED
    scales_by_forecast: bool | Unknown | NotObserved = NOT_OBSERVED
    gateways: frozenset[TrafficSource] | Unknown | NotObserved = NOT_OBSERVED
    readiness: Readiness | Unknown | NotObserved = NOT_OBSERVED
    rules: Mapping[str, ListenerRule] | Unknown | NotObserved = NOT_OBSERVED
    protected: bool | Unknown | NotObserved = NOT_OBSERVED
    stop_reasons: tuple[str, ...] | Unknown | NotObserved = NOT_OBSERVED
    task_times: TaskTimes | Unknown | NotObserved = NOT_OBSERVED
    hold_all: HoldAll | None | Unknown = None

    @property
    def known_state(self) -> ServiceState | None:
        """Its service state, ``None`` if there is none or it is unknown."""
        return self.state if isinstance(self.state, ServiceState) else None

    @property
    def newest_request(self) -> datetime | None:
        """The newest request that its metrics show, ``None`` if they show none or were not read."""
        return self.traffic.newest_request if isinstance(self.traffic, Traffic) else None
