"""The watching of wakes: observe them until they are ready, and disarm their wake rules.

One run at a time watches each wake: it takes a lease on the wake and renews it. Every other run that waits for the
same wake only reads the service state. It takes the lease after that expires, since the first run may have died.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.actions.act import log_decision
from scale_to_zero.actions.disarming import disarm_wake_rules
from scale_to_zero.actions.reading import read_states
from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallFailed, CallForbidden, StateChanged
from scale_to_zero.model.observed import Missing, Readiness, ServiceFacts, Snapshot, Unknown, is_forbidden
from scale_to_zero.model.service_state import Lease, Phase, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules.phase_changes import with_change_recorded
from scale_to_zero.rules.waking import awake_now
from scale_to_zero.tick.observe import observe_readiness

from .wake import ServiceProgress, notify_progress

logger = logging.getLogger(__name__)

LONGEST_WATCH: Final = timedelta(seconds=840)
"""AWS Lambda ends a run after 900 seconds."""
LONGEST_WAIT: Final = timedelta(seconds=50)
"""The AWS CLI gives up on an answer after 60 seconds and then retries."""
LEASE: Final = timedelta(seconds=20)
"""After a watcher has died, another one or the tick continues its wake within this time."""
TIME_KEPT_FOR_THE_END: Final = timedelta(seconds=8)
SHORTEST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 10.0
READS_A_SECOND: Final = 5
"""Elastic Load Balancing allows 10 reads a second for a whole account (AWS: ELB API throttling)."""


def wait_for_wakes(
    ports: Ports, progress: Sequence[ServiceProgress], *, since: datetime, ends_at: datetime
) -> list[ServiceProgress]:
    """Watch wakes while a caller waits, at most until 50 seconds after its request, ``since``.

    ``ends_at``: when AWS Lambda ends this run.
    """
    steps = _watch(ports, progress, min(since + LONGEST_WAIT, ends_at - TIME_KEPT_FOR_THE_END))
    return [_left_to_others(ports, step) if step.is_waking else step for step in steps]


def watch_wakes(ports: Ports, progress: Sequence[ServiceProgress], ends_at: datetime) -> list[ServiceProgress]:
    """Watch wakes that no other run watches, for at most 840 seconds. ``ends_at``: when AWS Lambda ends this run.

    Once a wake is past its deadline, only the ticks continue it.
    """
    leased = [step for step in (_with_lease(ports, step) for step in progress) if step.lease_until or step.forbidden]
    steps = _watch(ports, leased, min(ports.clock() + LONGEST_WATCH, ends_at - TIME_KEPT_FOR_THE_END))
    # Return the lease of a wake that AWS forbids this run to watch, so that the ticks observe it at once.
    return [_left_to_others(ports, step) if step.forbidden else step for step in steps]


def _watch(ports: Ports, progress: Sequence[ServiceProgress], until: datetime) -> list[ServiceProgress]:
    """Observe the wakes once a second until none is in progress; every ten seconds at least if calls fail."""
    steps, pause = list(progress), SHORTEST_PAUSE
    while any(_continues(step) for step in steps) and (left := (until - ports.clock()).total_seconds()) > 0:
        ports.sleep(min(pause, left))
        steps, call_failed = _observe(ports, steps)
        usual = max(SHORTEST_PAUSE, sum(_continues(step) for step in steps) / READS_A_SECOND)
        pause = min(LONGEST_PAUSE, 2 * pause if call_failed else usual)
    return steps


def _continues(step: ServiceProgress) -> bool:
    return step.is_waking and not step.failed and not step.forbidden


def _observe(ports: Ports, steps: list[ServiceProgress]) -> tuple[list[ServiceProgress], bool]:
    """Observe every wake in progress again, service state first; return also whether a call failed."""
    going_on = [step for step in steps if _continues(step)]
    names = [step.service.name for step in going_on]
    try:
        states = _states(ports, going_on)
    except CallForbidden as error:
        return [_forbidden(step, str(error)) if _continues(step) else step for step in steps], False
    except CallFailed as error:
        return [replace(step, message=str(error)) if _continues(step) else step for step in steps], True
    with_leases = [_with_lease(ports, replace(step, state=states.get(step.service.name))) for step in going_on]
    mine = [step.service.name for step in with_leases if step.lease_until is not None]
    facts = ports.services.describe(mine) if mine else {}
    seen = [replace(step, facts=facts.get(step.service.name, step.facts)) for step in with_leases]
    judged = dict(zip(names, ports.executor.map(lambda step: _judge(ports, step), seen), strict=True))
    after = [judged[step.service.name][0] if _continues(step) else step for step in steps]
    return after, any(call_failed for _, call_failed in judged.values())


def _states(ports: Ports, steps: Sequence[ServiceProgress]) -> Mapping[ServiceName, ServiceState | Unknown | None]:
    names = [step.service.name for step in steps]
    if len(names) == 1:
        return {name: ports.table.read(name) for name in names}
    return read_states(ports, names)


def _with_lease(ports: Ports, step: ServiceProgress) -> ServiceProgress:
    """Take the lease on a wake that no other run watches, or renew it."""
    now, state = ports.clock(), step.state
    if not step.is_waking or not isinstance(state, ServiceState):
        return replace(step, lease_until=None)
    if step.lease_until is not None and step.lease_until - now > LEASE / 2:
        return step
    others = state.watcher_until if step.lease_until is None else None
    if others is not None and now < others:
        return step
    try:
        leased = ports.table.take_lease(step.service.name, Lease.WATCHER, now + LEASE, mine=step.lease_until)
    except CallForbidden as error:
        return _forbidden(step, str(error))
    except CallFailed as error:
        logger.warning(f"{step.service.key}: this run does not watch the wake for now: {error}")
        leased = False
    return replace(step, lease_until=now + LEASE if leased else None)


def _left_to_others(ports: Ports, step: ServiceProgress) -> ServiceProgress:
    """Return the lease, so that another watcher can take it at once."""
    if step.lease_until is not None:
        try:
            ports.table.take_lease(step.service.name, Lease.WATCHER, ports.clock(), mine=step.lease_until)
        except CallFailed as error:
            logger.info(f"{step.service.key}: the lease of the watcher was not returned and expires by itself: {error}")
    return step if step.forbidden else replace(step, message=_still_waking(step))


def _judge(ports: Ports, step: ServiceProgress) -> tuple[ServiceProgress, bool]:
    """Determine whether one wake is over, and whether a call failed; the next observation or tick retries it."""
    facts, state = step.facts, step.state
    if step.forbidden:
        return step, False
    if not isinstance(state, ServiceState):
        return replace(step, message=state.why if state else f"{step.service.key} was uninstalled"), False
    if state.phase is not Phase.WAKING:
        return replace(step, message=f"{step.service.key} is {state.phase}"), False
    if step.lease_until is None:
        return step, False
    if not isinstance(facts, ServiceFacts):
        return _unseen(step, facts)
    now = ports.clock()
    healthy_since = step.healthy_since or now
    readiness = observe_readiness(ports, Snapshot(step.service, facts, state), now, healthy_since)
    if isinstance(readiness, Unknown):
        return _unseen(step, readiness)
    if not readiness.ready:
        return _not_ready(step, readiness, healthy_since), False
    return _ready(ports, step, state, facts), False


def _not_ready(step: ServiceProgress, readiness: Readiness, healthy_since: datetime) -> ServiceProgress:
    return replace(
        step,
        healthy_since=healthy_since if readiness.healthy else None,
        message=f"it waits for {readiness.waits_for}",
    )


def _ready(ports: Ports, step: ServiceProgress, state: ServiceState, facts: ServiceFacts) -> ServiceProgress:
    """Save that the service is awake, then disarm the wake rules."""
    now, times = ports.clock(), ports.services.task_times(step.service.name)
    decision = with_change_recorded(state, awake_now(step.service, state, facts, now, times), now)
    assert decision.state is not None
    try:
        written = ports.table.write(decision.state)
    except CallForbidden as error:
        return _forbidden(step, str(error))
    except (CallFailed, StateChanged):
        return step
    log_decision(step.service, decision)
    ready = replace(
        step, state=disarm_wake_rules(ports, step.service, written), message=decision.sentence, read=state.version
    )
    notify_progress(ports, [ready])
    return ready


def _still_waking(step: ServiceProgress) -> str:
    description = "is past its deadline and still waking" if step.failed else "is still waking"
    return f"{step.service.key} {description}: {step.message}"


def _unseen(step: ServiceProgress, seen: Missing | Unknown) -> tuple[ServiceProgress, bool]:
    """Record that the service could not be seen: it is observed again, unless AWS forbids the call."""
    if is_forbidden(seen):
        return _forbidden(step, seen.why), False
    return replace(step, message=seen.why), True


def _forbidden(step: ServiceProgress, why: str) -> ServiceProgress:
    """Stop observing. The wake continues, but only the ticks watch it until an operator allows the call."""
    message = f"{step.service.key} is waking, but this function cannot watch it; only the ticks watch it: {why}"
    logger.error(message, extra={"service": step.service.key})
    return replace(step, message=message, forbidden=True)
