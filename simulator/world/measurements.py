"""The metrics AWS itself publishes: once a minute is over, and only where there is something to tell.

``RequestCount`` and ``HealthyHostCount`` in AWS/ApplicationELB (aws-facts 1) and ``CPUUtilization`` in AWS/ECS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from .metrics import MINUTE, MetricStore
from .scheduler import Scheduler
from .target_groups import TargetGroups, TargetState
from .tasks import TaskStatus
from .timeline import Timeline

LOAD_BALANCING: Final = "AWS/ApplicationELB"
CONTAINERS: Final = "AWS/ECS"
REQUEST_COUNT: Final = "RequestCount"
HEALTHY_HOST_COUNT: Final = "HealthyHostCount"
CPU_UTILIZATION: Final = "CPUUtilization"

_IDLE_PERCENT: Final = 1.0
_PERCENT_PER_REQUEST: Final = 0.5


def load_balancer_dimension(load_balancer_arn: str) -> str:
    """The value of the dimension ``LoadBalancer``: the ARN's part after ``loadbalancer/``."""
    return load_balancer_arn.rpartition(":loadbalancer/")[2]


def target_group_dimension(target_group_arn: str) -> str:
    """The value of the dimension ``TargetGroup``: the ARN's last part, from ``targetgroup/`` on."""
    return target_group_arn.rpartition(":")[2]


class Measurements:
    """Counts requests, and publishes each minute when it is over, unless a fault holds a metric back."""

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
        """Let the minutes that end from now on lack a metric for good: everywhere, or for one target group."""
        self._withheld.add((metric_name, target_group_arn))

    def publish_again(self, metric_name: str, target_group_arn: str | None = None) -> None:
        """Undo ``withhold``; the minutes withheld stay lost."""
        self._withheld.discard((metric_name, target_group_arn))

    def make_late(self, metric_name: str, by: timedelta) -> None:
        """Let a metric of the minutes that end from now on be readable so much later than usual."""
        self._late[metric_name] = by

    def _end_minute(self) -> None:
        minute = self._timeline.now - MINUTE
        self._timeline.after(MINUTE, self._end_minute)
        self._measure_containers(minute)
        self._measure_hosts(minute)
        self._measure_requests(minute)

    def _measure_requests(self, minute: datetime) -> None:
        for (load_balancer_arn, target_group_arn), requests in self._requests.items():
            pair = _pair_dimensions(load_balancer_arn, target_group_arn)
            alone = {"LoadBalancer": pair["LoadBalancer"]}
            for dimensions in (pair, alone):
                self._publish(LOAD_BALANCING, REQUEST_COUNT, dimensions, minute, 1, requests, target_group_arn)
        self._requests.clear()

    def _measure_hosts(self, minute: datetime) -> None:
        for arn in self._target_groups.arns:
            load_balancer_arn = self._target_groups.load_balancer(arn)
            states = [target.state for target in self._target_groups.health(arn)]
            registered = any(state is not TargetState.DRAINING for state in states)
            if load_balancer_arn is None or not registered:
                continue
            healthy = sum(state is TargetState.HEALTHY for state in states)
            dimensions = _pair_dimensions(load_balancer_arn, arn)
            self._publish(LOAD_BALANCING, HEALTHY_HOST_COUNT, dimensions, minute, healthy, 1, arn)

    def _measure_containers(self, minute: datetime) -> None:
        at_group: Counter[str] = Counter()
        for (_, target_group_arn), requests in self._requests.items():
            at_group[target_group_arn] += requests
        for service in self._scheduler.services():
            running = [task for task in self._scheduler.tasks_of(service) if task.last_status is TaskStatus.RUNNING]
            requests = sum(at_group[binding.target_group_arn] for binding in service.bindings)
            dimensions = {"ClusterName": service.cluster, "ServiceName": service.name}
            for _ in running:
                noise = self._timeline.random.random()
                percent = min(100.0, _IDLE_PERCENT + noise + _PERCENT_PER_REQUEST * requests / len(running))
                self._publish(CONTAINERS, CPU_UTILIZATION, dimensions, minute, percent, 1, None)

    def _publish(
        self,
        namespace: str,
        metric_name: str,
        dimensions: dict[str, str],
        minute: datetime,
        value: float,
        count: float,
        target_group_arn: str | None,
    ) -> None:
        if {(metric_name, None), (metric_name, target_group_arn)} & self._withheld:
            return

        def put() -> None:
            self._metrics.put(namespace, metric_name, dimensions, minute, value, count)

        self._put_when_due(metric_name, namespace, minute, put)

    def _put_when_due(self, metric_name: str, namespace: str, minute: datetime, put: Callable[[], None]) -> None:
        late = self._late.get(metric_name)
        if late is None:
            put()
            return
        usual = minute + self._metrics.delays.get(namespace, self._metrics.aws_delay)
        self._timeline.at(usual + late, put)


def _pair_dimensions(load_balancer_arn: str, target_group_arn: str) -> dict[str, str]:
    return {
        "LoadBalancer": load_balancer_dimension(load_balancer_arn),
        "TargetGroup": target_group_dimension(target_group_arn),
    }


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
