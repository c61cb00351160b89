"""Keeping wake rules as each service's phase wants them: arming, disarming, and undoing changes by others.

The service state was written before; so whatever fails here, the next tick reads the rules again and completes it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from scale_to_zero.actions.rate_limiter import Pace, Rate
from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.errors import CallFailed, CallForbidden, MemoryChanged
from scale_to_zero.model.observed import Snapshot
from scale_to_zero.model.quantities import counted
from scale_to_zero.model.service_state import Memory, Phase
from scale_to_zero.ports import Ports
from scale_to_zero.rules import phases
from scale_to_zero.rules.draining import arming_has_lapsed
from scale_to_zero.rules.rule_positions import DISARMED, SeenRules
from scale_to_zero.rules.wake_rules import RuleChange, after, all_armed, all_disarmed, rule_changes

from .tick_report import TIME_KEPT_FOR_THE_END, Course, oldest_first

logger = logging.getLogger(__name__)

RULE_CHANGES_PER_TICK: Final = 100
RULE_CHANGE_RATE: Final = Rate(at_once=20, a_second=3)
"""What an account may change of its load balancers (AWS: Elastic Load Balancing API throttling)."""


class RuleKeeper:
    """Changes the rules of one tick; what it may not change any more is left to the next one.

    ``ends_at``: when the run is cut off at the latest.
    """

    def __init__(self, ports: Ports, course: Course, ends_at: datetime) -> None:
        self._ports = ports
        self._course = course
        self._ends_at = ends_at
        self._pace = Pace(ports, RULE_CHANGE_RATE)
        self._changes = 0
        self._waiting = 0
        self._wanted: dict[ServiceName, tuple[Snapshot, Memory, list[RuleChange]]] = {}

    def open_ways(self, only: Collection[ServiceName] | None = None) -> None:
        """Disarm the rules of services that are awake, the one that has waited longest first.

        ``only``: of these, where not all are meant.
        """
        for snapshot, memory in self._kept():
            if only is not None and memory.name not in only:
                continue
            seen = self._change(snapshot, memory, opening=True)
            if _was_opened(snapshot.service, memory, seen):
                self._remember(snapshot, phases.rules_disarmed(memory, self._ports.clock()))

    def arm(self) -> None:
        """Make all other changes; a draining service whose rules are all armed then waits for the metrics alone."""
        for snapshot, kept in self._kept():
            memory: Memory | None = kept
            if kept.phase is Phase.DRAINING and arming_has_lapsed(snapshot, kept):
                # Before the rules are armed again: requests that arrived meanwhile went past the wake function.
                memory = self._remember(snapshot, phases.rules_armed(kept, None))
            if memory is None:
                continue
            seen = self._change(snapshot, memory, opening=False)
            if memory.phase is Phase.DRAINING and memory.armed is None and all_armed(snapshot.service, seen):
                self._remember(snapshot, phases.rules_armed(memory, self._ports.clock()))
        if self._waiting:
            waiting = counted(self._waiting, "change of wake rules waits", "changes of wake rules wait")
            logger.warning(f"{waiting} for the next tick: AWS limits their rate")

    def _kept(self) -> Iterator[tuple[Snapshot, Memory]]:
        """The services whose rules and service state are known, as this tick has left them until now."""
        snapshots = self._course.snapshots.values()
        woken_by_requests = [one for one in snapshots if one.service.wake_on_request is not None]
        for snapshot in sorted(woken_by_requests, key=oldest_first):
            memory = self._course.memories.get(snapshot.service.name)
            if memory is not None and isinstance(snapshot.rules, Mapping):
                yield snapshot, memory

    def _change(self, snapshot: Snapshot, memory: Memory, *, opening: bool) -> SeenRules:
        """Change the rules of one service, and answer all rules as they are now."""
        assert isinstance(snapshot.rules, Mapping)
        wanted = self._changes_wanted(snapshot, memory, snapshot.rules)
        asked = [change for change in wanted if (change.conditions == DISARMED) == opening]
        made = [change for change in asked if self._make(snapshot.service, change)]
        if not made:
            return snapshot.rules
        seen = after(made, snapshot.rules)
        self._course.snapshots[snapshot.service.name] = replace(snapshot, rules=seen)
        logger.info(
            f"{snapshot.service.key}: {counted(len(made), 'wake rule')} {'disarmed' if opening else 'armed'}",
            extra={"service": snapshot.service.key, "action": "disarm" if opening else "arm"},
        )
        return seen

    def _changes_wanted(self, snapshot: Snapshot, memory: Memory, seen: SeenRules) -> list[RuleChange]:
        """All changes that one service needs, worked out again only where its rules or its state have changed."""
        known = self._wanted.get(memory.name)
        if known is not None and known[0] is snapshot and known[1] is memory:
            return known[2]
        wanted = rule_changes(snapshot.service, memory, seen)
        self._wanted[memory.name] = (snapshot, memory, wanted)
        return wanted

    def _make(self, service: Service, change: RuleChange) -> bool:
        if self._changes == RULE_CHANGES_PER_TICK or self._ports.clock() > self._ends_at - TIME_KEPT_FOR_THE_END:
            self._waiting += 1
            return False
        self._changes += 1
        self._pace.wait()
        try:
            self._ports.listener_rules.set_conditions(change.arn, change.conditions)
        except CallFailed as failure:
            self._course.failed(service.key, str(failure), forbidden=isinstance(failure, CallForbidden))
            return False
        return True

    def _remember(self, snapshot: Snapshot, memory: Memory) -> Memory | None:
        """Write a service state and answer it as it is written; ``None`` where that failed."""
        service = snapshot.service
        self._course.memories.pop(service.name)
        try:
            written = self._course.memories[service.name] = self._ports.memories.write(memory)
            return written
        except MemoryChanged:
            logger.info(f"{service.key} is left to the next tick: somebody else acted on it meanwhile")
        except CallFailed as failure:
            self._course.failed(service.key, str(failure), forbidden=isinstance(failure, CallForbidden))
        return None


def _was_opened(service: Service, memory: Memory, seen: SeenRules) -> bool:
    wake = memory.wake
    if memory.phase is not Phase.AWAKE or wake is None or wake.healthy is None or memory.opened is not None:
        return False
    return all_disarmed(service, seen)
