"""One run of the scale-up function: start the requested wakes, and watch them or start a watcher."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from scale_to_zero.actions.reading import read_named
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.service_state import Hold, HoldAll
from scale_to_zero.model.stored import NOTHING_STORED, Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules.payload import (
    WakeRequest,
    is_hold_all_request,
    named_services,
    read_hold_all,
    read_wake_request,
)

from .hold_all import answer_of_all, hold_all, release_all
from .leaving import uninstall
from .leaving_payload import is_from_terraform, read_uninstall
from .release import release
from .schedules import is_scheduled, read_with_retries, request_with_retries
from .wake import ServiceProgress, answer, request_wakes
from .watcher import wait_for_wakes, watch_wakes

logger = logging.getLogger(__name__)


def run_scale_up(ports: Ports, payload: object, *, longest_hold: timedelta, ends_at: datetime) -> dict[str, object]:
    """Wake, hold or release the services in the payload (``{}``: all of them), or let one service leave.

    With ``hold_all_until`` all services are held awake until then, independently of their own holds.

    ``longest_hold``: the longest hold allowed. ``ends_at``: when this run is cut off.
    Returns JSON per service. Raises ``PayloadRefused``, ``WakeFailed``, ``UninstallFailed`` or ``CallFailed``.
    """
    began = ports.clock()
    if is_from_terraform(payload):
        assert isinstance(payload, Mapping)
        return uninstall(ports, read_uninstall(payload), ends_at=ends_at)
    if is_hold_all_request(payload):
        assert isinstance(payload, Mapping)
        return _hold_all(ports, read_hold_all(payload, began, longest_hold))
    keys = named_services(payload)
    stored = read_with_retries(ports, keys, began) if is_scheduled(payload) else read_named(ports, keys)
    request = read_wake_request(payload, stored.services, stored.unreadable, longest_hold=longest_hold)
    if request.unknown_services:
        unknown = ", ".join(request.unknown_services)[:500]
        logger.warning(f"a schedule names services that are not managed: {unknown}; run terraform apply to correct it")
    progress = carry_out(ports, request, stored, began=began, ends_at=ends_at)
    return answer(progress, ports.clock(), stored)


def _hold_all(ports: Ports, hold: HoldAll | None) -> dict[str, object]:
    if hold is None:
        release_all(ports)
        return answer_of_all(None, (), ports.clock(), NOTHING_STORED)
    progress, stored = hold_all(ports, hold)
    _start_watcher(ports, progress)
    return answer_of_all(hold, progress, ports.clock(), stored)


def carry_out(
    ports: Ports, request: WakeRequest, stored: Stored, *, began: datetime, ends_at: datetime
) -> list[ServiceProgress]:
    """Request the wakes, then watch them, wait for them a while, or start a watcher; or release the services.

    ``began``: when this run began. ``ends_at``: when it is cut off.
    """
    if request.release:
        return release(ports, request.services, stored)
    hold = Hold(began + request.hold, request.reason) if request.hold is not None else None
    if request.scheduled:
        progress = request_with_retries(ports, request, stored, hold, began)
    else:
        progress = request_wakes(ports, request.services, stored, hold)
    if request.watcher:
        return watch_wakes(ports, progress, ends_at)
    if request.wait:
        progress = wait_for_wakes(ports, progress, since=began, ends_at=ends_at)
    _start_watcher(ports, progress)
    return progress


def _start_watcher(ports: Ports, progress: Sequence[ServiceProgress]) -> None:
    """Start a watcher for the wakes in progress. If it cannot be started, the ticks watch them within a minute.

    A wake that AWS forbids this run to watch gets no watcher: another run of this function cannot watch it either.
    """
    waking = [step.service.key for step in progress if step.is_waking and not step.forbidden]
    if not waking:
        return
    try:
        ports.watchers.start(waking)
    except CallFailed as error:
        logger.warning(f"no watcher was started for {', '.join(waking[:20])}; the ticks watch these wakes: {error}")
