"""How a wake begins, when it is over, when it has failed and when it is abandoned. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from scale_to_zero.model.configured import DEFAULT_AWAKE_COUNT, Mode, Service
from scale_to_zero.model.decided import Action, Decision, Want, observe_first
from scale_to_zero.model.observed import Missing, NotObserved, ServiceFacts, Snapshot, TaskTimes, Unknown
from scale_to_zero.model.quantities import clock_time, in_seconds
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Backoff, ServiceState, Wake

from . import phases
from .arming import arming_has_lapsed
from .deployments import found_running_since, with_deployment
from .going_to_zero import BEFORE_ABANDONING, BEFORE_SLEEP, stopped_while_waking
from .holds import held_until, holding_all
from .idleness import last_needed, with_activity
from .scaling import SeenTarget, with_scaling_suspended, within_bounds
from .vetoes import Running, veto
from .wake_times import (
    SHORTEST_BACKOFF,
    backoff_after,
    deadline_of,
    is_overdue,
    usual_after,
    waits_for_its_turn,
    wake_deadline,
)

LESS_USEFUL_THAN_THE_FAILURE: Final = frozenset({Reason.DEPLOYMENT_RUNNING, Reason.DRAINING})
"""If one of these reasons delays abandoning a failed wake, the failure is reported and not the reason."""
LONGEST_FAILURE: Final = 1000
"""Characters of ECS's message that are saved and shown."""


def count_to_restore(service: Service, state: ServiceState | None, target: SeenTarget = None) -> int:
    """Return the count that a wake sets: the configured count, else the count before the stop, else one.

    ``target``: the scalable target of the service, in whose bounds the count lies.
    """
    known_count = state.restore if state else None
    return within_bounds(service.awake_count or known_count or DEFAULT_AWAKE_COUNT, target)


def begin_wake(
    snapshot: Snapshot, facts: ServiceFacts, state: ServiceState | None, now: datetime, requested_at: datetime
) -> Decision:
    """Start a wake: service state first, then the count to set in ECS."""
    service = snapshot.service
    desired = count_to_restore(service, state, snapshot.scalable_target)
    known = state or phases.first_seen(service.name, facts, now)
    started = begin_waking(service, facts, known, now, requested_at=requested_at)
    sentence = f"{service.key} wakes: its desired count is set to {desired}"
    return Decision(Action.WAKE, Reason.WAKE_REQUESTED, sentence, started, desired=desired)


def begin_waking(
    service: Service,
    facts: ServiceFacts | Missing | Unknown,
    state: ServiceState,
    now: datetime,
    requested_at: datetime | None,
) -> ServiceState:
    """Return the state of a wake that begins now; ``requested_at``: ``None`` if the module did not get a request."""
    is_started = isinstance(facts, ServiceFacts) and facts.desired > 0
    deadline = now + wake_deadline(service, facts, state.usual_wake)
    return phases.begin_waking(
        state,
        now,
        deadline=deadline,
        requested_at=requested_at,
        sent=now if is_started else None,
        # The rules of a sleeping service are armed. A tick that reads a disarmed rule takes this back. Only a tick that
        # read it before the wake, and arms it much later, is missed.
        armed=now if service.wake_on_request is not None and service.mode is Mode.ACT else None,
    )


