"""Checks each change of a scalable target by a function, each stop of a scaled service, and what is left suspended."""

from __future__ import annotations

from typing import Final

from scale_to_zero.model import scaling
from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.observed import ServiceFacts
from scale_to_zero.model.service_state import Phase, ServiceState
from simulator.fault_injection import NOT_SENT
from simulator.ports.faults import Call, Fault
from simulator.ports.in_memory import InMemoryPorts
from simulator.record import Record
from simulator.world import Suspension
from tests.service_states import lease_of

from .checked_run import CheckedRun
from .promise_tracker import PromiseBroken
from .scaled_services import ALL_SUSPENDED, ScaledServices

TICKS_UNTIL_PUT_BACK: Final = 4
"""A tick that was cut off may have written that it puts scaling back. The second tick after 70 seconds repeats it."""


class ScalingChecker:
    """Checks each call just before it takes effect, as the promise checker does."""

    def __init__(self, ports: InMemoryPorts, record: Record, scaled: ScaledServices) -> None:
        self._ports = ports
        self._record = record
        self._scaled = scaled

    def observe(self, run: CheckedRun, call: Call, fault: Fault | None) -> None:
        """Check a call that suspends scaling or puts it back."""
        if call.name == "suspend_scaling" and fault not in NOT_SENT:
            assert isinstance(call.subject, ServiceName)
            assert isinstance(call.value, scaling.Suspension)
            self._check_suspension(run, call.subject, Suspension(*call.value))

    def _check_suspension(self, run: CheckedRun, name: ServiceName, suspended: Suspension) -> None:
        state = self._ports.table.states.get(name)
        if not run.is_fault_free(name):
            return  # the call may take effect late, when the service state has changed
        self._require(state is not None, f"{run} changed the scaling of {name}, which has no service state")
        assert state is not None
        if suspended == ALL_SUSPENDED:
            begun = state.phase is Phase.ASLEEP and lease_of(state) is not None
            self._require(begun, f"{run} suspended the scaling of {name}, which it does not stop: {state}")
        else:
            known = state.scaling is not None and state.scaling.put_back_at is not None
            self._require(known, f"{run} puts the scaling of {name} back, but has not written this: {state}")
            assert state.scaling is not None
            assert state.scaling.before is not None
            before = Suspension(*state.scaling.before)
            self._require(suspended == before, f"{run} gives {name} the suspension {suspended}, not {before}")
        if self._ports.world.describe_service(*name).desired == 0:
            stop = self._record.last(name, stop=True)
            seen = run.described.get(name)
            self._require(
                stop is not None and not stop.by_scaling and stop.by_hand and (seen is None or stop.at >= seen.at),
                f"{run} changed the scaling of {name} at zero, which starts it",
            )

    def check_start(self, run: CheckedRun, service: Service, before: int, desired: int) -> None:
        """Check that a wake sets a count within the bounds."""
        name, target = service.name, self._scaled.target(service.name)
        changed_at = self._scaled.changed_at.get(name)
        if target is None or before > 0 or (changed_at is not None and changed_at >= run.begun):
            return
        if run.is_fault_free(name):
            within = desired == max(1, target.within(desired))
            self._require(within, f"{run} starts {desired} tasks of {name}, whose bounds are {target}")

    def within_bounds(self, name: ServiceName, count: int) -> set[int]:
        """Return what a wake may set instead of a count that is outside the bounds."""
        return self._scaled.counts(name, count)

    def check_stop(self, run: CheckedRun, service: Service) -> None:
        """Check a stop just before it takes effect: nothing else may start the service while it sleeps."""
        name, target = service.name, self._scaled.target(service.name)
        changed_at = self._scaled.changed_at.get(name)
        if target is None or (changed_at is not None and changed_at >= run.begun) or not run.is_fault_free(name):
            return
        self._require(target.minimum > 0, f"{run} stopped {name}, which Application Auto Scaling itself stops")
        self._require(name not in self._ports.forecasting, f"{run} stopped {name}, which has a predictive policy")
        self._require(target.suspended == ALL_SUSPENDED, f"{run} stopped {name}, whose scaling can start it: {target}")

    def not_put_back(self, service: Service, state: ServiceState | None, facts: ServiceFacts, calm_ticks: int) -> str:
        """Return why the scaling of a service that has been awake for some ticks is not as its owner wants it."""
        target = self._scaled.target(service.name)
        if target is None or state is None or state.phase is not Phase.AWAKE or calm_ticks < TICKS_UNTIL_PUT_BACK:
            return ""
        wanted = self._scaled.wanted[service.name]
        if facts.running < target.minimum or target.suspended in wanted:
            return ""
        return f"{service.name} is awake, but its scaling is not as its owner wants it ({wanted}): {target}, {state}"

    def must_scale(self, run: CheckedRun, service: Service) -> None:
        """Check after an uninstall that the scaling of a running service is as its owner wants it."""
        name, target = service.name, self._scaled.target(service.name)
        changed_at = self._scaled.changed_at.get(name)
        if target is None or (changed_at is not None and changed_at >= run.begun):
            return
        if self._ports.world.describe_service(*name).desired > 0 and target.suspended == ALL_SUSPENDED:
            wanted = self._scaled.wanted[name]
            self._require(ALL_SUSPENDED in wanted, f"{run} left the scaling of {name} suspended")

    @staticmethod
    def _require(kept: bool, promise: str) -> None:
        if not kept:
            raise PromiseBroken(promise)
