"""Every change of a service's phase, with all that it sets and resets. Pure.

Only this file changes a phase and the fields that belong to one: ``phase``, ``since``, ``wake``, ``stop``,
``stopped``, ``backoff``, ``armed``, ``routing_restored_at`` and ``failures`` of a ``ServiceState``. The rules decide
when; each function here returns the service state after the change:

    from      to        function      when
    -         asleep    first_seen    nothing is saved about it, and ECS shows no desired task
    -         awake     first_seen    nothing is saved about it, and ECS shows desired tasks
    awake     draining  drain         it has wake rules, and no known activity for ``idle``, or sleep was requested
    draining  awake     stay_awake    activity, a visitor, something that needs it; or it was not stopped in 10 minutes
    awake     asleep    fall_asleep   without wake rules: idle by complete metrics, or sleep requested; or set to 0
    draining  asleep    fall_asleep   its rules are armed, the metrics complete beyond the arming, and no activity
    waking    asleep    fall_asleep   failed, unused, not requested for ``idle``; sleep requested; or set to 0 in ECS
    asleep    waking    begin_waking  a wake is requested, or desired is set above zero in ECS
    waking    waking    begin_waking  a failed wake is requested again after it was stopped in ECS
    waking    waking    sent_now      the count is set in ECS: its deadline counts from now on
    waking    waking    fail          its deadline is over
    waking    awake     become_awake  ready
    asleep    awake     undo_stop     AWS refused the stop of a service that was awake, or drained
    asleep    waking    undo_stop     AWS refused the stop of a service that was waking
    any       awake     stop_managing this module no longer manages it

A new phase begins without the parts of the phase before (``wake``, ``stop``, ``backoff``). A part that ``replace`` does
not set to ``None`` in a function is kept on purpose. A wake stays in the state while its service is awake or drains.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.observed import ServiceFacts, TaskTimes
from scale_to_zero.model.service_state import Backoff, Hold, Leaving, Phase, ServiceState, Stop, Wake

from .deployments import running_since
from .wake_times import waits_for_its_turn


def first_seen(name: ServiceName, facts: ServiceFacts, now: datetime) -> ServiceState:
    """Begin the state of a service about which nothing is saved, from what ECS shows."""
    if facts.desired == 0:
        return ServiceState(name, Phase.ASLEEP, since=now)
    deployed = running_since(facts, None, now)
    return ServiceState(name, Phase.AWAKE, since=now, restore=facts.desired, deployment_since=deployed)


def drain(state: ServiceState, now: datetime, last_activity: datetime | None) -> ServiceState:
    """Begin to drain; the wake rules are armed next.

    ``last_activity``: when the service was last needed, since ``since`` no longer shows it while the service drains.
    """
    return replace(state, phase=Phase.DRAINING, since=now, armed=None, last_activity=last_activity)


def rules_armed(state: ServiceState, since: datetime | None) -> ServiceState:
    """Record since when every wake rule is known to be armed, in UTC; ``None``: not every one is."""
    return replace(state, armed=since)


def stay_awake(state: ServiceState, now: datetime) -> ServiceState:
    """End draining; the wake rules are disarmed next."""
    return replace(state, phase=Phase.AWAKE, since=now, armed=None, sleep_requested=None)


def fall_asleep(
    state: ServiceState, now: datetime, *, stopped: datetime | None, backoff: Backoff | None = None
) -> ServiceState:
    """Begin to be at zero. ``stopped``: as in ``ServiceState``. ``backoff``: set if a failed wake is abandoned."""
    return replace(
        state,
        phase=Phase.ASLEEP,
        since=now,
        requested_at=None,
        wake=None,
        stop=None,
        backoff=backoff,
        stopped=stopped,
        armed=None,
        routing_restored_at=None,
        deployment_since=None,
        would_sleep_since=None,
        metrics_late=None,
        hold=None,
        sleep_requested=None,
    )


def begin_stop(state: ServiceState, lease_until: datetime) -> ServiceState:
    """Begin a stop: the desired count is set to zero next. Until the lease ends, a wake is only recorded."""
    return replace(state, stop=Stop(lease_until))


def end_stop(state: ServiceState) -> ServiceState:
    """Record that the stop is known to be over."""
    return replace(state, stop=None)


def record_wake(state: ServiceState, stop: Stop, now: datetime) -> ServiceState:
    """Record that a wake was requested during a stop; the first request counts."""
    return replace(state, stop=stop._replace(wake_requested=stop.wake_requested or now))


def forget_wake(state: ServiceState) -> ServiceState:
    """Cancel the wake that was recorded during a stop."""
    return replace(state, stop=state.stop and state.stop._replace(wake_requested=None))


def begin_waking(
    state: ServiceState,
    now: datetime,
    *,
    deadline: datetime,
    requested_at: datetime | None,
    sent: datetime | None,
    armed: datetime | None,
) -> ServiceState:
    """Begin its wake. ``requested_at`` and ``sent``: see ``Wake``; ``armed``: see ``ServiceState``."""
    return replace(
        state,
        phase=Phase.WAKING,
        since=now,
        requested_at=requested_at,
        wake=Wake(deadline, first_requested_at=requested_at, sent=sent),
        stop=None,
        backoff=None,
        armed=armed,
        routing_restored_at=None,
        deployment_since=None,
        would_sleep_since=None,
        sleep_requested=None,
    )


def request_again(state: ServiceState, now: datetime) -> ServiceState:
    """Record another request for a waking service; the first request remains the start of the wake."""
    wake = state.wake and replace(state.wake, first_requested_at=state.wake.first_requested_at or now)
    return replace(state, requested_at=now, sleep_requested=None, wake=wake)


def sent_now(state: ServiceState, now: datetime) -> ServiceState:
    """Record that the desired count is set now.

    If the wake waited for its turn, its deadline and its usual time count from now.
    """
    wake = state.wake_under_way
    if wake is None or not waits_for_its_turn(state):
        return state
    deadline = wake.deadline + (now - state.since)
    return replace(state, since=now, wake=replace(wake, sent=now, deadline=deadline))


def accepted(state: ServiceState, wake: Wake, now: datetime) -> ServiceState:
    """Record that ECS has accepted the count of the wake."""
    return replace(state, wake=replace(wake, accepted=now))


def fail(state: ServiceState, wake: Wake, cause: str) -> ServiceState:
    """Record that the wake is past its deadline; the service is still managed."""
    return replace(state, wake=replace(wake, failed=True, cause=cause), failures=state.failures + 1)


def retry_later(state: ServiceState, wake: Wake, retry_at: datetime, *, failures: int) -> ServiceState:
    """Record that the count of a failed wake whose service is held is set again, then not before ``retry_at``."""
    return replace(state, wake=replace(wake, retry_at=retry_at), failures=failures)


def become_awake(
    state: ServiceState,
    now: datetime,
    times: TaskTimes,
    *,
    restore: int,
    deployment_since: datetime | None,
    usual_wake: timedelta | None,
    routing_restored_at: datetime | None,
) -> ServiceState:
    """Become awake: the service is ready. The arguments are as in ``ServiceState``."""
    wake = state.wake and replace(
        state.wake,
        created=times.created,
        pulled=times.pulled,
        started=times.started,
        healthy=now,
    )
    return replace(
        state,
        phase=Phase.AWAKE,
        since=now,
        wake=wake,
        stopped=None,
        armed=None,
        routing_restored_at=routing_restored_at,
        failures=0,
        restore=restore,
        deployment_since=deployment_since,
        usual_wake=usual_wake,
    )


def rules_disarmed(state: ServiceState, now: datetime) -> ServiceState:
    """Record that requests reach the service again and are no longer sent to the wake function."""
    return replace(state, routing_restored_at=now)


def stop_managing(state: ServiceState, now: datetime, *, hold: Hold | None = None) -> ServiceState:
    """End the management of a service that runs: the module has nothing left to undo for it."""
    return replace(
        state,
        phase=Phase.AWAKE,
        since=now,
        requested_at=None,
        wake=None,
        stop=None,
        backoff=None,
        stopped=None,
        armed=None,
        routing_restored_at=None,
        failures=0,
        deployment_since=None,
        hold=hold,
        sleep_requested=None,
    )


def undo_stop(before: ServiceState, stored: ServiceState, now: datetime) -> tuple[ServiceState, ServiceState]:
    """Undo a stop that certainly did not happen: restore ``before``, but keep what other runs wrote since.

    ``stored``: as the table holds it now. Return two states: with the phase before the stop, and as it is from now on.
    A service that drained is awake from now on. If a wake was recorded meanwhile, the service is already awake, or its
    earlier wake continues.
    """
    running = replace(
        before,
        sleep_requested=None,
        version=stored.version,
        last_activity=stored.last_activity,
        hold=stored.hold,
        notified=stored.notified,
        leaving=stored.leaving,
        scaling=stored.scaling,
        watcher_expected_until=stored.watcher_expected_until,
        watcher_until=stored.watcher_until,
    )
    undone = stay_awake(running, now) if running.phase is Phase.DRAINING else running
    if stored.wake_requested is None:
        return running, undone
    if undone.phase is Phase.WAKING:
        return running, request_again(undone, stored.wake_requested)
    return running, replace(undone, requested_at=stored.wake_requested)


def leave(state: ServiceState, now: datetime) -> ServiceState:
    """Begin the uninstall: the service leaves the module, and pending requests are cancelled."""
    return replace(forget_wake(state), leaving=Leaving(now), sleep_requested=None)


def cancel_leaving(state: ServiceState, now: datetime) -> ServiceState:
    """Cancel the uninstall: the service stays. If it is awake, a new idle window begins."""
    return replace(state, leaving=None, since=now if state.phase is Phase.AWAKE else state.since)
