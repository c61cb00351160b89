"""Virtual time: an instant, the events that are due later, and the seed that varies durations."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random

from .timings import Timings


class Timeline:
    """The present instant, and every event that will happen by itself, in order.

    Nothing here reads a clock: time passes only in ``advance_to``.
    """

    def __init__(self, seed: int, start: datetime, timings: Timings) -> None:
        if start.tzinfo is None:
            raise ValueError("The start of a world needs a time zone.")
        self.now = start.astimezone(UTC)
        self.random = Random(seed)
        self.timings = timings
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    @property
    def next_instant(self) -> datetime | None:
        """The instant of the next event, ``None`` if there is none."""
        return self._due[0][0] if self._due else None

    def at(self, instant: datetime, happening: Callable[[], None]) -> None:
        """Call ``happening`` at an instant. Events of the same instant happen in the order in which they were added."""
        heapq.heappush(self._due, (max(instant, self.now), next(self._order), happening))

    def after(self, duration: timedelta, happening: Callable[[], None]) -> None:
        """Call ``happening`` after exactly this duration."""
        self.at(self.now + duration, happening)

    def about(self, duration: timedelta) -> timedelta:
        """Vary a duration by the jitter."""
        jitter = self.timings.jitter
        return duration * self.random.uniform(1 - jitter, 1 + jitter) if jitter else duration

    def advance_to(self, instant: datetime) -> None:
        """Let time pass until ``instant``, inclusive. Raises ``ValueError`` for an instant in the past."""
        if instant < self.now:
            raise ValueError(f"Time does not run backwards: it is {self.now}, and {instant} has passed.")
        while self._due and self._due[0][0] <= instant:
            self.now, _, happening = heapq.heappop(self._due)
            happening()
        self.now = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
