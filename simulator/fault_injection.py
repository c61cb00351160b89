"""Fault injection: how long the calls of runs take, and which of them fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from .ports.faults import Call, Fault
from .runs import Run

USUAL_LATENCY: Final = timedelta(milliseconds=20)
USUAL_DELIVERY: Final = timedelta(milliseconds=50)
"""The time from the call that starts a watcher until it begins."""
NOT_SENT: Final = frozenset({Fault.REFUSED, Fault.FORBIDDEN, Fault.LOST, Fault.CUT_OFF_BEFORE})
"""A call with one of these has no effect."""


@dataclass(frozen=True)
class CallFault:
    """What happens to one call.

    ``lasts``: how long the call takes until its effect, and until the run continues. ``effect_after``: set only if the
    run gets a failure although AWS received the call; AWS acts on it after this time.
    """

    fault: Fault | None = None
    lasts: timedelta = USUAL_LATENCY
    effect_after: timedelta | None = None


NO_FAULT: Final = CallFault()
HANGING: Final = CallFault(lasts=timedelta(hours=1))
"""The run is cut off while it waits for this call."""


class FaultPlan(Protocol):
    """What happens to each call of each run."""

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return what happens to this call."""

    def staleness(self, run: Run) -> timedelta:
        """Return how old the desired counts are that this run reads."""

    def clock_ahead(self, run: Run) -> timedelta:
        """Return how far this run's clock is ahead of the world's clock."""

    def delivery(self) -> timedelta | None:
        """Return how long a started watcher takes until it begins; ``None``: it never begins."""


class NoFaults:
    """A plan without faults."""

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return no fault."""
        return NO_FAULT

    def staleness(self, run: Run) -> timedelta:
        """Return zero: the desired counts are current."""
        return timedelta(0)

    def clock_ahead(self, run: Run) -> timedelta:
        """Return zero: all clocks agree."""
        return timedelta(0)

    def delivery(self) -> timedelta | None:
        """Return the usual time."""
        return USUAL_DELIVERY


@dataclass
class Refusing(NoFaults):
    """A plan in which AWS refuses every call with one name."""

    name: str

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return a refusal for calls with that name."""
        return CallFault(Fault.REFUSED) if call.name == self.name else NO_FAULT


@dataclass
class Planned(NoFaults):
    """A plan in which one call of one run gets a fault.

    ``kind`` and ``number`` identify the run, ``call`` is the number of the call within the run. ``meanwhile`` is
    called just before that call; the call then lasts as long as its fault says.
    """

    kind: str
    number: int
    call: int
    meets: CallFault = NO_FAULT
    meanwhile: Callable[[], object] = lambda: None
    happened: bool = False

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return the planned fault for the planned call, no fault for every other call."""
        if (run.kind, run.number, run.calls) != (self.kind, self.number, self.call):
            return NO_FAULT
        self.happened = True
        self.meanwhile()
        return self.meets
