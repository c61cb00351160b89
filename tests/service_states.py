"""What a service state has of a wake or a stop, for tests that know that there is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from scale_to_zero.model.service_state import ServiceState, Wake

FAR: Final = datetime(2100, 1, 1, tzinfo=UTC)


def wake_of(state: ServiceState) -> Wake:
    """The newest wake of a service that was woken."""
    assert state.wake is not None, f"{state.name} was not woken: {state}"
    return state.wake


def lease_of(state: ServiceState) -> datetime | None:
    """Until when a stop may be under way, ``None`` where none is."""
    return state.stop.lease_until if state.stop is not None else None


def begins_stop(state: ServiceState, stored: ServiceState | None) -> bool:
    """Whether a write over ``stored`` takes the lease of a stop; one that only saves something beside it takes none."""
    return lease_of(state) is not None and (stored is None or lease_of(state) != lease_of(stored))


def cause_of(state: ServiceState) -> str:
    """Why its newest wake failed, empty if it did not."""
    if state.backoff is not None:
        return state.backoff.cause
    return state.wake_under_way.cause if state.wake_under_way is not None else ""


def retry_at_of(state: ServiceState) -> datetime | None:
    """Before when it is not woken again after a failed wake."""
    if state.backoff is not None:
        return state.backoff.until
    return state.wake.retry_at if state.wake is not None else None


def a_wake(deadline: datetime = FAR, **parts: Any) -> Wake:
    """A wake with these parts; without a deadline one that is far away."""
    return replace(Wake(deadline), **parts)


def has_failed(cause: str = "", *, deadline: datetime = FAR, **parts: Any) -> Wake:
    """A wake past its deadline."""
    return replace(a_wake(deadline, **parts), failed=True, cause=cause)
