"""The buttons, and which of them a service is offered in its state. Pure."""

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
    """One button; its value is the action that a press sends."""

    WAKE = "wake"
    SLEEP = "sleep"
    HOLD = "hold"
    RELEASE = "release"
    HOLD_ALL = "hold_all"
    RELEASE_ALL = "release_all"

    @property
    def for_all(self) -> bool:
        """Whether the button concerns all services."""
        return self in (Button.HOLD_ALL, Button.RELEASE_ALL)

    @classmethod
    def of(cls, action: object) -> Button | None:
        """Return the button that sends this action, ``None`` if none does."""
        return next((button for button in cls if button.value == action), None)


def buttons_of(row: Overview, now: datetime, hold_duration: timedelta) -> tuple[Button, ...]:
    """Return the buttons of a service. ``hold_duration``: how long *Keep awake* would hold it.

    A service that is not acted on, or whose state cannot be read, has none: the functions would refuse every action.
    A held service must be released before it can be put to sleep.
    """
    if not row.acted_on or (row.phase is None and row.trouble):
        return ()
    offered = {
        Button.WAKE: row.phase in (None, Phase.ASLEEP, Phase.DRAINING) or row.sleep_requested,
        Button.SLEEP: row.phase not in (None, Phase.ASLEEP) and row.held is None and not row.sleep_requested,
        Button.HOLD: row.held is None or row.held.until < now + hold_duration,
        Button.RELEASE: row.hold is not None,
    }
    return tuple(button for button, is_offered in offered.items() if is_offered)


def buttons_of_all(hold_all: HoldAll | Unknown | None, now: datetime, hold_duration: timedelta) -> tuple[Button, ...]:
    """Return the buttons for all services. ``hold_duration``: how long *Keep all awake* would hold them.

    ``hold_all``: the hold of all services. If it cannot be read, both buttons are offered: either overwrites it.
    """
    current, unread = current_hold_all(hold_all, now), isinstance(hold_all, Unknown)
    offered = {
        Button.HOLD_ALL: current is None or current.until < now + hold_duration,
        Button.RELEASE_ALL: current is not None or unread,
    }
    return tuple(button for button, is_offered in offered.items() if is_offered)
