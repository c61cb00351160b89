"""Scenes with services that Application Auto Scaling scales, and what must be true of them."""

from __future__ import annotations

from typing import Final

import pytest

from scale_to_zero.model.configured import Service
from scale_to_zero.model.service_state import Explanation, Phase, ServiceState
from simulator.calls import SUSPEND_SCALING
from simulator.ports.faults import Fault
from simulator.runs import TICK
from simulator.world import Metric, NoCapacity, Registration, TargetTracking, requests_per_target
from simulator.world.scalable_targets import NOTHING_SUSPENDED, Suspension

from .promise_tracker import TASKS_DO_NOT_START
from .scaled_services import ALL_SUSPENDED, IN_SUSPENDED
from .scenarios import STOPPING_TICK, TASKS, WEB, Scenario
from .scenes import SECOND, SHOP, phase_of
from .simulation import Simulation

MAXIMUM: Final = 4
REQUESTS: Final = "requests"
REQUESTS_PER_TARGET: Final = 10
"""What the policy allows in a minute."""
MANY_REQUESTS: Final = 25
IN_AND_OUT_SUSPENDED: Final = Suspension(scale_in=True, scale_out=True)
BACKLOG: Final = Metric.of("City", "Backlog", {"Queue": "orders"})
SERVICES: Final = pytest.mark.parametrize("service", [WEB, SHOP], ids=["without wake rules", "with wake rules"])
FAULTS: Final = pytest.mark.parametrize("fault", Fault)


def scaled(
    sim: Simulation,
    service: Service = WEB,
    minimum: int = 1,
    maximum: int = MAXIMUM,
    suspended: Suspension = NOTHING_SUSPENDED,
    desired: int = TASKS,
) -> None:
    """Add a service with a scalable target, and a policy that tracks the requests for each target."""
    sim.add_service(service, desired=desired)
    sim.scaled.register(service.name, minimum, maximum, suspended)
    track_requests(sim, service)


def track_requests(sim: Simulation, service: Service = WEB) -> None:
    assert service.load_balancer_arn is not None
    metric = requests_per_target(service.load_balancer_arn, service.target_group_arns[0])
    policy = TargetTracking(metric, REQUESTS_PER_TARGET, "Sum")
    sim.world.scaling.put_policy(*service.name, REQUESTS, policy)


def track_backlog(sim: Simulation, service: Service = WEB) -> None:
    """Add a policy that starts a service at zero when its queue is not empty."""
    sim.world.scaling.put_policy(*service.name, "backlog", TargetTracking(BACKLOG, target=5))


def fill_backlog(sim: Simulation, minutes: int = 1) -> None:
    """Let the queue be long for some minutes."""
    for _ in range(minutes):
        sim.world.metrics.put(BACKLOG.namespace, BACKLOG.name, dict(BACKLOG.dimensions), sim.world.now, 8)
        sim.minutes(1)


def with_many_requests(sim: Simulation, service: Service = WEB, *, minutes: int, each: int = MANY_REQUESTS) -> None:
    """Let clients send this many requests in each minute."""

    def send() -> None:
        for _ in range(each):
            assert sim.request(service)

    for _ in range(minutes):
        sim.after(20 * SECOND, send)
        sim.minutes(1)


def desired(sim: Simulation, service: Service = WEB) -> int:
    return sim.checker.desired(service.name)


def service_state(sim: Simulation, service: Service = WEB) -> ServiceState:
    state = sim.state(service.name)
    assert state is not None, sim.record.trace()
    return state


def suspended(sim: Simulation, service: Service = WEB) -> Suspension:
    target = sim.scaled.target(service.name)
    assert target is not None
    return target.suspended


def bounds(sim: Simulation, service: Service = WEB) -> tuple[int, int]:
    target = sim.scaled.target(service.name)
    assert target is not None
    return target.minimum, target.maximum


def explained(sim: Simulation, service: Service = WEB) -> Explanation | None:
    """Return the explanation that the API and the control panel show."""
    return sim.ports.table.explanations.get(service.name)


def reason(sim: Simulation, service: Service = WEB) -> str:
    """Return the reason of the explanation, empty if there is none."""
    found = explained(sim, service)
    return found.reason if found is not None else ""


def registrations(sim: Simulation) -> list[Registration]:
    """Return the calls that register a scalable target, also those of owners."""
    return list(sim.world.scaling.registrations)


def falls_asleep(sim: Simulation, service: Service = WEB) -> None:
    """Wait without requests until the service sleeps."""
    sim.minutes(13)
    must_sleep(sim, service)


def must_sleep(sim: Simulation, service: Service = WEB) -> None:
    """Check that the service is at zero, and that nothing of its scaling can start it."""
    assert (desired(sim, service), phase_of(sim, service)) == (0, Phase.ASLEEP), sim.record.trace()
    assert suspended(sim, service) == ALL_SUSPENDED, sim.record.trace()
    assert all(one.count_before == one.count_after for one in registrations(sim)), "a call moved the count"


def wakes(sim: Simulation, service: Service = WEB) -> None:
    """Wake the service, and wait until its scaling is put back."""
    sim.now_or_fail(lambda: sim.wake({"service": service.key}))
    sim.minutes(3)


def must_scale(
    sim: Simulation, service: Service = WEB, count: int = TASKS, as_before: Suspension = NOTHING_SUSPENDED
) -> None:
    """Check that the service is awake, and that its scaling is as it was before its sleep."""
    assert (desired(sim, service), phase_of(sim, service)) == (count, Phase.AWAKE), sim.record.trace()
    assert suspended(sim, service) == as_before, sim.record.trace()


def woken_with_one_task_of_two(sim: Simulation) -> None:
    """Wake a service that needs two tasks. One of them ends, and no other starts: the service is ready nevertheless."""
    scaled(sim, minimum=2)
    falls_asleep(sim)
    sim.now_or_fail(lambda: sim.wake({"service": WEB.key}))
    while sim.world.describe_service(*WEB.name).running < TASKS:
        sim.advance(SECOND)
    sim.tracker.hinder(WEB.name, TASKS_DO_NOT_START)
    sim.world.set_start_fault(*WEB.name, NoCapacity())
    sim.world.kill_task(sim.world.tasks(*WEB.name)[-1].id)


def register_first(sim: Simulation) -> None:
    sim.scaled.register(WEB.name, 1, MAXIMUM, IN_SUSPENDED)
    track_requests(sim)


def until_idle(sim: Simulation) -> None:
    register_first(sim)
    sim.minutes(STOPPING_TICK + 0.5)


def it_sleeps_and_scales_after_a_wake(sim: Simulation) -> None:
    sim.minutes(24)
    must_sleep(sim)
    wakes(sim)
    must_scale(sim, as_before=IN_SUSPENDED)


STOP: Final = Scenario(TICK, STOPPING_TICK, SUSPEND_SCALING, until_idle, it_sleeps_and_scales_after_a_wake)
