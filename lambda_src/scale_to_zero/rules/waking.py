"""How a wake begins, when it is over, when it has failed and when it is abandoned. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from scale_to_zero.model.configured import DEFAULT_AWAKE_COUNT, Service
from scale_to_zero.model.decided import Action, Decision, Want, observe
from scale_to_zero.model.observed import Missing, NotAsked, ServiceFacts, Snapshot, TaskTimes, Unknown
from scale_to_zero.model.quantities import clock_time, counted, in_seconds
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Backoff, Memory, Wake

from . import phases
from .deployments import found_running_since, with_deployment
from .going_to_zero import BEFORE_SLEEP, stopped_while_waking
from .holds import held_until, holding_all
from .idleness import last_needed, with_activity
from .vetoes import Running, veto
from .wake_times import (
    SHORTEST_BACK_OFF,
    back_off,
    deadline_of,
    is_overdue,
    usual_after,
    waits_for_its_turn,
    wake_deadline,
)

LONGEST_FAILURE: Final = 1000
"""Characters of ECS's message that are saved and shown."""


def count_to_restore(service: Service, memory: Memory | None) -> int:
    """How many tasks a wake asks for: the configured count, else the count it had, else one."""
    remembered = memory.restore if memory else None
    return service.awake_count or remembered or DEFAULT_AWAKE_COUNT


def begin_wake(
    service: Service, facts: ServiceFacts, memory: Memory | None, now: datetime, asked: datetime
) -> Decision:
    """Start a wake: service state first, then the count to ask of ECS."""
    desired = count_to_restore(service, memory)
    known = memory or phases.first_seen(service.name, facts, now)
    started = begin_waking(service, facts, known, now, asked=asked)
    sentence = f"{service.key} wakes: ECS is asked for {counted(desired, 'task')}"
    return Decision(Action.WAKE, Reason.ASKED_TO_WAKE, sentence, started, desired=desired)


def begin_waking(
    service: Service, facts: ServiceFacts | Missing | Unknown, memory: Memory, now: datetime, asked: datetime | None
) -> Memory:
    """The state of a wake that begins now; ``asked`` is ``None`` where it was not requested from the module."""
    is_started = isinstance(facts, ServiceFacts) and facts.desired > 0
    deadline = now + wake_deadline(service, facts, memory.usual_wake)
    return phases.begin_waking(memory, now, deadline=deadline, asked=asked, sent=now if is_started else None)


