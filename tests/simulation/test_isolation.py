"""Faults of one service do not affect another one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import pytest

from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.metrics import SeriesKey
from scale_to_zero.model.quantities import MINUTE
from simulator.account import a_service
from simulator.fault_injection import NO_FAULT, CallFault, NoFaults
from simulator.ports.faults import Call, Fault
from simulator.record import CountChange
from simulator.runs import Run
from simulator.simulation import START
from simulator.world import NoCapacity

from .simulation import QUICK_WORLD, Simulation

QUIET = a_service("quiet", groups=2)
UNLUCKY = a_service("unlucky")
EXACT_WORLD = replace(QUICK_WORLD, jitter=0.0)


@dataclass
class Struck(NoFaults):
    """Lets all calls about one service fail, or the given share of them."""

    service: Service
    share: float
    random: Random

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return a refusal or a lost answer."""
        subject = call.subject.pair.target_group_arn if isinstance(call.subject, SeriesKey) else call.subject
        about_it = subject == self.service.name or subject in self.service.target_group_arns
        if not about_it or self.random.random() > self.share:
            return NO_FAULT
        return CallFault(self.random.choice([Fault.REFUSED, Fault.ANSWER_LOST]))


def changes_of_quiet(fault_plan: NoFaults, faulty_world: bool, hours: int = 12) -> list[tuple[datetime, int]]:
    """Return when the desired count of ``QUIET`` changed, to the minute, while both services get requests."""
    with Simulation(7, fault_plan=fault_plan, timings=EXACT_WORLD) as sim:
        for service in (UNLUCKY, QUIET):
            sim.add_service(service, desired=2)
            random = Random(service.key)
            instant = START
            while instant < START + timedelta(hours=hours):
                instant += timedelta(minutes=random.expovariate(1 / 11))
                sim.at(instant, lambda service=service: _visit(sim, service))  # type: ignore[misc]
        if faulty_world:
            sim.world.set_start_fault(*UNLUCKY.name, NoCapacity())
            sim.tracker.hinder(UNLUCKY.name, "no capacity")
        sim.advance(timedelta(hours=hours))
        return [_to_the_minute(change) for change in sim.record.changes[QUIET.name]]


def _visit(sim: Simulation, service: Service) -> None:
    if not sim.request(service):
        sim.wake({"service": service.key})


def _to_the_minute(change: CountChange) -> tuple[datetime, int]:
    return change.at.replace(second=0, microsecond=0), change.after


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_the_failing_calls_of_one_service_change_nothing_for_another(share: float) -> None:
    undisturbed = changes_of_quiet(NoFaults(), faulty_world=False)
    assert len(undisturbed) > 10
    assert changes_of_quiet(Struck(UNLUCKY, share, Random(1)), faulty_world=False) == undisturbed


def test_a_service_that_cannot_start_changes_nothing_for_another() -> None:
    assert changes_of_quiet(NoFaults(), faulty_world=True) == changes_of_quiet(NoFaults(), faulty_world=False)


def test_a_service_that_does_not_exist_is_skipped() -> None:
    with Simulation() as sim:
        sim.add_service(QUIET, desired=2)
        sim.configure(replace(UNLUCKY, name=ServiceName("city-guided-cluster", "misspelt")))
        sim.minutes(14)
        assert sim.checker.desired(QUIET.name) == 0
        sim.now_or_fail(lambda: sim.wake({}))
        assert sim.checker.desired(QUIET.name) == 2


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_a_service_whose_mode_is_not_act_never_changes_in_ecs(mode: Mode) -> None:
    """Neither idleness nor a wake nor a stop by an operator leads to a change. The checker checks every call."""
    service = replace(UNLUCKY, mode=mode)
    with Simulation() as sim:
        sim.add_service(service, desired=2)
        sim.add_service(QUIET, desired=1)
        sim.minutes(20)
        assert sim.checker.desired(service.name) == 2
        sim.now_or_fail(lambda: sim.wake({}))
        sim.now_or_fail(lambda: sim.set_by_hand(service.name, 0))
        sim.minutes(5)
        sim.now_or_fail(lambda: sim.wake({"service": service.key, "wait": True}))
        sim.minutes(5)
        assert sim.checker.desired(service.name) == 0
        assert [change.by_hand for change in sim.record.changes[service.name]] == [True]


@pytest.mark.parametrize("instant", [7.5, 8.17, 8.2, 9, 12])
def test_a_service_whose_mode_becomes_dry_run_around_its_stop_is_not_changed_after_that(instant: float) -> None:
    with Simulation() as sim:
        sim.add_service(UNLUCKY, desired=2)
        sim.minutes(instant)
        dry_run_from = sim.world.now
        sim.configure(replace(UNLUCKY, mode=Mode.DRY_RUN))
        sim.minutes(30)
        changes = sim.record.changes.get(UNLUCKY.name, [])
        assert all(change.at < dry_run_from + MINUTE for change in changes)
