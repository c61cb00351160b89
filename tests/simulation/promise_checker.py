"""Checks every stop and every start that a function requests from ECS, against the facts and the metrics."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.metrics import SeriesKey
from scale_to_zero.model.observed import TARGET_GROUP, TrafficSource
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.scaling import ALL_SUSPENDED
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.leaving import leaves
from scale_to_zero.rules.taking_back import stopped_by_this_module
from simulator.fault_injection import NOT_SENT
from simulator.ports.faults import Call, Fault
from simulator.ports.in_memory import InMemoryPorts
from simulator.ports.table import takes_effect
from simulator.record import CountChange, Record
from simulator.runs import SCALE_TO_ZERO_RUNS
from tests.service_states import begins_stop, lease_of

from .checked_run import CheckedRun, Described
from .held_with_all import HeldWithAll
from .hold_checker import HoldChecker
from .metric_checker import MetricChecker
from .notification_checker import NotificationChecker
from .promise_tracker import PromiseBroken, PromiseTracker
from .scaling_checker import ScalingChecker
from .stop_checker import StopChecker
from .wake_checker import WakeChecker

METRICS_WINDOW: Final = timedelta(minutes=40)
"""Longer than any idle window in these tests."""
CLOCKS_DIFFER: Final = timedelta(seconds=2)
OLDEST_ANSWER: Final = timedelta(seconds=10)
"""How old an answer of DescribeServices may be. Not documented; ECS is eventually consistent."""


class PromiseChecker:
    """Checks each call just before it takes effect."""

    def __init__(self, ports: InMemoryPorts, record: Record, tracker: PromiseTracker, scaling: ScalingChecker) -> None:
        self._ports = ports
        self._world = ports.world
        self._record = record
        self._tracker = tracker
        self.scaling = scaling
        self.held_with_all = HeldWithAll(ports.world)
        self.wakes = WakeChecker(ports, record, tracker, self.held_with_all)
        self.holds = HoldChecker(ports, tracker, self.held_with_all)
        self.stops = StopChecker(ports, tracker.rules)
        self.metrics = MetricChecker(ports, record, self.wakes)
        self.notifications = NotificationChecker(ports, record, tracker)

    def observe(self, run: CheckedRun, call: Call, fault: Fault | None) -> None:
        """Record the answers that the run gets, and check what it does."""
        self.wakes.observe(run, call)
        self.stops.observe(run, call, fault)
        self.scaling.observe(run, call, fault)
        if fault not in NOT_SENT:
            self.notifications.observe(run, call)
            self.held_with_all.observe(call)
        if _is_refused_stop(call, fault):
            assert isinstance(call.subject, ServiceName)
            self.notifications.stop_refused(run, call.subject)
        match call.name:
            case "read_all" | "read_services" | "read_hold_all" if fault is None:
                self._observe_table(run, call)
            case "describe" if fault is None:
                assert isinstance(call.subject, ServiceName)
                self._observe_describe(run, call.subject)
            case "read_metrics":
                assert isinstance(call.subject, SeriesKey)
                run.readable[call.subject] = (
                    self._ports.minutes_of(call.subject, self._world.now - METRICS_WINDOW) if fault is None else None
                )
            case "has_targets" if fault is None:
                assert isinstance(call.subject, str)
                self.metrics.observe_targets(run, call.subject)
            case "protected" if fault is None:
                assert isinstance(call.subject, ServiceName)
                run.busy[call.subject] = self._is_protected(call.subject)
            case "write" if fault not in NOT_SENT:
                assert isinstance(call.value, ServiceState)
                self._check_write(run, call.value)
            case "set_desired_count" if fault not in NOT_SENT:
                assert isinstance(call.subject, ServiceName)
                assert isinstance(call.value, int)
                self.check(run, call.subject, call.value)

    def _observe_table(self, run: CheckedRun, call: Call) -> None:
        run.read_hold_all_at = self._world.now
        if call.name == "read_all":
            run.services = {service.name: service for service in self._ports.table.services.values()}
        if call.name == "read_services":
            assert isinstance(call.subject, tuple)
            read = [one for key, one in self._ports.table.services.items() if key in call.subject]
            run.services = {**run.services, **{service.name: service for service in read}}

    def check(self, run: CheckedRun, name: ServiceName, desired: int) -> None:
        """Check a change of a desired count at the instant of its effect, before it is recorded."""
        service = run.services.get(name)
        self._require(service is not None, f"{run} changed {name} in ECS, which is not in its configuration")
        assert service is not None
        stored = self._ports.table.states.get(name)
        leaving = stored is not None and leaves(stored, self._world.now)
        # Another run may have brought it back while this call was under way.
        taken_back = (
            desired > 0
            and stored is not None
            and (stopped_by_this_module(stored) or (stored.phase is Phase.AWAKE and stored.since >= run.begun))
        )
        by_mode = service.mode is Mode.ACT or run.kind == "uninstall" or taken_back
        self._require(by_mode, f"{run} changed {name} in ECS, though its mode was {service.mode}")
        before = self.desired(name)
        if desired == 0 and before > 0:
            self._require(self.service(name) is not None, f"{run} stopped {name}, which has left the module")
            self._check_stop(run, service)
        if desired > 0 and not leaving:
            self.wakes.check_start(run, service, before, desired)
            self.scaling.check_start(run, service, before, desired)
        if desired != before:
            # If ECS does not show a stop yet, the service is brought back with the count that ECS shows.
            shown = {self._record.desired_at(name, run.begun - OLDEST_ANSWER, before)}
            self._tracker.count_requested(
                service,
                desired,
                str(run),
                (shown if service.mode is not Mode.ACT or leaving else set()) | self._within_bounds(service),
            )

    def _within_bounds(self, service: Service) -> set[int]:
        """Return the counts that a wake may set because the remembered count is outside the bounds."""
        counts = [service.awake_count] if service.awake_count else self._tracker.of(service.name).counts
        return set().union(*(self.scaling.within_bounds(service.name, count) for count in counts))

    def desired(self, name: ServiceName) -> int:
        """Return the desired count in ECS."""
        return self._world.describe_service(*name).desired

    def service(self, name: ServiceName) -> Service | None:
        """Return the present configuration of a service; ``None`` if the module does not manage it."""
        return next((one for one in self._ports.table.services.values() if one.name == name), None)

    def _acts(self, name: ServiceName) -> bool:
        """Return whether the mode is ``act`` now. A change of the mode during a stop disarms the rules meanwhile."""
        configured = self.service(name)
        return configured is not None and configured.mode is Mode.ACT

    def unwatched_traffic_sources(
        self, service: Service, traffic_sources: frozenset[TrafficSource]
    ) -> frozenset[TrafficSource]:
        """Return the traffic sources other than the watched target groups."""
        tracked = service.target_group_arns
        return frozenset(one for one in traffic_sources if one.kind != TARGET_GROUP or one.name not in tracked)

    def described(self, name: ServiceName) -> Described | None:
        """Return what ECS says of a service now; ``None`` if the module or ECS does not know it."""
        service = self.service(name)
        facts = self._ports.facts(name)
        if service is None or facts is None:
            return None
        unwatched = not service.ignore_other_traffic and (
            bool(self.unwatched_traffic_sources(service, facts.traffic_sources)) or self._has_gateway_connector(name)
        )
        assert facts.deployed_at is not None
        return Described(self._world.now, facts.desired, facts.deployment_running, unwatched, facts.deployed_at)

    def _has_gateway_connector(self, name: ServiceName) -> bool:
        return any(one.gateway_connectors for one in self._world.describe_service(*name).deployments)

    def _is_protected(self, name: ServiceName) -> bool:
        ends, facts = self._ports.protected_until.get(name), self._ports.facts(name)
        return ends is not None and self._world.now < ends - CLOCKS_DIFFER and facts is not None and facts.running > 0

    def ends(self, run: CheckedRun, *, cut_off: bool) -> None:
        """Check what must be true when a run has ended or was cut off."""
        self.wakes.ends(run)
        self.stops.ends(run, cut_off=cut_off)
        self.metrics.ends(run, cut_off=cut_off)
        self.notifications.starts.ends()

    def observe_wait(self, run: CheckedRun, seconds: float) -> None:
        """Check a run that is about to wait."""
        self.wakes.observe_wait(run, seconds)

    def _observe_describe(self, run: CheckedRun, name: ServiceName) -> None:
        described = self.described(name)
        if described is not None:
            run.described[name] = described

    def _check_write(self, run: CheckedRun, state: ServiceState) -> None:
        """Check that a write that begins a stop does not overlook activity that another run recorded meanwhile."""
        stored, service = self._ports.table.states.get(state.name), run.services.get(state.name)
        if takes_effect(state, stored):
            self.holds.check_write(run, state, stored)
        if stored is not None and begins_stop(state, stored):
            self._require(
                not leaves(stored, self._world.now) or not takes_effect(state, stored),
                f"{run} begins to stop {state.name}, which is leaving the module",
            )
        if lease_of(state) is None or stored is None or service is None or stored.last_activity is None:
            return
        if (state.version, state.last_activity or stored.last_activity) != (stored.version, stored.last_activity):
            return
        if stored.sleep_requested is not None or lease_of(stored) is not None:
            return
        self._require(
            self._world.now - stored.last_activity >= service.idle,
            f"{run} begins to stop {state.name}, but its service state has activity at {stored.last_activity}",
        )

    def _check_stop(self, run: CheckedRun, service: Service) -> None:
        self._require(
            run.kind in SCALE_TO_ZERO_RUNS,
            f"{run} stopped {service.name}: only ticks and requests to sleep stop services",
        )
        state = self._ports.table.states.get(service.name)
        seen = run.described.get(service.name)
        self._require(seen is not None, f"{run} stopped {service.name} without having observed it")
        assert seen is not None
        requested = self.holds.requested(service.name)
        self._check_wakes(run, service, state, requested)
        self._require(not seen.deployment_running, f"{run} stopped {service.name} while a deployment ran")
        self.scaling.check_stop(run, service)
        if requested is None:
            self._check_idleness(run, service, seen)
        if service.wake_on_request is not None and self._acts(service.name):
            self.wakes.check_stop(run, service, requested)
        busy = run.busy.get(service.name)
        self._require(
            busy is False, f"{run} stopped {service.name} while a task was protected, or without reading that"
        )

    def _check_idleness(self, run: CheckedRun, service: Service, seen: Described) -> None:
        """Check that all use of the service could be observed, and that there was none."""
        self._check_window(run, service, seen)
        self._require(not seen.unwatched, f"{run} stopped {service.name}, which has an unwatched traffic source")
        self._require(bool(service.target_group_arns), f"{run} stopped {service.name}, whose use cannot be observed")
        self.metrics.check_stop(run, service, self._noticed_start(service), acts=self._acts(service.name))
        too_early = self._tracker.deployments.stopped_too_early(service, seen.deployed_at)
        self._require(not too_early, f"{run} stopped {service.name} {too_early}")

    def _check_wakes(
        self, run: CheckedRun, service: Service, state: ServiceState | None, requested: datetime | None
    ) -> None:
        """Check that a slow stop undoes no wake: a wake waits until the lease has ended, and starts then.

        ``requested``: when a request to sleep arrived. It counts if it is newer than any request for a wake.
        """
        now = self._world.now
        leased = state is not None and state.stop_under_way(now) is not None
        self._require(
            state is not None and state.phase is Phase.ASLEEP and leased,
            f"{run} stops {service.name} without a lease: {state}",
        )
        tracked = self._tracker.of(service.name)
        requested_at = tracked.last_requested_at
        if (
            requested_at is not None
            and now - requested_at < service.idle
            and (requested is None or requested_at > requested)
        ):
            recorded = state is not None and state.wake_requested is not None
            message = f"whose wake was requested at {requested_at:%H:%M:%S}"
            self._require(recorded, f"{run} stopped {service.name}, {message}")
            return
        tracked.requested_at = None

    def _check_window(self, run: CheckedRun, service: Service, seen: Described) -> None:
        start = self._noticed_start(service)
        if start is None or start.at > seen.at:
            return
        self._require(
            self._world.now - start.at >= service.idle,
            f"{run} stopped {service.name}, which {start.by} started at {start.at:%H:%M:%S}",
        )

    def _noticed_start(self, service: Service) -> CountChange | None:
        """Return the newest start; ``None`` if an operator stopped and started the service too quickly for any tick."""
        start = self._record.last(service.name, stop=False)
        stop = self._record.last(service.name, stop=True)
        if start is None or (stop is not None and stop.by_hand and start.at - stop.at < 5 * MINUTE):
            return None
        return start

    def _require(self, kept: bool, promise: str) -> None:
        if not kept:
            raise PromiseBroken(promise)


def _is_refused_stop(call: Call, fault: Fault | None) -> bool:
    """Return whether this call shows that a run does not stop a service. What became of a suspension may be unknown."""
    if call.name == "suspend_scaling":
        return fault is not None and call.value == ALL_SUSPENDED
    return call.name == "set_desired_count" and call.value == 0 and fault in (Fault.REFUSED, Fault.FORBIDDEN)
