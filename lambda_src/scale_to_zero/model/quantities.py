"""Units of time, and how counts, durations and instants are written. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

SECOND: Final = timedelta(seconds=1)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)

_SECOND_IN: Final = {"en": "second", "fr": "seconde"}


def counted(number: int, one: str, several: str = "", *, language: str = "en") -> str:
    """Write ``1 minute`` or ``2 minutes``. ``several``: the plural, ``one`` with an s if it is left out."""
    return f"{number} {either(number, one, several or f'{one}s', language=language)}"


def either(number: float, one: str, several: str, *, language: str = "en") -> str:
    """Choose the form that goes with a number. ``language``: ``en`` or ``fr``.

    In English only 1 is singular, in French everything below 2. Source: Unicode CLDR, language plural rules.
    """
    singular = abs(number) < 2 if language == "fr" else number == 1
    return one if singular else several


def whole_seconds(duration: timedelta) -> int:
    """Count the seconds of a duration, rounded to the nearest."""
    return round(duration / SECOND)


def in_seconds(duration: timedelta, *, language: str = "en") -> str:
    """Write a duration as ``40 seconds``, rounded to the nearest. ``language``: ``en`` or ``fr``."""
    return counted(whole_seconds(duration), _SECOND_IN[language], language=language)


def in_minutes(duration: timedelta, *, language: str = "en") -> str:
    """Write a duration as ``5 minutes``, rounded to the nearest. ``language``: ``en`` or ``fr``."""
    return counted(round(duration / MINUTE), "minute", language=language)


def clock_time(instant: datetime) -> str:
    """Write an instant of today as ``23:00:00``."""
    return f"{instant:%H:%M:%S}"


def date_and_time(instant: datetime) -> str:
    """Write an instant, which must be in UTC, as ``2026-11-29 23:00:00 UTC``."""
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def iso_with_offset(instant: datetime) -> str:
    """Write an instant as ``2026-11-29T23:00:00+00:00``: what the functions answer, also to uptime checks."""
    return instant.isoformat(timespec="seconds")


def iso_in_utc(instant: datetime) -> str:
    """Write an instant as ``2026-11-29T23:00:00Z``: what the HTTP API answers, and what refusals name."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
