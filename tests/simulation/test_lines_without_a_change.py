"""If a wake finds the service running, this is logged but is not a change, and is not confused with an earlier wake."""

from __future__ import annotations

from dataclasses import dataclass, field

from scale_to_zero.model.service_state import Phase, ServiceState
from simulator.fault_injection import NO_FAULT, CallFault, NoFaults
from simulator.ports.faults import Call, Fault
from simulator.runs import TICK, WATCHER, Run

from .scenarios import TASKS
from .scenes import SHOP, fallen_asleep
from .simulation import Simulation


@dataclass
class NeverLogged(NoFaults):
    """Kills the run that finishes a wake before the run logs this. Later, a stop never reaches ECS."""

    met: list[str] = field(default_factory=list)

    def call_fault(self, run: Run, call: Call) -> CallFault:
        state = call.value
        if call.name != "write" or not isinstance(state, ServiceState):
            return NO_FAULT
        if run.kind == WATCHER and state.phase is Phase.AWAKE and not self.met:
            self.met.append("killed")
            return CallFault(Fault.CUT_OFF_AFTER)
        if run.kind == TICK and state.stop is not None and self.met == ["killed"]:
            self.met.append("not stopped")
            return CallFault(Fault.ANSWER_LOST)
        return NO_FAULT


def test_a_service_that_no_stop_has_reached_is_awake_again_without_a_change() -> None:
    with Simulation() as sim:
        fallen_asleep(sim)
        fault_plan = sim.fault_plan = NeverLogged()
        sim.now_or_fail(lambda: sim.wake({"service": SHOP.key}))
        while fault_plan.met != ["killed", "not stopped"]:
            sim.minutes(1)
        sim.now_or_fail(lambda: sim.wake({"service": SHOP.key}))
        assert sim.checker.desired(SHOP.name) == TASKS
        sim.minutes(4)
        state = sim.state(SHOP.name)
        assert state is not None
        assert state.phase is Phase.AWAKE
        lines = [line for *_, line in sim.checker.notifications.starts.ready_lines]
        assert len(lines) == 1
        assert lines[0].startswith("shop is awake, ")
