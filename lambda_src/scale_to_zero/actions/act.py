"""Carrying out decisions. After a crash between any two steps, the next run recognises and repairs the state."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeGuard

from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.errors import CallFailed, CallForbidden, CallRefused, StateChanged
from scale_to_zero.model.observed import ServiceFacts, Snapshot
from scale_to_zero.model.scaling import ALL_SUSPENDED
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules import phases
from scale_to_zero.rules.phase_changes import with_change_recorded
from scale_to_zero.rules.refused_stops import stop_refused
from scale_to_zero.rules.scaling import must_be_suspended
from scale_to_zero.rules.waking import begin_wake

from .deciding import write_change

logger = logging.getLogger(__name__)

LEASE_MARGIN: Final = timedelta(seconds=5)
"""For clocks that differ, and for a call that ECS carries out just after the run that made it was cut off."""


def put_to_sleep(ports: Ports, snapshot: Snapshot, decision: Decision, cut_off_at: datetime) -> Decision:
    """Stop a service: write the service state with a lease, suspend its scaling, set its count to zero, end the lease.

    Return the decision with the service state as it was left; if AWS refused the stop, return that it was undone.
    ``cut_off_at``: after this instant this run cannot call ECS. While the lease (``ServiceState.stop``) lasts, a wake
    is only recorded, so that a slow stop can never undo a wake; the run that ends the lease starts that wake.
    Raises ``StateChanged`` before anything is stopped. Raises ``CallFailed`` if the service may have been stopped or
    the table failed: then the lease lasts until its end.
    """
    assert decision.state is not None
    lease_until = cut_off_at + LEASE_MARGIN
    leased = ports.table.write(phases.begin_stop(decision.state, lease_until))
    if must_be_suspended(snapshot.scalable_target):
        try:
            ports.scalable_targets.suspend(snapshot.service.name, ALL_SUSPENDED)
        except CallFailed as failure:
            # Whatever became of this call, the service is not stopped. If its scaling is suspended, it is put back.
            return _undo(ports, snapshot, leased, lease_until, failure)
    try:
        ports.services.set_desired_count(snapshot.service.name, 0)
    except CallRefused as refusal:
        return _undo(ports, snapshot, leased, lease_until, refusal)
    assert isinstance(snapshot.facts, ServiceFacts)
    return replace(decision, state=_end_lease(ports, snapshot, snapshot.facts, leased, lease_until))


def _undo(
    ports: Ports, snapshot: Snapshot, leased: ServiceState, lease_until: datetime, refusal: CallFailed
) -> Decision:
    """Undo a stop that AWS refused, so that no wake waits for its lease to end. Raises the refusal if this fails."""
    service, before = snapshot.service, snapshot.state
    assert isinstance(before, ServiceState)

    def undone(state: ServiceState | None) -> Decision | None:
        if not _has_lease(state, lease_until):
            return None
        return stop_refused(service, before, state, str(refusal), ports.clock())

    try:
        _, decision, written = write_change(ports, service.name, leased, undone)
        if decision is not None:
            return replace(decision, state=written, forbidden=isinstance(refusal, CallForbidden))
    except (CallFailed, StateChanged) as error:
        logger.warning(
            f"{service.key}: its stop was refused, but its service state still says asleep; a later tick corrects it: "
            f"{error}"
        )
    raise refusal


def start(ports: Ports, service: Service, decision: Decision) -> ServiceState:
    """Start a wake: write the service state (only one run can), then set the count in ECS.

    Raises ``StateChanged`` or ``CallFailed``.
    """
    assert decision.state is not None
    return _update_ecs(ports, service, decision, ports.table.write(phases.sent_now(decision.state, ports.clock())))


def _update_ecs(ports: Ports, service: Service, decision: Decision, written: ServiceState) -> ServiceState:
    assert decision.desired is not None
    ports.services.set_desired_count(service.name, decision.desired)
    return record_accepted(ports, written)


def record_accepted(ports: Ports, state: ServiceState) -> ServiceState:
    """Record when ECS accepted the count of a wake; this only shows how long the parts of the wake took."""
    wake = state.wake_under_way
    if wake is None or wake.accepted is not None:
        return state
    try:
        return ports.table.write(phases.accepted(state, wake, ports.clock()))
    except (CallFailed, StateChanged) as error:
        logger.info(f"{state.name}: the time at which ECS accepted its wake was not saved: {error}")
        return state


def _end_lease(
    ports: Ports, snapshot: Snapshot, facts: ServiceFacts, leased: ServiceState, lease_until: datetime
) -> ServiceState:
    """End the lease of a stop, and start the wake that was requested meanwhile. Raises ``CallFailed``."""
    service = snapshot.service

    def ended(state: ServiceState | None) -> Decision | ServiceState | None:
        if not _has_lease(state, lease_until):
            return None
        if state.wake_requested is None:
            return phases.end_stop(state)
        now = ports.clock()
        begun = with_change_recorded(
            state, begin_wake(snapshot, facts, state, now, requested_at=state.wake_requested), now
        )
        assert begun.state is not None
        return replace(begun, state=phases.sent_now(begun.state, now))

    try:
        seen, decided, written = write_change(ports, service.name, leased, ended)
    except StateChanged:
        return ports.table.read(service.name) or leased
    if written is not None and isinstance(decided, Decision):
        log_decision(service, decided)
        return _update_ecs(ports, service, decided, written)
    return written or seen or leased


def log_decision(service: Service, decision: Decision, explanation: str | None = None) -> None:
    """Log a decision in one line: its sentence, and the fields to search for.

    ``explanation``: set if the sentence is the explanation of the service: whether that began or changed.
    """
    logger.log(
        logging.WARNING if decision.warning else logging.INFO,
        decision.sentence,
        extra={
            "service": service.key,
            "cluster": service.name.cluster_name,
            "action": decision.action.value,
            "reason": decision.reason.value,
            "phase": decision.state.phase.value if decision.state else None,
            **({"explanation": explanation} if explanation is not None else {}),
        },
    )


def _has_lease(state: ServiceState | None, lease_until: datetime) -> TypeGuard[ServiceState]:
    """Return whether the state still has this lease of a stop, so that no other run has ended it."""
    return state is not None and state.stop is not None and state.stop.lease_until == lease_until
