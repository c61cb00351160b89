from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from local_aws.clock import Clock, Ended

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def moved() -> list[datetime]:
    return []


@pytest.fixture
def clock(moved: list[datetime]) -> Iterator[Clock]:
    clock = Clock(START, moved.append)
    yield clock
    clock.stop()


def in_thread(work: object, *arguments: object) -> threading.Thread:
    assert callable(work)
    thread = threading.Thread(target=work, args=arguments, daemon=True)
    thread.start()
    return thread


PATIENCE: Final = 30
"""Real seconds until a test fails because something did not happen. A busy machine may need many of them."""


def wait_for(condition: object) -> None:
    assert callable(condition)
    ends = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends, f"it did not happen within {PATIENCE} seconds"
        time.sleep(0.005)


def test_time_stands_still_until_it_is_moved(clock: Clock) -> None:
    time.sleep(0.05)
    assert clock.now() == START
    clock.advance(90 * SECOND)
    assert clock.now() == START + 90 * SECOND


def test_time_cannot_run_backwards(clock: Clock) -> None:
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-SECOND)


def test_events_happen_at_their_instants_and_in_order(clock: Clock) -> None:
    happened: list[tuple[str, datetime]] = []
    for name, seconds in (("late", 30), ("first", 10), ("second", 10), ("never", 61)):
        clock.at(START + seconds * SECOND, lambda name=name: happened.append((name, clock.now())))  # type: ignore[misc]
    clock.at(START + 20 * SECOND, lambda: happened.append(("cancelled", clock.now()))).cancel()
    clock.advance(60 * SECOND)
    assert happened == [
        ("first", START + 10 * SECOND),
        ("second", START + 10 * SECOND),
        ("late", START + 30 * SECOND),
    ]


def test_the_world_is_moved_before_anything_happens_at_an_instant(clock: Clock, moved: list[datetime]) -> None:
    seen: list[datetime] = []
    clock.at(START + SECOND, lambda: seen.extend(moved))
    clock.advance(2 * SECOND)
    assert seen == [START + SECOND]
    assert moved == [START + SECOND, START + 2 * SECOND]


def test_an_event_can_add_another_event(clock: Clock) -> None:
    happened: list[datetime] = []

    def again() -> None:
        happened.append(clock.now())
        clock.at(clock.now() + SECOND, again)

    clock.at(START + SECOND, again)
    clock.advance(3 * SECOND)
    assert happened == [START + SECOND, START + 2 * SECOND, START + 3 * SECOND]


def test_time_stands_still_while_a_function_is_busy(clock: Clock) -> None:
    busy = clock.begin(awaited=False)
    mover = in_thread(clock.advance, 10 * SECOND)
    time.sleep(0.05)
    assert clock.now() == START
    clock.end(busy)
    mover.join(PATIENCE)
    assert clock.now() == START + 10 * SECOND


def test_a_function_that_sleeps_wakes_at_its_instant_and_time_stands_still_until_it_ends(clock: Clock) -> None:
    activity = clock.begin(awaited=False)
    woke: list[datetime] = []

    def function() -> None:
        clock.sleep(activity, 5 * SECOND)
        time.sleep(0.05)
        woke.append(clock.now())
        clock.end(activity)

    in_thread(function)
    clock.advance(60 * SECOND)
    assert woke == [START + 5 * SECOND]


def test_a_sleeper_without_a_waiting_caller_still_sleeps_when_time_stops_before_its_instant(clock: Clock) -> None:
    activity = clock.begin(awaited=False)
    sleeper = in_thread(clock.sleep, activity, 5 * SECOND)
    clock.advance(4 * SECOND)
    assert sleeper.is_alive()
    assert clock.now() == START + 4 * SECOND
    wait_for(lambda: not activity.busy)
    mover = in_thread(clock.advance, SECOND)
    sleeper.join(PATIENCE)
    assert not sleeper.is_alive()
    clock.end(activity)
    mover.join(PATIENCE)


def test_a_sleeper_with_a_waiting_caller_moves_time_itself(clock: Clock) -> None:
    activity = clock.begin(awaited=True)
    happened: list[datetime] = []
    clock.at(START + 3 * SECOND, lambda: happened.append(clock.now()))
    clock.sleep(activity, 5 * SECOND)
    assert clock.now() == START + 5 * SECOND
    assert happened == [START + 3 * SECOND], "an event that is due meanwhile must happen"
    clock.end(activity)


def test_a_function_that_is_ended_while_it_sleeps_gets_the_exception_ended(clock: Clock) -> None:
    activity = clock.begin(awaited=False)
    outcomes: list[str] = []

    def function() -> None:
        try:
            clock.sleep(activity, 5 * SECOND)
        except Ended:
            outcomes.append("ended")

    sleeper = in_thread(function)
    wait_for(lambda: not activity.busy)
    clock.end(activity)
    sleeper.join(PATIENCE)
    assert outcomes == ["ended"]
    assert clock.now() == START


def test_time_stands_still_until_an_interrupted_function_has_ended(clock: Clock) -> None:
    activity = clock.begin(awaited=False)
    in_thread(pytest.raises, Ended, clock.sleep, activity, 50 * SECOND)
    wait_for(lambda: not activity.busy)
    clock.at(START + SECOND, lambda: clock.interrupt(activity))
    mover = in_thread(clock.advance, 10 * SECOND)
    wait_for(lambda: activity.busy)
    time.sleep(0.05)
    assert clock.now() == START + SECOND
    clock.end(activity)
    mover.join(PATIENCE)
    assert clock.now() == START + 10 * SECOND


