"""Scalable targets (Application Auto Scaling API reference, RegisterScalableTarget and its neighbours)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse, _build_target

from local_aws.account import ACCOUNT_ID
from local_aws.api_call import AwsError
from local_aws.patching import Patches
from simulator.world import NoScalableTarget, NoSuchService, Suspension, World

from .records import agree_with_the_world, forget, named, page, service_of, without_target

ROLE: Final = (
    f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_ECSService"
)
"""The service-linked role, which AWS uses for ECS whatever role the request names."""


def register_in_the_world(patches: Patches, world: World) -> None:
    """Move the desired count into the bounds with every call, also one that only suspends, as AWS does."""

    def make(moto: Callable[..., str]) -> Callable[..., str]:
        def register_scalable_target(self: Any) -> str:
            request = json.loads(self.body)
            service = service_of(request)
            agree_with_the_world(self.applicationautoscaling_backend, world)
            try:
                world.scaling.register(
                    *service,
                    request.get("MinCapacity"),
                    request.get("MaxCapacity"),
                    _suspension(world, service, request),
                )
            except NoSuchService as missing:
                message = f"ECS service doesn't exist: {request['ResourceId']}"
                raise AwsError("ValidationException", message) from missing
            except (NoScalableTarget, ValueError) as refused:
                raise AwsError("ValidationException", str(refused)) from refused
            answer = moto(self)
            agree_with_the_world(self.applicationautoscaling_backend, world)
            return answer

        return register_scalable_target

    patches.replace(ApplicationAutoScalingResponse, "register_scalable_target", make)


def deregister_in_the_world(patches: Patches, world: World) -> None:
    """Delete a scalable target with its policies and scheduled actions, as AWS does."""

    def make(moto: Callable[..., None]) -> Callable[..., None]:
        def deregister_scalable_target(self: Any, namespace: str, r_id: str, dimension: str) -> None:
            request = {"ServiceNamespace": namespace, "ResourceId": r_id, "ScalableDimension": dimension}
            agree_with_the_world(self, world)
            try:
                world.scaling.deregister(*service_of(request))
            except NoScalableTarget as missing:
                raise without_target(request) from missing
            moto(self, namespace, r_id, dimension)
            forget(self, r_id)

        return deregister_scalable_target

    patches.replace(ApplicationAutoscalingBackend, "deregister_scalable_target", make)


def describe_from_the_world(patches: Patches, world: World) -> None:
    """Show the present bounds and what is suspended, and no scalable target of a deleted service."""

    def make(_moto: Any) -> Callable[..., str]:
        def describe_scalable_targets(self: Any) -> str:
            backend, request = self.applicationautoscaling_backend, json.loads(self.body)
            self._validate_params()
            agree_with_the_world(backend, world)
            records = [record for records in backend.targets.values() for record in records.values()]
            shown, more = page(named(records, request, "ResourceIds", "resource_id"), request)
            return json.dumps({"ScalableTargets": [{**_build_target(one), "RoleARN": ROLE} for one in shown], **more})

        return describe_scalable_targets

    patches.replace(ApplicationAutoScalingResponse, "describe_scalable_targets", make)


def _suspension(world: World, service: tuple[str, str], request: Mapping[str, Any]) -> Suspension | None:
    """Return what a request suspends. A kind of scaling that it leaves out stays as it is (this is not documented)."""
    state = request.get("SuspendedState")
    if state is None:
        return None
    known = world.scaling.target(*service)
    before = known.suspended if known else Suspension()
    return Suspension(
        scale_in=state.get("DynamicScalingInSuspended", before.scale_in),
        scale_out=state.get("DynamicScalingOutSuspended", before.scale_out),
        scheduled=state.get("ScheduledScalingSuspended", before.scheduled),
    )
