"""What can go wrong when tasks start, on demand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class ImagePullFails:
    """The image cannot be pulled: each task stops before it ran, and ECS waits longer before each next try."""

    reason: str = (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref: not found"
    )


@dataclass(frozen=True)
class CrashesAfterStart:
    """The containers end by themselves: each task runs for a moment, stops, and ECS starts the next at once.

    ECS does not slow such a loop down: the throttle is for tasks that never ran (ud ECS, service throttle logic).
    """

    after: timedelta = timedelta(seconds=5)
    exit_code: int = 1
    reason: str = "Essential container in task exited"


@dataclass(frozen=True)
class NoCapacity:
    """No task can be placed: none is created, and a service event says why."""

    reason: str = "Capacity is unavailable at this time. Please try again later or in a different availability zone"


@dataclass(frozen=True)
class SlowStart:
    """Pulling the image takes so much longer."""

    by: timedelta


StartFault = ImagePullFails | CrashesAfterStart | NoCapacity | SlowStart
