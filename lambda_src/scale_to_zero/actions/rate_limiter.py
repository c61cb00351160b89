"""Keeping calls within the rates that AWS allows: a number at once, then a number per second."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from typing import Final, NamedTuple

from scale_to_zero.model.quantities import SECOND
from scale_to_zero.ports import Ports


class Rate(NamedTuple):
    """A token bucket of AWS: how many calls it holds when full, and how many are added per second."""

    at_once: int
    a_second: float


SERVICE_UPDATE_RATE: Final = Rate(at_once=50, a_second=5)
"""How often an account may change services (AWS: Amazon ECS API throttling)."""


class RateLimiter:
    """Lets calls pass at a rate, and makes them wait if there are too many."""

    def __init__(self, ports: Ports, rate: Rate) -> None:
        self._ports = ports
        self._rate = rate
        self._left = float(rate.at_once)
        self._counted: datetime = ports.clock()

    def at_once(self) -> bool:
        """Return whether the next call may be made without a wait; if so, it counts as made."""
        self._refill()
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def wait(self) -> None:
        """Return when the next call may be made."""
        if not self.at_once():
            self._ports.sleep((1 - self._left) / self._rate.a_second)
            self._refill()
            self._left -= 1

    def _refill(self) -> None:
        now = self._ports.clock()
        added = (now - self._counted) / SECOND * self._rate.a_second
        self._left = min(float(self._rate.at_once), self._left + max(0.0, added))
        self._counted = now


class SharedRateLimiter:
    """A rate limiter that several threads share. After ``until``, no call may be made and no thread waits."""

    def __init__(self, ports: Ports, rate: Rate, until: datetime) -> None:
        self._ports = ports
        self._limiter = RateLimiter(ports, rate)
        self._until = until
        self._lock = Lock()

    def at_once(self) -> bool:
        """Return whether the next call may be made without a wait; if so, it counts as made."""
        with self._lock:
            return self._ports.clock() < self._until and self._limiter.at_once()

    def wait(self) -> bool:
        """Return ``True`` when the next call may be made, ``False`` if no more calls may be made."""
        with self._lock:
            if self._ports.clock() >= self._until:
                return False
            self._limiter.wait()
            return True
