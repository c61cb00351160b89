"""A stop that ECS refuses is undone in the same tick, so that clients of a running service never get a waiting page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from scale_to_zero.model.configured import Service
from scale_to_zero.model.service_state import Phase, ServiceState
from simulator import http
from simulator.account import a_service
from simulator.calls import SET_CONDITIONS, SET_DESIRED_COUNT
from simulator.fault_injection import NO_FAULT, CallFault, NoFaults
from simulator.http import Response
from simulator.ports.faults import Call, Fault
from simulator.runs import SLEEP, TICK, Run
from simulator.world import ImagePullFails
from tests.service_states import lease_of, retry_at_of, wake_of

from .patient_clients import follow
from .promise_tracker import TASKS_DO_NOT_START
from .scenes import SECOND, SHOP, STOPPING_TICK, TASKS, armed, fallen_asleep, must_be_disarmed, must_sleep, phase_of
from .simulation import Simulation

WEB = a_service("web")
REFUSED = CallFault(Fault.REFUSED)


@dataclass
class RefusingStops(NoFaults):
    """ECS refuses, or does not answer, each request for zero tasks.

    ``meanwhile``: done during the first of these requests. ``then``: calls that fail after such a request, in its run.
    """

    fault_of_stops: CallFault = REFUSED
    meanwhile: Callable[[], object] = lambda: None
    then: str = ""
    refused: list[Run] = field(default_factory=list)

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return ``fault_of_stops`` for a stop, and a refusal for ``then`` after a stop."""
        if self.refused and self.refused[-1] is run and call.name == self.then:
            return REFUSED
        if call.name != SET_DESIRED_COUNT or call.value != 0:
            return NO_FAULT
        if not self.refused:
            self.meanwhile()
        self.refused.append(run)
        return self.fault_of_stops


def until_refused(sim: Simulation, fault_plan: RefusingStops, service: Service) -> None:
    """Add the service, and wait without requests until its stop is refused and that tick has ended."""
    sim.fault_plan = fault_plan
    sim.add_service(service, desired=TASKS)
    sim.minutes(STOPPING_TICK - 1)
    sim.advance(15 * SECOND)
    assert [run.kind for run in fault_plan.refused] == [TICK], sim.record.trace()


def service_state(sim: Simulation, service: Service = SHOP) -> ServiceState:
    state = sim.state(service.name)
    assert state is not None
    return state


def visit(sim: Simulation) -> Response:
    """Send one request; return its answer."""
    answered: list[Response] = []
    sim.now_or_fail(lambda: answered.append(follow(sim, SHOP, http.by_browser(SHOP))))
    return answered[0]


def test_its_clients_reach_it_as_soon_as_that_tick_has_ended() -> None:
    with Simulation() as sim:
        until_refused(sim, RefusingStops(), SHOP)
        must_be_disarmed(sim)
        sim.advance(sim.world.timings.rule_propagation)
        assert visit(sim).by_application, sim.record.trace()


def test_the_tick_ends_with_an_error_that_says_what_ecs_refused() -> None:
    with Simulation() as sim:
        until_refused(sim, RefusingStops(), SHOP)
        refused = "set_desired_count of city-guided-cluster/shop was refused"
        line = f"shop: shop keeps running, because it could not be stopped: {refused}"
        assert line in sim.record.trace()


def test_a_service_without_wake_rules_is_awake_as_it_was_and_the_next_tick_tries_again() -> None:
    fault_plan = RefusingStops()
    with Simulation() as sim:
        sim.fault_plan = fault_plan
        sim.add_service(WEB, desired=TASKS)
        while not fault_plan.refused:
            before = service_state(sim, WEB) if sim.state(WEB.name) else None
            sim.minutes(1)
        assert before is not None
        after = service_state(sim, WEB)
        assert (after.phase, after.since, lease_of(after)) == (Phase.AWAKE, before.since, None)
        sim.minutes(1)
        assert len(fault_plan.refused) == 2
        sim.fault_plan = NoFaults()
        sim.minutes(1)
        assert (sim.checker.desired(WEB.name), phase_of(sim, WEB)) == (0, Phase.ASLEEP)


def test_once_it_is_allowed_again_the_service_sleeps() -> None:
    with Simulation() as sim:
        until_refused(sim, RefusingStops(), SHOP)
        sim.fault_plan = NoFaults()
        sim.minutes(11)
        must_sleep(sim)


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.ANSWER_LOST])
def test_a_stop_with_an_unknown_result_keeps_its_lease(fault: Fault) -> None:
    with Simulation() as sim:
        until_refused(sim, RefusingStops(CallFault(fault)), SHOP)
        assert phase_of(sim) is Phase.ASLEEP
        assert lease_of(service_state(sim)) is not None
        assert armed(sim) == {True}


def test_a_wake_that_was_requested_meanwhile_finds_it_awake() -> None:
    """The request was recorded while the stop was under way. The service runs, so nothing is started."""
    slow = CallFault(Fault.REFUSED, lasts=4 * SECOND)
    with Simulation() as sim:
        fault_plan = RefusingStops(slow, lambda: sim.after(SECOND, lambda: sim.wake({"service": SHOP.key})))
        until_refused(sim, fault_plan, SHOP)
        must_be_disarmed(sim)
        assert service_state(sim).requested_at is not None
        assert service_state(sim).wake_requested is None
        assert [change.after for change in sim.record.changes.get(SHOP.name, [])] == []


