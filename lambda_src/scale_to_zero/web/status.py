"""The state of a service as a visitor sees it, in every form of the answer: page, JSON or problem. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class ShownState(StrEnum):
    """The state of a service, as a visitor sees it.

    ``asleep``: it sleeps, and no wake has been requested. A page that was left open shows this, and a client gets it if
    the wake was stopped while the client waited. The next request wakes the service.
    ``needs_confirmation``: it wakes only when the visitor presses the button. ``failed``: its wake is past the deadline
    and is still retried. ``backoff``: its wakes failed, and for some time no request wakes it.
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
    """The data of an answer to a visitor: one service at one instant.

    ``elapsed``: since the wake was first requested, ``None`` if no wake is in progress.
    ``usual``: how long its wakes usually take, ``None`` if this is not known yet. For a wake in progress it counts from
    the first request, and is zero if the service should have been ready before that.
    ``cause``: why its wake failed, from ECS; empty if it did not fail.
    ``retry_after``: seconds until the next retry, at least one.
    ``polls``: whether the page polls the state by itself.
    """

    service: str
    shown_state: ShownState
    elapsed: timedelta | None = None
    usual: timedelta | None = None
    cause: str = ""
    retry_after: int = 1
    polls: bool = False
