"""Fault injection: how long the calls of runs take, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from .ports.faults import Call, Fault
from .runs import Run

USUAL_LATENCY: Final = timedelta(milliseconds=20)
USUAL_DELIVERY: Final = timedelta(milliseconds=50)
"""From the call that starts a watcher until it begins."""
NOT_SENT: Final = frozenset({Fault.REFUSED, Fault.FORBIDDEN, Fault.LOST, Fault.CUT_OFF_BEFORE})
"""A call with one of these has no effect."""


@dataclass(frozen=True)
class CallFault:
    """What happens to one call.

    ``lasts``: until its effect, and until the run goes on. ``effect_after``: only where the run gets a failure,
    though AWS got the call and acts on it so much later.
    """

    fault: Fault | None = None
    lasts: timedelta = USUAL_LATENCY
    effect_after: timedelta | None = None


NO_FAULT: Final = CallFault()
HANGING: Final = CallFault(lasts=timedelta(hours=1))
"""The run is cut off while it waits for this call."""


class FaultPlan(Protocol):
    """Says what happens to each call of each run."""

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """What happens to this call."""

    def staleness(self, run: Run) -> timedelta:
        """How old the desired counts are that this run gets."""

    def clock_ahead(self, run: Run) -> timedelta:
        """By how much this run's clock is ahead of the world's."""

    def delivery(self) -> timedelta | None:
        """How long a started watcher takes until it begins; ``None``: it never does."""


class NoFaults:
    """Nothing happens to any call."""

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Nothing."""
        return NO_FAULT

    def staleness(self, run: Run) -> timedelta:
        """What ECS says is so."""
        return timedelta(0)

    def clock_ahead(self, run: Run) -> timedelta:
        """All clocks agree."""
        return timedelta(0)

    def delivery(self) -> timedelta | None:
        """Soon."""
        return USUAL_DELIVERY


@dataclass
class Refusing(NoFaults):
    """AWS refuses every call of one name."""

    name: str

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Refused."""
        return CallFault(Fault.REFUSED) if call.name == self.name else NO_FAULT


@dataclass
class Planned(NoFaults):
    """One call of one run meets a fault: the run by its kind and number, the call by its number within the run.

    ``meanwhile`` is done just before that call, and the call then lasts as long as its fault says.
    """

    kind: str
    number: int
    call: int
    meets: CallFault = NO_FAULT
    meanwhile: Callable[[], object] = lambda: None
    happened: bool = False

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """The planned one at the planned call."""
        if (run.kind, run.number, run.calls) != (self.kind, self.number, self.call):
            return NO_FAULT
        self.happened = True
        self.meanwhile()
        return self.meets
