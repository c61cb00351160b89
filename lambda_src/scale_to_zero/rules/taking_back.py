"""Undoing what this module did to a service that it must no longer act on: its mode is not ``act``, or it leaves. Pure.

Terraform invokes the scale-up function once, to undo what was done to such a service. That run may fail.
So the ticks undo it too, by what they observe: a service that this module stopped is started again, and our rules no
longer keep visitors from it. After that the module skips the service: if you stop it then, the module does not restart
it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot
from scale_to_zero.model.quantities import clock_time
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState

from . import phases
from .leaving import leaves
from .scaling import suspension_is_known
from .waking import begin_waking, count_to_restore


def stopped_by_this_module(state: ServiceState) -> bool:
    """Return whether this module stopped a service that is not yet known to run again."""
    return state.phase is not Phase.AWAKE and state.stopped is not None


def must_be_started(service: Service, facts: ServiceFacts, state: ServiceState, *, is_leaving: bool) -> bool:
    """Return whether a service that this module must no longer act on has to be started first.

    A service that leaves is also started if it was stopped by hand, because visitors can no longer wake it.
    ECS may still show the count from before a stop (it is eventually consistent). Setting that count again starts
    the service if it was stopped, and changes nothing if it was not.
    """
    if stopped_by_this_module(state):
        return True
    return is_leaving and facts.desired == 0 and state.phase is not Phase.AWAKE and service.mode is Mode.ACT


def has_something_to_undo(service: Service, state: ServiceState) -> bool:
    """Return whether a service in mode ``off`` still has something to undo, and must be observed.

    It may have to be started, its rules may have to be disarmed, its scaling may have to be put back, or a notification
    may not have been sent yet.
    """
    unnotified = any(change.version > state.notified for change in state.changes)
    suspended = suspension_is_known(state)
    return stopped_by_this_module(state) or service.wake_on_request is not None or suspended or unnotified


def take_back(snapshot: Snapshot, now: datetime) -> Decision | None:
    """Start a service that this module stopped and must no longer act on; ``None`` if there is nothing to undo."""
    service, facts, state = snapshot.service, snapshot.facts, snapshot.state
    if not isinstance(facts, ServiceFacts) or not isinstance(state, ServiceState) or facts.status != "ACTIVE":
        return None
    is_leaving = leaves(state, now)
    if service.mode is Mode.ACT and not is_leaving:
        return None
    if must_be_started(service, facts, state, is_leaving=is_leaving):
        return _bring_back(snapshot, facts, state, now)
    drains = service.mode is Mode.OFF and state.phase is Phase.DRAINING
    if (drains or (is_leaving and state.phase is not Phase.AWAKE)) and facts.desired > 0:
        return _no_longer_managed(service, facts, state, now)
    return None


def _bring_back(snapshot: Snapshot, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision:
    service = snapshot.service
    if stop := state.stop_under_way(now):
        until = clock_time(stop.lease_until)
        sentence = f"{service.key} is being stopped, until {until} at the latest; then it is started again"
        return Decision(Action.STAY, Reason.STOP_UNDER_WAY, sentence)
    if facts.desired > 0 and _count_is_current(state):
        return _no_longer_managed(service, facts, state, now)
    desired = facts.desired or count_to_restore(service, state, snapshot.scalable_target)
    begun = state
    if state.phase is not Phase.WAKING:
        begun = begin_waking(service, facts, state, now, requested_at=state.wake_requested)
    sentence = f"{service.key} is started again with a desired count of {desired}: {_why(service, state, now)}"
    return Decision(Action.WAKE, Reason.NO_LONGER_MANAGED, sentence, begun, desired=desired)


def _no_longer_managed(service: Service, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision:
    sentence = f"{service.key} runs and is no longer managed: {_why(service, state, now)}"
    # The hold of a service that leaves counts again if the destroy fails and the service stays.
    hold = state.hold if leaves(state, now) else None
    awake = replace(phases.stop_managing(state, now, hold=hold), restore=facts.desired)
    return Decision(Action.SAVE_STATE, Reason.NO_LONGER_MANAGED, sentence, awake)


def _why(service: Service, state: ServiceState, now: datetime) -> str:
    return "it leaves the module" if leaves(state, now) else f"its mode is {service.mode} now"


def _count_is_current(state: ServiceState) -> bool:
    """Return whether a count above zero is certainly not the count from before the stop.

    ECS can show an outdated count, but not after it has accepted the count of the wake that followed the stop. A
    service that drains runs.
    """
    accepted = state.wake_under_way is not None and state.wake_under_way.accepted is not None
    return state.phase is Phase.DRAINING or accepted