def test_time_passes_for_a_function_that_waits_for_another_one(clock: Clock) -> None:
    caller = clock.begin(awaited=False)
    with clock.elsewhere(caller) as resume:
        clock.advance(SECOND)
        resume()
        assert caller.busy
    assert clock.now() == START + SECOND
    clock.end(caller)


def test_running_time_follows_real_time_at_its_speed(clock: Clock) -> None:
    began = time.monotonic()
    clock.run(speed=600)
    with pytest.raises(RuntimeError, match="stop"):
        clock.advance(SECOND)
    wait_for(lambda: clock.now() >= START + 60 * SECOND)
    assert time.monotonic() - began >= 0.1
    clock.stop()
    stopped = clock.now()
    time.sleep(0.05)
    assert clock.now() == stopped


def test_running_time_wakes_sleepers(clock: Clock) -> None:
    clock.run(speed=600)
    activity = clock.begin(awaited=True)
    clock.sleep(activity, 30 * SECOND)
    assert clock.now() >= START + 30 * SECOND
    clock.end(activity)


def test_a_failure_while_time_runs_is_raised_when_it_is_stopped(clock: Clock) -> None:
    def fail() -> None:
        raise LookupError("failed")

    clock.at(START + SECOND, fail)
    clock.run(speed=600)
    wait_for(lambda: clock.now() >= START + SECOND)
    time.sleep(0.05)
    with pytest.raises(RuntimeError) as stopped:
        clock.stop()
    assert isinstance(stopped.value.__cause__, LookupError)


def test_settle_waits_until_no_function_computes(clock: Clock) -> None:
    activity = clock.begin(awaited=False)
    waiting = in_thread(clock.settle)
    time.sleep(0.05)
    assert waiting.is_alive()
    clock.end(activity)
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_due_events_happen_during_a_wait_with_a_waiting_caller(clock: Clock) -> None:
    waiting, sleeping = clock.begin(awaited=True), clock.begin(awaited=False)
    cancelled = clock.at(START + SECOND, lambda: None)
    cancelled.cancel()
    wait = clock.wait(waiting)

    def sleeper() -> None:
        clock.sleep(sleeping, 5 * SECOND)
        wait.end()
        time.sleep(0.05)
        clock.end(sleeping)

    in_thread(sleeper)
    wait.join()
    assert clock.now() == START + 5 * SECOND
    assert waiting.busy
    clock.end(waiting)


def test_a_wait_for_another_thread_ends_when_its_activity_is_about_to_end(clock: Clock) -> None:
    waiting = clock.begin(awaited=True)
    wait = clock.wait(waiting)
    interrupting = in_thread(lambda: clock.interrupt(waiting))
    with pytest.raises(Ended):
        wait.join()
    interrupting.join(PATIENCE)
    clock.end(waiting)


def test_several_sleepers_with_waiting_callers_wake_in_the_order_of_their_instants(clock: Clock) -> None:
    woke: list[tuple[int, datetime]] = []

    def sleeper(seconds: int) -> None:
        activity = clock.begin(awaited=True)
        for _ in range(3):
            clock.sleep(activity, seconds * SECOND)
            woke.append((seconds, clock.now()))
        clock.end(activity)

    holding = clock.begin(awaited=False)
    sleepers = [in_thread(sleeper, seconds) for seconds in (2, 3, 7)]
    wait_for(lambda: len(clock._activities) == 4)
    clock.end(holding)
    for one in sleepers:
        one.join(PATIENCE)
    assert [instant for _, instant in woke] == sorted(instant for _, instant in woke)
    assert woke[-1] == (7, START + 21 * SECOND)


def sleep_awaited(clock: Clock, seconds: int) -> None:
    activity = clock.begin(awaited=True)
    clock.sleep(activity, seconds * SECOND)
    clock.end(activity)


def test_when_a_sleeper_wakes_the_next_sleeper_moves_time(clock: Clock) -> None:
    holding = clock.begin(awaited=False)
    first = in_thread(sleep_awaited, clock, 2)
    wait_for(clock._mover.locked)
    second = in_thread(sleep_awaited, clock, 5)
    wait_for(lambda: len(clock._joined) == 2)
    clock.end(holding)
    for one in (first, second):
        one.join(PATIENCE)
        assert not one.is_alive()
    assert clock.now() == START + 5 * SECOND


def test_a_sleeper_with_a_waiting_caller_moves_time_after_stop(clock: Clock) -> None:
    clock.run(speed=1)
    sleeper = in_thread(sleep_awaited, clock, 3600)
    wait_for(lambda: len(clock._joined) == 1)
    time.sleep(0.05)
    clock.stop()
    sleeper.join(PATIENCE)
    assert not sleeper.is_alive()
    assert clock.now() == START + 3600 * SECOND


def test_a_wait_without_a_due_event_moves_time_when_an_event_is_added(clock: Clock) -> None:
    activity = clock.begin(awaited=True)
    wait = clock.wait(activity)
    waiting = in_thread(wait.join)
    wait_for(lambda: wait in clock._joined)
    time.sleep(0.05)
    clock.at(START + 5 * SECOND, wait.end)
    waiting.join(PATIENCE)
    assert not waiting.is_alive()
    assert clock.now() == START + 5 * SECOND
    clock.end(activity)
