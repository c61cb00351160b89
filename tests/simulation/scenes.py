"""A service with wake rules that is running, draining or asleep when a client sends a request."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator.account import a_service, woken_by_requests
from simulator.world import Timings

from .simulation import QUICK_WORLD, Simulation

SHOP: Final = woken_by_requests(a_service("shop", groups=2))
TASKS: Final = 2
DRAINING_TICK: Final = 6
STOPPING_TICK: Final = 9
SECOND: Final = timedelta(seconds=1)


def propagating(seconds: float, **changes: object) -> Timings:
    """Return timings in which a changed rule takes effect only after this many seconds."""
    return replace(QUICK_WORLD, rule_propagation=seconds * SECOND, **changes)  # type: ignore[arg-type]


def phase_of(sim: Simulation, service: Service = SHOP) -> Phase | None:
    """Return the phase in the service state."""
    state = sim.state(service.name)
    return state.phase if state else None


def fallen_asleep(sim: Simulation, service: Service = SHOP) -> None:
    """Add the service, and wait without requests until it sleeps. The next tick begins in ten seconds."""
    sim.add_service(service, desired=TASKS)
    falls_asleep(sim, service)


def falls_asleep(sim: Simulation, service: Service = SHOP) -> None:
    """Wait without requests until the service sleeps."""
    sim.minutes(11)
    must_sleep(sim, service)


def asleep_again(sim: Simulation, service: Service = SHOP) -> None:
    """Add the service, wake it once so that its usual wake time is known, and wait until it sleeps again."""
    fallen_asleep(sim, service)
    sim.now_or_fail(lambda: sim.wake({"service": service.key}))
    sim.minutes(13)
    must_sleep(sim, service)
    state = sim.state(service.name)
    assert state is not None
    assert state.usual_wake is not None, sim.record.trace()


def draining(sim: Simulation, service: Service = SHOP) -> None:
    """Add the service, and wait without requests until its rules have just been armed."""
    sim.add_service(service, desired=TASKS)
    begins_to_drain(sim, service)


def begins_to_drain(sim: Simulation, service: Service = SHOP) -> None:
    """Wait without requests until the service drains."""
    sim.advance((DRAINING_TICK - 1) * MINUTE + 10 * SECOND + timedelta(milliseconds=500))
    assert phase_of(sim, service) is Phase.DRAINING, sim.record.trace()


def must_sleep(sim: Simulation, service: Service = SHOP) -> None:
    """Check that the service is at zero, and that its wake rules are armed."""
    assert (sim.checker.desired(service.name), phase_of(sim, service)) == (0, Phase.ASLEEP), sim.record.trace()
    assert armed(sim, service) == {True}, sim.record.trace()


def must_be_disarmed(sim: Simulation, service: Service = SHOP) -> None:
    """Check that the service runs with its usual count, and that its wake rules are disarmed."""
    assert (sim.checker.desired(service.name), phase_of(sim, service)) == (TASKS, Phase.AWAKE), sim.record.trace()
    assert armed(sim, service) == {False}, sim.record.trace()


def armed(sim: Simulation, service: Service = SHOP) -> set[bool]:
    """Return whether its wake rules are armed: both answers if some are armed and some are not."""
    on_request = service.wake_on_request
    assert on_request is not None
    return {sim.tracker.rules.is_armed(rule) for rule in on_request.rules}


def starts(sim: Simulation, service: Service = SHOP) -> int:
    """Return how often the service was started."""
    return sum(change.is_start for change in sim.record.changes.get(service.name, []))


def stops(sim: Simulation, service: Service = SHOP) -> int:
    """Return how often the service was stopped."""
    return sum(change.is_stop for change in sim.record.changes.get(service.name, []))
