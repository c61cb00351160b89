"""Application Auto Scaling over a ``World``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallRefused
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.scaling import ScalableTarget, Suspension
from simulator import world

if TYPE_CHECKING:
    from .in_memory import InMemoryPorts


class InMemoryScalableTargets:
    """``ScalableTargets`` over a world."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def read(self, names: Collection[ServiceName]) -> Mapping[ServiceName, ScalableTarget | None | Unknown]:
        return {name: self._ports.unseen("read_scalable_targets", name) or self._target(name) for name in names}

    def suspend(self, name: ServiceName, suspended: Suspension) -> None:
        with self._ports.changing("suspend_scaling", name, suspended):
            try:
                set_suspension(self._ports.world, name, suspended)
            except LookupError as error:
                raise CallRefused(f"the service {name} has no scalable target") from error

    def scales_by_forecast(self, name: ServiceName) -> bool | Unknown:
        return self._ports.unseen("scales_by_forecast", name) or name in self._ports.forecasting

    def _target(self, name: ServiceName) -> ScalableTarget | None:
        found = self._ports.world.scaling.target(*name)
        return ScalableTarget(found.minimum, found.maximum, Suspension(*found.suspended)) if found else None


def set_suspension(of: world.World, name: ServiceName, suspended: Suspension) -> None:
    """Register a service's scalable target again with this suspension. Raises ``LookupError`` if it has none."""
    of.scaling.register(*name, suspended=world.Suspension(*suspended))
