"""The state of a service for a client, and what its request needs done. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import whole_seconds
from scale_to_zero.model.service_state import Memory, Phase, Wake
from scale_to_zero.rules.wake_times import LONGEST_WAKE_DEADLINE, deadline_of, usual_from_request, waits_for_its_turn
from scale_to_zero.web.problem_details import RETRY_UNAVAILABLE
from scale_to_zero.web.status import State, Status

from .kinds import Kind

DISARMED_AGAIN_AFTER: Final = timedelta(seconds=10)
"""A request so long after the wake rules were disarmed meets rules that were armed since, or never disarmed."""
MARKED_LATE: Final = timedelta(seconds=90)
"""How long after its deadline a wake is marked as failed at the latest, if the ticks run."""
LONGEST_RETRY: Final = 60
RETRY_UNKNOWN: Final = 10
RETRY_READY: Final = 2
RETRY_FAILED: Final = 30
RETRY_FORBIDDEN: Final = 60
"""An operator must allow a call first; how long that takes is unknown."""


class Todo(StrEnum):
    """What a request needs done.

    ``wake``: a watcher is started, unless one was just started. ``stay``: a draining service is called back, and its
    wake rules are disarmed. ``want``: a waking service for which sleep was requested is wanted after all. ``open``: the
    wake rules of a service that is awake are disarmed again.
    """

    NOTHING = "nothing"
    WAKE = "wake"
    STAY = "stay"
    WANT = "want"
    OPEN = "open"


@dataclass(frozen=True)
class Standing:
    """The state, and what must be done. ``disarmed_at``: since when routing should have been restored."""

    status: Status
    todo: Todo = Todo.NOTHING
    opened: datetime | None = None


def standing(service: Service, memory: Memory | None, kind: Kind, now: datetime) -> Standing:
    """The state for a client of this kind. A poll and an uptime check need nothing done."""
    visits = kind not in (Kind.POLL, Kind.PROBE)
    if service.mode is not Mode.ACT or (memory is not None and memory.phase in (Phase.AWAKE, Phase.DRAINING)):
        return _running(service, memory, now, visits=visits)
    wake = service.wake_on_request
    assert wake is not None
    may_wake = visits and (kind is Kind.BUTTON or not wake.ask_before_waking)
    if memory is not None and memory.waking is not None:
        return _waking(service, memory, memory.waking, now, may_wake=may_wake)
    return _asleep(service, memory, now, may_wake=may_wake)


def _running(service: Service, memory: Memory | None, now: datetime, *, visits: bool) -> Standing:
    status = Status(service.key, State.READY, retry_after=RETRY_READY, polls=True)
    if memory is None:
        return Standing(status, Todo.OPEN if visits else Todo.NOTHING)
    if memory.phase is Phase.DRAINING and service.mode is Mode.ACT:
        return Standing(status, Todo.STAY if visits else Todo.NOTHING)
    opened = max(filter(None, (memory.opened, memory.since)))
    if visits and now - opened > DISARMED_AGAIN_AFTER:
        return Standing(status, Todo.OPEN, opened)
    return Standing(status, opened=opened)


def has_failed(memory: Memory, now: datetime) -> bool:
    """Whether its wake is past the deadline, though no tick may have marked it so."""
    deadline = deadline_of(memory)
    if waits_for_its_turn(memory):
        deadline = memory.since + LONGEST_WAKE_DEADLINE
    return memory.failed or (deadline is not None and now > deadline + MARKED_LATE)


def _waking(service: Service, memory: Memory, wake: Wake, now: datetime, *, may_wake: bool) -> Standing:
    failed = has_failed(memory, now)
    sent = not _is_over(memory.escort_sent_until, now)
    # Where it was not requested before, this visitor requests it, or the one for which a watcher was just started.
    requested = wake.asked or (now if may_wake or sent else memory.since)
    elapsed, usual = now - requested, usual_from_request(memory, requested, now)
    # One that has failed is requested all the same: it is abandoned when no request comes any more.
    unattended = failed or _is_over(memory.escorted_until, now)
    todo = Todo.WAKE if may_wake and unattended and not sent else Todo.NOTHING
    if may_wake and memory.sleep_requested is not None:
        todo = Todo.WANT
    state = State.FAILED if failed else State.WAKING
    retry = RETRY_FAILED if failed else _until_usual(elapsed, usual)
    return Standing(Status(service.key, state, elapsed, usual, wake.cause, retry, polls=not failed), todo)


def _asleep(service: Service, memory: Memory | None, now: datetime, *, may_wake: bool) -> Standing:
    usual = memory.usual_wake if memory else None
    sent = memory is not None and not _is_over(memory.escort_sent_until, now)
    # Requested by this visitor now, or while it was being stopped.
    requested = (memory.wake_requested if memory else None) or now
    elapsed, expected = now - requested, usual_from_request(memory, requested, now) if memory else None
    begins = Status(service.key, State.WAKING, elapsed, expected, "", _until_usual(elapsed, expected), polls=True)
    if sent or (memory is not None and memory.wake_requested is not None):
        return Standing(begins, Todo.WAKE if may_wake and not sent else Todo.NOTHING)
    backoff = memory.backoff if memory is not None else None
    if backoff is not None and now < backoff.until:
        retry = max(1, whole_seconds(backoff.until - now))
        return Standing(Status(service.key, State.RESTS, None, usual, backoff.cause, retry))
    if may_wake:
        return Standing(begins, Todo.WAKE)
    wake = service.wake_on_request
    if wake is not None and wake.ask_before_waking:
        return Standing(Status(service.key, State.ASKS, usual=usual, retry_after=LONGEST_RETRY, polls=True))
    # A page that is left open asks for the state, and wakes nothing: its link does.
    if backoff is not None:
        return Standing(Status(service.key, State.RESTS, None, usual, backoff.cause))
    state = State.UNAVAILABLE if memory is None else State.ASLEEP
    return Standing(Status(service.key, state, usual=usual, retry_after=RETRY_UNAVAILABLE))


def _is_over(claim: datetime | None, now: datetime) -> bool:
    return claim is None or claim <= now


def _until_usual(elapsed: timedelta, usual: timedelta | None) -> int:
    if usual is None or elapsed >= usual:
        return RETRY_UNKNOWN
    return min(LONGEST_RETRY, max(1, whole_seconds(usual - elapsed)))
