"""The rules by which a service is put to sleep and its wakes are seen through. Pure.

Everything that decides over a service's phase stands here, in ``idleness``, ``waking`` and ``decide_wake``:

    phase    observed                 leaves it when                                         then
    awake    desired > 0              idle, the metrics complete up to ``idle`` after the    asleep
                                      last activity, no deployment, nothing else needs it
                                      somebody set desired to 0                              asleep
    asleep   desired 0                somebody asked, or set desired > 0                     waking
    waking   desired > 0, not ready   ready                                                  awake
                                      past the deadline: stays waking, marked failed         waking
                                      failed, unused, nobody asked for ``idle``              asleep

Decisions are level-based: they follow from what is observed and remembered now, never from which event led here.
So a run that crashed between any two steps leaves a state the next run recognises and completes.
A decision to look at more asks the shell to fill that part of the snapshot and to decide again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .idleness import awake, gone_asleep
from .model import Action, Decision, Memory, Missing, Mode, Phase, Service, ServiceFacts, Snapshot, Unknown
from .reasons import Reason
from .waking import begin_waking, wake, wake_unfinished, waking


def decide(snapshot: Snapshot, now: datetime) -> Decision:
    """Decide what to do about one service at one instant."""
    decision = _decide(snapshot, now)
    if snapshot.service.mode is Mode.OBSERVE:
        return _only_observed(decision, snapshot, now)
    return decision


def why_left_alone(snapshot: Snapshot) -> Decision | None:
    """The decision to leave a service alone, whoever asks; ``None`` if it can be looked after."""
    service, facts, memory = snapshot.service, snapshot.facts, snapshot.memory
    if service.mode is Mode.OFF:
        return Decision(Action.LEAVE_ALONE, Reason.OFF, f"{service.key} is left alone: its mode is off")
    if isinstance(facts, Unknown):
        sentence = f"{service.key} is left as it is: ECS could not be asked: {facts.why}"
        return Decision(Action.LEAVE_ALONE, Reason.NOT_SEEN, sentence, warning=True)
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
    return None


def _decide(snapshot: Snapshot, now: datetime) -> Decision:
    alone = why_left_alone(snapshot)
    if alone is not None:
        return alone
    service, facts, memory = snapshot.service, snapshot.facts, snapshot.memory
    assert isinstance(facts, ServiceFacts)
    assert not isinstance(memory, Unknown)
    if memory is None:
        return _first_seen(service, facts, now)
    if facts.desired == 0:
        return _stopped(service, facts, memory, now)
    if memory.phase is Phase.ASLEEP:
        return _running_though_asleep(service, facts, memory, now)
    if memory.phase is Phase.WAKING:
        return waking(snapshot, facts, memory, now)
    return awake(snapshot, facts, memory, now)


def _first_seen(service: Service, facts: ServiceFacts, now: datetime) -> Decision:
    if facts.desired == 0:
        memory = Memory(service.name, Phase.ASLEEP, since=now)
        return Decision(Action.REMEMBER, Reason.FIRST_SEEN, f"{service.key} is seen for the first time, asleep", memory)
    memory = Memory(service.name, Phase.AWAKE, since=now, restore=facts.desired)
    sentence = f"{service.key} is seen for the first time, awake; its idle window begins now"
    return Decision(Action.REMEMBER, Reason.FIRST_SEEN, sentence, memory)


def _stopped(service: Service, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    if memory.phase is Phase.AWAKE or (memory.phase is Phase.WAKING and memory.asked is None):
        sentence = f"{service.key} was set to zero tasks by somebody else"
        asleep = gone_asleep(memory, now)
        if memory.phase is Phase.AWAKE:
            # A waking one may never have run since this module stopped it: ECS can show an old count for a moment.
            asleep = replace(asleep, stopped=None)
        return Decision(Action.REMEMBER, Reason.STOPPED_ELSEWHERE, sentence, asleep)
    if memory.phase is Phase.WAKING:
        return wake_unfinished(service, facts, memory, now)
    if memory.stopping_until is not None and now < memory.stopping_until:
        return _stop_under_way(service, memory)
    if memory.wake_requested is not None:
        return wake(service, facts, memory, now, asked=memory.wake_requested)
    if memory.stopping_until is not None:
        sentence = f"{service.key} reached zero tasks; the run that stopped it did not say so"
        return Decision(Action.REMEMBER, Reason.STOP_COMPLETED, sentence, replace(memory, stopping_until=None))
    return Decision(Action.STAY, Reason.ASLEEP, f"{service.key} is asleep")


def _running_though_asleep(service: Service, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    if memory.stopping_until is not None and now < memory.stopping_until:
        return _stop_under_way(service, memory)
    started = begin_waking(service, facts, memory, now, asked=memory.wake_requested)
    sentence = f"{service.key} has a desired count of {facts.desired}: somebody started it, or its stop never happened"
    return Decision(Action.REMEMBER, Reason.STARTED_ELSEWHERE, sentence, started)


def _stop_under_way(service: Service, memory: Memory) -> Decision:
    sentence = f"{service.key} is being stopped until {memory.stopping_until:%H:%M:%S} at the latest"
    return Decision(Action.STAY, Reason.STOP_UNDER_WAY, sentence)


def _only_observed(decision: Decision, snapshot: Snapshot, now: datetime) -> Decision:
    """What mode ``observe`` makes of a decision: it is remembered and told, and changes nothing in ECS."""
    service, memory = snapshot.service, snapshot.memory
    if not isinstance(memory, Memory) or decision.action is Action.LEAVE_ALONE:
        return decision
    if decision.action is Action.WAKE:
        sentence = f"{service.key} would wake, but is only observed"
        return Decision(Action.REMEMBER, Reason.ONLY_OBSERVED, sentence, gone_asleep(memory, now))
    if decision.action is Action.SLEEP:
        if memory.would_sleep_since is not None:
            return Decision(Action.STAY, Reason.WOULD_SLEEP, f"{service.key} would be asleep, but is only observed")
        sentence = f"would sleep: {decision.sentence}; it is only observed"
        return Decision(Action.REMEMBER, Reason.WOULD_SLEEP, sentence, replace(memory, would_sleep_since=now))
    if decision.action is Action.NOTE_ACTIVITY and memory.would_sleep_since is not None and decision.memory:
        woken = replace(decision.memory, would_sleep_since=None)
        asleep_for = round((now - memory.would_sleep_since).total_seconds() / 60)
        sentence = f"{service.key} would wake after {asleep_for} minutes asleep; it is only observed"
        return Decision(Action.REMEMBER, Reason.WOULD_WAKE, sentence, woken)
    return decision
