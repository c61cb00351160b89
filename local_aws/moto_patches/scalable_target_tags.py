"""Tags of scalable targets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

from local_aws.api_call import AwsError
from local_aws.patching import Patches

_TAGS: Final = "local_aws_tags"


def install(patches: Patches) -> None:
    """Keep and list the tags that a scalable target is registered with, as AWS does; moto has no tags for them.

    Source: Application Auto Scaling API reference, RegisterScalableTarget and ListTagsForResource.
    """
    patches.replace(ApplicationAutoScalingResponse, "register_scalable_target", _keeping_tags)
    patches.replace(ApplicationAutoScalingResponse, "list_tags_for_resource", lambda _: _list_tags)


def _keeping_tags(original: Callable[[Any], str]) -> Callable[[Any], str]:
    def register_scalable_target(response: Any) -> str:
        answer = original(response)
        tags = response._get_param("Tags")
        if tags:
            setattr(_target(response, json.loads(answer)["ScalableTargetARN"]), _TAGS, tags)
        return answer

    return register_scalable_target


def _list_tags(response: Any) -> str:
    target = _target(response, response._get_param("ResourceARN"))
    return json.dumps({"Tags": getattr(target, _TAGS, {})})


def _target(response: Any, arn: str) -> Any:
    backend = response.applicationautoscaling_backend
    for targets in backend.targets.values():
        for target in targets.values():
            if target.arn == arn:
                return target
    raise AwsError("ResourceNotFoundException", f"The resource {arn} does not exist.")
