"""A wake that no run can observe fails at its deadline, as the waiting page shows, and ends like any other wake."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import pytest

from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.wake_times import LONGEST_WAKE_DEADLINE, SHORTEST_WAKE_DEADLINE
from simulator import http
from simulator.fault_injection import NO_FAULT, CallFault, NoFaults
from simulator.ports.faults import Call, Fault
from simulator.runs import WATCHER, Run
from simulator.world import SlowStart
from tests.service_states import cause_of, retry_at_of

from .patient_clients import follow
from .promise_tracker import TASKS_DO_NOT_START
from .scenes import SECOND, SHOP, fallen_asleep, must_be_disarmed, must_sleep, phase_of
from .simulation import Simulation

ENDLESS: Final = timedelta(seconds=2147483647)
"""The longest health-check grace period that ECS takes (Amazon ECS API reference, UpdateService)."""


@dataclass
class Denying(NoFaults):
    """AWS refuses these calls. ``watched_at``: when watchers made a call."""

    names: frozenset[str]
    watched_at: list[datetime] = field(default_factory=list)
    sim: Simulation | None = None

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return a refusal of these calls."""
        if run.kind == WATCHER and self.sim is not None:
            self.watched_at.append(self.sim.world.now)
        return CallFault(Fault.REFUSED) if call.name in self.names else NO_FAULT


def service_state(sim: Simulation) -> ServiceState:
    state = sim.state(SHOP.name)
    assert state is not None
    return state


def page_says(sim: Simulation) -> str:
    """Return the state that an open waiting page gets."""
    answers: list[http.Response] = []
    sim.now_or_fail(lambda: answers.append(follow(sim, SHOP, http.by_page(SHOP))))
    return str(answers[0].json()["state"])


def begins_to_wake(sim: Simulation, *denied: str) -> Denying:
    """Let a client send a request. Ten seconds later these calls are denied. A little later the tasks run."""
    sim.world.set_start_fault(*SHOP.name, SlowStart(30 * SECOND))
    sim.after(timedelta(0), lambda: follow(sim, SHOP, http.by_program(SHOP)))
    sim.advance(10 * SECOND)
    assert phase_of(sim) is Phase.WAKING
    fault_plan = Denying(frozenset(denied), sim=sim)
    sim.fault_plan = fault_plan
    return fault_plan


@pytest.mark.parametrize(
    "denied", [("healthy_targets",), ("wanted_targets",), ("wanted_targets", "stop_reasons"), ("describe",)]
)
def test_it_fails_within_two_ticks_of_its_deadline_and_the_page_says_so(denied: tuple[str, ...]) -> None:
    with Simulation() as sim:
        fallen_asleep(sim)
        fault_plan = begins_to_wake(sim, *denied)
        sim.tracker.hinder(SHOP.name, TASKS_DO_NOT_START)
        assert page_says(sim) == "waking"
        sim.advance(SHORTEST_WAKE_DEADLINE + 2 * MINUTE)
        assert service_state(sim).failed, sim.record.trace()
        assert cause_of(service_state(sim)).startswith(("its readiness could not be read", "ECS could not be read"))
        assert page_says(sim) == "failed"
        ended = fault_plan.watched_at[-1]
        sim.minutes(2)
        assert fault_plan.watched_at[-1] == ended, "its watcher still observes"


@pytest.mark.parametrize("denied", ["healthy_targets", "describe"])
def test_once_it_can_be_observed_again_its_clients_reach_it(denied: str) -> None:
    with Simulation() as sim:
        fallen_asleep(sim)
        begins_to_wake(sim, denied)
        sim.tracker.hinder(SHOP.name, TASKS_DO_NOT_START)
        sim.minutes(8)
        sim.fault_plan = NoFaults()
        sim.tracker.no_longer_hinder(SHOP.name, TASKS_DO_NOT_START)
        sim.minutes(2)
        must_be_disarmed(sim)


def test_it_is_abandoned_when_it_is_no_longer_requested() -> None:
    with Simulation() as sim:
        fallen_asleep(sim)
        begins_to_wake(sim, "healthy_targets")
        sim.tracker.hinder(SHOP.name, TASKS_DO_NOT_START)
        sim.minutes(30)  # long, because its metrics have a gap: it had no targets for a while
        must_sleep(sim)
        assert retry_at_of(service_state(sim)) is not None


def test_a_watcher_that_can_read_nothing_at_all_ends_by_itself() -> None:
    with Simulation() as sim:
        fallen_asleep(sim)
        fault_plan = begins_to_wake(sim, "read", "describe", "take_lease")
        sim.tracker.hinder(SHOP.name, TASKS_DO_NOT_START)
        sim.minutes(16)
        assert fault_plan.watched_at[-1] < sim.world.now - MINUTE
        assert service_state(sim).failed


def test_an_endless_health_check_grace_period_ends_after_an_hour() -> None:
    with Simulation() as sim:
        sim.add_service(SHOP, desired=2, health_check_grace=ENDLESS)
        sim.minutes(11)
        must_sleep(sim)
        begins_to_wake(sim, "healthy_targets")
        sim.tracker.hinder(SHOP.name, TASKS_DO_NOT_START)
        sim.advance(LONGEST_WAKE_DEADLINE - MINUTE)
        assert (phase_of(sim), service_state(sim).failed) == (Phase.WAKING, False)
        sim.minutes(3)
        assert service_state(sim).failed
