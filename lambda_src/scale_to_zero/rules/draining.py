"""Services that are awake, and services that drain: their wake rules are armed while they still run. Pure.

``going_to_zero`` has the rules that keep a service from draining or from being stopped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot
from scale_to_zero.model.quantities import clock_time
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import ServiceState

from . import phases
from .arming import arming_has_lapsed
from .deployments import deployment_recorded, with_deployment
from .going_to_zero import (
    BEFORE_DRAINING,
    BEFORE_STOP,
    ON_REQUEST_WHILE_DRAINING,
    kept_on_request,
    stop,
    stopped_if_unused,
)
from .idleness import known_need, last_needed
from .vetoes import Running, veto
from .wake_rule_hindrances import wake_rules_in_the_way

LONGEST_DRAINING: Final = timedelta(minutes=10)


def decide_awake(snapshot: Snapshot, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision:
    """Decide about a service that is awake."""
    service = snapshot.service
    known = with_deployment(facts, state, last_needed(state), now)
    if state.restore != facts.desired:
        return _count_changed(service, facts, known)
    on_request = service.wake_on_request
    one = Running(snapshot, facts, known, now)
    if one.sleep_is_requested:
        decision = kept_on_request(one) or (stop(one, timedelta(0)) if on_request is None else _drain(one))
        # What was observed about deployments is saved, whatever becomes of the request.
        to_be_kept = known != state and decision.action is Action.STAY
        return replace(decision, action=Action.SAVE_STATE, state=known) if to_be_kept else decision
    if known != state:
        return deployment_recorded(service, facts, known, now)
    if on_request is None:
        return stopped_if_unused(one)
    if service.mode is Mode.DRY_RUN:
        # No wake rule is armed, so only complete metrics show whether there were visitors in the last minutes.
        return wake_rules_in_the_way(one) or stopped_if_unused(one)
    one = replace(one, lead=on_request.drain_lead)
    return veto(BEFORE_DRAINING, one) or _drain(one)


def _drain(one: Running) -> Decision:
    if one.sleep_is_requested:
        drains = phases.drain(one.state, one.at, one.state.last_activity)
        sentence = f"{one.service.key} drains: sleep was requested"
        return Decision(Action.DRAIN, Reason.SLEEP_REQUESTED, sentence, drains)
    # The idle window still counts from the last need, which the phase ``draining`` does not have.
    drains = phases.drain(one.state, one.at, known_need(one))
    return Decision(Action.DRAIN, Reason.DRAINING, f"{one.service.key} drains: it seems unused", drains)


def decide_draining(snapshot: Snapshot, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision:
    """Decide about a service that still runs while its wake rules are armed or being armed."""
    if not arming_has_lapsed(snapshot, state):
        return _while_draining(snapshot, facts, state, now)
    # Meanwhile visitors reached the service directly, so the metrics must catch up with the new arming.
    state = phases.rules_armed(state, None)
    decision = _while_draining(snapshot, facts, state, now)
    if decision.action is Action.STAY:
        return replace(decision, action=Action.SAVE_STATE, state=state)
    return decision


def _while_draining(snapshot: Snapshot, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision:
    service, on_request = snapshot.service, snapshot.service.wake_on_request
    state = with_deployment(facts, state, last_needed(state), now)
    if on_request is None:
        return _back(service, state, now, "requests no longer wake it")
    if state.restore != facts.desired:
        return _count_changed(service, facts, state)
    one = Running(snapshot, facts, state, now)
    if one.sleep_is_requested:
        return _on_request(one)
    if state.since < last_needed(state) + service.idle - on_request.drain_lead:
        return _back(service, state, now, f"it was needed at {clock_time(last_needed(state))}")
    decision = veto(BEFORE_STOP, one) or stop(one, now - known_need(one))
    is_late = now >= state.since + LONGEST_DRAINING + on_request.drain_lead
    return _unless_needed(one, decision, "it could not be stopped safely in time" if is_late else "")


def _on_request(one: Running) -> Decision:
    decision = veto(ON_REQUEST_WHILE_DRAINING, one) or stop(one, timedelta(0))
    is_late = decision.reason is Reason.SLEEP_ABANDONED or one.at >= one.state.since + LONGEST_DRAINING
    return _unless_needed(one, decision, "it could not be put to sleep in time" if is_late else "")


def _unless_needed(one: Running, decision: Decision, late: str) -> Decision:
    """Return the decision about a draining service, or one that makes the service awake if something needs it.

    ``late``: why it has drained for too long, empty if it has not.
    """
    if decision.action in (Action.SLEEP, Action.OBSERVE):
        return decision
    if decision.reason in KEEPS_AWAKE:
        return _back(one.service, one.state, one.at, decision.sentence, decision)
    if late:
        return _too_long(one.service, one.state, one.at, f"{late}: {decision.sentence}")
    return decision


def drained_unseen(service: Service, state: ServiceState, skipped: Decision, now: datetime) -> Decision | None:
    """Make a skipped service awake again if it has drained for too long; ``None`` before.

    ``skipped``: why it is skipped, which the next ticks report again.
    """
    lead = service.wake_on_request.drain_lead if service.wake_on_request is not None else timedelta(0)
    if now < state.since + LONGEST_DRAINING + lead:
        return None
    return _too_long(service, state, now, f"it could not be stopped safely in time: {skipped.sentence}")


def needed_while_draining(service: Service, state: ServiceState, now: datetime) -> Decision:
    """Make a draining service awake again because of a request, without a cold start."""
    return _back(service, replace(state, requested_at=now), now, "it was requested")


KEEPS_AWAKE: Final = frozenset(
    {
        Reason.IN_USE,
        Reason.TASK_PROTECTED,
        Reason.HELD,
        Reason.HOLD_ALL_UNKNOWN,
        Reason.DEPLOYMENT_RUNNING,
        Reason.DEPLOYMENT_NOT_ENDING,
        Reason.UNWATCHED_TRAFFIC_SOURCE,
        Reason.NO_TARGET_GROUPS,
        Reason.LEFT_TO_AUTO_SCALING,
        Reason.PREDICTIVE_SCALING,
        Reason.WAKE_RULE_PROBLEM,
    }
)


def _back(service: Service, state: ServiceState, now: datetime, why: str, because: Decision | None = None) -> Decision:
    """Make a draining service awake again; its wake rules are disarmed next."""
    awake_again = phases.stay_awake(state, now)
    if because is not None and because.state is not None:
        awake_again = replace(awake_again, last_activity=because.state.last_activity)
    warning = because is not None and because.warning
    sentence = f"{service.key} no longer drains: {why}"
    return Decision(Action.SAVE_STATE, Reason.NEEDED_WHILE_DRAINING, sentence, awake_again, warning=warning)


def _too_long(service: Service, state: ServiceState, now: datetime, why: str) -> Decision:
    return replace(_back(service, state, now, why), reason=Reason.DRAINED_TOO_LONG, warning=True)


def _count_changed(service: Service, facts: ServiceFacts, state: ServiceState) -> Decision:
    sentence = f"{service.key} now has a desired count of {facts.desired}; a wake will restore it"
    return Decision(Action.SAVE_STATE, Reason.COUNT_CHANGED, sentence, replace(state, restore=facts.desired))
