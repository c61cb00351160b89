"""From when a wake counts, and how long it should take. Pure.

A wake has one start, its first request: the log, notifications, ``WakeDuration`` and the waiting page all count from
it, however often it is requested again. ``Memory.since`` of a waking service is later where the request had to wait for
a stop, or for its turn because AWS limits the rate, and earlier where the service was started in ECS. Its usual wake
time and its deadline count from ``since``, because they are about what starting takes: a lesson that includes a wait
would be wrong for the next wake.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from .memory import Memory, Phase

TURN_KEPT: Final = timedelta(seconds=60)
"""So long, at most, the run that began a wake waits for its turn to ask ECS; later only a tick or another run asks."""


def waits_for_its_turn(memory: Memory) -> bool:
    """Whether ECS has not yet been asked for the tasks of a wake, because AWS limits the rate.

    So it is, too, where a run ended just before it asked.
    """
    parts = memory.wake_parts
    return memory.phase is Phase.WAKING and parts.sent is None and parts.accepted is None


def sent_now(memory: Memory, now: datetime) -> Memory:
    """The memory of a wake for whose tasks ECS is asked now.

    Where it has waited for its turn, its deadline and its usual wake time count from now on.
    """
    if not waits_for_its_turn(memory):
        return memory
    deadline = memory.deadline and memory.deadline + (now - memory.since)
    return replace(memory, since=now, deadline=deadline, wake_parts=replace(memory.wake_parts, sent=now))


def starting_since(memory: Memory, now: datetime) -> datetime:
    """From when the usual wake time of a wake counts: from ``now`` while it waits for a stop or for its turn."""
    return now if memory.phase is not Phase.WAKING or waits_for_its_turn(memory) else memory.since


def requested_again(memory: Memory, now: datetime) -> Memory:
    """The memory of a waking service that somebody requests now; the first request remains the start of the wake."""
    parts = replace(memory.wake_parts, asked=memory.wake_parts.asked or now)
    return replace(memory, asked=now, sleep_requested=None, wake_parts=parts)


def usual_from_request(memory: Memory, requested: datetime, now: datetime) -> timedelta | None:
    """How long after its first request the service should be ready; ``None`` where that is not known.

    What is left of it after ``now`` is what the API expects (``overview.expected``). All of the usual wake time is left
    while the wake waits for a stop or for its turn. Zero where the service should have been ready before it was
    requested: it was started in ECS long before.
    """
    if memory.usual_wake is None:
        return None
    return max(timedelta(0), starting_since(memory, now) + memory.usual_wake - requested)
