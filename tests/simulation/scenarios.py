"""Three short scenarios: a stop, a wake and an uninstall. Each has one run that tests disturb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.service_state import Phase
from simulator.account import a_service
from simulator.calls import SET_DESIRED_COUNT
from simulator.fault_injection import NO_FAULT, CallFault, FaultPlan, NoFaults
from simulator.ports.faults import Call
from simulator.runs import SCALE_UP, TICK, UNINSTALL, Run
from simulator.terraform import Terraform
from tests.service_states import lease_of

from .simulation import Simulation

WEB: Final = a_service("web", groups=2)
TASKS: Final = 2
STOPPING_TICK: Final = 9
HALF_A_MINUTE: Final = timedelta(seconds=30)


@dataclass
class Listing(NoFaults):
    """A fault plan without faults that lists the calls of one run."""

    kind: str
    number: int
    calls: list[str] = field(default_factory=list)

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Record the call; return no fault."""
        if (run.kind, run.number) == (self.kind, self.number):
            self.calls.append(call.name)
        return NO_FAULT


@dataclass(frozen=True)
class Scenario:
    """A run that tests disturb, what leads to it, and how the scenario must end even if the run fails.

    ``kind`` and ``number``: the run. ``key_call``: its most important call.
    """

    kind: str
    number: int
    key_call: str
    prepare: Callable[[Simulation], None]
    must_end_well: Callable[[Simulation], None]
    service: Service = WEB

    def play(self, fault_plan: Callable[[Simulation], FaultPlan]) -> None:
        """Play the scenario with these faults. The checker and the tracker check every step."""
        with Simulation() as sim:
            sim.fault_plan = fault_plan(sim)
            sim.add_service(self.service, desired=TASKS)
            self.prepare(sim)
            self.must_end_well(sim)

    def calls(self) -> list[str]:
        """Return the calls of the run if nothing disturbs it."""
        listing = Listing(self.kind, self.number)
        self.play(lambda _sim: listing)
        assert self.key_call in listing.calls, f"{self.kind} {self.number} does something else: {listing.calls}"
        return listing.calls

    def number_of_key_call(self) -> int:
        """Return the number of the first key call among those calls, counted from 1."""
        return self.calls().index(self.key_call) + 1


def must_be_asleep(sim: Simulation) -> None:
    state = sim.state(WEB.name)
    assert state is not None, sim.record.trace()
    assert (sim.checker.desired(WEB.name), state.phase) == (0, Phase.ASLEEP), sim.record.trace()
    assert (lease_of(state), state.restore) == (None, TASKS), sim.record.trace()


def must_be_awake(sim: Simulation) -> None:
    state = sim.state(WEB.name)
    assert state is not None, sim.record.trace()
    assert (sim.checker.desired(WEB.name), state.phase) == (TASKS, Phase.AWAKE), sim.record.trace()


def must_stay_running(sim: Simulation) -> None:
    assert not sim.ports.table.services, sim.record.trace()
    state = sim.state(WEB.name)
    # Until its configuration is deleted too, a tick may observe the service as new, or a wake under way may write.
    assert state is None or state.phase is not Phase.ASLEEP, sim.record.trace()
    sim.minutes(30)
    assert sim.checker.desired(WEB.name) == TASKS, sim.record.trace()


def _until_it_is_idle(sim: Simulation) -> None:
    sim.minutes(STOPPING_TICK + 0.5)


def _it_sleeps_and_wakes(sim: Simulation) -> None:
    sim.minutes(25)
    must_be_asleep(sim)
    sim.now_or_fail(lambda: sim.wake({"service": "web"}))
    sim.minutes(4)
    must_be_awake(sim)


def _until_it_is_woken(sim: Simulation) -> None:
    sim.minutes(14)
    must_be_asleep(sim)
    sim.after(HALF_A_MINUTE, lambda: sim.wake({"service": "web"}))
    sim.minutes(1.5)


def _it_wakes_and_sleeps(sim: Simulation) -> None:
    """Check that the service wakes and then sleeps. If the run was cut off before it recorded the wake, wake again."""
    if sim.tracker.of(WEB.name).last_requested_at is None:
        sim.now_or_fail(lambda: sim.wake({"service": "web"}))
    sim.minutes(4)
    must_be_awake(sim)
    sim.minutes(25)
    must_be_asleep(sim)


def _until_it_leaves(sim: Simulation) -> None:
    sim.minutes(14)
    must_be_asleep(sim)
    sim.after(HALF_A_MINUTE, lambda: Terraform(sim, WEB).apply(None))
    sim.minutes(1.5)


def _it_stays_running(sim: Simulation) -> None:
    sim.minutes(5)
    must_stay_running(sim)


SLEEP_SCENARIO: Final = Scenario(TICK, STOPPING_TICK, SET_DESIRED_COUNT, _until_it_is_idle, _it_sleeps_and_wakes)
WAKE_SCENARIO: Final = Scenario(SCALE_UP, 1, SET_DESIRED_COUNT, _until_it_is_woken, _it_wakes_and_sleeps)
UNINSTALL_SCENARIO: Final = Scenario(UNINSTALL, 1, SET_DESIRED_COUNT, _until_it_leaves, _it_stays_running)
SCENARIOS: Final = {"sleep": SLEEP_SCENARIO, "wake": WAKE_SCENARIO, "uninstall": UNINSTALL_SCENARIO}
