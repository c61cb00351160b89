"""The state that a client is shown, and the action that its request needs. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import whole_seconds
from scale_to_zero.model.service_state import Phase, ServiceState, Wake
from scale_to_zero.rules.wake_times import LONGEST_WAKE_DEADLINE, deadline_of, usual_from_request, waits_for_its_turn
from scale_to_zero.web.problem_details import RETRY_UNAVAILABLE
from scale_to_zero.web.status import ShownState, Status

from .kinds import RequestKind

DISARMED_AGAIN_AFTER: Final = timedelta(seconds=10)
"""A request that arrives later than this after the disarming shows that the rules are armed again, or still armed."""
MARKED_LATE: Final = timedelta(seconds=90)
"""How long after its deadline, at most, a wake is marked as failed while the ticks run."""
LONGEST_RETRY: Final = 60
RETRY_UNKNOWN: Final = 10
RETRY_READY: Final = 2
RETRY_FAILED: Final = 30
RETRY_FORBIDDEN: Final = 60
"""An operator must allow the call first, which takes an unknown time."""


class VisitAction(StrEnum):
    """The action that a request needs.

    ``wake``: start a watcher, unless one was just started.
    ``cancel_draining``: make a draining service awake, and disarm its wake rules.
    ``cancel_sleep``: cancel the request to put a waking service to sleep.
    ``disarm``: disarm the wake rules of an awake service again.
    """

    NOTHING = "nothing"
    WAKE = "wake"
    CANCEL_DRAINING = "cancel_draining"
    CANCEL_SLEEP = "cancel_sleep"
    DISARM = "disarm"


@dataclass(frozen=True)
class VisitDecision:
    """The status to show and the action to take. ``routed_since``: since when routing should have been restored."""

    status: Status
    action: VisitAction = VisitAction.NOTHING
    routed_since: datetime | None = None


def decide_visit(service: Service, state: ServiceState | None, kind: RequestKind, now: datetime) -> VisitDecision:
    """Decide what to show a client of this kind, and what to do. A poll and an uptime check never need an action."""
    may_act = kind not in (RequestKind.POLL, RequestKind.UPTIME_CHECK)
    if service.mode is not Mode.ACT or (state is not None and state.phase in (Phase.AWAKE, Phase.DRAINING)):
        return _running(service, state, now, may_act=may_act)
    on_request = service.wake_on_request
    assert on_request is not None
    may_wake = may_act and (kind is RequestKind.BUTTON or not on_request.ask_before_waking)
    if state is not None and state.wake_under_way is not None:
        return _waking(service, state, state.wake_under_way, now, may_wake=may_wake)
    return _asleep(service, state, now, may_wake=may_wake)


def _running(service: Service, state: ServiceState | None, now: datetime, *, may_act: bool) -> VisitDecision:
    status = Status(service.key, ShownState.READY, retry_after=RETRY_READY, polls=True)
    if state is None:
        return VisitDecision(status, VisitAction.DISARM if may_act else VisitAction.NOTHING)
    if state.phase is Phase.DRAINING and service.mode is Mode.ACT:
        return VisitDecision(status, VisitAction.CANCEL_DRAINING if may_act else VisitAction.NOTHING)
    routed_since = max(filter(None, (state.routing_restored_at, state.since)))
    if may_act and now - routed_since > DISARMED_AGAIN_AFTER:
        return VisitDecision(status, VisitAction.DISARM, routed_since)
    return VisitDecision(status, routed_since=routed_since)


def has_failed(state: ServiceState, now: datetime) -> bool:
    """Return whether the wake is past its deadline, even if no tick has marked it as failed."""
    deadline = deadline_of(state)
    if waits_for_its_turn(state):
        deadline = state.since + LONGEST_WAKE_DEADLINE
    return state.failed or (deadline is not None and now > deadline + MARKED_LATE)


def _waking(service: Service, state: ServiceState, wake: Wake, now: datetime, *, may_wake: bool) -> VisitDecision:
    failed = has_failed(state, now)
    watcher_expected = not _is_over(state.watcher_expected_until, now)
    # If no wake was requested before, this visitor requests it, or another visitor just did: its watcher is expected.
    requested = wake.first_requested_at or (now if may_wake or watcher_expected else state.since)
    elapsed, usual = now - requested, usual_from_request(state, requested, now)
    # A failed wake is requested again, because it is abandoned when no further request arrives.
    unattended = failed or _is_over(state.watcher_until, now)
    action = VisitAction.WAKE if may_wake and unattended and not watcher_expected else VisitAction.NOTHING
    if may_wake and state.sleep_requested is not None:
        action = VisitAction.CANCEL_SLEEP
    shown_state = ShownState.FAILED if failed else ShownState.WAKING
    retry = RETRY_FAILED if failed else _until_usual(elapsed, usual)
    return VisitDecision(Status(service.key, shown_state, elapsed, usual, wake.cause, retry, polls=not failed), action)


def _asleep(service: Service, state: ServiceState | None, now: datetime, *, may_wake: bool) -> VisitDecision:
    usual = state.usual_wake if state else None
    watcher_expected = state is not None and not _is_over(state.watcher_expected_until, now)
    # This visitor requests it now, or an earlier one did while it was being stopped.
    requested = (state.wake_requested if state else None) or now
    elapsed, expected = now - requested, usual_from_request(state, requested, now) if state else None
    begins = Status(service.key, ShownState.WAKING, elapsed, expected, "", _until_usual(elapsed, expected), polls=True)
    if watcher_expected or (state is not None and state.wake_requested is not None):
        return VisitDecision(begins, VisitAction.WAKE if may_wake and not watcher_expected else VisitAction.NOTHING)
    backoff = state.backoff if state is not None else None
    if backoff is not None and now < backoff.until:
        retry = max(1, whole_seconds(backoff.until - now))
        return VisitDecision(Status(service.key, ShownState.BACKOFF, None, usual, backoff.cause, retry))
    if may_wake:
        return VisitDecision(begins, VisitAction.WAKE)
    on_request = service.wake_on_request
    if on_request is not None and on_request.ask_before_waking:
        return VisitDecision(
            Status(service.key, ShownState.NEEDS_CONFIRMATION, usual=usual, retry_after=LONGEST_RETRY, polls=True)
        )
    # A page that is left open only polls the state. A click on its link wakes the service.
    if backoff is not None:
        return VisitDecision(Status(service.key, ShownState.BACKOFF, None, usual, backoff.cause))
    shown_state = ShownState.UNAVAILABLE if state is None else ShownState.ASLEEP
    return VisitDecision(Status(service.key, shown_state, usual=usual, retry_after=RETRY_UNAVAILABLE))


def _is_over(instant: datetime | None, now: datetime) -> bool:
    return instant is None or instant <= now


def _until_usual(elapsed: timedelta, usual: timedelta | None) -> int:
    if usual is None or elapsed >= usual:
        return RETRY_UNKNOWN
    return min(LONGEST_RETRY, max(1, whole_seconds(usual - elapsed)))
