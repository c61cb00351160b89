"""A simulation without checkers: what happens in it, what it records, and which hooks it calls."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.payload import PayloadRefused
from simulator.account import a_service, woken_by_requests
from simulator.fault_injection import CallFault, NoFaults
from simulator.http import Response, by_browser, by_program
from simulator.ports.faults import Call, Fault
from simulator.record import CountChange
from simulator.routing import ClientRequest
from simulator.runs import SCALE_UP, SLEEP, TICK, UNINSTALL, VISIT, WATCHER, Run
from simulator.simulation import START, Simulation
from simulator.terraform import Terraform

WEB: Final = a_service("web")
SHOP: Final = woken_by_requests(a_service("shop"))
LOGGER: Final = logging.getLogger("scale_to_zero")


def counts(sim: Simulation, service: Service) -> list[tuple[int, str]]:
    """Return its desired counts, and what set each of them."""
    return [(change.after, change.by) for change in sim.record.changes.get(service.name, [])]


def asleep(service: Service, sim: Simulation) -> None:
    sim.add_service(service)
    sim.minutes(15)
    state = sim.state(service.name)
    assert state is not None
    assert state.phase is Phase.ASLEEP
    assert sim.world.describe_service(*service.name).desired == 0


def test_an_idle_service_goes_to_zero() -> None:
    with Simulation() as sim:
        asleep(WEB, sim)
        change = sim.record.last(WEB.name, stop=True)
        assert change == CountChange(change.at if change else START, 1, 0, "tick 9")
        assert sim.runs_begun == {TICK: 15, SCALE_UP: 0, WATCHER: 0, SLEEP: 0, UNINSTALL: 0, VISIT: 0}


def test_a_request_wakes_a_service_and_the_application_answers_it_in_the_end() -> None:
    with Simulation() as sim:
        asleep(SHOP, sim)
        answers: list[Response] = []

        def visitor() -> None:
            while not answers or not answers[-1].by_application:
                answers.append(sim.load_balancer.send(SHOP, by_browser(SHOP)))
                sim.turns.wait(timedelta(seconds=answers[-1].retry_after or 0))

        sim.after(timedelta(0), visitor)
        sim.minutes(3)
        assert answers[0].is_page
        assert answers[-1].by_application
        assert counts(sim, SHOP)[-1] == (1, "watcher 1")
        assert sim.record.requests.keys() == set(SHOP.target_group_arns)
        assert sim.runs_begun[WATCHER] == 1


def test_a_service_is_woken_and_put_to_sleep_by_hand() -> None:
    with Simulation() as sim:
        asleep(WEB, sim)
        runs: list[Run] = []
        sim.now_or_fail(lambda: runs.append(sim.wake({"service": "web", "hold_minutes": 60, "reason": "demo"})))
        sim.minutes(30)
        assert counts(sim, WEB)[-1] == (1, "scale_up 1")
        sim.now_or_fail(lambda: runs.append(sim.sleep({"service": "web", "action": "sleep", "force": True})))
        assert counts(sim, WEB)[-1] == (0, "sleep 1")
        assert [run.failed for run in runs] == [None, None]
        answer = runs[-1].answer
        assert isinstance(answer, dict)
        assert answer["services"]["web"]["phase"] == "asleep"


def test_a_refused_payload_changes_nothing_and_the_simulation_continues() -> None:
    with Simulation() as sim:
        asleep(WEB, sim)
        runs: list[Run] = []
        sim.now_or_fail(lambda: runs.append(sim.wake({"service": "wbe"})))
        assert isinstance(runs[0].failed, PayloadRefused)
        assert runs[0].answer is None
        sim.minutes(5)
        assert counts(sim, WEB) == [(0, "tick 9")]


def test_all_services_are_held_and_released() -> None:
    with Simulation() as sim:
        asleep(WEB, sim)
        sim.now_or_fail(lambda: sim.hold_all(60 * MINUTE))
        sim.minutes(30)
        assert counts(sim, WEB)[-1] == (1, "scale_up 1")
        sim.now_or_fail(lambda: sim.hold_all(None))
        sim.minutes(15)
        assert counts(sim, WEB)[-1][0] == 0


def test_a_service_that_leaves_is_woken_and_its_rules_are_destroyed() -> None:
    with Simulation() as sim:
        asleep(SHOP, sim)
        terraform = Terraform(sim, SHOP)
        sim.now_or_fail(lambda: terraform.apply(None))
        assert counts(sim, SHOP)[-1] == (1, "uninstall 1")
        assert sim.ports.table.services == {}
        sim.minutes(5)
        response = []
        sim.after(timedelta(0), lambda: response.append(sim.load_balancer.send(SHOP, by_program(SHOP))))
        sim.minutes(1)
        assert response[0].by_application


def test_a_service_in_dry_run_mode_is_not_changed() -> None:
    with Simulation() as sim:
        sim.add_service(replace(WEB, mode=Mode.DRY_RUN))
        sim.minutes(30)
        assert counts(sim, WEB) == []


def test_a_change_by_hand_is_recorded_as_by_hand() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=2)
        sim.set_by_hand(WEB.name, 3)
        assert sim.record.changes[WEB.name] == [CountChange(START, 2, 3, "by hand")]
        assert sim.request(WEB) is False  # its tasks do not run yet
        sim.minutes(3)
        assert sim.request(WEB) is True
        sim.deploy(WEB.name)
        sim.minutes(0.1)
        assert len(sim.world.describe_service(*WEB.name).deployments) == 2


def test_without_ticks_no_service_is_stopped() -> None:
    with Simulation() as sim:
        sim.add_service(WEB)
        sim.ticking = False
        sim.minutes(30)
        assert counts(sim, WEB) == []
        assert sim.runs_begun[TICK] == 0


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.CUT_OFF_BEFORE])
def test_a_call_that_never_arrives_changes_no_count(fault: Fault) -> None:
    """The ninth tick's stop never arrives; a later tick stops the service."""
    stops: list[str] = []

    class Lossy(NoFaults):
        def call_fault(self, run: Run, call: Call) -> CallFault:
            if call.name == "set_desired_count" and not stops:
                stops.append(str(run))
                return CallFault(fault)
            return CallFault()

    with Simulation(fault_plan=Lossy()) as sim:
        sim.add_service(WEB)
        sim.minutes(9)
        assert stops == ["tick 9"]
        assert counts(sim, WEB) == []
        sim.minutes(20)
        assert [after for after, _ in counts(sim, WEB)] == [0]


