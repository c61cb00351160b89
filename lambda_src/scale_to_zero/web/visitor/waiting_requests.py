"""The waiting of requests until the service is ready: limited in time and in number."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.web.status import ShownState, Status

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_READS: Final = 0.5


def fits_into_wait(service: Service, status: Status) -> bool:
    """Return whether a wake usually ends soon enough for a request to wait for it."""
    on_request = service.wake_on_request
    if (
        on_request is None
        or on_request.wait <= timedelta(0)
        or status.shown_state is not ShownState.WAKING
        or status.usual is None
    ):
        return False
    return status.usual - (status.elapsed or timedelta(0)) <= on_request.wait


class WaitingRequest:
    """One waiting request. It is counted for one wake, and counted again if the service begins another wake."""

    def __init__(self, ports: Ports, service: Service) -> None:
        self._ports = ports
        self._service = service
        self._counted_for: datetime | None = None
        self.has_waited = False

    def begin(self, state: ServiceState) -> bool:
        """Count the request for the current wake, unless too many wait. A count for an earlier wake is void."""
        on_request = self._service.wake_on_request
        assert on_request is not None
        if self._counted_for == state.since:
            return True
        self._counted_for = None
        try:
            free = self._ports.table.add_waiting_request(self._service.name, state.since, on_request.max_waiting)
        except CallFailed as error:
            logger.warning(
                f"{self._service.key}: a client got 503 at once, because its request could not be counted: {error}"
            )
            return False
        if free:
            self._counted_for = state.since
            self.has_waited = True
        return free

    def end(self) -> None:
        """Remove the request from the count, if it was counted."""
        if self._counted_for is None:
            return
        try:
            self._ports.table.remove_waiting_request(self._service.name, self._counted_for)
        except CallFailed as error:
            logger.warning(f"{self._service.key}: a waiting request stays counted until the next wake: {error}")


def wait_until_ready(ports: Ports, service: Service, state: ServiceState, until: datetime) -> tuple[ServiceState, bool]:
    """Wait until routing to a service is restored; return its state after that, and whether it was read again.

    Returns at once if too many requests wait, and as soon as the wake has failed. Raises ``CallFailed``.
    """
    read_again = False
    waiting = WaitingRequest(ports, service)
    try:
        while waiting.begin(state) and ports.clock() < until:
            ports.sleep(SECONDS_BETWEEN_READS)
            seen = ports.table.read(service.name)
            if seen is None:
                break
            state, read_again = seen, True
            if state.failed or routing_is_restored(state):
                break
    finally:
        waiting.end()
    if waiting.has_waited:
        ports.measures.emit([Measure("WaitingRequests", 1, service=service.name)], ports.clock())
    return state, read_again


def routing_is_restored(state: ServiceState) -> bool:
    """Return whether routing to the service is restored: it is awake and its wake rules are disarmed."""
    return state.phase is Phase.AWAKE and state.routing_restored_at is not None
