"""How the calls of runs reach AWS: each takes time, may get a fault, and is shown just before it takes effect."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.metrics import SeriesKey
from scale_to_zero.model.observed import ServiceFacts
from scale_to_zero.model.scaling import Suspension

from .account import wake_target_group
from .fault_injection import NOT_SENT, CallFault, FaultPlan
from .hooks import Hooks
from .ports.faults import Call, Fault, RunCutOff
from .ports.in_memory import InMemoryPorts
from .ports.scaling import set_suspension
from .record import Record
from .runs import VISIT, Run
from .turns import Turns

SET_DESIRED_COUNT: Final = "set_desired_count"
SET_CONDITIONS: Final = "set_conditions"
SUSPEND_SCALING: Final = "suspend_scaling"
MAY_TAKE_EFFECT_LATE: Final = frozenset({SET_DESIRED_COUNT, SET_CONDITIONS, SUSPEND_SCALING})
"""AWS may still carry out these calls after the run stopped waiting for the answer."""
LONGEST_DELIVERY: Final = timedelta(seconds=60)
"""AWS acts on a call at most this long after it was sent."""
LATEST_EFFECT: Final = timedelta(seconds=2)
"""ECS may still carry out a run's calls this long after the run was cut off."""
LONG: Final = timedelta(seconds=5)
"""A call that lasts this long may leave the run no time for its other work."""


class Calls:
    """The layer between the functions and the world.

    ``fault_plan``: what happens to calls; it may be changed at any time.
    """

    def __init__(self, ports: InMemoryPorts, turns: Turns, record: Record, hooks: Hooks, fault_plan: FaultPlan) -> None:
        self.fault_plan = fault_plan
        self._ports = ports
        self._world = ports.world
        self._turns = turns
        self._record = record
        self._hooks = hooks

    def ports_of(self, run: Run) -> InMemoryPorts:
        """Return the ports of this run, with its faults and its clock."""
        ports = self._ports.of_one_run(
            lambda name, subject, value: self._meets(run, Call(name, subject, value)),
            lambda seconds: self._sleep(run, seconds),
        )
        run.clock_ahead = ports.clock_ahead = self.fault_plan.clock_ahead(run)
        if run.kind != VISIT:  # visits do not read counts
            self._show_stale_counts(run, ports)
        return ports

    def _show_stale_counts(self, run: Run, ports: InMemoryPorts) -> None:
        age = self.fault_plan.staleness(run)
        if not age:
            return
        run.disturbed.add(None)
        self._hooks.disturbed(None)
        self._record.note("%s gets desired counts that are %s old", run, age)
        for service in self._ports.table.services.values():
            ports.seen_as[service.name] = partial(self._seen_late, service.name, age, ports.seen_as.get(service.name))

    def _seen_late(
        self,
        name: ServiceName,
        age: timedelta,
        seen_as: Callable[[ServiceFacts], ServiceFacts] | None,
        facts: ServiceFacts,
    ) -> ServiceFacts:
        desired = self._record.desired_at(name, self._world.now - age, facts.desired)
        return replace(seen_as(facts) if seen_as else facts, desired=desired)

    def _meets(self, run: Run, call: Call) -> Fault | None:
        """Let a call take its time, and return its fault. Raises ``RunCutOff``."""
        run.calls += 1
        call_fault = self.fault_plan.call_fault(run, call)
        if call_fault.fault is not None or call_fault.lasts >= LONG:
            self._note_fault(run, call, call_fault)
        if call_fault.fault is Fault.CUT_OFF_BEFORE:
            return call_fault.fault
        if call_fault.effect_after is not None and call.name in MAY_TAKE_EFFECT_LATE:
            now = self._world.now
            instant = min(now + call_fault.effect_after, now + LONGEST_DELIVERY, run.ends_at + LATEST_EFFECT)
            # The call depends on what the run has read until now, not on what it reads after it abandons the call.
            as_it_is = run.as_it_is()
            self._turns.at(instant, lambda: self._take_effect(as_it_is, call))
        self._wait(run, call_fault.lasts)
        self._hooks.call_meets(run, call, call_fault.fault)
        if call_fault.fault not in NOT_SENT:
            self._record_count(run, call)
        return call_fault.fault

    def _take_effect(self, run: Run, call: Call) -> None:
        """Carry out a call in AWS after the run has stopped waiting for its answer."""
        self._hooks.call_meets(run, call, None)
        self._record_count(run, call)
        if call.name == SET_CONDITIONS:
            assert isinstance(call.subject, str)
            assert isinstance(call.value, frozenset)
            with suppress(LookupError):  # the rule was destroyed meanwhile
                self._ports.listeners.set_conditions(call.subject, call.value)
            return
        assert isinstance(call.subject, ServiceName)
        if call.name == SUSPEND_SCALING:
            assert isinstance(call.value, Suspension)
            with suppress(LookupError):  # the scalable target was deregistered meanwhile
                set_suspension(self._world, call.subject, call.value)
            return
        assert isinstance(call.value, int)
        self._world.set_desired_count(*call.subject, call.value)

    def _record_count(self, run: Run, call: Call) -> None:
        if call.name == SET_DESIRED_COUNT:
            assert isinstance(call.subject, ServiceName)
            assert isinstance(call.value, int)
            before = self._world.describe_service(*call.subject).desired
            self._record.count_changes(call.subject, before, call.value, str(run))

    def _note_fault(self, run: Run, call: Call, call_fault: CallFault) -> None:
        self._record.note("  %s, call %s, %s of %s: %s", run, run.calls, call.name, call.subject, call_fault)
        concerned = self._concerned(call)
        if call_fault.lasts >= LONG:
            concerned = {run.visited}  # the service of a visit; for other runs ``None``, which means every service
        run.disturbed |= concerned
        for name in concerned:
            self._hooks.disturbed(name)

    def _concerned(self, call: Call) -> set[ServiceName | None]:
        if isinstance(call.subject, ServiceName):
            return {call.subject}
        what = call.subject.pair.target_group_arn if isinstance(call.subject, SeriesKey) else call.subject
        of_several = what if isinstance(what, tuple) else (what,)
        services = self._ports.table.services.values()
        return {one.name for one in services if not _names_of(one).isdisjoint(of_several)} or {None}

    def _sleep(self, run: Run, seconds: float) -> None:
        self._hooks.run_waits(run, seconds)
        self._wait(run, timedelta(seconds=seconds))

    def _wait(self, run: Run, duration: timedelta) -> None:
        """Let time pass for a run, at most until it is cut off. Raises ``RunCutOff``."""
        self._turns.wait_until(min(self._world.now + duration, run.ends_at))
        if self._world.now >= run.ends_at:
            raise RunCutOff


def _names_of(service: Service) -> set[object]:
    """Return every subject of a call that means this service, except its name in ECS."""
    on_request = service.wake_on_request
    rules = (*on_request.rules, *on_request.uptime_checks) if on_request else ()
    return {service.key, wake_target_group(service), *service.target_group_arns, *(rule.arn for rule in rules)}
