"""``python -m benchmarks.simulator_speed``: how many service-days the simulator gets through in a minute of one core.

Services with wake rules at one listener, a tick each minute, and visitors at random instants: each service sleeps and
wakes some twenty times a day. Processor time is measured, which other work on the machine changes little.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

from rich.console import Console
from rich.table import Table

from scale_to_zero.model import Service
from simulator.account import a_service, woken_by_requests
from simulator.http import by_program
from simulator.simulation import Simulation

EXPECTED: Final = 500
"""Service-days a minute and core, with ten services at least."""
SIZES: Final = {1: 10.0, 10: 2.0, 50: 0.5}
"""By number of services, how many days are simulated."""
VISITS_A_DAY: Final = 30


@dataclass(frozen=True)
class Speed:
    """What was simulated, and how much processor time it took. ``stops``: how often a service went to zero."""

    services: int
    days: float
    stops: int
    seconds: float

    @property
    def service_days_a_minute(self) -> float:
        """Service-days in a minute of processor time."""
        return self.services * self.days * 60 / self.seconds


def measure(services: int, days: float, seed: int = 1) -> Speed:
    """Simulate so many services for so many days."""
    began = time.process_time()
    random = Random(seed)
    with Simulation(seed) as sim:
        for number in range(services):
            service = woken_by_requests(a_service(f"service-{number}"))
            sim.add_service(service)
            _visit_at_random(sim, service, random)
        sim.advance(timedelta(days=days))
        stops = sum(change.is_stop for changes in sim.chronicle.changes.values() for change in changes)
    return Speed(services, days, stops, time.process_time() - began)


def _visit_at_random(sim: Simulation, service: Service, random: Random) -> None:
    def visit() -> None:
        _visit_at_random(sim, service, random)
        sim.door.send(service, by_program(service))

    sim.after(timedelta(days=random.expovariate(VISITS_A_DAY)), visit)


def main() -> int:
    speeds = [measure(services, days) for services, days in SIZES.items()]
    table = Table("services", "days", "stops", "CPU s", "service-days a minute and core")
    for speed in speeds:
        figures = (
            speed.services,
            speed.days,
            speed.stops,
            f"{speed.seconds:.1f}",
            f"{speed.service_days_a_minute:.0f}",
        )
        table.add_row(*map(str, figures))
    Console().print(table)
    too_slow = [speed for speed in speeds if speed.services > 1 and speed.service_days_a_minute < EXPECTED]
    for speed in too_slow:
        print(f"With {speed.services} services the simulator is slower than {EXPECTED} service-days.", file=sys.stderr)
    return 1 if too_slow else 0


if __name__ == "__main__":
    sys.exit(main())
