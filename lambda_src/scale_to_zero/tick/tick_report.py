"""The report of one tick: what it observed about every service, what it decided, what it wrote, and what failed."""

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
"""The last part of a tick. No further service or wake rule is changed in it, so that the changes before are notified
and measured."""


@dataclass
class TickReport:
    """What one tick observed, decided and did, and what failed.

    ``states``: each service's state as this tick left it; none for a service that another run changed meanwhile.
    ``faults``: the reasons as text, by service key or by what else failed. ``forbidden``: the keys of the services
    whose fault is that AWS forbids a call. ``logged``: the services whose decision is already logged.
    ``explained``: for each observed service, what there is to explain about it. ``hold_all``: the hold of all services
    when the tick began. ``left_over``: the services on which the next tick acts, because time or AWS's rates ran out.
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
        """Return what was decided about a service."""
        return self.decisions[snapshot.service.name]

    def decided(self, reason: Reason) -> frozenset[ServiceName]:
        """Return the services whose decision has this reason."""
        return frozenset(name for name, decision in self.decisions.items() if decision.reason is reason)

    def now_desired(self, snapshot: Snapshot, desired: int) -> None:
        """Record that this tick set another desired count in ECS after it observed the service."""
        if isinstance(snapshot.facts, ServiceFacts):
            facts = replace(snapshot.facts, desired=desired)
            self.snapshots[snapshot.service.name] = replace(snapshot, facts=facts)


def oldest_first(snapshot: Snapshot) -> datetime:
    """Return the sort key by which services are acted on, so that the oldest come first if time runs out."""
    return snapshot.known_state.since if snapshot.known_state else datetime.min.replace(tzinfo=UTC)
