"""Scheduled actions (Application Auto Scaling API reference, PutScheduledAction and its neighbours)."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse, _build_scheduled_action

from local_aws.api_call import AwsError
from local_aws.patching import Patches
from simulator.world import NoScheduledAction, ScheduledAction, World, schedule

from .records import agree_with_the_world, named, not_found, page, service_of, without_target

UNMODELLED: Final = ("StartTime", "EndTime")


def put_in_the_world(patches: Patches, world: World) -> None:
    """Let a scheduled action change bounds and count whenever it is due, by ``at``, ``cron`` or ``rate``."""

    def make(moto: Callable[..., str]) -> Callable[..., str]:
        def put_scheduled_action(self: Any) -> str:
            backend, request = self.applicationautoscaling_backend, json.loads(self.body)
            service, name = service_of(request), request["ScheduledActionName"]
            agree_with_the_world(backend, world)
            unmodelled = [key for key in UNMODELLED if request.get(key) is not None]
            if unmodelled:
                raise AwsError("NotModelled", f"not modelled: scheduled actions with {', '.join(unmodelled)}")
            if world.scaling.target(*service) is None:
                raise without_target(request)
            [known] = _find(backend, request) or [None]
            expression = request.get("Schedule") or (known.schedule if known else "")
            timezone = request.get("Timezone") or (known.timezone if known else None) or "UTC"
            bounds = request.get("ScalableTargetAction") or (known.scalable_target_action if known else {})
            try:
                due = schedule(expression, timezone, world.now)
            except ValueError as wrong:
                raise AwsError("ValidationException", f"Invalid Schedule Expression: {wrong}") from wrong
            minimum, maximum = bounds.get("MinCapacity"), bounds.get("MaxCapacity")
            if minimum is None and maximum is None:
                raise AwsError("ValidationException", "Name MinCapacity or MaxCapacity in ScalableTargetAction.")
            if minimum is not None and maximum is not None and maximum < minimum:
                raise AwsError("ValidationException", "MaxCapacity must not be below MinCapacity.")
            world.scaling.put_scheduled_action(*service, name, ScheduledAction(due, minimum, maximum))
            return moto(self)

        return put_scheduled_action

    patches.replace(ApplicationAutoScalingResponse, "put_scheduled_action", make)


def delete_in_the_world(patches: Patches, world: World) -> None:
    """Delete a scheduled action, and refuse one that does not exist, as AWS does."""

    def make(moto: Callable[..., str]) -> Callable[..., str]:
        def delete_scheduled_action(self: Any) -> str:
            backend, request = self.applicationautoscaling_backend, json.loads(self.body)
            service = service_of(request)
            agree_with_the_world(backend, world)
            if not _find(backend, request):
                raise not_found("scheduled action", request)
            with suppress(NoScheduledAction):
                world.scaling.delete_scheduled_action(*service, request["ScheduledActionName"])
            return moto(self)

        return delete_scheduled_action

    patches.replace(ApplicationAutoScalingResponse, "delete_scheduled_action", make)


def describe(patches: Patches, world: World) -> None:
    """Describe scheduled actions in pages; none of a deleted service."""

    def make(_moto: Any) -> Callable[..., str]:
        def describe_scheduled_actions(self: Any) -> str:
            backend, request = self.applicationautoscaling_backend, json.loads(self.body)
            agree_with_the_world(backend, world)
            found = named(backend.scheduled_actions, request, "ScheduledActionNames", "scheduled_action_name")
            shown, more = page(found, request)
            return json.dumps({"ScheduledActions": [_build_scheduled_action(one) for one in shown], **more})

        return describe_scheduled_actions

    patches.replace(ApplicationAutoScalingResponse, "describe_scheduled_actions", make)


def _find(backend: Any, request: Any) -> list[Any]:
    """Return the scheduled action that a request names, in a list; an empty list if there is none."""
    wanted = {**request, "ScheduledActionNames": [request["ScheduledActionName"]]}
    return named(backend.scheduled_actions, wanted, "ScheduledActionNames", "scheduled_action_name")
