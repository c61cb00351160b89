"""A timeline of one service, in clock times of one day, decided by the real rules.

The metrics are those that CloudWatch would show for the requests so far. The test sets everything else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from scale_to_zero.actions.notification_texts import WORDS, change_of
from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.decided import Action, Decision, Want
from scale_to_zero.model.metrics import Series, SeriesKey
from scale_to_zero.model.observed import (
    GATEWAY_CONNECTOR,
    NOT_OBSERVED,
    TARGET_GROUP,
    ListenerRule,
    Missing,
    Pair,
    Readiness,
    ServiceFacts,
    Snapshot,
    TaskTimes,
    Traffic,
    TrafficSource,
    Unknown,
)
from scale_to_zero.model.scaling import ALL_SUSPENDED, ScalableTarget, Suspension
from scale_to_zero.model.service_state import Hold, HoldAll, Phase, ServiceState
from scale_to_zero.rules.arming import arming_has_lapsed, arming_is_complete
from scale_to_zero.rules.decide import decide
from scale_to_zero.rules.decide_sleep import decide_sleep
from scale_to_zero.rules.decide_wake import decide_release, decide_wake, decide_wake_with_all
from scale_to_zero.rules.idleness import last_needed
from scale_to_zero.rules.phases import sent_now
from scale_to_zero.rules.scaling import is_all_suspended, must_be_suspended, newly_known, record_of_put_back
from scale_to_zero.rules.traffic import (
    HEALTHY_HOST_COUNT,
    REQUEST_COUNT,
    minute_of,
    requests_and_watermark,
    requests_only,
    window_start,
)
from scale_to_zero.rules.wake_rules import after, rule_changes
from tests.unit.listener import OWN_RULE, WAKE_RULE, a_listener, woken_by_requests
from tests.unit.warned import assert_warns_if_attention_is_needed

NAME = ServiceName("city-guided-cluster", "city-guided-service")
LOAD_BALANCER = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city/50dc6c495c0c9188"
TARGET_GROUP_ARN = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/73e2d6bc24d8a067"
REVISION = (
    "arn:aws:ecs:eu-west-3:123456789012:service-revision/city-guided-cluster/city-guided-service/1485800978477494678"
)
GREEN_ARN = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/green/0a8f4c3b1d2e5f67"
GATEWAY = TrafficSource(GATEWAY_CONNECTOR, "http")
PAIR = Pair(LOAD_BALANCER, TARGET_GROUP_ARN)
GREEN_PAIR = Pair(LOAD_BALANCER, GREEN_ARN)
MINUTE = timedelta(minutes=1)


def at(clock: str) -> datetime:
    """Return the instant of ``"10:07"`` or ``"10:07:30"`` on the day of the timeline."""
    return datetime.fromisoformat(f"2026-03-02T{clock}+00:00")


def in_phase(phase: Phase) -> ServiceState:
    """Return the state of a service that entered this phase at 10:00, with nothing else in it."""
    return ServiceState(NAME, phase, since=at("10:00"))


def a_service(**changes: object) -> Service:
    service = Service("web", NAME, LOAD_BALANCER, (TARGET_GROUP_ARN,))
    return replace(service, **changes)  # type: ignore[arg-type]


def a_service_woken_by_requests(**changes: object) -> Service:
    """Return a service with wake rules; ``changes`` are fields of the service or of its ``WakeOnRequest``."""
    of_the_service = {name: changes.pop(name) for name in list(changes) if name in Service.__dataclass_fields__}
    return a_service(wake_on_request=woken_by_requests(**changes), **of_the_service)


def running_facts(desired: int = 1) -> ServiceFacts:
    return ServiceFacts(
        status="ACTIVE",
        scheduling_strategy="REPLICA",
        desired=desired,
        running=desired,
        traffic_sources=frozenset({TrafficSource(TARGET_GROUP, TARGET_GROUP_ARN)}),
        live_target_groups=frozenset({frozenset({TARGET_GROUP_ARN})}),
        revisions=frozenset({REVISION}),
    )


MIDNIGHT = at("00:00")
READY = Readiness(ready=True, healthy=True)
NOT_READY = Readiness(ready=False, waits_for="a healthy target")


@dataclass
class Group:
    """A second target group: when it publishes ``HealthyHostCount``, and what ELB says of its targets."""

    has_targets: bool | Unknown = False
    registered_from: datetime = MIDNIGHT
    registered_until: datetime = MIDNIGHT


@dataclass
class Timeline:
    """What AWS and the service state show of one service now, and its requests so far."""

    service: Service = field(default_factory=a_service)
    facts: ServiceFacts | Missing | Unknown = field(default_factory=running_facts)
    state: ServiceState | Unknown | None = None
    readiness: Readiness | Unknown = READY
    scalable_target: ScalableTarget | None | Unknown = None
    scales_by_forecast: bool | Unknown = False
    gateways: frozenset[TrafficSource] | Unknown = frozenset()
    has_targets: bool | Unknown = True
    rules: dict[str, ListenerRule] | Unknown = field(default_factory=a_listener)
    refused_changes: frozenset[str] = frozenset()
    protected: bool | Unknown = False
    stop_reasons: tuple[str, ...] | Unknown = ()
    task_times: TaskTimes | Unknown = field(default_factory=TaskTimes)
    held_with_all: HoldAll | Unknown | None = None
    metric_delay: timedelta = timedelta(minutes=2)
    outage_delay: timedelta = timedelta(0)
    outage_until: datetime = MIDNIGHT
    missing_minutes: frozenset[str] = frozenset()
    green: Group | None = None
    unseen: dict[str, Unknown] = field(default_factory=dict)
    requests: list[datetime] = field(default_factory=list)
    registered_from: datetime = MIDNIGHT
    registered_until: datetime = MIDNIGHT + timedelta(days=1)

    @classmethod
    def awake_since(cls, clock: str, **parts: object) -> Timeline:
        timeline = cls(**parts)  # type: ignore[arg-type]
        timeline.state = ServiceState(NAME, Phase.AWAKE, since=at(clock), restore=_desired(timeline.facts))
        return timeline

    @classmethod
    def asleep_since(cls, clock: str, **parts: object) -> Timeline:
        timeline = cls(**{"facts": running_facts(0), **parts})  # type: ignore[arg-type]
        timeline.state = ServiceState(NAME, Phase.ASLEEP, since=at(clock), restore=1, stopped=at(clock))
        return timeline

    @classmethod
    def waking_since(cls, clock: str, **parts: object) -> Timeline:
        timeline = cls.asleep_since("08:00", **parts)
        timeline.request_wake(clock)
        return timeline

    @classmethod
    def draining_since_six_past_ten(cls, **parts: object) -> Timeline:
        """Return a service that was last used in the minute after ten, was idle for five minutes, and is armed."""
        timeline = cls.awake_since("09:57", **{"service": a_service_woken_by_requests(), **parts})
        timeline.request("10:00:30").ticks("10:01", "10:06")
        assert (timeline.phase, timeline.saved_state.since) == (Phase.DRAINING, at("10:06"))
        return timeline

    @classmethod
    def of_a_pair(cls, clock: str, green: Group, service: Service | None = None, **parts: object) -> Timeline:
        """Return a service with two target groups, awake since ``clock``; its requests arrive at the first group."""
        service = replace(service or a_service(), target_group_arns=(TARGET_GROUP_ARN, GREEN_ARN))
        return cls.awake_since(clock, service=service, green=green, **parts)

    @property
    def saved_state(self) -> ServiceState:
        assert isinstance(self.state, ServiceState)
        return self.state

    @property
    def phase(self) -> Phase:
        return self.saved_state.phase

    @property
    def armed(self) -> bool:
        """Whether requests go to the wake function: our rule then has the conditions of the service's own rule."""
        assert not isinstance(self.rules, Unknown)
        return self.rules[WAKE_RULE].conditions == self.rules[OWN_RULE].conditions

    def request(self, clock: str) -> Timeline:
        """Record a request that the service itself answers."""
        self.requests.append(at(clock))
        return self

    def visitor(self, clock: str) -> Decision | None:
        """Send a request by the rules: to the wake function, which decides, or to the service."""
        if self.armed:
            return self.request_wake(clock)
        self.request(clock)
        return None

    def change_rule(self, arn: str, **changes: object) -> Timeline:
        """Change a rule as another writer does."""
        assert not isinstance(self.rules, Unknown)
        self.rules = {**self.rules, arn: replace(self.rules[arn], **changes)}  # type: ignore[arg-type]
        return self

    def suspend(self, suspended: Suspension) -> Timeline:
        """Call RegisterScalableTarget, which also moves the count into the bounds."""
        assert isinstance(self.scalable_target, ScalableTarget)
        assert isinstance(self.facts, ServiceFacts)
        self.scalable_target = target = replace(self.scalable_target, suspended=suspended)
        bounded = min(max(self.facts.desired, target.minimum), target.maximum)
        return self if bounded == self.facts.desired else self.set_in_ecs(bounded)

    def set_in_ecs(self, desired: int) -> Timeline:
        assert isinstance(self.facts, ServiceFacts)
        self.facts = replace(self.facts, desired=desired, running=desired)
        return self

    def observed(self, **facts: object) -> Timeline:
        assert isinstance(self.facts, ServiceFacts)
        self.facts = replace(self.facts, **facts)  # type: ignore[arg-type]
        return self

    def deployment_begins(self, clock: str) -> Timeline:
        return self.observed(deployment_running=True, deployed_at=at(clock))

    def deployment_ends(self) -> Timeline:
        return self.observed(deployment_running=False)

    def save_state(self, **state: object) -> Timeline:
        self.state = replace(self.saved_state, **state)  # type: ignore[arg-type]
        return self

    def tick(self, clock: str) -> Decision:
        """Decide as a run does: observe what the decision wants, and let its writes and changes take effect."""
        now = at(clock)
        rules = NOT_OBSERVED if self.service.wake_on_request is None else self.rules
        snapshot = replace(self._seen(), rules=rules)
        if isinstance(self.state, ServiceState) and self.state.scaling is None:
            snapshot = replace(snapshot, scalable_target=NOT_OBSERVED)
        decision = decide(snapshot, now)
        rounds = 0
        while decision.action is Action.OBSERVE:
            for want in sorted(decision.wants, key=list(Want).index):
                snapshot = self._observe(want, snapshot, now)
            decision = decide(snapshot, now)
            rounds += 1
            assert rounds <= len(Want), "the decision keeps wanting the same observation"
        self._take_effect(decision, now)
        self._keep_scaling(snapshot, decision, now)
        return decision

    def ticks(self, first: str, last: str) -> list[Decision]:
        """Run one tick a minute, both ends included."""
        minutes = int((at(last) - at(first)) / MINUTE)
        return [self.tick(f"{at(first) + n * MINUTE:%H:%M:%S}") for n in range(minutes + 1)]

    def first(self, action: Action, first: str, last: str) -> str | None:
        """Return when the first tick between two clock times decides on ``action``, as ``"10:07"``."""
        minutes = int((at(last) - at(first)) / MINUTE)
        for n in range(minutes + 1):
            clock = f"{at(first) + n * MINUTE:%H:%M}"
            if self.tick(clock).action is action:
                return clock
        return None

    def stopped_at(self, first: str, last: str) -> str | None:
        """Return when the first tick between two clock times stops the service."""
        return self.first(Action.SLEEP, first, last)

    def request_wake(self, clock: str) -> Decision:
        return self.carry_out(decide_wake(self._seen(), at(clock)), clock)

    def hold(self, clock: str, until: str, reason: str = "") -> Decision:
        return self.carry_out(decide_wake(self._seen(), at(clock), Hold(at(until), reason)), clock)

    def release(self, clock: str) -> Decision:
        return self.carry_out(decide_release(self.service, self.state, at(clock), self.held_with_all), clock)

    def hold_all(self, clock: str, until: str, reason: str = "") -> Decision:
        """Hold all services, and wake this one."""
        self.held_with_all = HoldAll(at(clock), at(until), reason)
        return self.carry_out(decide_wake_with_all(self._seen(), at(clock), self.held_with_all), clock)

    def write_hold_of_all(self, clock: str, until: str, reason: str = "") -> Timeline:
        """Hold all services without waking this one."""
        self.held_with_all = HoldAll(at(clock), at(until), reason)
        return self

    def release_all(self) -> Timeline:
        self.held_with_all = None
        return self

    def request_sleep(self, clock: str, *, force: bool = False) -> Decision:
        return self.carry_out(decide_sleep(self._seen(), at(clock), force=force), clock)

    def _seen(self) -> Snapshot:
        seen = Snapshot(self.service, self.facts, self.state, scalable_target=self.scalable_target)
        return replace(seen, hold_all=self.held_with_all)

    def carry_out(self, decision: Decision, clock: str) -> Decision:
        """Carry out a decision as a run does, and return it."""
        self._take_effect(decision, at(clock))
        return decision

    def _take_effect(self, decision: Decision, now: datetime) -> None:
        assert_warns_if_attention_is_needed(decision)
        if decision.state is not None:
            for change in decision.state.changes:
                assert all((change_of(change), change.reason) in words for words in WORDS.values()), change
            state = decision.state if decision.desired is None else sent_now(decision.state, now)
            self.state = replace(state, version=state.version + 1)
        if decision.action is Action.SLEEP and must_be_suspended(self.scalable_target):
            self.suspend(ALL_SUSPENDED)
        if decision.desired is not None:
            self.set_in_ecs(decision.desired)
        self._keep_rules(now)

    def _keep_scaling(self, snapshot: Snapshot, decision: Decision, now: datetime) -> None:
        """Record whether it has a scalable target, and put scaling back, unless this tick has stopped the service."""
        if decision.action is Action.SLEEP:
            return
        known = newly_known(snapshot, self.saved_state, now) if isinstance(self.state, ServiceState) else None
        if known is not None:
            self.state = replace(known, version=known.version + 1)
        record = record_of_put_back(snapshot, self.saved_state, now) if isinstance(self.state, ServiceState) else None
        if record is None:
            return
        self.state = replace(record, version=record.version + 1)
        if is_all_suspended(self.scalable_target):
            assert record.scaling is not None
            assert record.scaling.before is not None
            self.suspend(record.scaling.before)

    def _keep_rules(self, now: datetime) -> None:
        """Correct the rules after a write of the service state, and record when all of them are armed."""
        if (
            self.service.wake_on_request is None
            or isinstance(self.rules, Unknown)
            or not isinstance(self.state, ServiceState)
        ):
            return
        if arming_has_lapsed(Snapshot(self.service, self.facts, self.state, rules=self.rules), self.state):
            self.save_state(armed=None)
        changes = rule_changes(self.service, self.state, self.rules)
        self.rules = dict(after([one for one in changes if one.arn not in self.refused_changes], self.rules))
        if arming_is_complete(self.service, self.state, self.rules):
            self.save_state(armed=now)

    def _observe(self, want: Want, snapshot: Snapshot, now: datetime) -> Snapshot:
        match want:
            case Want.SCALABLE_TARGET:
                return replace(snapshot, scalable_target=self.scalable_target)
            case Want.SCALING_POLICIES:
                return replace(snapshot, scales_by_forecast=self.scales_by_forecast)
            case Want.GATEWAYS:
                return replace(snapshot, gateways=self.gateways)
            case Want.TARGETS:
                assert isinstance(snapshot.traffic, Traffic)
                return replace(snapshot, targets={arn: self._has_targets(arn) for arn in snapshot.traffic.silent})
            case Want.READINESS:
                return replace(snapshot, readiness=self.readiness)
            case Want.PROTECTION:
                return replace(snapshot, protected=self.protected)
            case Want.STOP_REASONS:
                return replace(snapshot, stop_reasons=self.stop_reasons)
            case Want.TASK_TIMES:
                return replace(snapshot, task_times=self.task_times)
            case _:
                return replace(snapshot, traffic=self._traffic(want, snapshot, now))

    def _traffic(self, want: Want, snapshot: Snapshot, now: datetime) -> Traffic | Unknown:
        assert isinstance(snapshot.state, ServiceState)
        start = window_start(last_needed(snapshot.state), self.service.idle, now)
        series = self._series(start, now)
        pairs = [PAIR] if self.green is None else [PAIR, GREEN_PAIR]
        if want is Want.REQUESTS:
            return requests_only(pairs, series, start)
        assert want is Want.METRICS
        return requests_and_watermark(pairs, series, start, now)

    def _has_targets(self, arn: str) -> bool | Unknown:
        return self.green.has_targets if self.green is not None and arn == GREEN_ARN else self.has_targets

    def _series(self, start: datetime, now: datetime) -> dict[SeriesKey, Series | Unknown]:
        """Return the visible datapoints: that of a minute is visible ``metric_delay`` after the minute began."""
        keys = [SeriesKey(name, PAIR) for name in (REQUEST_COUNT, HEALTHY_HOST_COUNT)]
        newest = minute_of(now - (self.outage_delay if now < self.outage_until else self.metric_delay))
        visible = [start + n * MINUTE for n in range(int((newest - start) / MINUTE) + 1)]
        counts = Counter(minute_of(request) for request in self.requests)
        registered = [m for m in visible if self.registered_from <= m < self.registered_until]
        hosts = {m: 1.0 for m in registered if f"{m:%H:%M}" not in self.missing_minutes}
        shown = {keys[0]: Series({m: float(counts[m]) for m in visible if counts[m]}), keys[1]: Series(hosts)}
        if self.green is not None:
            of_green = [m for m in visible if self.green.registered_from <= m < self.green.registered_until]
            shown[SeriesKey(REQUEST_COUNT, GREEN_PAIR)] = Series({})
            shown[SeriesKey(HEALTHY_HOST_COUNT, GREEN_PAIR)] = Series(dict.fromkeys(of_green, 1.0))
        return {key: self.unseen.get(key.metric_name, series) for key, series in shown.items()}


def _desired(facts: ServiceFacts | Missing | Unknown) -> int | None:
    return facts.desired if isinstance(facts, ServiceFacts) else None
