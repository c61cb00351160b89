"""Notifications of changes of phase, and their metrics: at least one each, exactly one if nothing fails.

The run that changes a phase sends the notification itself. The ticks send a notification that was not sent within a
minute: the run that should have sent it was cut off, or its call failed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from scale_to_zero.model.configured import Service
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.notification import Notification
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange, ServiceState
from scale_to_zero.ports import Ports

from .measuring import measures_of

logger = logging.getLogger(__name__)

LEFT_TO_THE_TICKS: Final = timedelta(seconds=60)


class SavedState(NamedTuple):
    """A service state as a run left it. ``read``: the version that the run read; newer changes are the run's own."""

    service: Service
    state: ServiceState
    read: int


def due(saved: SavedState, now: datetime, *, only_own: bool = False) -> list[PhaseChange]:
    """Return the changes whose notifications this run must send, oldest first. ``only_own``: the ticks send the others.

    None is sent while a stop is under way, because it may still fail. A wake is notified after routing is restored.
    Pure.
    """
    service, state, read = saved
    to_send: list[PhaseChange] = []
    if state.stop is not None:
        return to_send
    for change in state.changes:
        if change.version <= state.notified:
            continue
        own = change.version > read and not _awaits_disarming(service, state, change)
        if not own and (only_own or now - change.at < LEFT_TO_THE_TICKS):
            break
        to_send.append(change)
    return to_send


def notify(ports: Ports, saved: Iterable[SavedState], *, only_own: bool = True) -> str:
    """Send the due notifications, and report their metrics. Return what failed, which the next tick tries again.

    ``only_own``: leave the notifications of other runs to the ticks, so that no two runs send the same one.
    """
    now = ports.clock()
    deliveries = [_Delivery(one, changes) for one in saved if (changes := due(one, now, only_own=only_own))]
    # A notification is sent after the one before it of the same service. Most services have only one.
    while under_way := [one for one in deliveries if one.can_continue]:
        failures = ports.notifications.send([one.next for one in under_way])
        for one, failure in zip(under_way, failures, strict=True):
            one.take(failure)
    recorded = ports.executor.map(lambda one: _record_sent(ports, one), deliveries)
    return "; ".join(dict.fromkeys(failure for failure in recorded if failure))


@dataclass
class _Delivery:
    """How far the notifications of one service have been sent, and what failed."""

    saved: SavedState
    changes: Sequence[PhaseChange]
    taken: int = 0
    failure: str = ""

    @property
    def can_continue(self) -> bool:
        return not self.failure and self.taken < len(self.changes)

    @property
    def next(self) -> Notification:
        return Notification(self.saved.service, self.changes[self.taken])

    def take(self, failure: str) -> None:
        self.failure = failure
        self.taken += not failure


def _record_sent(ports: Ports, one: _Delivery) -> str:
    """Record up to which change the notifications of one service were sent; return what failed."""
    service, state, _ = one.saved
    taken = one.changes[: one.taken]
    if not taken:
        return one.failure
    try:
        ports.table.record_notified(service.name, taken[-1].version)
    except CallFailed as error:
        return one.failure or str(error)
    for change in taken:
        ports.measures.emit(measures_of(service, state, change), change.at)
    return one.failure


def _awaits_disarming(service: Service, state: ServiceState, change: PhaseChange) -> bool:
    if service.wake_on_request is None or change.reason is not Reason.READY or change.before is not Phase.WAKING:
        return False
    return state.phase is Phase.AWAKE and state.routing_restored_at is None
