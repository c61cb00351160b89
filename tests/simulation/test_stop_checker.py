"""Each broken promise about refused stops is noticed: each test removes a rule, and the scenario must fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

import scale_to_zero.actions.act
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.errors import CallRefused
from scale_to_zero.model.observed import Snapshot
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.tick.tick_report import TickReport
from simulator import http
from simulator.calls import SET_CONDITIONS, SET_DESIRED_COUNT
from simulator.fault_injection import NO_FAULT, CallFault, NoFaults
from simulator.ports.faults import Call, Fault
from simulator.routing import ClientRequest
from simulator.runs import TICK, Run

from .patient_clients import follow
from .scenes import SECOND, SHOP, STOPPING_TICK, TASKS
from .simulation import Simulation
from .stop_checker import LONGEST_PROPAGATION


@dataclass
class RefusingStops(NoFaults):
    """ECS refuses each request for zero tasks. ``then``: another call that fails after that."""

    then: str = ""
    refused: int = 0

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return a refusal for a stop, and for ``then`` after a stop."""
        if call.name == SET_DESIRED_COUNT and call.value == 0:
            self.refused += 1
            return CallFault(Fault.REFUSED)
        after = self.refused and run.kind == TICK and call.name == self.then
        return CallFault(Fault.REFUSED) if after else NO_FAULT


def a_stop_is_refused(then: str = "") -> Simulation:
    """Return a simulation in which ECS refuses every stop. Use it in a ``with`` statement."""
    sim = Simulation(fault_plan=RefusingStops(then))
    sim.add_service(SHOP, desired=TASKS)
    return sim


def until_refused(sim: Simulation) -> None:
    sim.minutes(STOPPING_TICK - 1)
    sim.advance(15 * SECOND)
    assert isinstance(sim.fault_plan, RefusingStops)
    assert sim.fault_plan.refused


def test_a_stop_that_is_undone_breaks_no_promise() -> None:
    with a_stop_is_refused() as sim:
        until_refused(sim)
        assert sim.checker.stops.checks == 1


def test_a_lease_that_is_kept_after_its_stop_was_refused_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def not_undone(_ports: Ports, _snapshot: Snapshot, _leased: ServiceState, refusal: CallRefused) -> Decision:
        raise refusal

    monkeypatch.setattr(scale_to_zero.actions.act, "_undo", not_undone)
    with a_stop_is_refused() as sim, pytest.raises(AssertionError, match="its lease is still set"):
        until_refused(sim)


def test_rules_that_stay_armed_after_a_refused_stop_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TickReport, "decided", lambda _report, _reason: frozenset())
    with a_stop_is_refused() as sim, pytest.raises(AssertionError, match="its rules are still armed"):
        until_refused(sim)


def test_a_run_that_meets_another_fault_may_leave_them_armed() -> None:
    with a_stop_is_refused(SET_CONDITIONS) as sim:
        until_refused(sim)
        assert sim.checker.stops.checks == 0


@pytest.mark.parametrize("make_request", [http.by_program, http.by_browser, http.by_page])
def test_a_client_that_reaches_the_wake_function_after_that_is_noticed(
    make_request: Callable[..., ClientRequest],
) -> None:
    with a_stop_is_refused() as sim:
        until_refused(sim)
        sim.fault_plan = NoFaults()
        sim.advance(LONGEST_PROPAGATION)
        run = sim.new_run("visit")
        sim.advance(SECOND)
        sim.now_or_fail(lambda: follow(sim, SHOP, http.by_program(SHOP)))
        with pytest.raises(BaseException, match="reached the wake function"):
            sim.checker.stops.check_answer(SHOP, make_request(SHOP), run)
