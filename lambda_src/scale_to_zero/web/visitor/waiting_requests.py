"""Holding a request until the service is ready, for as long as may be, and not too many at once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.service_state import Memory, Phase
from scale_to_zero.ports import Ports
from scale_to_zero.web.status import State, Status

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS: Final = 0.5


def fits(service: Service, status: Status) -> bool:
    """Whether a wake usually takes so much longer that a request can wait for it."""
    wake = service.wake_on_request
    if wake is None or wake.hold <= timedelta(0) or status.state is not State.WAKING or status.usual is None:
        return False
    return status.usual - (status.elapsed or timedelta(0)) <= wake.hold


class Place:
    """One waiting request; it is counted for one wake, and moves on with the service to its next."""

    def __init__(self, ports: Ports, service: Service) -> None:
        self._ports = ports
        self._service = service
        self._taken: datetime | None = None
        self.was_taken = False

    def take(self, memory: Memory) -> bool:
        """Count the request for the wake under way, or to come, unless too many wait; its earlier count is void."""
        wake = self._service.wake_on_request
        assert wake is not None
        if self._taken == memory.since:
            return True
        self._taken = None
        try:
            free = self._ports.memories.hold_request(self._service.name, memory.since, wake.max_held)
        except CallFailed as error:
            logger.warning(f"a request to {self._service.key} is not held, since it could not be counted: {error}")
            return False
        if free:
            self._taken = memory.since
            self.was_taken = True
        return free

    def leave(self) -> None:
        """Count the request no more, if it was counted."""
        if self._taken is None:
            return
        try:
            self._ports.memories.release_request(self._service.name, self._taken)
        except CallFailed as error:
            logger.warning(f"a place for a request to {self._service.key} stays taken until its next wake: {error}")


def hold(ports: Ports, service: Service, memory: Memory, until: datetime) -> tuple[Memory, bool]:
    """Wait until routing to a service is restored; answer its state as it is then, and whether it was read again.

    Returns at once where too many requests wait, and as soon as the wake has failed. Raises ``CallFailed``.
    """
    read_again = False
    place = Place(ports, service)
    try:
        while place.take(memory) and ports.clock() < until:
            ports.sleep(SECONDS_BETWEEN_LOOKS)
            seen = ports.memories.read(service.name)
            if seen is None:
                break
            memory, read_again = seen, True
            if memory.failed or is_open(memory):
                break
    finally:
        place.leave()
    if place.was_taken:
        ports.measures.tell([Measure("HeldRequests", 1, service=service.name)], ports.clock())
    return memory, read_again


def is_open(memory: Memory) -> bool:
    """Whether routing to the service is restored: its rules are disarmed."""
    return memory.phase is Phase.AWAKE and memory.opened is not None
