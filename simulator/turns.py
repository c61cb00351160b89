"""Runs that overlap, in virtual time: one goes on at a time, the one whose next instant comes first.

Each run is a greenlet: it waits in the middle of a call, and its stack is kept without a thread. Which one
goes on depends on the virtual time alone, so one seed gives one history.
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
    """Lets runs go on in virtual time, from ``run_until``; they wait by ``wait_until`` and ``wait``.

    Use it in a ``with`` statement: a run that waits for ever is never freed. All of it belongs to one thread.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: list[tuple[datetime, int, _Run | Callable[[], object]]] = []
        self._order = count()
        self._stops_at = world.now
        self._closing = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut off all that is under way; then raise the first exception of a run, unless one is raised already."""
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
        """Let something begin at an instant; it may wait, and others go on meanwhile."""
        self._push(max(instant, self._world.now), begin)

    def wait_until(self, instant: datetime) -> None:
        """For a run: go on at an instant, when everything that is due before has had its turn. Raises ``RunCutOff``.

        Raises ``RuntimeError`` outside of a run.
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
        """For a run: go on after a duration. Raises ``RunCutOff``."""
        self.wait_until(self._world.now + duration)

    def run_until(self, instant: datetime) -> None:
        """Let everything happen that is due until an instant. An exception that no run expects is raised here.

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
    """A run, with the stack of calls at which it waits."""

    def __init__(self, turns: Turns, begin: Callable[[], object]) -> None:
        super().__init__()
        self.turns = turns
        self._begin = begin

    def run(self) -> None:
        with suppress(RunCutOff):
            self._begin()
