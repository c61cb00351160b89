"""Carrying out decisions, in the order that lets a crash between any two steps be recognised and repaired."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeGuard

from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.errors import CallFailed, CallForbidden, CallRefused, MemoryChanged
from scale_to_zero.model.observed import ServiceFacts, Snapshot
from scale_to_zero.model.service_state import Memory
from scale_to_zero.ports import Ports
from scale_to_zero.rules import phases
from scale_to_zero.rules.phase_changes import noted
from scale_to_zero.rules.refused_stops import stop_refused
from scale_to_zero.rules.waking import begin_wake

from .deciding import write_change

logger = logging.getLogger(__name__)

FENCE_MARGIN: Final = timedelta(seconds=5)
"""For clocks that differ, and for a call that ECS carries out just after its caller was cut off."""


def put_to_sleep(ports: Ports, snapshot: Snapshot, decision: Decision, cut_off_at: datetime) -> Decision:
    """Stop a service: service state with its lease first, then ECS, then end the lease. Answer what has become of it.

    That is the decision with the state as it was left; where ECS refused the stop, that it was undone.
    ``cut_off_at``: when this run can no longer be calling ECS. While the lease (``ServiceState.stop``) lasts a wake is
    only recorded, so that a slow stop can never undo a wake; the run that ends the lease starts that wake.
    Raises ``StateChanged`` before anything is stopped, and ``CallFailed`` where it may have been stopped or the table
    refuses: then the lease lasts until its end.
    """
    assert decision.memory is not None
    lease = cut_off_at + FENCE_MARGIN
    fenced = ports.memories.write(phases.begin_stop(decision.memory, lease))
    try:
        ports.services.set_desired_count(snapshot.service.name, 0)
    except CallRefused as refusal:
        return _undo(ports, snapshot, fenced, lease, refusal)
    assert isinstance(snapshot.facts, ServiceFacts)
    return replace(decision, memory=_lift_fence(ports, snapshot.service, snapshot.facts, fenced, lease))


def _undo(ports: Ports, snapshot: Snapshot, fenced: Memory, lease: datetime, refusal: CallRefused) -> Decision:
    """Undo a stop that ECS refused, so that nothing waits for its lease to end. Raises the refusal if that fails."""
    service, before = snapshot.service, snapshot.memory
    assert isinstance(before, Memory)

    def undone(memory: Memory | None) -> Decision | None:
        if not _has_lease(memory, lease):
            return None
        return stop_refused(service, before, memory, str(refusal), ports.clock())

    try:
        _, decision, written = write_change(ports, service.name, fenced, undone)
        if decision is not None:
            return replace(decision, memory=written, forbidden=isinstance(refusal, CallForbidden))
    except (CallFailed, MemoryChanged) as error:
        logger.warning(f"the refused stop of {service.key} could not be undone: {error}")
    raise refusal


def start(ports: Ports, service: Service, decision: Decision) -> Memory:
    """Start a wake: service state first (one winner), then ECS. Raises ``StateChanged`` or ``CallFailed``."""
    assert decision.memory is not None
    return _ask_ecs(ports, service, decision, ports.memories.write(phases.sent_now(decision.memory, ports.clock())))


def _ask_ecs(ports: Ports, service: Service, decision: Decision, written: Memory) -> Memory:
    assert decision.desired is not None
    ports.services.set_desired_count(service.name, decision.desired)
    return note_accepted(ports, written)


def note_accepted(ports: Ports, memory: Memory) -> Memory:
    """Record when ECS accepted the count of a wake; it only shows how long the wake's parts took."""
    wake = memory.waking
    if wake is None or wake.accepted is not None:
        return memory
    try:
        return ports.memories.write(phases.accepted(memory, wake, ports.clock()))
    except (CallFailed, MemoryChanged) as error:
        logger.info(f"when ECS accepted the wake of {memory.name} was not noted: {error}")
        return memory


def _lift_fence(ports: Ports, service: Service, facts: ServiceFacts, fenced: Memory, lease: datetime) -> Memory:
    """Let wakes start again, and start the one that was requested meanwhile. Raises ``CallFailed``."""

    def lifted(memory: Memory | None) -> Decision | Memory | None:
        if not _has_lease(memory, lease):
            return None
        if memory.wake_requested is None:
            return phases.end_stop(memory)
        now = ports.clock()
        begun = noted(memory, begin_wake(service, facts, memory, now, asked=memory.wake_requested), now)
        assert begun.memory is not None
        return replace(begun, memory=phases.sent_now(begun.memory, now))

    try:
        seen, decided, written = write_change(ports, service.name, fenced, lifted)
    except MemoryChanged:
        return ports.memories.read(service.name) or fenced
    if written is not None and isinstance(decided, Decision):
        log_decision(service, decided)
        return _ask_ecs(ports, service, decided, written)
    return written or seen or fenced


def log_decision(service: Service, decision: Decision, explanation: str | None = None) -> None:
    """One line per decision that acts: the sentence, and the fields to search for.

    ``explanation``: what becomes of the explanation of the service, where the sentence is that.
    """
    logger.log(
        logging.WARNING if decision.warning else logging.INFO,
        decision.sentence,
        extra={
            "service": service.key,
            "cluster": service.name.cluster_name,
            "action": decision.action.value,
            "reason": decision.reason.value,
            "phase": decision.memory.phase.value if decision.memory else None,
            **({"explanation": explanation} if explanation is not None else {}),
        },
    )


def _has_lease(memory: Memory | None, lease: datetime) -> TypeGuard[Memory]:
    """Whether this lease of a stop still lasts, so that no other run has ended it."""
    return memory is not None and memory.stop is not None and memory.stop.lease_until == lease
