"""What to do when a caller requests that a service is awake. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.quantities import clock_time
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, HoldAll, Memory, Phase

from . import phases
from .decide import Seen, seen_or_left_alone
from .draining import needed_while_draining
from .holds import held_with_all, later_of, standing_hold, told, told_of_all
from .idleness import left_to_auto_scaling
from .phase_changes import noted
from .wake_times import TURN_KEPT, waits_for_its_turn
from .waking import begin_wake, begin_waking, was_stopped_in_ecs


def decide_wake(snapshot: Snapshot, now: datetime, hold: Hold | None = None) -> Decision:
    """Decide how to answer a caller who wants the service awake; a second request changes nothing more.

    ``hold``: how long it must stay so, ``None`` where idleness may end it.
    """
    memory = snapshot.remembered
    decision = noted(memory, _decide(snapshot, now), now)
    unseen = decision.reason is Reason.NOT_SEEN and snapshot.service.mode is Mode.ACT
    if hold is not None and memory is not None and unseen:
        # A hold is kept whatever ECS can say: the ticks wake what is held and sleeps.
        decision = replace(decision, action=Action.REMEMBER, memory=memory)
    if hold is None or decision.memory is None:
        return decision
    kept = later_of(decision.memory, hold, now)
    held = replace(decision.memory, hold=kept, sleep_requested=None)
    return replace(decision, memory=held, sentence=f"{decision.sentence}; it is {told(kept)}")


def decide_wake_with_all(snapshot: Snapshot, now: datetime, hold: HoldAll) -> Decision:
    """Decide how one service is woken when all are held; what is awake or wakes already is not changed."""
    decision = _awake_already(snapshot, now) or decide_wake(snapshot, now)
    if decision.action is not Action.LEAVE_ALONE:
        return replace(decision, sentence=f"{decision.sentence}; it is {told_of_all(hold)}")
    if decision.reason is Reason.NOT_SEEN and snapshot.service.mode is Mode.ACT:
        return replace(decision, sentence=f"{decision.sentence}; the next tick that can ask wakes it if it sleeps")
    return decision


def _awake_already(snapshot: Snapshot, now: datetime) -> Decision | None:
    seen = _seen_or_not_woken(snapshot, now)
    if isinstance(seen, Decision) or seen.memory is None or seen.facts.desired == 0:
        return None
    service, memory = snapshot.service, seen.memory
    if memory.phase not in (Phase.AWAKE, Phase.WAKING) or memory.sleep_requested is not None:
        return None
    return Decision(Action.STAY, Reason.HELD, f"{service.key} is {memory.phase}")


def decide_release(
    service: Service, memory: Memory | None | Unknown, now: datetime, hold_all: HoldAll | Unknown | None = None
) -> Decision:
    """Decide how to lift a service's own hold; whatever else keeps it awake stays.

    ``hold_all``: what holds every service, which is not lifted by that.
    """
    if isinstance(memory, Unknown):
        sentence = f"{service.key} is left as it is: {memory.why}"
        return Decision(Action.LEAVE_ALONE, Reason.MEMORY_UNREADABLE, sentence, warning=True)
    of_all = held_with_all(service, None, hold_all, now)
    if memory is None or standing_hold(memory, now) is None:
        sentence = f"{service.key} is not held"
        if of_all is not None:
            sentence = f"{service.key} has no hold of its own; it is {told_of_all(of_all)}"
        return Decision(Action.STAY, Reason.RELEASED_FROM_HOLD, sentence)
    sentence = f"{service.key} is held no more; it sleeps when it is idle"
    if of_all is not None:
        sentence = f"{service.key} has no hold of its own any more; it is {told_of_all(of_all)}"
    return Decision(Action.REMEMBER, Reason.RELEASED_FROM_HOLD, sentence, replace(memory, hold=None))


def _decide(snapshot: Snapshot, now: datetime) -> Decision:
    seen = _seen_or_not_woken(snapshot, now)
    if isinstance(seen, Decision):
        return seen
    service, (facts, memory) = snapshot.service, seen
    if memory is not None and (stop := memory.stop_under_way(now)):
        sentence = f"{service.key} is just being stopped; its wake starts when that is done, within two minutes"
        return Decision(
            Action.REMEMBER,
            Reason.WAKE_WAITS_FOR_STOP,
            sentence,
            phases.record_wake(memory, stop, now),
        )
    if memory is not None and memory.phase is Phase.WAKING:
        return _asked_again(service, facts, memory, now)
    asked = (memory.wake_requested if memory else None) or now
    if facts.desired == 0:
        return begin_wake(service, facts, memory, now, asked=asked)
    if memory is not None and memory.phase is Phase.ASLEEP:
        sentence = f"{service.key} was already started in ECS with a desired count of {facts.desired}"
        started = begin_waking(service, facts, memory, now, asked=asked)
        return Decision(Action.REMEMBER, Reason.STARTED_ELSEWHERE, sentence, started)
    if memory is not None and memory.phase is Phase.DRAINING:
        return needed_while_draining(service, memory, now)
    known = memory or phases.first_seen(service.name, facts, now)
    sentence = f"{service.key} is awake; its idle window begins anew"
    return Decision(Action.REMEMBER, Reason.AWAKE, sentence, replace(known, asked=now, sleep_requested=None))


def _seen_or_not_woken(snapshot: Snapshot, now: datetime) -> Seen | Decision:
    service, seen = snapshot.service, seen_or_left_alone(snapshot, now)
    if isinstance(seen, Decision):
        return seen
    if service.mode is Mode.OBSERVE:
        sentence = f"{service.key} is only observed; set its mode to act, or start it in ECS"
        return Decision(Action.LEAVE_ALONE, Reason.ONLY_OBSERVED, sentence)
    # One that this module put to sleep before it became a scalable target is still this module's to wake.
    stopped_by_this_module = seen.memory is not None and seen.memory.stopped is not None
    if snapshot.scalable_target is True and not stopped_by_this_module:
        return left_to_auto_scaling(service)
    return seen


def _asked_again(service: Service, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    others_turn = waits_for_its_turn(memory) and now < memory.since + TURN_KEPT
    first = memory.wake.asked if memory.wake is not None else None
    if facts.desired == 0 and not others_turn:
        again = begin_wake(service, facts, memory, now, asked=first or now)
        # Where a failed wake was stopped in ECS, a new one begins: ECS must be asked for it, now or in its turn.
        begun = again.memory if again.memory is not None and was_stopped_in_ecs(memory) else memory
        return replace(again, reason=Reason.WAKE_UNFINISHED, memory=phases.request_again(begun, now))
    began = first or memory.since
    sentence = f"{service.key} is already waking, since {clock_time(began)}"
    if memory.failed:
        sentence = f"{service.key} has been trying to wake since {clock_time(began)} and is past its deadline"
    asked = phases.request_again(memory, now)
    return Decision(Action.REMEMBER, Reason.WAKING, sentence, asked, warning=memory.failed)
