"""A service that leaves the module, or whose mode changes, gets its count and its scaling back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator.calls import SUSPEND_SCALING
from simulator.fault_injection import CallFault, NoFaults, Planned, Refusing
from simulator.runs import TICK, UNINSTALL
from simulator.terraform import Terraform
from simulator.world.scalable_targets import NOTHING_SUSPENDED, Suspension

from .scaled_scenes import (
    MAXIMUM,
    SERVICES,
    STOP,
    bounds,
    desired,
    falls_asleep,
    must_scale,
    scaled,
    service_state,
    suspended,
    wakes,
    woken_with_one_task_of_two,
)
from .scaled_services import ALL_SUSPENDED, IN_SUSPENDED
from .scenarios import STOPPING_TICK, TASKS, WEB
from .scenes import SECOND, phase_of, stops
from .simulation import Simulation
from .test_uninstalling import StaleAnswers


def leaves(sim: Simulation, service: Service) -> None:
    Terraform(sim, service).apply(None)


def with_mode(mode: Mode) -> Callable[[Simulation, Service], None]:
    return lambda sim, service: Terraform(sim, service).apply(replace(service, mode=mode))


def configured_only(mode: Mode) -> Callable[[Simulation, Service], None]:
    """Change the configuration without Terraform's invocation, which may fail: the ticks do the same."""
    return lambda sim, service: sim.configure(replace(service, mode=mode))


END = Callable[[Simulation, Service], None]
ENDS: Final[dict[str, END]] = {
    "leaves": leaves,
    "mode off": with_mode(Mode.OFF),
    "mode dry_run": with_mode(Mode.DRY_RUN),
    "mode off by ticks": configured_only(Mode.OFF),
    "mode dry_run by ticks": configured_only(Mode.DRY_RUN),
}
ALL_ENDS: Final = pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
BY_TERRAFORM: Final = pytest.mark.parametrize(
    "end", [ENDS[name] for name in ("leaves", "mode off", "mode dry_run")], ids=["leaves", "mode off", "mode dry_run"]
)


def must_run_as_before(
    sim: Simulation, service: Service = WEB, as_before: Suspension = IN_SUSPENDED, count: int = TASKS
) -> None:
    """Check that the service runs with its count and its scaling, and that this stays so."""
    for minutes in (0, 20):
        sim.minutes(minutes)
        assert (desired(sim, service), suspended(sim, service)) == (count, as_before), sim.record.trace()
    assert bounds(sim, service) == (1, MAXIMUM)


@SERVICES
@ALL_ENDS
def test_a_sleeping_service_that_is_no_longer_managed_gets_its_count_and_its_scaling_back(
    service: Service, end: END
) -> None:
    with Simulation() as sim:
        scaled(sim, service, suspended=IN_SUSPENDED)
        falls_asleep(sim, service)
        sim.after(timedelta(0), lambda: end(sim, service))
        sim.minutes(4)
        must_run_as_before(sim, service)


@ALL_ENDS
def test_a_service_that_wakes_and_is_no_longer_managed_gets_its_scaling_back(end: END) -> None:
    with Simulation() as sim:
        scaled(sim, suspended=IN_SUSPENDED)
        falls_asleep(sim)
        sim.now_or_fail(lambda: sim.wake({"service": WEB.key}))
        assert suspended(sim) == ALL_SUSPENDED
        sim.after(timedelta(0), lambda: end(sim, WEB))
        sim.minutes(4)
        must_run_as_before(sim)


@ALL_ENDS
def test_an_awake_service_whose_scaling_is_not_put_back_yet_gets_it_back_when_it_is_no_longer_managed(
    end: END,
) -> None:
    with Simulation() as sim:
        woken_with_one_task_of_two(sim)
        sim.minutes(2)
        assert (phase_of(sim, WEB), suspended(sim)) == (Phase.AWAKE, ALL_SUSPENDED)
        sim.after(timedelta(0), lambda: end(sim, WEB))
        sim.minutes(1.5)
        assert (desired(sim), suspended(sim)) == (TASKS, NOTHING_SUSPENDED), sim.record.trace()


@BY_TERRAFORM
def test_a_service_that_ends_without_ticks_gets_its_scaling_back(end: END) -> None:
    """When a module is destroyed, its ticks may have ended."""
    with Simulation() as sim:
        scaled(sim, suspended=IN_SUSPENDED)
        falls_asleep(sim)
        sim.ticking = False
        sim.after(timedelta(0), lambda: end(sim, WEB))
        sim.minutes(1)
        must_run_as_before(sim)


