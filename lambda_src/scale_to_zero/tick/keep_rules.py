"""Keeping wake rules as the phase of each service requires: arming, disarming, and undoing changes by others.

The service state is written before. So if a change fails here, the next tick reads the rules again and completes it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from scale_to_zero.actions.rate_limiter import Rate, RateLimiter
from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.errors import CallFailed, CallForbidden, StateChanged
from scale_to_zero.model.observed import Snapshot
from scale_to_zero.model.quantities import counted
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules import phases
from scale_to_zero.rules.arming import arming_has_lapsed, arming_is_complete
from scale_to_zero.rules.rule_positions import DISARMED, SeenRules
from scale_to_zero.rules.wake_rules import RuleChange, after, all_wake_rules_disarmed, rule_changes

from .tick_report import TIME_KEPT_FOR_THE_END, TickReport, oldest_first

logger = logging.getLogger(__name__)

RULE_CHANGES_PER_TICK: Final = 100
RULE_CHANGE_RATE: Final = Rate(at_once=20, a_second=3)
"""How often an account may change its load balancers (AWS: Elastic Load Balancing API throttling)."""


class RuleKeeper:
    """Changes the rules of one tick; the next tick continues if time or AWS's rates run out.

    ``ends_at``: when the run is cut off at the latest.
    """

    def __init__(self, ports: Ports, report: TickReport, ends_at: datetime) -> None:
        self._ports = ports
        self._report = report
        self._ends_at = ends_at
        self._limiter = RateLimiter(ports, RULE_CHANGE_RATE)
        self._changes = 0
        self._waiting = 0
        self._wanted: dict[ServiceName, tuple[Snapshot, ServiceState, list[RuleChange]]] = {}

    def disarm(self, only: Collection[ServiceName] | None = None) -> None:
        """Disarm the rules of services that are awake, beginning with the service that has waited longest.

        ``only``: the services to disarm; ``None``: all.
        """
        for snapshot, state in self._known_services():
            if only is not None and state.name not in only:
                continue
            seen = self._change(snapshot, state, disarming=True)
            if _was_disarmed(snapshot.service, state, seen):
                self._save(snapshot, phases.rules_disarmed(state, self._ports.clock()))

    def arm(self) -> None:
        """Make all other changes, and record since when all rules of a draining or waking service are armed."""
        for snapshot, kept in self._known_services():
            state: ServiceState | None = kept
            if arming_has_lapsed(snapshot, kept):
                # Written before the rules are armed again: if this run ends in between, no stop relies on the old time.
                state = self._save(snapshot, phases.rules_armed(kept, None))
            if state is None:
                continue
            seen = self._change(snapshot, state, disarming=False)
            if arming_is_complete(snapshot.service, state, seen):
                self._save(snapshot, phases.rules_armed(state, self._ports.clock()))
        if self._waiting:
            waiting = counted(self._waiting, "change of wake rules waits", "changes of wake rules wait")
            logger.warning(f"{waiting} for the next tick: this tick has reached AWS's rate limit or its own time limit")

    def _known_services(self) -> Iterator[tuple[Snapshot, ServiceState]]:
        """Yield the services whose rules and service state are known, as this tick has left them until now."""
        snapshots = self._report.snapshots.values()
        woken_by_requests = [one for one in snapshots if one.service.wake_on_request is not None]
        for snapshot in sorted(woken_by_requests, key=oldest_first):
            state = self._report.states.get(snapshot.service.name)
            if state is not None and isinstance(snapshot.rules, Mapping):
                yield snapshot, state

    def _change(self, snapshot: Snapshot, state: ServiceState, *, disarming: bool) -> SeenRules:
        """Change the rules of one service, and return all rules as they are now."""
        assert isinstance(snapshot.rules, Mapping)
        wanted = self._changes_wanted(snapshot, state, snapshot.rules)
        chosen = [change for change in wanted if (change.conditions == DISARMED) == disarming]
        made = [change for change in chosen if self._make(snapshot.service, change)]
        if not made:
            return snapshot.rules
        seen = after(made, snapshot.rules)
        self._report.snapshots[snapshot.service.name] = replace(snapshot, rules=seen)
        logger.info(
            f"{snapshot.service.key}: {counted(len(made), 'wake rule')} {'disarmed' if disarming else 'armed'}",
            extra={"service": snapshot.service.key, "action": "disarm" if disarming else "arm"},
        )
        return seen

    def _changes_wanted(self, snapshot: Snapshot, state: ServiceState, seen: SeenRules) -> list[RuleChange]:
        """Return all changes that one service needs, computed again only if its rules or its state have changed."""
        known = self._wanted.get(state.name)
        if known is not None and known[0] is snapshot and known[1] is state:
            return known[2]
        wanted = rule_changes(snapshot.service, state, seen)
        self._wanted[state.name] = (snapshot, state, wanted)
        return wanted

    def _make(self, service: Service, change: RuleChange) -> bool:
        if self._changes == RULE_CHANGES_PER_TICK or self._ports.clock() > self._ends_at - TIME_KEPT_FOR_THE_END:
            self._waiting += 1
            return False
        self._changes += 1
        self._limiter.wait()
        try:
            self._ports.listener_rules.set_conditions(change.arn, change.conditions)
        except CallFailed as failure:
            self._report.record_fault(service.key, str(failure), forbidden=isinstance(failure, CallForbidden))
            return False
        return True

    def _save(self, snapshot: Snapshot, state: ServiceState) -> ServiceState | None:
        """Write a service state and return it as it is written; ``None`` if the write failed."""
        service = snapshot.service
        self._report.states.pop(service.name)
        try:
            written = self._report.states[service.name] = self._ports.table.write(state)
            return written
        except StateChanged:
            logger.info(f"{service.key} was changed by another run; the next tick decides again")
        except CallFailed as failure:
            self._report.record_fault(service.key, str(failure), forbidden=isinstance(failure, CallForbidden))
        return None


def _was_disarmed(service: Service, state: ServiceState, seen: SeenRules) -> bool:
    wake = state.wake
    if state.phase is not Phase.AWAKE or wake is None or wake.healthy is None or state.routing_restored_at is not None:
        return False
    return all_wake_rules_disarmed(service, seen)
