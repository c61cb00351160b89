"""The hold of all services until an instant, for an incident: one item of the table, which every tick reads."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.errors import CallFailed, CallForbidden, failure
from scale_to_zero.model.observed import ServiceFacts
from scale_to_zero.model.service_state import HoldAll
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules.decide_wake import decide_wake_with_all
from scale_to_zero.rules.holds import as_answered, hold_text

from .wake import ServiceProgress, answer_for_each, request_wakes

logger = logging.getLogger(__name__)

LONGEST_START: Final = timedelta(seconds=10)
"""The HTTP API and the control panel wait 24 seconds for the answer; after this time the ticks start the rest."""


def hold_all(ports: Ports, hold: HoldAll) -> tuple[list[ServiceProgress], Stored]:
    """Hold all services from now on, and request the wakes of those that are not awake.

    Return the progress of each, and the contents of the table. Raises ``CallFailed``.
    """
    ports.table.write_hold_all(hold)
    logger.info(f"all services are {hold_text(hold)}")
    try:
        # Read after the write: a service that a tick stopped before it saw the hold is woken here or by the next tick.
        stored = ports.table.read_all()
    except CallFailed as error:
        why = f"all services are held, and the ticks wake those that are asleep, but {error}"
        raise failure(why, forbidden=isinstance(error, CallForbidden)) from error
    progress = request_wakes(
        ports,
        stored.services,
        stored,
        decide=lambda snapshot, now: decide_wake_with_all(snapshot, now, hold),
        longest_start=LONGEST_START,
    )
    for step in progress:
        if step.fault:
            logger.error(f"{step.service.key}: {step.message}")
    return progress, stored


def release_all(ports: Ports) -> None:
    """Lift the hold of all services; each service keeps its own hold. Raises ``CallFailed``."""
    ports.table.write_hold_all(None)
    logger.info("the hold of all services is lifted")


def answer_of_all(
    hold: HoldAll | None, progress: Sequence[ServiceProgress], now: datetime, stored: Stored
) -> dict[str, object]:
    """Build the answer to the caller: the hold of all services, the progress of each, and both in a sentence."""
    answered: dict[str, object] = {
        "hold_all": hold and as_answered(hold),
        "message": "all services are released; their own holds stay" if hold is None else _message(hold, progress),
    }
    return answered | answer_for_each(progress, now, stored)


def _is_started(step: ServiceProgress) -> bool:
    return isinstance(step.facts, ServiceFacts) and step.facts.desired > 0


def _message(hold: HoldAll, progress: Sequence[ServiceProgress]) -> str:
    counted = {
        "waking": sum(step.is_waking and _is_started(step) for step in progress),
        "to be started by the next ticks": sum(step.is_waking and not _is_started(step) for step in progress),
        "skipped": sum(step.refused for step in progress),
        "not woken yet; the next tick retries": sum(step.fault for step in progress),
    }
    counts = "".join(f"; {count} {what}" for what, count in counted.items() if count)
    return f"all services are {hold_text(hold)}{counts}"
