"""The endpoint of every API that moto holds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Final

from local_aws.load_balancing.lambda_targets import Invoke

from . import settings
from .endpoint import Endpoint, Surroundings

CHANGES: Final = ("CreateApi", "DeleteApi")
"""The actions after which ``follow`` must read the APIs again; other settings are read for each request."""


class HttpApis:
    """One HTTP server on a free loopback port for each API.

    Call ``follow`` after each of ``CHANGES``, and ``close`` at the end. ``lock`` guards moto, ``invoke`` runs the
    integrated functions, ``is_function`` returns whether an access key belongs to a function.
    """

    def __init__(
        self,
        lock: threading.RLock,
        now: Callable[[], datetime],
        seed: int,
        invoke: Invoke,
        is_function: Callable[[str], bool],
    ) -> None:
        self._lock = lock
        self._surroundings = Surroundings(lock, now, Random(f"http apis {seed}"), invoke, is_function)
        self._endpoints: dict[str, Endpoint] = {}

    def follow(self) -> None:
        """Open endpoints for new APIs, and close those of deleted ones."""
        with self._lock:
            wanted = settings.ids()
            for api_id in wanted - self._endpoints.keys():
                self._endpoints[api_id] = Endpoint(api_id, self._surroundings)
            gone = [self._endpoints.pop(api_id) for api_id in self._endpoints.keys() - wanted]
        for endpoint in gone:
            endpoint.close()

    def url(self, api: str) -> str:
        """Return the URL of an API. Raises ``LookupError`` if there is no such API.

        ``api``: its id or ``api_endpoint``.
        """
        api_id = api.removeprefix("https://").partition(".")[0]
        with self._lock:
            if api_id in self._endpoints:
                return self._endpoints[api_id].url
        raise LookupError(f"There is no HTTP API {api}; create one first.")

    def close(self) -> None:
        """Close every endpoint."""
        while self._endpoints:
            self._endpoints.popitem()[1].close()
