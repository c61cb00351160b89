"""How long a service slept, and how many task-hours that saved. Pure.

Days are UTC days: their length never changes, and the module has no time zones.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from scale_to_zero.model.configured import DEFAULT_AWAKE_COUNT
from scale_to_zero.model.service_state import Phase, ServiceState, TimeAsleep


def time_asleep(state: ServiceState, now: datetime) -> TimeAsleep:
    """Return all its sleep until ``now``, including the sleep under way."""
    time_before = state.time_asleep
    if state.phase is not Phase.ASLEEP or now <= state.since:
        return time_before
    midnight = datetime.combine(now.date(), time(), UTC)
    earlier = time_before.that_day if time_before.day == now.date() else timedelta(0)
    return TimeAsleep(
        day=now.date(),
        that_day=earlier + (now - max(state.since, midnight)),
        task_time=time_before.task_time + (now - state.since) * (state.restore or DEFAULT_AWAKE_COUNT),
    )


def asleep_today(state: ServiceState, now: datetime) -> timedelta:
    """Return how long it slept on the UTC day of ``now``, until ``now``."""
    slept = time_asleep(state, now)
    return slept.that_day if slept.day == now.date() else timedelta(0)
