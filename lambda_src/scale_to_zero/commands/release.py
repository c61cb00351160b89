"""The lifting of holds, on request."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from scale_to_zero.actions.act import log_decision
from scale_to_zero.actions.deciding import write_decided
from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.errors import CallFailed, StateChanged
from scale_to_zero.model.observed import Snapshot, Unknown
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules.decide_wake import decide_release
from scale_to_zero.tick.snapshots import snapshots_of

from .wake import ServiceProgress, not_done

logger = logging.getLogger(__name__)


def release(ports: Ports, services: Sequence[Service], stored: Stored) -> list[ServiceProgress]:
    """Lift the hold of each service that has one. ``stored``: as read before this call."""
    return list(ports.executor.map(partial(_release, ports), snapshots_of(ports, services, stored)))


def _release(ports: Ports, snapshot: Snapshot) -> ServiceProgress:
    service = snapshot.service

    def released(state: ServiceState | None | Unknown) -> Decision:
        return decide_release(service, state, ports.clock(), snapshot.hold_all)

    try:
        seen, decision, written = write_decided(ports, snapshot.state, released, lambda: ports.table.read(service.name))
    except (CallFailed, StateChanged) as error:
        logger.warning(f"{service.key}: the hold was not lifted: {error}")
        return not_done(snapshot, error)
    if written is not None:
        log_decision(service, decision)
    unread = decision.action is Action.SKIP
    return ServiceProgress(service, snapshot.facts, written or seen, decision.sentence, fault=unread)
