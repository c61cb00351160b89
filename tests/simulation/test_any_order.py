"""Hypothesis finds an order of requests, commands, accidents and faults that breaks a promise, and shortens it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.rules.rule_positions import DISARMED
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT
from simulator import http
from simulator.account import LISTENER, a_service, own_rule, woken_by_requests
from simulator.fault_injection import HANGING, NO_FAULT, USUAL_DELIVERY, CallFault, NoFaults
from simulator.ports.faults import Call, Fault
from simulator.routing import ClientRequest
from simulator.runs import Run
from simulator.terraform import Terraform
from simulator.world import CrashesAfterStart, ImagePullFails, NoCapacity

from .patient_clients import follow, program
from .promise_checker import OLDEST_ANSWER
from .promise_tracker import TASKS_DO_NOT_START
from .random_faults import TIMED_OUT
from .simulation import Simulation

EXAMPLES: Final = int(os.environ.get("HYPOTHESIS_EXAMPLES", "60"))
NO_HEALTH: Final = "HealthyHostCount is withheld"

WEB: Final = a_service("web", idle=3 * MINUTE)
API: Final = woken_by_requests(a_service("api", groups=2, awake_count=2), monitored=True)

services = st.sampled_from([WEB, API])
pauses = st.floats(1, 58).map(lambda seconds: timedelta(seconds=round(seconds, 3)))
moments = st.floats(0, 59.9).map(lambda seconds: timedelta(seconds=round(seconds, 3)))
call_faults = st.one_of(
    st.sampled_from(
        [
            CallFault(Fault.REFUSED),
            CallFault(Fault.ANSWER_LOST, TIMED_OUT),
            CallFault(Fault.CUT_OFF_BEFORE),
            CallFault(Fault.CUT_OFF_AFTER),
            HANGING,
        ]
    ),
    pauses.map(lambda pause: CallFault(lasts=pause)),
    pauses.map(lambda pause: CallFault(Fault.LOST, TIMED_OUT, effect_after=pause)),
)


@dataclass
class PlannedFaults(NoFaults):
    """Faults for the next calls. ``waiting``: each fault with the number of calls before it."""

    waiting: list[tuple[int, CallFault]] = field(default_factory=list)
    stale_runs: int = 0
    delivers: timedelta | None = USUAL_DELIVERY

    def delivery(self) -> timedelta | None:
        """Return the planned delivery once, and the usual one after that."""
        delivers, self.delivers = self.delivers, USUAL_DELIVERY
        return delivers

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Return the first fault if it is due."""
        if not self.waiting:
            return NO_FAULT
        calls, call_fault = self.waiting[0]
        if calls > 0:
            self.waiting[0] = (calls - 1, call_fault)
            return NO_FAULT
        del self.waiting[0]
        return call_fault

    def staleness(self, run: Run) -> timedelta:
        """Return the age of old answers for the next runs, if planned."""
        if not self.stale_runs:
            return timedelta(0)
        self.stale_runs -= 1
        return OLDEST_ANSWER


