"""A module instance with a few services, for runs of the functions one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.tick.run import run_tick
from simulator.functions import LONGEST_HOLD
from simulator.ports.in_memory import InMemoryPorts
from simulator.simulation import START
from simulator.terraform import payload_of_terraform
from simulator.world import Timings, World

NAMESPACE: Final = "CityGuided/ECS"
STEADY: Final = Timings(jitter=0)


class ModuleInstance:
    """The world, the ports over it, and the functions."""

    def __init__(self, *services: Service, desired: int = 1, timings: Timings = STEADY) -> None:
        self.world = World(seed=1, start=START - timedelta(hours=1), timings=timings)
        self.ports = InMemoryPorts(self.world, services, metric_namespace=NAMESPACE)
        for service in services:
            bindings = [(service.load_balancer_arn, arn, 8080) for arn in service.target_group_arns]
            self.world.create_service(*service.name, desired=desired, target_groups=bindings)
        self.world.advance_to(START + 5 * MINUTE)

    def tick(self, *, publish: bool = True, lasts: timedelta = MINUTE) -> None:
        """Run scale-to-zero once, now."""
        ends_at = self.world.now + lasts
        run_tick(self.ports.gathered(), publish=publish, ends_at=ends_at)

    def ticks(self, minutes: int) -> None:
        """Run scale-to-zero once a minute."""
        for _ in range(minutes):
            self.tick()
            self.world.advance(MINUTE)

    def wake(self, payload: Mapping[str, object]) -> dict[str, dict[str, object]]:
        """Run scale-up once, now; return its answer for each service."""
        answer = run_scale_up(
            self.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=self.world.now + 15 * MINUTE
        )["services"]
        assert isinstance(answer, dict)
        return answer

    def leave(self, service: Service) -> None:
        """Run scale-up once, now, as Terraform invokes it when the service leaves the module."""
        payload = payload_of_terraform(service)
        run_scale_up(self.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=self.world.now + 15 * MINUTE)

    def scale_by_forecast(self, service: Service) -> None:
        """Give a service a scalable target and a predictive scaling policy."""
        self.world.scaling.register(*service.name, minimum=1, maximum=3)
        self.ports.forecasting.add(service.name)

    def desired(self, service: Service) -> int:
        """Return the desired count in ECS."""
        return self.world.describe_service(*service.name).desired

    def state(self, name: ServiceName) -> ServiceState:
        """Return the service state."""
        return self.ports.table.states[name]
