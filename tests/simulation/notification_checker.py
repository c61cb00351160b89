"""Watches that every change of phase is noted and announced: in order, at least once, and once in fair weather."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from scale_to_zero.actions.notification_texts import WORDS, change_of
from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.notification import Announcement
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Memory, Phase, PhaseChange
from scale_to_zero.rules.phase_changes import MOST_REMEMBERED
from simulator.ports.faults import Call
from simulator.ports.in_memory import InMemoryPorts
from simulator.ports.table import takes_effect
from simulator.record import Record
from simulator.runs import TICK
from tests.service_states import lease_of

from .checked_run import CheckedRun
from .promise_tracker import PromiseBroken, PromiseTracker
from .start_checker import StartChecker

TICKS_UNTIL_NOTIFIED: Final = 5
"""Whoever changed it has a minute, a stop under way has two; and a tick may lose the memory to somebody else."""
FAULT_FREE_BEFORE: Final = 2 * MINUTE
"""What went wrong so shortly before a change may still hold up whoever made it."""


@dataclass
class Waiting:
    """A change that was not announced yet: since when, and how many fault-free ticks passed it over."""

    change: PhaseChange
    since: datetime
    ticks: int = 0


@dataclass
class KnownChanges:
    """What is known of one service's changes, by version. ``noted``: when; ``announced``: by which run, and when.

    ``lost``: when its memory last was.
    """

    waiting: dict[int, Waiting] = field(default_factory=dict)
    recorded: dict[int, tuple[PhaseChange, datetime]] = field(default_factory=dict)
    notified: dict[int, tuple[CheckedRun, datetime]] = field(default_factory=dict)
    lost: datetime | None = None


class NotificationChecker:
    """Sees each write and each announcement just before it takes effect."""

    def __init__(self, ports: InMemoryPorts, record: Record, tracker: PromiseTracker) -> None:
        self.starts = StartChecker(ports)
        self._table = ports.table
        self._world = ports.world
        self._tracker = tracker
        self._known: defaultdict[ServiceName, KnownChanges] = defaultdict(KnownChanges)
        self._before_stop: dict[ServiceName, Memory] = {}
        self._refused: set[tuple[str, ServiceName]] = set()

    def stop_refused(self, run: CheckedRun, name: ServiceName) -> None:
        """A run is told that ECS does not stop a service: it may undo what it noted of the stop."""
        self._refused.add((str(run), name))

    def observe(self, run: CheckedRun, call: Call) -> None:
        """Note and judge what changes a phase, and what announces that."""
        if call.name == "write" and isinstance(call.value, Memory):
            self._observe_write(run, call.value)
        elif call.name == "announce" and isinstance(call.value, Announcement):
            self._observe_notification(run, call.value)

    def lost(self, name: ServiceName) -> None:
        """Its memory is gone, and whatever was to be announced with it; versions begin anew."""
        self._known[name] = KnownChanges(lost=self._world.now)
        self.starts.lost(name)

    def fault_free_tick(self, name: ServiceName, begun: datetime) -> None:
        """Judge after a tick that met no fault concerning this service. ``begun``: when it did."""
        memory = self._table.memories.get(name)
        for version, waiting in list(self._known[name].waiting.items()):
            if memory is None or self._is_given_up(memory, version):
                del self._known[name].waiting[version]
                continue
            waiting.ticks += begun >= waiting.since
            late = self._world.now - waiting.since > TICKS_UNTIL_NOTIFIED * MINUTE
            if late and waiting.ticks > TICKS_UNTIL_NOTIFIED:
                raise PromiseBroken(
                    f"a change of {name} at {waiting.since:%H:%M:%S} is not announced: {waiting.change}"
                )

    def _never_stopped(self, stored: Memory, memory: Memory) -> bool:
        """A stop that crashed before ECS heard of it is no sleep: it runs as before, and nothing is to be told."""
        return stored.phase is Phase.ASLEEP and lease_of(stored) is not None and memory.phase is Phase.AWAKE

    def _observe_write(self, run: CheckedRun, memory: Memory) -> None:
        stored = self._table.memories.get(memory.name)
        if not takes_effect(memory, stored):
            return
        if stored is None:
            self.starts.follows(memory, begins_stop=False, undoes_stop=False)
            return
        newest = memory.changes[-1] if memory.changes else None
        is_noted = newest is not None and newest.version == stored.version + 1
        begins_stop = lease_of(memory) is not None and lease_of(memory) != lease_of(stored)
        undoes_stop = self._is_undone(run, stored, memory)
        if is_noted and newest is not None:
            self.starts.check(run, memory.name, newest)
        self.starts.follows(memory, begins_stop=begins_stop, undoes_stop=undoes_stop)
        if begins_stop:
            self._before_stop[memory.name] = stored
        before = stored
        if undoes_stop:
            before = self._before_stop[memory.name]
            self._forget_stop(stored, memory)
        failed = memory.failed and not before.failed
        if before.phase is memory.phase and not failed:
            self._require(not is_noted, f"{run} notes a change of {memory.name} that is none: {newest}")
            return
        if self._never_stopped(stored, memory) and not is_noted:
            self._forget_stop(stored, memory)
            return
        right = (before.phase, memory.phase, failed)
        told = f"{run} changes {memory.name} from {before.phase} to {memory.phase}, and notes {newest}"
        self._require(is_noted, told)
        assert newest is not None
        self._require((newest.before, newest.after, newest.failed) == right, told)
        self._known[memory.name].waiting[newest.version] = Waiting(newest, self._world.now)
        self._known[memory.name].recorded[newest.version] = newest, self._world.now

    def _is_undone(self, run: CheckedRun, stored: Memory, memory: Memory) -> bool:
        """Whether a run takes back a stop that ECS refused it: what it notes is a change from before the stop."""
        under_way = stored.stop_under_way(self._world.now) is not None
        return under_way and memory.phase is not Phase.ASLEEP and (str(run), memory.name) in self._refused

    def _forget_stop(self, stored: Memory, memory: Memory) -> None:
        for version in {one.version for one in stored.changes} - {one.version for one in memory.changes}:
            self._known[memory.name].waiting.pop(version, None)

    def _observe_notification(self, run: CheckedRun, announcement: Announcement) -> None:
        name, change = announcement.service.name, announcement.change
        told = self._known[name]
        said = f"{run} announces of {name}: {change}"
        has_words = all((change_of(change), change.reason) in words for words in WORDS.values())
        self._require(has_words, f"{said}, for which there is no sentence")
        recorded, since = told.recorded.get(change.version, (None, self._world.now))
        if recorded != change:
            of_a_lost_memory = told.lost is not None and run.begun <= told.lost
            self._require(of_a_lost_memory, f"{said}, which never happened: {recorded}")
            return
        if change.version in told.notified:
            by, announced_at = told.notified[change.version]
            delivered_twice = by is not run and by.kind == run.kind == TICK and run.begun <= announced_at
            fair = self._tracker.of(name).troubled_at < since - FAULT_FREE_BEFORE and not delivered_twice
            self._require(not fair, f"{said}, for the second time, though nothing went wrong")
            return
        newest = max(told.notified, default=0)
        self._require(newest < change.version, f"{said}, after version {newest}")
        told.notified[change.version] = run, self._world.now
        told.waiting.pop(change.version, None)

    @staticmethod
    def _is_given_up(memory: Memory, version: int) -> bool:
        """Whether so many changes wait that the oldest are forgotten."""
        return len(memory.changes) == MOST_REMEMBERED and version < memory.changes[0].version

    @staticmethod
    def _require(kept: bool, promise: str) -> None:
        if not kept:
            raise PromiseBroken(promise)
