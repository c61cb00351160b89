"""Faults at random times: mostly none, with periods in which any call may fail in any way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Final

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.quantities import MINUTE
from simulator.fault_injection import HANGING, NO_FAULT, USUAL_DELIVERY, CallFault
from simulator.ports.faults import Call, Fault
from simulator.runs import Run

from .promise_checker import OLDEST_ANSWER

TIMED_OUT: Final = timedelta(seconds=8)
"""The time-out of the functions' AWS clients."""
LATE_OR_LOST: Final = 0.2
"""The share of watchers that begin late or never during faults."""


class RandomFaults:
    """Periods of faults, drawn from the seed. Each affects all calls, or only those about one service."""

    def __init__(self, random: Random, now: Callable[[], datetime], names: list[ServiceName]) -> None:
        self._random = random
        self._now = now
        self._names = names
        self._begins = self._next_begin()
        self._ends = self._begins
        self._strength = 0.0
        self._only: ServiceName | None = None

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Draw the fault of this call."""
        chance = self._chance()
        if not chance or (self._only is not None and call.subject != self._only):
            return NO_FAULT
        return self._call_fault(call) if self._random.random() < chance else NO_FAULT

    def staleness(self, run: Run) -> timedelta:
        """Draw the age of the answers that a run gets: some seconds for some runs during faults."""
        if not self._chance() or self._random.random() > 0.1:
            return timedelta(0)
        return OLDEST_ANSWER * self._random.random()

    def clock_ahead(self, run: Run) -> timedelta:
        """Draw how far the run's clock is ahead: clocks always differ a little."""
        return timedelta(seconds=self._random.uniform(-1, 1))

    def delivery(self) -> timedelta | None:
        """Draw when a watcher begins: during faults some begin minutes late or never, and none begins twice."""
        if not self._chance() or self._random.random() > LATE_OR_LOST:
            return USUAL_DELIVERY
        return self._random.choice([None, timedelta(seconds=self._random.uniform(1, 120))])

    def _chance(self) -> float:
        now = self._now()
        if now < self._begins:
            return 0.0
        if self._ends <= self._begins:
            self._strength = self._random.choice([0.01, 0.05, 0.2])
            self._only = self._random.choice([None, None, *self._names])
            self._ends = now + MINUTE * self._random.uniform(1, 40)
        if now < self._ends:
            return self._strength
        self._begins = self._ends = self._next_begin()
        return 0.0

    def _next_begin(self) -> datetime:
        return self._now() + timedelta(hours=self._random.expovariate(1 / 3))

    def _call_fault(self, call: Call) -> CallFault:
        random = self._random
        # One answer has both metrics of a target group, so their reads cannot be further apart than one call lasts.
        slow = timedelta(seconds=random.uniform(1, 8 if call.name == "read_metrics" else 45))
        call_faults = [
            CallFault(Fault.REFUSED),
            CallFault(Fault.LOST, TIMED_OUT),
            CallFault(Fault.LOST, TIMED_OUT, effect_after=slow),
            CallFault(Fault.ANSWER_LOST, TIMED_OUT),
            CallFault(Fault.CUT_OFF_BEFORE),
            CallFault(Fault.CUT_OFF_AFTER),
            CallFault(lasts=slow),
            HANGING,
        ]
        return random.choice(call_faults)
