"""Putting a service to sleep because somebody asked for it, without waiting until it is idle. Pure.

Whoever asks decides that it is not needed. What still holds is what he may not know: a visitor who comes while it
drains is let through and it stays awake; a busy task and a deployment are waited for, though not for long.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from . import phases
from .deployments import kept_by_deployment
from .holds import holding_all, kept_with_all, standing_hold, stays_stopped, told, told_of_all
from .idleness import kept_by_protection, last_needed, left_to_auto_scaling
from .memory import Memory, Phase
from .model import Action, Decision, Mode, NotAsked, Service, ServiceFacts, Snapshot, Unknown, Want, observe
from .reasons import Reason
from .wake_rule_hindrances import wake_rules_in_the_way, wake_rules_unseen
from .wake_rules import all_armed

LONGEST_REQUEST: Final = timedelta(minutes=10)
"""A sleep that could not begin by then would come as a surprise."""
LATEST_STOP: Final = timedelta(minutes=11)
"""One that began in time takes a minute to drain."""


def refused_by_hold(service: Service, memory: Memory, now: datetime) -> str:
    """Why a service that is held may not be put to sleep, empty if it may."""
    hold = standing_hold(memory, now)
    if hold is None:
        return ""
    return f'{service.key} is {told(hold)}; release it first, or ask again with "force": true'


def refused_with_all(snapshot: Snapshot, memory: Memory, now: datetime) -> Decision | None:
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


def requested(service: Service, memory: Memory, now: datetime) -> Decision:
    """Note that somebody asked for it; a hold is lifted by that."""
    sentence = f"{service.key} is to be put to sleep: somebody asked for it"
    noted = replace(memory, sleep_requested=now, hold=None)
    return Decision(Action.REMEMBER, Reason.ASKED_TO_SLEEP, sentence, noted)


def is_requested(service: Service, memory: Memory) -> bool:
    """Whether it is to be put to sleep though it may not be idle."""
    return memory.sleep_requested is not None and service.mode is Mode.ACT


def while_awake(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    """Begin to put an awake service to sleep, or say what it waits for."""
    service = snapshot.service
    waits = _waits(snapshot, facts, memory, now)
    if waits is not None and waits.action is Action.OBSERVE:
        return waits
    if _is_older_than(LONGEST_REQUEST, memory, now):
        return _given_up(service, memory, waits)
    if waits is not None:
        return waits
    if service.wake_on_request is None:
        return _asleep(service, memory, now)
    drains = phases.drain(memory, now, memory.last_activity)
    return Decision(
        Action.DRAIN, Reason.ASKED_TO_SLEEP, f"{service.key} drains: somebody asked for it to sleep", drains
    )


def while_draining(
    snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime, propagation: timedelta
) -> Decision:
    """Stop it as soon as visitors surely reach the wake function: ``propagation`` after its rules were armed."""
    service = snapshot.service
    waits = _waits(snapshot, facts, memory, now)
    if waits is not None:
        return waits
    if memory.armed is None or now < memory.armed + propagation:
        sentence = f"{service.key} drains: somebody asked for it to sleep, and its wake rules take effect"
        return Decision(Action.STAY, Reason.DRAINING, sentence)
    if _is_older_than(LATEST_STOP, memory, now):
        sentence = f"{service.key} is not stopped: it is long since somebody asked for it to sleep"
        return Decision(Action.STAY, Reason.SLEEP_NOT_DONE, sentence)
    return _asleep(service, memory, now)


def while_waking(
    snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime, propagation: timedelta
) -> Decision | None:
    """Stop it at once: nobody was let through to it yet. ``None`` where that cannot be done, so that it wakes first.

    ``propagation``: how long visitors may not yet meet the wake function after its rules were armed, as it fell asleep.
    """
    service = snapshot.service
    waits = _waits(snapshot, facts, memory, now)
    if waits is not None and waits.action is Action.OBSERVE:
        return waits
    if _is_older_than(LONGEST_REQUEST, memory, now):
        return _given_up(service, memory, waits)
    if waits is not None:
        return None
    if service.wake_on_request is not None:
        assert isinstance(snapshot.rules, Mapping)
        if now < memory.since + propagation or not all_armed(service, snapshot.rules):
            return None
    return _asleep(service, memory, now)


def _waits(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision | None:
    service = snapshot.service
    kept = kept_with_all(snapshot, now) or kept_by_deployment(service, facts, memory, now)
    if kept is not None:
        return kept
    if isinstance(snapshot.scalable_target, NotAsked):
        sentence = f"{service.key} is to be put to sleep; is it a scalable target?"
        return observe(Reason.ASKED_TO_SLEEP, sentence, Want.SCALABLE_TARGET)
    if isinstance(snapshot.scalable_target, Unknown):
        sentence = f"{service.key} stays awake: {snapshot.scalable_target.why}"
        return Decision(Action.STAY, Reason.SCALABLE_TARGET_UNKNOWN, sentence, warning=True)
    if snapshot.scalable_target:
        return left_to_auto_scaling(service)
    return _rules_in_the_way(snapshot) or kept_by_protection(snapshot, memory, now)


def _rules_in_the_way(snapshot: Snapshot) -> Decision | None:
    if snapshot.service.wake_on_request is None:
        return None
    return wake_rules_unseen(snapshot) or wake_rules_in_the_way(snapshot)


def _is_older_than(age: timedelta, memory: Memory, now: datetime) -> bool:
    return memory.sleep_requested is not None and now >= memory.sleep_requested + age


def _given_up(service: Service, memory: Memory, waits: Decision | None) -> Decision:
    """``waits``: what it waits for; ``None`` where nothing is in its way any more."""
    why = waits.sentence if waits is not None else f"that was at {memory.sleep_requested:%H:%M:%S}, too long ago"
    sentence = f"{service.key} is not put to sleep, though somebody asked for it: {why}"
    forgotten = replace(memory, sleep_requested=None)
    return Decision(Action.REMEMBER, Reason.SLEEP_NOT_DONE, sentence, forgotten, warning=True)


def _asleep(service: Service, memory: Memory, now: datetime) -> Decision:
    sentence = f"{service.key} goes to zero: somebody asked for it"
    # Only against an instant can the table tell that another run recorded a newer activity.
    known = replace(memory, last_activity=memory.last_activity or last_needed(memory))
    asleep = phases.fall_asleep(known, now, stopped=now)
    return Decision(Action.SLEEP, Reason.ASKED_TO_SLEEP, sentence, asleep, desired=0)
