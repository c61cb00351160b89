"""A service leaves the module at any instant: if this module stopped it, it runs afterwards and keeps running."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.service_state import ServiceState
from simulator.fault_injection import CallFault, NoFaults, Planned, Refusing
from simulator.runs import TICK, UNINSTALL, Run
from simulator.terraform import Terraform

from .scenarios import (
    SLEEP_SCENARIO,
    STOPPING_TICK,
    TASKS,
    WEB,
    must_be_asleep,
    must_be_awake,
    must_stay_running,
)
from .simulation import Simulation


def test_it_leaves_while_the_tick_that_stops_it_waits_for_ecs() -> None:
    """The uninstall brings the service back, no matter whether ECS carries out the stop before or after it begins."""
    the_stop = SLEEP_SCENARIO.number_of_key_call()
    with Simulation() as sim:
        leave = lambda: sim.after(timedelta(0), lambda: Terraform(sim, WEB).apply(None))  # noqa: E731
        sim.fault_plan = Planned(TICK, STOPPING_TICK, the_stop, CallFault(lasts=timedelta(seconds=30)), leave)
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(STOPPING_TICK + 5)
        must_stay_running(sim)


def test_it_is_marked_as_leaving_before_a_stop_under_way_is_waited_for() -> None:
    """Otherwise a tick that begins meanwhile could stop it again."""
    the_stop = SLEEP_SCENARIO.number_of_key_call()
    seen: list[ServiceState | None] = []
    with Simulation() as sim:

        def leave() -> None:
            sim.after(timedelta(0), lambda: Terraform(sim, WEB).apply(None))
            sim.after(timedelta(seconds=10), lambda: seen.append(sim.state(WEB.name)))

        sim.fault_plan = Planned(TICK, STOPPING_TICK, the_stop, CallFault(lasts=timedelta(seconds=30)), leave)
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(STOPPING_TICK + 5)
        (state,) = seen
        assert state is not None
        assert state.leaving is not None
        assert not state.leaving.done


@dataclass
class StaleAnswers(NoFaults):
    """The runs of one kind get desired counts that are out of date by ``age``."""

    kind: str
    age: timedelta

    def staleness(self, run: Run) -> timedelta:
        """Return how old the answers to this run are."""
        return self.age if run.kind == self.kind else timedelta(0)


def test_it_leaves_just_after_its_stop_while_ecs_still_shows_the_old_count() -> None:
    """Amazon ECS is eventually consistent: what UpdateService changed may not show in DescribeServices at once."""
    with Simulation() as sim:
        sim.fault_plan = StaleAnswers(UNINSTALL, timedelta(seconds=10))
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(STOPPING_TICK - 1)
        sim.after(timedelta(seconds=15), lambda: Terraform(sim, WEB).apply(None))
        sim.minutes(5)
        must_stay_running(sim)


@pytest.mark.parametrize("mode", Mode)
def test_a_service_that_was_stopped_before_its_mode_changed_is_brought_back(mode: Mode) -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(14)
        must_be_asleep(sim)
        sim.configure(replace(WEB, mode=mode))
        sim.minutes(3)
        sim.after(timedelta(0), lambda: Terraform(sim, replace(WEB, mode=mode)).apply(None))
        sim.minutes(3)
        must_stay_running(sim)


def change_mode(sim: Simulation, mode: Mode) -> None:
    Terraform(sim, WEB).apply(replace(WEB, mode=mode))


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_a_stop_is_kept_in_the_service_state_though_ecs_showed_the_old_count_for_a_moment(mode: Mode) -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(STOPPING_TICK - 0.5)
        sim.fault_plan = StaleAnswers(TICK, timedelta(minutes=1))
        sim.minutes(1)
        sim.fault_plan = NoFaults()
        sim.minutes(3)
        must_be_asleep(sim)
        sim.after(timedelta(0), lambda: change_mode(sim, mode))
        sim.minutes(3)
        assert sim.checker.desired(WEB.name) == TASKS, sim.record.trace()


def test_a_stop_is_kept_in_the_service_state_when_the_wake_that_followed_was_abandoned() -> None:
    """ECS refuses to start the service for a long time. Then the mode becomes dry_run."""
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(14)
        must_be_asleep(sim)
        sim.fault_plan = Refusing("set_desired_count")
        sim.after(timedelta(0), lambda: sim.wake({}))
        sim.minutes(30)
        sim.fault_plan = NoFaults()
        sim.after(timedelta(0), lambda: change_mode(sim, Mode.DRY_RUN))
        sim.minutes(3)
        assert sim.checker.desired(WEB.name) == TASKS, sim.record.trace()


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_a_service_that_this_module_never_stopped_is_left_as_it_is(mode: Mode) -> None:
    service = replace(WEB, mode=mode)
    with Simulation() as sim:
        sim.add_service(service, desired=0)
        sim.minutes(14)
        sim.after(timedelta(0), lambda: Terraform(sim, service).apply(None))
        sim.minutes(3)
        assert sim.checker.desired(WEB.name) == 0
        state = sim.state(WEB.name)
        assert state is not None
        assert state.leaving is not None


def test_a_service_whose_state_was_lost_is_brought_back() -> None:
    with Simulation() as sim:
        sim.add_service(replace(WEB, awake_count=TASKS), desired=TASKS)
        sim.minutes(14)
        must_be_asleep(sim)
        sim.ticking = False
        sim.ports.table.states.clear()
        sim.after(timedelta(0), lambda: Terraform(sim, replace(WEB, awake_count=TASKS)).apply(None))
        sim.minutes(3)
        must_stay_running(sim)


def test_destroying_everything_while_ticks_have_stopped_brings_it_back() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(14)
        must_be_asleep(sim)
        sim.ticking = False
        sim.after(timedelta(0), lambda: Terraform(sim, WEB).apply(None))
        sim.minutes(3)
        must_stay_running(sim)


def test_it_leaves_while_it_is_awake_and_keeps_the_count_that_an_operator_set() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(3)
        sim.after(timedelta(0), lambda: Terraform(sim, WEB).apply(None))
        sim.minutes(3)
        must_stay_running(sim)
        assert sim.record.changes == {}


def test_a_service_that_no_tick_has_observed_is_not_stopped_after_it_has_left() -> None:
    with Simulation(tick_second=59) as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.after(timedelta(seconds=1), lambda: Terraform(sim, WEB, lambda: timedelta(minutes=3)).apply(None))
        sim.minutes(2)
        sim.now_or_fail(lambda: sim.sleep({"service": WEB.key, "action": "sleep"}))
        sim.minutes(3)
        must_stay_running(sim)
        assert sim.record.changes == {}


def test_a_service_that_is_added_again_is_managed_again() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(14)
        must_be_asleep(sim)
        terraform = Terraform(sim, WEB)
        sim.after(timedelta(0), lambda: terraform.apply(None))
        sim.minutes(3)
        sim.now_or_fail(lambda: terraform.apply(WEB))
        sim.minutes(15)
        must_be_asleep(sim)
        sim.now_or_fail(lambda: sim.wake({}))
        sim.minutes(4)
        must_be_awake(sim)


def test_a_service_whose_destroy_failed_is_managed_as_before() -> None:
    """ECS refuses to start it, so Terraform fails. If the service then stays, Terraform has nothing to apply."""
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(14)
        must_be_asleep(sim)
        sim.fault_plan = Refusing("set_desired_count")
        sim.after(timedelta(0), lambda: sim.uninstall(WEB))
        sim.minutes(16)
        sim.fault_plan = NoFaults()
        must_be_asleep(sim)
        sim.now_or_fail(lambda: sim.wake({}))
        sim.minutes(4)
        must_be_awake(sim)
        sim.minutes(14)
        must_be_asleep(sim)


def test_a_service_whose_configuration_is_deleted_hours_after_its_uninstall_is_not_stopped_meanwhile() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(14)
        must_be_asleep(sim)
        sim.after(timedelta(0), lambda: Terraform(sim, WEB, lambda: timedelta(hours=7)).apply(None))
        sim.minutes(7 * 60 - 2)
        assert sim.checker.desired(WEB.name) == TASKS, sim.record.trace()
        sim.minutes(5)
        must_stay_running(sim)


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_a_stop_is_kept_in_the_service_state_though_a_wake_before_it_was_accepted(mode: Mode) -> None:
    """ECS accepted the count of an earlier wake. This does not prove that the count shown after the stop is current."""
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(14)
        sim.now_or_fail(lambda: sim.wake({}))
        sim.minutes(4)
        must_be_awake(sim)
        sim.advance(timedelta(seconds=5))
        sim.now_or_fail(lambda: sim.sleep({"service": WEB.key, "action": "sleep"}))
        sim.after(timedelta(seconds=1), lambda: change_mode(sim, mode))
        sim.fault_plan = StaleAnswers(TICK, timedelta(seconds=10))
        sim.minutes(1)
        sim.fault_plan = NoFaults()
        sim.minutes(3)
        assert sim.checker.desired(WEB.name) == TASKS, sim.record.trace()
