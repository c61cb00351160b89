"""``make speed``: how many service-days the simulator simulates in a minute of one core.

The services have wake rules at one listener, a tick each minute, and visits at random instants. Most visits find the
service asleep and wake it. Processor time is measured.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final, NamedTuple

from rich.console import Console
from rich.table import Table

from scale_to_zero.model.configured import Service
from scale_to_zero.model.quantities import counted
from simulator.account import a_service, woken_by_requests
from simulator.http import by_program
from simulator.simulation import Simulation

from .busyness import BUSY, slowdown

EXPECTED: Final = 500
"""Service-days a minute and core, on a machine on which ``REFERENCE_WORK`` takes ``REFERENCE_SECONDS``."""
REFERENCE_WORK: Final = 10_000_000
"""How many numbers are added up."""
REFERENCE_SECONDS: Final = 0.11
"""The processor time of ``REFERENCE_WORK`` on a machine on which the simulator reaches ``EXPECTED``.

A slower machine takes longer for both. Measured on one machine: 0.35 s, and 168 service-days a minute.
"""


class Scenario(NamedTuple):
    """Services that are simulated for some days, each with some visits a day."""

    services: int
    days: float
    visits_a_day: int


USUAL: Final = Scenario(services=10, days=5, visits_a_day=10)
SCENARIOS: Final = (Scenario(1, 20, 10), USUAL, Scenario(50, 1, 10), Scenario(10, 3, 30))


@dataclass(frozen=True)
class Speed:
    """What was simulated, and its processor time in ``seconds``. ``stops``: how often a service went to zero."""

    scenario: Scenario
    stops: int
    seconds: float

    @property
    def service_days_a_minute(self) -> float:
        """Service-days in a minute of processor time."""
        return self.scenario.services * self.scenario.days * 60 / self.seconds


def measure(scenario: Scenario, seed: int = 1) -> Speed:
    """Simulate a scenario and measure the processor time."""
    began = time.process_time()
    random = Random(seed)
    with Simulation(seed) as sim:
        for number in range(scenario.services):
            service = woken_by_requests(a_service(f"service-{number}"))
            sim.add_service(service)
            _visit_at_random(sim, service, random, scenario.visits_a_day)
        sim.advance(timedelta(days=scenario.days))
        stops = sum(change.is_stop for changes in sim.record.changes.values() for change in changes)
    return Speed(scenario, stops, time.process_time() - began)


def expected_here() -> float:
    """Return the service-days a minute and core that are expected here, from how fast this machine adds up numbers."""
    fastest = min(_seconds_of_reference_work() for _ in range(5))
    return EXPECTED * min(1.0, REFERENCE_SECONDS / fastest)


def _seconds_of_reference_work() -> float:
    began = time.process_time()
    sum(range(REFERENCE_WORK))
    return time.process_time() - began


def _visit_at_random(sim: Simulation, service: Service, random: Random, visits_a_day: int) -> None:
    def visit() -> None:
        _visit_at_random(sim, service, random, visits_a_day)
        sim.load_balancer.send(service, by_program(service))

    sim.after(timedelta(days=random.expovariate(visits_a_day)), visit)


def main() -> int:
    """Measure every scenario and print it. Fail if the usual one is too slow, unless the machine is busy."""
    busy = slowdown() >= BUSY
    expected = expected_here()
    speeds = [measure(scenario) for scenario in SCENARIOS]
    table = Table("services", "days", "visits a day", "stops", "CPU s", "service-days a minute and core")
    for speed in speeds:
        figures = (*speed.scenario, speed.stops, f"{speed.seconds:.1f}", f"{speed.service_days_a_minute:.0f}")
        table.add_row(*map(str, figures))
    Console().print(table)
    usual = next(speed for speed in speeds if speed.scenario == USUAL)
    if expected < EXPECTED:
        print(f"This machine is slow: {expected:.0f} service-days a minute are expected here, not {EXPECTED}.")
    if usual.service_days_a_minute >= expected:
        return 0
    services = counted(USUAL.services, "service")
    unchecked = "Not checked, because the machine was busy: " if busy else ""
    print(
        f"{unchecked}with {services} the simulator is slower than {expected:.0f} service-days a minute.",
        file=sys.stderr,
    )
    return 0 if busy else 1


if __name__ == "__main__":
    sys.exit(main())