class AnyOrder(RuleBasedStateMachine):
    """Two services and everything that can happen to them. The checker and the tracker check every step."""

    @initialize(tick_second=st.sampled_from([0.0, 10.0, 59.0]), desired=st.integers(0, 3))
    def begin(self, tick_second: float, desired: int) -> None:
        self.fault_plan = PlannedFaults()
        self.sim = Simulation(fault_plan=self.fault_plan, tick_second=tick_second)
        self.sim.__enter__()
        self.away: set[str] = set()
        self.terraform = {service.key: Terraform(self.sim, service) for service in (WEB, API)}
        self.sim.add_service(WEB, desired=desired)
        self.sim.add_service(API, desired=1, deploying=True)
        self.sim.minutes(2)

    @rule(minutes=st.integers(1, 12))
    def time_passes(self, minutes: int) -> None:
        self.sim.minutes(minutes)

    @rule(moment=moments)
    def a_moment_passes(self, moment: timedelta) -> None:
        self.sim.advance(moment)

    @rule(service=services, moment=moments)
    def a_client_sends_a_request(self, service: Service, moment: timedelta) -> None:
        self.sim.after(moment, lambda: self.sim.request(service))

    @rule(
        make_request=st.sampled_from([http.by_browser, http.by_page, http.by_button, http.by_monitor]),
        group=st.integers(0, 1),
        moment=moments,
    )
    def a_client_sends_a_request_to_a_wake_rule(
        self, make_request: Callable[[Service, int], ClientRequest], group: int, moment: timedelta
    ) -> None:
        self.sim.after(moment, lambda: follow(self.sim, API, make_request(API, group)))

    @rule(moment=moments)
    def a_client_waits_for_the_application(self, moment: timedelta) -> None:
        self.sim.after(moment, lambda: program(self.sim, API))

    @rule(group=st.integers(0, 1), armed=st.booleans(), moment=moments)
    def an_operator_changes_a_wake_rule(self, group: int, armed: bool, moment: timedelta) -> None:
        assert API.wake_on_request is not None
        rule = API.wake_on_request.rules[group]

        def change() -> None:
            rules = self.sim.ports.listeners.rules(LISTENER)
            if rule.arn in rules:
                self.sim.tracker.disturb(API.name)
                own = rules[own_rule(API, group)].conditions
                self.sim.ports.listeners.set_conditions(rule.arn, own if armed else DISARMED)

        self.sim.after(moment, change)

    @rule(delivery=st.sampled_from([None, timedelta(seconds=14), timedelta(minutes=2), USUAL_DELIVERY]))
    def watchers_are_delayed_or_lost(self, delivery: timedelta | None) -> None:
        self.fault_plan.delivers = delivery

    @rule(service=services, wait=st.booleans(), everything=st.booleans(), moment=moments)
    def an_operator_wakes(self, service: Service, wait: bool, everything: bool, moment: timedelta) -> None:
        payload: dict[str, object] = {"wait": wait} | ({} if everything else {"service": service.key})
        if everything or service.key not in self.away:
            self.sim.after(moment, lambda: self._wake(payload, service))

    def _wake(self, payload: dict[str, object], service: Service) -> None:
        if "service" not in payload or service.key in self.sim.ports.table.services:
            self.sim.wake(payload)

    @rule(service=services, minutes=st.sampled_from([1, 5, 60]), everything=st.booleans(), moment=moments)
    def an_operator_holds(self, service: Service, minutes: int, everything: bool, moment: timedelta) -> None:
        payload: dict[str, object] = {"hold_minutes": minutes} | ({} if everything else {"service": service.key})
        if everything or service.key not in self.away:
            self.sim.after(moment, lambda: self._wake(payload, service))

    @rule(service=services, moment=moments)
    def an_operator_lifts_a_hold(self, service: Service, moment: timedelta) -> None:
        self.sim.after(moment, lambda: self._wake({"service": service.key, "release": True}, service))

    @rule(service=services, force=st.booleans(), moment=moments)
    def an_operator_requests_sleep(self, service: Service, force: bool, moment: timedelta) -> None:
        payload: dict[str, object] = {"service": service.key, "action": "sleep", "force": force}
        self.sim.after(moment, lambda: None if service.key in self.away else self.sim.sleep(payload))

    @rule(service=services, desired=st.integers(0, 3), moment=moments)
    def an_operator_sets_the_count(self, service: Service, desired: int, moment: timedelta) -> None:
        self.sim.after(moment, lambda: self.sim.set_by_hand(service.name, desired))

    @rule(service=services)
    def an_operator_deploys(self, service: Service) -> None:
        self.sim.deploy(service.name)

    @rule(moment=moments)
    def a_tick_runs_twice(self, moment: timedelta) -> None:
        self.sim.after(moment, self.sim.tick)

    @rule(call_fault=call_faults, calls=st.integers(0, 40))
    def a_call_will_fail(self, call_fault: CallFault, calls: int) -> None:
        self.fault_plan.waiting.append((calls, call_fault))

    @rule(runs=st.integers(1, 3))
    def answers_are_stale(self, runs: int) -> None:
        self.fault_plan.stale_runs = runs

    @rule(service=services, fault=st.sampled_from([ImagePullFails(), CrashesAfterStart(), NoCapacity(), None]))
    def tasks_start_or_do_not(
        self, service: Service, fault: ImagePullFails | CrashesAfterStart | NoCapacity | None
    ) -> None:
        self.sim.world.set_start_fault(*service.name, fault)
        (self.sim.tracker.hinder if fault else self.sim.tracker.no_longer_hinder)(service.name, TASKS_DO_NOT_START)

    @rule(service=services, withheld=st.booleans())
    def health_metrics_stay_away_or_return(self, service: Service, withheld: bool) -> None:
        arn = service.target_group_arns[-1]
        if withheld:
            self.sim.world.withhold_metric(HEALTHY_HOST_COUNT, arn)
            self.sim.tracker.hinder(service.name, NO_HEALTH)
        else:
            self.sim.world.publish_metric_again(HEALTHY_HOST_COUNT, arn)
            self.sim.tracker.no_longer_hinder(service.name, NO_HEALTH)

    @rule(service=services, mode=st.sampled_from(Mode), idle=st.sampled_from([1, 5]))
    def settings_change(self, service: Service, mode: Mode, idle: int) -> None:
        if service.key not in self.away:
            self._apply(service, replace(service, mode=mode, idle=idle * MINUTE))

    def _apply(self, service: Service, wanted: Service | None, moment: timedelta = timedelta(0)) -> None:
        self.sim.after(moment, lambda: self.terraform[service.key].apply(wanted))

    @rule(service=services)
    def a_service_state_is_lost(self, service: Service) -> None:
        self.sim.lose_state(service.name)

    @rule(service=services, moment=moments)
    def a_service_leaves(self, service: Service, moment: timedelta) -> None:
        if service.key not in self.away and service.key in self.sim.ports.table.services:
            self.away.add(service.key)
            self._apply(service, None, moment)

    @precondition(lambda self: self.away)
    @rule()
    def services_are_added_again(self) -> None:
        for service in self.sim.known_services:
            if service.key in self.away and service.key not in self.sim.ports.table.services:
                self.away.discard(service.key)
                self._apply(service, service)

    def teardown(self) -> None:
        """End the faults, and let time pass in which every recorded wake and stop must happen."""
        if not hasattr(self, "sim"):
            return
        try:
            self.fault_plan.waiting.clear()
            self.fault_plan.stale_runs = 0
            self.fault_plan.delivers = USUAL_DELIVERY
            self.sim.minutes(12)
        finally:
            self.sim.__exit__(None, None, None)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
