"""The virtual clock: time passes when somebody moves it, and never while a function is running.

Whoever moves time goes from one due instant to the next. At each of them he waits until every activity (a running
function) has ended or sleeps; so what a function does at an instant is done before the next instant comes, and a
seed gives the same history every time. An activity sleeps in virtual time: its thread waits until time has passed.

Three may move time: ``advance``, the thread that ``run`` starts, and, when neither is at work, an activity that
sleeps while somebody waits for its answer; otherwise that somebody would wait for ever.

Only the wall clock is virtual. ``time.monotonic``, ``time.sleep`` and time-outs of sockets and locks stay real, so
servers in this process work as ever.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final

RUN_STEP_SECONDS: Final = 0.02
"""How often, in real seconds, ``run`` catches up with real time."""


class Ended(Exception):
    """The activity was ended while it slept."""


@dataclass(eq=False)
class Timer:
    """Something that happens at an instant, unless it is cancelled before."""

    instant: datetime
    order: int
    happening: Callable[[], None]
    cancelled: bool = False

    def __lt__(self, other: Timer) -> bool:
        return (self.instant, self.order) < (other.instant, other.order)

    def cancel(self) -> None:
        """Let it not happen."""
        self.cancelled = True


class Activity:
    """A running function, as the clock sees it: busy, asleep or ended. Made by ``Clock.begin``."""

    def __init__(self, *, awaited: bool) -> None:
        self.awaited = awaited
        self.interrupted = False
        self.ended = False
        self.sleeps: set[Timer | object] = set()

    @property
    def busy(self) -> bool:
        """Whether time must stand still for it. Of several threads, one that sleeps is enough."""
        return not self.ended and (self.interrupted or not self.sleeps)


class Clock:
    """Virtual time. ``moved`` is told of every new instant before anybody can see it."""

    def __init__(self, start: datetime, moved: Callable[[datetime], None]) -> None:
        self._now = start.astimezone(UTC)
        self._moved = moved
        self._due: list[Timer] = []
        self._order = count()
        self._activities: set[Activity] = set()
        self._changed = threading.Condition()
        self._mover = threading.Lock()
        self._runner: threading.Thread | None = None
        self._stop = threading.Event()
        self._failure: BaseException | None = None

    def now(self) -> datetime:
        """The virtual instant, in UTC."""
        return self._now

    @staticmethod
    def real() -> timedelta:
        """Real time since some fixed moment, to measure what functions compute."""
        return timedelta(seconds=time.monotonic())

    def at(self, instant: datetime, happening: Callable[[], None]) -> Timer:
        """Let something happen at an instant, at once if it has passed; of one instant, first come, first served."""
        with self._changed:
            timer = Timer(max(instant, self._now), next(self._order), happening)
            heapq.heappush(self._due, timer)
            return timer

    def advance(self, duration: timedelta) -> None:
        """Let virtual time pass, with everything that is due, and wait until all is still.

        Raises ``ValueError`` for a negative duration, ``RuntimeError`` while ``run`` is at work.
        """
        if duration < timedelta(0):
            raise ValueError("Virtual time cannot run backwards; advance by zero or more.")
        if self._runner is not None:
            raise RuntimeError("Time is running by itself; call stop() before advance().")
        with self._moving():
            self._move_to(self._now + duration)

    def settle(self) -> None:
        """Wait until every activity has ended or sleeps."""
        with self._changed:
            self._changed.wait_for(self._still)

    def run(self, speed: float) -> None:
        """Let virtual time follow real time, ``speed`` times as fast, in a thread of its own until ``stop``.

        While a function runs, virtual time stands still; it catches up afterwards.
        """
        if speed <= 0:
            raise ValueError("The speed of time must be above zero.")
        if self._runner is not None:
            raise RuntimeError("Time is running already; call stop() first.")
        self._stop.clear()
        self._runner = threading.Thread(target=self._follow, args=(speed,), name="virtual-time", daemon=True)
        self._runner.start()

    def stop(self) -> None:
        """End ``run`` and wait until all is still. Raises what went wrong while time was running."""
        if self._runner is None:
            return
        self._stop.set()
        with self._changed:
            self._changed.notify_all()
        self._runner.join()
        self._runner = None
        self.settle()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise RuntimeError("Virtual time stopped because something that was due failed.") from failure

    def begin(self, *, awaited: bool) -> Activity:
        """Say that a function starts; ``awaited`` if a caller waits for its answer. ``end`` it in any case."""
        activity = Activity(awaited=awaited)
        with self._changed:
            self._activities.add(activity)
        return activity

    def interrupt(self, activity: Activity) -> None:
        """Say that a function is about to end: its sleepers get ``Ended``, and time stands still until it has."""
        with self._changed:
            activity.interrupted = True
            self._changed.notify_all()

    def end(self, activity: Activity) -> None:
        """Say that a function has ended. Whoever sleeps for it gets ``Ended``."""
        with self._changed:
            activity.interrupted = activity.ended = True
            for sleep in activity.sleeps:
                if isinstance(sleep, Timer):
                    sleep.cancel()
            self._activities.discard(activity)
            self._changed.notify_all()

    def sleep(self, activity: Activity, duration: timedelta) -> None:
        """Wait until virtual time has passed. Raises ``Ended`` when the activity is about to end."""

        def wake() -> None:
            with self._changed:
                activity.sleeps.discard(timer)
                self._changed.notify_all()

        with self._changed:
            timer = self.at(self._now + max(duration, timedelta(0)), wake)
            activity.sleeps.add(timer)
            self._changed.notify_all()

        def over() -> bool:
            return activity.interrupted or timer not in activity.sleeps

        self._wait_or_move(activity, timer, over)
        if activity.interrupted:
            raise Ended

    @contextmanager
    def elsewhere(self, activity: Activity | None) -> Iterator[Callable[[], None]]:
        """Let time pass while an activity waits for another one's answer; call what is yielded when it has come."""
        waiting = object()

        def resume() -> None:
            with self._changed:
                if activity is not None:
                    activity.sleeps.discard(waiting)

        if activity is not None:
            with self._changed:
                activity.sleeps.add(waiting)
                self._changed.notify_all()
        try:
            yield resume
        finally:
            resume()

    def _wait_or_move(self, activity: Activity, timer: Timer, over: Callable[[], bool]) -> None:
        while not over():
            if activity.awaited and self._mover.acquire(blocking=False):
                try:
                    self._move_to(timer.instant, until=over)
                finally:
                    self._release()
            else:
                with self._changed:
                    self._changed.wait_for(lambda: over() or (activity.awaited and not self._mover.locked()))

    @contextmanager
    def _moving(self) -> Iterator[None]:
        self._mover.acquire()
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        self._mover.release()
        with self._changed:
            self._changed.notify_all()

    def _still(self) -> bool:
        return not any(activity.busy for activity in self._activities)

    def _move_to(self, target: datetime, until: Callable[[], bool] = lambda: False) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: until() or self._still())
                if until():
                    return
                timer = self._next_due(target)
            self._set(timer.instant if timer else target)
            if timer is None:
                return
            timer.happening()

    def _next_due(self, target: datetime) -> Timer | None:
        while self._due and (self._due[0].cancelled or self._due[0].instant <= target):
            timer = heapq.heappop(self._due)
            if not timer.cancelled:
                return timer
        return None

    def _set(self, instant: datetime) -> None:
        if instant > self._now:
            self._moved(instant)
            self._now = instant

    def _follow(self, speed: float) -> None:
        started, began = time.monotonic(), self._now
        try:
            with self._moving():
                while not self._stop.wait(RUN_STEP_SECONDS):
                    passed = timedelta(seconds=speed * (time.monotonic() - started))
                    self._move_to(began + passed, until=self._stop.is_set)
        except Exception as failure:  # noqa: BLE001 - told by stop()
            self._failure = failure
