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
    """Keep, change and list the tags of a scalable target, as AWS does; moto has no tags for them.

    Source: Application Auto Scaling API reference, RegisterScalableTarget, TagResource and its neighbours.
    """
    patches.replace(ApplicationAutoScalingResponse, "register_scalable_target", _keeping_tags)
    patches.replace(ApplicationAutoScalingResponse, "list_tags_for_resource", lambda _: _list_tags)
    patches.replace(ApplicationAutoScalingResponse, "tag_resource", lambda _: _tag)
    patches.replace(ApplicationAutoScalingResponse, "untag_resource", lambda _: _untag)


def tags_of(target: Any) -> dict[str, str]:
    """Return the tags of moto's record of a scalable target."""
    return dict(getattr(target, _TAGS, {}))


def _keeping_tags(original: Callable[[Any], str]) -> Callable[[Any], str]:
    def register_scalable_target(response: Any) -> str:
        answer = original(response)
        tags = response._get_param("Tags")
        if tags:
            setattr(_target(response, json.loads(answer)["ScalableTargetARN"]), _TAGS, tags)
        return answer

    return register_scalable_target


def _list_tags(response: Any) -> str:
    return json.dumps({"Tags": tags_of(_target(response, response._get_param("ResourceARN")))})


def _tag(response: Any) -> str:
    target = _target(response, response._get_param("ResourceARN"))
    setattr(target, _TAGS, {**tags_of(target), **response._get_param("Tags")})
    return "{}"


def _untag(response: Any) -> str:
    target, keys = _target(response, response._get_param("ResourceARN")), response._get_param("TagKeys")
    setattr(target, _TAGS, {key: value for key, value in tags_of(target).items() if key not in keys})
    return "{}"


def _target(response: Any, arn: str) -> Any:
    backend = response.applicationautoscaling_backend
    for targets in backend.targets.values():
        for target in targets.values():
            if target.arn == arn:
                return target
    raise AwsError("ResourceNotFoundException", f"The resource {arn} does not exist.")
