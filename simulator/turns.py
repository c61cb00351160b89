"""Runs that overlap, in virtual time. One run continues at a time: the one whose next instant is the earliest.

Each run is a greenlet: it waits in the middle of a call, and its stack is kept without a thread. Only the virtual
time decides which run continues, so the same seed gives the same history.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import count
from types import TracebackType
from typing import Self

from greenlet import getcurrent, greenlet

from .ports.faults import RunCutOff
from .world import World


class Turns:
    """A queue of runs in virtual time. ``run_until`` continues them; they wait by ``wait_until`` and ``wait``.

    Use it in a ``with`` statement, because otherwise a run that waits without end is never freed. Use it from one
    thread only.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: list[tuple[datetime, int, _Run | Callable[[], object]]] = []
        self._order = count()
        self._stops_at = world.now
        self._closing = False

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut off every run; then raise the first exception of a run, unless an exception is being raised already."""
        self._closing = True
        failures: list[BaseException] = []
        while self._due:
            _, _, event = heapq.heappop(self._due)
            if isinstance(event, _Run):
                event.parent = getcurrent()
                try:
                    event.throw(RunCutOff)
                except BaseException as failure:  # noqa: BLE001 - it is raised below
                    failures.append(failure)
        if failures and error is None:
            raise failures[0]

    def at(self, instant: datetime, begin: Callable[[], object]) -> None:
        """Call ``begin`` at an instant. It may wait; other runs continue meanwhile."""
        self._push(max(instant, self._world.now), begin)

    def wait_until(self, instant: datetime) -> None:
        """Let the calling run wait until an instant. Everything that is due earlier happens first.

        Raises ``RunCutOff``, and ``RuntimeError`` outside of a run.
        """
        if self._closing:
            raise RunCutOff
        run = self._current_run()
        if run is None:
            raise RuntimeError("Only a run can wait in virtual time; call run_until instead.")
        if instant < self._stops_at and (not self._due or instant < self._due[0][0]):
            self._world.advance_to(max(instant, self._world.now))
            return
        self._push(instant, run)
        assert run.parent is not None
        run.parent.switch()

    def wait(self, duration: timedelta) -> None:
        """Let the calling run wait for a duration. Raises ``RunCutOff``."""
        self.wait_until(self._world.now + duration)

    def run_until(self, instant: datetime) -> None:
        """Let everything happen that is due until an instant. An exception that a run does not catch is raised here.

        Raises ``RuntimeError`` inside of a run.
        """
        if self._current_run() is not None:
            raise RuntimeError("A run cannot let time pass for the others; wait in it instead.")
        self._stops_at = instant
        last = (instant, next(self._order))
        while self._due and self._due[0][:2] < last:
            at, _, event = heapq.heappop(self._due)
            self._world.advance_to(max(at, self._world.now))
            run = event if isinstance(event, _Run) else _Run(self, event)
            run.parent = getcurrent()
            run.switch()
        self._world.advance_to(max(instant, self._world.now))

    def _push(self, instant: datetime, event: _Run | Callable[[], object]) -> None:
        heapq.heappush(self._due, (instant, next(self._order), event))

    def _current_run(self) -> _Run | None:
        current = getcurrent()
        return current if isinstance(current, _Run) and current.turns is self else None


class _Run(greenlet):
    """A run, with the stack of calls in which it waits."""

    def __init__(self, turns: Turns, begin: Callable[[], object]) -> None:
        super().__init__()
        self.turns = turns
        self._begin = begin

    def run(self) -> None:
        with suppress(RunCutOff):
            self._begin()
