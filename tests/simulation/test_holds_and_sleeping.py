"""Holds and requests to sleep, from beginning to end: the last request counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scale_to_zero.actions.notification_texts import ChangeKind
from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Hold, Phase
from simulator import http
from simulator.account import a_service, woken_by_requests
from simulator.calls import SET_DESIRED_COUNT
from simulator.fault_injection import CallFault, Planned
from simulator.http import Response
from simulator.runs import TICK
from simulator.terraform import Terraform
from simulator.world import NoCapacity

from .commands import awake, held_until, hold, must_be_held, notified_changes, release, sleep, sleep_payload
from .patient_clients import follow, program
from .promise_tracker import TASKS_DO_NOT_START
from .scenarios import SCENARIOS, STOPPING_TICK, TASKS, WEB, must_be_asleep, must_be_awake
from .scenes import (
    SECOND,
    SHOP,
    asleep_again,
    fallen_asleep,
    must_be_disarmed,
    must_sleep,
    phase_of,
    propagating,
    starts,
    stops,
)
from .simulation import Simulation


def last_stop(sim: Simulation, service: Service = WEB) -> datetime:
    stop = sim.record.last(service.name, stop=True)
    assert stop is not None, sim.record.trace()
    return stop.at


# A hold, from beginning to end


def test_an_idle_service_sleeps_when_its_hold_ends_and_not_before() -> None:
    with Simulation() as sim:
        awake(sim)
        hold(sim, 60)
        until = held_until(sim)
        assert until is not None
        sim.minutes(59)
        must_be_held(sim)
        sim.minutes(5)
        must_be_asleep(sim)
        assert timedelta(0) <= last_stop(sim) - until <= MINUTE + 2 * SECOND


def test_the_wake_rules_of_a_held_service_are_not_armed_before_its_hold_ends() -> None:
    with Simulation() as sim:
        awake(sim, SHOP)
        hold(sim, 60, SHOP)
        sim.minutes(59)
        must_be_disarmed(sim)
        assert ChangeKind.DRAINS not in notified_changes(sim, SHOP)
        sim.minutes(6)
        must_sleep(sim)


def test_a_service_that_is_released_sleeps_as_any_idle_one() -> None:
    with Simulation() as sim:
        awake(sim)
        hold(sim, 600)
        sim.minutes(30)
        release(sim)
        must_be_awake(sim)
        sim.minutes(1.5)
        must_be_asleep(sim)


def test_a_hold_wakes_a_sleeping_service_and_makes_a_draining_one_awake_again() -> None:
    with Simulation() as sim:
        awake(sim, SHOP)
        sleep(sim, SHOP)
        assert phase_of(sim) is Phase.DRAINING
        hold(sim, 20, SHOP)
        sim.minutes(0.1)
        must_be_disarmed(sim)
        assert (starts(sim), stops(sim)) == (0, 0)
        sim.minutes(35)
        must_sleep(sim)
        hold(sim, 20, SHOP)
        sim.minutes(3)
        must_be_disarmed(sim)


def test_a_hold_requested_between_a_ticks_reading_and_its_stop_wins() -> None:
    calls = SCENARIOS["sleep"].calls()
    stop = calls.index(SET_DESIRED_COUNT)
    write = max(number for number, call in enumerate(calls[:stop]) if call == "write")
    for number in range(1, write + 2):
        with Simulation() as sim:
            begin = lambda sim=sim: sim.after(timedelta(0), lambda: sim.wake({"service": "web", "hold_minutes": 30}))  # noqa: E731
            sim.fault_plan = Planned(TICK, STOPPING_TICK, number, CallFault(lasts=5 * SECOND), begin)
            sim.add_service(WEB, desired=TASKS)
            sim.minutes(STOPPING_TICK + 20)
            must_be_held(sim)
            assert stops(sim, WEB) == 0, f"call {number}"
            sim.minutes(12)
            must_be_asleep(sim)


def test_a_hold_requested_while_it_is_being_stopped_wakes_it_again() -> None:
    number = SCENARIOS["sleep"].number_of_key_call()
    with Simulation() as sim:
        begin = lambda: sim.after(timedelta(0), lambda: sim.wake({"service": "web", "hold_minutes": 30}))  # noqa: E731
        sim.fault_plan = Planned(TICK, STOPPING_TICK, number, CallFault(lasts=20 * SECOND), begin)
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(STOPPING_TICK + 20)
        must_be_held(sim)
        assert (stops(sim, WEB), starts(sim, WEB)) == (1, 1)


@pytest.mark.parametrize(("command", "awake"), [("wake", False), ("hold", True)])
def test_the_last_request_while_it_is_being_stopped_counts_unless_it_is_held(command: str, awake: bool) -> None:
    number = SCENARIOS["sleep"].number_of_key_call()
    payload: dict[str, object] = {"service": "web"} | ({"hold_minutes": 30} if command == "hold" else {})
    with Simulation() as sim:

        def meanwhile() -> None:
            sim.after(SECOND, lambda: sim.wake(payload))
            sim.after(5 * SECOND, lambda: sim.sleep(sleep_payload(WEB)))

        sim.fault_plan = Planned(TICK, STOPPING_TICK, number, CallFault(lasts=20 * SECOND), meanwhile)
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(STOPPING_TICK + 5)
        (must_be_held if awake else must_be_asleep)(sim)
        assert starts(sim, WEB) == awake


# A request to sleep


def test_a_service_in_use_goes_to_zero_at_once_and_a_later_wake_wakes_it_again() -> None:
    with Simulation() as sim:
        awake(sim)
        sleep(sim)
        must_be_asleep(sim)
        assert notified_changes(sim) == [ChangeKind.ASLEEP]
        sim.now_or_fail(lambda: sim.wake({"service": "web"}))
        sim.minutes(4)
        must_be_awake(sim)


def test_a_held_service_is_put_to_sleep_only_by_force() -> None:
    with Simulation() as sim:
        awake(sim)
        hold(sim, 60)
        sleep(sim)
        sim.minutes(3)
        must_be_held(sim)
        sleep(sim, force=True)
        must_be_asleep(sim)
        assert held_until(sim) is None
        sim.minutes(10)
        must_be_asleep(sim)


@settings(max_examples=8)
@given(service=st.sampled_from([WEB, SHOP]), before=st.floats(0.1, 19.5))
def test_several_requests_arrive_while_ticks_overlap_and_it_stops_once(service: Service, before: float) -> None:
    with Simulation() as sim:
        awake(sim, service)
        sim.advance((20 - before) * SECOND)
        for number in range(4):
            sim.after(number * 30 * timedelta(milliseconds=1), partial(sim.sleep, sleep_payload(service)))
            sim.after(number * 40 * timedelta(milliseconds=1), sim.tick)
        sim.minutes(3)
        assert (sim.checker.desired(service.name), phase_of(sim, service)) == (0, Phase.ASLEEP)
        assert stops(sim, service) == 1


@settings(max_examples=20)
@given(second=st.integers(0, 90), propagation=st.integers(0, 20))
def test_a_client_at_any_second_after_the_request_is_served_without_an_error(second: int, propagation: int) -> None:
    """The service answers. Its rules are not in force yet, or they are disarmed while it drains, or it is woken."""
    served: list[Response] = []
    with Simulation(timings=propagating(propagation)) as sim:
        awake(sim, SHOP)
        sleep(sim, SHOP)
        sim.after(second * SECOND, lambda: served.append(program(sim, SHOP)))
        sim.minutes(5)
        assert [response.by_application for response in served] == [True]
        if second >= propagation:
            must_be_disarmed(sim)
        sim.minutes(20)
        must_sleep(sim)


def test_a_wake_whose_tasks_do_not_start_is_stopped_on_request() -> None:
    with Simulation() as sim:
        fallen_asleep(sim, SHOP)
        sim.world.set_start_fault(*SHOP.name, NoCapacity())
        sim.tracker.hinder(SHOP.name, TASKS_DO_NOT_START)
        hold(sim, 60, SHOP)
        sim.minutes(10)
        sleep(sim, SHOP, force=True)
        must_sleep(sim)
        sim.minutes(10)
        must_sleep(sim)


@settings(max_examples=10)
@given(service=st.sampled_from([WEB, SHOP]), seconds=st.integers(1, 40))
def test_a_watcher_whose_service_is_put_to_sleep_ends_and_starts_nothing(service: Service, seconds: int) -> None:
    with Simulation() as sim:
        fallen_asleep(sim, service) if service is SHOP else fallen_asleep_without_rules(sim)
        sim.after(timedelta(0), lambda: sim.wake({"service": service.key}))
        sim.after(seconds * SECOND, lambda: sim.sleep(sleep_payload(service)))
        sim.minutes(4)
        assert (sim.checker.desired(service.name), phase_of(sim, service)) == (0, Phase.ASLEEP), sim.record.trace()
        assert starts(sim, service) == 1
        changes = notified_changes(sim, service)
        assert changes[-1] is ChangeKind.ASLEEP
        assert changes.count(ChangeKind.WAKES) == 1


def fallen_asleep_without_rules(sim: Simulation) -> None:
    sim.add_service(WEB, desired=TASKS)
    sim.minutes(11)
    must_be_asleep(sim)


def test_a_client_that_waits_during_a_request_to_sleep_is_served() -> None:
    """The client's request is later than the request to sleep, and the service still starts, so the wake goes on."""
    served: list[Response] = []
    with Simulation() as sim:
        fallen_asleep(sim, SHOP)
        sim.now_or_fail(lambda: sim.wake({"service": SHOP.key}))
        sleep(sim, SHOP)
        sim.after(timedelta(0), lambda: follow(sim, SHOP, http.by_program(SHOP)))
        sim.after(30 * SECOND, lambda: served.append(program(sim, SHOP)))
        sim.minutes(3)
        assert [response.by_application for response in served] == [True]
        must_be_disarmed(sim)


