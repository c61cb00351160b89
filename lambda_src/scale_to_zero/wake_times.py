"""From when a wake counts, and how long it should take. Pure.

A wake has one start, its first request: the log, notifications, ``WakeDuration`` and the waiting page all count from
it, however often it is requested again. ``Memory.since`` of a waking service is later where the request had to wait for
a stop, and earlier where the service was started in ECS. Its usual wake time and its deadline count from ``since``,
because they are about what starting takes: a lesson that includes the wait for a stop would be wrong for the next wake.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from .memory import Memory, Phase


def requested_again(memory: Memory, now: datetime) -> Memory:
    """The memory of a waking service that somebody requests now; the first request remains the start of the wake."""
    parts = replace(memory.wake_parts, asked=memory.wake_parts.asked or now)
    return replace(memory, asked=now, sleep_requested=None, wake_parts=parts)


def usual_from_request(memory: Memory, requested: datetime, now: datetime) -> timedelta | None:
    """How long after its first request the service should be ready; ``None`` where that is not known.

    What is left of it after ``now`` is what the API expects (``overview.expected``). All of the usual wake time is left
    while the wake waits for a stop. Zero where the service should have been ready before it was requested: it was
    started in ECS long before.
    """
    if memory.usual_wake is None:
        return None
    begun = memory.since if memory.phase is Phase.WAKING else now
    return max(timedelta(0), begun + memory.usual_wake - requested)
