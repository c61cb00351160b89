"""The wake or the stop in a service state, for tests in which there is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from scale_to_zero.model.service_state import ServiceState, Wake

FAR: Final = datetime(2100, 1, 1, tzinfo=UTC)


def wake_of(state: ServiceState) -> Wake:
    """Return the newest wake of a service that was woken."""
    assert state.wake is not None, f"{state.name} was not woken: {state}"
    return state.wake


def lease_of(state: ServiceState) -> datetime | None:
    """Return until when the lease of a stop is valid, or ``None`` without a stop."""
    return state.stop.lease_until if state.stop is not None else None


def begins_stop(state: ServiceState, stored: ServiceState | None) -> bool:
    """Return whether a write over ``stored`` takes the lease of a stop. A write that keeps the lease takes none."""
    return lease_of(state) is not None and (stored is None or lease_of(state) != lease_of(stored))


def cause_of(state: ServiceState) -> str:
    """Return why the newest wake failed, or an empty string if it did not fail."""
    if state.backoff is not None:
        return state.backoff.cause
    return state.wake_under_way.cause if state.wake_under_way is not None else ""


def retry_at_of(state: ServiceState) -> datetime | None:
    """Return the instant before which the service is not woken again after a failed wake."""
    if state.backoff is not None:
        return state.backoff.until
    return state.wake.retry_at if state.wake is not None else None


def a_wake(deadline: datetime = FAR, **parts: Any) -> Wake:
    """Return a wake with these parts. Without ``deadline`` its deadline is far away."""
    return replace(Wake(deadline), **parts)


def has_failed(cause: str = "", *, deadline: datetime = FAR, **parts: Any) -> Wake:
    """Return a wake that failed: it is past its deadline."""
    return replace(a_wake(deadline, **parts), failed=True, cause=cause)
