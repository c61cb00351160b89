"""The number of invocations of each function that run, limited by its reserved concurrency.

The account's limit of 1,000 is not modelled, because so many processes never run here.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from local_aws.api_call import AwsError


class Throttled(AwsError):
    """The error if as many invocations of the function run as its reserved concurrency allows."""

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException", "Rate Exceeded.", 429)


class Concurrency:
    """The counters of running invocations."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    @contextmanager
    def one_more(self, function_arn: str, reserved: int | None) -> Iterator[None]:
        """Count an invocation while it runs. Raises ``Throttled``. ``reserved``: ``None`` sets no limit."""
        with self._lock:
            if reserved is not None and self._running[function_arn] >= reserved:
                raise Throttled
            self._running[function_arn] += 1
        try:
            yield
        finally:
            with self._lock:
                self._running[function_arn] -= 1
