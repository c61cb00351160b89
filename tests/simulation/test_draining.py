"""Going to zero with wake rules: a request before the stop causes no cold start, and no request is overlooked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator import http
from simulator.account import a_service, host_of, woken_by_requests
from simulator.fault_injection import CallFault, NoFaults, Planned, Refusing
from simulator.http import Response
from simulator.runs import TICK
from simulator.simulation import START

from .patient_clients import follow, program
from .scenes import (
    DRAINING_TICK,
    SECOND,
    SHOP,
    STOPPING_TICK,
    TASKS,
    armed,
    draining,
    must_be_disarmed,
    must_sleep,
    phase_of,
    propagating,
    stops,
)
from .simulation import Simulation

propagations = st.integers(0, 20)
DRAINS_FOR = 179
"""Seconds from the tick that arms the rules to the tick that stops the service."""


def stopped_at(sim: Simulation) -> datetime:
    stop = sim.record.last(SHOP.name, stop=True)
    assert stop is not None, sim.record.trace()
    return stop.at


@settings(max_examples=10)
@given(second=st.integers(0, DRAINS_FOR - 1))
@example(second=DRAINS_FOR - 1)
def test_a_request_while_it_drains_causes_no_cold_start(second: int) -> None:
    """The client waits at most two seconds if changed rules take effect at once."""
    with Simulation(timings=propagating(0)) as sim:
        draining(sim)
        sim.advance(second * SECOND)
        waited: list[timedelta] = []

        def send_request() -> None:
            requested_at = sim.world.now
            assert follow(sim, SHOP, http.by_program(SHOP)).by_application
            waited.append(sim.world.now - requested_at)

        sim.after(timedelta(0), send_request)
        sim.advance(10 * SECOND)
        assert waited[0] <= 2 * SECOND, sim.record.trace()
        must_be_disarmed(sim)
        sim.minutes(4)
        assert stops(sim) == 0


@settings(max_examples=12)
@given(second=st.integers(0, 200), propagation=propagations)
@example(second=DRAINS_FOR - 4, propagation=20)
@example(second=DRAINS_FOR + 1, propagation=20)
def test_a_request_at_any_second_is_served_without_a_start_or_by_one(second: int, propagation: int) -> None:
    with Simulation(timings=propagating(propagation)) as sim:
        draining(sim)
        sim.advance(second * SECOND)
        served: list[Response] = []
        sim.after(timedelta(0), lambda: served.append(program(sim, SHOP)))
        sim.minutes(3)
        assert [response.by_application for response in served] == [True], sim.record.trace()
        assert stops(sim) == (0 if second <= DRAINS_FOR else 1)
        sim.minutes(14)
        must_sleep(sim)


@settings(max_examples=10)
@given(before=st.integers(-19, 150))
def test_a_request_that_no_metric_showed_yet_when_it_began_to_drain_keeps_it_awake(before: int) -> None:
    """It came shortly before the rules were armed, or afterwards under the old rule. Metrics are late."""
    with Simulation(timings=propagating(20)) as sim:
        sim.add_service(SHOP, desired=TASKS)
        armed_at = START + (DRAINING_TICK - 1) * MINUTE + 10 * SECOND
        met: list[bool] = []
        sim.at(armed_at - before * SECOND, lambda: met.append(sim.request(SHOP)))
        sim.minutes(STOPPING_TICK + 1)
        assert met == [True]
        assert stops(sim) == 0, "five minutes have not passed since the request"
        sim.minutes(10)
        must_sleep(sim)
        assert stopped_at(sim) - (armed_at - before * SECOND) >= SHOP.idle


@settings(max_examples=10)
@given(tick_second=st.floats(0, 59.9).map(lambda second: round(second, 1)), propagation=propagations)
@example(tick_second=0.0, propagation=20)
@example(tick_second=59.5, propagation=0)
@example(tick_second=59.7, propagation=0)
def test_it_sleeps_eight_to_ten_minutes_after_the_last_request(tick_second: float, propagation: int) -> None:
    """The time counts from the minute of the request, as the metrics do. A tick takes less than a second."""
    minute = START + timedelta(minutes=10)
    with Simulation(tick_second=tick_second, timings=propagating(propagation)) as sim:
        sim.add_service(SHOP, desired=TASKS)
        for number in range(1, 22):
            sim.at(START + number * MINUTE / 2, lambda: sim.request(SHOP, 1))
        sim.minutes(25)
        assert stopped_at(sim) - minute >= 8 * MINUTE
        assert stopped_at(sim) - (minute + MINUTE) <= 10 * MINUTE + SECOND


def test_a_drain_lead_makes_it_drain_and_sleep_sooner_but_never_within_its_window() -> None:
    eager = woken_by_requests(a_service("shop", groups=2), drain_lead=3 * MINUTE)
    with Simulation() as sim:
        sim.add_service(eager, desired=TASKS)
        sim.minutes(3)
        assert phase_of(sim, eager) is Phase.DRAINING
        sim.minutes(5)
        must_sleep(sim, eager)
        assert SHOP.idle <= stopped_at(sim) - (START + 10 * SECOND) <= SHOP.idle + MINUTE


def test_it_is_not_stopped_while_a_task_is_protected_and_its_rules_are_disarmed() -> None:
    with Simulation() as sim:
        draining(sim)
        sim.ports.protected_until[SHOP.name] = sim.world.now + 30 * MINUTE
        sim.tracker.hinder(SHOP.name, "a task is protected")
        sim.minutes(25)
        assert stops(sim) == 0
        sim.tracker.no_longer_hinder(SHOP.name, "a task is protected")
        sim.minutes(25)
        must_sleep(sim)


def test_it_is_not_stopped_while_a_deployment_runs_and_its_rules_are_disarmed() -> None:
    with Simulation() as sim:
        draining(sim)
        sim.deploy(SHOP.name)
        sim.minutes(1)
        assert (phase_of(sim), armed(sim)) == (Phase.AWAKE, {False})
        sim.minutes(20)
        must_sleep(sim)


@pytest.mark.parametrize("rule", [0, 1])
@pytest.mark.parametrize("minute", [0.2, 1.2, 2.2, 2.9])
def test_a_rule_that_an_operator_disarms_while_it_drains_is_armed_again_and_delays_the_stop(
    minute: float, rule: int
) -> None:
    """A request meanwhile does not reach the wake function. Only the metrics show it."""
    on_request = SHOP.wake_on_request
    assert on_request is not None
    with Simulation() as sim:
        draining(sim)
        sim.minutes(minute)
        disarmed = next(iter(sim.ports.listeners.changes[on_request.rules[rule].arn])).conditions
        sim.ports.listeners.set_conditions(on_request.rules[rule].arn, disarmed)
        sim.tracker.disturb(SHOP.name)
        sim.advance(4 * SECOND)
        requested_at = sim.world.now
        met: list[bool] = []
        sim.after(timedelta(0), lambda: met.append(sim.request(SHOP, rule)))
        sim.minutes(16)
        assert met == [True]
        must_sleep(sim)
        assert stopped_at(sim) - requested_at >= SHOP.idle


def test_new_hosts_of_its_own_rule_delay_the_stop() -> None:
    """A request to a new host bypasses the module's rule until that rule has the host too."""
    with Simulation() as sim:
        draining(sim)
        sim.minutes(2.2)
        sim.routing.set_hosts(SHOP, host_of(SHOP), "www.example.com")
        sim.tracker.disturb(SHOP.name)
        sim.advance(4 * SECOND)
        requested_at = sim.world.now
        met: list[Response] = []
        request = replace(http.by_program(SHOP), host="www.example.com")
        sim.after(timedelta(0), lambda: met.append(sim.load_balancer.send(SHOP, request)))
        sim.minutes(18)
        assert [response.by_application for response in met] == [True]
        must_sleep(sim)
        assert stopped_at(sim) - requested_at >= SHOP.idle


