"""Seeing wakes through while somebody waits for them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from .act import log_decision
from .look import look_at_readiness
from .model import Memory, Phase, Readiness, ServiceFacts, Snapshot, Unknown
from .ports import CallFailed, MemoryChanged, Ports
from .wake import Progress
from .waking import awake_now

logger = logging.getLogger(__name__)

LONGEST_WAIT: Final = timedelta(seconds=50)
"""The AWS CLI gives up on an answer after 60 seconds and then asks again."""
TIME_KEPT_FOR_THE_END: Final = timedelta(seconds=8)
SHORTEST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 10.0
LOOKS_A_SECOND: Final = 5
"""Elastic Load Balancing answers 10 reads a second for a whole account (AWS: ELB API throttling)."""


def see_through(ports: Ports, progress: Sequence[Progress], ends_at: datetime) -> list[Progress]:
    """Look at the wakes once a second until all are ready, for 50 seconds at most.

    Many wakes, or looks that fail, are looked at less often, down to every ten seconds.
    ``ends_at``: when this run is cut off.
    """
    until = min(ports.clock() + LONGEST_WAIT, ends_at - TIME_KEPT_FOR_THE_END)
    steps, pause = list(progress), SHORTEST_PAUSE
    while any(step.waking for step in steps) and ports.clock() < until:
        ports.sleep(pause)
        steps, troubled = _look(ports, steps)
        usual = max(SHORTEST_PAUSE, sum(step.waking for step in steps) / LOOKS_A_SECOND)
        pause = min(LONGEST_PAUSE, 2 * pause if troubled else usual)
    return [replace(step, message=_still_waking(step)) if step.waking else step for step in steps]


def _look(ports: Ports, steps: list[Progress]) -> tuple[list[Progress], bool]:
    """Look at every wake under way again, memory first; say whether a call failed."""
    names = [step.service.name for step in steps if step.waking]
    try:
        memories = ports.memories.read_all().memories if len(names) > 1 else {n: ports.memories.read(n) for n in names}
    except CallFailed as error:
        return [replace(step, message=str(error)) if step.waking else step for step in steps], True
    facts = ports.services.describe(names)
    seen = [
        replace(step, facts=facts[step.service.name], memory=memories.get(step.service.name)) if step.waking else step
        for step in steps
    ]
    judged = list(
        ports.executor.map(
            lambda pair: _judge(ports, pair[1]) if pair[0].waking else (pair[1], False), zip(steps, seen, strict=True)
        )
    )
    return [step for step, _ in judged], any(troubled for _, troubled in judged)


def _judge(ports: Ports, step: Progress) -> tuple[Progress, bool]:
    """Say whether one wake is over; whatever fails here is left to the next look, or to the next tick."""
    facts, memory = step.facts, step.memory
    if not isinstance(facts, ServiceFacts):
        return replace(step, message=facts.why), True
    if not isinstance(memory, Memory):
        return replace(step, message=memory.why if memory else f"{step.service.key} was uninstalled"), False
    if memory.phase is not Phase.WAKING:
        return replace(step, message=f"{step.service.key} is {memory.phase}"), False
    now = ports.clock()
    healthy_since = step.healthy_since or now
    readiness = look_at_readiness(ports, Snapshot(step.service, facts, memory), now, healthy_since)
    if isinstance(readiness, Unknown):
        return replace(step, message=readiness.why), True
    if not readiness.ready:
        return _not_ready(step, readiness, healthy_since), False
    return _ready(ports, step, memory, facts.desired, now), False


def _not_ready(step: Progress, readiness: Readiness, healthy_since: datetime) -> Progress:
    return replace(
        step,
        healthy_since=healthy_since if readiness.healthy else None,
        message=f"it waits for {readiness.waits_for}",
    )


def _ready(ports: Ports, step: Progress, memory: Memory, desired: int, now: datetime) -> Progress:
    decision = awake_now(step.service, memory, desired, now)
    assert decision.memory is not None
    try:
        written = ports.memories.write(decision.memory)
    except (CallFailed, MemoryChanged):
        return step
    log_decision(step.service, decision)
    return replace(step, memory=written, message=decision.sentence)


def _still_waking(step: Progress) -> str:
    failed = isinstance(step.memory, Memory) and step.memory.failed
    state = "is past its deadline and still waking" if failed else "is still waking"
    return f"{step.service.key} {state}: {step.message}"
