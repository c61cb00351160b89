"""A stop that ECS carries out just after its run was cut off does not undo a wake that was requested in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.fault_injection import CallFault, Planned
from simulator.ports.faults import Fault
from simulator.runs import TICK

from .scenarios import SLEEP_SCENARIO, STOPPING_TICK, TASKS, WEB
from .simulation import Simulation

AT_THE_LAST_MOMENT = CallFault(Fault.LOST, lasts=timedelta(seconds=8), effect_after=timedelta(minutes=5))


@pytest.mark.parametrize("after", [59.5, 59.7, 59.8, 59.9, 60.5, 62, 64])
def test_a_wake_requested_as_its_run_is_cut_off_waits_for_the_stop(after: float) -> None:
    """The run requests zero tasks a moment after it begins, and ECS carries this out a minute later."""
    the_stop = SLEEP_SCENARIO.number_of_key_call()
    with Simulation() as sim:
        sim.fault_plan = Planned(
            TICK,
            STOPPING_TICK,
            the_stop,
            AT_THE_LAST_MOMENT,
            lambda: sim.after(timedelta(seconds=after), lambda: sim.wake({})),
        )
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(STOPPING_TICK + 4)
        assert sim.checker.desired(WEB.name) == TASKS, sim.record.trace()
