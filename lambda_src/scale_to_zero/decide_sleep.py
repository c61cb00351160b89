"""What to do when somebody asks for a service to be put to sleep now. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from . import phases
from .decide import seen_or_left_alone
from .idleness import left_to_auto_scaling
from .memory import Memory, Phase
from .model import Action, Decision, Mode, Service, ServiceFacts, Snapshot, Unknown
from .reasons import Reason
from .sleeping_on_request import refused_by_hold, refused_with_all, requested


def decide_sleep(snapshot: Snapshot, now: datetime, *, force: bool) -> Decision:
    """Decide how to answer: note the request, say that it sleeps already, or leave it alone, which is a refusal.

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
    held_with_all = refused_with_all(snapshot, memory, now)
    if held_with_all is not None:
        return held_with_all
    between = _between_phases(service, facts, memory)
    if between is not None:
        return between
    held = "" if force else refused_by_hold(service, memory, now)
    if held:
        return Decision(Action.LEAVE_ALONE, Reason.HELD, held)
    if memory.phase is Phase.ASLEEP:
        return _asleep_already(service, memory)
    return requested(service, memory, now)


def _asleep_already(service: Service, memory: Memory) -> Decision:
    """What was asked for while it was being stopped, a hold or a wake, is taken back."""
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
    if isinstance(snapshot.scalable_target, Unknown):
        sentence = f"{service.key} is left as it is: {snapshot.scalable_target.why}"
        return Decision(Action.LEAVE_ALONE, Reason.SCALABLE_TARGET_UNKNOWN, sentence, warning=True)
    return left_to_auto_scaling(service) if snapshot.scalable_target is True else None


def _between_phases(service: Service, facts: ServiceFacts, memory: Memory) -> Decision | None:
    """What ECS and memory do not agree on is about to change, and a tick must see it first."""
    if facts.desired == 0 and memory.phase is not Phase.ASLEEP:
        sentence = f"{service.key} is {memory.phase}, but ECS does not show that yet; ask again in a minute"
        return Decision(Action.LEAVE_ALONE, Reason.STOPPED_ELSEWHERE, sentence)
    if facts.desired > 0 and memory.phase is Phase.ASLEEP and memory.stop is None:
        sentence = f"{service.key} was just started in ECS; ask again in a minute"
        return Decision(Action.LEAVE_ALONE, Reason.STARTED_ELSEWHERE, sentence)
    return None