@BY_TERRAFORM
@pytest.mark.parametrize("lasts", [20 * SECOND, 5 * MINUTE])
def test_while_aws_refuses_to_put_the_scaling_back_it_is_tried_again(end: END, lasts: timedelta) -> None:
    with Simulation() as sim:
        scaled(sim, suspended=IN_SUSPENDED)
        falls_asleep(sim)
        sim.ticking = False
        sim.fault_plan = Refusing(SUSPEND_SCALING)
        sim.after(timedelta(0), lambda: end(sim, WEB))
        sim.advance(lasts)
        assert (desired(sim), suspended(sim)) == (TASKS, ALL_SUSPENDED)
        sim.fault_plan = NoFaults()
        sim.minutes(1)
        must_run_as_before(sim)


def test_a_destroy_that_fails_because_scaling_stays_suspended_is_repeated() -> None:
    """The first invocation fails after a quarter of an hour. The service is managed again until the next one."""
    with Simulation() as sim:
        scaled(sim, suspended=IN_SUSPENDED)
        falls_asleep(sim)
        sim.fault_plan = Refusing(SUSPEND_SCALING)
        sim.after(timedelta(0), lambda: leaves(sim, WEB))
        sim.minutes(15.5)
        assert service_state(sim).leaving is None, sim.record.trace()
        assert (desired(sim), suspended(sim)) == (TASKS, ALL_SUSPENDED)
        sim.fault_plan = NoFaults()
        sim.minutes(3)
        assert WEB.key not in sim.ports.table.services
        must_run_as_before(sim)


@pytest.mark.parametrize("age", [3, 9])
@pytest.mark.parametrize("mode", [None, Mode.OFF, Mode.DRY_RUN], ids=["leaves", "off", "dry_run"])
def test_a_service_that_leaves_just_after_its_stop_while_ecs_shows_the_old_count_keeps_nothing_suspended(
    mode: Mode | None, age: int
) -> None:
    end = leaves if mode is None else with_mode(mode)
    with Simulation() as sim:
        sim.fault_plan = StaleAnswers(UNINSTALL, age * SECOND)
        scaled(sim, suspended=IN_SUSPENDED)
        sim.minutes(STOPPING_TICK - 1)
        sim.after(12 * SECOND, lambda: end(sim, WEB))
        sim.minutes(3)
        assert stops(sim, WEB) == 1
        must_run_as_before(sim)


def test_a_service_that_leaves_during_its_stop_keeps_nothing_suspended() -> None:
    number = STOP.number_of_key_call()
    for call in (number, number + 1):
        with Simulation() as sim:

            def leave(sim: Simulation = sim) -> None:
                sim.after(timedelta(0), lambda: leaves(sim, WEB))

            sim.fault_plan = Planned(TICK, STOPPING_TICK, call, CallFault(lasts=30 * SECOND), leave)
            scaled(sim, suspended=IN_SUSPENDED)
            sim.minutes(STOPPING_TICK + 5)
            must_run_as_before(sim)


def test_a_service_that_an_operator_set_to_zero_leaves_as_it_is_and_the_log_has_the_command() -> None:
    """No tick has seen yet that an operator stopped it, and its scaling is not put back yet."""
    with Simulation() as sim:
        woken_with_one_task_of_two(sim)
        sim.minutes(2)
        sim.ticking = False
        sim.set_by_hand(WEB.name, 0)
        sim.after(timedelta(0), lambda: leaves(sim, WEB))
        sim.minutes(1)
        assert (desired(sim), suspended(sim)) == (0, ALL_SUSPENDED)
        assert "its scaling stays suspended, because it was set to zero in ECS" in sim.record.trace()
        assert "run: aws application-autoscaling" in sim.record.trace()


def test_a_service_that_is_added_again_sleeps_and_wakes_as_before() -> None:
    with Simulation() as sim:
        scaled(sim, suspended=IN_SUSPENDED)
        falls_asleep(sim)
        terraform = Terraform(sim, WEB)
        sim.after(timedelta(0), lambda: terraform.apply(None))
        sim.minutes(3)
        sim.now_or_fail(lambda: terraform.apply(WEB))
        falls_asleep(sim)
        wakes(sim)
        must_scale(sim, as_before=IN_SUSPENDED)


def test_a_scalable_target_that_is_removed_during_the_sleep_is_forgotten_after_the_wake() -> None:
    with Simulation() as sim:
        scaled(sim)
        falls_asleep(sim)
        sim.scaled.deregister(WEB.name)
        wakes(sim)
        assert (desired(sim), phase_of(sim, WEB)) == (TASKS, Phase.AWAKE)
        assert service_state(sim).scaling is None
        sim.minutes(13)
        assert (desired(sim), phase_of(sim, WEB)) == (0, Phase.ASLEEP)


def test_a_scalable_target_that_is_added_during_the_sleep_starts_the_service_which_sleeps_again() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(13)
        assert desired(sim) == 0
        sim.scaled.register(WEB.name, 1, MAXIMUM)
        assert desired(sim) == 1
        sim.minutes(16)
        assert (desired(sim), suspended(sim)) == (0, ALL_SUSPENDED)
        wakes(sim)
        must_scale(sim, count=1)
