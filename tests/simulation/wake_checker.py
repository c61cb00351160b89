"""Checks services with wake rules: stops, wakes, what a visit does, and how many requests wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Mode, ModuleRule, Service, ServiceName
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.web.visitor.waiting_requests import SECONDS_BETWEEN_READS
from simulator.account import LISTENER
from simulator.ports.faults import Call
from simulator.ports.in_memory import InMemoryPorts
from simulator.record import Record
from simulator.routing import ClientKind
from simulator.runs import SCALE_TO_ZERO_RUNS, UNINSTALL, VISIT
from tests.service_states import begins_stop

from .awake_request import AwakeRequest
from .checked_run import CheckedRun
from .held_with_all import HeldWithAll
from .promise_tracker import PromiseBroken, PromiseTracker
from .rule_tracker import armed_like

READS: Final = frozenset({"service_of", "waiting_page", "read", "healthy_targets"})
"""The calls that a poll or an uptime check may make. They change nothing."""
REQUEST_BEFORE_STOP: Final = 3 * MINUTE
"""A request that a slow stop overtook was sent at most this long before the stop."""
WATCHER_IS_EXPECTED: Final = timedelta(seconds=20)
"""A request this soon after another one, for which a watcher was started, sends no watcher."""
UNOBSERVED_CHANGE: Final = MINUTE
"""A rule that an operator disarms, and arms again within this time, is not observed as disarmed."""
OWN_RULE_CHANGED: Final = 2 * MINUTE
"""Within this time the module follows a change of the service's own rule."""


