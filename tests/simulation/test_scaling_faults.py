"""Whatever fails while scaling is suspended or put back, the next ticks repair it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Final

import pytest

from scale_to_zero.model.service_state import Phase
from simulator.calls import SET_DESIRED_COUNT, SUSPEND_SCALING
from simulator.fault_injection import NO_FAULT, CallFault, NoFaults, Planned, Refusing
from simulator.ports.faults import Call, Fault
from simulator.runs import SLEEP, TICK, Run
from simulator.world.scalable_targets import NOTHING_SUSPENDED

from .scaled_scenes import (
    FAULTS,
    STOP,
    desired,
    falls_asleep,
    must_scale,
    must_sleep,
    reason,
    register_first,
    scaled,
    suspended,
    wakes,
)
from .scaled_services import ALL_SUSPENDED, IN_SUSPENDED
from .scenarios import TASKS, WEB, Scenario
from .scenes import SECOND, phase_of, starts, stops
from .simulation import Simulation

PUTTING_BACK_TICK: Final = 16


def until_it_may_scale(sim: Simulation) -> None:
    register_first(sim)
    sim.minutes(14)
    must_sleep(sim)
    sim.after(15 * SECOND, lambda: sim.wake({"service": WEB.key}))
    sim.minutes(3.5)


def it_scales_and_sleeps(sim: Simulation) -> None:
    sim.minutes(2)
    must_scale(sim, as_before=IN_SUSPENDED)
    sim.minutes(22)
    must_sleep(sim)


PUT_BACK: Final = Scenario(TICK, PUTTING_BACK_TICK, SUSPEND_SCALING, until_it_may_scale, it_scales_and_sleeps)


@cache
def calls_of(scenario: Scenario) -> list[str]:
    return scenario.calls()


def calls_from(scenario: Scenario, first: int) -> range:
    """Return the numbers of the calls of a scenario's run, counted from 1, beginning with its key call + ``first``."""
    calls = calls_of(scenario)
    return range(calls.index(scenario.key_call) + 1 + first, len(calls) + 1)


def test_a_stop_writes_suspends_stops_and_writes() -> None:
    first = calls_of(STOP).index(SUSPEND_SCALING) - 1
    assert calls_of(STOP)[first : first + 4] == ["write", SUSPEND_SCALING, SET_DESIRED_COUNT, "write"]


def test_putting_back_describes_writes_and_suspends() -> None:
    first = calls_of(PUT_BACK).index(SUSPEND_SCALING) - 2
    assert calls_of(PUT_BACK)[first : first + 3] == ["describe", "write", SUSPEND_SCALING]


@FAULTS
def test_after_a_fault_in_a_stop_the_next_ticks_repair_it(fault: Fault) -> None:
    for number in calls_from(STOP, -1):
        plan = Planned(TICK, STOP.number, number, CallFault(fault))
        STOP.play(lambda _sim, plan=plan: plan)  # type: ignore[misc]
        assert plan.happened


@FAULTS
def test_after_a_fault_while_scaling_is_put_back_the_next_ticks_repair_it(fault: Fault) -> None:
    for number in calls_from(PUT_BACK, -2):
        plan = Planned(TICK, PUT_BACK.number, number, CallFault(fault))
        PUT_BACK.play(lambda _sim, plan=plan: plan)  # type: ignore[misc]
        assert plan.happened


@pytest.mark.parametrize("scenario", [STOP, PUT_BACK], ids=["stop", "put back"])
def test_after_a_run_that_waited_for_a_call_until_it_was_cut_off_the_next_ticks_repair_it(scenario: Scenario) -> None:
    for number in calls_from(scenario, -1):
        hanging = Planned(TICK, scenario.number, number, CallFault(lasts=timedelta(hours=1)))
        scenario.play(lambda _sim, hanging=hanging: hanging)  # type: ignore[misc]
        assert hanging.happened


@pytest.mark.parametrize("effect_after", [1, 10, 30, 50, 59, 61])
@pytest.mark.parametrize("scenario", [STOP, PUT_BACK], ids=["stop", "put back"])
def test_a_call_that_takes_effect_late_is_repaired(scenario: Scenario, effect_after: int) -> None:
    late = CallFault(Fault.LOST, effect_after=timedelta(seconds=effect_after))
    plan = Planned(TICK, scenario.number, scenario.number_of_key_call(), late)
    scenario.play(lambda _sim: plan)
    assert plan.happened


def test_while_aws_forbids_to_suspend_scaling_the_service_keeps_running_and_the_refusal_is_reported() -> None:
    with Simulation() as sim:
        sim.fault_plan = Forbidding(SUSPEND_SCALING)
        scaled(sim)
        sim.minutes(20)
        assert (phase_of(sim, WEB), stops(sim, WEB)) == (Phase.AWAKE, 0)
        assert (reason(sim), suspended(sim)) == ("stop_refused", NOTHING_SUSPENDED)
        count = desired(sim)
        assert count > 0
        sim.fault_plan = NoFaults()
        falls_asleep(sim)
        wakes(sim)
        must_scale(sim, count=count)


@dataclass
class Forbidding(NoFaults):
    """A plan in which AWS forbids every call with one name."""

    name: str

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return that it is forbidden for calls with that name."""
        return CallFault(Fault.FORBIDDEN) if call.name == self.name else NO_FAULT


@pytest.mark.parametrize("name", ["read_scalable_targets", "scales_by_forecast"])
def test_what_cannot_be_read_keeps_it_awake_and_is_reported(name: str) -> None:
    with Simulation() as sim:
        sim.fault_plan = Refusing(name)
        scaled(sim)
        sim.minutes(20)
        assert (phase_of(sim, WEB), stops(sim, WEB)) == (Phase.AWAKE, 0)
        assert reason(sim) == "scalable_target_unknown"
        sim.fault_plan = NoFaults()
        falls_asleep(sim)


def test_if_the_bounds_cannot_be_read_a_wake_sets_the_count_that_the_service_had() -> None:
    with Simulation() as sim:
        scaled(sim)
        falls_asleep(sim)
        sim.fault_plan = Refusing("read_scalable_targets")
        wakes(sim)
        assert (desired(sim), phase_of(sim, WEB), suspended(sim)) == (TASKS, Phase.AWAKE, ALL_SUSPENDED)
        sim.fault_plan = NoFaults()
        sim.minutes(2)
        must_scale(sim)


@dataclass
class OneFault(NoFaults):
    """The next call with this name gets a fault."""

    name: str
    meets: CallFault
    met: list[Run] = field(default_factory=list)

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return the fault for the first call with that name."""
        if self.met or call.name != self.name:
            return NO_FAULT
        self.met.append(run)
        return self.meets


@pytest.mark.parametrize("effect_after", [5, 20, 40])
def test_a_suspension_that_takes_effect_after_the_next_request_to_sleep_does_not_start_the_service(
    effect_after: int,
) -> None:
    """The first stop is undone, because its suspension was not answered. The second stop follows within the minute."""
    late = OneFault(SUSPEND_SCALING, CallFault(Fault.LOST, effect_after=effect_after * SECOND))
    request = {"service": WEB.key, "action": "sleep"}
    with Simulation() as sim:
        scaled(sim)
        sim.minutes(2)
        sim.advance(15 * SECOND)
        sim.fault_plan = late
        sim.now_or_fail(lambda: sim.sleep(dict(request)))
        assert [run.kind for run in late.met] == [SLEEP]
        sim.now_or_fail(lambda: sim.sleep(dict(request)))
        sim.minutes(4)
        must_sleep(sim)
        assert starts(sim, WEB) == 0, sim.record.trace()
