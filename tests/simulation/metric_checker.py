"""Checks every stop against what the metrics could show of each target group, and what ELB said of its targets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.metrics import SeriesKey
from scale_to_zero.model.observed import Pair
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT, REQUEST_COUNT
from simulator.ports.in_memory import InMemoryPorts
from simulator.record import CountChange, Record

from .checked_run import CheckedRun
from .promise_tracker import PromiseBroken
from .wake_checker import WakeChecker

CLOCKS_DIFFER: Final = timedelta(seconds=2)
LATEST_METRICS: Final = timedelta(minutes=4) + CLOCKS_DIFFER
"""Metrics that are later than this do not show the present use."""


class MetricChecker:
    """Allows no stop within ``idle`` of the start of a request that the metrics could show, or if they are unknown.

    The README documents one exception. Without a wake rule, a request may be overlooked if its minute could not be
    read when the run read the metrics, and that minute is no earlier than the newest readable minute of
    ``HealthyHostCount``. If no such minute is recent, ELB must have shown no targets, now and at every observation of
    the idle window.
    """

    def __init__(self, ports: InMemoryPorts, record: Record, wakes: WakeChecker) -> None:
        self._ports = ports
        self._world = ports.world
        self._record = record
        self._wakes = wakes
        self._began = ports.world.now
        self._targetless_since: dict[str, datetime] = {}

    def observe_targets(self, run: CheckedRun, arn: str) -> None:
        """Record what ELB says of a target group."""
        if any(one.state != "draining" for one in self._world.target_health(arn)):
            run.without_targets.discard(arn)
            since = self._targetless_since.pop(arn, None)
            if since is not None:
                run.targetless_before[arn] = since
        else:
            run.without_targets.add(arn)
            self._targetless_since.setdefault(arn, run.begun)

    def ends(self, run: CheckedRun, *, cut_off: bool) -> None:
        """Forget the targets that a run has seen and may not have saved: then nobody else knows of them."""
        if cut_off or run.disturbed:
            for arn, since in run.targetless_before.items():
                self._targetless_since[arn] = since

    def check_stop(self, run: CheckedRun, service: Service, started: CountChange | None, *, acts: bool) -> None:
        """Check a stop for idleness. ``started``: its newest start. ``acts``: whether its mode is ``act`` now."""
        for arn in service.target_group_arns:
            load_balancer = self._world.load_balancer(arn)
            assert load_balancer is not None
            pair = Pair(load_balancer, arn)
            shown, hosts = (run.readable.get(SeriesKey(name, pair)) for name in (REQUEST_COUNT, HEALTHY_HOST_COUNT))
            if shown is None or hosts is None:
                raise PromiseBroken(f"{run} stopped {service.name} without complete metrics of {arn}")
            newest = max(hosts, default=None)
            if arn in run.without_targets:
                self._check_targetless(run, service, arn, newest)
                observed_until = run.begun - LATEST_METRICS
            else:
                observed_until = self._check_health(run, service, arn, hosts)
            self._check_requests(run, service, arn, shown, observed_until)
            if service.wake_on_request is not None:
                if acts:
                    armed = self._wakes.armed_in_force_since(run, service)
                    message = f"{run} stopped {service.name} before its wake rules were in force at {armed:%H:%M:%S}"
                    self._require((run.begun if arn in run.without_targets else observed_until) >= armed, message)
                continue
            if arn in run.without_targets:
                continue
            # Metrics have whole minutes, so the minute of the start is observed from its first second.
            quiet_since = max([*shown, self._began if started is None else _minute(started.at)])
            message = f"{run} stopped {service.name}, but had observed it only from {quiet_since:%H:%M:%S} to"
            self._require(observed_until - quiet_since >= service.idle, f"{message} {observed_until:%H:%M}")

    def _check_targetless(self, run: CheckedRun, service: Service, arn: str, newest: datetime | None) -> None:
        since = self._targetless_since[arn]
        if newest is not None:
            since = max(since, newest + MINUTE)
        message = f"{run} stopped {service.name}, but {arn} is known to have no targets only since {since:%H:%M:%S}"
        self._require(run.begun - since >= service.idle - CLOCKS_DIFFER, message)

    def _check_health(self, run: CheckedRun, service: Service, arn: str, hosts: frozenset[datetime]) -> datetime:
        """Return until when the metrics can be read; check that they have no gap in the idle window."""
        newest = max(hosts, default=None)
        late = f"{run} stopped {service.name} with metrics that end at {newest}, though {arn} has targets"
        if newest is None or run.begun - newest > LATEST_METRICS:
            raise PromiseBroken(late)
        unbroken_since = newest
        while unbroken_since - MINUTE in hosts:
            unbroken_since -= MINUTE
        message = f"{run} stopped {service.name}, but the metrics of {arn} have a gap before {unbroken_since:%H:%M}"
        self._require(run.begun - unbroken_since >= service.idle - CLOCKS_DIFFER, message)
        return newest

    def _check_requests(
        self, run: CheckedRun, service: Service, arn: str, shown: frozenset[datetime], observed_until: datetime
    ) -> None:
        for request in self._recent_requests(arn, service.idle):
            message = f"{run} stopped {service.name} {self._world.now - request} after a request at {request:%H:%M:%S}"
            self._require(service.wake_on_request is None, f"{message}, though its wake rules must catch it")
            self._require(_minute(request) not in shown, f"{message}, which the metrics showed")
            self._require(request >= observed_until, f"{message}, but metrics were read until {observed_until:%H:%M}")

    def _recent_requests(self, arn: str, idle: timedelta) -> Iterator[datetime]:
        now = self._world.now
        return takewhile(lambda request: now - request < idle, reversed(self._record.requests.get(arn, ())))

    @staticmethod
    def _require(kept: bool, promise: str) -> None:
        if not kept:
            raise PromiseBroken(promise)


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
