"""The rules by which a service is put to sleep and its wakes are watched. Pure.

``phases`` has the table of phases, and what a change of phase does to the service state. This module, ``idleness``,
``draining``, ``waking``, ``taking_back`` and ``decide_wake`` decide when a phase changes. ``wake_rules`` says which
rules must be armed in which phase.

Decisions are level-based: they follow from what is observed and saved now, never from past events.
So if a run crashes between any two steps, the next run recognises the state it left and completes the work.
If a decision wants more to be observed, the shell fills that part of the snapshot and decides again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action, Decision, Want, observe_first
from scale_to_zero.model.observed import NOT_OBSERVED, Missing, NotObserved, Readiness, ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.quantities import clock_time, in_minutes
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import HoldAll, Leaving, Phase, ServiceState, Stop

from . import phases
from .draining import decide_awake, decide_draining, drained_unseen
from .holds import current_hold, hold_all_text, holding_all, stays_stopped
from .leaving import LONGEST_CONFIGURED, leaves
from .phase_changes import with_change_recorded
from .scaling import asleep_without_suspension, may_be_scaled_to_zero_elsewhere, newly_known
from .taking_back import take_back
from .wake_rules import why_left_disarmed, why_not_armed
from .waking import (
    awake_now,
    begin_wake,
    begin_waking,
    begun_unseen,
    decide_waking,
    failed_unseen,
    wake_unfinished,
    was_stopped_in_ecs,
)


def decide(snapshot: Snapshot, now: datetime) -> Decision:
    """Decide what to do about one service at one instant."""
    state = snapshot.known_state
    if state is not None and state.leaving is not None and not leaves(state, now):
        return _leaving_cancelled(snapshot.service, state, now)
    return with_change_recorded(state, take_back(snapshot, now) or _by_mode(snapshot, now), now)


def _leaving_cancelled(service: Service, state: ServiceState, now: datetime) -> Decision:
    sentence = f"{service.key} stays in the module: its uninstall did not finish; to remove it, run Terraform again"
    return Decision(Action.SAVE_STATE, Reason.LEAVING, sentence, phases.cancel_leaving(state, now), warning=True)


def _by_mode(snapshot: Snapshot, now: datetime) -> Decision:
    decision = _decide(snapshot, now)
    if snapshot.service.mode is Mode.DRY_RUN:
        return _in_dry_run(decision, snapshot, now)
    return decision


class KnownService(NamedTuple):
    """What must be known about a managed service; ``state`` is ``None`` if nothing is saved about it."""

    facts: ServiceFacts
    state: ServiceState | None


def seen_or_skipped(snapshot: Snapshot, now: datetime) -> KnownService | Decision:
    """Return what is known about a service, or the decision to skip it, which is the same for every caller."""
    service, facts, state = snapshot.service, snapshot.facts, snapshot.state
    if service.mode is Mode.OFF:
        return Decision(Action.SKIP, Reason.OFF, f"{service.key} is skipped: its mode is off")
    if isinstance(state, ServiceState) and state.leaving is not None and leaves(state, now):
        return _has_left(service, state.leaving, now)
    if isinstance(facts, Unknown):
        sentence = f"{service.key} is not changed, because ECS could not be read: {facts.why}"
        return Decision(Action.SKIP, Reason.NOT_SEEN, sentence, warning=True, forbidden=facts.forbidden)
    if isinstance(facts, Missing):
        sentence = f"{service.key} is skipped: {facts.why}; correct its cluster_name and service_name"
        return Decision(Action.SKIP, Reason.SERVICE_MISSING, sentence, warning=True)
    if facts.status != "ACTIVE":
        sentence = f"{service.key} is skipped: the status of {service.name} in ECS is {facts.status}, not ACTIVE"
        return Decision(Action.SKIP, Reason.SERVICE_NOT_ACTIVE, sentence, warning=True)
    if facts.scheduling_strategy == "DAEMON":
        sentence = f"{service.key} is skipped: a DAEMON service has no desired count to set to zero"
        return Decision(Action.SKIP, Reason.DAEMON, sentence, warning=True)
    if isinstance(state, Unknown):
        sentence = f"{service.key} is not changed: {state.why}"
        return Decision(Action.SKIP, Reason.STATE_UNREADABLE, sentence, warning=True)
    return KnownService(facts, state)


def _has_left(service: Service, leaving: Leaving, now: datetime) -> Decision:
    sentence = f"{service.key} is skipped: it has been leaving the module since {clock_time(leaving.since)}"
    late = now >= leaving.since + LONGEST_CONFIGURED
    if late:
        sentence += (
            "; run terraform apply again to complete its removal; to keep it, run terraform apply with "
            f"-replace of aws_lambda_invocation.uninstall for {service.name}"
        )
    return Decision(Action.SKIP, Reason.LEAVING, sentence, warning=late)


def _decide(snapshot: Snapshot, now: datetime) -> Decision:
    seen = seen_or_skipped(snapshot, now)
    if isinstance(seen, Decision):
        return _overdue_unseen(snapshot, seen, now) or seen
    facts, state = seen
    if state is None:
        return _first_seen(snapshot, facts, now)
    if facts.desired == 0:
        return _stopped(snapshot, facts, state, now)
    if state.phase is Phase.ASLEEP:
        return _running_though_asleep(snapshot, facts, state, now)
    if state.phase is Phase.WAKING:
        return decide_waking(snapshot, facts, state, now)
    if state.phase is Phase.DRAINING:
        return decide_draining(snapshot, facts, state, now)
    return decide_awake(snapshot, facts, state, now)


def _overdue_unseen(snapshot: Snapshot, skipped: Decision, now: datetime) -> Decision | None:
    """Apply the time limits of a skipped service, whatever ECS shows: its wake fails, or its draining ends.

    Otherwise the visitors of a service that cannot be read would get the state ``waking`` forever after a request for
    a wake.
    """
    state = snapshot.state
    if not isinstance(state, ServiceState) or skipped.reason in (Reason.OFF, Reason.LEAVING):
        return None
    if state.phase is Phase.WAKING:
        return failed_unseen(snapshot, state, skipped, now)
    if state.phase is Phase.DRAINING:
        return drained_unseen(snapshot.service, state, skipped, now)
    return begun_unseen(snapshot, state, skipped, now) if state.phase is Phase.ASLEEP else None


def _first_seen(snapshot: Snapshot, facts: ServiceFacts, now: datetime) -> Decision:
    service = snapshot.service
    state = phases.first_seen(service.name, facts, now)
    state = newly_known(snapshot, state, now) or state
    sentence = f"{service.key} is seen for the first time, and is asleep"
    if state.phase is Phase.AWAKE:
        sentence = f"{service.key} is seen for the first time, and is awake; its idle window begins now"
    return Decision(Action.SAVE_STATE, Reason.FIRST_SEEN, sentence, state)


def _stopped(snapshot: Snapshot, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision:
    service = snapshot.service
    wake, failed = state.wake_under_way, was_stopped_in_ecs(state)
    if state.phase in RUNNING_PHASES or failed or (wake is not None and wake.first_requested_at is None):
        sentence = f"{service.key} was set to zero tasks in ECS, not by this module"
        # A waking service may not have run since this module stopped it: ECS can show an old count for a moment.
        ran = state.phase in RUNNING_PHASES or failed
        asleep = phases.fall_asleep(state, now, stopped=None if ran else state.stopped)
        return Decision(Action.SAVE_STATE, Reason.STOPPED_ELSEWHERE, sentence, asleep)
    if state.phase is Phase.WAKING:
        return wake_unfinished(snapshot, state, now)
    if stop := state.stop_under_way(now):
        return _stop_under_way(service, stop)
    if state.wake_requested is not None:
        return begin_wake(snapshot, facts, state, now, requested_at=state.wake_requested)
    if current_hold(state, now) is not None:
        return begin_wake(snapshot, facts, state, now, requested_at=now)
    woken = _woken_with_all(snapshot, facts, state, now)
    if woken is not None:
        return woken
    if state.stop is not None:
        sentence = f"{service.key} reached zero tasks; the run that stopped it did not record this, so this tick does"
        return Decision(Action.SAVE_STATE, Reason.STOP_COMPLETED, sentence, phases.end_stop(state))
    return (
        _asleep_with_rule_problem(snapshot, facts, state, now)
        or asleep_without_suspension(snapshot)
        or Decision(Action.STAY, Reason.ASLEEP, f"{service.key} is asleep")
    )


def _woken_with_all(snapshot: Snapshot, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision | None:
    """Wake a sleeping service while all services are held, or observe what this needs; ``None``: it stays asleep.

    A service that was set to zero in ECS after the hold began stays asleep. So does a service that this module did not
    stop, and that Application Auto Scaling may have scaled to zero.
    """
    hold = holding_all(snapshot, now)
    if not isinstance(hold, HoldAll) or stays_stopped(state, hold):
        return None
    if state.stopped is None and isinstance(snapshot.scalable_target, NotObserved):
        sentence = f"{snapshot.service.key} sleeps while all services are held; the module reads its scalable target"
        return observe_first(Reason.HELD, sentence, Want.SCALABLE_TARGET)
    if state.stopped is None and may_be_scaled_to_zero_elsewhere(snapshot.scalable_target):
        return None
    woken = begin_wake(snapshot, facts, state, now, requested_at=now)
    return replace(woken, sentence=f"{woken.sentence}; it is {hold_all_text(hold)}")


def _asleep_with_rule_problem(
    snapshot: Snapshot, facts: ServiceFacts, state: ServiceState, now: datetime
) -> Decision | None:
    """Report a sleeping service whose wake rules have a problem, or wake it; ``None`` if they have none.

    A wake rule that could take the requests of other rules, or that comes after the service's own rule, is not armed.
    The visitors of the service would then reach no target, so the service is woken if this module stopped it.
    """
    service = snapshot.service
    if service.wake_on_request is None or service.mode is not Mode.ACT or not isinstance(snapshot.rules, Mapping):
        return None
    problem = why_not_armed(service, snapshot.rules)
    if problem is None:
        return None
    in_backoff = state.backoff is not None and now < state.backoff.until
    left_disarmed = why_left_disarmed(service, snapshot.rules)
    if state.stopped is not None and not in_backoff and left_disarmed is not None:
        sentence = f"{service.key} wakes, because requests cannot wake it: {left_disarmed}"
        woken = begin_wake(snapshot, facts, state, now, requested_at=now)
        return replace(woken, reason=Reason.WAKE_RULE_PROBLEM, sentence=sentence, warning=True)
    sentence = f"{service.key} is asleep, but requests cannot wake it correctly: {problem}"
    return Decision(Action.STAY, Reason.WAKE_RULE_PROBLEM, sentence, warning=True)


RUNNING_PHASES: Final = frozenset({Phase.AWAKE, Phase.DRAINING})


def _running_though_asleep(snapshot: Snapshot, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision:
    """Record that a service is waking, or already awake, so that its wake rules are disarmed a minute earlier."""
    service, readiness = snapshot.service, snapshot.readiness
    if stop := state.stop_under_way(now):
        return _stop_under_way(service, stop)
    started = begin_waking(service, facts, state, now, requested_at=state.wake_requested)
    if facts.running > 0 and isinstance(readiness, NotObserved):
        return observe_first(Reason.STARTED_ELSEWHERE, f"{service.key} was started", Want.READINESS)
    if isinstance(readiness, Readiness) and readiness.ready:
        return awake_now(service, started, facts, now, NOT_OBSERVED)
    sentence = f"{service.key} has a desired count of {facts.desired}: started in ECS, or its stop did not happen"
    return Decision(Action.SAVE_STATE, Reason.STARTED_ELSEWHERE, sentence, started)


def _stop_under_way(service: Service, stop: Stop) -> Decision:
    sentence = f"{service.key} is being stopped until {clock_time(stop.lease_until)} at the latest"
    return Decision(Action.STAY, Reason.STOP_UNDER_WAY, sentence)


def _in_dry_run(decision: Decision, snapshot: Snapshot, now: datetime) -> Decision:
    """Turn a decision into what mode ``dry_run`` does: save and report it, and change nothing in ECS.

    A service that this module stopped before the mode changed was already started again (``taking_back``).
    """
    service, state = snapshot.service, snapshot.state
    if not isinstance(state, ServiceState) or decision.action is Action.SKIP:
        return decision
    if decision.action is Action.WAKE:
        sentence = f"{service.key} would wake, but its mode is dry_run"
        asleep = phases.fall_asleep(state, now, stopped=state.stopped)
        return Decision(Action.SAVE_STATE, Reason.DRY_RUN, sentence, asleep)
    if state.phase is Phase.DRAINING:
        sentence = f"{service.key} no longer drains: its mode is dry_run"
        return Decision(Action.SAVE_STATE, Reason.DRY_RUN, sentence, phases.stay_awake(state, now))
    if decision.action is Action.SLEEP:
        if state.would_sleep_since is not None:
            return Decision(Action.STAY, Reason.WOULD_SLEEP, f"{service.key} would be asleep, but its mode is dry_run")
        sentence = f"{service.key} would sleep, but its mode is dry_run. In mode act: {decision.sentence}"
        return Decision(Action.SAVE_STATE, Reason.WOULD_SLEEP, sentence, replace(state, would_sleep_since=now))
    if decision.action is Action.RECORD_ACTIVITY and state.would_sleep_since is not None and decision.state:
        woken = replace(decision.state, would_sleep_since=None)
        asleep_for = in_minutes(now - state.would_sleep_since)
        sentence = f"{service.key} would wake after {asleep_for} asleep, but its mode is dry_run"
        return Decision(Action.SAVE_STATE, Reason.WOULD_WAKE, sentence, woken)
    return decision
