"""Checks that a stop that ECS refuses is undone before its run ends, and that clients reach the service."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.scaling import ALL_SUSPENDED
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.leaving import leaves
from scale_to_zero.tick.tick_report import TIME_KEPT_FOR_THE_END
from simulator.ports.faults import Call, Fault
from simulator.ports.in_memory import InMemoryPorts
from simulator.routing import ClientKind, ClientRequest
from simulator.runs import SCALE_TO_ZERO_RUNS
from tests.service_states import lease_of

from .checked_run import CheckedRun
from .promise_tracker import PromiseBroken
from .rule_tracker import RuleTracker

LONGEST_PROPAGATION: Final = MINUTE
"""The longest propagation of a changed rule in these tests."""


@dataclass
class Refused:
    """A refused stop of one run. ``lease``: the lease of the stop. ``went_wrong``: whether another call failed too.

    ``others``: whether another run has changed a rule or this service's state since.
    """

    lease: datetime | None
    went_wrong: bool = False
    others: bool = False


@dataclass
class StopChecker:
    """Checks each call just before it takes effect, each end of a run, and the answers of the wake function.

    ``_undone``: for each service, when a refused stop was undone. It is removed when a phase other than awake is saved.
    """

    ports: InMemoryPorts
    rules: RuleTracker
    _refused: dict[tuple[str, ServiceName], Refused] = field(default_factory=dict)
    _undone: dict[ServiceName, datetime] = field(default_factory=dict)
    checks: int = 0

    def observe(self, run: CheckedRun, call: Call, fault: Fault | None) -> None:
        """Record each refusal, and what else happens to the service meanwhile."""
        name = call.subject if isinstance(call.subject, ServiceName) else None
        if run.kind in SCALE_TO_ZERO_RUNS and _is_part_of_a_stop(call):
            assert name is not None
            if fault in (Fault.REFUSED, Fault.FORBIDDEN):
                state = self.ports.table.states.get(name)
                self._refused[str(run), name] = Refused(lease_of(state) if state else None)
                return
        for (by, of), refused in self._refused.items():
            if by == str(run):
                refused.went_wrong |= fault is not None
            elif call.name == "set_conditions" or (call.name == "write" and name == of):
                refused.others = True
        if call.name == "write" and isinstance(call.value, ServiceState) and call.value.phase is not Phase.AWAKE:
            self._undone.pop(call.value.name, None)

    def ends(self, run: CheckedRun, *, cut_off: bool) -> None:
        """Check at the end of a run: the lease of a refused stop is gone, and the rules are disarmed."""
        for by, name in [key for key in self._refused if key[0] == str(run)]:
            refused = self._refused.pop((by, name))
            state, service = self.ports.table.states.get(name), self._service(name)
            if cut_off or refused.went_wrong or state is None or service is None or service.mode is not Mode.ACT:
                continue
            self.checks += 1
            leased = lease_of(state) is not None and lease_of(state) == refused.lease
            self._require(not leased, f"ECS refused {run} the stop of {name}, but its lease is still set: {state}")
            now = self.ports.world.now
            out_of_time = now > run.ends_at - TIME_KEPT_FOR_THE_END  # the next tick disarms them
            if refused.others or out_of_time or state.phase is not Phase.AWAKE or leaves(state, now):
                continue
            armed = self._is_armed(service)
            self._require(not armed, f"ECS refused {run} the stop of {name}, but its rules are still armed")
            self._undone[name] = now

    def check_answer(self, service: Service, request: ClientRequest, run: CheckedRun) -> None:
        """Check an answer of the wake function: none is expected once the disarmed rules are in force."""
        undone = self._undone.get(service.name)
        if undone is None or request.client is ClientKind.MONITOR or run.begun < undone + LONGEST_PROPAGATION:
            return
        refused = f"whose stop was refused at {undone:%H:%M:%S}"
        message = f"{run}: a {request.client} at {service.key}, {refused}, reached the wake function"
        self._require(self._is_armed(service), message)  # another run armed them since

    def _is_armed(self, service: Service) -> bool:
        on_request = service.wake_on_request
        return on_request is not None and any(self.rules.is_armed(rule) for rule in on_request.rules)

    def _service(self, name: ServiceName) -> Service | None:
        return next((one for one in self.ports.table.services.values() if one.name == name), None)

    @staticmethod
    def _require(kept: bool, promise: str) -> None:
        if not kept:
            raise PromiseBroken(promise)


def _is_part_of_a_stop(call: Call) -> bool:
    return (call.name, call.value) in (("set_desired_count", 0), ("suspend_scaling", ALL_SUSPENDED))
