"""The metrics that AWS itself publishes: when a minute is over, and only if there is something to report.

``RequestCount`` and ``HealthyHostCount`` in AWS/ApplicationELB (aws-facts 1) and ``CPUUtilization`` in AWS/ECS.
``RequestCountPerTarget`` is measured only for the target groups whose metric a scaling policy tracks.
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
REQUESTS_PER_TARGET: Final = "RequestCountPerTarget"
CPU_UTILIZATION: Final = "CPUUtilization"


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


def requests_per_target(load_balancer_arn: str, target_group_arn: str) -> Metric:
    """Return the metric of a target group's requests for each target; its only valid statistic is ``Sum``."""
    return metric_of_pair(REQUESTS_PER_TARGET, load_balancer_arn, target_group_arn)


@lru_cache(maxsize=1024)
def cpu_of_service(cluster: str, name: str) -> Metric:
    """Return the metric of a service's CPU utilization, in percent of what its tasks reserve."""
    return Metric.of(CONTAINERS, CPU_UTILIZATION, {"ClusterName": cluster, "ServiceName": name})


class Measurements:
    """Counters of requests, and the metrics of each minute, published when it is over unless a fault withholds them.

    ``tracked``: the metrics that scaling policies track.
    """

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
        self.tracked: set[Metric] = set()
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
            if self.tracked:
                self._measure_requests_per_target(minute, load_balancer_arn, arn, healthy or len(states))

    def _measure_requests_per_target(
        self, minute: datetime, load_balancer_arn: str, target_group_arn: str, targets: int
    ) -> None:
        """Publish the requests of a minute for each target; zero if there were none ("always reported", aws-facts 1).

        ``targets``: the healthy targets, or if there is none, the registered ones (ALB User Guide, the same metric).
        """
        metric = requests_per_target(load_balancer_arn, target_group_arn)
        if metric in self.tracked:
            requests = self._requests[load_balancer_arn, target_group_arn] / targets
            self._publish(metric, minute, requests, 1, target_group_arn)

    def _measure_containers(self, minute: datetime) -> None:
        timings, at_group = self._timeline.timings, dict[str, int]()
        idle_percent, percent_per_request = timings.idle_cpu_percent, timings.cpu_percent_per_request
        for (_, target_group_arn), requests in self._requests.items():
            at_group[target_group_arn] = at_group.get(target_group_arn, 0) + requests
        for service in self._scheduler.services():
            running = self._scheduler.describe(service).running
            if not running:
                continue
            requests = sum([at_group.get(binding.target_group_arn, 0) for binding in service.bindings])
            metric = cpu_of_service(service.cluster, service.name)
            for _ in range(running):
                noise = self._timeline.random.random()
                percent = min(100.0, idle_percent + noise + percent_per_request * requests / running)
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