def test_a_service_whose_rules_cannot_be_armed_is_never_stopped() -> None:
    """It drains for ten minutes, is awake again, and drains again. When the rules can be changed, it sleeps."""
    with Simulation() as sim:
        sim.fault_plan = Refusing("set_conditions")
        sim.add_service(SHOP, desired=TASKS)
        sim.minutes(DRAINING_TICK - 0.5)
        phases = []
        for _ in range(30):
            phases.append(phase_of(sim))
            sim.minutes(1)
        assert phases.index(Phase.AWAKE) == 10
        assert stops(sim) == 0
        sim.fault_plan = NoFaults()
        sim.minutes(16)
        must_sleep(sim)


@pytest.mark.parametrize("second", [1, 20, 59])
@pytest.mark.parametrize("slow", ["the first", "the duplicate"])
def test_ticks_that_overlap_while_it_drains_stop_it_once_and_every_client_is_served(slow: str, second: int) -> None:
    number = STOPPING_TICK if slow == "the first" else STOPPING_TICK + 1
    with Simulation() as sim:
        sim.fault_plan = Planned(TICK, number, 13, CallFault(lasts=40 * SECOND))
        sim.add_service(SHOP, desired=TASKS)
        sim.at(START + (STOPPING_TICK - 1) * MINUTE + (10 + second) * SECOND, sim.tick)
        sim.minutes(STOPPING_TICK - 1.5)
        served: list[Response] = []
        sim.after(70 * SECOND, lambda: served.append(program(sim, SHOP)))
        sim.minutes(4)
        assert [response.by_application for response in served] == [True], sim.record.trace()
        must_be_disarmed(sim)
