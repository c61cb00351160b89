"""Checks that every change of phase is saved and notified: in order, at least once, and exactly once without faults."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from scale_to_zero.actions.notification_texts import WORDS, change_of
from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.notification import Notification
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, PhaseChange, ServiceState
from scale_to_zero.rules.phase_changes import MOST_CHANGES
from simulator.ports.faults import Call
from simulator.ports.in_memory import InMemoryPorts
from simulator.ports.table import takes_effect
from simulator.record import Record
from simulator.runs import TICK
from tests.service_states import begins_stop, lease_of

from .checked_run import CheckedRun
from .promise_tracker import PromiseBroken, PromiseTracker
from .start_checker import StartChecker

TICKS_UNTIL_NOTIFIED: Final = 5
"""The run that saved the change has a minute, a stop under way has two. The write of a tick may fail because of another
run."""
FAULT_FREE_BEFORE: Final = 2 * MINUTE
"""A fault this shortly before a change may still delay the run that makes the change."""


@dataclass
class UnsentChange:
    """A change that has no notification yet. ``since``: when it was saved. ``ticks``: fault-free ticks since then."""

    change: PhaseChange
    since: datetime
    ticks: int = 0


@dataclass
class KnownChanges:
    """The changes of one service, by version.

    ``recorded``: each change, and when it was saved. ``notified``: which run sent the notification, and when.
    ``lost``: when the service state was last lost.
    """

    unsent: dict[int, UnsentChange] = field(default_factory=dict)
    recorded: dict[int, tuple[PhaseChange, datetime]] = field(default_factory=dict)
    notified: dict[int, tuple[CheckedRun, datetime]] = field(default_factory=dict)
    lost: datetime | None = None


class NotificationChecker:
    """Checks each write and each notification just before it takes effect."""

    def __init__(self, ports: InMemoryPorts, record: Record, tracker: PromiseTracker) -> None:
        self.starts = StartChecker(ports)
        self._table = ports.table
        self._world = ports.world
        self._tracker = tracker
        self._known: defaultdict[ServiceName, KnownChanges] = defaultdict(KnownChanges)
        self._before_stop: dict[ServiceName, ServiceState] = {}
        self._refused: set[tuple[str, ServiceName]] = set()

    def stop_refused(self, run: CheckedRun, name: ServiceName) -> None:
        """Record that ECS has refused a stop by this run: the run may undo what it saved about the stop."""
        self._refused.add((str(run), name))

    def observe(self, run: CheckedRun, call: Call) -> None:
        """Check each change of a phase, and each notification of one."""
        if call.name == "write" and isinstance(call.value, ServiceState):
            self._observe_write(run, call.value)
        elif call.name == "notify" and isinstance(call.value, Notification):
            self._observe_notification(run, call.value)

    def lost(self, name: ServiceName) -> None:
        """Record that the service state and its unsent notifications are lost; versions start again."""
        self._known[name] = KnownChanges(lost=self._world.now)
        self.starts.lost(name)

    def fault_free_tick(self, name: ServiceName, begun: datetime) -> None:
        """Check after a tick that met no fault about this service. ``begun``: when the tick began."""
        state = self._table.states.get(name)
        for version, unsent in list(self._known[name].unsent.items()):
            if state is None or self._is_dropped(state, version):
                del self._known[name].unsent[version]
                continue
            unsent.ticks += begun >= unsent.since
            late = self._world.now - unsent.since > TICKS_UNTIL_NOTIFIED * MINUTE
            if late and unsent.ticks > TICKS_UNTIL_NOTIFIED:
                raise PromiseBroken(
                    f"no notification was sent of a change of {name} at {unsent.since:%H:%M:%S}: {unsent.change}"
                )

    def _never_stopped(self, stored: ServiceState, state: ServiceState) -> bool:
        """Return whether a run that began a stop crashed before it called ECS. Then nothing is notified."""
        return stored.phase is Phase.ASLEEP and lease_of(stored) is not None and state.phase is Phase.AWAKE

    def _observe_write(self, run: CheckedRun, state: ServiceState) -> None:
        stored = self._table.states.get(state.name)
        if not takes_effect(state, stored):
            return
        if stored is None:
            self.starts.follows(state, begins_stop=False, undoes_stop=False)
            return
        newest = state.changes[-1] if state.changes else None
        is_saved = newest is not None and newest.version == stored.version + 1
        undoes_stop = self._is_undone(run, stored, state)
        if is_saved and newest is not None:
            self.starts.check(run, state.name, newest)
        self.starts.follows(state, begins_stop=begins_stop(state, stored), undoes_stop=undoes_stop)
        if begins_stop(state, stored):
            self._before_stop[state.name] = stored
        before = stored
        if undoes_stop:
            before = self._before_stop[state.name]
            self._forget_stop(stored, state)
        failed = state.failed and not before.failed
        if before.phase is state.phase and not failed:
            self._require(not is_saved, f"{run} saves a change of {state.name}, but nothing changes: {newest}")
            return
        if self._never_stopped(stored, state) and not is_saved:
            self._forget_stop(stored, state)
            return
        right = (before.phase, state.phase, failed)
        message = f"{run} changes {state.name} from {before.phase} to {state.phase}, and saves {newest}"
        self._require(is_saved, message)
        assert newest is not None
        self._require((newest.before, newest.after, newest.failed) == right, message)
        self._known[state.name].unsent[newest.version] = UnsentChange(newest, self._world.now)
        self._known[state.name].recorded[newest.version] = newest, self._world.now

    def _is_undone(self, run: CheckedRun, stored: ServiceState, state: ServiceState) -> bool:
        """Return whether a run undoes a stop that ECS refused. Its write counts as a change from before the stop."""
        under_way = stored.stop_under_way(self._world.now) is not None
        return under_way and state.phase is not Phase.ASLEEP and (str(run), state.name) in self._refused

    def _forget_stop(self, stored: ServiceState, state: ServiceState) -> None:
        for version in {one.version for one in stored.changes} - {one.version for one in state.changes}:
            self._known[state.name].unsent.pop(version, None)

    def _observe_notification(self, run: CheckedRun, notification: Notification) -> None:
        name, change = notification.service.name, notification.change
        known = self._known[name]
        message = f"{run} notifies of {name}: {change}"
        has_words = all((change_of(change), change.reason) in words for words in WORDS.values())
        self._require(has_words, f"{message}, for which there is no text")
        recorded, since = known.recorded.get(change.version, (None, self._world.now))
        if recorded != change:
            of_a_lost_state = known.lost is not None and run.begun <= known.lost
            self._require(of_a_lost_state, f"{message}, which was never saved: {recorded}")
            return
        if change.version in known.notified:
            by, notified_at = known.notified[change.version]
            delivered_twice = by is not run and by.kind == run.kind == TICK and run.begun <= notified_at
            fault_free = self._tracker.of(name).disturbed_at < since - FAULT_FREE_BEFORE and not delivered_twice
            self._require(not fault_free, f"{message}, for the second time, though there was no fault")
            return
        newest = max(known.notified, default=0)
        self._require(newest < change.version, f"{message}, after version {newest}")
        known.notified[change.version] = run, self._world.now
        known.unsent.pop(change.version, None)

    @staticmethod
    def _is_dropped(state: ServiceState, version: int) -> bool:
        """Return whether the service state has dropped this version because too many changes wait."""
        return len(state.changes) == MOST_CHANGES and version < state.changes[0].version

    @staticmethod
    def _require(kept: bool, promise: str) -> None:
        if not kept:
            raise PromiseBroken(promise)
