"""Requests for wakes, each of which begins a wake or joins the current one, and the answer to the caller."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.actions.act import log_decision, record_accepted
from scale_to_zero.actions.deciding import write_change, write_decided
from scale_to_zero.actions.disarming import disarm_wake_rules
from scale_to_zero.actions.notifying import SavedState, notify
from scale_to_zero.actions.rate_limiter import SERVICE_UPDATE_RATE, SharedRateLimiter
from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.errors import CallFailed, CallForbidden, StateChanged
from scale_to_zero.model.observed import Missing, ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.quantities import iso_with_offset
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, Phase, ServiceState
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules import phases
from scale_to_zero.rules.decide_wake import decide_wake
from scale_to_zero.rules.explanations import still_so, trouble_of
from scale_to_zero.rules.holds import as_answered
from scale_to_zero.rules.overview import overview
from scale_to_zero.rules.wake_times import waits_for_its_turn
from scale_to_zero.tick.snapshots import described, observed_again, snapshots_of

logger = logging.getLogger(__name__)

LONGEST_START: Final = timedelta(seconds=40)
"""A caller gives up after 60 seconds (the AWS CLI's own limit); the ticks start the services not started by then."""


Decide = Callable[[Snapshot, datetime], Decision]
"""Decides what a request does for one service, as ``decide_wake`` does."""


class WakeFailed(Exception):
    """Nothing could be done for any of the services; the message gives the cause for each."""


@dataclass(frozen=True)
class ServiceProgress:
    """The progress of a wake: what was last seen and saved, and the message to the caller.

    ``lease_until``: until then only this run watches it; ``None`` if this run does not. ``read``: the version of
    the state that was decided on. ``refused``: the request must not be carried out now. ``to_start``: the desired count
    to set when AWS's rates allow it. ``forbidden``: AWS forbids a call that is needed to continue.
    """

    service: Service
    facts: ServiceFacts | Missing | Unknown
    state: ServiceState | None | Unknown
    message: str = ""
    fault: bool = False
    healthy_since: datetime | None = None
    lease_until: datetime | None = None
    read: int = 0
    refused: bool = False
    to_start: int | None = None
    forbidden: bool = False

    @property
    def is_waking(self) -> bool:
        """Whether a wake is in progress or recorded, for which a caller can wait."""
        if self.fault or not isinstance(self.state, ServiceState):
            return False
        return self.state.phase is Phase.WAKING or self.state.wake_requested is not None

    @property
    def failed(self) -> bool:
        """Whether the wake is past its deadline."""
        return isinstance(self.state, ServiceState) and self.state.failed

    def answer(self, now: datetime, stored: Stored) -> dict[str, object]:
        """Build the answer: phase, desired, running, since (UTC), hold and a message; ``None`` means unknown.

        ``stored``: the other contents of the table. ``hold``: the service's own hold or the hold of all services,
        whichever ends later. ``trouble``: what an operator should check, from the newest tick, ``None`` if nothing.
        ``refused`` is only present if the request was refused.
        """
        facts = self.facts if isinstance(self.facts, ServiceFacts) else None
        state = self.state if isinstance(self.state, ServiceState) else None
        hold = overview(self.service, state, now, stored).held
        return {
            "phase": state.phase.value if state else None,
            "desired": facts.desired if facts else None,
            "running": facts.running if facts else None,
            "since": iso_with_offset(state.since) if state else None,
            "hold": hold and as_answered(hold),
            "trouble": trouble_of(still_so(stored.explanations.get(self.service.name), self.state)) or None,
            "message": self.message,
            **({"refused": True} if self.refused else {}),
        }


def request_wakes(
    ports: Ports,
    services: Sequence[Service],
    stored: Stored,
    hold: Hold | None = None,
    *,
    decide: Decide | None = None,
    longest_start: timedelta = LONGEST_START,
) -> list[ServiceProgress]:
    """Request the wake of each service. ``stored``: as read before this call. ``hold``: how long each must stay awake.

    If a service cannot be woken, its message says why, and the others are woken all the same.
    ``decide``: decides instead of ``decide_wake``. ``longest_start``: after this time the ticks start the rest.
    """
    decide = decide or (lambda snapshot, now: decide_wake(snapshot, now, hold))
    snapshots = snapshots_of(ports, services, stored, with_scalable_targets=True)
    limiter = SharedRateLimiter(ports, SERVICE_UPDATE_RATE, ports.clock() + longest_start)
    requested = list(ports.executor.map(lambda snapshot: _request(ports, snapshot, decide, limiter), snapshots))
    progress = list(ports.executor.map(lambda step: _start_in_turn(ports, step, limiter), requested))
    notify_progress(ports, progress)
    return progress


def notify_progress(ports: Ports, progress: Iterable[ServiceProgress]) -> None:
    """Send the notifications of this run's changes; if that fails, the ticks send them."""
    saved = [
        SavedState(step.service, step.state, step.read) for step in progress if isinstance(step.state, ServiceState)
    ]
    failure = notify(ports, saved)
    if failure:
        logger.warning(f"notifications not sent yet; the next tick retries: {failure}")


def answer(progress: Sequence[ServiceProgress], now: datetime, stored: Stored) -> dict[str, object]:
    """Build the answer to the caller. Raises ``WakeFailed`` if there were faults and no service without one.

    Raises ``CallForbidden`` instead if AWS forbids a call for every service.

    ``stored``: as read for this call; it has the unreadable configurations and the explanations of the services.
    """
    faults = [f"{step.service.key}: {step.message}" for step in progress if step.fault] + list(stored.unreadable)
    for fault in faults:
        logger.error(fault)
    if faults and all(step.fault for step in progress):
        sentence = f"Nothing could be done: {'; '.join(faults)}"
        if progress and all(step.forbidden for step in progress):
            raise CallForbidden(sentence)
        raise WakeFailed(sentence)
    return answer_for_each(progress, now, stored)


def answer_for_each(progress: Sequence[ServiceProgress], now: datetime, stored: Stored) -> dict[str, object]:
    """Build the answer for each service, by key, with the items of the table that cannot be read."""
    answered: dict[str, object] = {"services": {step.service.key: step.answer(now, stored) for step in progress}}
    return answered | ({"unreadable": list(stored.unreadable)} if stored.unreadable else {})


def not_done(snapshot: Snapshot, error: Exception) -> ServiceProgress:
    """Build the progress of a service for which nothing could be written."""
    why = str(error) or type(error).__name__
    message = f"{why}; retry" if isinstance(error, StateChanged) else why
    forbidden = isinstance(error, CallForbidden)
    return ServiceProgress(snapshot.service, snapshot.facts, snapshot.state, message, fault=True, forbidden=forbidden)


def _request(ports: Ports, snapshot: Snapshot, decide: Decide, limiter: SharedRateLimiter) -> ServiceProgress:
    try:
        return _request_once(ports, snapshot, decide, limiter)
    except Exception as error:
        logger.exception(
            f"{snapshot.service.key} could not be woken; request it again", extra={"service": snapshot.service.key}
        )
        return not_done(snapshot, error)


def _request_once(ports: Ports, snapshot: Snapshot, decide: Decide, limiter: SharedRateLimiter) -> ServiceProgress:
    """Request one wake: write the service state, then call ECS, at once or in its turn."""
    at_once = False

    def decided(seen: Snapshot) -> Decision:
        nonlocal at_once
        decision = decide(seen, ports.clock())
        at_once = decision.desired is not None and limiter.at_once()
        if decision.state is None or not at_once:
            return decision
        return replace(decision, state=phases.sent_now(decision.state, ports.clock()))

    seen, decision, written = write_decided(ports, snapshot, decided, lambda: observed_again(ports, snapshot))
    service, read = seen.service, seen.known_state.version if seen.known_state else 0
    requested = ServiceProgress(service, seen.facts, seen.state, decision.sentence, read=read)
    if written is None:
        skipped = decision.action is Action.SKIP
        fault = skipped and (isinstance(seen.facts, Unknown) or isinstance(seen.state, Unknown))
        return replace(requested, fault=fault, refused=skipped and not fault, forbidden=decision.forbidden)
    requested = replace(requested, state=written, to_start=decision.desired)
    if at_once:
        requested = _start(ports, requested)
    log_decision(service, decision)
    if decision.reason is Reason.NEEDED_WHILE_DRAINING:
        requested = replace(requested, state=disarm_wake_rules(ports, service, written))
    return requested


def _start_in_turn(ports: Ports, step: ServiceProgress, limiter: SharedRateLimiter) -> ServiceProgress:
    """Start a wake that waits for its turn; if this fails, the ticks retry."""
    if step.to_start is None:
        return step
    if not limiter.wait():
        return replace(step, message=f"{step.message}; one of the next ticks does this, because AWS limits the rate")
    try:
        sent = _send(ports, step.state)
        return _joined(ports, step) if sent is None else _start(ports, replace(step, state=sent))
    except Exception as error:
        logger.exception(f"{step.service.key} is not started yet", extra={"service": step.service.key})
        return replace(step, message=f"{step.message}; this failed, and one of the next ticks retries: {error}")


def _send(ports: Ports, state: ServiceState | None | Unknown) -> ServiceState | None:
    """Record that the count is set now; return ``None`` if another run has set it, or the wake has ended.

    Raises ``StateChanged`` or ``CallFailed``.
    """
    assert isinstance(state, ServiceState)

    def sent(seen: ServiceState | None) -> ServiceState | None:
        if seen is None or not (seen is state or waits_for_its_turn(seen)):
            return None
        # Written even if nothing changes: the write fails if another run has acted since.
        return phases.sent_now(seen, ports.clock())

    return write_change(ports, state.name, state, sent).written


def _joined(ports: Ports, step: ServiceProgress) -> ServiceProgress:
    """Return the progress of another run: the service may be awake, asleep again, or uninstalled."""
    state, facts = ports.table.read(step.service.name), described(ports, step.service)
    message = f"{step.service.key} was uninstalled" if state is None else f"{step.service.key} is {state.phase}"
    return replace(step, state=state, facts=facts, message=message, to_start=None)


def _start(ports: Ports, step: ServiceProgress) -> ServiceProgress:
    desired, state = step.to_start, step.state
    assert desired is not None
    assert isinstance(state, ServiceState)
    try:
        ports.services.set_desired_count(step.service.name, desired)
    except CallForbidden as error:
        logger.error(f"{step.service.key} was not started: {error}", extra={"service": step.service.key})
        message = f"{step.message}; ECS did not start it: {error}"
        return replace(step, message=message, to_start=None, fault=True, forbidden=True)
    except CallFailed as error:
        logger.warning(f"{step.service.key} was not started yet: {error}", extra={"service": step.service.key})
        message = f"{step.message}; ECS refused the update; the next tick retries: {error}"
        return replace(step, message=message, to_start=None)
    assert isinstance(step.facts, ServiceFacts)
    facts = replace(step.facts, desired=desired)
    return replace(step, facts=facts, state=record_accepted(ports, state), to_start=None)
