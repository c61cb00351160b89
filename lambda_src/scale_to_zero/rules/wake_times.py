"""From when a wake counts, and how long it should take. Pure.

A wake has one start, its first request: the log, notifications, ``WakeDuration`` and the waiting page all count from
it, however often the wake is requested again. ``ServiceState.since`` of a waking service is later if the request had to
wait for a stop, or for its turn because AWS limits the rate, and earlier if the service was started in ECS. The usual
wake time and the deadline count from ``since``, because they measure the start itself: a duration that includes a wait
would be wrong for the next wake.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.observed import Missing, ServiceFacts, Unknown
from scale_to_zero.model.service_state import Phase, ServiceState

TURN_KEPT: Final = timedelta(seconds=60)
"""How long the run that began a wake waits for its turn to set the count; later, a tick or another run sets it."""
SHORTEST_WAKE_DEADLINE: Final = timedelta(seconds=300)
LONGEST_WAKE_DEADLINE: Final = timedelta(seconds=3600)
"""Also the maximum of ``wake_deadline_seconds``.

A health-check grace period may be 2,147,483,647 seconds, 68 years (Amazon ECS API reference, UpdateService), and some
users set this value to switch the health checks off.
"""
GRACE_PERIOD_MARGIN: Final = timedelta(seconds=120)
WEIGHT_OF_NEWEST_WAKE: Final = 0.3
SHORTEST_BACKOFF: Final = timedelta(seconds=30)
LONGEST_BACKOFF: Final = timedelta(minutes=15)
MOST_DOUBLINGS: Final = 5
"""Enough to reach the longest backoff. Without this limit, the backoff of a service that fails for days overflows."""


def wake_deadline(service: Service, facts: ServiceFacts | Missing | Unknown, usual_wake: timedelta | None) -> timedelta:
    """Return how long a wake may take before it counts as failed."""
    if service.wake_deadline is not None:
        return service.wake_deadline
    grace = facts.health_check_grace if isinstance(facts, ServiceFacts) else timedelta(0)
    derived = max(
        SHORTEST_WAKE_DEADLINE,
        grace + GRACE_PERIOD_MARGIN,
        2 * (usual_wake or timedelta(0)),
    )
    return min(LONGEST_WAKE_DEADLINE, derived)


def deadline_of(state: ServiceState) -> datetime | None:
    """Return when the wake under way counts as failed, ``None`` if none is. Old versions saved later deadlines."""
    wake = state.wake_under_way
    return None if wake is None else min(wake.deadline, state.since + LONGEST_WAKE_DEADLINE)


def is_overdue(state: ServiceState, now: datetime) -> bool:
    """Return whether the wake under way is past its deadline."""
    deadline = deadline_of(state)
    return deadline is not None and now >= deadline


def backoff_after(failures: int) -> timedelta:
    """Return how long no request may begin another wake after so many failed wakes in a row."""
    doublings = min(max(0, failures - 1), MOST_DOUBLINGS)
    return min(LONGEST_BACKOFF, SHORTEST_BACKOFF * (1 << doublings))


def waits_for_its_turn(state: ServiceState) -> bool:
    """Return whether the count of a wake is not set in ECS yet, because AWS limits the rate.

    This is also the case if a run ended just before it set the count.
    """
    wake = state.wake_under_way
    return wake is not None and wake.sent is None and wake.accepted is None


def usual_after(state: ServiceState, now: datetime) -> timedelta | None:
    """Return the usual wake time of a service whose wake is over now; only requested wakes count.

    Although a wake begins with its first request, only the time that starting took counts. A wake that failed, or a
    service that already ran when a tick found it, does not change the usual wake time.
    """
    usual, wake = state.usual_wake, state.wake_under_way
    if wake is None or wake.first_requested_at is None or wake.failed or now <= state.since:
        return usual
    # If no tick ran for days, the service was ready long before ``now``.
    newest = min(now - state.since, LONGEST_WAKE_DEADLINE)
    return newest if usual is None else usual + WEIGHT_OF_NEWEST_WAKE * (newest - usual)


def starting_since(state: ServiceState, now: datetime) -> datetime:
    """Return from when the usual wake time counts: from ``now`` while the wake waits for a stop or for its turn."""
    return now if state.phase is not Phase.WAKING or waits_for_its_turn(state) else state.since


def usual_from_request(state: ServiceState, requested: datetime, now: datetime) -> timedelta | None:
    """Return how long after its first request the service should be ready; ``None`` if that is unknown.

    The API shows what is left of this time after ``now`` (``overview.expected``). While the wake waits for a stop or
    for its turn, all of the usual wake time is left. The time is zero if the service should have been ready before it
    was requested, because it was started in ECS long before.
    """
    if state.usual_wake is None:
        return None
    return max(timedelta(0), starting_since(state, now) + state.usual_wake - requested)
