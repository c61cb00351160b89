"""Every load balancer's listeners, kept in step with what moto holds."""

from __future__ import annotations

import threading
from random import Random
from typing import Any

from moto.elbv2.models import elbv2_backends

from simulator.world import World

from .lambda_targets import Invoke
from .listener import Listener


class LoadBalancers:
    """One HTTP server on a free loopback port for each listener there is.

    Call ``follow`` after each change of listeners, and ``close`` in the end. ``lock`` guards moto and the world.
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
        """Open what is new, close what is gone."""
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
        """Where a load balancer, named by its ARN or name, listens: at its listener with the lowest port.

        Raises ``LookupError`` where there is none.
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
