"""When EventBridge's rules and EventBridge Scheduler's schedules are due, as pure objects.

An expression gives the instants at which it is due: ``next_after`` returns the next one. Both services have ``rate``,
which is counted from an instant. ``cron`` and ``at`` are read as EventBridge Scheduler reads them, in a time zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aws_croniter import AwsCroniter

_RATE: Final = re.compile(r"rate\((?P<value>[1-9]\d*) (?P<unit>minutes?|hours?|days?)\)")
_CRON: Final = re.compile(r"cron\((?P<fields>.+)\)")
_AT: Final = re.compile(r"at\((?P<wall>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")

LAST_CRON_YEAR: Final = 2199
"""The last year a cron expression can name (Scheduler User Guide, "Cron-based schedules")."""


class Schedule(Protocol):
    """The instants at which something is due."""

    def next_after(self, instant: datetime) -> datetime | None:
        """Return the first due instant later than ``instant``, ``None`` if there is none."""


def schedule(expression: str, timezone: str, since: datetime) -> Schedule:
    """Read an expression of EventBridge Scheduler: ``cron(...)`` and ``at(...)`` in a time zone, or ``rate(...)``.

    ``since``: when the schedule was created or changed; a rate is counted from it. Raises ``ValueError`` for anything
    else.
    """
    zone = _zone(timezone)
    if expression.startswith("cron("):
        return CronSchedule(_cron(expression), zone)
    if expression.startswith("at("):
        return OneTimeSchedule(_at(expression, zone))
    return RateSchedule(rate(expression), since)


def rate(expression: str) -> timedelta:
    """Read ``rate(1 minute)``, ``rate(5 minutes)`` and the like.

    Raises ``ValueError`` for anything else. A value of 1 needs the singular, other values the plural
    (EventBridge User Guide, "Rate expressions").
    """
    match = _RATE.fullmatch(expression)
    if match is None or (match["value"] == "1") == match["unit"].endswith("s"):
        raise ValueError(f"Write a rate as rate(1 minute) or rate(5 minutes); {expression!r} is not one.")
    return timedelta(**{match["unit"].rstrip("s") + "s": int(match["value"])})


@dataclass(frozen=True)
class RateSchedule:
    """A ``rate()`` rule. It is first due one period after ``since``, the instant when it was created or enabled.

    EventBridge counts a rate from the rule's creation (EventBridge User Guide, "Creating a rule that runs on a
    schedule").
    """

    every: timedelta
    since: datetime

    def next_after(self, instant: datetime) -> datetime:
        """Return the first due instant later than ``instant``."""
        periods = max(0, (instant - self.since) // self.every)
        return self.since + (periods + 1) * self.every

    def due(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Yield the due instants in (after, until], in order."""
        instant = self.next_after(after)
        while instant <= until:
            yield instant
            instant += self.every


@dataclass(frozen=True)
class CronSchedule:
    """A ``cron()`` schedule: it is due when the clocks of its zone show a time that matches its fields.

    A time that clocks skip when they go forward is not due; a time that they show twice when they go back is due once
    (Scheduler User Guide, "Daylight savings time on EventBridge Scheduler").
    """

    fields: AwsCroniter
    zone: ZoneInfo

    def next_after(self, instant: datetime) -> datetime | None:
        """Return the first due instant later than ``instant``, ``None`` if its years are over."""
        wall = instant.astimezone(self.zone).replace(tzinfo=None)
        while (found := self._wall_after(wall)) is not None:
            wall = found
            due = wall.replace(tzinfo=self.zone).astimezone(UTC)
            exists = due.astimezone(self.zone).replace(tzinfo=None) == wall
            if exists and due > instant:
                return due
        return None

    def _wall_after(self, wall: datetime) -> datetime | None:
        """Return the next match on a clock that is never changed. The library treats any clock as UTC."""
        after = wall.replace(tzinfo=UTC)
        while after.year <= LAST_CRON_YEAR:
            found: datetime | None = self.fields.get_next(after)[0]
            if found is not None:
                return found.replace(tzinfo=None)
            # The library stops after ten steps, of which at least seven are months: continue half a year later.
            after = (after.replace(day=1, hour=0, minute=0) + timedelta(days=6 * 30)).replace(day=1) - timedelta(
                minutes=1
            )
        return None


@dataclass(frozen=True)
class OneTimeSchedule:
    """An ``at()`` schedule."""

    instant: datetime

    def next_after(self, instant: datetime) -> datetime | None:
        """Return the schedule's instant if it is later than ``instant``, otherwise ``None``."""
        return self.instant if self.instant > instant else None


def _cron(expression: str) -> Any:
    """Parse the six fields as AWS does. ``LW`` and the like are refused too: the library cannot read them."""
    match = _CRON.fullmatch(expression)
    try:
        return AwsCroniter(" ".join(match["fields"].split()) if match else "")
    except ValueError as wrong:
        message = f"Write a cron as cron(minutes hours day-of-month month day-of-week year); {expression!r} is not one"
        raise ValueError(f"{message}: {wrong}") from wrong


def _at(expression: str, zone: ZoneInfo) -> datetime:
    match = _AT.fullmatch(expression)
    if match is None:
        raise ValueError(f"Write a time as at(2026-01-05T08:00:00); {expression!r} is not one.")
    return datetime.fromisoformat(match["wall"]).replace(tzinfo=zone).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as unknown:
        raise ValueError(f"There is no time zone {name!r}; name one as Europe/Paris or UTC.") from unknown