def waking(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    """Decide about a service whose tasks are starting."""
    service, readiness = snapshot.service, snapshot.readiness
    one = Running(snapshot, facts, memory, now)
    if one.is_asked_to_sleep:
        stops = stopped_while_waking(one)
        if stops is not None:
            return stops
    if memory.escorted_until is not None and now < memory.escorted_until and not is_overdue(memory, now):
        sentence = f"{service.key} is waking; an escort sees it through"
        return Decision(Action.STAY, Reason.ESCORTED, sentence)
    if isinstance(readiness, NotAsked):
        return observe(Reason.WAKING, f"{service.key} is waking", Want.READINESS)
    if isinstance(readiness, Unknown):
        unseen = "its readiness could not be seen"
        why = f"{unseen}: {readiness.why}"
        stays = Decision(Action.STAY, Reason.READINESS_UNKNOWN, f"{service.key} is waking, but {why}", warning=True)
        return _seen_through(snapshot, facts, memory, now, stays, why, unseen)
    if readiness.ready:
        if isinstance(snapshot.task_times, NotAsked):
            return observe(Reason.READY, f"{service.key} is ready", Want.TASK_TIMES)
        return awake_now(service, memory, facts, now, snapshot.task_times)
    sentence = f"{service.key} is waking and waits for {readiness.waits_for}"
    reason = Reason.WAKE_FAILED if memory.failed else Reason.WAKING
    stays = Decision(Action.STAY, reason, sentence, warning=memory.failed)
    return _seen_through(snapshot, facts, memory, now, stays, f"it still waits for {readiness.waits_for}")


def _seen_through(
    snapshot: Snapshot,
    facts: ServiceFacts,
    memory: Memory,
    now: datetime,
    stays: Decision,
    why: str,
    unseen: str = "",
) -> Decision:
    """Call a wake that is not known to be ready failed in time, and abandon it in time; until then it ``stays``.

    From its failure on deployments are saved: one may repair it, and its author checks it next.
    """
    failed = _failed(snapshot, memory, now, why, unseen)
    if failed is not None:
        return failed
    known = with_deployment(facts, memory, last_needed(memory), now) if memory.failed else memory
    if known != memory:
        return replace(stays, action=Action.REMEMBER, memory=known)
    one = Running(snapshot, facts, memory, now)
    # A request to sleep ends after ten minutes; until then it waits for what of it is not safe to stop.
    if not one.is_asked_to_sleep and _may_be_given_up(snapshot, memory, now):
        given_up = _given_up(one)
        return stays if given_up.reason is Reason.DEPLOYMENT_RUNNING else given_up
    return stays


def begun_unseen(snapshot: Snapshot, memory: Memory, alone: Decision, now: datetime) -> Decision | None:
    """Begin the wake that was requested during a stop, when that is over: from then on its deadline counts.

    ECS is asked for tasks once it shows the service. ``None`` where no wake waits. ``alone``: why it is skipped.
    """
    if memory.wake_requested is None or memory.stop_under_way(now) is not None:
        return None
    begun = begin_waking(snapshot.service, snapshot.facts, memory, now, asked=memory.wake_requested)
    sentence = f"{snapshot.service.key} should be waking, for somebody asked for it; {alone.sentence}"
    return Decision(Action.REMEMBER, Reason.ASKED_TO_WAKE, sentence, begun)


def failed_unseen(snapshot: Snapshot, memory: Memory, alone: Decision, now: datetime) -> Decision | None:
    """Past its deadline the wake of a service that is skipped has failed too; ``None`` where it has not, or before.

    ``alone``: why it is skipped, which the next ticks say again.
    """
    why = f"it {alone.sentence.removeprefix(f'{snapshot.service.key} ')}"
    if isinstance(snapshot.facts, Unknown):
        return _failed(snapshot, memory, now, why, unseen="ECS could not be asked about it")
    # ECS refuses to list the tasks of what it does not have, and there is nothing else to observe.
    gone = "ECS has no such service, or none that can be woken"
    return _failed(replace(snapshot, stop_reasons=()), memory, now, why, unseen=gone)


def wake_unfinished(snapshot: Snapshot, memory: Memory, now: datetime) -> Decision:
    """Decide about a service that should be waking, though ECS still shows no desired task."""
    service = snapshot.service
    if _may_be_given_up(snapshot, memory, now):
        sentence = f"{service.key} could not be woken and nobody asked again; it stays at zero"
        asleep = phases.fall_asleep(memory, now, stopped=memory.stopped, backoff=_backoff(memory, now))
        return Decision(Action.REMEMBER, Reason.WAKE_GIVEN_UP, sentence, asleep, warning=True)
    # One that only waits for its turn has not been refused anything.
    waits = waits_for_its_turn(memory)
    failed = None if waits else _failed(snapshot, memory, now, "ECS was not brought to accept the count")
    if failed is not None:
        return failed
    wake = memory.waking
    if wake is not None and _unwanted(snapshot, memory, now, held=None):
        # Only a hold keeps it from being abandoned. What ECS goes on to refuse is not asked for every minute for days.
        if wake.retry_at is not None and now < wake.retry_at:
            sentence = (
                f"{service.key} could not be woken; it is held, and ECS is asked again at {clock_time(wake.retry_at)}"
            )
            return Decision(Action.STAY, Reason.WAKE_FAILED, sentence, warning=True)
        memory = _asked_again_later(memory, wake, now)
    desired = count_to_restore(service, memory)
    if waits:
        sentence = f"{service.key} wakes: ECS is asked for {counted(desired, 'task')}"
        return Decision(Action.WAKE, Reason.ASKED_TO_WAKE, sentence, memory, desired=desired)
    sentence = f"{service.key} was promised a wake that ECS does not know of; it is asked for {desired} again"
    # Written even if nothing in it changes: where another run has acted since, the write fails and its count is kept.
    return Decision(Action.WAKE, Reason.WAKE_UNFINISHED, sentence, memory, desired=desired)


def was_stopped_in_ecs(memory: Memory) -> bool:
    """Whether a count of zero shows that a wake was stopped in ECS, and is no old count that ECS still shows.

    That is so of one that has failed, long after ECS accepted its count.
    """
    return memory.waking is not None and memory.waking.failed and memory.waking.accepted is not None


def awake_now(
    service: Service, memory: Memory, facts: ServiceFacts, now: datetime, times: TaskTimes | Unknown | NotAsked
) -> Decision:
    """A waking service that is ready becomes awake; where it has no wake rule, requests reach it at once."""
    awake = phases.become_awake(
        memory,
        now,
        times if isinstance(times, TaskTimes) else TaskTimes(),
        restore=facts.desired,
        deployment_since=found_running_since(facts, None, now),
        usual_wake=usual_after(memory, now),
        opened=now if service.wake_on_request is None else None,
    )
    sentence = f"{service.key} is awake: somebody started it in ECS"
    if awake.wake is not None and awake.wake.asked is not None:
        took = in_seconds(now - awake.wake.asked)
        sentence = f"{service.key} is awake, {took} after its wake began"
    return Decision(Action.REMEMBER, Reason.READY, sentence, awake)


def _failed(snapshot: Snapshot, memory: Memory, now: datetime, why: str, unseen: str = "") -> Decision | None:
    """Past its deadline a wake counts as failed, with ECS's own message; it goes on being managed.

    ``unseen``: what could not be seen of it, which is reported too, since ECS's message may be of no help then. ``why``
    says it with AWS's refusal and the cure, which name roles, accounts and settings: for the log, not for visitors.
    """
    wake = memory.waking
    if wake is None or wake.failed or not is_overdue(memory, now):
        return None
    service, facts, reasons = snapshot.service, snapshot.facts, snapshot.stop_reasons
    if isinstance(reasons, NotAsked):
        return observe(Reason.WAKE_FAILED, f"{service.key} did not wake by its deadline", Want.STOP_REASONS)
    words = list(reasons) if not isinstance(reasons, Unknown) else []
    if isinstance(facts, ServiceFacts) and facts.newest_event_at is not None and facts.newest_event_at >= memory.since:
        words.append(facts.newest_event)
    said = "; ".join(words)[:LONGEST_FAILURE]
    sentence = f"{service.key} did not wake by its deadline: {why}"
    if said:
        sentence += f"; ECS says: {said}"
    failure = "; ".join([unseen, *words]) if unseen else said or why
    failed = phases.fail(memory, wake, failure[:LONGEST_FAILURE])
    return Decision(Action.REMEMBER, Reason.WAKE_FAILED, sentence, failed, warning=True)


def _backoff(memory: Memory, now: datetime) -> Backoff:
    return Backoff(now + back_off(memory.failures), memory.waking.cause if memory.waking is not None else "")


def _asked_again_later(memory: Memory, wake: Wake, now: datetime) -> Memory:
    """The first pause is shorter than a tick, for a run may have crashed; each further one is twice as long."""
    if wake.retry_at is None:
        return phases.ask_again_later(memory, wake, now + SHORTEST_BACK_OFF, failures=memory.failures)
    failures = memory.failures + 1
    return phases.ask_again_later(memory, wake, now + back_off(failures), failures=failures)


def _may_be_given_up(snapshot: Snapshot, memory: Memory, now: datetime) -> bool:
    """Whether it was not requested, used or held, for ``idle`` since the deadline of its failed wake."""
    if isinstance(holding_all(snapshot, now), Unknown):
        return False
    return _unwanted(snapshot, memory, now, held_until(snapshot, memory))


def _unwanted(snapshot: Snapshot, memory: Memory, now: datetime, held: datetime | None) -> bool:
    deadline = deadline_of(memory)
    if not memory.failed or deadline is None:
        return False
    wanted = (deadline, memory.asked, memory.last_activity, held)
    return now >= max(instant for instant in wanted if instant is not None) + snapshot.service.idle


def _given_up(one: Running) -> Decision:
    """Stop a failed wake, unless its running tasks are used, or that cannot be seen."""
    kept = veto(BEFORE_SLEEP, one)
    if kept is not None:
        return kept
    asleep = phases.fall_asleep(with_activity(one), one.at, stopped=one.at, backoff=_backoff(one.memory, one.at))
    sentence = f"{one.service.key} failed to wake, and nobody asked again or uses it; it goes back to zero"
    return Decision(Action.SLEEP, Reason.WAKE_GIVEN_UP, sentence, asleep, desired=0, warning=True)
