"""Keeping calls within the rates AWS allows: so many at once, then so many a second."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from .ports import Ports


class Rate(NamedTuple):
    """A bucket of AWS's: how many calls it holds when full, and how many are added in a second."""

    at_once: int
    a_second: float


class Pace:
    """Lets calls pass at a rate, and makes them wait where they are too many."""

    def __init__(self, ports: Ports, rate: Rate) -> None:
        self._ports = ports
        self._rate = rate
        self._left = float(rate.at_once)
        self._counted: datetime = ports.clock()

    def wait(self) -> None:
        """Return when the next call may be made."""
        self._refill()
        if self._left < 1:
            self._ports.sleep((1 - self._left) / self._rate.a_second)
            self._refill()
        self._left -= 1

    def _refill(self) -> None:
        now = self._ports.clock()
        added = (now - self._counted) / timedelta(seconds=1) * self._rate.a_second
        self._left = min(float(self._rate.at_once), self._left + max(0.0, added))
        self._counted = now
