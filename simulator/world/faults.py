"""The faults that can be set for the start of tasks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class ImagePullFails:
    """The image cannot be pulled. Each task stops before it has run, and ECS waits longer before each next attempt."""

    reason: str = (
        "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref: not found"
    )


@dataclass(frozen=True)
class CrashesAfterStart:
    """The containers end by themselves. Each task runs for a moment and stops, and ECS starts the next one at once.

    ECS does not slow such a loop down: it throttles only tasks that never ran (ud ECS, service throttle logic).
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
    """Pulling the image takes longer by ``by``."""

    by: timedelta


StartFault = ImagePullFails | CrashesAfterStart | NoCapacity | SlowStart
