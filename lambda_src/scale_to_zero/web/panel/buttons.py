"""The buttons, and which of them make sense for a service in its state. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import HoldAll, Phase
from scale_to_zero.rules.holds import current_hold_all
from scale_to_zero.rules.overview import Overview

USUAL_HOLD: Final = timedelta(hours=2)


class Button(StrEnum):
    """One button, as its press is sent."""

    WAKE = "wake"
    SLEEP = "sleep"
    HOLD = "hold"
    RELEASE = "release"
    HOLD_ALL = "hold_all"
    RELEASE_ALL = "release_all"

    @property
    def for_all(self) -> bool:
        """Whether it concerns all services."""
        return self in (Button.HOLD_ALL, Button.RELEASE_ALL)

    @classmethod
    def of(cls, action: object) -> Button | None:
        """The button that sends this action, ``None`` if none does."""
        return next((button for button in cls if button.value == action), None)


def buttons_of(row: Overview, now: datetime, hold_duration: timedelta) -> tuple[Button, ...]:
    """What may be done to a service in its state. ``hold_duration``: for how long it would be held awake.

    None for one that is not acted on, or whose state cannot be read: the functions would refuse each.
    A held service is released before it is put to sleep.
    """
    if not row.acted_on or (row.phase is None and row.trouble):
        return ()
    offered = {
        Button.WAKE: row.phase in (None, Phase.ASLEEP, Phase.DRAINING) or row.sleep_requested,
        Button.SLEEP: row.phase not in (None, Phase.ASLEEP) and row.held is None and not row.sleep_requested,
        Button.HOLD: row.held is None or row.held.until < now + hold_duration,
        Button.RELEASE: row.hold is not None,
    }
    return tuple(button for button, makes_sense in offered.items() if makes_sense)


def buttons_of_all(hold_all: HoldAll | Unknown | None, now: datetime, hold_duration: timedelta) -> tuple[Button, ...]:
    """What may be done to all services together. ``hold_duration``: for how long they would be held awake.

    ``hold_all``: what holds them; where that cannot be read, either makes it readable again.
    """
    current, unread = current_hold_all(hold_all, now), isinstance(hold_all, Unknown)
    offered = {
        Button.HOLD_ALL: current is None or current.until < now + hold_duration,
        Button.RELEASE_ALL: current is not None or unread,
    }
    return tuple(button for button, makes_sense in offered.items() if makes_sense)