def decide_waking(snapshot: Snapshot, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision:
    """Decide about a waking service whose desired count is above zero."""
    service, readiness = snapshot.service, snapshot.readiness
    if arming_has_lapsed(snapshot, state):
        state = phases.rules_armed(state, None)
    one = Running(snapshot, facts, state, now)
    if one.sleep_is_requested:
        stops = stopped_while_waking(one)
        if stops is not None:
            return stops
    if state.watcher_until is not None and now < state.watcher_until and not is_overdue(state, now):
        sentence = f"{service.key} is waking; a watcher watches it"
        return Decision(Action.STAY, Reason.HAS_WATCHER, sentence)
    if isinstance(readiness, NotObserved):
        return observe_first(Reason.WAKING, f"{service.key} is waking", Want.READINESS)
    if isinstance(readiness, Unknown):
        unseen = "its readiness could not be read"
        why = f"{unseen}: {readiness.why}"
        stays = Decision(Action.STAY, Reason.READINESS_UNKNOWN, f"{service.key} is waking, but {why}", warning=True)
        return _failed_or_abandoned(snapshot, facts, state, now, stays, why, unseen)
    if readiness.ready:
        if isinstance(snapshot.task_times, NotObserved):
            return observe_first(Reason.READY, f"{service.key} is ready", Want.TASK_TIMES)
        return awake_now(service, state, facts, now, snapshot.task_times)
    sentence = f"{service.key} is waking and waits for {readiness.waits_for}"
    reason = Reason.WAKE_FAILED if state.failed else Reason.WAKING
    stays = Decision(Action.STAY, reason, sentence, warning=state.failed)
    return _failed_or_abandoned(snapshot, facts, state, now, stays, f"it still waits for {readiness.waits_for}")


def _failed_or_abandoned(
    snapshot: Snapshot,
    facts: ServiceFacts,
    state: ServiceState,
    now: datetime,
    stays: Decision,
    why: str,
    unseen: str = "",
) -> Decision:
    """Call a wake that is not known to be ready failed in time, and abandon it in time; until then it ``stays``.

    From its failure on deployments are saved: one may repair it, and its author checks it next.
    """
    failed = _failed(snapshot, state, now, why, unseen)
    if failed is not None:
        return failed
    known = with_deployment(facts, state, last_needed(state), now) if state.failed else state
    if known != state:
        return replace(stays, action=Action.SAVE_STATE, state=known)
    one = Running(snapshot, facts, state, now)
    # A request to sleep ends after ten minutes. Until then it waits until the service can be stopped safely.
    if not one.sleep_is_requested and _may_be_abandoned(snapshot, state, now):
        abandoned = _abandoned(one)
        return stays if abandoned.reason in LESS_USEFUL_THAN_THE_FAILURE else abandoned
    return stays


def begun_unseen(snapshot: Snapshot, state: ServiceState, skipped: Decision, now: datetime) -> Decision | None:
    """Begin the wake that was requested during a stop when the stop is over: from then on its deadline counts.

    The count is set once ECS shows the service. ``None`` if no wake waits. ``skipped``: why the service is skipped.
    """
    if state.wake_requested is None or state.stop_under_way(now) is not None:
        return None
    begun = begin_waking(snapshot.service, snapshot.facts, state, now, requested_at=state.wake_requested)
    sentence = f"{snapshot.service.key} has a requested wake that cannot begin: {skipped.sentence}"
    return Decision(Action.SAVE_STATE, Reason.WAKE_REQUESTED, sentence, begun)


def failed_unseen(snapshot: Snapshot, state: ServiceState, skipped: Decision, now: datetime) -> Decision | None:
    """Record that the wake of a skipped service has failed, once its deadline is over; ``None`` if it has not failed.

    ``skipped``: why the service is skipped, which the next ticks report again.
    """
    why = f"it {skipped.sentence.removeprefix(f'{snapshot.service.key} ')}"
    if isinstance(snapshot.facts, Unknown):
        return _failed(snapshot, state, now, why, unseen="ECS could not be read")
    # ECS refuses to list the tasks of a service that does not exist, and there is nothing else to observe.
    gone = "ECS has no such service, or the service cannot be woken"
    return _failed(replace(snapshot, stop_reasons=()), state, now, why, unseen=gone)


def wake_unfinished(snapshot: Snapshot, state: ServiceState, now: datetime) -> Decision:
    """Decide about a service that should be waking, although ECS still shows no desired task."""
    service = snapshot.service
    if _may_be_abandoned(snapshot, state, now):
        sentence = f"{service.key} could not be woken and was not requested again; it stays at zero"
        asleep = phases.fall_asleep(state, now, stopped=state.stopped, backoff=_backoff(state, now))
        return Decision(Action.SAVE_STATE, Reason.WAKE_ABANDONED, sentence, asleep, warning=True)
    # ECS has refused nothing while the wake only waits for its turn.
    waits = waits_for_its_turn(state)
    failed = None if waits else _failed(snapshot, state, now, "ECS did not accept its desired count")
    if failed is not None:
        return failed
    wake = state.wake_under_way
    if wake is not None and _unwanted(snapshot, state, now, held=None):
        # Only a hold keeps it from being abandoned. If ECS keeps refusing, the module must not try every minute.
        if wake.retry_at is not None and now < wake.retry_at:
            sentence = (
                f"{service.key} could not be woken; it is held, so the next attempt is at {clock_time(wake.retry_at)}"
            )
            return Decision(Action.STAY, Reason.WAKE_FAILED, sentence, warning=True)
        state = _retried_later(state, wake, now)
    desired = count_to_restore(service, state, snapshot.scalable_target)
    if waits:
        sentence = f"{service.key} wakes: its desired count is set to {desired}"
        return Decision(Action.WAKE, Reason.WAKE_REQUESTED, sentence, state, desired=desired)
    sentence = f"{service.key} should be waking, but ECS still shows 0 tasks; its count is set to {desired} again"
    # The state is written even if unchanged: if another run has acted since, the write fails and its count is kept.
    return Decision(Action.WAKE, Reason.WAKE_UNFINISHED, sentence, state, desired=desired)


def was_stopped_in_ecs(state: ServiceState) -> bool:
    """Return whether a count of zero shows that a wake was stopped in ECS, and is not an outdated count.

    It was stopped if the wake has failed, because this is long after ECS accepted its count.
    """
    return (
        state.wake_under_way is not None and state.wake_under_way.failed and state.wake_under_way.accepted is not None
    )


def awake_now(
    service: Service, state: ServiceState, facts: ServiceFacts, now: datetime, times: TaskTimes | Unknown | NotObserved
) -> Decision:
    """Make a waking service that is ready awake; if it has no wake rule, requests reach it at once."""
    awake = phases.become_awake(
        state,
        now,
        times if isinstance(times, TaskTimes) else TaskTimes(),
        restore=facts.desired,
        deployment_since=found_running_since(facts, None, now),
        usual_wake=usual_after(state, now),
        routing_restored_at=now if service.wake_on_request is None else None,
    )
    sentence = f"{service.key} is awake: it was started in ECS"
    if awake.wake is not None and awake.wake.first_requested_at is not None:
        took = in_seconds(now - awake.wake.first_requested_at)
        sentence = f"{service.key} is awake, {took} after its wake began"
    return Decision(Action.SAVE_STATE, Reason.READY, sentence, awake)


def _failed(snapshot: Snapshot, state: ServiceState, now: datetime, why: str, unseen: str = "") -> Decision | None:
    """Record that a wake past its deadline has failed, with ECS's own message; the service is still managed.

    ``unseen``: what could not be read about it. It is reported too, because ECS's message may not help then. ``why``
    also has AWS's refusal and the cure, which name roles, accounts and settings: it is for the log, not for visitors.
    """
    wake = state.wake_under_way
    if wake is None or wake.failed or not is_overdue(state, now):
        return None
    service, facts, reasons = snapshot.service, snapshot.facts, snapshot.stop_reasons
    if isinstance(reasons, NotObserved):
        return observe_first(Reason.WAKE_FAILED, f"{service.key} did not wake by its deadline", Want.STOP_REASONS)
    words = list(reasons) if not isinstance(reasons, Unknown) else []
    if isinstance(facts, ServiceFacts) and facts.newest_event_at is not None and facts.newest_event_at >= state.since:
        words.append(facts.newest_event)
    said = "; ".join(words)[:LONGEST_FAILURE]
    sentence = f"{service.key} did not wake by its deadline: {why}"
    if said:
        sentence += f"; ECS says: {said}"
    failure = "; ".join([unseen, *words]) if unseen else said or why
    failed = phases.fail(state, wake, failure[:LONGEST_FAILURE])
    return Decision(Action.SAVE_STATE, Reason.WAKE_FAILED, sentence, failed, warning=True)


def _backoff(state: ServiceState, now: datetime) -> Backoff:
    return Backoff(
        now + backoff_after(state.failures), state.wake_under_way.cause if state.wake_under_way is not None else ""
    )


def _retried_later(state: ServiceState, wake: Wake, now: datetime) -> ServiceState:
    """Set the next attempt. The first pause is shorter than a tick, because a run may have crashed; then it doubles."""
    if wake.retry_at is None:
        return phases.retry_later(state, wake, now + SHORTEST_BACKOFF, failures=state.failures)
    failures = state.failures + 1
    return phases.retry_later(state, wake, now + backoff_after(failures), failures=failures)


def _may_be_abandoned(snapshot: Snapshot, state: ServiceState, now: datetime) -> bool:
    """Return whether a service was not requested, used or held for ``idle`` since the deadline of its failed wake."""
    if isinstance(holding_all(snapshot, now), Unknown):
        return False
    return _unwanted(snapshot, state, now, held_until(snapshot, state))


def _unwanted(snapshot: Snapshot, state: ServiceState, now: datetime, held: datetime | None) -> bool:
    deadline = deadline_of(state)
    if not state.failed or deadline is None:
        return False
    wanted = (deadline, state.requested_at, state.last_activity, held)
    return now >= max(instant for instant in wanted if instant is not None) + snapshot.service.idle


def _abandoned(one: Running) -> Decision:
    """Stop a failed wake, unless its running tasks are used or this cannot be seen."""
    # In mode dry_run no wake rule is armed, as for a service that is awake.
    kept = veto(BEFORE_ABANDONING if one.service.mode is Mode.ACT else BEFORE_SLEEP, one)
    if kept is not None:
        return kept
    suspended = with_scaling_suspended(one.snapshot, with_activity(one))
    asleep = phases.fall_asleep(suspended, one.at, stopped=one.at, backoff=_backoff(one.state, one.at))
    sentence = f"{one.service.key} failed to wake and is no longer requested or used; it goes back to zero"
    return Decision(Action.SLEEP, Reason.WAKE_ABANDONED, sentence, asleep, desired=0, warning=True)
