"""The requirements' literal design, as an engineer would write its first version.

Every minute it handles one service after the other, asleep or awake: it describes the service, sums its load balancer
requests of the last five minutes, sets it to zero if there were none, and publishes its two metrics. The flow in the
requirements exempts no service from any of these steps. The measured runs are compared with this design, which is not
part of the module.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import boto3

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef

NAMESPACE: Final = "CityGuided/ECS"
IDLE_MINUTES: Final = 5


@dataclass(frozen=True)
class PolledService:
    """One service in the configuration of this design. The last two fields are values of CloudWatch dimensions."""

    cluster: str
    service: str
    load_balancer: str
    target_group: str


class NaiveScaleToZero:
    """The design as one Lambda function: the clients are made once, outside the handler."""

    def __init__(self, services: Sequence[PolledService]) -> None:
        self._services = services
        self._ecs = boto3.client("ecs")
        self._cloudwatch = boto3.client("cloudwatch")

    def handler(self) -> None:
        for service in self._services:
            desired = self._desired_count(service)
            requests = self._recent_requests(service)
            if desired > 0 and requests == 0:
                self._ecs.update_service(cluster=service.cluster, service=service.service, desiredCount=0)
                desired = 0
            self._publish(service, desired)

    def _desired_count(self, service: PolledService) -> int:
        answer = self._ecs.describe_services(cluster=service.cluster, services=[service.service])
        return answer["services"][0]["desiredCount"]

    def _recent_requests(self, service: PolledService) -> float:
        now = datetime.now(UTC)
        answer = self._cloudwatch.get_metric_statistics(
            Namespace="AWS/ApplicationELB",
            MetricName="RequestCount",
            Dimensions=[
                {"Name": "LoadBalancer", "Value": service.load_balancer},
                {"Name": "TargetGroup", "Value": service.target_group},
            ],
            StartTime=now - timedelta(minutes=IDLE_MINUTES),
            EndTime=now,
            Period=60,
            Statistics=["Sum"],
        )
        return sum(datapoint["Sum"] for datapoint in answer["Datapoints"])

    def _publish(self, service: PolledService, desired: int) -> None:
        dimensions: list[DimensionTypeDef] = [
            {"Name": "Service", "Value": service.service},
            {"Name": "Cluster", "Value": service.cluster},
        ]
        status = "active" if desired > 0 else "idle"
        self._cloudwatch.put_metric_data(
            Namespace=NAMESPACE,
            MetricData=[
                {
                    "MetricName": "ServiceDesiredCount",
                    "Dimensions": [*dimensions, {"Name": "Status", "Value": status}],
                    "Value": desired,
                },
                {"MetricName": "ServiceStatus", "Dimensions": dimensions, "Value": 1 if desired > 0 else 0},
            ],
        )
