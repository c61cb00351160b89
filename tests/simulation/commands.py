"""The commands of operators as short functions, and checks of their results."""

from __future__ import annotations

from datetime import datetime

from scale_to_zero.actions.notification_texts import ChangeKind, change_of
from scale_to_zero.model.configured import Service

from .scenarios import TASKS, WEB, must_be_awake
from .simulation import Simulation


def awake(sim: Simulation, service: Service = WEB) -> None:
    """Add a service that runs and that a client has just used. The next tick begins in twenty seconds."""
    sim.add_service(service, desired=TASKS)
    sim.minutes(2.8)
    sim.now_or_fail(lambda: sim.request(service))


def hold(sim: Simulation, minutes: int, service: Service = WEB) -> None:
    sim.now_or_fail(lambda: sim.wake({"service": service.key, "hold_minutes": minutes, "reason": "demo"}))


def release(sim: Simulation, service: Service = WEB) -> None:
    sim.now_or_fail(lambda: sim.wake({"service": service.key, "release": True}))


def sleep(sim: Simulation, service: Service = WEB, *, force: bool = False) -> None:
    sim.now_or_fail(lambda: sim.sleep({"service": service.key, "action": "sleep", "force": force}))


def notified_changes(sim: Simulation, service: Service = WEB) -> list[ChangeKind]:
    """Return the changes in its notifications, in order."""
    return [change_of(one.change) for one in sim.ports.sent_notifications if one.service.name == service.name]


def held_until(sim: Simulation, service: Service = WEB) -> datetime | None:
    state = sim.state(service.name)
    return state.hold.until if state and state.hold else None


def must_be_held(sim: Simulation, service: Service = WEB) -> None:
    must_be_awake(sim)
    until = held_until(sim, service)
    assert until is not None, sim.record.trace()
    assert until > sim.world.now, sim.record.trace()


def sleep_payload(service: Service, *, force: bool = False) -> dict[str, object]:
    return {"service": service.key, "action": "sleep", "force": force}
