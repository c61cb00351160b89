"""The services that the simulated module looks after."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from scale_to_zero.model import Service, ServiceName

CLUSTER: Final = "city-guided-cluster"
PREFIX: Final = "arn:aws:elasticloadbalancing:eu-west-3:123456789012"
LOAD_BALANCER: Final = f"{PREFIX}:loadbalancer/app/city/50dc6c495c0c9188"


def a_service(key: str = "web", groups: int = 1, **changes: object) -> Service:
    """A service behind the load balancer, with so many target groups."""
    arns = tuple(f"{PREFIX}:targetgroup/{key}-{number}/73e2d6bc24d8a067" for number in range(groups))
    service = Service(key, ServiceName(CLUSTER, key), LOAD_BALANCER if groups else None, arns)
    return replace(service, **changes)  # type: ignore[arg-type]