def test_a_client_that_waits_while_the_service_is_put_to_sleep_gets_the_state_asleep() -> None:
    """The tasks do not start, and the rules have long been in force, so the request to sleep stops the wake at once."""
    service = woken_by_requests(a_service("shop", groups=2), wait=50 * SECOND)
    responses: list[Response] = []
    with Simulation(timings=propagating(0, task_start=20 * SECOND)) as sim:
        asleep_again(sim, service)
        sim.world.set_start_fault(*service.name, NoCapacity())
        sim.tracker.hinder(service.name, TASKS_DO_NOT_START)
        sim.now_or_fail(lambda: sim.wake({"service": service.key}))
        sim.minutes(1)
        sim.after(timedelta(0), lambda: responses.append(sim.load_balancer.send(service, http.by_program(service))))
        sim.after(10 * SECOND, lambda: sim.sleep(sleep_payload(service)))
        sim.minutes(1)
        (answer,) = responses
        assert (answer.status, answer.json()["state"]) == (503, "asleep"), sim.record.trace()
        assert answer.retry_after is not None
        must_sleep(sim, service)


# A held service, and Terraform


def test_a_held_service_that_leaves_keeps_running() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        fallen_asleep_again(sim)
        hold(sim, 60)
        sim.advance(5 * SECOND)
        sim.after(timedelta(0), lambda: Terraform(sim, WEB).apply(None))
        sim.minutes(90)
        assert sim.checker.desired(WEB.name) == TASKS


