"""The hold of all services as it was written: which runs must obey it, and until when it may wake a service."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.service_state import HoldAll
from simulator.ports.faults import Call
from simulator.world import World

from .checked_run import CheckedRun

CLOCKS_DIFFER: Final = timedelta(seconds=2)
LONGEST_RUN: Final = timedelta(minutes=2)
"""This long after all were released, a tick may still wake a service that it read as asleep before."""


class HeldWithAll:
    """The hold of all services, followed by each write that takes effect."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._hold: HoldAll | None = None
        self._since: datetime | None = None
        self._ended: datetime | None = None

    def observe(self, call: Call) -> None:
        """Record that all services are held from now on, or released."""
        if call.name == "hold_all":
            assert isinstance(call.value, HoldAll)
            if self._hold is None or self._hold.until <= self._world.now:
                self._since = self._world.now
            self._hold = call.value
        elif call.name == "release_all":
            self._ended = min(self._world.now, self._hold.until) if self._hold is not None else self._ended
            self._hold = None

    def forbids_stop_by(self, run: CheckedRun) -> bool:
        """Return whether a run must not stop a service: all were held when it last read the hold, and still are."""
        if self._hold is None or self._since is None or run.read_hold_all_at is None:
            return False
        return run.read_hold_all_at > self._since and self._hold.until > self._world.now + CLOCKS_DIFFER

    def wakes(self) -> bool:
        """Return whether sleeping services may be woken now because all are held, or were held a moment ago."""
        until = self._hold.until if self._hold is not None else self._ended
        return until is not None and self._world.now < until + LONGEST_RUN
