"""Many callers request a wake at the same moment: each gets an answer, and the service starts once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.fault_injection import CallFault, Planned
from simulator.runs import TICK

from .scenarios import SCENARIOS, STOPPING_TICK, TASKS, WEB, must_be_asleep, must_be_awake
from .simulation import Simulation

CALLERS = 8


@pytest.mark.parametrize("awake", [True, False], ids=["while awake", "while asleep"])
def test_many_callers_request_a_wake_at_the_same_moment(awake: bool) -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(5 if awake else 14)
        for _ in range(CALLERS):
            sim.after(timedelta(seconds=30), lambda: sim.wake({"service": "web"}))
        sim.minutes(1)
        assert len(sim.answers) == CALLERS
        starts = [change for change in sim.record.changes.get(WEB.name, []) if change.is_start]
        assert len(starts) == (0 if awake else 1)
        sim.minutes(4)
        must_be_awake(sim)


def test_many_callers_request_a_wake_while_it_is_being_stopped() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(7)
        for number in range(CALLERS):
            sim.after(timedelta(seconds=70.2, milliseconds=10 * number), lambda: sim.wake({"service": "web"}))
        sim.minutes(3)
        assert len(sim.answers) == CALLERS
        sim.minutes(3)
        must_be_awake(sim)
        sim.minutes(20)
        must_be_asleep(sim)


def test_a_wake_during_a_stop_starts_as_soon_as_the_stop_is_done() -> None:
    """The wake does not wait for the next tick."""
    number = SCENARIOS["sleep"].number_of_key_call()
    with Simulation() as sim:
        sim.fault_plan = Planned(TICK, STOPPING_TICK, number, CallFault(lasts=timedelta(seconds=20)))
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(STOPPING_TICK - 1)
        sim.after(timedelta(seconds=15), lambda: sim.wake({}))
        sim.advance(timedelta(seconds=35))
        assert [change.after for change in sim.record.changes[WEB.name]] == [0, TASKS]
