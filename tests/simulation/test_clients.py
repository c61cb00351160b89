"""What clients of a sleeping service get: the application, or when to send the request again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator import http
from simulator.account import a_service, woken_by_requests
from simulator.fault_injection import NO_FAULT, CallFault, NoFaults
from simulator.http import Response
from simulator.ports.faults import Call
from simulator.runs import Run
from simulator.world import NoCapacity

from .patient_clients import MOST_REDIRECTS, browser, follow, program
from .promise_tracker import TASKS_DO_NOT_START
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
)
from .simulation import Simulation

PROPAGATIONS = [0, 3, 20]
QUICK_START = propagating(0, task_start=20 * SECOND)
"""With these timings a wake takes about half a minute, and requests wait for it."""
MANY = 40


@dataclass
class Listing(NoFaults):
    """A fault plan without faults that lists the calls of all runs."""

    calls: list[tuple[str, str]] = field(default_factory=list)

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Record the call; return no fault."""
        self.calls.append((run.kind, call.name))
        return NO_FAULT


def with_waiting_requests(wait: timedelta, most: int = 10) -> Service:
    return woken_by_requests(a_service("shop", groups=2), wait=wait, max_waiting=most)


def send_requests(sim: Simulation, service: Service, number: int) -> list[Response]:
    """Let this many programs send a request at once; return a list that gets their answers."""
    served: list[Response] = []
    for _ in range(number):
        sim.after(timedelta(0), lambda: served.append(program(sim, service)))
    return served


@pytest.mark.parametrize("propagation", PROPAGATIONS)
@pytest.mark.parametrize("client", [program, browser])
def test_every_client_of_a_sleeping_service_reaches_the_application(
    client: Callable[[Simulation, Service], Response], propagation: int
) -> None:
    with Simulation(timings=propagating(propagation)) as sim:
        fallen_asleep(sim)
        served: list[Response] = []
        sim.after(timedelta(0), lambda: served.append(client(sim, SHOP)))
        sim.minutes(3)
        assert [response.by_application for response in served] == [True], sim.record.trace()
        must_be_disarmed(sim)
        sim.minutes(12)
        must_sleep(sim)


def test_a_waiting_program_gets_one_redirect_and_then_the_application() -> None:
    service = with_waiting_requests(50 * SECOND)
    with Simulation(timings=QUICK_START) as sim:
        asleep_again(sim, service)
        seen: list[Response] = []

        def send_two() -> None:
            seen.append(sim.load_balancer.send(service, http.by_program(service)))
            seen.append(sim.load_balancer.send(service, http.by_program(service)))

        sim.after(timedelta(0), send_two)
        sim.minutes(2)
        assert [response.status for response in seen] == [307, 200], sim.record.trace()


@pytest.mark.parametrize("most", [0, 3])
def test_a_request_above_the_limit_gets_the_state_waking_and_a_retry_after(most: int) -> None:
    """With the state "unavailable", a program might show an error to its user, or stop trying."""
    service = with_waiting_requests(50 * SECOND, most)
    with Simulation(timings=QUICK_START) as sim:
        asleep_again(sim, service)
        responses: list[Response] = []
        for _ in range(most + 1):
            sim.after(timedelta(0), lambda: responses.append(sim.load_balancer.send(service, http.by_program(service))))
        sim.advance(SECOND)
        (refused,) = responses
        assert (refused.status, refused.json()["state"]) == (503, "waking"), sim.record.trace()
        assert "The limit of waiting requests is reached" in refused.json()["detail"]
        assert refused.retry_after is not None
        assert refused.retry_after > 20, "as long as it usually takes"


def test_only_as_many_requests_wait_as_the_limit_allows() -> None:
    """The checker also counts waiting requests. This test lists them."""
    service = with_waiting_requests(50 * SECOND, 3)
    with Simulation(timings=QUICK_START) as sim:
        asleep_again(sim, service)
        sim.after(timedelta(0), lambda: sim.load_balancer.send(service, http.by_program(service)))
        sim.advance(5 * SECOND)
        served = send_requests(sim, service, 10)
        sim.advance(5 * SECOND)
        assert len(sim.checker.wakes.waiting_requests(service.name)) == 3, sim.record.trace()
        sim.minutes(3)
        assert [response.by_application for response in served] == [True] * 10


def test_many_requests_at_once_wake_it_with_one_update() -> None:
    fault_plan = Listing()
    with Simulation(fault_plan=fault_plan) as sim:
        asleep_again(sim)
        fault_plan.calls.clear()
        served = send_requests(sim, SHOP, MANY)
        sim.minutes(3)
        assert [response.by_application for response in served] == [True] * MANY
        assert starts(sim) == 2
        assert fault_plan.calls.count(("watcher", "set_desired_count")) == 1
        assert [call for call in fault_plan.calls if call[1] == "set_desired_count"] == [
            ("watcher", "set_desired_count")
        ]


