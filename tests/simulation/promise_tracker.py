"""Checks what must happen by itself: a wake starts tasks, the service state agrees with ECS, an idle service sleeps."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from scale_to_zero.model.configured import DEFAULT_AWAKE_COUNT, Mode, Service, ServiceName
from scale_to_zero.model.metrics import SeriesKey
from scale_to_zero.model.observed import Pair, ServiceFacts
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT
from scale_to_zero.rules.wake_times import SHORTEST_WAKE_DEADLINE
from simulator.ports.in_memory import InMemoryPorts
from simulator.record import Record
from simulator.routing import ClientKind, ClientRequest
from simulator.world import World
from tests.service_states import lease_of

from .awake_request import AwakeRequest
from .deployment_tracker import DeploymentTracker
from .hold_tracker import HoldTracker, TrackedHolds
from .rule_tracker import LONGEST_DRAINING, RuleTracker, TrackedRules


class PromiseBroken(BaseException):
    """A promise of the README did not hold. It is not an ``Exception``, so that no run catches it."""


RUNNING: Final = frozenset({Phase.AWAKE, Phase.DRAINING})
TASKS_DO_NOT_START: Final = "tasks do not start"
TASKS_ARE_UNHEALTHY: Final = "tasks are unhealthy"
A_GATEWAY_CONNECTOR: Final = "a gateway connector is unwatched"
TICKS_UNTIL_A_WAKE_STARTS: Final = 3
"""The first tick may still read the lease of a stop. The second one reads the wake. The third one may only save that
the deadline has passed."""
TICKS_UNTIL_STATE_AGREES: Final = 4
SLACK: Final = 2 * MINUTE
SILENT_AFTER: Final = 4 * MINUTE
"""A target group whose HealthyHostCount is older than this may have no targets, so its targets are read from ELB."""
SETTLING: Final = 5 * MINUTE
"""Metrics that had a gap must show for three minutes that the service is idle before they count."""


@dataclass
class TrackedService:
    """What must happen for one service.

    ``calm_since``: since when there were only clients and fault-free ticks. ``calm_ticks``: the number of those ticks.
    ``requested_at``: since when a recorded wake is due. ``last_requested_at``: the newest recorded wake.
    ``counts``: the counts that a wake may restore. ``settled_count``: the count that the last calm tick found.
    ``hindered``: the reasons for which it may stay awake without end.
    ``disturbed_at``: when something last disturbed it. ``fault_free_ticks``: the number of fault-free ticks since then.
    ``last_awake_request``: when it was last requested, recorded or not.
    """

    name: ServiceName
    calm_since: datetime
    disturbed_at: datetime
    fault_free_ticks: int = 0
    last_awake_request: datetime | None = None
    rules: TrackedRules = field(default_factory=TrackedRules)
    holds: TrackedHolds = field(default_factory=TrackedHolds)
    calm_ticks: int = 0
    requested_at: datetime | None = None
    last_requested_at: datetime | None = None
    ticks_since_request: int = 0
    counts: set[int] = field(default_factory=lambda: {DEFAULT_AWAKE_COUNT})
    settled_count: int | None = None
    hindered: set[str] = field(default_factory=set)


class PromiseTracker:
    """Counts fault-free ticks, and checks after each of them."""

    def __init__(self, ports: InMemoryPorts, record: Record) -> None:
        self._ports = ports
        self._world: World = ports.world
        self._record = record
        self._tracked: dict[ServiceName, TrackedService] = {}
        self.rules = RuleTracker(ports)
        self.holds = HoldTracker(ports)
        self.deployments = DeploymentTracker(ports)
        self.checks = 0
        self.awake_requests: dict[ServiceName, deque[AwakeRequest]] = {}

    def of(self, name: ServiceName) -> TrackedService:
        """Return what must happen for a service."""
        tracked = self._tracked.get(name)
        if tracked is None:
            tracked = self._tracked[name] = TrackedService(name, self._world.now, self._world.now)
        return tracked

    def disturb(self, name: ServiceName | None = None) -> None:
        """Record an event other than a client, a wake or a fault-free tick, for one service or for all services."""
        for tracked in [self.of(name)] if name else self._tracked.values():
            self._lose_calm(tracked)
            tracked.disturbed_at, tracked.fault_free_ticks = self._world.now, 0
            tracked.rules.ticks_wrong = 0

    def awake_requested(self, name: ServiceName, *, is_new: bool = True) -> None:
        """Record a request for a service, which cancels a pending request to sleep. ``is_new``: it arrived just now."""
        if is_new:
            self.of(name).last_awake_request = self._world.now
        self.of(name).holds.sleep_requested_at = None

    def add_awake_request(
        self, service: Service, request: ClientRequest, state: ServiceState | None
    ) -> AwakeRequest | None:
        """Record a request that needs the service awake: it keeps a running service, and wakes a sleeping one.

        Return ``None`` if the request does not need it awake. The result is filled in when the request is answered.
        """
        on_request = service.wake_on_request
        assert on_request is not None
        if request.client in (ClientKind.PAGE, ClientKind.MONITOR):
            return None
        found = state.phase if state else None
        if on_request.ask_before_waking and request.client is not ClientKind.BUTTON and found not in RUNNING:
            return None
        self.awake_requested(service.name)
        awake_request = AwakeRequest(self._world.now, found)
        self.awake_requests.setdefault(service.name, deque(maxlen=2000)).append(awake_request)
        return awake_request

    def deployment_seen(self, name: ServiceName) -> None:
        """Record that a tick observed a running deployment, because of which a pending request to sleep may end."""
        self.of(name).holds.sleep_requested_at = None

    def wake_begins(self, name: ServiceName) -> None:
        """Record that a run begins to wake, hold or put to sleep a service."""
        self._lose_calm(self.of(name))

    def sleep_recorded(self, name: ServiceName) -> None:
        """Record that a request to sleep is pending in the service state. The service may be stopped at once."""
        self.wake_begins(name)
        self.of(name).holds.sleep_requested_at = self._world.now

    def stopped_on_request(self, name: ServiceName) -> None:
        """Record an answer that the service sleeps as requested, which ends every earlier request for a wake."""
        self.of(name).requested_at = None

    def _lose_calm(self, tracked: TrackedService) -> None:
        tracked.calm_since, tracked.calm_ticks = self._world.now, 0
        tracked.holds = TrackedHolds()
        tracked.settled_count = None

    def count_by_hand(self, name: ServiceName, desired: int) -> None:
        """Record that an operator set the desired count: from now on it may be the count to restore."""
        self.disturb(name)
        tracked = self.of(name)
        tracked.requested_at = None
        if desired:
            tracked.counts.add(desired)

    def count_by_scaling(self, name: ServiceName, desired: int) -> None:
        """Record that Application Auto Scaling changes the desired count: it may be the count to restore."""
        self.disturb(name)
        if desired:
            self.of(name).counts.add(desired)

    def state_lost(self, name: ServiceName) -> None:
        """Record that the service state, and the count in it, are lost."""
        self.deployments.forget(name)
        self.disturb(name)
        tracked = self.of(name)
        tracked.counts.add(DEFAULT_AWAKE_COUNT)
        tracked.requested_at = tracked.last_requested_at = None

    def left(self, name: ServiceName) -> None:
        """Record that the service has left the module: no wake is due any longer."""
        self.disturb(name)
        tracked = self.of(name)
        tracked.requested_at = tracked.last_requested_at = None

    def hinder(self, name: ServiceName, what: str) -> None:
        """Record that from now on something may keep the service awake without end."""
        self.disturb(name)
        self.of(name).hindered.add(what)

    def no_longer_hinder(self, name: ServiceName, what: str) -> None:
        """Record that this no longer keeps the service awake."""
        self.disturb(name)
        self.of(name).hindered.discard(what)

    def wake_recorded(self, name: ServiceName, requested_at: datetime) -> None:
        """Record that a run saved a wake, and when it was requested."""
        self.wake_begins(name)
        tracked = self.of(name)
        tracked.requested_at = tracked.last_requested_at = requested_at
        tracked.ticks_since_request = 0

    def count_requested(self, service: Service, desired: int, by: str, shown: set[int]) -> None:
        """Check the count that a function requests: the configured one, or the one that the service had when awake."""
        allowed = ({service.awake_count} if service.awake_count else self.of(service.name).counts) | shown
        if desired > 0 and desired not in allowed:
            raise PromiseBroken(f"{by} requested {desired} tasks of {service.name}, not {sorted(allowed)}")
        if desired > 0:
            self.of(service.name).counts.add(desired)

    def fault_free_tick(self, name: ServiceName, begun: datetime) -> None:
        """Check after a tick that met no fault about this service. ``begun``: when the tick began."""
        service = next((one for one in self._ports.table.services.values() if one.name == name), None)
        facts, state = self._ports.facts(name), self._ports.table.states.get(name)
        if service is None or facts is None or service.mode is Mode.OFF:
            return
        if state is not None and state.leaving is not None:
            return
        tracked = self.of(name)
        if begun < tracked.calm_since:
            return
        tracked.calm_ticks += 1
        tracked.fault_free_ticks += 1
        self.checks += 1
        if facts.deployment_running or facts.running == 0:
            tracked.calm_since = self._world.now
        self._check_wake(tracked, service, facts.desired)
        self._check_agreement(tracked, service, state, facts.desired)
        self._check_idleness(tracked, service, state, facts.desired)
        self._settle_count(tracked, state, facts.desired)
        self._check_promises(tracked, service, state, facts)

    def _check_wake(self, tracked: TrackedService, service: Service, desired: int) -> None:
        if tracked.requested_at is None or service.mode is not Mode.ACT:
            return
        start = self._record.last(service.name, stop=False)
        if desired > 0 or (start is not None and start.at >= tracked.requested_at):
            tracked.requested_at = None
            return
        if self._world.now - tracked.requested_at > SHORTEST_WAKE_DEADLINE + service.idle:
            tracked.requested_at = None  # the wake may be abandoned by now: there were too few fault-free ticks
            return
        tracked.ticks_since_request += 1
        if tracked.ticks_since_request > TICKS_UNTIL_A_WAKE_STARTS:
            raise PromiseBroken(
                f"a wake of {service.name} was recorded at {tracked.requested_at:%H:%M:%S}, but its desired count is 0"
            )

    def _check_agreement(
        self, tracked: TrackedService, service: Service, state: ServiceState | None, desired: int
    ) -> None:
        if tracked.calm_ticks <= TICKS_UNTIL_STATE_AGREES:
            return
        if state is None:
            raise PromiseBroken(f"{service.name} has no service state after {tracked.calm_ticks} calm ticks")
        if state.stop_under_way(self._world.now):
            return  # another run is stopping it
        agrees = (state.phase is Phase.ASLEEP) == (desired == 0)
        nothing_is_pending = lease_of(state) is None and state.wake_requested is None
        count_is_known = state.phase is not Phase.AWAKE or state.restore == desired
        if not (agrees and nothing_is_pending and count_is_known):
            raise PromiseBroken(
                f"the service state does not agree with the desired count {desired} of {service.name}: {state}"
            )

    def _check_promises(
        self, tracked: TrackedService, service: Service, state: ServiceState | None, facts: ServiceFacts
    ) -> None:
        calm_for = self._world.now - tracked.calm_since
        for wrong in (
            self.rules.rules_disagree(tracked.rules, service, state),
            self.rules.drains_for_too_long(service, state),
            self.holds.not_kept_awake(tracked.holds, service, state, facts, calm_for, hindered=bool(tracked.hindered)),
            self.holds.not_put_to_sleep(tracked.holds, service, state, facts, hindered=bool(tracked.hindered)),
        ):
            if wrong:
                raise PromiseBroken(wrong)

    def _check_idleness(
        self, tracked: TrackedService, service: Service, state: ServiceState | None, desired: int
    ) -> None:
        """Check that an idle service reaches zero after ``idle``, the metrics' delay, and up to a minute at each end.

        If one of its target groups is empty, ticks observe it for another ``idle`` when nothing else needs the service.
        """
        if desired == 0 or tracked.hindered or service.mode is not Mode.ACT or not service.target_group_arns:
            return
        if state is None:
            return
        requests = [self._record.requests[arn][-1] for arn in service.target_group_arns if arn in self._record.requests]
        if service.wake_on_request is not None and service.name in self.awake_requests:
            requests.append(self.awake_requests[service.name][-1].at)
        if state.phase is not Phase.WAKING and service.wake_on_request is not None:
            self._check_repeated_draining(service, state, max([tracked.calm_since, *requests]))
        if state.phase is not Phase.AWAKE:
            return
        quiet_since = max([tracked.calm_since, state.since, *requests])
        windows = 2 if any(self._is_empty(arn) for arn in service.target_group_arns) else 1
        due = quiet_since + windows * service.idle + self._world.timings.metric_delay
        late = self._world.now - max(due, self.holds.held_until(state) or due)
        if late > 2 * MINUTE + SLACK and not self._lacks_a_minute(service, state.since):
            raise PromiseBroken(f"{service.name} has been unused since {quiet_since:%H:%M:%S}, but is awake: {state}")

    def _check_repeated_draining(self, service: Service, state: ServiceState, quiet_since: datetime) -> None:
        """Check that a service stops after it drains a second time. A late metric may make it awake again once."""
        longest = 2 * (service.idle + self._world.timings.metric_delay + LONGEST_DRAINING) + SLACK
        quiet_since = max(quiet_since, self.holds.held_until(state) or quiet_since)
        if self._world.now - quiet_since > longest and not self._lacks_a_minute(service, quiet_since):
            unused = f"{service.name} has been unused since {quiet_since:%H:%M:%S}"
            raise PromiseBroken(f"{unused}, but was never stopped: {state}")

    def _lacks_a_minute(self, service: Service, since: datetime) -> bool:
        """Return whether HealthyHostCount lacks a minute so recent that no idle window and no settling fit after it.

        A target group that was empty all that time lacks no minute.
        """
        now = self._world.now
        delay = self._world.timings.metric_delay + MINUTE
        start = max(since, now - service.idle - delay - SILENT_AFTER - SETTLING).replace(second=0, microsecond=0)
        minutes = {start + number * MINUTE for number in range(max(0, (now - delay - start) // MINUTE))}
        for arn in service.target_group_arns:
            load_balancer = self._world.load_balancer(arn)
            assert load_balancer is not None
            shown = self._ports.minutes_of(SeriesKey(HEALTHY_HOST_COUNT, Pair(load_balancer, arn)), start)
            if minutes - shown and (shown or not self._is_empty(arn)):
                return True
        return False

    def _is_empty(self, arn: str) -> bool:
        return all(one.state == "draining" for one in self._world.target_health(arn))

    def _settle_count(self, tracked: TrackedService, state: ServiceState | None, desired: int) -> None:
        if state is None or state.phase is not Phase.AWAKE or desired == 0:
            return
        if tracked.settled_count == desired and tracked.calm_ticks > 1:
            tracked.counts = {desired}
        tracked.settled_count = desired