def fallen_asleep_again(sim: Simulation) -> None:
    sim.minutes(11)
    must_be_asleep(sim)


@pytest.mark.parametrize("when", [5, 120], ids=["while it wakes", "when it is awake"])
def test_a_held_service_whose_mode_becomes_dry_run_is_left_running(when: int) -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        fallen_asleep_again(sim)
        hold(sim, 60)
        sim.advance(when * SECOND)
        terraform = Terraform(sim, WEB)
        sim.now_or_fail(lambda: terraform.apply(replace(WEB, mode=Mode.DRY_RUN)))
        sim.minutes(90)
        assert sim.checker.desired(WEB.name) == TASKS
        sim.now_or_fail(lambda: terraform.apply(WEB))
        sim.minutes(12)
        must_be_asleep(sim)


def test_a_hold_is_kept_while_the_mode_is_dry_run() -> None:
    with Simulation() as sim:
        awake(sim)
        hold(sim, 60)
        kept = Hold(sim.state(WEB.name).hold.until, "demo")  # type: ignore[union-attr]
        terraform = Terraform(sim, WEB)
        sim.now_or_fail(lambda: terraform.apply(replace(WEB, mode=Mode.DRY_RUN)))
        sim.minutes(20)
        sim.now_or_fail(lambda: terraform.apply(WEB))
        sim.minutes(20)
        assert sim.state(WEB.name).hold == kept  # type: ignore[union-attr]
        must_be_awake(sim)
