"""The call that suspends a service's scaling: it reaches the world, fails, or takes effect late."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from scale_to_zero.model.errors import CallFailed, CallRefused
from scale_to_zero.model.scaling import ALL_SUSPENDED
from simulator.account import a_service
from simulator.calls import SUSPEND_SCALING
from simulator.fault_injection import NO_FAULT, CallFault, Planned
from simulator.ports.faults import Fault
from simulator.record import CountChange
from simulator.runs import SCALE_UP, Run
from simulator.simulation import Simulation
from simulator.world import ScalableTarget, Suspension

WEB: Final = a_service("web")
SUSPENDED: Final = ScalableTarget(1, 2, Suspension(scale_in=True, scale_out=True, scheduled=True))


def suspend(meets: CallFault = NO_FAULT, seconds: int = 0, *, registered: bool = True) -> tuple[Simulation, Run]:
    """Let a run suspend the scaling of a service at zero, let it meet this fault, and let some seconds pass."""
    with Simulation(fault_plan=Planned(SCALE_UP, 1, 1, meets)) as sim:
        sim.ticking = False
        sim.add_service(WEB, desired=1)
        if registered:
            sim.world.scaling.register(*WEB.name, minimum=1, maximum=2)
        sim.set_by_hand(WEB.name, 0)
        runs: list[Run] = []

        def run_once() -> None:
            function = lambda ports, _: ports.scalable_targets.suspend(WEB.name, ALL_SUSPENDED)  # noqa: E731
            runs.append(sim.carry_out(sim.new_run(SCALE_UP), function))

        sim.now_or_fail(run_once)
        sim.advance(timedelta(seconds=seconds))
        return sim, runs[0]


def test_a_suspension_at_zero_wakes_the_service_and_is_recorded() -> None:
    sim, run = suspend()
    assert run.failed is None
    assert sim.world.scaling.target(*WEB.name) == SUSPENDED
    assert sim.world.describe_service(*WEB.name).desired == 1
    change = sim.record.changes[WEB.name][-1]
    assert (change.before, change.after, change.by) == (0, 1, "Application Auto Scaling: RegisterScalableTarget")
    assert change.by_scaling
    assert not CountChange(change.at, 0, 1, "tick 1").by_scaling


@pytest.mark.parametrize(
    ("fault", "has_effect"), [(Fault.REFUSED, False), (Fault.LOST, False), (Fault.ANSWER_LOST, True)]
)
def test_only_a_suspension_that_arrives_takes_effect(fault: Fault, has_effect: bool) -> None:
    sim, run = suspend(CallFault(fault))
    assert isinstance(run.failed, CallFailed)
    assert (sim.world.scaling.target(*WEB.name) == SUSPENDED) is has_effect


def test_a_suspension_may_take_effect_after_the_run_stopped_waiting() -> None:
    late = CallFault(Fault.LOST, effect_after=timedelta(seconds=20))
    sim, run = suspend(late, seconds=10)
    assert isinstance(run.failed, CallFailed)
    assert sim.world.scaling.target(*WEB.name) == ScalableTarget(1, 2)
    sim, _ = suspend(late, seconds=20)
    assert sim.world.scaling.target(*WEB.name) == SUSPENDED
    assert sim.record.changes[WEB.name][-1].by_scaling


def test_without_a_scalable_target_a_suspension_is_refused_and_a_late_one_has_no_effect() -> None:
    sim, run = suspend(registered=False)
    assert isinstance(run.failed, CallRefused)
    sim, _ = suspend(CallFault(Fault.LOST, effect_after=timedelta(seconds=20)), seconds=30, registered=False)
    assert sim.world.scaling.target(*WEB.name) is None


def test_the_call_has_the_name_that_faults_use() -> None:
    sim, _ = suspend()
    sim.ports.faults.fail(SUSPEND_SCALING)
    with pytest.raises(CallRefused):
        sim.ports.gathered().scalable_targets.suspend(WEB.name, ALL_SUSPENDED)
