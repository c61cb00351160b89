"""The virtual clock: time passes only when a thread moves it, and never while a function is running.

The thread that moves time goes from one due instant to the next. At each instant it waits until every activity (a
running function) has ended or sleeps. So a function finishes its work of one instant before the next instant begins,
and the same seed always gives the same history. An activity sleeps in virtual time: its thread waits until time has
passed.

Time is moved by ``advance``, by the thread that ``run`` starts, or, when neither is active, by an activity that sleeps
or waits for another activity while a caller waits for its answer. Otherwise that caller would wait without end.

Only the wall clock is virtual. ``time.monotonic``, ``time.sleep`` and time-outs of sockets and locks stay real, so
servers in this process work as usual.
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
        """Prevent the event."""
        self.cancelled = True


class Activity:
    """A running function for the clock: busy, asleep or ended. ``Clock.begin`` creates it."""

    def __init__(self, *, awaited: bool) -> None:
        self.awaited = awaited
        self.interrupted = False
        self.ended = False
        self.sleeps: set[object] = set()

    @property
    def busy(self) -> bool:
        """Whether time must stand still for it. If one of its threads sleeps, time can pass."""
        return not self.ended and (self.interrupted or not self.sleeps)


class Wait:
    """An activity's wait for an instant, or for the result of another thread. ``Clock.wait`` creates it.

    That other thread calls ``end``. It must itself be busy, so that time cannot pass in between.
    """

    def __init__(self, clock: Clock, activity: Activity) -> None:
        self.activity = activity
        self.timer: Timer | None = None
        # Each wait has its own event, so that a change wakes only the threads that it concerns, not a thousand.
        self.roused = threading.Event()
        self._clock = clock

    @property
    def over(self) -> bool:
        """Whether the wait has ended."""
        return self.activity.interrupted or self not in self.activity.sleeps

    def end(self) -> None:
        """End the wait. From now on, time stands still for the activity."""
        self._clock.wake(self)

    def join(self) -> None:
        """Block until the wait has ended. Raises ``Ended`` if the activity is about to end."""
        self._clock.join(self)


class Clock:
    """Virtual time. ``moved`` is called with every new instant before anything can read it."""

    def __init__(self, start: datetime, moved: Callable[[datetime], None]) -> None:
        self._now = start.astimezone(UTC)
        self._moved = moved
        self._due: list[Timer] = []
        self._order = count()
        self._activities: set[Activity] = set()
        self._joined: dict[Wait, None] = {}
        self._changed = threading.Condition()
        self._mover = threading.Lock()
        self._runner: threading.Thread | None = None
        self._stop = threading.Event()
        self._failure: BaseException | None = None

    def now(self) -> datetime:
        """Return the virtual instant, in UTC."""
        return self._now

    @staticmethod
    def real() -> timedelta:
        """Return the real time since a fixed moment, to measure how long functions compute."""
        return timedelta(seconds=time.monotonic())

    def at(self, instant: datetime, happening: Callable[[], None]) -> Timer:
        """Call ``happening`` at an instant, at once if it has passed. Events of one instant keep their order."""
        with self._changed:
            timer = Timer(max(instant, self._now), next(self._order), happening)
            heapq.heappush(self._due, timer)
            self._find_a_mover()
            return timer

    def advance(self, duration: timedelta) -> None:
        """Let virtual time pass, with everything that is due, and wait until every activity has ended or sleeps.

        Raises ``ValueError`` for a negative duration, ``RuntimeError`` while ``run`` is active.
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
        """Let virtual time follow real time, ``speed`` times as fast, in its own thread until ``stop``.

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
        """End ``run``, and wait until every activity has ended or sleeps. Raises an error that occurred meanwhile."""
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
        """Report that a function starts. ``awaited``: a caller waits for its answer. The caller must ``end`` it."""
        activity = Activity(awaited=awaited)
        with self._changed:
            self._activities.add(activity)
        return activity

    def interrupt(self, activity: Activity) -> None:
        """Report that a function is about to end. Its waiting threads get ``Ended``; until then time stands still."""
        with self._changed:
            activity.interrupted = True
            self._rouse(activity)

    def end(self, activity: Activity) -> None:
        """Report that a function has ended. Every thread that sleeps for it gets ``Ended``."""
        with self._changed:
            activity.interrupted = activity.ended = True
            for sleep in activity.sleeps:
                if isinstance(sleep, Wait) and sleep.timer is not None:
                    sleep.timer.cancel()
            self._activities.discard(activity)
            self._rouse(activity)

    def sleep(self, activity: Activity, duration: timedelta) -> None:
        """Wait until virtual time has passed. Raises ``Ended`` if the activity is about to end."""
        with self._changed:
            wait = self.wait(activity)
            wait.timer = self.at(self._now + max(duration, timedelta(0)), wait.end)
        wait.join()

    def wait(self, activity: Activity) -> Wait:
        """Begin to wait for the result of another thread; time can pass meanwhile."""
        wait = Wait(self, activity)
        with self._changed:
            activity.sleeps.add(wait)
            self._changed.notify_all()
        return wait

    def wake(self, wait: Wait) -> None:
        """End a wait; ``Wait.end`` calls it."""
        with self._changed:
            wait.activity.sleeps.discard(wait)
            wait.roused.set()
            self._changed.notify_all()

    def join(self, wait: Wait) -> None:
        """Block until a wait has ended, and move time if no other thread does; ``Wait.join`` calls it."""
        with self._changed:
            self._joined[wait] = None
        try:
            while not wait.over:
                if not self._move_for(wait):
                    wait.roused.wait()
                wait.roused.clear()
        finally:
            with self._changed:
                del self._joined[wait]
                self._find_a_mover()
        if wait.activity.interrupted:
            raise Ended

    @contextmanager
    def elsewhere(self, activity: Activity | None) -> Iterator[Callable[[], None]]:
        """Let time pass while an activity waits for another activity's answer.

        Yields a function; the caller calls it when the answer has arrived.
        """
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

    def _move_for(self, wait: Wait) -> bool:
        """Move time to the wait's instant or to the next due instant; return whether that was possible."""
        instant = self._instant_for(wait)
        if instant is None or not self._mover.acquire(blocking=False):
            return False
        try:
            self._move_to(instant, until=lambda: wait.over)
        finally:
            self._release()
        return True

    def _instant_for(self, wait: Wait) -> datetime | None:
        """Return the instant to which a wait may move time; ``None`` if no caller waits for it, or nothing is due."""
        if not wait.activity.awaited:
            return None
        return wait.timer.instant if wait.timer is not None else self._next_instant()

    def _find_a_mover(self) -> None:
        """Wake one of the threads that may move time, if none moves it. The caller holds the lock."""
        if not self._mover.locked():
            mover = next((wait for wait in self._joined if self._instant_for(wait) is not None), None)
            if mover is not None:
                mover.roused.set()

    def _rouse(self, activity: Activity) -> None:
        """Wake every thread that sleeps or waits for an activity. The caller holds the lock."""
        for sleep in activity.sleeps:
            if isinstance(sleep, Wait):
                sleep.roused.set()
        self._changed.notify_all()

    @contextmanager
    def _moving(self) -> Iterator[None]:
        self._mover.acquire()
        try:
            yield
        finally:
            self._release()

    def _release(self) -> None:
        with self._changed:
            self._mover.release()
            self._find_a_mover()

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

    def _next_instant(self) -> datetime | None:
        with self._changed:
            while self._due and self._due[0].cancelled:
                heapq.heappop(self._due)
            return self._due[0].instant if self._due else None

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
        except Exception as failure:  # noqa: BLE001 - raised by stop()
            self._failure = failure
