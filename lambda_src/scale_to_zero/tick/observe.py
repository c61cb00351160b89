"""The observations that a decision may request: metrics, targets, tasks and more. Each fills part of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.decided import Want
from scale_to_zero.model.metrics import Series, SeriesKey
from scale_to_zero.model.observed import ListenerRule, Pair, Readiness, ServiceFacts, Snapshot, Target, Traffic, Unknown
from scale_to_zero.ports import Ports
from scale_to_zero.rules.idleness import last_needed
from scale_to_zero.rules.readiness import judge_readiness
from scale_to_zero.rules.traffic import (
    HEALTHY_HOST_COUNT,
    REQUEST_COUNT,
    requests_and_watermark,
    requests_only,
    window_start,
)
from scale_to_zero.rules.wake_rules import listener_arns

from .metric_windows import Window, read_together


class Observer:
    """Observes what undecided services need, each kind of observation with as few calls as AWS allows."""

    def __init__(self, ports: Ports, now: datetime) -> None:
        self._ports = ports
        self._now = now

    def fill(self, wanting: Mapping[Want, Sequence[Snapshot]]) -> dict[ServiceName, Snapshot]:
        """Return the snapshots, by name, with the wanted parts filled."""
        filled = {one.service.name: one for snapshots in wanting.values() for one in snapshots}
        # In the order of ``Want``: targets are read only if the metrics, which come before them, show none.
        for want in sorted(wanting, key=list(Want).index):
            seen = self._fill(want, [filled[one.service.name] for one in wanting[want]])
            filled |= {one.service.name: one for one in seen}
        return filled

    def _fill(self, want: Want, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
        match want:
            case Want.REQUESTS:
                return self._traffic(snapshots, with_watermark=False)
            case Want.METRICS:
                return self._traffic(snapshots, with_watermark=True)
            case Want.SCALABLE_TARGET:
                return self._scalable_targets(snapshots)
            case Want.GATEWAYS:
                return self._gateways(snapshots)
        return list(self._ports.executor.map(self._of_one_service(want), snapshots))

    def _of_one_service(
        self,
        want: Literal[
            Want.TARGETS,
            Want.SCALING_POLICIES,
            Want.READINESS,
            Want.PROTECTION,
            Want.STOP_REASONS,
            Want.TASK_TIMES,
        ],
    ) -> Callable[[Snapshot], Snapshot]:
        """Return what observes a part that takes at least one call for each service."""
        match want:
            case Want.TARGETS:
                return self._targets
            case Want.SCALING_POLICIES:
                return self._scaling_policies
            case Want.READINESS:
                return self._readiness
            case Want.PROTECTION:
                return self._protection
            case Want.STOP_REASONS:
                return self._stop_reasons
            case Want.TASK_TIMES:
                return self._task_times

    def _scalable_targets(self, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
        targets = self._ports.scalable_targets.read([snapshot.service.name for snapshot in snapshots])
        return [replace(snapshot, scalable_target=targets[snapshot.service.name]) for snapshot in snapshots]

    def _scaling_policies(self, snapshot: Snapshot) -> Snapshot:
        seen = self._ports.scalable_targets.scales_by_forecast(snapshot.service.name)
        return replace(snapshot, scales_by_forecast=seen)

    def _gateways(self, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
        seen = self._ports.services.gateways(
            {one.service.name: one.facts.revisions for one in snapshots if isinstance(one.facts, ServiceFacts)}
        )
        return [replace(one, gateways=seen[one.service.name]) for one in snapshots]

    def _targets(self, snapshot: Snapshot) -> Snapshot:
        silent = snapshot.traffic.silent if isinstance(snapshot.traffic, Traffic) else ()
        has_targets = self._ports.target_groups.has_targets
        return replace(snapshot, targets={arn: has_targets(arn) for arn in sorted(silent)})

    def _readiness(self, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, readiness=observe_readiness(self._ports, snapshot, self._now))

    def _protection(self, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, protected=self._ports.services.protected(snapshot.service.name))

    def _stop_reasons(self, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, stop_reasons=self._ports.services.stop_reasons(snapshot.service.name))

    def _task_times(self, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, task_times=self._ports.services.task_times(snapshot.service.name))

    def _traffic(self, snapshots: Sequence[Snapshot], *, with_watermark: bool) -> list[Snapshot]:
        pairs = self._pairs(snapshots)
        starts = {snapshot.service.name: self._window_start(snapshot) for snapshot in snapshots}
        names = (REQUEST_COUNT, HEALTHY_HOST_COUNT) if with_watermark else (REQUEST_COUNT,)
        windows = read_together(_starts_of_pairs(snapshots, pairs, starts), names, self._now)
        series: dict[SeriesKey, Series | Unknown] = {}
        for answer in self._ports.executor.map(self._read, windows):
            series.update(answer)
        return [
            replace(
                snapshot,
                traffic=self._judge(
                    pairs[snapshot.service.name],
                    series,
                    starts[snapshot.service.name],
                    with_watermark=with_watermark,
                ),
            )
            for snapshot in snapshots
        ]

    def _read(self, window: Window) -> Mapping[SeriesKey, Series | Unknown]:
        return self._ports.metrics.read(window.keys, window.start, self._now)

    def _judge(
        self,
        pairs: list[Pair] | Unknown,
        series: Mapping[SeriesKey, Series | Unknown],
        start: datetime,
        *,
        with_watermark: bool,
    ) -> Traffic | Unknown:
        if isinstance(pairs, Unknown):
            return pairs
        if not with_watermark:
            return requests_only(pairs, series, start)
        return requests_and_watermark(pairs, series, start, self._now)

    def _window_start(self, snapshot: Snapshot) -> datetime:
        quiet_since = last_needed(snapshot.known_state) if snapshot.known_state else self._now
        return window_start(quiet_since, snapshot.service.idle, self._now)

    def _pairs(self, snapshots: Iterable[Snapshot]) -> dict[ServiceName, list[Pair] | Unknown]:
        """Return the pairs whose requests are counted, with the load balancer from ELB, not the configured one."""
        snapshots = list(snapshots)
        arns = {arn for snapshot in snapshots for arn in snapshot.service.target_group_arns}
        load_balancers = self._ports.target_groups.load_balancers(sorted(arns))
        pairs: dict[ServiceName, list[Pair] | Unknown] = {}
        for snapshot in snapshots:
            found: list[Pair] | Unknown = []
            for arn in snapshot.service.target_group_arns:
                pair = _pair(arn, load_balancers[arn])
                if isinstance(pair, Unknown):
                    found = pair
                    break
                assert isinstance(found, list)
                found.append(pair)
            pairs[snapshot.service.name] = found
        return pairs


def observe_rules(ports: Ports, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """Fill in the rules of the listeners at which services have wake rules, each listener read once."""
    arns = {one.service.name: listener_arns(one.service) for one in snapshots if one.service.wake_on_request}
    of_all = frozenset[str]().union(*arns.values())
    read = ports.listener_rules.read(sorted(of_all)) if of_all else {}
    rules = {of_one: _rules_at(of_one, read) for of_one in set(arns.values())}
    return [replace(one, rules=rules[arns[one.service.name]]) if one.service.name in arns else one for one in snapshots]


def observe_readiness(
    ports: Ports, snapshot: Snapshot, now: datetime, healthy_since: datetime | None = None
) -> Readiness | Unknown:
    """Read from ELB and ECS whether a waking service is ready."""
    facts = snapshot.facts
    if not isinstance(facts, ServiceFacts):
        return Unknown("ECS could not be read")
    wanted: frozenset[Target] | Unknown = frozenset()
    healthy: dict[str, frozenset[Target] | Unknown] = {}
    if facts.live_target_groups and facts.running > 0:
        wanted = ports.services.wanted_targets(snapshot.service.name)
        arns = sorted(arn for group in facts.live_target_groups for arn in group)
        healthy = {arn: ports.target_groups.healthy_targets(arn) for arn in arns}
    stopped = snapshot.known_state.stopped if snapshot.known_state else None
    return judge_readiness(facts, wanted, healthy, now=now, stopped=stopped, healthy_since=healthy_since)


def _rules_at(
    arns: frozenset[str], read: Mapping[str, Mapping[str, ListenerRule] | Unknown]
) -> Mapping[str, ListenerRule] | Unknown:
    rules: dict[str, ListenerRule] = {}
    for arn in sorted(arns):
        of_listener = read[arn]
        if isinstance(of_listener, Unknown):
            return of_listener
        rules.update(of_listener)
    return rules


def _pair(arn: str, load_balancer: str | None | Unknown) -> Pair | Unknown:
    if isinstance(load_balancer, Unknown):
        return load_balancer
    if load_balancer is None:
        cure = "attach it to an Application Load Balancer, or correct target_group_arns"
        return Unknown(f"target group {arn} is attached to no load balancer; {cure}", call_failed=False)
    return Pair(load_balancer, arn)


def _starts_of_pairs(
    snapshots: Iterable[Snapshot],
    pairs: Mapping[ServiceName, list[Pair] | Unknown],
    starts: Mapping[ServiceName, datetime],
) -> dict[Pair, datetime]:
    """Return from when each pair must be read: services can share a target group."""
    earliest: dict[Pair, datetime] = {}
    for snapshot in snapshots:
        found, start = pairs[snapshot.service.name], starts[snapshot.service.name]
        for pair in [] if isinstance(found, Unknown) else found:
            earliest[pair] = min(start, earliest.get(pair, start))
    return earliest
