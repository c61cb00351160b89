"""The limit of each route's requests: a token bucket (API Gateway Developer Guide, "Throttle requests to your
HTTP APIs").
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from .settings import Stage


@dataclass
class _Bucket:
    burst: int
    rate: float
    tokens: float
    filled: datetime


class Throttling:
    """The token buckets: one of ``burst`` tokens, refilled by ``rate`` per second, for each route of each stage."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._lock = threading.Lock()

    def admits(self, stage: Stage, route_key: str, now: datetime) -> bool:
        """Take a token for a request; ``False`` if there is none. Changed settings begin with a full bucket."""
        with self._lock:
            bucket = self._buckets.get((stage.name, route_key))
            if bucket is None or (bucket.burst, bucket.rate) != (stage.burst, stage.rate):
                bucket = _Bucket(stage.burst, stage.rate, float(stage.burst), now)
                self._buckets[stage.name, route_key] = bucket
            passed = (now - bucket.filled).total_seconds()
            bucket.tokens = min(float(bucket.burst), bucket.tokens + passed * bucket.rate)
            bucket.filled = now
            if bucket.tokens < 1:
                return False
            bucket.tokens -= 1
            return True
