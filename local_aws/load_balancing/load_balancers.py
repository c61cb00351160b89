"""The listeners of every load balancer that moto holds."""

from __future__ import annotations

import threading
from random import Random
from typing import Any

from moto.elbv2.models import elbv2_backends

from simulator.world import World

from .lambda_targets import Invoke
from .listener import Listener


class LoadBalancers:
    """One HTTP server on a free loopback port for each listener.

    Call ``follow`` after each change of listeners, and ``close`` at the end. ``lock`` guards moto and the world.
    ``invoke`` runs the functions that are targets.
    """

    def __init__(
        self, world: World, lock: threading.RLock, account_id: str, region: str, seed: int, invoke: Invoke
    ) -> None:
        self._world = world
        self._lock = lock
        self._account_id = account_id
        self._region = region
        self._random = Random(seed)
        self._invoke = invoke
        self._listeners: dict[str, Listener] = {}

    def follow(self) -> None:
        """Open servers for new listeners, and close those of deleted ones."""
        with self._lock:
            wanted = {
                arn
                for load_balancer in self._known()
                if load_balancer.type == "application"
                for arn in load_balancer.listeners
            }
            for arn in wanted - self._listeners.keys():
                self._listeners[arn] = Listener(self._world, self._lock, arn, self._random, self._invoke)
            gone = [self._listeners.pop(arn) for arn in self._listeners.keys() - wanted]
        for listener in gone:
            listener.close()

    def url(self, load_balancer: str) -> str:
        """Return the URL of a load balancer's listener with the lowest port.

        ``load_balancer``: its ARN or name. Raises ``LookupError`` if there is no listener.
        """
        with self._lock:
            listeners = sorted(self._listeners_of(load_balancer), key=lambda listener: int(listener.port))
            for listener in listeners:
                if listener.arn in self._listeners:
                    return self._listeners[listener.arn].url
        raise LookupError(f"There is no listener of a load balancer {load_balancer}; create one first.")

    def close(self) -> None:
        """Close every listener."""
        while self._listeners:
            self._listeners.popitem()[1].close()

    def _known(self) -> list[Any]:
        return list(elbv2_backends[self._account_id][self._region].load_balancers.values())

    def _listeners_of(self, load_balancer: str) -> list[Any]:
        return [
            listener
            for known in self._known()
            if load_balancer in (known.arn, known.name)
            for listener in known.listeners.values()
        ]
