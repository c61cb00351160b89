"""Scaling policies (Application Auto Scaling API reference, PutScalingPolicy and its neighbours)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeApplicationAutoscalingPolicy
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse, _build_alarms, _build_policy

from local_aws.api_call import AwsError
from local_aws.patching import Patches
from simulator.world import Metric, NoScalableTarget, NoScalingPolicy, TargetTracking, World, cpu_of_service

from .records import ScaledService, agree_with_the_world, named, not_found, page, service_of, without_target

TRACKING: Final = "TargetTrackingScaling"
PREDICTIVE: Final = "PredictiveScaling"
WITHOUT_EFFECT: Final = "ECSServiceAverageMemoryUtilization"
"""The predefined metric that the world does not have."""


def put_in_the_world(patches: Patches, world: World) -> None:
    """Let a target tracking policy scale. A policy that is changed keeps its ARN, unlike in moto."""

    def make(_moto: Any) -> Callable[..., str]:
        def put_scaling_policy(self: Any) -> str:
            backend, request = self.applicationautoscaling_backend, json.loads(self.body)
            service = service_of(request)
            agree_with_the_world(backend, world)
            known = backend.policies.get(_key(request))
            kind = request.get("PolicyType") or (known.policy_type if known else "StepScaling")
            if kind not in (TRACKING, PREDICTIVE):
                raise AwsError("NotModelled", f"not modelled: scaling policies of the type {kind}")
            if world.scaling.target(*service) is None:
                raise without_target(request)
            policy = tracking(service, request) if kind == TRACKING else None
            with suppress(NoScalingPolicy):
                world.scaling.delete_policy(*service, request["PolicyName"])
            if policy is not None:
                try:
                    world.scaling.put_policy(*service, request["PolicyName"], policy)
                except ValueError as wrong:
                    raise AwsError("ValidationException", str(wrong)) from wrong
            record = _record(backend, request, kind, policy)
            return json.dumps({"PolicyARN": record.policy_arn, "Alarms": _build_alarms(record)})

        return put_scaling_policy

    patches.replace(ApplicationAutoScalingResponse, "put_scaling_policy", make)


def delete_in_the_world(patches: Patches, world: World) -> None:
    """Stop a policy, and delete its alarms."""

    def make(moto: Callable[..., None]) -> Callable[..., None]:
        def delete_scaling_policy(
            self: Any, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str
        ) -> None:
            request = {
                "PolicyName": policy_name,
                "ServiceNamespace": service_namespace,
                "ResourceId": resource_id,
                "ScalableDimension": scalable_dimension,
            }
            service = service_of(request)
            agree_with_the_world(self, world)
            if _key(request) not in self.policies:
                raise not_found("scaling policy", request)
            with suppress(NoScalingPolicy, NoScalableTarget):
                world.scaling.delete_policy(*service, policy_name)
            moto(self, policy_name, service_namespace, resource_id, scalable_dimension)

        return delete_scaling_policy

    patches.replace(ApplicationAutoscalingBackend, "delete_scaling_policy", make)


def describe(patches: Patches, world: World) -> None:
    """Describe the policies with the wanted names, which moto ignores, and predictive policies with their mode."""

    def make(_moto: Any) -> Callable[..., str]:
        def describe_scaling_policies(self: Any) -> str:
            backend, request = self.applicationautoscaling_backend, json.loads(self.body)
            agree_with_the_world(backend, world)
            found = named(list(backend.policies.values()), request, "PolicyNames", "policy_name")
            shown, more = page(found, request)
            return json.dumps({"ScalingPolicies": [_described(policy) for policy in shown], **more})

        return describe_scaling_policies

    patches.replace(ApplicationAutoScalingResponse, "describe_scaling_policies", make)


def tracking(service: ScaledService, request: Mapping[str, Any]) -> TargetTracking | None:
    """Return the policy that the world runs, ``None`` for one without effect. Raises ``AwsError``."""
    wanted = request.get("TargetTrackingScalingPolicyConfiguration") or {}
    predefined, customized = wanted.get("PredefinedMetricSpecification"), wanted.get("CustomizedMetricSpecification")
    if (predefined is None) == (customized is None):
        message = "Specify either a predefined or a customized metric of the target tracking policy."
        raise AwsError("ValidationException", message)
    if predefined is not None and predefined["PredefinedMetricType"] == WITHOUT_EFFECT:
        return None
    metric, statistic = _customized(customized) if customized is not None else _predefined(service, predefined)
    cooldowns = {
        name: timedelta(seconds=wanted[key])
        for name, key in (("scale_out_cooldown", "ScaleOutCooldown"), ("scale_in_cooldown", "ScaleInCooldown"))
        if key in wanted
    }
    scales_in = not wanted.get("DisableScaleIn", False)
    return TargetTracking(metric, wanted["TargetValue"], statistic, **cooldowns, scales_in=scales_in)


def _predefined(service: ScaledService, specification: Any) -> tuple[Metric, str]:
    kind = specification["PredefinedMetricType"]
    if kind == "ECSServiceAverageCPUUtilization":
        return cpu_of_service(*service), "Average"
    if kind != "ALBRequestCountPerTarget":
        raise AwsError("NotModelled", f"not modelled: target tracking of {kind}")
    load_balancer, between, group = specification.get("ResourceLabel", "").partition("/targetgroup/")
    if not between or not load_balancer.startswith("app/"):
        message = "The ResourceLabel must be app/NAME/ID/targetgroup/NAME/ID for ALBRequestCountPerTarget."
        raise AwsError("ValidationException", message)
    dimensions = {"LoadBalancer": load_balancer, "TargetGroup": f"targetgroup/{group}"}
    return Metric.of("AWS/ApplicationELB", "RequestCountPerTarget", dimensions), "Sum"


def _customized(specification: Mapping[str, Any]) -> tuple[Metric, str]:
    if not {"MetricName", "Namespace", "Statistic"} <= specification.keys():
        raise AwsError("NotModelled", "not modelled: target tracking of metric math")
    dimensions = {one["Name"]: one["Value"] for one in specification.get("Dimensions", [])}
    metric = Metric.of(specification["Namespace"], specification["MetricName"], dimensions)
    return metric, specification["Statistic"]


def _record(backend: Any, request: Mapping[str, Any], kind: str, policy: TargetTracking | None) -> Any:
    """Keep a policy in moto, whose own alarms always watch CPU or memory with a threshold of 6."""
    before = backend.policies.get(_key(request))
    if before is not None:
        before.delete_alarms(backend.account_id, backend.region_name)
    record = backend.put_scaling_policy(
        policy_name=request["PolicyName"],
        service_namespace=request["ServiceNamespace"],
        resource_id=request["ResourceId"],
        scalable_dimension=request["ScalableDimension"],
        # moto has no predictive policies. A step scaling policy has no alarms of its own either.
        policy_type=TRACKING if kind == TRACKING else "StepScaling",
        policy_body=request.get(f"{kind}PolicyConfiguration", {}),
    )
    record.policy_type = kind
    if before is not None:
        record.policy_arn, record.creation_time = before.policy_arn, before.creation_time
    for alarm in record.alarms:
        _watch(alarm, request["TargetTrackingScalingPolicyConfiguration"]["TargetValue"], policy)
    return record


def _watch(alarm: Any, target: float, policy: TargetTracking | None) -> None:
    above = alarm.comparison_operator == "GreaterThanThreshold"
    alarm.threshold = target if above else 0.9 * target
    if policy is not None:
        alarm.namespace, alarm.metric_name = policy.metric.namespace, policy.metric.name
        alarm.statistic = policy.statistic
        alarm.unit = None
        dimension = type(alarm.dimensions[0])
        alarm.dimensions = [dimension(name, value) for name, value in sorted(policy.metric.dimensions)]


def _described(policy: Any) -> dict[str, Any]:
    described: dict[str, Any] = _build_policy(policy)
    if policy.policy_type == PREDICTIVE:
        described["PredictiveScalingPolicyConfiguration"] = {"Mode": "ForecastOnly", **policy._policy_body}
    return described


def _key(request: Mapping[str, Any]) -> str:
    return FakeApplicationAutoscalingPolicy.formulate_key(
        request["ServiceNamespace"], request["ResourceId"], request["ScalableDimension"], request["PolicyName"]
    )
