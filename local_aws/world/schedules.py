"""EventBridge's ``rate()`` rules as pure objects: an expression and a beginning give the instants it is due."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_EXPRESSION: Final = re.compile(r"rate\((?P<value>[1-9]\d*) (?P<unit>minutes?|hours?|days?)\)")


def rate(expression: str) -> timedelta:
    """Read ``rate(1 minute)``, ``rate(5 minutes)`` and the like.

    Raises ``ValueError`` for anything else. A value of 1 takes the singular, others the plural
    (EventBridge User Guide, "Rate expressions").
    """
    match = _EXPRESSION.fullmatch(expression)
    if match is None or (match["value"] == "1") == match["unit"].endswith("s"):
        raise ValueError(f"Write a rate as rate(1 minute) or rate(5 minutes); {expression!r} is not one.")
    return timedelta(**{match["unit"].rstrip("s") + "s": int(match["value"])})


@dataclass(frozen=True)
class RateSchedule:
    """A ``rate()`` rule. It is first due one period after ``since``, when the rule was created or enabled.

    EventBridge counts a rate from the rule's creation (EventBridge User Guide, "Creating a rule that runs on a
    schedule").
    """

    every: timedelta
    since: datetime

    def next_after(self, instant: datetime) -> datetime:
        """The first due instant later than ``instant``."""
        periods = max(0, (instant - self.since) // self.every)
        return self.since + (periods + 1) * self.every

    def due(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """The due instants in (after, until], in order."""
        instant = self.next_after(after)
        while instant <= until:
            yield instant
            instant += self.every
