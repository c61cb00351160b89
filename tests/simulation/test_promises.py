"""Weeks of clients, operators, accidents and faults: after every step the promises of the README hold."""

from __future__ import annotations

import os
from datetime import timedelta
from random import Random
from typing import Final

import pytest

from scale_to_zero.model.configured import Service
from scale_to_zero.model.quantities import MINUTE
from simulator.account import a_service, woken_by_requests
from simulator.simulation import START
from simulator.world import Timings
from tests.seeds import seed_of_commit

from .clients import Clients
from .operators import LateMetrics, Operators
from .patient_clients import monitor
from .random_faults import RandomFaults
from .simulation import Simulation

DAYS: Final = int(os.environ.get("SIMULATED_DAYS", "4"))
GIVEN_SEEDS: Final = [int(seed) for seed in os.environ.get("SIMULATION_SEEDS", "").split()]
FOUND: Final = [506, 2102, 6110, 25084337721043707, 7017676844704400]
"""506: an operator arms a wake rule while the service is awake, and a press of the button is no activity.
2102: a run whose clock is ahead lifts a hold that has just ended by this clock.
6110: a wake is requested while a stop is under way, and this stop never reaches ECS.
25084337721043707: an operator disarms a wake rule during a wake, which fails and is abandoned.
7017676844704400: a tick sees a target for a moment, and is cut off before it can save this."""
SEEDS: Final = GIVEN_SEEDS or [*FOUND, *(seed_of_commit() * 100 + number for number in range(12))]


def services_of(random: Random) -> list[Service]:
    """Draw up to three services: one with a target group, one with two, one whose use cannot be observed.

    Most services whose use can be observed are woken by requests.
    """
    idle = random.choice([1, 3, 5, 5, 10])
    return [
        perhaps_woken_by_requests(a_service("web", idle=idle * MINUTE), random),
        perhaps_woken_by_requests(a_service("api", groups=2, awake_count=random.choice([None, 2])), random),
        a_service("worker", groups=0),
    ][: random.choice([1, 2, 3])]


def perhaps_woken_by_requests(service: Service, random: Random) -> Service:
    if random.random() < 0.3:
        return service
    return woken_by_requests(
        service,
        monitored=random.random() < 0.3,
        wait=timedelta(seconds=random.choice([0, 20, 50])),
        max_waiting=random.choice([0, 1, 10]),
        ask_before_waking=random.random() < 0.2,
        page_status=random.choice([503, 202]),
        drain_lead=random.choice([0, 0, 1, 2]) * MINUTE if service.idle > 2 * MINUTE else timedelta(0),
    )


def timings_of(random: Random) -> Timings:
    return Timings(
        task_start=timedelta(seconds=random.choice([20, 40, 90])),
        deregistration=timedelta(seconds=random.choice([5, 30, 120])),
        rule_propagation=timedelta(seconds=random.choice([0, 3, 20])),
        stopped_tasks_kept=timedelta(minutes=5),  # no test here reads them, and fewer tasks make the days faster
    )


def simulate(sim: Simulation, random: Random, days: float) -> None:
    services = services_of(random)
    for service in services:
        sim.add_service(service, desired=random.choice([0, 1, 2]), deploying=random.random() < 0.5)
        Clients(sim, service)
        if service.wake_on_request is not None and service.wake_on_request.uptime_checks:
            monitor(sim, service, 5 * MINUTE)
        Operators(sim, service)
    LateMetrics(sim)
    sim.fault_plan = RandomFaults(Random(sim.seed + 1), lambda: sim.world.now, [service.name for service in services])
    sim.advance(timedelta(days=days))


def begin(seed: int, random: Random) -> Simulation:
    return Simulation(seed, timings=timings_of(random), tick_second=random.uniform(0, 60))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_promises_hold_with_any_faults(seed: int) -> None:
    random = Random(seed)
    with begin(seed, random) as sim:
        simulate(sim, random, DAYS)
        assert sim.world.now >= START + timedelta(days=DAYS)
        assert sim.tracker.checks > DAYS * 24 * 20
        stops = [change for changes in sim.record.changes.values() for change in changes if change.is_stop]
        assert sum(not stop.by_hand for stop in stops) > DAYS


def test_one_seed_gives_one_history() -> None:
    """Otherwise a failure of the test above could not be replayed."""
    histories = []
    for _ in range(2):
        random = Random(5)
        with begin(5, random) as sim:
            simulate(sim, random, 1)
            histories.append((sim.record.changes, sim.record.trace()))
    assert histories[0] == histories[1]
