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
"""As many as a wake has."""
LONGEST_START: Final = 6 * MINUTE
"""Of tasks that nothing keeps from starting."""
TICKS_UNTIL_ASLEEP: Final = 4
"""One starts draining, the next stops it; each may lose against a run that overlaps it."""
TICKS_UNTIL_ABANDONED: Final = 2
OLDEST_REQUEST: Final = 12 * MINUTE


@dataclass
class TrackedHolds:
    """Since something last disturbed it: how many ticks in a row have found a held service at zero; since when a sleep
    is promised, with the number of ticks since; and how many ticks found a request that is too old."""

    ticks_at_zero: int = 0
    sleep_requested_at: datetime | None = None
    ticks_since_request: int = 0
    ticks_too_late: int = 0


class HoldTracker:
    """The text of what is wrong with the hold of a service, or with its sleep, after a fault-free tick."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._world = ports.world
        self._ports = ports

    def held_until(self, state: ServiceState, *, of_its_own: bool = True) -> datetime | None:
        """When the hold of a service ends or ended, or that of all, whichever is later; ``None`` without either.

        A service that an operator has stopped in ECS is not woken for that of all.
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
        """Whether a held service is at zero, drains, or takes too long to be awake."""
        if state is None or facts is None or service.mode is not Mode.ACT:
            return ""
        until = self.held_until(state)
        if until is None or until <= self._world.now + CLOCKS_DIFFER or lease_of(state) is not None:
            return ""
        tracked.ticks_at_zero = tracked.ticks_at_zero + 1 if facts.desired == 0 else 0
        if tracked.ticks_at_zero > TICKS_UNTIL_A_HELD_ONE_STARTS:
            return f"{service.name} is held, and its desired count is 0: {state}"
        if calm_for > LONGEST_START and state.phase is not Phase.AWAKE and not hindered:
            return f"{service.name} is held, and not awake: {state}"
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
        """Whether a request to sleep that nothing hinders is ignored, or is pending for too long."""
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
                return f"{service.name} has a request to sleep of {requested_at:%H:%M:%S} still: {state}"
        if tracked.sleep_requested_at is None or facts.deployment_running or hindered:
            tracked.sleep_requested_at = None
            return ""
        tracked.ticks_since_request += 1
        in_time = self._world.now - tracked.sleep_requested_at < TICKS_UNTIL_ASLEEP * MINUTE
        if in_time or tracked.ticks_since_request <= TICKS_UNTIL_ASLEEP:
            return ""
        return f"{service.name} should sleep since {tracked.sleep_requested_at:%H:%M:%S}, and is not asleep: {state}"
