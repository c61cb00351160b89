"""Carrying out decisions, in the order that lets a crash between any two steps be recognised and repaired."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from .memory import Memory, Phase
from .model import Decision, Service, ServiceFacts
from .phase_changes import noted
from .ports import CallFailed, MemoryChanged, Ports
from .waking import wake

logger = logging.getLogger(__name__)

ATTEMPTS_TO_LIFT_FENCE: Final = 3
FENCE_MARGIN: Final = timedelta(seconds=5)
"""For clocks that differ, and for a call that ECS carries out just after its caller was cut off."""


def put_to_sleep(
    ports: Ports, service: Service, facts: ServiceFacts, decision: Decision, cut_off_at: datetime
) -> Memory:
    """Stop a service: memory with its fence first, then ECS, then lift the fence.

    ``cut_off_at``: when this run can no longer be calling ECS. While the fence (``stopping_until``) stands a wake is
    only recorded, so that a slow stop can never undo a wake; whoever lifts it starts that wake.
    Raises ``MemoryChanged`` before anything is stopped, ``CallFailed`` if ECS or the table refuses.
    """
    assert decision.memory is not None
    fenced = ports.memories.write(replace(decision.memory, stopping_until=cut_off_at + FENCE_MARGIN))
    ports.services.set_desired_count(service.name, 0)
    return _lift_fence(ports, service, facts, fenced)


def start(ports: Ports, service: Service, decision: Decision) -> Memory:
    """Start a wake: memory first (one winner), then ECS. Raises ``MemoryChanged`` or ``CallFailed``."""
    assert decision.memory is not None
    assert decision.desired is not None
    written = ports.memories.write(decision.memory)
    ports.services.set_desired_count(service.name, decision.desired)
    return note_accepted(ports, written)


def note_accepted(ports: Ports, memory: Memory) -> Memory:
    """Remember when ECS accepted the count of a wake; it only tells how long the wake's parts took."""
    if memory.phase is not Phase.WAKING or memory.wake_parts.accepted is not None:
        return memory
    try:
        return ports.memories.write(replace(memory, wake_parts=replace(memory.wake_parts, accepted=ports.clock())))
    except (CallFailed, MemoryChanged) as error:
        logger.info(f"when ECS accepted the wake of {memory.name} was not noted: {error}")
        return memory


def _lift_fence(ports: Ports, service: Service, facts: ServiceFacts, fenced: Memory) -> Memory:
    memory: Memory | None = fenced
    for _ in range(ATTEMPTS_TO_LIFT_FENCE):
        if memory is None or memory.stopping_until != fenced.stopping_until:
            break
        try:
            if memory.wake_requested is None:
                return ports.memories.write(replace(memory, stopping_until=None))
            now = ports.clock()
            decision = noted(memory, wake(service, facts, memory, now, asked=memory.wake_requested), now)
            log_decision(service, decision)
            return start(ports, service, decision)
        except MemoryChanged:
            memory = ports.memories.read(service.name)
    return memory or fenced


def log_decision(service: Service, decision: Decision) -> None:
    """One line per decision that acts: the sentence, and the fields to search for."""
    logger.log(
        logging.WARNING if decision.warning else logging.INFO,
        decision.sentence,
        extra={
            "service": service.key,
            "cluster": service.name.cluster_name,
            "action": decision.action.value,
            "reason": decision.reason.value,
            "phase": decision.memory.phase.value if decision.memory else None,
        },
    )
