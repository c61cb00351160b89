"""Every change of a service's phase, with all that it sets and resets. Pure.

Everything that changes a phase, or what belongs to one, must live in this file: ``phase``, ``since``, ``wake``,
``stop``, ``stopped``, ``backoff``, ``armed``, ``disarmed_at`` and ``failures`` of a ``ServiceState`` are written
nowhere else. The rules say when, each function here what becomes of the service state:

    from      to        function      when
    -         asleep    first_seen    nothing is saved of it, and ECS shows no desired task
    -         awake     first_seen    nothing is saved of it, and ECS shows some
    awake     draining  drain         it has wake rules, and no known activity for ``idle``, or sleep was requested
    draining  awake     stay_awake    activity, a visitor, something that needs it; or it was not stopped in 10 minutes
    awake     asleep    fall_asleep   without wake rules: idle by complete metrics, or sleep requested; or set to 0
    draining  asleep    fall_asleep   its rules are armed, the metrics complete beyond that, and still no activity
    waking    asleep    fall_asleep   failed, unused, not requested for ``idle``; sleep requested; or set to 0 in ECS
    asleep    waking    begin_waking  a wake is requested, or desired is set above zero in ECS
    waking    waking    begin_waking  a failed one is requested again after it was stopped in ECS
    waking    waking    sent_now      ECS is asked for the count: its deadline counts from now on
    waking    waking    fail          its deadline is over
    waking    awake     become_awake  ready
    asleep    awake     undo_stop     ECS refused the stop of a service that was awake, or drained
    asleep    waking    undo_stop     ECS refused the stop of a service that was waking
    any       awake     release       this module manages it no more

A new phase begins without the parts of the one before (``wake``, ``stop``, ``backoff``): what ``replace`` does not set
to ``None`` in a function is kept on purpose. A wake stays in the state while its service is awake or drains.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.observed import ServiceFacts, TaskTimes
from scale_to_zero.model.service_state import Backoff, Hold, Leaving, Memory, Phase, Stop, Wake

from .deployments import running_since
from .wake_times import waits_for_its_turn


def first_seen(name: ServiceName, facts: ServiceFacts, now: datetime) -> Memory:
    """A service of which nothing is saved, by what ECS shows."""
    if facts.desired == 0:
        return Memory(name, Phase.ASLEEP, since=now)
    deployed = running_since(facts, None, now)
    return Memory(name, Phase.AWAKE, since=now, restore=facts.desired, deployment_since=deployed)


def drain(memory: Memory, now: datetime, last_activity: datetime | None) -> Memory:
    """Its wake rules are armed next. ``last_activity``: when it was last needed, which its phase does not have."""
    return replace(memory, phase=Phase.DRAINING, since=now, armed=None, last_activity=last_activity)


def rules_armed(memory: Memory, since: datetime | None) -> Memory:
    """Since when every wake rule of a draining service is known to be armed; ``None``: they are so no more."""
    return replace(memory, armed=since)


def stay_awake(memory: Memory, now: datetime) -> Memory:
    """It drains no more; its wake rules are disarmed next."""
    return replace(memory, phase=Phase.AWAKE, since=now, armed=None, sleep_requested=None)


def fall_asleep(memory: Memory, now: datetime, *, stopped: datetime | None, backoff: Backoff | None = None) -> Memory:
    """It is at zero from now on. ``stopped``: as in ``ServiceState``. ``backoff``: where a failed wake is abandoned."""
    return replace(
        memory,
        phase=Phase.ASLEEP,
        since=now,
        asked=None,
        wake=None,
        stop=None,
        backoff=backoff,
        stopped=stopped,
        armed=None,
        opened=None,
        deployment_since=None,
        would_sleep_since=None,
        metrics_late=None,
        hold=None,
        sleep_requested=None,
    )


def begin_stop(memory: Memory, lease_until: datetime) -> Memory:
    """ECS is asked for zero tasks next; until the lease ends, a wake is only recorded."""
    return replace(memory, stop=Stop(lease_until))


def end_stop(memory: Memory) -> Memory:
    """Its stop is known to be over."""
    return replace(memory, stop=None)


def record_wake(memory: Memory, stop: Stop, now: datetime) -> Memory:
    """A wake is requested while it is being stopped; the first request counts."""
    return replace(memory, stop=stop._replace(wake_requested=stop.wake_requested or now))


def forget_wake(memory: Memory) -> Memory:
    """The wake that was recorded while it was being stopped is wanted no more."""
    return replace(memory, stop=memory.stop and memory.stop._replace(wake_requested=None))


def begin_waking(
    memory: Memory, now: datetime, *, deadline: datetime, asked: datetime | None, sent: datetime | None
) -> Memory:
    """Its wake begins. ``asked``: as in ``Wake``, ``None`` where it was not requested; ``sent``: likewise."""
    return replace(
        memory,
        phase=Phase.WAKING,
        since=now,
        asked=asked,
        wake=Wake(deadline, asked=asked, sent=sent),
        stop=None,
        backoff=None,
        armed=None,
        opened=None,
        deployment_since=None,
        would_sleep_since=None,
        sleep_requested=None,
    )


def request_again(memory: Memory, now: datetime) -> Memory:
    """A waking service is requested; its first request remains the start of the wake."""
    wake = memory.wake and replace(memory.wake, asked=memory.wake.asked or now)
    return replace(memory, asked=now, sleep_requested=None, wake=wake)


def sent_now(memory: Memory, now: datetime) -> Memory:
    """ECS is asked for its tasks now. Where it has waited for its turn, its deadline and its usual time count anew."""
    wake = memory.waking
    if wake is None or not waits_for_its_turn(memory):
        return memory
    deadline = wake.deadline + (now - memory.since)
    return replace(memory, since=now, wake=replace(wake, sent=now, deadline=deadline))


def accepted(memory: Memory, wake: Wake, now: datetime) -> Memory:
    """ECS has accepted the count of its wake."""
    return replace(memory, wake=replace(wake, accepted=now))


def fail(memory: Memory, wake: Wake, cause: str) -> Memory:
    """Its wake is past the deadline; it goes on being managed."""
    return replace(memory, wake=replace(wake, failed=True, cause=cause), failures=memory.failures + 1)


def ask_again_later(memory: Memory, wake: Wake, retry_at: datetime, *, failures: int) -> Memory:
    """ECS is asked again for the tasks of a failed wake that is held, and then not before ``retry_at``."""
    return replace(memory, wake=replace(wake, retry_at=retry_at), failures=failures)


def become_awake(
    memory: Memory,
    now: datetime,
    times: TaskTimes,
    *,
    restore: int,
    deployment_since: datetime | None,
    usual_wake: timedelta | None,
    opened: datetime | None,
) -> Memory:
    """It is ready. What is set is as in ``ServiceState``."""
    wake = memory.wake and replace(
        memory.wake,
        created=times.created,
        pulled=times.pulled,
        started=times.started,
        healthy=now,
    )
    return replace(
        memory,
        phase=Phase.AWAKE,
        since=now,
        wake=wake,
        stopped=None,
        opened=opened,
        failures=0,
        restore=restore,
        deployment_since=deployment_since,
        usual_wake=usual_wake,
    )


def rules_disarmed(memory: Memory, now: datetime) -> Memory:
    """Requests reach it again, and are not sent to the wake function any more."""
    return replace(memory, opened=now)


def release(memory: Memory, now: datetime, *, hold: Hold | None = None) -> Memory:
    """It owes nothing to this module any more, and is left to itself."""
    return replace(
        memory,
        phase=Phase.AWAKE,
        since=now,
        asked=None,
        wake=None,
        stop=None,
        backoff=None,
        stopped=None,
        armed=None,
        opened=None,
        failures=0,
        deployment_since=None,
        hold=hold,
        sleep_requested=None,
    )


def undo_stop(before: Memory, stored: Memory, now: datetime) -> tuple[Memory, Memory]:
    """A stop that surely did not happen: the state as it was ``before``, but for what others wrote since.

    ``stored``: as the table has it now. Return it with the phase it had, and as it is from now on: what drained is
    awake, and a wake that was recorded meanwhile finds it awake, or goes on.
    """
    running = replace(
        before,
        sleep_requested=None,
        version=stored.version,
        last_activity=stored.last_activity,
        hold=stored.hold,
        announced=stored.announced,
        leaving=stored.leaving,
        escort_sent_until=stored.escort_sent_until,
        escorted_until=stored.escorted_until,
    )
    undone = stay_awake(running, now) if running.phase is Phase.DRAINING else running
    if stored.wake_requested is None:
        return running, undone
    if undone.phase is Phase.WAKING:
        return running, request_again(undone, stored.wake_requested)
    return running, replace(undone, asked=stored.wake_requested)


def leave(memory: Memory, now: datetime) -> Memory:
    """Its uninstall begins now: it leaves the module, and what was requested of it is void."""
    return replace(forget_wake(memory), leaving=Leaving(now), sleep_requested=None)


def stay(memory: Memory, now: datetime) -> Memory:
    """It leaves the module no more; one that is awake gets its whole idle window."""
    return replace(memory, leaving=None, since=now if memory.phase is Phase.AWAKE else memory.since)
