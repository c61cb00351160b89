"""Checks that a held service is awake, and that a service falls asleep on request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.observed import ServiceFacts
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import HoldAll, Phase, ServiceState
from simulator.ports.in_memory import InMemoryPorts
from tests.service_states import lease_of

CLOCKS_DIFFER: Final = timedelta(seconds=2)
TICKS_UNTIL_A_HELD_ONE_STARTS: Final = 3
"""The same number as for a wake."""
LONGEST_START: Final = 6 * MINUTE
"""The longest start of tasks without a start fault."""
TICKS_UNTIL_ASLEEP: Final = 4
"""One tick starts draining, the next one stops the service. Each write may fail because of an overlapping run."""
TICKS_UNTIL_ABANDONED: Final = 2
OLDEST_REQUEST: Final = 12 * MINUTE


@dataclass
class TrackedHolds:
    """What ticks have observed of holds and requests to sleep since something last disturbed the service.

    ``ticks_at_zero``: how many ticks in a row have found a held service at zero. ``sleep_requested_at``: since when a
    request to sleep is pending. ``ticks_since_request``: how many ticks there were since. ``ticks_too_late``: how many
    ticks found a request that is too old.
    """

    ticks_at_zero: int = 0
    sleep_requested_at: datetime | None = None
    ticks_since_request: int = 0
    ticks_too_late: int = 0


class HoldTracker:
    """Says what is wrong with the hold of a service, or with its request to sleep, after a fault-free tick."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._world = ports.world
        self._ports = ports

    def held_until(self, state: ServiceState, *, of_its_own: bool = True) -> datetime | None:
        """Return when the service's hold or the hold of all ends or ended, whichever is later; ``None`` without both.

        The hold of all does not wake a service that an operator has stopped in ECS.
        """
        hold, of_all = state.hold if of_its_own else None, self._ports.table.hold_all
        ends = [hold.until] if hold is not None else []
        if isinstance(of_all, HoldAll) and (state.phase is not Phase.ASLEEP or state.stopped is not None):
            ends.append(of_all.until)
        return max(ends, default=None)

    def not_kept_awake(
        self,
        tracked: TrackedHolds,
        service: Service,
        state: ServiceState | None,
        facts: ServiceFacts | None,
        calm_for: timedelta,
        *,
        hindered: bool,
    ) -> str:
        """Return what is wrong if a held service is at zero, drains, or takes too long to be awake; else ""."""
        if state is None or facts is None or service.mode is not Mode.ACT:
            return ""
        until = self.held_until(state)
        if until is None or until <= self._world.now + CLOCKS_DIFFER or lease_of(state) is not None:
            return ""
        tracked.ticks_at_zero = tracked.ticks_at_zero + 1 if facts.desired == 0 else 0
        if tracked.ticks_at_zero > TICKS_UNTIL_A_HELD_ONE_STARTS:
            return f"{service.name} is held, but its desired count is 0: {state}"
        if calm_for > LONGEST_START and state.phase is not Phase.AWAKE and not hindered:
            return f"{service.name} is held, but not awake: {state}"
        return ""

    def not_put_to_sleep(
        self,
        tracked: TrackedHolds,
        service: Service,
        state: ServiceState | None,
        facts: ServiceFacts | None,
        *,
        hindered: bool,
    ) -> str:
        """Return what is wrong if a request to sleep is ignored without reason, or is pending for too long; else ""."""
        if state is None or facts is None or service.mode is not Mode.ACT or facts.desired == 0:
            tracked.sleep_requested_at = None
            return ""
        if self.held_until(state, of_its_own=False) is not None:
            tracked.sleep_requested_at = None
        requested_at = state.sleep_requested
        if (
            requested_at is not None
            and self._world.now - requested_at > OLDEST_REQUEST
            and state.phase is not Phase.WAKING
        ):
            tracked.ticks_too_late += 1
            if tracked.ticks_too_late > TICKS_UNTIL_ABANDONED:
                return f"{service.name} still has a request to sleep of {requested_at:%H:%M:%S}: {state}"
        if tracked.sleep_requested_at is None or facts.deployment_running or hindered:
            tracked.sleep_requested_at = None
            return ""
        tracked.ticks_since_request += 1
        in_time = self._world.now - tracked.sleep_requested_at < TICKS_UNTIL_ASLEEP * MINUTE
        if in_time or tracked.ticks_since_request <= TICKS_UNTIL_ASLEEP:
            return ""
        requested = f"though a request to sleep was recorded at {tracked.sleep_requested_at:%H:%M:%S}"
        return f"{service.name} is not asleep, {requested}: {state}"
