"""A service with a scalable target in an account, and the calls of Application Auto Scaling about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tests.local_aws.account import CLUSTER, Account, account, forward

WEB: Final = f"service/{CLUSTER}/web"
OF_WEB: Final[Any] = {
    "ServiceNamespace": "ecs",
    "ResourceId": WEB,
    "ScalableDimension": "ecs:service:DesiredCount",
}
EVERYTHING: Final[Any] = {
    "DynamicScalingInSuspended": True,
    "DynamicScalingOutSuspended": True,
    "ScheduledScalingSuspended": True,
}
NOTHING: Final = dict.fromkeys(EVERYTHING, False)


@dataclass(frozen=True)
class Scaled:
    """The account, and the target group of the service ``web``."""

    account: Account
    group: str

    def register(self, **settings: Any) -> str:
        """Register or change the scalable target of ``web``, and return its ARN."""
        return self.account.autoscaling.register_scalable_target(**OF_WEB, **settings)["ScalableTargetARN"]

    def targets(self) -> list[Any]:
        """Describe the scalable targets of ECS services."""
        return self.account.autoscaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]

    def policies(self, **wanted: Any) -> list[Any]:
        """Describe scaling policies of ECS services."""
        answer = self.account.autoscaling.describe_scaling_policies(ServiceNamespace="ecs", **wanted)
        return answer["ScalingPolicies"]

    def scheduled_actions(self, **wanted: Any) -> list[Any]:
        """Describe scheduled actions of ECS services."""
        answer = self.account.autoscaling.describe_scheduled_actions(ServiceNamespace="ecs", **wanted)
        return answer["ScheduledActions"]

    def track(self, name: str = "requests", **configuration: Any) -> Any:
        """Put a target tracking policy; by default one that keeps ten requests a minute for each target."""
        wanted = {"TargetValue": 10.0, "PredefinedMetricSpecification": self.requests(), **configuration}
        return self.account.autoscaling.put_scaling_policy(
            **OF_WEB,
            PolicyName=name,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=wanted,  # type: ignore[arg-type]
        )

    def requests(self) -> Any:
        """Return the predefined metric of the requests for each target of ``web``."""
        load_balancer = self.account.load_balancer.partition(":loadbalancer/")[2]
        label = f"{load_balancer}/{self.group.rpartition(':')[2]}"
        return {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": label}

    def desired(self) -> int:
        """Return the desired count of ``web`` as ECS shows it."""
        return self.account.described("web")["desiredCount"]

    def set_desired(self, count: int) -> None:
        """Set the desired count of ``web`` by UpdateService."""
        self.account.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=count)


@contextmanager
def scaled(desired: int = 1, **bounds: int) -> Iterator[Scaled]:
    """Set up a service ``web`` behind the load balancer, and register it if bounds are named."""
    with account() as made:
        group = made.target_group("web")
        made.listener(forward(group))
        made.service("web", group, desired)
        web = Scaled(made, group)
        if bounds:
            web.register(**bounds)
        made.pass_time()
        yield web