class Seen(Simulation):
    """A simulation that records its events."""

    def __init__(self) -> None:
        super().__init__(traced=True)
        self.shown: list[str] = []

    def call_meets(self, run: Run, call: Call, fault: Fault | None) -> None:
        if call.name == "set_desired_count":
            desired = self.world.describe_service(*SHOP.name).desired
            self.shown.append(f"{run}: {desired} -> {call.value}")

    def run_ends(self, run: Run, *, cut_off: bool) -> None:
        if run.kind != TICK:
            self.shown.append(f"{run} ends")

    def visit_begins(self, run: Run, service: Service, request: ClientRequest) -> None:
        self.shown.append(f"{run} for {service.key}")

    def answered(self, service: Service, request: ClientRequest, response: Response, run: Run | None) -> None:
        self.shown.append(f"{run} answers {response.status}")

    def logged(self, run: Run | None, record: logging.LogRecord) -> None:
        if "after its wake began" in record.getMessage():
            self.shown.append(f"{run} logs")


def test_the_hooks_are_called_for_each_event_in_order() -> None:
    with Seen() as sim:
        asleep(SHOP, sim)
        sim.after(timedelta(0), lambda: sim.load_balancer.send(SHOP, by_browser(SHOP)))
        sim.minutes(3)
    assert sim.shown == [
        "tick 9: 1 -> 0",
        "visit 1 for shop",
        "visit 1 ends",
        "visit 1 answers 503",
        "watcher 1: 0 -> 1",
        "watcher 1 logs",
        "watcher 1 ends",
    ]


def test_the_same_seed_and_the_same_steps_give_the_same_history() -> None:
    def history(seed: int) -> str:
        with Simulation(seed, traced=True) as sim:
            asleep(SHOP, sim)
            sim.after(timedelta(0), lambda: sim.load_balancer.send(SHOP, by_browser(SHOP)))
            sim.minutes(30)
            return sim.record.trace()

    assert history(1) == history(1)
    assert history(1) != history(2)


def test_a_simulation_reads_the_log_only_while_it_is_open() -> None:
    before = (LOGGER.level, LOGGER.propagate, list(LOGGER.handlers))
    with Simulation():
        assert len(LOGGER.handlers) == len(before[2]) + 1
    assert (LOGGER.level, LOGGER.propagate, LOGGER.handlers) == before


def test_only_one_simulation_can_be_open_at_a_time() -> None:
    """All functions of a process write into one log."""
    with Simulation() as sim:
        with pytest.raises(RuntimeError, match="Another simulation is open in this process; leave it first"):
            Simulation().__enter__()
        sim.minutes(1)
    with Simulation():
        pass


def test_the_log_is_restored_even_if_a_run_fails_at_the_end() -> None:
    class Fails(Simulation):
        def run_ends(self, run: Run, *, cut_off: bool) -> None:
            if cut_off:
                raise LookupError(str(run))

    def simulate() -> None:
        with Fails() as sim:
            asleep(SHOP, sim)
            sim.after(timedelta(0), lambda: sim.load_balancer.send(SHOP, by_browser(SHOP)))
            sim.minutes(0.1)

    before = (LOGGER.level, LOGGER.propagate, list(LOGGER.handlers))
    with pytest.raises(LookupError, match="watcher 1"):
        simulate()
    assert (LOGGER.level, LOGGER.propagate, LOGGER.handlers) == before


def test_a_run_that_is_under_way_at_the_end_is_cut_off() -> None:
    with Seen() as sim:
        asleep(SHOP, sim)
        sim.after(timedelta(0), lambda: sim.load_balancer.send(SHOP, by_browser(SHOP)))
        sim.minutes(0.1)
        assert sim.shown[-1] == "watcher 1: 0 -> 1"
    assert sim.shown[-1] == "watcher 1 ends"
