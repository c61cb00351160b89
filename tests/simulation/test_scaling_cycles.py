"""Services that Application Auto Scaling scales sleep and wake, and keep their bounds and their scaling."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Service
from scale_to_zero.model.service_state import Phase
from simulator.world import NoCapacity
from simulator.world.scalable_targets import NOTHING_SUSPENDED, Suspension

from .promise_tracker import TASKS_DO_NOT_START
from .scaled_scenes import (
    IN_AND_OUT_SUSPENDED,
    MANY_REQUESTS,
    MAXIMUM,
    REQUESTS,
    SERVICES,
    bounds,
    desired,
    explained,
    falls_asleep,
    must_scale,
    must_sleep,
    registrations,
    scaled,
    service_state,
    suspended,
    wakes,
    with_many_requests,
    woken_with_one_task_of_two,
)
from .scaled_services import ALL_SUSPENDED, IN_SUSPENDED
from .scenarios import TASKS, WEB
from .scenes import SECOND, SHOP, phase_of, stops
from .simulation import Simulation


@SERVICES
def test_a_service_scales_out_sleeps_with_all_suspended_and_wakes_with_its_count(service: Service) -> None:
    with Simulation() as sim:
        scaled(sim, service)
        sim.minutes(2)
        before = bounds(sim, service)
        for cycle in range(2):
            with_many_requests(sim, service, minutes=6, each=(cycle + 1) * MANY_REQUESTS)
            count = desired(sim, service)
            assert count == (3, MAXIMUM)[cycle], "the policy has scaled out"
            falls_asleep(sim, service)
            calls = registrations(sim)
            sim.minutes(40)
            must_sleep(sim, service)
            assert registrations(sim) == calls, "a call would start it"
            wakes(sim, service)
            must_scale(sim, service, count)
        assert bounds(sim, service) == before
        assert [one.cause for one in sim.world.scaling.activities] == [f"scaling policy {REQUESTS}"] * 2


@SERVICES
def test_each_cycle_has_one_suspension_before_the_stop_and_one_after_the_wake(service: Service) -> None:
    with Simulation() as sim:
        scaled(sim, service)
        created = registrations(sim)
        falls_asleep(sim, service)
        wakes(sim, service)
        sim.minutes(2)
        suspends, puts_back = registrations(sim)[len(created) :]
        stop = sim.record.last(service.name, stop=True)
        start = sim.record.last(service.name, stop=False)
        assert stop is not None
        assert start is not None
        assert suspends.at < stop.at < start.at < puts_back.at
        assert (suspends.after.suspended, puts_back.after.suspended) == (ALL_SUSPENDED, NOTHING_SUSPENDED)


@pytest.mark.parametrize(("awake_count", "count"), [(None, TASKS), (1, 2), (9, 3)])
def test_a_wake_sets_a_count_within_the_bounds(awake_count: int | None, count: int) -> None:
    """Then the call that puts the scaling back moves no count."""
    service = replace(WEB, awake_count=awake_count)
    with Simulation() as sim:
        scaled(sim, service, minimum=2, maximum=3)
        falls_asleep(sim)
        wakes(sim)
        must_scale(sim, count=count)
        assert sim.world.scaling.activities == []


def test_a_request_wakes_it_and_its_scaling_is_put_back() -> None:
    with Simulation() as sim:
        scaled(sim, SHOP)
        falls_asleep(sim, SHOP)
        sim.now_or_fail(lambda: sim.request(SHOP))
        sim.minutes(3)
        must_scale(sim, SHOP)


# What is suspended by its owner


@SERVICES
@pytest.mark.parametrize(
    "as_before", [IN_SUSPENDED, IN_AND_OUT_SUSPENDED, Suspension(scheduled=True)], ids=["in", "in and out", "scheduled"]
)
def test_a_partial_suspension_is_put_back_exactly(service: Service, as_before: Suspension) -> None:
    with Simulation() as sim:
        scaled(sim, service, suspended=as_before)
        for _ in range(2):
            falls_asleep(sim, service)
            wakes(sim, service)
            must_scale(sim, service, as_before=as_before)


def test_what_an_operator_suspends_between_two_sleeps_is_put_back_after_the_second() -> None:
    with Simulation() as sim:
        scaled(sim)
        falls_asleep(sim)
        wakes(sim)
        sim.scaled.suspend_by_hand(WEB.name, IN_SUSPENDED)
        falls_asleep(sim)
        wakes(sim)
        must_scale(sim, as_before=IN_SUSPENDED)


# When scaling is put back


def test_a_minimum_of_two_is_put_back_once_two_tasks_run() -> None:
    with Simulation() as sim:
        scaled(sim, minimum=2)
        falls_asleep(sim)
        wakes(sim)
        must_scale(sim)
        assert bounds(sim) == (2, MAXIMUM)


def test_scaling_is_not_put_back_while_fewer_tasks_run_than_the_minimum() -> None:
    with Simulation() as sim:
        woken_with_one_task_of_two(sim)
        sim.minutes(3)
        assert (phase_of(sim, WEB), sim.world.describe_service(*WEB.name).running) == (Phase.AWAKE, 1)
        assert suspended(sim) == ALL_SUSPENDED
        sim.world.set_start_fault(*WEB.name, None)
        sim.tracker.no_longer_hinder(WEB.name, TASKS_DO_NOT_START)
        sim.minutes(2)
        must_scale(sim)


def test_scaling_is_put_back_at_the_deadline_of_the_wake_although_a_task_is_missing() -> None:
    with Simulation() as sim:
        woken_with_one_task_of_two(sim)
        wake = service_state(sim).wake
        assert wake is not None
        sim.advance(wake.deadline - SECOND - sim.world.now)
        assert suspended(sim) == ALL_SUSPENDED
        sim.minutes(1.2)
        must_scale(sim)
        assert sim.world.describe_service(*WEB.name).running == 1


def test_scaling_of_a_failed_wake_is_put_back_at_the_deadline_and_suspended_again_for_its_stop() -> None:
    with Simulation() as sim:
        scaled(sim)
        falls_asleep(sim)
        sim.world.set_start_fault(*WEB.name, NoCapacity())
        sim.tracker.hinder(WEB.name, TASKS_DO_NOT_START)
        sim.now_or_fail(lambda: sim.wake({"service": WEB.key}))
        sim.minutes(4)
        assert suspended(sim) == ALL_SUSPENDED
        sim.minutes(2)
        assert (phase_of(sim, WEB), suspended(sim)) == (Phase.WAKING, NOTHING_SUSPENDED)
        sim.minutes(25)
        must_sleep(sim)


def test_a_service_that_is_put_to_sleep_just_after_its_scaling_was_put_back_stays_at_zero() -> None:
    """The call that puts scaling back may take effect late, so the next stop waits until it is certainly over."""
    with Simulation() as sim:
        scaled(sim)
        falls_asleep(sim)
        wakes(sim)
        put_back = registrations(sim)[-1].at
        sim.now_or_fail(lambda: sim.sleep({"service": WEB.key, "action": "sleep"}))
        sim.minutes(3)
        must_sleep(sim)
        stop = sim.record.last(WEB.name, stop=True)
        assert stop is not None
        assert stop.at >= put_back + timedelta(seconds=69)


# Scheduled actions


@SERVICES
def test_a_scheduled_action_that_is_due_while_it_sleeps_is_skipped(service: Service) -> None:
    with Simulation() as sim:
        scaled(sim, service)
        falls_asleep(sim, service)
        sim.scaled.schedule(service.name, minimum=3)
        sim.minutes(10)
        must_sleep(sim, service)
        wakes(sim, service)
        must_scale(sim, service)
        assert bounds(sim, service) == (1, MAXIMUM)


def test_a_scheduled_action_that_is_due_while_it_is_awake_is_carried_out_and_then_it_sleeps() -> None:
    with Simulation() as sim:
        scaled(sim)
        sim.minutes(1)
        sim.scaled.schedule(WEB.name, minimum=3)
        sim.minutes(1)
        assert (desired(sim), bounds(sim)) == (3, (3, MAXIMUM))
        falls_asleep(sim)
        wakes(sim)
        must_scale(sim, count=3)


def test_a_scheduled_action_is_carried_out_after_a_sleep() -> None:
    with Simulation() as sim:
        scaled(sim)
        falls_asleep(sim)
        wakes(sim)
        sim.scaled.schedule(WEB.name, minimum=3)
        sim.minutes(1)
        must_scale(sim, count=3)


# Terraform


@SERVICES
def test_another_maximum_that_is_applied_while_it_sleeps_wakes_it_and_it_sleeps_again(service: Service) -> None:
    """Terraform sends the suspension that it has just read, so a tick must put the scaling back."""
    with Simulation() as sim:
        scaled(sim, service)
        falls_asleep(sim, service)
        sim.scaled.apply_other_bounds(service.name, maximum=5)
        assert (desired(sim, service), suspended(sim, service)) == (1, ALL_SUSPENDED)
        sim.minutes(3)
        must_scale(sim, service, count=1)
        sim.minutes(13)
        assert (desired(sim, service), phase_of(sim, service)) == (0, Phase.ASLEEP)
        assert suspended(sim, service) == ALL_SUSPENDED
        wakes(sim, service)
        must_scale(sim, service, count=1)
        assert bounds(sim, service) == (1, 5)


def used_with_an_old_plan_applied(sim: Simulation, minutes: int) -> None:
    """Wake the service, use it all the time, and apply a plan that was made while it slept."""
    scaled(sim, suspended=IN_SUSPENDED)
    falls_asleep(sim)
    wakes(sim)
    with_many_requests(sim, minutes=4)
    sim.scaled.apply_an_old_plan(WEB.name, maximum=5)
    assert suspended(sim) == ALL_SUSPENDED
    with_many_requests(sim, minutes=minutes)


def test_an_old_plan_that_is_applied_after_the_wake_is_undone_within_three_ticks() -> None:
    with Simulation() as sim:
        used_with_an_old_plan_applied(sim, minutes=3)
        assert (suspended(sim), bounds(sim)) == (IN_SUSPENDED, (1, 5))


def test_an_old_plan_that_is_applied_after_the_wake_is_explained() -> None:
    with Simulation() as sim:
        used_with_an_old_plan_applied(sim, minutes=3)
        found = explained(sim)
        assert found is not None, sim.record.trace()
        assert (found.reason, found.needs_attention) == ("scaling_suspended_again", True)


def test_a_service_in_use_is_not_stopped_although_an_old_plan_is_applied() -> None:
    with Simulation() as sim:
        used_with_an_old_plan_applied(sim, minutes=10)
        assert (stops(sim, WEB), phase_of(sim, WEB)) == (1, Phase.AWAKE)
        assert desired(sim) == 3, "the policy has scaled out"


def test_an_old_plan_that_is_applied_just_after_scaling_was_put_back_is_undone_too() -> None:
    """A run may still put it back for 70 seconds. Then the next tick undoes the plan."""
    with Simulation() as sim:
        scaled(sim)
        falls_asleep(sim)
        sim.now_or_fail(lambda: sim.wake({"service": WEB.key}))
        while suspended(sim) == ALL_SUSPENDED:
            sim.advance(SECOND)
        sim.scaled.apply_an_old_plan(WEB.name, maximum=5)
        sim.minutes(3)
        must_scale(sim)
