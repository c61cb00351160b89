"""Checks holds and requests to sleep: which run may lift a hold, and which request a stop may follow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Mode, ServiceName
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from simulator.ports.in_memory import InMemoryPorts
from simulator.runs import SLEEP, UNINSTALL
from tests.service_states import begins_stop, lease_of

from .checked_run import CheckedRun
from .held_with_all import HeldWithAll
from .promise_tracker import PromiseBroken, PromiseTracker

CLOCKS_DIFFER: Final = timedelta(seconds=2)
OLDEST_REQUEST: Final = 11 * MINUTE
"""A stop that begins this long after its request would surprise the operator."""


class HoldChecker:
    """Checks each write just before it takes effect."""

    def __init__(self, ports: InMemoryPorts, tracker: PromiseTracker, held_with_all: HeldWithAll) -> None:
        self._held_with_all = held_with_all
        self._world = ports.world
        self._tracker = tracker
        self._recorded: dict[ServiceName, datetime] = {}
        self._stops_on_request: dict[ServiceName, bool] = {}
        self._written: dict[tuple[str, ServiceName], datetime] = {}
        self._before_stop: dict[ServiceName, ServiceState] = {}

    def check_write(self, run: CheckedRun, state: ServiceState, stored: ServiceState | None) -> None:
        """Check a write that takes effect."""
        requested_before = stored.sleep_requested if stored else None
        if state.sleep_requested is not None and state.sleep_requested != requested_before:
            if stored is not None and lease_of(stored) is not None:
                self._check_request_kept(run, state, stored)
            else:
                self._check_request(run, state.name, state.sleep_requested)
        if state.hold is not None:
            written = self._written.get((str(run), state.name), state.hold.until)
            self._written[str(run), state.name] = max(written, state.hold.until)
        if stored is None:
            return
        begins_to_stop = begins_stop(state, stored)
        forbidden = self._held_with_all.forbids_stop_by(run)
        self._require(not (begins_to_stop and forbidden), f"{run} begins to stop {state.name} while all are held")
        if stored.hold is not None and stored.hold.until > self._world.now + CLOCKS_DIFFER:
            self._require(not begins_to_stop, f"{run} begins to stop {state.name}, which is held: {stored.hold}")
            kept = state.hold is not None and state.hold.until >= stored.hold.until
            message = f"{run} lifts the hold of {state.name} without a request to lift it: {stored.hold}"
            self._require(kept or self._may_lift(run, state), message)
        if stored.wake_requested is not None and state.wake_requested is None and state.phase is Phase.ASLEEP:
            self._check_taking_back(run, state)
        if begins_to_stop:
            self._before_stop[state.name] = stored
            self._check_begin(run, stored)

    def check_answer(self, run: CheckedRun, name: ServiceName, hold: timedelta) -> None:
        """Check a run that answered that a service is held: it has written a hold at least that long."""
        until = self._written.get((str(run), name))
        message = f"{run} answered that {name} is held for {hold}, but has written a hold until {until}"
        self._require(until is not None and until >= run.begun + hold - CLOCKS_DIFFER, message)

    def requested(self, name: ServiceName) -> datetime | None:
        """Return when the request was recorded that led to the stop under way; ``None`` if no request led to it."""
        return self._recorded[name] if self._stops_on_request.get(name) else None

    def _check_request(self, run: CheckedRun, name: ServiceName, at: datetime) -> None:
        self._require(run.kind == SLEEP, f"{run} saves a request for {name} to sleep")
        is_of_this_run = run.begun - CLOCKS_DIFFER <= at <= self._world.now + CLOCKS_DIFFER
        self._require(is_of_this_run, f"{run} saves a request for {name} to sleep at {at:%H:%M:%S}")
        self._recorded[name] = self._world.now

    def _check_request_kept(self, run: CheckedRun, state: ServiceState, stored: ServiceState) -> None:
        """Check a stop that is undone: its request is pending again, unless a wake was requested since."""
        before = self._before_stop[state.name].sleep_requested
        message = f"{run} undoes a stop of {state.name}, and saves a request to sleep at {state.sleep_requested}"
        self._require(state.sleep_requested == before, f"{message}, not at {before}")
        self._require(
            stored.wake_requested is None and stored.hold is None, f"{message}, though the service must be awake"
        )

    def _check_begin(self, run: CheckedRun, stored: ServiceState) -> None:
        """Check a stop that begins: a request that it follows is new, and no wake was requested since."""
        requested_at, name = stored.sleep_requested, stored.name
        self._stops_on_request[name] = requested_at is not None
        if requested_at is None:
            return
        message = f"{run} begins to stop {name}, as requested at {requested_at:%H:%M:%S}"
        self._require(run.begun - requested_at <= OLDEST_REQUEST + CLOCKS_DIFFER, f"{message}, too long ago")
        awake = stored.requested_at
        self._require(
            awake is None or awake <= requested_at + CLOCKS_DIFFER,
            f"{message}, though its wake was requested at {awake}",
        )

    def _check_taking_back(self, run: CheckedRun, state: ServiceState) -> None:
        """Check that a wake that waits for a stop is kept. Only a later request to sleep cancels it."""
        service = run.services.get(state.name)
        may_drop = run.kind in (SLEEP, UNINSTALL) or service is None or service.mode is not Mode.ACT
        self._require(may_drop, f"{run} drops the requested wake of {state.name}")
        tracked = self._tracker.of(state.name)
        tracked.requested_at = tracked.last_requested_at = None

    def _may_lift(self, run: CheckedRun, state: ServiceState) -> bool:
        """Return whether the run may lift a hold: on request, to bring the service back, or after a stop by hand."""
        service = run.services.get(state.name)
        if run.lifts_holds or run.kind == UNINSTALL or service is None or service.mode is not Mode.ACT:
            return True
        seen = run.described.get(state.name)
        found_stopped = seen is None or seen.desired == 0 or None in run.disturbed
        return state.phase is Phase.ASLEEP and lease_of(state) is None and found_stopped

    @staticmethod
    def _require(kept: bool, promise: str) -> None:
        if not kept:
            raise PromiseBroken(promise)
