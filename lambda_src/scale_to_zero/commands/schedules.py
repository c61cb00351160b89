"""Holds that a schedule requests: no caller retries them, so what fails is tried again for a while."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.actions.reading import read_named
from scale_to_zero.model.errors import CallFailed, CallForbidden
from scale_to_zero.model.service_state import Hold
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules.payload import WakeRequest

from .wake import ServiceProgress, request_wakes

logger = logging.getLogger(__name__)

PATIENCE: Final = timedelta(minutes=5)
SECONDS_BETWEEN_ATTEMPTS: Final = 15.0


def is_scheduled(payload: object) -> bool:
    """Whether a schedule sent the request."""
    return isinstance(payload, Mapping) and payload.get("scheduled") is True


def read_patiently(ports: Ports, keys: Collection[str] | None, began: datetime) -> Stored:
    """Read the services with these keys, ``None``: all; again and again if need be.

    Raises ``CallFailed`` when patience ends, or at once where AWS forbids it.
    """
    while True:
        try:
            return read_named(ports, keys)
        except CallFailed as error:
            if isinstance(error, CallForbidden) or ports.clock() >= began + PATIENCE:
                raise
            logger.warning(f"a scheduled hold waits for the table: {error}")
        ports.sleep(SECONDS_BETWEEN_ATTEMPTS)


def request_patiently(
    ports: Ports, request: WakeRequest, stored: Stored, hold: Hold | None, began: datetime
) -> list[ServiceProgress]:
    """Request every wake, and again those that met a fault, unless AWS forbids it.

    Each attempt goes by the configuration of its own time; a service that has left by then is left out.
    """
    progress = request_wakes(ports, request.services, stored, hold)
    while (faulty := _to_request_again(progress)) and ports.clock() < began + PATIENCE:
        ports.sleep(SECONDS_BETWEEN_ATTEMPTS)
        stored = read_patiently(ports, faulty, began)
        again = [service for service in stored.services if service.key in faulty]
        # What cannot be read may be one of them.
        gone = set() if stored.unreadable else set(faulty).difference(service.key for service in again)
        for key in sorted(gone):
            logger.info(f"{key} is not held: it has left the module", extra={"service": key})
        steps = {step.service.key: step for step in request_wakes(ports, again, stored, hold)}
        progress = [steps.get(step.service.key, step) for step in progress if step.service.key not in gone]
    return progress


def _to_request_again(progress: Sequence[ServiceProgress]) -> list[str]:
    return [step.service.key for step in progress if step.fault and not step.forbidden]
