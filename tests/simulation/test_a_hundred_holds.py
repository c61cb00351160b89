"""A hundred services are held in the same minute: by one caller for all of them, or by a schedule for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from scale_to_zero.actions.rate_limiter import SERVICE_UPDATE_RATE
from scale_to_zero.model.service_state import Phase
from simulator.account import a_service
from simulator.calls import SET_DESIRED_COUNT
from simulator.fault_injection import NO_FAULT, CallFault, NoFaults
from simulator.ports.faults import Call, Fault
from simulator.runs import Run
from simulator.simulation import START

from .scenes import SECOND, starts
from .simulation import Simulation

HUNDRED = [a_service(f"service-{number:02}") for number in range(100)]
KEYS = [service.key for service in HUNDRED]


@dataclass
class AtOnce(NoFaults):
    """Calls take no time, so that time passes only while the run waits."""

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return no fault and no duration."""
        return replace(NO_FAULT, lasts=timedelta(0))


@dataclass
class Throttling(NoFaults):
    """ECS accepts only as many updates as its documented rate allows, and refuses the others."""

    left: float = SERVICE_UPDATE_RATE.at_once
    counted: datetime = START
    refused: int = 0
    now: Callable[[], datetime] = lambda: START

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return a refusal if the bucket is empty."""
        if call.name != SET_DESIRED_COUNT:
            return NO_FAULT
        added = (self.now() - self.counted) / SECOND * SERVICE_UPDATE_RATE.a_second
        self.left, self.counted = min(SERVICE_UPDATE_RATE.at_once, self.left + added), self.now()
        if self.left < 1:
            self.refused += 1
            return CallFault(Fault.REFUSED)
        self.left -= 1
        return NO_FAULT


def hundred_asleep(sim: Simulation) -> None:
    for service in HUNDRED:
        sim.add_service(service, desired=0)
    sim.minutes(2)


def all_must_be_awake_and_held(sim: Simulation) -> None:
    states = [sim.state(service.name) for service in HUNDRED]
    assert {(state.phase, state.hold is not None) for state in states if state} == {(Phase.AWAKE, True)}
    assert {sim.checker.desired(service.name) for service in HUNDRED} == {1}
    assert {starts(sim, service) for service in HUNDRED} == {1}


def test_a_hundred_services_that_are_held_together_start_at_the_rate_that_ecs_allows() -> None:
    with Simulation() as sim:
        hundred_asleep(sim)
        sim.fault_plan = AtOnce()
        sim.now_or_fail(lambda: sim.wake({"services": KEYS, "hold_minutes": 60}))
        began = sim.world.now
        started = sorted(sim.record.changes[service.name][0].at for service in HUNDRED)
        after = [(instant - started[0]) / SECOND for instant in started]
        assert after[:50] == [0] * 50
        assert after[50:] == pytest.approx([0.2 * number for number in range(1, 51)], abs=0.01)
        assert began - started[0] < 12 * SECOND
        sim.minutes(3)
        all_must_be_awake_and_held(sim)
        assert len(sim.ports.sent_notifications) == 200, "each service has two: it wakes, and it is awake"


def test_a_hundred_schedules_that_hold_a_service_each_at_the_same_minute_all_succeed() -> None:
    """Lambda begins a run for each schedule, and no run knows of the others. The ticks repeat what ECS refuses."""
    with Simulation() as sim:
        hundred_asleep(sim)
        sim.fault_plan = throttling = Throttling(counted=sim.world.now, now=lambda: sim.world.now)
        for key in KEYS:
            sim.after(timedelta(0), partial(sim.wake, {"services": [key], "hold_minutes": 60, "scheduled": True}))
        sim.minutes(5)
        assert throttling.refused > 0
        all_must_be_awake_and_held(sim)
