"""How a service with wake rules goes to sleep: first its rules are armed, then the metrics catch up. Pure.

Metrics of the load balancer come minutes late, so a service that looks idle may have had a visitor a minute ago.
While it drains it still runs, and whoever comes meets the wake function, which opens the way at once. Only when the
metrics have caught up with the moment of arming, and still show nobody, is anything stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from . import phases
from .deployments import deployment_noted, with_deployment
from .idleness import (
    asleep_unless_protected,
    kept_by_protection,
    last_needed,
    needed_as_far_as_known,
    not_seen_clearly,
    seen_too_short,
    still_settling,
    unused,
)
from .memory import Memory
from .model import Action, Decision, Mode, Service, ServiceFacts, Snapshot, Traffic, WakeOnRequest
from .reasons import Reason
from .sleeping_on_request import is_requested, while_awake, while_draining
from .traffic import USUAL_METRIC_DELAY
from .wake_rule_hindrances import wake_rules_in_the_way, wake_rules_unseen
from .wake_rules import all_armed

LONGEST_DRAINING: Final = timedelta(minutes=10)
RULE_PROPAGATION: Final = timedelta(seconds=30)
"""For so long after a rule was changed a request may still follow the old one.

AWS says "for a short time" (ELB user guide, edit a rule) and names no figure; a runbook says a few seconds."""


def awake(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    """Decide about a service that is awake."""
    service = snapshot.service
    known = with_deployment(facts, memory, last_needed(memory), now)
    if memory.restore != facts.desired:
        return _count_changed(service, facts, known)
    if is_requested(service, memory):
        decision = while_awake(snapshot, facts, known, now)
        # What a look tells of a deployment is kept, whatever becomes of the request.
        to_be_kept = known != memory and decision.action is Action.STAY
        return replace(decision, action=Action.REMEMBER, memory=known) if to_be_kept else decision
    if known != memory:
        return deployment_noted(service, facts, known, now)
    if service.wake_on_request is None:
        return unused(snapshot, facts, memory, now)
    in_the_way = wake_rules_in_the_way(snapshot)
    if in_the_way is not None:
        return in_the_way
    if service.mode is Mode.OBSERVE:
        # Nothing is armed that would show the last minutes' visitors: only complete metrics tell who was there.
        return unused(snapshot, facts, memory, now)
    return _drain_if_quiet(snapshot, facts, memory, service.wake_on_request, now)


def _drain_if_quiet(
    snapshot: Snapshot, facts: ServiceFacts, memory: Memory, wake: WakeOnRequest, now: datetime
) -> Decision:
    service, quiet = snapshot.service, snapshot.service.idle - wake.drain_lead
    needed = needed_as_far_as_known(snapshot, facts, memory, now, quiet)
    if needed is not None:
        return needed
    unseen = wake_rules_unseen(snapshot)
    if unseen is not None:
        return unseen
    traffic = snapshot.traffic
    assert isinstance(traffic, Traffic)
    not_clear = (
        not_seen_clearly(snapshot, memory, traffic, now)
        or seen_too_short(service, memory, traffic, now, quiet)
        or still_settling(service, memory, now)
    )
    if not_clear is not None:
        return not_clear
    # Before arming, too: a WebSocket cannot be opened through the wake function (ALB answers 400).
    protected = kept_by_protection(snapshot, memory, now)
    if protected is not None:
        return protected
    # Its idle window goes on from whatever it was last needed for, which its next phase does not tell.
    quiet_since = max(filter(None, (last_needed(memory), traffic.newest_request)))
    drains = phases.drain(memory, now, last_activity=quiet_since)
    return Decision(Action.DRAIN, Reason.DRAINING, f"{service.key} drains: nobody is known to use it", drains)


def draining(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    """Decide about a service whose wake rules are, or are being, armed while it still runs."""
    if not arming_has_lapsed(snapshot, memory):
        return _while_draining(snapshot, facts, memory, now)
    # Whoever came meanwhile went past the wake function: the metrics must catch up with the new arming.
    memory = phases.rules_armed(memory, None)
    decision = _while_draining(snapshot, facts, memory, now)
    if decision.action is Action.STAY:
        return replace(decision, action=Action.REMEMBER, memory=memory)
    return decision


def _while_draining(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    service, wake = snapshot.service, snapshot.service.wake_on_request
    memory = with_deployment(facts, memory, last_needed(memory), now)
    if wake is None:
        return _back(service, memory, now, "it is woken by requests no more")
    if memory.restore != facts.desired:
        return _count_changed(service, facts, memory)
    if is_requested(service, memory):
        return _while_draining_on_request(snapshot, facts, memory, now)
    if memory.since < last_needed(memory) + service.idle - wake.drain_lead:
        return _back(service, memory, now, f"it was needed at {last_needed(memory):%H:%M:%S}")
    decision = _gone_or_needed(snapshot, facts, memory, now)
    if decision.action is Action.SLEEP or decision.action is Action.OBSERVE:
        return decision
    if decision.reason in KEEPS_AWAKE:
        return _back(service, memory, now, decision.sentence, decision)
    if now >= memory.since + LONGEST_DRAINING + wake.drain_lead:
        return _too_long(service, memory, now, f"it could not be seen clearly in time: {decision.sentence}")
    return decision


def _while_draining_on_request(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    decision = while_draining(snapshot, facts, memory, now, RULE_PROPAGATION)
    if decision.reason in KEEPS_AWAKE:
        return _back(snapshot.service, memory, now, decision.sentence, decision)
    if decision.action is Action.OBSERVE or decision.action is Action.SLEEP:
        return decision
    if decision.reason is Reason.SLEEP_NOT_DONE or now >= memory.since + LONGEST_DRAINING:
        why = f"it could not be put to sleep in time: {decision.sentence}"
        return _too_long(snapshot.service, memory, now, why)
    return decision


def drained_unseen(service: Service, memory: Memory, alone: Decision, now: datetime) -> Decision | None:
    """Awake again, if a service that is left alone has drained for too long; ``None`` before.

    ``alone``: why it is left alone, which the next ticks say again.
    """
    lead = service.wake_on_request.drain_lead if service.wake_on_request is not None else timedelta(0)
    if now < memory.since + LONGEST_DRAINING + lead:
        return None
    return _too_long(service, memory, now, f"it could not be seen clearly in time: {alone.sentence}")


def needed_while_draining(service: Service, memory: Memory, now: datetime) -> Decision:
    """Somebody asked for a draining service: awake, without a cold start."""
    return _back(service, replace(memory, asked=now), now, "somebody asked for it")


KEEPS_AWAKE: Final = frozenset(
    {
        Reason.IN_USE,
        Reason.TASK_PROTECTED,
        Reason.HELD,
        Reason.HOLD_ALL_UNKNOWN,
        Reason.DEPLOYMENT_RUNNING,
        Reason.DEPLOYMENT_NOT_ENDING,
        Reason.UNWATCHED_ENTRANCE,
        Reason.NO_TARGET_GROUPS,
        Reason.SCALABLE_TARGET,
        Reason.WAKE_RULE_PROBLEM,
    }
)


def _gone_or_needed(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    """Stop it if nobody came before its rules were armed; else say what it waits for, or who needs it."""
    service = snapshot.service
    needed = wake_rules_in_the_way(snapshot) or needed_as_far_as_known(snapshot, facts, memory, now, service.idle)
    if needed is not None:
        return needed
    traffic = snapshot.traffic
    assert isinstance(traffic, Traffic)
    not_clear = not_seen_clearly(snapshot, memory, traffic, now) or seen_too_short(
        service, memory, traffic, now, service.idle
    )
    if not_clear is not None:
        return not_clear
    unseen = wake_rules_unseen(snapshot)
    if unseen is not None:
        return unseen
    if memory.armed is None:
        return Decision(Action.STAY, Reason.DRAINING, f"{service.key} drains; its wake rules are being armed")
    # Without any target nothing tells how far the metrics are, but one may have come and gone between two ticks.
    seen_until = traffic.watermark if isinstance(traffic.watermark, datetime) else now - USUAL_METRIC_DELAY
    if seen_until < memory.armed + RULE_PROPAGATION:
        sentence = (
            f"{service.key} drains since {memory.armed:%H:%M:%S}; the metrics are complete only until "
            f"{seen_until:%H:%M:%S}"
        )
        return Decision(Action.STAY, Reason.DRAINING, sentence)
    settling = still_settling(service, memory, now)
    if settling is not None:
        return settling
    quiet_since = max(filter(None, (last_needed(memory), traffic.newest_request)))
    return asleep_unless_protected(snapshot, memory, int((now - quiet_since) / timedelta(minutes=1)), now)


def _back(service: Service, memory: Memory, now: datetime, why: str, because: Decision | None = None) -> Decision:
    """Awake again, and its rules disarmed after that."""
    awake_again = phases.stay_awake(memory, now)
    if because is not None and because.memory is not None:
        awake_again = replace(awake_again, last_activity=because.memory.last_activity)
    warning = because is not None and because.warning
    sentence = f"{service.key} drains no more: {why}"
    return Decision(Action.REMEMBER, Reason.NEEDED_WHILE_DRAINING, sentence, awake_again, warning=warning)


def _too_long(service: Service, memory: Memory, now: datetime, why: str) -> Decision:
    return replace(_back(service, memory, now, why), reason=Reason.DRAINED_TOO_LONG, warning=True)


def _count_changed(service: Service, facts: ServiceFacts, memory: Memory) -> Decision:
    sentence = f"{service.key} now has a desired count of {facts.desired}; a wake will restore it"
    return Decision(Action.REMEMBER, Reason.COUNT_CHANGED, sentence, replace(memory, restore=facts.desired))


def arming_has_lapsed(snapshot: Snapshot, memory: Memory) -> bool:
    """Whether the rules of a draining service that were all armed are so no more."""
    if memory.armed is None or snapshot.service.wake_on_request is None or not isinstance(snapshot.rules, Mapping):
        return False
    return not all_armed(snapshot.service, snapshot.rules)
