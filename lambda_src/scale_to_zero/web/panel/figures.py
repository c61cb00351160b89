"""Instants, durations and amounts, as the panel writes them. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .languages import Words

SPACE = "\N{NO-BREAK SPACE}"


def instant(at: datetime, now: datetime, zone: timezone, words: Words) -> str:
    """Write an instant as a time of day, with its day if that is not today, and its year if that is another one."""
    there, today = at.astimezone(zone), now.astimezone(zone).date()
    if there.date() == today:
        return f"{there:%H:%M}"
    month = words.months[there.month - 1]
    if there.year != today.year:
        month = f"{month}{SPACE}{there.year}"
    day = words.day.replace("{day}", str(there.day)).replace("{month}", month)
    return day.replace("{time}", f"{there:%H:%M}")


def exact(at: datetime, zone: timezone) -> str:
    """Write an instant to the second, with its zone."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone}"


def duration(span: timedelta) -> str:
    """Write a duration, rounded down: in seconds below 90, then minutes, then hours; the same in both languages."""
    seconds = max(0, int(span.total_seconds()))
    if seconds < 90:
        return f"{seconds}{SPACE}s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 10:
        return f"{minutes}{SPACE}min" + (f"{SPACE}{rest:02}{SPACE}s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    if hours == 0:
        return f"{minutes}{SPACE}min"
    return f"{hours}{SPACE}h" + (f"{SPACE}{minutes:02}{SPACE}min" if minutes else "")


def amount(usd: float, words: Words) -> str:
    """Write an amount in USD, to the cent."""
    number = f"{usd:,.2f}".replace(",", "\0").replace(".", words.decimal).replace("\0", words.thousands)
    return words.amount.replace("{number}", number)


def whole(number: int, words: Words) -> str:
    """Write a whole number with the language's separator of thousands."""
    return f"{number:,}".replace(",", words.thousands)
