"""Putting the scaling of services back as it was before their sleep, once they run again.

The service state is written before. So no stop begins while a call is under way that would start the service again,
and the next ticks repeat a call that failed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Final

from scale_to_zero.actions.putting_back import put_scaling_back, write_put_back
from scale_to_zero.actions.rate_limiter import Rate, RateLimiter
from scale_to_zero.model.decided import Action
from scale_to_zero.model.errors import CallForbidden, StateChanged
from scale_to_zero.model.observed import Snapshot
from scale_to_zero.model.quantities import counted
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules.scaling import is_all_suspended, newly_known, record_of_put_back

from .tick_report import TIME_KEPT_FOR_THE_END, TickReport, oldest_first

logger = logging.getLogger(__name__)

PUT_BACK_PER_TICK: Final = 100
"""Services that must be stopped get the rest of the tick."""
SCALING_RATE: Final = Rate(at_once=10, a_second=5)
"""How often scalable targets are changed. AWS publishes no rate; this is the rate of ECS's service updates, with less
at once."""


class ScalingKeeper:
    """Keeps the scaling of services in one tick; the next tick continues if time or the number of calls runs out.

    ``limiter``: what keeps all changes of scalable targets within ``SCALING_RATE``. ``ends_at``: when the run is cut
    off at the latest.
    """

    def __init__(self, ports: Ports, report: TickReport, ends_at: datetime, limiter: RateLimiter) -> None:
        self._ports = ports
        self._report = report
        self._ends_at = ends_at
        self._limiter = limiter

    def keep(self) -> None:
        """Record what is newly known of scalable targets, and put scaling back, beginning with the longest awake."""
        now = self._ports.clock()
        known = [(one, new) for one, state in self._services() if (new := newly_known(one, state, now))]
        list(self._ports.executor.map(lambda pair: self._attempt(pair[0], partial(self._write, pair[1])), known))
        due = [(one, record) for one, state in self._services() if (record := record_of_put_back(one, state, now))]
        for number, (snapshot, record) in enumerate(due):
            out_of_time = self._ports.clock() > self._ends_at - TIME_KEPT_FOR_THE_END
            if out_of_time or number == PUT_BACK_PER_TICK:
                waiting = counted(len(due) - number, "service waits", "services wait")
                logger.warning(f"{waiting} for the next tick until the scaling is put back as it was before the sleep")
                return
            self._attempt(snapshot, partial(self._put_back, snapshot, record))

    def _services(self) -> Iterator[tuple[Snapshot, ServiceState]]:
        """Yield the services whose state is known, except those that are stopped next: their scaling is suspended."""
        for snapshot in sorted(self._report.snapshots.values(), key=oldest_first):
            state = self._report.states.get(snapshot.service.name)
            if state is not None and self._report.decision(snapshot).action is not Action.SLEEP:
                yield snapshot, state

    def _write(self, record: ServiceState) -> None:
        self._report.states[record.name] = self._ports.table.write(record)

    def _put_back(self, snapshot: Snapshot, record: ServiceState) -> None:
        written = write_put_back(self._ports, snapshot, record)
        if written is None:
            return
        self._report.states[snapshot.service.name] = written
        # If an operator has changed the suspension since the sleep, it stays as it is.
        if is_all_suspended(snapshot.scalable_target):
            self._limiter.wait()
            put_scaling_back(self._ports, snapshot.service, written)

    def _attempt(self, snapshot: Snapshot, act: Callable[[], None]) -> None:
        service = snapshot.service
        try:
            act()
        except StateChanged:
            self._report.states.pop(service.name, None)
            logger.info(f"{service.key} was changed by another run; the next tick decides again")
        except Exception as error:
            logger.exception(
                f"{service.key}: keeping its scaling failed; the next ticks try again", extra={"service": service.key}
            )
            why = str(error) or type(error).__name__
            self._report.record_fault(service.key, why, forbidden=isinstance(error, CallForbidden))
