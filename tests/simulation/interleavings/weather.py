"""What a history does to the calls of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Final

from tests.simulation.faults import Call, Fault
from tests.simulation.passage import SET_CONDITIONS, SET_DESIRED_COUNT
from tests.simulation.referee import OLDEST_ANSWER
from tests.simulation.runs import HANGING, NO_TROUBLE, FairWeather, Run, Trouble

from .history import ANY_RUN, CallOf, FaultKind, History, Strike

FAULT_OF: Final = {
    FaultKind.NOT_SENT: Fault.REFUSED,
    FaultKind.REFUSED: Fault.REFUSED,
    FaultKind.TIMED_OUT: Fault.ANSWER_LOST,
    FaultKind.KILLED_BEFORE: Fault.CUT_OFF_BEFORE,
    FaultKind.KILLED_AFTER: Fault.CUT_OFF_AFTER,
}
MAY_TAKE_EFFECT_LATE: Final = frozenset({SET_DESIRED_COUNT, SET_CONDITIONS})


class HistoryWeather(FairWeather):
    """Strikes and delays calls as a history says. ``struck``: the kinds of faults that calls have met so far.

    ``runs_before``: how many runs of each kind had begun before the moment.
    """

    def __init__(self, history: History, runs_before: Mapping[str, int]) -> None:
        self.struck: set[FaultKind] = set()
        self._strikes = {strike.at: strike for strike in history.strikes}
        self._delays = {delay.at: delay.seconds for delay in history.delays}
        self._pace = history.pace
        self._salt = history.moment
        self._stale_runs = history.stale_runs
        self._watcher_after = history.watcher_after
        self._runs_before = runs_before
        self._calls = 0

    def trouble(self, run: Run, call: Call) -> Trouble:
        """The strike or the delay of this very call."""
        number = run.number - self._runs_before.get(run.kind, 0)
        if number <= 0:
            return NO_TROUBLE
        self._calls += 1
        at = CallOf(run.kind, number, run.calls)
        strike = self._strikes.get(at) or self._strikes.get(CallOf(ANY_RUN, 1, self._calls))
        if strike is not None:
            self.struck.add(strike.fault)
            return _trouble(strike, call)
        seconds = self._delays.get(at)
        if seconds is None and self._pace:
            seconds = Random(f"{self._salt} {at}").expovariate(1 / self._pace)
        return NO_TROUBLE if seconds is None else Trouble(lasts=timedelta(seconds=seconds))

    def staleness(self, run: Run) -> timedelta:
        """Old answers for the first runs."""
        if not self._stale_runs:
            return timedelta(0)
        self._stale_runs -= 1
        return OLDEST_ANSWER

    def delivery(self) -> timedelta | None:
        """As the history says, for each watcher."""
        return None if self._watcher_after is None else timedelta(seconds=self._watcher_after)


def _trouble(strike: Strike, call: Call) -> Trouble:
    lasts = timedelta(seconds=strike.seconds)
    if strike.fault is FaultKind.KILLED_BEFORE and strike.seconds:
        return HANGING
    if strike.effect_after is not None and call.name in MAY_TAKE_EFFECT_LATE:
        return Trouble(Fault.REFUSED, lasts, effect_after=timedelta(seconds=strike.effect_after))
    return Trouble(FAULT_OF[strike.fault], lasts)
