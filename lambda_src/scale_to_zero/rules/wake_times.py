"""From when a wake counts, and how long it should take. Pure.

A wake has one start, its first request: the log, notifications, ``WakeDuration`` and the waiting page all count from
it, however often it is requested again. ``ServiceState.since`` of a waking service is later where the request had to
wait for a stop, or for its turn because AWS limits the rate, and earlier where the service was started in ECS. Its
usual wake time and its deadline count from ``since``, because they are about what starting takes: a lesson that
includes a wait would be wrong for the next wake.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.observed import Missing, ServiceFacts, Unknown
from scale_to_zero.model.service_state import Phase, ServiceState

TURN_KEPT: Final = timedelta(seconds=60)
"""How long the run that began a wake waits for its turn to set the count; later only a tick or another run does so."""
SHORTEST_WAKE_DEADLINE: Final = timedelta(seconds=300)
LONGEST_WAKE_DEADLINE: Final = timedelta(seconds=3600)
"""The most that ``wake_deadline_seconds`` takes, too.

A health-check grace period may be 2,147,483,647 seconds (Amazon ECS API reference, UpdateService), and some set just
that to switch the health checks off: 68 years.
"""
GRACE_PERIOD_MARGIN: Final = timedelta(seconds=120)
WEIGHT_OF_NEWEST_WAKE: Final = 0.3
SHORTEST_BACKOFF: Final = timedelta(seconds=30)
LONGEST_BACKOFF: Final = timedelta(minutes=15)
MOST_DOUBLINGS: Final = 5
"""One more than keeps within the longest; a service that fails for days would else wait longer than time can count."""


def wake_deadline(service: Service, facts: ServiceFacts | Missing | Unknown, usual_wake: timedelta | None) -> timedelta:
    """How long a wake may take before it counts as failed (design 4)."""
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
    """When the wake under way counts as failed; ``None`` where none is. Earlier versions saved later ones."""
    wake = state.wake_under_way
    return None if wake is None else min(wake.deadline, state.since + LONGEST_WAKE_DEADLINE)


def is_overdue(state: ServiceState, now: datetime) -> bool:
    """Whether the wake under way is past its deadline."""
    deadline = deadline_of(state)
    return deadline is not None and now >= deadline


def backoff_after(failures: int) -> timedelta:
    """How long after so many failed wakes in a row no request may begin another."""
    doublings = min(max(0, failures - 1), MOST_DOUBLINGS)
    return min(LONGEST_BACKOFF, SHORTEST_BACKOFF * (1 << doublings))


def waits_for_its_turn(state: ServiceState) -> bool:
    """Whether the count of a wake is not set in ECS yet, because AWS limits the rate.

    This is also the case if a run ended just before it set the count.
    """
    wake = state.wake_under_way
    return wake is not None and wake.sent is None and wake.accepted is None


def usual_after(state: ServiceState, now: datetime) -> timedelta | None:
    """The usual wake time of a service whose wake is over now; only a requested wake teaches it.

    A wake began with its first request, but the lesson is what starting took; one that runs when it is found teaches
    nothing, and neither does one that failed.
    """
    usual, wake = state.usual_wake, state.wake_under_way
    if wake is None or wake.first_requested_at is None or wake.failed or now <= state.since:
        return usual
    # Where no tick ran for days it was ready long before.
    lesson = min(now - state.since, LONGEST_WAKE_DEADLINE)
    return lesson if usual is None else usual + WEIGHT_OF_NEWEST_WAKE * (lesson - usual)


def starting_since(state: ServiceState, now: datetime) -> datetime:
    """From when the usual wake time of a wake counts: from ``now`` while it waits for a stop or for its turn."""
    return now if state.phase is not Phase.WAKING or waits_for_its_turn(state) else state.since


def usual_from_request(state: ServiceState, requested: datetime, now: datetime) -> timedelta | None:
    """How long after its first request the service should be ready; ``None`` where that is not known.

    What is left of it after ``now`` is what the API expects (``overview.expected``). All of the usual wake time is left
    while the wake waits for a stop or for its turn. Zero where the service should have been ready before it was
    requested: it was started in ECS long before.
    """
    if state.usual_wake is None:
        return None
    return max(timedelta(0), starting_since(state, now) + state.usual_wake - requested)
