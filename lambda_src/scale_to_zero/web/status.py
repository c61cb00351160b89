"""The state of a service for a visitor, whichever form the answer takes: page, JSON or problem. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ShownState(StrEnum):
    """The state of a service, as its visitor needs to know it.

    ``asleep``: it sleeps, and no wake has been requested: shown to a page that was left open, and to a client whose
    wake was stopped while it waited. The next request wakes it.
    ``needs_confirmation``: it wakes only when the visitor presses the button. ``failed``: its wake is past the deadline
    and still tried. ``backoff``: its wakes failed, and no request wakes it before some time has passed.
    ``unavailable``: its state is unknown.
    """

    ASLEEP = "asleep"
    NEEDS_CONFIRMATION = "needs_confirmation"
    WAKING = "waking"
    FAILED = "failed"
    BACKOFF = "backoff"
    READY = "ready"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Status:
    """What the answer to a visitor has of one service at one instant.

    ``elapsed``: since the wake was first requested, ``None`` where none is under way.
    ``usual``: how long its wakes usually take, ``None`` where that is not known yet; of one under way, counted from
    when it was first requested, and zero where it should have been ready before that.
    ``cause``: why its wake failed, from ECS, empty if it did not.
    ``retry_after``: in how many seconds to retry, at least one.
    ``polls``: whether the page may poll the state by itself.
    """

    service: str
    shown_state: ShownState
    elapsed: timedelta | None = None
    usual: timedelta | None = None
    cause: str = ""
    retry_after: int = 1
    polls: bool = False
