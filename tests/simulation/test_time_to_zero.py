"""Without faults, an idle service is at zero within the time that the README states, and not earlier."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator.simulation import START
from simulator.world import Timings

from .scenarios import TASKS, WEB
from .simulation import Simulation

seconds = st.floats(0, 59.9).map(lambda second: round(second, 1))
DELAY = timedelta(minutes=2)


def stopped_at(sim: Simulation) -> datetime:
    stop = sim.record.last(WEB.name, stop=True)
    assert stop is not None, sim.record.trace()
    return stop.at


@settings(max_examples=25)
@given(request_second=seconds, tick_second=seconds, idle=st.integers(1, 30))
@example(request_second=0.0, tick_second=0.0, idle=5)
@example(request_second=59.5, tick_second=59.5, idle=1)
def test_the_time_to_zero_after_the_minute_of_the_last_request(
    request_second: float, tick_second: float, idle: int
) -> None:
    """It is ``idle``, the metrics' two minutes, and the time until the next tick: seven to eight minutes for five.

    The metrics show the minute of a request, not its second, so the idle window counts from the minute's end.
    """
    service = replace(WEB, idle=idle * MINUTE)
    minute = START + timedelta(minutes=20)
    with Simulation(tick_second=tick_second) as sim:
        sim.add_service(service, desired=TASKS)
        for number in range(1, 40):
            sim.at(START + number * MINUTE / 2, lambda: sim.request(service))
        sim.at(minute + timedelta(seconds=request_second), lambda: sim.request(service))
        sim.minutes(20 + idle + 5)
        since_its_end = stopped_at(sim) - (minute + MINUTE)
        assert service.idle + DELAY <= since_its_end <= service.idle + DELAY + MINUTE + timedelta(seconds=1)


@settings(max_examples=10)
@given(tick_second=seconds)
@example(tick_second=0.0)
@example(tick_second=59.5)
def test_a_service_without_any_request_gets_its_whole_window_and_then_sleeps(tick_second: float) -> None:
    """It sleeps after ``idle``, the metrics' two minutes, and up to a minute at each end."""
    with Simulation(tick_second=tick_second) as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(15)
        since_awake = stopped_at(sim) - (START + timedelta(seconds=tick_second))
        assert WEB.idle + DELAY <= since_awake <= WEB.idle + DELAY + 2 * MINUTE


@pytest.mark.parametrize("delay", [1, 2, 3])
def test_later_metrics_delay_the_stop_by_the_same_time(delay: int) -> None:
    timings = Timings(metric_delay=delay * MINUTE)
    with Simulation(timings=timings) as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.at(START + timedelta(minutes=10, seconds=20), lambda: sim.request(WEB))
        for number in range(1, 10):
            sim.at(START + number * MINUTE, lambda: sim.request(WEB))
        sim.minutes(40)
        since_its_end = stopped_at(sim) - (START + 11 * MINUTE)
        expected = WEB.idle + delay * MINUTE
        assert expected <= since_its_end <= expected + MINUTE


@pytest.mark.parametrize("delay", [6, 14, 30])
def test_a_service_whose_metrics_are_always_late_stays_awake(delay: int) -> None:
    with Simulation(timings=Timings(metric_delay=delay * MINUTE)) as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.tracker.hinder(WEB.name, "metrics are late")
        sim.minutes(120)
        assert sim.record.last(WEB.name, stop=True) is None


@settings(max_examples=10)
@given(asleep=st.floats(0.5, 20))
def test_a_service_woken_soon_after_its_stop_sleeps_again_in_the_usual_time(asleep: float) -> None:
    """The metrics count as complete, though none were published while it slept."""
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(9)
        first = stopped_at(sim)
        sim.at(first + asleep * MINUTE, lambda: sim.wake({}))
        sim.minutes(asleep + 4)
        state = sim.state(WEB.name)
        assert state is not None
        assert state.phase is Phase.AWAKE
        sim.minutes(25)
        assert stopped_at(sim) - state.since <= WEB.idle + DELAY + 2 * MINUTE


def test_a_request_just_before_the_end_of_each_window_keeps_it_awake() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        for number in range(300):
            sim.at(START + timedelta(seconds=number * 299), lambda: sim.request(WEB, group=1))
        sim.minutes(300 * 299 / 60)
        assert sim.record.last(WEB.name, stop=True) is None
