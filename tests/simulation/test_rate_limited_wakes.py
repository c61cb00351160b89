"""Many services are woken at once: AWS's rates make some of them wait, but no wake fails because of this."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Hold, Phase, Stop
from scale_to_zero.rules import phases
from scale_to_zero.rules.overview import overview
from scale_to_zero.tick.run import TickFailed
from simulator.account import a_service
from simulator.ports.faults import Call, Fault, RunCutOff
from tests.service_states import a_wake, wake_of
from tests.unit.web.visitor.scene import log_records

from .module_instance import STEADY, ModuleInstance

AT_ONCE = 50
"""What AWS allows at once (``rate_limiter.SERVICE_UPDATE_RATE``)."""
SECOND = timedelta(seconds=1)


def asleep(count: int, task_start: timedelta = 265 * SECOND) -> tuple[ModuleInstance, list[Service]]:
    """Return this many sleeping services, each observed once by a tick. ``task_start``: how long their tasks start."""
    services = [a_service(f"service-{number:03}") for number in range(count)]
    instance = ModuleInstance(*services, desired=0, timings=replace(STEADY, task_start=task_start))
    instance.ticks(1)
    return instance, services


def wake_all(instance: ModuleInstance, **further: object) -> dict[str, dict[str, object]]:
    return instance.wake({**further})


def fails_in(instance: ModuleInstance, minutes: int) -> list[str]:
    """Run a tick each minute; return the services whose wake failed at some minute."""
    failed = set()
    for _ in range(minutes):
        with suppress(TickFailed):  # AWS refused a call
            instance.tick()
        instance.world.advance(MINUTE)
        failed |= {str(name) for name, state in instance.ports.table.states.items() if state.failed}
    return sorted(failed)


def test_no_wake_fails_because_it_waits() -> None:
    instance, services = asleep(400)
    wake_all(instance)
    assert fails_in(instance, 10) == []
    assert {instance.state(service.name).phase for service in services} == {Phase.AWAKE}


def test_the_usual_wake_time_does_not_contain_the_wait_for_a_turn() -> None:
    instance, services = asleep(400)
    wake_all(instance)
    instance.ticks(10)
    usual = [instance.state(service.name).usual_wake for service in services]
    assert max(filter(None, usual)) - min(filter(None, usual)) <= MINUTE, "observed once a minute"


def test_a_wake_that_waits_for_its_turn_is_saved_and_is_in_the_answer() -> None:
    instance, services = asleep(400)
    requested_at = instance.world.now
    answer = wake_all(instance)
    waiting = [service for service in services if instance.desired(service) == 0]
    assert len(waiting) > 100
    for service in waiting:
        state = instance.state(service.name)
        assert (state.phase, state.since, wake_of(state)) == (
            Phase.WAKING,
            requested_at,
            a_wake(requested_at + 5 * MINUTE, first_requested_at=requested_at),
        )
        assert answer[service.key]["message"] == (
            f"{service.key} wakes: its desired count is set to 1; "
            "one of the next ticks does this, because AWS limits the rate"
        )


def test_a_tick_that_starts_it_says_so() -> None:
    instance, services = asleep(400)
    wake_all(instance)
    waiting = [service for service in services if instance.desired(service) == 0]
    with log_records(logging.INFO) as records:
        instance.tick()
    said = [record.getMessage() for record in records]
    assert {f"{service.key} wakes: its desired count is set to 1" for service in waiting} <= set(said)
    assert not [line for line in said if "again" in line]


def test_the_wake_began_with_its_request() -> None:
    instance, services = asleep(300)
    requested_at = instance.world.now
    wake_all(instance)
    instance.ticks(2)
    assert {wake_of(instance.state(service.name)).first_requested_at for service in services} == {requested_at}


def test_a_hold_of_the_same_request_is_kept() -> None:
    instance, services = asleep(300)
    until = instance.world.now + 60 * MINUTE
    wake_all(instance, hold_minutes=60, reason="demo")
    assert {instance.state(service.name).hold for service in services} == {Hold(until, "demo")}
    instance.ticks(8)
    assert {instance.state(service.name).hold for service in services} == {Hold(until, "demo")}
    assert {instance.state(service.name).phase for service in services} == {Phase.AWAKE}


@pytest.mark.parametrize("starts", [1, AT_ONCE, AT_ONCE + 1, AT_ONCE + 20])
def test_the_ticks_start_the_wakes_that_a_crashed_run_has_not_started(starts: int) -> None:
    instance, services = asleep(AT_ONCE + 40)
    made: list[Call] = []

    def judge(call: Call) -> Fault | None:
        made.extend([call] if call.name == "set_desired_count" else [])
        return Fault.CUT_OFF_BEFORE if len(made) >= starts else None

    instance.ports.faults.fault_of_call = judge
    with pytest.raises(RunCutOff):
        wake_all(instance)
    assert len(made) == starts
    instance.ports.faults.fault_of_call = lambda call: None
    requested = [service for service in services if instance.state(service.name).phase is Phase.WAKING]
    assert len(requested) == (len(services) if starts > AT_ONCE else starts)
    instance.ticks(2)
    assert {instance.desired(service) for service in requested} == {1}


def during_the_wait(instance: ModuleInstance, act: Callable[[], object]) -> None:
    """Let something happen while the run waits for its turn for the first time."""
    sleep = instance.ports.sleep

    def first(seconds: float) -> None:
        instance.ports.sleep = sleep
        act()
        sleep(seconds)

    instance.ports.sleep = first


def falls_asleep(instance: ModuleInstance, service: Service) -> None:
    """Put the service to sleep as another run does."""
    state = instance.state(service.name)
    asleep_again = phases.fall_asleep(state, instance.world.now, stopped=state.stopped)
    instance.ports.table.states[service.name] = replace(asleep_again, version=state.version + 1)


def test_a_service_that_is_put_to_sleep_meanwhile_is_not_woken_again() -> None:
    instance, services = asleep(AT_ONCE + 2)
    last = services[-1]

    during_the_wait(instance, lambda: falls_asleep(instance, last))
    answer = wake_all(instance)
    assert instance.desired(last) == 0
    assert (answer[last.key]["phase"], answer[last.key]["message"]) == ("asleep", f"{last.key} is asleep")


def test_a_refused_start_of_a_service_that_is_put_to_sleep_meanwhile_is_not_tried_again() -> None:
    instance, services = asleep(AT_ONCE + 2)
    last = services[-1]
    instance.ports.faults.fail("set_desired_count", times=1)
    instance.wake({"service": last.key})

    during_the_wait(instance, lambda: falls_asleep(instance, last))
    wake_all(instance)
    assert instance.desired(last) == 0


def test_a_service_that_a_tick_starts_meanwhile_is_not_started_again() -> None:
    instance, services = asleep(AT_ONCE + 2)
    last = services[-1]

    def a_tick_runs_and_an_operator_sets_four() -> None:
        instance.tick()
        instance.world.set_desired_count(*last.name, 4)

    during_the_wait(instance, a_tick_runs_and_an_operator_sets_four)
    answer = wake_all(instance)
    starts = [call.subject for call in instance.ports.faults.calls if call.name == "set_desired_count"]
    assert starts.count(last.name) == 1
    assert (instance.desired(last), answer[last.key]["desired"], answer[last.key]["phase"]) == (4, 4, "waking")


def test_if_the_run_that_began_the_wake_has_died_a_request_starts_it_a_minute_later() -> None:
    instance, services = asleep(AT_ONCE + 2)
    made: list[Call] = []

    def judge(call: Call) -> Fault | None:
        made.extend([call] if call.name == "set_desired_count" else [])
        return Fault.CUT_OFF_BEFORE if len(made) > AT_ONCE else None

    instance.ports.faults.fault_of_call = judge
    with pytest.raises(RunCutOff):
        wake_all(instance)
    instance.ports.faults.fault_of_call = lambda _call: None
    last = services[-1]
    instance.wake({"service": last.key})
    assert instance.desired(last) == 0, "the run that began the wake may still be about to start the service"
    instance.world.advance(MINUTE)
    instance.wake({"service": last.key})
    assert instance.desired(last) == 1


def test_a_request_starts_at_once_a_service_that_an_operator_started_and_stopped() -> None:
    instance, [service] = asleep(1)
    instance.world.set_desired_count(*service.name, 1)
    instance.tick()
    instance.world.set_desired_count(*service.name, 0)
    instance.wake({"service": service.key})
    assert instance.desired(service) == 1


def test_the_expected_time_is_the_usual_wake_time_until_its_turn() -> None:
    instance, services = asleep(400)
    for service in services:
        state = instance.state(service.name)
        instance.ports.table.states[service.name] = replace(state, usual_wake=MINUTE)
    wake_all(instance)
    instance.world.advance(MINUTE)
    waiting = next(service for service in services if instance.desired(service) == 0)
    assert overview(waiting, instance.state(waiting.name), instance.world.now).expected == MINUTE


def test_the_sleeping_service_that_was_requested_first_is_started_first() -> None:
    instance, services = asleep(AT_ONCE + 10)
    last, now = services[-1], instance.world.now
    for service in services:
        requested = now - (MINUTE if service is last else 0 * MINUTE)
        waits = replace(instance.state(service.name), stop=Stop(now, requested))
        instance.ports.table.states[service.name] = waits
    instance.tick()
    starts = [call.subject for call in instance.ports.faults.calls if call.name == "set_desired_count"]
    assert starts[0] == last.name


def test_a_service_that_is_released_meanwhile_is_not_held_again() -> None:
    instance, services = asleep(AT_ONCE + 2)
    during_the_wait(instance, lambda: instance.wake({"service": services[-1].key, "release": True}))
    wake_all(instance, hold_minutes=60)
    assert instance.state(services[0].name).hold is not None
    assert instance.state(services[-1].name).hold is None
    assert instance.desired(services[-1]) == 1


def test_a_second_run_for_the_same_service_leaves_the_start_to_the_first() -> None:
    instance, services = asleep(AT_ONCE + 2)
    during_the_wait(instance, lambda: instance.wake({"service": services[-1].key}))
    wake_all(instance)
    starts = [call.subject for call in instance.ports.faults.calls if call.name == "set_desired_count"]
    assert starts.count(services[-1].name) == 1


@pytest.mark.parametrize("name", ["write", "set_desired_count"])
def test_a_tick_repeats_a_call_that_fails_when_its_turn_comes(name: str) -> None:
    instance, services = asleep(AT_ONCE + 2)
    during_the_wait(instance, lambda: instance.ports.faults.fail(name))
    answer = wake_all(instance)
    instance.ports.faults.fix()
    assert "next tick" in str(answer[services[-1].key]["message"])
    instance.ticks(1)
    assert {instance.desired(service) for service in services} == {1}


def test_throttled_services_come_before_those_that_have_not_had_their_turn() -> None:
    """Each run has its own rate limiter, AWS has one for all runs: it refuses calls of a tick just after a run."""
    instance, services = asleep(800, task_start=180 * SECOND)
    left, counted = float(AT_ONCE), instance.world.now

    def judge(call: Call) -> Fault | None:
        nonlocal left, counted
        if call.name != "set_desired_count":
            return None
        left = min(AT_ONCE, left + (instance.world.now - counted) / SECOND * 5)
        counted = instance.world.now
        if left < 1:
            return Fault.REFUSED
        left -= 1
        return None

    instance.ports.faults.fault_of_call = judge
    wake_all(instance)
    assert fails_in(instance, 9) == []
    assert {instance.desired(service) for service in services} == {1}