def test_a_request_meanwhile_is_routed_to_the_service() -> None:
    slow = CallFault(Fault.REFUSED, lasts=4 * SECOND)
    served: list[Response] = []
    with Simulation() as sim:
        fault_plan = RefusingStops(
            slow, lambda: sim.after(SECOND, lambda: served.append(follow(sim, SHOP, http.by_program(SHOP))))
        )
        until_refused(sim, fault_plan, SHOP)
        sim.minutes(1)
        must_be_disarmed(sim)
        assert visit(sim).by_application


@pytest.mark.parametrize("then", ["write", "read"])
def test_if_the_table_refuses_too_the_lease_is_kept_until_it_ends(then: str) -> None:
    """``read`` is called only if another run wrote meanwhile."""
    slow = CallFault(Fault.REFUSED, lasts=4 * SECOND)
    with Simulation() as sim:
        meanwhile = (lambda: sim.after(SECOND, lambda: sim.wake({"service": SHOP.key}))) if then == "read" else list
        until_refused(sim, RefusingStops(slow, meanwhile, then), SHOP)
        assert lease_of(service_state(sim)) is not None
        sim.fault_plan = NoFaults()
        sim.minutes(3)
        must_be_disarmed(sim)


def test_rules_that_cannot_be_disarmed_in_that_tick_are_disarmed_in_the_next() -> None:
    with Simulation() as sim:
        fault_plan = RefusingStops(then=SET_CONDITIONS)
        until_refused(sim, fault_plan, SHOP)
        assert (phase_of(sim), armed(sim)) == (Phase.AWAKE, {True})
        sim.minutes(1)
        must_be_disarmed(sim)


def test_a_failed_wake_whose_last_stop_is_refused_goes_on_as_it_was() -> None:
    fault_plan = RefusingStops()
    with Simulation() as sim:
        fallen_asleep(sim)
        sim.world.set_start_fault(*SHOP.name, ImagePullFails())
        sim.tracker.hinder(SHOP.name, TASKS_DO_NOT_START)
        sim.fault_plan = fault_plan
        sim.now_or_fail(lambda: sim.wake({"service": SHOP.key}))
        while not fault_plan.refused:
            before = service_state(sim)
            sim.minutes(1)
        after = service_state(sim)
        assert (after.phase, after.failed, after.since) == (Phase.WAKING, True, before.since)
        assert (wake_of(after).deadline, after.failures, retry_at_of(after)) == (wake_of(before).deadline, 1, None)
        assert armed(sim) == {True}


def test_the_answer_to_a_request_to_sleep_says_that_ecs_refused_it() -> None:
    fault_plan = RefusingStops()
    with Simulation() as sim:
        sim.fault_plan = fault_plan
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(1)
        sim.now_or_fail(lambda: sim.sleep({"service": WEB.key, "action": "sleep"}))
        answer = sim.answers[-1]["services"]
        assert isinstance(answer, dict)
        assert (answer[WEB.key]["phase"], answer[WEB.key]["desired"]) == ("awake", TASKS)
        assert "it could not be stopped" in answer[WEB.key]["message"]
        assert "goes to zero" not in answer[WEB.key]["message"]
        assert [run.kind for run in fault_plan.refused] == [SLEEP]


def test_the_answer_to_a_request_to_sleep_says_that_the_stop_may_have_failed() -> None:
    with Simulation() as sim:
        sim.fault_plan = RefusingStops(CallFault(Fault.LOST))
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(1)
        sim.now_or_fail(lambda: sim.sleep({"service": WEB.key, "action": "sleep"}))
        answer = sim.answers[-1]["services"]
        assert isinstance(answer, dict)
        assert "did not reach AWS" in answer[WEB.key]["message"]
        assert "goes to zero" not in answer[WEB.key]["message"]


@pytest.mark.parametrize("service", [WEB, SHOP])
def test_a_request_to_sleep_that_ecs_keeps_refusing_ends_after_ten_minutes(service: Service) -> None:
    """``WEB`` is used all the time. ``SHOP`` is not, since a client would cancel the request.

    The idle window begins again.
    """
    fault_plan = RefusingStops()
    with Simulation() as sim:
        sim.fault_plan = fault_plan
        sim.add_service(service, desired=TASKS)
        for minute in range(17):
            if service is WEB:
                sim.now_or_fail(lambda: sim.request(service))
            if minute == 1:
                sim.now_or_fail(lambda: sim.sleep({"service": service.key, "action": "sleep"}))
            if minute == 13:
                tries = len(fault_plan.refused)
                assert service_state(sim, service).sleep_requested is None
            sim.minutes(0.9)
        assert 1 <= tries <= 11
        assert len(fault_plan.refused) == tries
        assert (phase_of(sim, service), sim.checker.desired(service.name)) == (Phase.AWAKE, TASKS)
