"""What a button does: it calls the module's other functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.ports import Functions
from scale_to_zero.web import control

from .buttons import Button


def press(functions: Functions, button: Button, key: str, *, hold_duration: timedelta, reason: str) -> str:
    """Call the function; return its own sentence, empty if it has none. Raises ``Refused`` or ``CallFailed``."""
    message = _done(functions, button, key, hold_duration, reason).get("message")
    return message if isinstance(message, str) else ""


def press_for_all(functions: Functions, button: Button, *, until: datetime, reason: str) -> str:
    """Do the same as ``press`` for all services together. ``until``: until when they are held."""
    if button is Button.RELEASE_ALL:
        return control.release_all(functions)
    return control.hold_all(functions, until, reason=reason)


def _done(
    functions: Functions, button: Button, key: str, hold_duration: timedelta, reason: str
) -> Mapping[str, object]:
    if button is Button.WAKE:
        return control.wake(functions, key)
    if button is Button.SLEEP:
        return control.sleep(functions, key)
    if button is Button.RELEASE:
        return control.release(functions, key)
    return control.hold(functions, key, minutes=hold_duration // MINUTE, reason=reason)