def test_a_page_that_is_left_open_wakes_nothing_and_keeps_nothing_awake() -> None:
    with Simulation() as sim:
        fallen_asleep(sim)
        for number in range(600):
            sim.after(number * 2 * SECOND, lambda: sim.load_balancer.send(SHOP, http.by_page(SHOP)))
        sim.minutes(20)
        must_sleep(sim)
        assert starts(sim) == 0


def test_with_ask_before_waking_only_the_button_wakes_it() -> None:
    service = woken_by_requests(a_service("shop", groups=2), ask_before_waking=True)
    with Simulation() as sim:
        fallen_asleep(sim, service)
        for number in range(20):
            by = [http.by_program, http.by_browser, http.by_page][number % 3]
            sim.after(number * 20 * SECOND, lambda by=by: follow(sim, service, by(service)))  # type: ignore[misc]
        sim.minutes(7)
        assert starts(sim, service) == 0
        served: list[Response] = []
        sim.after(timedelta(0), lambda: served.append(browser(sim, service)))
        sim.minutes(3)
        assert [response.by_application for response in served] == [True]
        assert starts(sim, service) == 1


def test_clients_get_the_cause_of_a_failed_start_and_the_service_starts_when_it_can() -> None:
    with Simulation() as sim:
        fallen_asleep(sim)
        sim.world.set_start_fault(*SHOP.name, NoCapacity())
        sim.tracker.hinder(SHOP.name, TASKS_DO_NOT_START)
        responses: list[Response] = []
        for minute in range(9):
            sim.after(minute * MINUTE, lambda: responses.append(follow(sim, SHOP, http.by_program(SHOP))))
        sim.minutes(9)
        assert {response.status for response in responses} == {503}
        assert responses[0].json()["state"] == "waking"
        assert responses[-1].json()["state"] == "failed"
        assert "Capacity is unavailable" in responses[-1].json()["cause"]
        sim.world.set_start_fault(*SHOP.name, None)
        sim.tracker.no_longer_hinder(SHOP.name, TASKS_DO_NOT_START)
        served = send_requests(sim, SHOP, 1)
        sim.minutes(5)
        assert [response.by_application for response in served] == [True], sim.record.trace()


@pytest.mark.parametrize("propagation", [60, 3600])
def test_no_client_runs_out_of_redirects_however_long_the_old_rule_is_used(propagation: int) -> None:
    with Simulation(timings=propagating(3)) as sim:
        fallen_asleep(sim)
        sim.world.listener_rules.propagation = propagation * SECOND
        responses: list[Response] = []
        redirects: list[int] = []

        def send_requests() -> None:
            for _ in range(120):
                response = sim.load_balancer.send(SHOP, http.by_program(SHOP))
                responses.append(response)
                if response.status == 307:
                    redirects[-1] += 1
                    continue
                redirects.append(0)
                sim.turns.wait((response.retry_after or 5) * SECOND)

        redirects.append(0)
        sim.after(timedelta(0), send_requests)
        sim.minutes(5)
        assert phase_of(sim) is Phase.AWAKE
        assert 5 < max(redirects) <= MOST_REDIRECTS
        assert {response.status for response in responses} <= {200, 307, 503}


def test_a_lost_watcher_is_sent_again_for_the_next_request() -> None:
    with Simulation() as sim:
        fallen_asleep(sim)
        lost: list[Sequence[str]] = []
        start, sim.ports.watcher = sim.ports.watcher, lost.append
        served = send_requests(sim, SHOP, 1)
        sim.advance(5 * SECOND)
        sim.ports.watcher = start
        sim.minutes(3)
        assert lost == [["shop"]]
        assert [response.by_application for response in served] == [True], sim.record.trace()


def test_new_hosts_of_its_own_rule_are_armed_within_a_tick_while_it_sleeps() -> None:
    with Simulation() as sim:
        fallen_asleep(sim)
        sim.routing.set_hosts(SHOP, "shop.example.com", "www.example.com")
        sim.tracker.disturb(SHOP.name)
        sim.minutes(1.2)
        responses: list[Response] = []
        request = replace(http.by_program(SHOP), host="www.example.com")
        sim.after(timedelta(0), lambda: responses.append(sim.load_balancer.send(SHOP, request)))
        sim.minutes(3)
        assert responses[0].by == http.WAKE_FUNCTION
        must_be_disarmed(sim)
