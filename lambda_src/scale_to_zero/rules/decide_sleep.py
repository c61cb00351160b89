"""What to do when a caller requests that a service is put to sleep now. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Memory, Phase

from . import phases
from .decide import seen_or_left_alone
from .holds import holding_all, standing_hold, stays_stopped, told, told_of_all
from .idleness import left_to_auto_scaling


def decide_sleep(snapshot: Snapshot, now: datetime, *, force: bool) -> Decision:
    """Decide how to answer: record the request, say that it sleeps already, or skip it, which is a refusal.

    ``force``: put it to sleep though it is held awake by itself; while all are held none is.
    """
    seen = seen_or_left_alone(snapshot, now)
    if isinstance(seen, Decision):
        return seen
    service, (facts, memory) = snapshot.service, seen
    if memory is None:
        sentence = f"{service.key} is new to the module, and no tick has seen it yet; ask again in a minute"
        return Decision(Action.LEAVE_ALONE, Reason.FIRST_SEEN, sentence)
    refusal = _refusal(snapshot)
    if refusal is not None:
        return refusal
    held_with_all = _refused_with_all(snapshot, memory, now)
    if held_with_all is not None:
        return held_with_all
    between = _between_phases(service, facts, memory)
    if between is not None:
        return between
    held = "" if force else _refused_by_hold(service, memory, now)
    if held:
        return Decision(Action.LEAVE_ALONE, Reason.HELD, held)
    if memory.phase is Phase.ASLEEP:
        return _asleep_already(service, memory)
    return _requested(service, memory, now)


def _asleep_already(service: Service, memory: Memory) -> Decision:
    """A hold or a wake that was requested while it was being stopped is taken back."""
    sentence = f"{service.key} is asleep already"
    if memory.wake_requested is None and memory.hold is None:
        return Decision(Action.STAY, Reason.ASLEEP, sentence)
    stays = replace(phases.forget_wake(memory), hold=None)
    return Decision(Action.REMEMBER, Reason.ASKED_TO_SLEEP, f"{sentence}, and stays so", stays)


def _refusal(snapshot: Snapshot) -> Decision | None:
    service = snapshot.service
    if service.mode is Mode.OBSERVE:
        sentence = f"{service.key} is only observed; set its mode to act"
        return Decision(Action.LEAVE_ALONE, Reason.ONLY_OBSERVED, sentence)
    scalable = snapshot.scalable_target
    if isinstance(scalable, Unknown):
        sentence, reason = f"{service.key} is left as it is: {scalable.why}", Reason.SCALABLE_TARGET_UNKNOWN
        return Decision(Action.LEAVE_ALONE, reason, sentence, warning=True, forbidden=scalable.forbidden)
    return left_to_auto_scaling(service) if scalable is True else None


def _between_phases(service: Service, facts: ServiceFacts, memory: Memory) -> Decision | None:
    """What ECS and the service state do not agree on is about to change, and a tick must see it first."""
    if facts.desired == 0 and memory.phase is not Phase.ASLEEP:
        sentence = f"{service.key} is {memory.phase}, but ECS does not show that yet; ask again in a minute"
        return Decision(Action.LEAVE_ALONE, Reason.STOPPED_ELSEWHERE, sentence)
    if facts.desired > 0 and memory.phase is Phase.ASLEEP and memory.stop is None:
        sentence = f"{service.key} was just started in ECS; ask again in a minute"
        return Decision(Action.LEAVE_ALONE, Reason.STARTED_ELSEWHERE, sentence)
    return None


def _refused_by_hold(service: Service, memory: Memory, now: datetime) -> str:
    """Why a service that is held may not be put to sleep, empty if it may."""
    hold = standing_hold(memory, now)
    if hold is None:
        return ""
    return f'{service.key} is {told(hold)}; release it first, or ask again with "force": true'


def _refused_with_all(snapshot: Snapshot, memory: Memory, now: datetime) -> Decision | None:
    """Refuse to put a service to sleep while all are held, for the next tick would wake it; ``None`` if it may sleep.

    One that sleeps, and that no tick would wake, may go on doing so.
    """
    key, hold = snapshot.service.key, holding_all(snapshot, now)
    if hold is None or (memory.phase is Phase.ASLEEP and (isinstance(hold, Unknown) or stays_stopped(memory, hold))):
        return None
    if isinstance(hold, Unknown):
        sentence = f"{key} is not put to sleep: {hold.why}"
        return Decision(Action.LEAVE_ALONE, Reason.HOLD_ALL_UNKNOWN, sentence, warning=True)
    sentence = f'{key} is {told_of_all(hold)}; release all first, with "hold_all_until": null'
    return Decision(Action.LEAVE_ALONE, Reason.HELD, sentence)


def _requested(service: Service, memory: Memory, now: datetime) -> Decision:
    """Record the request; it lifts a hold."""
    sentence = f"{service.key} is to be put to sleep: somebody asked for it"
    noted = replace(memory, sleep_requested=now, hold=None)
    return Decision(Action.REMEMBER, Reason.ASKED_TO_SLEEP, sentence, noted)
