"""The metrics that show when a service was active. Pure."""

from __future__ import annotations

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.metrics import StateMetric
from scale_to_zero.model.observed import ServiceFacts


def state_metrics(name: ServiceName, facts: ServiceFacts) -> list[StateMetric]:
    """Return ``ServiceDesiredCount`` with its ``Status``, and ``ServiceStatus``: 1 active, 0 idle."""
    status = "active" if facts.desired > 0 else "idle"
    service = (("Service", name.service_name), ("Cluster", name.cluster_name))
    return [
        StateMetric("ServiceDesiredCount", (*service, ("Status", status)), float(facts.desired)),
        StateMetric("ServiceStatus", service, 1.0 if facts.desired > 0 else 0.0),
    ]
