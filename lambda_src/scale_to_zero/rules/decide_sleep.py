"""What to do when a caller requests sleep. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState

from . import phases
from .decide import seen_or_skipped
from .holds import current_hold, hold_all_text, hold_text, holding_all, stays_stopped
from .scaling import is_left_to_auto_scaling, left_to_auto_scaling


def decide_sleep(snapshot: Snapshot, now: datetime, *, force: bool) -> Decision:
    """Decide how to answer: record the request, say that the service is already asleep, or refuse the request.

    ``force``: put the service to sleep even if it has its own hold. While all services are held, none is put to sleep.
    """
    seen = seen_or_skipped(snapshot, now)
    if isinstance(seen, Decision):
        return seen
    service, (facts, state) = snapshot.service, seen
    if state is None:
        sentence = f"{service.key} is new to the module, and no tick has seen it yet; repeat the request in a minute"
        return Decision(Action.SKIP, Reason.FIRST_SEEN, sentence)
    refusal = _refusal(snapshot)
    if refusal is not None:
        return refusal
    held_with_all = _refused_with_all(snapshot, state, now)
    if held_with_all is not None:
        return held_with_all
    between = _between_phases(service, facts, state)
    if between is not None:
        return between
    held = "" if force else _refused_by_hold(service, state, now)
    if held:
        return Decision(Action.SKIP, Reason.HELD, held)
    if state.phase is Phase.ASLEEP:
        return _asleep_already(service, state)
    return _requested(service, state, now)


def _asleep_already(service: Service, state: ServiceState) -> Decision:
    """Cancel a hold or a wake that was requested while the service was being stopped."""
    sentence = f"{service.key} is already asleep"
    if state.wake_requested is None and state.hold is None:
        return Decision(Action.STAY, Reason.ASLEEP, sentence)
    stays = replace(phases.forget_wake(state), hold=None)
    sentence += "; its pending wake or hold is cancelled"
    return Decision(Action.SAVE_STATE, Reason.SLEEP_REQUESTED, sentence, stays)


def _refusal(snapshot: Snapshot) -> Decision | None:
    service = snapshot.service
    if service.mode is Mode.DRY_RUN:
        sentence = f'{service.key} is not put to sleep, because its mode is dry_run; set mode = "act" first'
        return Decision(Action.SKIP, Reason.DRY_RUN, sentence)
    target = snapshot.scalable_target
    if isinstance(target, Unknown):
        sentence, reason = f"{service.key} is not changed: {target.why}", Reason.SCALABLE_TARGET_UNKNOWN
        return Decision(Action.SKIP, reason, sentence, warning=True, forbidden=target.forbidden)
    return left_to_auto_scaling(service, Action.SKIP) if is_left_to_auto_scaling(target) else None


def _between_phases(service: Service, facts: ServiceFacts, state: ServiceState) -> Decision | None:
    """Refuse while ECS and the service state differ, because a tick must first record the change."""
    if facts.desired == 0 and state.phase is not Phase.ASLEEP:
        sentence = f"{service.key} is {state.phase}, but ECS shows a desired count of 0; repeat the request in a minute"
        return Decision(Action.SKIP, Reason.STOPPED_ELSEWHERE, sentence)
    if facts.desired > 0 and state.phase is Phase.ASLEEP and state.stop is None:
        sentence = f"{service.key} was just started in ECS; repeat the request in a minute"
        return Decision(Action.SKIP, Reason.STARTED_ELSEWHERE, sentence)
    return None


def _refused_by_hold(service: Service, state: ServiceState, now: datetime) -> str:
    """Return why a held service must not be put to sleep, empty if it may be."""
    hold = current_hold(state, now)
    if hold is None:
        return ""
    return f'{service.key} is {hold_text(hold)}; release it first, or repeat the request with "force": true'


def _refused_with_all(snapshot: Snapshot, state: ServiceState, now: datetime) -> Decision | None:
    """Refuse to put a service to sleep while all are held: the next tick would wake it. ``None`` if it may sleep.

    A service that is asleep, and that no tick would wake, may stay asleep.
    """
    key, hold = snapshot.service.key, holding_all(snapshot, now)
    if hold is None or (state.phase is Phase.ASLEEP and (isinstance(hold, Unknown) or stays_stopped(state, hold))):
        return None
    if isinstance(hold, Unknown):
        sentence = f"{key} is not put to sleep: {hold.why}"
        return Decision(Action.SKIP, Reason.HOLD_ALL_UNKNOWN, sentence, warning=True)
    sentence = f'{key} is {hold_all_text(hold)}; release all first, with "hold_all_until": null'
    return Decision(Action.SKIP, Reason.HELD, sentence)


def _requested(service: Service, state: ServiceState, now: datetime) -> Decision:
    """Record the request and release the service's own hold."""
    sentence = f"{service.key} will be put to sleep: this was requested"
    state = replace(state, sleep_requested=now, hold=None)
    return Decision(Action.SAVE_STATE, Reason.SLEEP_REQUESTED, sentence, state)
