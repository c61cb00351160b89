"""Holds: promises to keep a service awake until an instant. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .memory import Hold, Memory


def standing_hold(memory: Memory, now: datetime) -> Hold | None:
    """The hold that keeps a service awake now; one that is over keeps nothing."""
    return memory.hold if memory.hold is not None and now < memory.hold.until else None


def placed(memory: Memory, hold: Hold, now: datetime) -> Memory:
    """A memory with a hold. Of two, the one that ends later stands; and who holds a service does not want it asleep."""
    standing = standing_hold(memory, now)
    later = hold if standing is None else max(standing, hold, key=lambda one: one.until)
    return replace(memory, hold=later, sleep_requested=None)


def told(hold: Hold) -> str:
    """A hold in words: until when, and why if that was said."""
    because = f" ({hold.reason})" if hold.reason else ""
    return f"held awake until {hold.until:%Y-%m-%d %H:%M:%S} UTC{because}"
