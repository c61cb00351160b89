"""The state of an updated schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.scheduler.models import EventBridgeSchedulerBackend

from local_aws.patching import Patches


def install(patches: Patches) -> None:
    """Enable a schedule if its update names no state, as AWS does; moto leaves it without a state.

    Source: EventBridge Scheduler API reference, UpdateSchedule: a value that the call leaves out gets its default.
    """
    patches.replace(EventBridgeSchedulerBackend, "update_schedule", _enabling)


def _enabling(original: Callable[..., Any]) -> Callable[..., Any]:
    def update_schedule(backend: EventBridgeSchedulerBackend, *, state: str | None, **named: Any) -> Any:
        return original(backend, state=state or "ENABLED", **named)

    return update_schedule
