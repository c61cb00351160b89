"""The rules by which a service is put to sleep and its wakes are watched. Pure.

``phases`` has the table of phases, and what becomes of the service state when one changes. When that is so is decided
here, in ``idleness``, ``draining``, ``waking``, ``taking_back`` and ``decide_wake``; ``wake_rules`` says which rules
must be armed in which phase.

Decisions are level-based: they follow from what is observed and saved now, never from which event led here.
So a run that crashed between any two steps leaves a state the next run recognises and completes.
A decision to observe more asks the shell to fill that part of the snapshot and to decide again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action, Decision, Want, observe
from scale_to_zero.model.observed import NOT_ASKED, Missing, NotAsked, Readiness, ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.quantities import clock_time, in_minutes
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import HoldAll, Leaving, Memory, Phase, Stop

from . import phases
from .draining import awake, drained_unseen, draining
from .holds import holding_all, standing_hold, stays_stopped, told_of_all
from .leaving import LONGEST_CONFIGURED, leaves
from .phase_changes import noted
from .taking_back import take_back
from .wake_rules import why_kept_back, why_not_armed
from .waking import (
    awake_now,
    begin_wake,
    begin_waking,
    begun_unseen,
    failed_unseen,
    wake_unfinished,
    waking,
    was_stopped_in_ecs,
)


def decide(snapshot: Snapshot, now: datetime) -> Decision:
    """Decide what to do about one service at one instant."""
    memory = snapshot.remembered
    if memory is not None and memory.leaving is not None and not leaves(memory, now):
        return _stays(snapshot.service, memory, now)
    return noted(memory, take_back(snapshot, now) or _by_mode(snapshot, now), now)


def _stays(service: Service, memory: Memory, now: datetime) -> Decision:
    sentence = f"{service.key} stays in the module: its uninstall did not end; run Terraform again if it is to leave"
    return Decision(Action.REMEMBER, Reason.LEAVING, sentence, phases.stay(memory, now), warning=True)


def _by_mode(snapshot: Snapshot, now: datetime) -> Decision:
    decision = _decide(snapshot, now)
    if snapshot.service.mode is Mode.OBSERVE:
        return _only_observed(decision, snapshot, now)
    return decision


class Seen(NamedTuple):
    """What must be known of a managed service; ``state`` is ``None`` where nothing is saved of it."""

    facts: ServiceFacts
    memory: Memory | None


def seen_or_left_alone(snapshot: Snapshot, now: datetime) -> Seen | Decision:
    """What is known of a service, or the decision to skip it, which every caller gets."""
    service, facts, memory = snapshot.service, snapshot.facts, snapshot.memory
    if service.mode is Mode.OFF:
        return Decision(Action.LEAVE_ALONE, Reason.OFF, f"{service.key} is left alone: its mode is off")
    if isinstance(memory, Memory) and memory.leaving is not None and leaves(memory, now):
        return _has_left(service, memory.leaving, now)
    if isinstance(facts, Unknown):
        sentence = f"{service.key} is left as it is: ECS could not be asked: {facts.why}"
        return Decision(Action.LEAVE_ALONE, Reason.NOT_SEEN, sentence, warning=True, forbidden=facts.forbidden)
    if isinstance(facts, Missing):
        sentence = f"{service.key} is left alone: {facts.why}; correct its cluster_name and service_name"
        return Decision(Action.LEAVE_ALONE, Reason.SERVICE_MISSING, sentence, warning=True)
    if facts.status != "ACTIVE":
        sentence = f"{service.key} is left alone: ECS calls {service.name} {facts.status}, not ACTIVE"
        return Decision(Action.LEAVE_ALONE, Reason.SERVICE_NOT_ACTIVE, sentence, warning=True)
    if facts.scheduling_strategy == "DAEMON":
        sentence = f"{service.key} is left alone: a DAEMON service has no desired count to bring to zero"
        return Decision(Action.LEAVE_ALONE, Reason.DAEMON, sentence, warning=True)
    if isinstance(memory, Unknown):
        sentence = f"{service.key} is left as it is: {memory.why}"
        return Decision(Action.LEAVE_ALONE, Reason.MEMORY_UNREADABLE, sentence, warning=True)
    return Seen(facts, memory)


def _has_left(service: Service, leaving: Leaving, now: datetime) -> Decision:
    sentence = f"{service.key} is left alone: it leaves the module since {clock_time(leaving.since)}"
    late = now >= leaving.since + LONGEST_CONFIGURED
    if late:
        sentence += (
            "; run terraform apply again to complete that, or, if it is to stay, with "
            f"-replace of aws_lambda_invocation.uninstall for {service.name}"
        )
    return Decision(Action.LEAVE_ALONE, Reason.LEAVING, sentence, warning=late)


def _decide(snapshot: Snapshot, now: datetime) -> Decision:
    seen = seen_or_left_alone(snapshot, now)
    if isinstance(seen, Decision):
        return _overdue_unseen(snapshot, seen, now) or seen
    facts, memory = seen
    if memory is None:
        return _first_seen(snapshot.service, facts, now)
    if facts.desired == 0:
        return _stopped(snapshot, facts, memory, now)
    if memory.phase is Phase.ASLEEP:
        return _running_though_asleep(snapshot, facts, memory, now)
    if memory.phase is Phase.WAKING:
        return waking(snapshot, facts, memory, now)
    if memory.phase is Phase.DRAINING:
        return draining(snapshot, facts, memory, now)
    return awake(snapshot, facts, memory, now)


def _overdue_unseen(snapshot: Snapshot, alone: Decision, now: datetime) -> Decision | None:
    """What ends at an instant of its own ends then, whatever ECS shows: a wake has failed, a draining is called off.

    Otherwise the visitors of a service that cannot be seen would get the state ``waking`` for ever, from the moment
    that a wake is requested.
    """
    memory = snapshot.memory
    if not isinstance(memory, Memory) or alone.reason in (Reason.OFF, Reason.LEAVING):
        return None
    if memory.phase is Phase.WAKING:
        return failed_unseen(snapshot, memory, alone, now)
    if memory.phase is Phase.DRAINING:
        return drained_unseen(snapshot.service, memory, alone, now)
    return begun_unseen(snapshot, memory, alone, now) if memory.phase is Phase.ASLEEP else None


def _first_seen(service: Service, facts: ServiceFacts, now: datetime) -> Decision:
    memory = phases.first_seen(service.name, facts, now)
    sentence = f"{service.key} is seen for the first time, asleep"
    if memory.phase is Phase.AWAKE:
        sentence = f"{service.key} is seen for the first time, awake; its idle window begins now"
    return Decision(Action.REMEMBER, Reason.FIRST_SEEN, sentence, memory)


def _stopped(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    service = snapshot.service
    wake, failed = memory.waking, was_stopped_in_ecs(memory)
    if memory.phase in RUNNING_PHASES or failed or (wake is not None and wake.asked is None):
        sentence = f"{service.key} was set to zero tasks by somebody else"
        # A waking one may never have run since this module stopped it: ECS can show an old count for a moment.
        ran = memory.phase in RUNNING_PHASES or failed
        asleep = phases.fall_asleep(memory, now, stopped=None if ran else memory.stopped)
        return Decision(Action.REMEMBER, Reason.STOPPED_ELSEWHERE, sentence, asleep)
    if memory.phase is Phase.WAKING:
        return wake_unfinished(snapshot, memory, now)
    if stop := memory.stop_under_way(now):
        return _stop_under_way(service, stop)
    if memory.wake_requested is not None:
        return begin_wake(service, facts, memory, now, asked=memory.wake_requested)
    if standing_hold(memory, now) is not None:
        return begin_wake(service, facts, memory, now, asked=now)
    woken = _woken_with_all(snapshot, facts, memory, now)
    if woken is not None:
        return woken
    if memory.stop is not None:
        sentence = f"{service.key} reached zero tasks; the run that stopped it did not say so"
        return Decision(Action.REMEMBER, Reason.STOP_COMPLETED, sentence, phases.end_stop(memory))
    return _asleep_but_for_its_rules(snapshot, facts, memory, now) or Decision(
        Action.STAY, Reason.ASLEEP, f"{service.key} is asleep"
    )


def _woken_with_all(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision | None:
    """Wake what sleeps while all services are held, or observe what must be known for that; ``None``: it sleeps on.

    A service that was set to zero in ECS since sleeps on. One that this module did not stop, and that may be a scalable
    target, sleeps on too.
    """
    service, hold = snapshot.service, holding_all(snapshot, now)
    if not isinstance(hold, HoldAll) or stays_stopped(memory, hold):
        return None
    if memory.stopped is None and isinstance(snapshot.scalable_target, NotAsked):
        sentence = f"{service.key} sleeps while all services are held awake; is it a scalable target?"
        return observe(Reason.HELD, sentence, Want.SCALABLE_TARGET)
    if memory.stopped is None and snapshot.scalable_target is not False:
        return None
    woken = begin_wake(service, facts, memory, now, asked=now)
    return replace(woken, sentence=f"{woken.sentence}; it is {told_of_all(hold)}")


def _asleep_but_for_its_rules(
    snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime
) -> Decision | None:
    """What its wake rules make of a sleeping service; ``None`` if requests can wake it as they should.

    A wake rule that could take others' requests, or comes too late, is not armed. So what this module stopped is woken,
    since its visitors would reach no target otherwise.
    """
    service = snapshot.service
    if service.wake_on_request is None or service.mode is not Mode.ACT or not isinstance(snapshot.rules, Mapping):
        return None
    problem = why_not_armed(service, snapshot.rules)
    if problem is None:
        return None
    rests = memory.backoff is not None and now < memory.backoff.until
    kept_back = why_kept_back(service, snapshot.rules)
    if memory.stopped is not None and not rests and kept_back is not None:
        sentence = f"{service.key} wakes, since requests cannot wake it: {kept_back}"
        woken = begin_wake(service, facts, memory, now, asked=now)
        return replace(woken, reason=Reason.WAKE_RULE_PROBLEM, sentence=sentence, warning=True)
    sentence = f"{service.key} is asleep, and requests cannot wake it as they should: {problem}"
    return Decision(Action.STAY, Reason.WAKE_RULE_PROBLEM, sentence, warning=True)


RUNNING_PHASES: Final = frozenset({Phase.AWAKE, Phase.DRAINING})


def _running_though_asleep(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    """It is waking; or awake already, so that its visitors need not wait another minute for disarmed wake rules."""
    service, readiness = snapshot.service, snapshot.readiness
    if stop := memory.stop_under_way(now):
        return _stop_under_way(service, stop)
    started = begin_waking(service, facts, memory, now, asked=memory.wake_requested)
    if facts.running > 0 and isinstance(readiness, NotAsked):
        return observe(Reason.STARTED_ELSEWHERE, f"{service.key} was started", Want.READINESS)
    if isinstance(readiness, Readiness) and readiness.ready:
        return awake_now(service, started, facts, now, NOT_ASKED)
    sentence = f"{service.key} has a desired count of {facts.desired}: somebody started it, or its stop never happened"
    return Decision(Action.REMEMBER, Reason.STARTED_ELSEWHERE, sentence, started)


def _stop_under_way(service: Service, stop: Stop) -> Decision:
    sentence = f"{service.key} is being stopped until {clock_time(stop.lease_until)} at the latest"
    return Decision(Action.STAY, Reason.STOP_UNDER_WAY, sentence)


def _only_observed(decision: Decision, snapshot: Snapshot, now: datetime) -> Decision:
    """What mode ``dry_run`` makes of a decision: it is saved and reported, and changes nothing in ECS.

    What this module stopped before the mode changed has been brought back already (``taking_back``).
    """
    service, memory = snapshot.service, snapshot.memory
    if not isinstance(memory, Memory) or decision.action is Action.LEAVE_ALONE:
        return decision
    if decision.action is Action.WAKE:
        sentence = f"{service.key} would wake, but is only observed"
        asleep = phases.fall_asleep(memory, now, stopped=memory.stopped)
        return Decision(Action.REMEMBER, Reason.ONLY_OBSERVED, sentence, asleep)
    if memory.phase is Phase.DRAINING:
        sentence = f"{service.key} drains no more: it is only observed"
        return Decision(Action.REMEMBER, Reason.ONLY_OBSERVED, sentence, phases.stay_awake(memory, now))
    if decision.action is Action.SLEEP:
        if memory.would_sleep_since is not None:
            return Decision(Action.STAY, Reason.WOULD_SLEEP, f"{service.key} would be asleep, but is only observed")
        sentence = f"would sleep: {decision.sentence}; it is only observed"
        return Decision(Action.REMEMBER, Reason.WOULD_SLEEP, sentence, replace(memory, would_sleep_since=now))
    if decision.action is Action.NOTE_ACTIVITY and memory.would_sleep_since is not None and decision.memory:
        woken = replace(decision.memory, would_sleep_since=None)
        asleep_for = in_minutes(now - memory.would_sleep_since)
        sentence = f"{service.key} would wake after {asleep_for} asleep; it is only observed"
        return Decision(Action.REMEMBER, Reason.WOULD_WAKE, sentence, woken)
    return decision
