"""Holds that a schedule asks for: nobody is there to ask again, so what fails is tried again for a while."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from .errors import CallFailed
from .memory import Hold
from .payload import WakeRequest
from .ports import Ports
from .stored import Stored
from .wake import Progress, ask_for_wakes

logger = logging.getLogger(__name__)

PATIENCE: Final = timedelta(minutes=5)
SECONDS_BETWEEN_ATTEMPTS: Final = 15.0


def is_scheduled(payload: object) -> bool:
    """Whether a schedule asks."""
    return isinstance(payload, Mapping) and payload.get("scheduled") is True


def read_patiently(ports: Ports, began: datetime) -> Stored:
    """Read the table, again and again if need be. Raises ``CallFailed`` when patience ends."""
    while True:
        try:
            return ports.memories.read_all()
        except CallFailed as error:
            if ports.clock() >= began + PATIENCE:
                raise
            logger.warning(f"a scheduled hold waits for the table: {error}")
        ports.sleep(SECONDS_BETWEEN_ATTEMPTS)


def ask_patiently(
    ports: Ports, request: WakeRequest, stored: Stored, hold: Hold | None, began: datetime
) -> list[Progress]:
    """Ask for every wake, and again for those that met a fault."""
    progress = ask_for_wakes(ports, request.services, stored, hold)
    while any(step.fault for step in progress) and ports.clock() < began + PATIENCE:
        ports.sleep(SECONDS_BETWEEN_ATTEMPTS)
        faulty = [step.service for step in progress if step.fault]
        stored = read_patiently(ports, began)
        again = {step.service.name: step for step in ask_for_wakes(ports, faulty, stored, hold)}
        progress = [again.get(step.service.name, step) for step in progress]
    return progress
