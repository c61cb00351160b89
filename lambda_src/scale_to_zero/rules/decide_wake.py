"""What to do when a caller requests a wake. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.quantities import clock_time
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, HoldAll, Phase, ServiceState

from . import phases
from .decide import KnownService, seen_or_skipped
from .draining import needed_while_draining
from .holds import current_hold, held_with_all, hold_all_text, hold_text, later_of
from .phase_changes import with_change_recorded
from .scaling import is_left_to_auto_scaling, left_to_auto_scaling
from .wake_times import TURN_KEPT, waits_for_its_turn
from .waking import begin_wake, begin_waking, was_stopped_in_ecs


def decide_wake(snapshot: Snapshot, now: datetime, hold: Hold | None = None) -> Decision:
    """Decide how to answer a caller that wants the service awake; a second request does not start a second wake.

    ``hold``: how long the service must stay awake; ``None`` if it may sleep as soon as it is idle.
    """
    state = snapshot.known_state
    decision = with_change_recorded(state, _decide(snapshot, now), now)
    unseen = decision.reason is Reason.NOT_SEEN and snapshot.service.mode is Mode.ACT
    if hold is not None and state is not None and unseen:
        # A hold is saved even if ECS cannot be read: the ticks wake a sleeping service that is held.
        decision = replace(decision, action=Action.SAVE_STATE, state=state)
    if hold is None or decision.state is None:
        return decision
    kept = later_of(decision.state, hold, now)
    held = replace(decision.state, hold=kept, sleep_requested=None)
    return replace(decision, state=held, sentence=f"{decision.sentence}; it is {hold_text(kept)}")


def decide_wake_with_all(snapshot: Snapshot, now: datetime, hold: HoldAll) -> Decision:
    """Decide how one service is woken when all are held; a service that is awake or waking is not changed."""
    decision = _awake_already(snapshot, now) or _left_at_zero(snapshot, now) or decide_wake(snapshot, now)
    if decision.action is not Action.SKIP:
        return replace(decision, sentence=f"{decision.sentence}; it is {hold_all_text(hold)}")
    if decision.reason is Reason.NOT_SEEN and snapshot.service.mode is Mode.ACT:
        return replace(decision, sentence=f"{decision.sentence}; the next tick that can read ECS wakes it if it sleeps")
    return decision


def _awake_already(snapshot: Snapshot, now: datetime) -> Decision | None:
    seen = _seen_or_not_woken(snapshot, now)
    if isinstance(seen, Decision) or seen.state is None or seen.facts.desired == 0:
        return None
    service, state = snapshot.service, seen.state
    if state.phase not in (Phase.AWAKE, Phase.WAKING) or state.sleep_requested is not None:
        return None
    return Decision(Action.STAY, Reason.HELD, f"{service.key} is {state.phase}")


def _left_at_zero(snapshot: Snapshot, now: datetime) -> Decision | None:
    """Leave a service at zero that this module did not stop, and that Application Auto Scaling may have stopped."""
    seen = _seen_or_not_woken(snapshot, now)
    if isinstance(seen, Decision) or seen.facts.desired > 0 or (seen.state is not None and seen.state.stopped):
        return None
    is_left = is_left_to_auto_scaling(snapshot.scalable_target)
    return left_to_auto_scaling(snapshot.service, Action.SKIP) if is_left else None


def decide_release(
    service: Service, state: ServiceState | None | Unknown, now: datetime, hold_all: HoldAll | Unknown | None = None
) -> Decision:
    """Decide how to release a service from its own hold; everything else that keeps it awake stays.

    ``hold_all``: the hold of all services, from which the service is not released.
    """
    if isinstance(state, Unknown):
        sentence = f"{service.key} is not changed: {state.why}"
        return Decision(Action.SKIP, Reason.STATE_UNREADABLE, sentence, warning=True)
    of_all = held_with_all(service, None, hold_all, now)
    if state is None or current_hold(state, now) is None:
        sentence = f"{service.key} is not held"
        if of_all is not None:
            sentence = f"{service.key} does not have its own hold; it is {hold_all_text(of_all)}"
        return Decision(Action.STAY, Reason.RELEASED_FROM_HOLD, sentence)
    sentence = f"{service.key} is no longer held; it sleeps when it is idle"
    if of_all is not None:
        sentence = f"{service.key} no longer has its own hold; it is {hold_all_text(of_all)}"
    return Decision(Action.SAVE_STATE, Reason.RELEASED_FROM_HOLD, sentence, replace(state, hold=None))


def _decide(snapshot: Snapshot, now: datetime) -> Decision:
    seen = _seen_or_not_woken(snapshot, now)
    if isinstance(seen, Decision):
        return seen
    service, (facts, state) = snapshot.service, seen
    if state is not None and (stop := state.stop_under_way(now)):
        sentence = f"{service.key} is being stopped; its wake starts after the stop, within two minutes"
        return Decision(
            Action.SAVE_STATE,
            Reason.WAKE_WAITS_FOR_STOP,
            sentence,
            phases.record_wake(state, stop, now),
        )
    if state is not None and state.phase is Phase.WAKING:
        return _requested_again(snapshot, facts, state, now)
    requested_at = (state.wake_requested if state else None) or now
    if facts.desired == 0:
        return begin_wake(snapshot, facts, state, now, requested_at=requested_at)
    if state is not None and state.phase is Phase.ASLEEP:
        sentence = f"{service.key} was already started in ECS with a desired count of {facts.desired}"
        started = begin_waking(service, facts, state, now, requested_at=requested_at)
        return Decision(Action.SAVE_STATE, Reason.STARTED_ELSEWHERE, sentence, started)
    if state is not None and state.phase is Phase.DRAINING:
        return needed_while_draining(service, state, now)
    known = state or phases.first_seen(service.name, facts, now)
    sentence = f"{service.key} is awake; a new idle window begins"
    return Decision(Action.SAVE_STATE, Reason.AWAKE, sentence, replace(known, requested_at=now, sleep_requested=None))


def _seen_or_not_woken(snapshot: Snapshot, now: datetime) -> KnownService | Decision:
    service, seen = snapshot.service, seen_or_skipped(snapshot, now)
    if isinstance(seen, Decision):
        return seen
    if service.mode is Mode.DRY_RUN:
        sentence = f'{service.key} is not woken, because its mode is dry_run; set mode = "act", or start it in ECS'
        return Decision(Action.SKIP, Reason.DRY_RUN, sentence)
    return seen


def _requested_again(snapshot: Snapshot, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision:
    service = snapshot.service
    others_turn = waits_for_its_turn(state) and now < state.since + TURN_KEPT
    first = state.wake.first_requested_at if state.wake is not None else None
    if facts.desired == 0 and not others_turn:
        again = begin_wake(snapshot, facts, state, now, requested_at=first or now)
        # If a failed wake was stopped in ECS, a new wake begins: its count must be set, now or in its turn.
        begun = again.state if again.state is not None and was_stopped_in_ecs(state) else state
        return replace(again, reason=Reason.WAKE_UNFINISHED, state=phases.request_again(begun, now))
    began = first or state.since
    sentence = f"{service.key} is already waking, since {clock_time(began)}"
    if state.failed:
        sentence = f"{service.key} has been trying to wake since {clock_time(began)} and is past its deadline"
    requested_again = phases.request_again(state, now)
    return Decision(Action.SAVE_STATE, Reason.WAKING, sentence, requested_again, warning=state.failed)
