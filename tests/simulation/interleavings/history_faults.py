"""The faults, delays and denials of a history, applied to the calls of its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from simulator.calls import LONG, MAY_TAKE_EFFECT_LATE, SET_DESIRED_COUNT, SUSPEND_SCALING
from simulator.fault_injection import HANGING, NO_FAULT, CallFault, NoFaults
from simulator.ports.faults import Call, Fault
from simulator.runs import SCALE_UP, WATCHER, Run
from tests.simulation.promise_checker import OLDEST_ANSWER

from .history import ANY_RUN, CallOf, Denial, FaultKind, History, Operation, Strike

FAULT_OF: Final = {
    FaultKind.NOT_SENT: Fault.LOST,
    FaultKind.REFUSED: Fault.REFUSED,
    FaultKind.TIMED_OUT: Fault.ANSWER_LOST,
    FaultKind.KILLED_BEFORE: Fault.CUT_OFF_BEFORE,
    FaultKind.KILLED_AFTER: Fault.CUT_OFF_AFTER,
}
CALLS_OF: Final = {
    Denial.NOTHING: frozenset[str](),
    Denial.STOPS: frozenset({SET_DESIRED_COUNT}),
    Denial.DESCRIPTIONS: frozenset({"describe"}),
    Denial.TARGET_HEALTH: frozenset({"healthy_targets", "has_targets"}),
    Denial.TASKS: frozenset({"wanted_targets", "task_times", "protected", "stop_reasons"}),
    Denial.REVISIONS: frozenset({"gateways"}),
    Denial.SUSPENSIONS: frozenset({SUSPEND_SCALING}),
    Denial.SCALABLE_TARGETS: frozenset({"read_scalable_targets"}),
    Denial.POLICIES: frozenset({"scales_by_forecast"}),
}
"""The calls of the ports that need the denied action."""

DRAWN_AS: Final = {SCALE_UP: "wake", WATCHER: "escort"}
"""The names of some kinds of runs in the text that seeds delays. Other names would change the recorded histories."""


class HistoryFaults(NoFaults):
    """Strikes, delays and denies calls as a history says.

    ``struck``: the kinds of faults that calls have met so far, each with the kind of run that made the call.
    ``denied``: how many calls were denied. ``struck_at``: when a call last met a fault or a long delay.

    ``runs_before``: how many runs of each kind began before the moment. ``begin``: begins an operation that must
    begin during a call.
    """

    def __init__(
        self,
        history: History,
        runs_before: Mapping[str, int],
        begin: Callable[[Operation], object],
        now: Callable[[], datetime],
    ) -> None:
        self._begin = begin
        self._now = now
        self._denies = history.denied
        self.denied = 0
        self.struck_at = now()
        self._during = {operation.during: operation for operation in history.operations if operation.during}
        self.struck: set[tuple[FaultKind, str]] = set()
        self._strikes = {strike.at: strike for strike in history.strikes}
        self._delays = {delay.at: delay.seconds for delay in history.delays}
        self._call_seconds = history.call_seconds
        self._salt = history.moment
        self._stale_runs = history.stale_runs
        self._watcher_after = history.watcher_after
        self._runs_before = runs_before
        self._calls: Counter[tuple[str, int, str]] = Counter()

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return the strike, the delay or the denial of this call. A denied call may also take time."""
        call_fault = self._drawn(run, call)
        if call_fault.fault is not None or call_fault.lasts >= LONG:
            self.struck_at = max(self.struck_at, min(self._now() + call_fault.lasts, run.ends_at))
        if call_fault.fault is None and call_fault.lasts < HANGING.lasts and is_denied(call, self._denies):
            self.denied += 1
            return replace(call_fault, fault=Fault.FORBIDDEN)
        return call_fault

    def _drawn(self, run: Run, call: Call) -> CallFault:
        number = run.number - self._runs_before.get(run.kind, 0)
        if number <= 0:
            return NO_FAULT
        ways = list(self._ways_to_name(run.kind, number, call.name))
        for way in ways:
            if way in self._during:
                self._begin(self._during.pop(way))
        strike = next((self._strikes[way] for way in ways if way in self._strikes), None)
        if strike is not None:
            self.struck.add((strike.fault, run.kind))
            return _call_fault(strike, call)
        seconds = next((self._delays[way] for way in ways if way in self._delays), None)
        if seconds is None and self._call_seconds:
            drawn_as = replace(ways[0], run=DRAWN_AS.get(run.kind, run.kind))
            seconds = Random(f"{self._salt} {drawn_as}").expovariate(1 / self._call_seconds)
        return NO_FAULT if seconds is None else CallFault(lasts=timedelta(seconds=seconds))

    def _ways_to_name(self, kind: str, number: int, name: str) -> Iterator[CallOf]:
        """Return every way in which a history can name the present call. The first one identifies it."""
        for run, of in ((kind, number), (ANY_RUN, 1)):
            for counted in ("", name):
                self._calls[run, of, counted] += 1
                yield CallOf(run, of, self._calls[run, of, counted], counted)

    def staleness(self, run: Run) -> timedelta:
        """Return the age of the answers that the first runs get."""
        if not self._stale_runs:
            return timedelta(0)
        self._stale_runs -= 1
        return OLDEST_ANSWER

    def delivery(self) -> timedelta | None:
        """Return when each watcher begins after it was sent; ``None``: never."""
        return None if self._watcher_after is None else timedelta(seconds=self._watcher_after)


def is_denied(call: Call, denial: Denial) -> bool:
    """Return whether AWS refuses a call if this is denied."""
    if call.name == SET_DESIRED_COUNT and call.value != 0:
        return False
    return call.name in CALLS_OF[denial]


def _call_fault(strike: Strike, call: Call) -> CallFault:
    lasts = timedelta(seconds=strike.seconds)
    if strike.fault is FaultKind.KILLED_BEFORE and strike.seconds:
        return HANGING
    if strike.effect_after is not None and call.name in MAY_TAKE_EFFECT_LATE:
        return CallFault(Fault.LOST, lasts, effect_after=timedelta(seconds=strike.effect_after))
    return CallFault(FAULT_OF[strike.fault], lasts)
