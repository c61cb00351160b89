"""Application Auto Scaling: the scalable targets of services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.scaling import ScalableTarget, Suspension

from .batches import in_batches, in_parallel
from .errors import explained, unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mypy_boto3_application_autoscaling.type_defs import ScalableTargetTypeDef

    from scale_to_zero.model.configured import ServiceName

    from .clients import Clients

# One page of the answer has this many.
RESOURCES_PER_CALL: Final = 50
NAMESPACE: Final = "ecs"
DIMENSION: Final = "ecs:service:DesiredCount"


class AwsScalableTargets:
    """``ScalableTargets`` on Application Auto Scaling."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self, names: Collection[ServiceName]) -> Mapping[ServiceName, ScalableTarget | None | Unknown]:
        """Read fifty services per call, several calls in parallel."""
        answers: dict[ServiceName, ScalableTarget | None | Unknown] = {}
        for answer in in_parallel(self._read, in_batches(names, RESOURCES_PER_CALL)):
            answers.update(answer)
        return answers

    def suspend(self, name: ServiceName, suspended: Suspension) -> None:
        """Call RegisterScalableTarget without bounds: AWS keeps them, and refuses if there is no scalable target."""
        with explained("application-autoscaling:RegisterScalableTarget", f"service {name}"):
            self._clients.autoscaling.register_scalable_target(
                ServiceNamespace=NAMESPACE,
                ResourceId=_resource_id(name),
                ScalableDimension=DIMENSION,
                SuspendedState={
                    "DynamicScalingInSuspended": suspended.scale_in,
                    "DynamicScalingOutSuspended": suspended.scale_out,
                    "ScheduledScalingSuspended": suspended.scheduled,
                },
            )

    def scales_by_forecast(self, name: ServiceName) -> bool | Unknown:
        """Read the scaling policies of one service: DescribeScalingPolicies takes one resource only."""
        pages = self._clients.autoscaling.get_paginator("describe_scaling_policies").paginate(
            ServiceNamespace=NAMESPACE, ResourceId=_resource_id(name), ScalableDimension=DIMENSION
        )
        try:
            with explained("application-autoscaling:DescribeScalingPolicies", f"service {name}"):
                return any(
                    policy.get("PredictiveScalingPolicyConfiguration", {}).get("Mode") == "ForecastAndScale"
                    for page in pages
                    for policy in page["ScalingPolicies"]
                )
        except CallFailed as failure:
            return unknown(failure)

    def _read(self, names: list[ServiceName]) -> dict[ServiceName, ScalableTarget | None | Unknown]:
        pages = self._clients.autoscaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace=NAMESPACE,
            ResourceIds=[_resource_id(name) for name in names],
            ScalableDimension=DIMENSION,
        )
        try:
            with explained("application-autoscaling:DescribeScalableTargets", "ECS services"):
                found = {one["ResourceId"]: _target(one) for page in pages for one in page["ScalableTargets"]}
        except CallFailed as failure:
            return dict.fromkeys(names, unknown(failure))
        return {name: found.get(_resource_id(name)) for name in names}


def _resource_id(name: ServiceName) -> str:
    return f"service/{name}"


def _target(described: ScalableTargetTypeDef) -> ScalableTarget:
    suspended = described.get("SuspendedState", {})
    return ScalableTarget(
        minimum=described["MinCapacity"],
        maximum=described["MaxCapacity"],
        suspended=Suspension(
            scale_in=suspended.get("DynamicScalingInSuspended", False),
            scale_out=suspended.get("DynamicScalingOutSuspended", False),
            scheduled=suspended.get("ScheduledScalingSuspended", False),
        ),
    )
