"""Checks that no service is stopped within its idle window after the end of a deployment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Service, ServiceName
from simulator.ports.in_memory import InMemoryPorts

CLOCKS_DIFFER: Final = timedelta(seconds=2)
APART: Final = timedelta(seconds=50)
"""Two ticks this far apart are not duplicates of each other. The writes of two duplicates may both fail because of
the same other write."""


@dataclass(frozen=True)
class Seen:
    """A deployment that fault-free ticks observed: when it began, and when the first and the last tick observed it."""

    began: datetime
    first: datetime
    last: datetime

    @property
    def is_recorded(self) -> bool:
        """Whether at least one of these ticks must have saved it."""
        return self.last - self.first >= APART


class DeploymentTracker:
    """What ticks have observed of the newest deployment of each service."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._world = ports.world
        self._seen: dict[ServiceName, Seen] = {}

    def seen(self, name: ServiceName, began: datetime, at: datetime) -> None:
        """Record that a fault-free tick observed a running deployment. ``began``: when the deployment began."""
        known = self._seen.get(name)
        first = known.first if known is not None and known.began == began else at
        self._seen[name] = Seen(began, first, at)

    def forget(self, name: ServiceName) -> None:
        """Forget the deployment: the service state need not contain it any longer."""
        self._seen.pop(name, None)

    def stopped_too_early(self, service: Service, deployed_at: datetime) -> str:
        """Return what is wrong if the service is stopped now, within its idle window after a deployment; else "".

        ``deployed_at``: when the newest deployment that the run observed began. A later one does not count. If ticks
        have not observed the deployment, the window begins with it.
        """
        now, newest = self._world.now, self._world.describe_service(*service.name).deployments[0]
        if newest.created_at > deployed_at:
            return ""
        seen = self._seen.get(service.name)
        recorded = seen is not None and seen.began == newest.created_at and seen.is_recorded
        what, since = ("end", newest.updated_at) if recorded else ("beginning", newest.created_at)
        if now - since >= service.idle - CLOCKS_DIFFER:
            return ""
        return f"{now - since} after the {what} of a deployment at {since:%H:%M:%S}"
