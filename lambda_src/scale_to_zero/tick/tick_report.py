"""How one tick goes: what it saw of every service, what it decided, what it left behind, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Explanation, HoldAll, ServiceState

TIME_KEPT_FOR_THE_END: Final = timedelta(seconds=10)
"""Of a tick: in it no further service or wake rule is changed, so that the changes are notified and measured."""


@dataclass
class TickReport:
    """``states``: each service's state as this tick left it; of one that another run changed meanwhile there is none.

    ``faults``: by service key, or what else failed, the reasons as text. ``forbidden``: the keys of those services
    whose fault is that AWS forbids a call. ``logged``: the services whose decision has its line in the log.
    ``explained``: of each service that was seen, what there is to explain about it. ``hold_all``: what held every
    service when it began. ``left_over``: the services whose decision is left to the next tick, for lack of time.
    """

    snapshots: dict[ServiceName, Snapshot] = field(default_factory=dict)
    decisions: dict[ServiceName, Decision] = field(default_factory=dict)
    states: dict[ServiceName, ServiceState] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    logged: set[ServiceName] = field(default_factory=set)
    left_over: set[ServiceName] = field(default_factory=set)
    explained: dict[ServiceName, Explanation | None] = field(default_factory=dict)
    hold_all: HoldAll | Unknown | None = None

    def record_fault(self, key: str, why: str, *, forbidden: bool) -> None:
        """Record what failed for a service. ``forbidden``: because AWS forbids it."""
        self.faults[key] = why
        (self.forbidden.add if forbidden else self.forbidden.discard)(key)

    def decision(self, snapshot: Snapshot) -> Decision:
        """What was decided about a service."""
        return self.decisions[snapshot.service.name]

    def decided(self, reason: Reason) -> frozenset[ServiceName]:
        """The services about which something was decided for this reason."""
        return frozenset(name for name, decision in self.decisions.items() if decision.reason is reason)

    def now_desired(self, snapshot: Snapshot, desired: int) -> None:
        """Record that another count was set in ECS since it was observed."""
        if isinstance(snapshot.facts, ServiceFacts):
            facts = replace(snapshot.facts, desired=desired)
            self.snapshots[snapshot.service.name] = replace(snapshot, facts=facts)


def oldest_first(snapshot: Snapshot) -> datetime:
    """The order in which services are acted on, where not all of them can be."""
    return snapshot.known_state.since if snapshot.known_state else datetime.min.replace(tzinfo=UTC)
