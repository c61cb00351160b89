"""Watching wakes: observe them until they are ready, and disarm their wake rules.

One run at a time watches each wake: it takes a lease on it, and renews that lease. Any other run that waits for the
same wake reads the service state only. It takes the lease when that ends, since the run that had it may have died.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.actions.act import log_decision
from scale_to_zero.actions.disarming import open_the_way
from scale_to_zero.actions.reading import read_memories
from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallFailed, CallForbidden, MemoryChanged
from scale_to_zero.model.observed import Missing, Readiness, ServiceFacts, Snapshot, Unknown, is_forbidden
from scale_to_zero.model.service_state import Errand, Memory, Phase
from scale_to_zero.ports import Ports
from scale_to_zero.rules.phase_changes import noted
from scale_to_zero.rules.waking import awake_now
from scale_to_zero.tick.observe import look_at_readiness

from .wake import Progress, announce_progress

logger = logging.getLogger(__name__)

LONGEST_ESCORT: Final = timedelta(seconds=840)
"""AWS Lambda ends a run after 900 seconds."""
LONGEST_WAIT: Final = timedelta(seconds=50)
"""The AWS CLI gives up on an answer after 60 seconds and then retries."""
CLAIM: Final = timedelta(seconds=20)
"""So soon after a watcher has died another one, or the tick, takes on its wake."""
TIME_KEPT_FOR_THE_END: Final = timedelta(seconds=8)
SHORTEST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 10.0
LOOKS_A_SECOND: Final = 5
"""Elastic Load Balancing answers 10 reads a second for a whole account (AWS: ELB API throttling)."""


def wait_for_wakes(ports: Ports, progress: Sequence[Progress], *, since: datetime, ends_at: datetime) -> list[Progress]:
    """Watch wakes while a caller waits: until 50 seconds after its request, ``since``, at most.

    ``ends_at``: when this run is cut off.
    """
    steps = _see_through(ports, progress, min(since + LONGEST_WAIT, ends_at - TIME_KEPT_FOR_THE_END))
    return [_left_to_others(ports, step) if step.waking else step for step in steps]


def escort(ports: Ports, progress: Sequence[Progress], ends_at: datetime) -> list[Progress]:
    """Watch wakes that no other run watches, for 840 seconds at most. ``ends_at``: when this run is cut off.

    A wake that is past its deadline is the ticks' from then on.
    """
    claimed = [step for step in (_claimed(ports, step) for step in progress) if step.claimed_until or step.forbidden]
    steps = _see_through(ports, claimed, min(ports.clock() + LONGEST_ESCORT, ends_at - TIME_KEPT_FOR_THE_END))
    # The ticks observe at once what AWS forbids this run to watch.
    return [_left_to_others(ports, step) if step.forbidden else step for step in steps]


def _see_through(ports: Ports, progress: Sequence[Progress], until: datetime) -> list[Progress]:
    """Observe the wakes once a second until none is under way; many, or failures, down to every ten seconds."""
    steps, pause = list(progress), SHORTEST_PAUSE
    while any(_goes_on(step) for step in steps) and (left := (until - ports.clock()).total_seconds()) > 0:
        ports.sleep(min(pause, left))
        steps, troubled = _look(ports, steps)
        usual = max(SHORTEST_PAUSE, sum(_goes_on(step) for step in steps) / LOOKS_A_SECOND)
        pause = min(LONGEST_PAUSE, 2 * pause if troubled else usual)
    return steps


def _goes_on(step: Progress) -> bool:
    return step.waking and not step.failed and not step.forbidden


def _look(ports: Ports, steps: list[Progress]) -> tuple[list[Progress], bool]:
    """Observe every wake under way again, service state first; say whether a call failed."""
    going_on = [step for step in steps if _goes_on(step)]
    names = [step.service.name for step in going_on]
    try:
        memories = _memories(ports, going_on)
    except CallForbidden as error:
        return [_forbidden(step, str(error)) if _goes_on(step) else step for step in steps], False
    except CallFailed as error:
        return [replace(step, message=str(error)) if _goes_on(step) else step for step in steps], True
    remembered = [_claimed(ports, replace(step, memory=memories.get(step.service.name))) for step in going_on]
    mine = [step.service.name for step in remembered if step.claimed_until is not None]
    facts = ports.services.describe(mine) if mine else {}
    seen = [replace(step, facts=facts.get(step.service.name, step.facts)) for step in remembered]
    judged = dict(zip(names, ports.executor.map(lambda step: _judge(ports, step), seen), strict=True))
    after = [judged[step.service.name][0] if _goes_on(step) else step for step in steps]
    return after, any(troubled for _, troubled in judged.values())


def _memories(ports: Ports, steps: Sequence[Progress]) -> Mapping[ServiceName, Memory | Unknown | None]:
    names = [step.service.name for step in steps]
    if len(names) == 1:
        return {name: ports.memories.read(name) for name in names}
    return read_memories(ports, names)


def _claimed(ports: Ports, step: Progress) -> Progress:
    """Take the lease on a wake that no other run watches, or renew it."""
    now, memory = ports.clock(), step.memory
    if not step.waking or not isinstance(memory, Memory):
        return replace(step, claimed_until=None)
    if step.claimed_until is not None and step.claimed_until - now > CLAIM / 2:
        return step
    others = memory.escorted_until if step.claimed_until is None else None
    if others is not None and now < others:
        return step
    try:
        claimed = ports.memories.claim(step.service.name, Errand.ESCORT, now + CLAIM, mine=step.claimed_until)
    except CallForbidden as error:
        return _forbidden(step, str(error))
    except CallFailed as error:
        logger.warning(f"the wake of {step.service.key} is left to others for now: {error}")
        claimed = False
    return replace(step, claimed_until=now + CLAIM if claimed else None)


def _left_to_others(ports: Ports, step: Progress) -> Progress:
    """Give the lease back, so that another watcher can take it at once."""
    if step.claimed_until is not None:
        try:
            ports.memories.claim(step.service.name, Errand.ESCORT, ports.clock(), mine=step.claimed_until)
        except CallFailed as error:
            logger.info(f"the claim on the wake of {step.service.key} ends by itself: {error}")
    return step if step.forbidden else replace(step, message=_still_waking(step))


def _judge(ports: Ports, step: Progress) -> tuple[Progress, bool]:
    """Say whether one wake is over; the next observation, or the next tick, retries whatever fails here."""
    facts, memory = step.facts, step.memory
    if step.forbidden:
        return step, False
    if not isinstance(memory, Memory):
        return replace(step, message=memory.why if memory else f"{step.service.key} was uninstalled"), False
    if memory.phase is not Phase.WAKING:
        return replace(step, message=f"{step.service.key} is {memory.phase}"), False
    if step.claimed_until is None:
        return step, False
    if not isinstance(facts, ServiceFacts):
        return _unseen(step, facts)
    now = ports.clock()
    healthy_since = step.healthy_since or now
    readiness = look_at_readiness(ports, Snapshot(step.service, facts, memory), now, healthy_since)
    if isinstance(readiness, Unknown):
        return _unseen(step, readiness)
    if not readiness.ready:
        return _not_ready(step, readiness, healthy_since), False
    return _ready(ports, step, memory, facts), False


def _not_ready(step: Progress, readiness: Readiness, healthy_since: datetime) -> Progress:
    return replace(
        step,
        healthy_since=healthy_since if readiness.healthy else None,
        message=f"it waits for {readiness.waits_for}",
    )


def _ready(ports: Ports, step: Progress, memory: Memory, facts: ServiceFacts) -> Progress:
    """Service state first, then the wake rules are disarmed."""
    now, times = ports.clock(), ports.services.task_times(step.service.name)
    decision = noted(memory, awake_now(step.service, memory, facts, now, times), now)
    assert decision.memory is not None
    try:
        written = ports.memories.write(decision.memory)
    except CallForbidden as error:
        return _forbidden(step, str(error))
    except (CallFailed, MemoryChanged):
        return step
    log_decision(step.service, decision)
    ready = replace(
        step, memory=open_the_way(ports, step.service, written), message=decision.sentence, read=memory.version
    )
    announce_progress(ports, [ready])
    return ready


def _still_waking(step: Progress) -> str:
    state = "is past its deadline and still waking" if step.failed else "is still waking"
    return f"{step.service.key} {state}: {step.message}"


def _unseen(step: Progress, seen: Missing | Unknown) -> tuple[Progress, bool]:
    """What cannot be seen now is observed again, but not what AWS forbids to be seen."""
    if is_forbidden(seen):
        return _forbidden(step, seen.why), False
    return replace(step, message=seen.why), True


def _forbidden(step: Progress, why: str) -> Progress:
    """Stop observing: the wake goes on, only the ticks watch it, and an operator must allow the call."""
    message = f"{step.service.key} is waking, but this function cannot watch it, only the ticks do: {why}"
    logger.error(message, extra={"service": step.service.key})
    return replace(step, message=message, forbidden=True)
