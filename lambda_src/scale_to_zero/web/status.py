"""What a visitor is told of a service, whichever form the answer takes: page, JSON or problem. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class State(StrEnum):
    """How things stand with a service, as its visitor needs to know it.

    ``asleep``: it sleeps, and nobody has requested a wake: shown to a page that was left open, and to a client whose
    wake was stopped while it waited. The next request wakes it.
    ``asks``: it wakes only when a person presses the button. ``failed``: its wake is past the deadline and still tried.
    ``rests``: its wakes failed, and no request wakes it before some time has passed.
    ``unavailable``: it cannot be told how it is.
    """

    ASLEEP = "asleep"
    ASKS = "asks"
    WAKING = "waking"
    FAILED = "failed"
    RESTS = "rests"
    READY = "ready"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True)
class Status:
    """What a visitor is told of one service at one instant.

    ``elapsed``: since the wake was first asked for, ``None`` where none is under way.
    ``usual``: how long its wakes usually take, ``None`` where that is not known yet; of one under way, counted from
    when it was first asked for, and zero where it should have been ready before that.
    ``cause``: why its wake failed, in ECS's words, empty if it did not.
    ``retry_after``: in how many seconds to ask again, at least one.
    ``polls``: whether the page may ask by itself how things stand.
    """

    service: str
    state: State
    elapsed: timedelta | None = None
    usual: timedelta | None = None
    cause: str = ""
    retry_after: int = 1
    polls: bool = False
