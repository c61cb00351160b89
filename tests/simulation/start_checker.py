"""Checks that a wake counts from its first request: in the saved change, in the log line and in the metric."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange, ServiceState
from simulator.ports.in_memory import InMemoryPorts

from .checked_run import CheckedRun
from .promise_tracker import PromiseBroken

CLOCKS_DIFFER: Final = timedelta(seconds=2)
SECONDS_LOGGED: Final = re.compile(r" is awake, (\d+) ")


class StartChecker:
    """Follows every write that takes effect. It never reads the start of a wake from the service state.

    ``ready_lines``: the log lines about services that became ready, each with its run and the service's key.
    ``_first``: the first request for the wake that is under way, or that waits for a stop.
    ``_ready``: the changes by which services became ready, each with the run that saved it.
    """

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports
        self._world = ports.world
        self.ready_lines: list[tuple[CheckedRun, str, str]] = []
        self._first: dict[ServiceName, datetime | None] = {}
        self._before_stop: dict[ServiceName, datetime | None] = {}
        self._ready: defaultdict[ServiceName, list[tuple[CheckedRun, PhaseChange]]] = defaultdict(list)
        self._lines_checked = self._measures_checked = 0

    def lost(self, name: ServiceName) -> None:
        """Record that the service state, and the requests in it, are lost."""
        self._first[name] = None
        self._ready[name].clear()

    def follows(self, state: ServiceState, *, begins_stop: bool, undoes_stop: bool) -> None:
        """Record the requests that a write contains."""
        name, first = state.name, self._first.get(state.name)
        if begins_stop:
            self._before_stop[name] = first
        if undoes_stop:
            first = self._before_stop.get(name)
        if state.phase is Phase.WAKING:
            self._first[name] = first or state.requested_at
        elif state.phase is Phase.ASLEEP and state.wake_requested is not None:
            self._first[name] = first or state.wake_requested
        else:
            self._first[name] = None

    def check(self, run: CheckedRun, name: ServiceName, change: PhaseChange) -> None:
        """Check a change before ``follows`` gets the write that contains it."""
        ready = change.reason is Reason.READY
        if not ready and change.before is not Phase.WAKING:
            return
        first = self._first.get(name)
        message = f"{run}: a wake of {name} that was first requested at {first} counts from {change.began}"
        self._require(change.began == first, message)
        if ready:
            self._ready[name].append((run, change))

    def logged(self, run: CheckedRun, record: logging.LogRecord) -> None:
        """Keep the log line of a service that became ready."""
        if getattr(record, "reason", None) == Reason.READY:
            self.ready_lines.append((run, str(vars(record)["service"]), record.getMessage()))

    def ends(self) -> None:
        """Check what was logged and measured since a run ended."""
        lines, measured = self.ready_lines, self._ports.measured
        for run, key, line in lines[self._lines_checked :]:
            service, message = self._ports.table.services.get(key), SECONDS_LOGGED.search(line)
            changes = [one for by, one in self._ready[service.name] if by is run] if service else []
            # If a stop never reached ECS, the service was awake all the time: it is logged as awake without a change.
            newest = changes[-1] if changes else None
            if message is not None and newest is not None and newest.began is not None:
                took = round((newest.at - newest.began).total_seconds())
                self._require(int(message[1]) == took, f"a wake of {key} took {took} s, and the log says: {line}")
        for measure, at in measured[self._measures_checked :]:
            if measure.metric_name != "WakeDuration" or measure.further or measure.service is None:
                continue
            change = next((one for _, one in self._ready[measure.service] if one.at == at), None)
            if change is not None:
                self._check_duration(measure.service, change, timedelta(seconds=measure.value))
        self._lines_checked, self._measures_checked = len(lines), len(measured)

    def _check_duration(self, name: ServiceName, change: PhaseChange, measured: timedelta) -> None:
        """Check that the measured time begins at the first request, and ends between readiness and now."""
        message = f"a wake of {name} is measured to take {measured}: {change}"
        self._require(change.began is not None, message)
        assert change.began is not None
        until = change.began + measured
        self._require(change.at <= until <= self._world.now + CLOCKS_DIFFER, message)

    @staticmethod
    def _require(kept: bool, promise: str) -> None:
        if not kept:
            raise PromiseBroken(promise)
