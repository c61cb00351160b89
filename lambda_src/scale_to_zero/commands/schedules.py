"""Holds that a schedule requests. No caller retries them, so a run retries its failed calls for five minutes."""

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

RETRIED_FOR: Final = timedelta(minutes=5)
SECONDS_BETWEEN_ATTEMPTS: Final = 15.0


def is_scheduled(payload: object) -> bool:
    """Return whether a schedule sent the request."""
    return isinstance(payload, Mapping) and payload.get("scheduled") is True


def read_with_retries(ports: Ports, keys: Collection[str] | None, began: datetime) -> Stored:
    """Read the services with these keys (``None``: all), with retries.

    Raises ``CallFailed`` when the time for retries is over, or at once if AWS forbids the call.
    """
    while True:
        try:
            return read_named(ports, keys)
        except CallFailed as error:
            if isinstance(error, CallForbidden) or ports.clock() >= began + RETRIED_FOR:
                raise
            logger.warning(f"a scheduled hold could not read the table; it retries: {error}")
        ports.sleep(SECONDS_BETWEEN_ATTEMPTS)


def request_with_retries(
    ports: Ports, request: WakeRequest, stored: Stored, hold: Hold | None, began: datetime
) -> list[ServiceProgress]:
    """Request every wake, and retry those that had a fault, unless AWS forbids the call.

    Each attempt reads the configuration again; a service that has left the module is skipped.
    """
    progress = request_wakes(ports, request.services, stored, hold)
    while (faulty := _to_request_again(progress)) and ports.clock() < began + RETRIED_FOR:
        ports.sleep(SECONDS_BETWEEN_ATTEMPTS)
        stored = read_with_retries(ports, faulty, began)
        again = [service for service in stored.services if service.key in faulty]
        # If an item cannot be read, it could be one of the missing services.
        gone = set() if stored.unreadable else set(faulty).difference(service.key for service in again)
        for key in sorted(gone):
            logger.info(f"{key} is not held: it has left the module", extra={"service": key})
        steps = {step.service.key: step for step in request_wakes(ports, again, stored, hold)}
        progress = [steps.get(step.service.key, step) for step in progress if step.service.key not in gone]
    return progress


def _to_request_again(progress: Sequence[ServiceProgress]) -> list[str]:
    return [step.service.key for step in progress if step.fault and not step.forbidden]
