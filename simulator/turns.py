"""Runs that overlap, in virtual time: one goes on at a time, the one whose next instant comes first.

Each run has a thread of its own only because Python keeps a call's place in a stack; no two ever run at once, so
one seed gives one history. Whoever has the turn moves the world on and passes the turn to whoever is due next.
"""

from __future__ import annotations

import heapq
from _thread import LockType, allocate_lock
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from threading import Thread
from types import TracebackType
from typing import Self

from .ports.faults import RunCutOff
from .world import World


class _Waiter:
    """Somebody who waits for his turn."""

    def __init__(self) -> None:
        self.turn: LockType = allocate_lock()
        self.turn.acquire()


class Turns:
    """Passes the turn in virtual time. The thread that made it has the first turn.

    An exception of a run that nothing in the run expects is raised to whoever made the turns.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._due: list[tuple[datetime, int, _Waiter | Callable[[], object]]] = []
        self._order = count()
        self._main = _Waiter()
        self._idle: list[_Worker] = []
        self._failure: BaseException | None = None
        self._closing = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut off whatever is under way, and end every thread."""
        self._closing = True
        while self._due:
            _, _, event = heapq.heappop(self._due)
            if isinstance(event, _Waiter):
                self._give(event)
        for worker in self._idle:
            worker.turn.release()

    def at(self, instant: datetime, begin: Callable[[], object]) -> None:
        """Let something begin at an instant; it may wait, and others go on meanwhile."""
        self._push(max(instant, self._world.now), begin)

    def wait_until(self, instant: datetime) -> None:
        """For a run: go on at an instant, when whatever is due before has had its turn."""
        if self._closing:
            raise RunCutOff
        if not self._due or instant < self._due[0][0]:
            self._world.advance_to(max(instant, self._world.now))
            return
        waiter = _Waiter()
        self._push(instant, waiter)
        self._pass_on(waiter)
        if self._closing:
            raise RunCutOff

    def wait(self, duration: timedelta) -> None:
        """For a run: go on after a duration."""
        self.wait_until(self._world.now + duration)

    def run_until(self, instant: datetime) -> None:
        """For whoever made it: let everything happen that is due until an instant."""
        self._push(instant, self._main)
        self._pass_on(self._main)
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _push(self, instant: datetime, event: _Waiter | Callable[[], object]) -> None:
        heapq.heappush(self._due, (instant, next(self._order), event))

    def _next(self) -> _Waiter | Callable[[], object]:
        if self._failure is not None:
            return self._main
        instant, _, event = heapq.heappop(self._due)
        self._world.advance_to(max(instant, self._world.now))
        return event

    def _pass_on(self, me: _Waiter) -> None:
        event = self._next()
        if event is me:
            return
        if not isinstance(event, _Waiter):
            worker = self._idle.pop() if self._idle else _Worker(self)
            worker.begin = event
            event = worker
        event.turn.release()
        me.turn.acquire()

    def _give(self, waiter: _Waiter) -> None:
        """While closing: let a run end, and take the turn back."""
        waiter.turn.release()
        self._main.turn.acquire()

    def work(self, worker: _Worker) -> None:
        """For a worker's thread: begin what it was given, then whatever begins next, until somebody else is due."""
        while True:
            worker.turn.acquire()
            begin, worker.begin = worker.begin, None
            if begin is None:
                return
            event: _Waiter | Callable[[], object] = begin
            while not isinstance(event, _Waiter):
                try:
                    event()
                except RunCutOff:
                    pass
                except BaseException as error:  # noqa: BLE001 - it is raised again where the test stands
                    self._failure = self._failure or error
                event = self._main if self._closing else self._next()
            if not self._closing:
                self._idle.append(worker)
            event.turn.release()
            if self._closing:
                return


class _Worker(_Waiter):
    """A thread that begins runs."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self.begin: Callable[[], object] | None = None
        Thread(target=turns.work, args=(self,), daemon=True).start()
