"""What a service state has of a wake or a stop, for tests that know that there is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from scale_to_zero.model.service_state import Memory, Wake

FAR: Final = datetime(2100, 1, 1, tzinfo=UTC)


def wake_of(memory: Memory) -> Wake:
    """The newest wake of a service that was woken."""
    assert memory.wake is not None, f"{memory.name} was not woken: {memory}"
    return memory.wake


def lease_of(memory: Memory) -> datetime | None:
    """Until when a stop may be under way, ``None`` where none is."""
    return memory.stop.lease_until if memory.stop is not None else None


def cause_of(memory: Memory) -> str:
    """Why its newest wake failed, empty if it did not."""
    if memory.backoff is not None:
        return memory.backoff.cause
    return memory.waking.cause if memory.waking is not None else ""


def retry_at_of(memory: Memory) -> datetime | None:
    """Before when it is not woken again after a failed wake."""
    if memory.backoff is not None:
        return memory.backoff.until
    return memory.wake.retry_at if memory.wake is not None else None


def a_wake(deadline: datetime = FAR, **parts: Any) -> Wake:
    """A wake with these parts; without a deadline one that is far away."""
    return replace(Wake(deadline), **parts)


def has_failed(cause: str = "", *, deadline: datetime = FAR, **parts: Any) -> Wake:
    """A wake past its deadline."""
    return replace(a_wake(deadline, **parts), failed=True, cause=cause)
