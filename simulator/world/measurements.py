"""The metrics that AWS itself publishes: when a minute is over, and only if there is something to report.

``RequestCount`` and ``HealthyHostCount`` in AWS/ApplicationELB (aws-facts 1) and ``CPUUtilization`` in AWS/ECS.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Final

from .metrics import MINUTE, Metric, MetricStore
from .scheduler import Scheduler
from .target_groups import TargetGroups, TargetState
from .timeline import Timeline

LOAD_BALANCING: Final = "AWS/ApplicationELB"
CONTAINERS: Final = "AWS/ECS"
REQUEST_COUNT: Final = "RequestCount"
HEALTHY_HOST_COUNT: Final = "HealthyHostCount"
CPU_UTILIZATION: Final = "CPUUtilization"

_IDLE_PERCENT: Final = 1.0
_PERCENT_PER_REQUEST: Final = 0.5


def load_balancer_dimension(load_balancer_arn: str) -> str:
    """Return the value of the dimension ``LoadBalancer``: the ARN's part after ``loadbalancer/``."""
    return load_balancer_arn.rpartition(":loadbalancer/")[2]


def target_group_dimension(target_group_arn: str) -> str:
    """Return the value of the dimension ``TargetGroup``: the ARN's last part, from ``targetgroup/`` on."""
    return target_group_arn.rpartition(":")[2]


@lru_cache(maxsize=1024)
def metric_of_pair(metric_name: str, load_balancer_arn: str, target_group_arn: str) -> Metric:
    """Return a metric of a target group at its load balancer."""
    dimensions = {
        "LoadBalancer": load_balancer_dimension(load_balancer_arn),
        "TargetGroup": target_group_dimension(target_group_arn),
    }
    return Metric.of(LOAD_BALANCING, metric_name, dimensions)


@lru_cache(maxsize=1024)
def _metric_of_service(cluster: str, name: str) -> Metric:
    return Metric.of(CONTAINERS, CPU_UTILIZATION, {"ClusterName": cluster, "ServiceName": name})


class Measurements:
    """Counters of requests, and the metrics of each minute, published when it is over unless a fault withholds them."""

    def __init__(
        self, timeline: Timeline, target_groups: TargetGroups, scheduler: Scheduler, metrics: MetricStore
    ) -> None:
        self._timeline = timeline
        self._target_groups = target_groups
        self._scheduler = scheduler
        self._metrics = metrics
        self._requests: Counter[tuple[str, str]] = Counter()
        self._withheld: set[tuple[str, str | None]] = set()
        self._late: dict[str, timedelta] = {}
        self._timeline.at(_minute(timeline.now) + MINUTE, self._end_minute)

    def count_request(self, load_balancer_arn: str, target_group_arn: str) -> None:
        """Count a request for which a target was chosen."""
        self._requests[load_balancer_arn, target_group_arn] += 1

    def withhold(self, metric_name: str, target_group_arn: str | None = None) -> None:
        """Never publish a metric for the minutes that end from now on, everywhere or for one target group."""
        self._withheld.add((metric_name, target_group_arn))

    def publish_again(self, metric_name: str, target_group_arn: str | None = None) -> None:
        """Undo ``withhold``; the withheld minutes stay without values."""
        self._withheld.discard((metric_name, target_group_arn))

    def make_late(self, metric_name: str, by: timedelta) -> None:
        """Make a metric of the minutes that end from now on readable later than usual, by ``by``."""
        self._late[metric_name] = by

    def _end_minute(self) -> None:
        minute = self._timeline.now - MINUTE
        self._timeline.after(MINUTE, self._end_minute)
        self._measure_containers(minute)
        self._measure_hosts(minute)
        self._measure_requests(minute)

    def _measure_requests(self, minute: datetime) -> None:
        for (load_balancer_arn, target_group_arn), requests in self._requests.items():
            pair = metric_of_pair(REQUEST_COUNT, load_balancer_arn, target_group_arn)
            alone = Metric.of(
                LOAD_BALANCING, REQUEST_COUNT, {"LoadBalancer": load_balancer_dimension(load_balancer_arn)}
            )
            for metric in (pair, alone):
                self._publish(metric, minute, 1, requests, target_group_arn)
        self._requests.clear()

    def _measure_hosts(self, minute: datetime) -> None:
        for arn in self._target_groups.arns:
            load_balancer_arn = self._target_groups.load_balancer(arn)
            states = self._target_groups.states(arn)
            registered = any(state is not TargetState.DRAINING for state in states)
            if load_balancer_arn is None or not registered:
                continue
            healthy = sum(state is TargetState.HEALTHY for state in states)
            metric = metric_of_pair(HEALTHY_HOST_COUNT, load_balancer_arn, arn)
            self._publish(metric, minute, healthy, 1, arn)

    def _measure_containers(self, minute: datetime) -> None:
        at_group: dict[str, int] = {}
        for (_, target_group_arn), requests in self._requests.items():
            at_group[target_group_arn] = at_group.get(target_group_arn, 0) + requests
        for service in self._scheduler.services():
            running = self._scheduler.describe(service).running
            if not running:
                continue
            requests = sum([at_group.get(binding.target_group_arn, 0) for binding in service.bindings])
            metric = _metric_of_service(service.cluster, service.name)
            for _ in range(running):
                noise = self._timeline.random.random()
                percent = min(100.0, _IDLE_PERCENT + noise + _PERCENT_PER_REQUEST * requests / running)
                self._publish(metric, minute, percent, 1, None)

    def _publish(
        self, metric: Metric, minute: datetime, value: float, count: float, target_group_arn: str | None
    ) -> None:
        if self._withheld and {(metric.name, None), (metric.name, target_group_arn)} & self._withheld:
            return
        late = self._late.get(metric.name)
        if late is None:
            self._metrics.put_value(metric, minute, value, count)
            return
        usual = minute + self._metrics.delays.get(metric.namespace, self._metrics.aws_delay)
        self._timeline.at(usual + late, partial(self._metrics.put_value, metric, minute, value, count))


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
