"""The looks a decision may ask for: metrics, watermark, scalable targets, readiness. Each fills part of snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from .idleness import last_needed
from .model import Action, Memory, Pair, Readiness, ServiceFacts, ServiceName, Snapshot, Target, Traffic, Unknown
from .ports import Ports, Series, SeriesKey
from .readiness import judge_readiness
from .traffic import HEALTHY_HOST_COUNT, REQUEST_COUNT, look_from, requests_and_watermark, requests_only


class Looks:
    """Looks at whatever undecided services need, all services of one kind in as few calls as AWS allows."""

    def __init__(self, ports: Ports, fallback: timedelta, now: datetime) -> None:
        self._ports = ports
        self._fallback = fallback
        self._now = now

    def fill(self, action: Action, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
        """Answer the same snapshots with the part filled that ``action`` asks for."""
        match action:
            case Action.LOOK_AT_REQUESTS:
                return self._traffic(snapshots, with_watermark=False)
            case Action.LOOK_AT_WATERMARK:
                return self._traffic(snapshots, with_watermark=True)
            case Action.LOOK_AT_SCALABLE_TARGET:
                return self._scalable_targets(snapshots)
            case Action.LOOK_AT_TARGETS:
                return list(self._ports.executor.map(self._targets, snapshots))
            case Action.LOOK_AT_READINESS:
                return list(self._ports.executor.map(self._readiness, snapshots))
            case _:
                raise ValueError(f"{action} does not ask for a look")

    def _scalable_targets(self, snapshots: Sequence[Snapshot]) -> list[Snapshot]:
        registered = self._ports.scalable_targets.registered([snapshot.service.name for snapshot in snapshots])
        return [
            replace(snapshot, scalable_target=registered.get(snapshot.service.name, Unknown("no answer for it")))
            for snapshot in snapshots
        ]

    def _targets(self, snapshot: Snapshot) -> Snapshot:
        assert isinstance(snapshot.traffic, Traffic)
        has_targets = self._ports.target_groups.has_targets
        return replace(snapshot, targets={arn: has_targets(arn) for arn in sorted(snapshot.traffic.without_health)})

    def _readiness(self, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, readiness=look_at_readiness(self._ports, snapshot, self._now))

    def _traffic(self, snapshots: Sequence[Snapshot], *, with_watermark: bool) -> list[Snapshot]:
        pairs = self._pairs(snapshots)
        starts = {snapshot.service.name: self._look_from(snapshot) for snapshot in snapshots}
        names = (REQUEST_COUNT, HEALTHY_HOST_COUNT) if with_watermark else (REQUEST_COUNT,)
        series: dict[SeriesKey, Series | Unknown] = {}
        for idle in sorted({snapshot.service.idle for snapshot in snapshots}):
            alike = [snapshot for snapshot in snapshots if snapshot.service.idle == idle]
            keys = [SeriesKey(name, pair) for pair in _known_pairs(alike, pairs) for name in names]
            start = min(starts[snapshot.service.name] for snapshot in alike)
            series.update(self._ports.metrics.read(keys, start, self._now) if keys else {})
        return [
            replace(
                snapshot,
                traffic=self._judge(
                    snapshot,
                    pairs[snapshot.service.name],
                    series,
                    starts[snapshot.service.name],
                    with_watermark=with_watermark,
                ),
            )
            for snapshot in snapshots
        ]

    def _judge(
        self,
        snapshot: Snapshot,
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
        needed_from = last_needed(snapshot.memory) if isinstance(snapshot.memory, Memory) else start
        return requests_and_watermark(pairs, series, start, needed_from, self._now - self._fallback)

    def _look_from(self, snapshot: Snapshot) -> datetime:
        quiet_since = last_needed(snapshot.memory) if isinstance(snapshot.memory, Memory) else self._now
        return look_from(quiet_since, snapshot.service.idle, self._fallback, self._now)

    def _pairs(self, snapshots: Iterable[Snapshot]) -> dict[ServiceName, list[Pair] | Unknown]:
        """The pairs whose requests are counted, with the load balancer that ELB names, not the configured one."""
        snapshots = list(snapshots)
        arns = {arn for snapshot in snapshots for arn in snapshot.service.target_group_arns}
        load_balancers = self._ports.target_groups.load_balancers(sorted(arns))
        pairs: dict[ServiceName, list[Pair] | Unknown] = {}
        for snapshot in snapshots:
            found: list[Pair] | Unknown = []
            for arn in snapshot.service.target_group_arns:
                pair = _pair(arn, load_balancers.get(arn, Unknown(f"no answer for target group {arn}")))
                if isinstance(pair, Unknown):
                    found = pair
                    break
                assert isinstance(found, list)
                found.append(pair)
            pairs[snapshot.service.name] = found
        return pairs


def look_at_readiness(
    ports: Ports, snapshot: Snapshot, now: datetime, healthy_since: datetime | None = None
) -> Readiness | Unknown:
    """Ask ELB and ECS whether a waking service is ready."""
    facts = snapshot.facts
    if not isinstance(facts, ServiceFacts):
        return Unknown("ECS could not be asked")
    wanted: frozenset[Target] | Unknown = frozenset()
    healthy: dict[str, frozenset[Target] | Unknown] = {}
    if facts.live_target_groups and facts.running > 0:
        wanted = ports.services.wanted_targets(snapshot.service.name)
        healthy = {arn: ports.target_groups.healthy_targets(arn) for group in facts.live_target_groups for arn in group}
    stopped = snapshot.memory.stopped if isinstance(snapshot.memory, Memory) else None
    return judge_readiness(facts, wanted, healthy, now=now, stopped=stopped, healthy_since=healthy_since)


def _pair(arn: str, load_balancer: str | None | Unknown) -> Pair | Unknown:
    if isinstance(load_balancer, Unknown):
        return load_balancer
    if load_balancer is None:
        return Unknown(f"target group {arn} is attached to no load balancer", call_failed=False)
    return Pair(load_balancer, arn)


def _known_pairs(snapshots: Iterable[Snapshot], pairs: Mapping[ServiceName, list[Pair] | Unknown]) -> list[Pair]:
    known: dict[Pair, None] = {}
    for snapshot in snapshots:
        found = pairs[snapshot.service.name]
        if not isinstance(found, Unknown):
            known.update(dict.fromkeys(found))
    return list(known)