class WakeChecker:
    """Checks each call just before it takes effect, as the promise checker does."""

    def __init__(
        self, ports: InMemoryPorts, record: Record, tracker: PromiseTracker, held_with_all: HeldWithAll
    ) -> None:
        self._held_with_all = held_with_all
        self._ports = ports
        self._world = ports.world
        self._record = record
        self._tracker = tracker
        self._leased_at: dict[ServiceName, datetime] = {}
        self._changed_by_functions: dict[str, datetime] = {}
        self._waiting: dict[int, CheckedRun] = {}

    def observe(self, run: CheckedRun, call: Call) -> None:
        """Record what later checks need, and check what a visit does."""
        if call.name == "set_conditions" and isinstance(call.subject, str):
            self._changed_by_functions[call.subject] = self._world.now
        if run.kind in SCALE_TO_ZERO_RUNS and isinstance(call.value, ServiceState):
            self._observe_write(call.value)
        if run.kind != VISIT:
            return
        self._require(call.name != "set_desired_count", f"{run} changed a count: visits only send watchers")
        if run.client in (ClientKind.PAGE, ClientKind.MONITOR):
            self._require(call.name in READS, f"{run}, of a {run.client}, called {call.name}")
        if call.name == "add_waiting_request":
            assert isinstance(call.value, datetime)
            run.waits_for_wake = call.value

    def observe_wait(self, run: CheckedRun, seconds: float) -> None:
        """Check a visit that waits, between two reads, until its wake rules are disarmed: it is a waiting request."""
        if run.kind != VISIT or seconds != SECONDS_BETWEEN_READS:
            return
        service = next((one for one in self._ports.table.services.values() if one.name == run.visited), None)
        if service is None or service.wake_on_request is None:
            return
        self._require(run.waits_for_wake is not None, f"{run} waits, but is not counted")
        self._waiting[id(run)] = run
        alike = [one for one in self.waiting_requests(service.name) if one.waits_for_wake == run.waits_for_wake]
        most = service.wake_on_request.max_waiting
        self._require(len(alike) <= most, f"{run} waits with {len(alike) - 1} others; at most {most} may wait")

    def waiting_requests(self, name: ServiceName) -> list[CheckedRun]:
        """Return the requests that wait until the wake rules of a service are disarmed."""
        return [run for run in self._waiting.values() if run.visited == name]

    def ends(self, run: CheckedRun) -> None:
        """Record that a run has ended."""
        self._waiting.pop(id(run), None)

    def check_start(self, run: CheckedRun, service: Service, before: int, desired: int) -> None:
        """Check that a start was requested, and that no run sets a count that ECS has shown already."""
        if service.wake_on_request is None or run.kind == UNINSTALL or service.mode is not Mode.ACT:
            return
        stop = self._record.last(service.name, stop=True)
        if before == 0:
            requested_at = self._tracker.of(service.name).last_awake_request
            unrequested = (
                stop is not None
                and not stop.by_hand
                and (requested_at is None or requested_at < stop.at - REQUEST_BEFORE_STOP)
            )
            since = f"since {stop.at}" if stop else "yet"
            message = f"{run} woke {service.name}, but no wake has been requested {since}"
            self._require(not unrequested or self._held_with_all.wakes(), message)
            return
        start, seen = self._record.last(service.name, stop=False), run.described.get(service.name)
        if before == desired and start is not None and seen is not None:
            again = seen.desired > 0 and seen.at > start.at and run.is_fault_free(service.name)
            self._require(not again, f"{run} requested {desired} tasks of {service.name}, which ECS had shown already")

    def check_stop(self, run: CheckedRun, service: Service, requested: datetime | None) -> None:
        """Check that every wake rule is in force, and that no request to wake it arrived in the whole idle window.

        ``requested``: when a request to sleep arrived. In that case only requests since then count.
        """
        on_request = service.wake_on_request
        assert on_request is not None
        met = self._ports.listeners.met(LISTENER)
        for rule in on_request.rules:
            assert rule.own_rule_arn is not None
            ours, own = met.get(rule.arn), met.get(rule.own_rule_arn)
            own_changed = self._ports.listeners.changes[rule.own_rule_arn][-1].at
            changed_by_hand = self._was_changed_by_hand(rule, since=run.begun - UNOBSERVED_CHANGE)
            if self._world.now - own_changed < OWN_RULE_CHANGED or changed_by_hand:
                continue
            in_force = ours is not None and own is not None and ours.conditions == armed_like(rule, own.conditions)
            self._require(in_force, f"{run} stopped {service.name} while its wake rule {rule.name} was not in force")
        for awake_request in reversed(self._tracker.awake_requests.get(service.name, ())):
            if self._world.now - awake_request.at >= service.idle or (
                requested is not None and awake_request.at <= requested
            ):
                break
            if requested is not None and awake_request.found is Phase.AWAKE:
                continue  # a request to an awake service does not cancel the request to sleep
            self._check_awake_request(run, service, awake_request)

    def _observe_write(self, state: ServiceState) -> None:
        if begins_stop(state, self._ports.table.states.get(state.name)):
            self._leased_at[state.name] = self._world.now

    def armed_in_force_since(self, run: CheckedRun, service: Service) -> datetime:
        """Return since when all wake rules of a service are in force with the conditions that the functions set."""
        on_request = service.wake_on_request
        assert on_request is not None
        return max(
            self._ports.listeners.changes[rule.arn][
                -2 if self._was_changed_by_hand(rule, since=run.begun) else -1
            ].counts_from
            for rule in on_request.rules
        )

    def _was_changed_by_hand(self, rule: ModuleRule, since: datetime) -> bool:
        """Return whether an operator has changed a rule of the module since an instant. The next tick repairs it."""
        changed = self._ports.listeners.changes[rule.arn][-1].at
        return changed > since and changed != self._changed_by_functions.get(rule.arn)

    def _check_awake_request(self, run: CheckedRun, service: Service, awake_request: AwakeRequest) -> None:
        """Check that the stop overlooks no request that was answered before it took its lease.

        After a fault, or soon after another request, such a request may not have been saved. A later one leads to a
        wake.
        """
        leased = self._leased_at.get(service.name)
        if awake_request.answered is None or leased is None or awake_request.answered >= leased:
            return
        recorded = awake_request.fault_free and awake_request.found is Phase.DRAINING
        undisturbed = self._tracker.of(service.name).disturbed_at < awake_request.at
        follows = any(
            timedelta(0) < awake_request.at - earlier.at < WATCHER_IS_EXPECTED
            for earlier in self._tracker.awake_requests[service.name]
        )
        message = f"{run} stopped {service.name} {self._world.now - awake_request.at} after a request for it"
        self._require(not recorded and (not undisturbed or follows), f"{message} at {awake_request.at:%H:%M:%S}")

    @staticmethod
    def _require(kept: bool, promise: str) -> None:
        if not kept:
            raise PromiseBroken(promise)
