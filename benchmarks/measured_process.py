"""The measured process: it runs two ticks and prints what they used as one line of JSON.

``python -m benchmarks.measured_process product|naive``, with the stub's address in ``AWS_ENDPOINT_URL``. It imports as
little as it can before the clock starts, because its imports count as memory of the measured function.
"""

from __future__ import annotations

import http.client
import importlib
import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

FUNCTION_TIMEOUT_SECONDS: Final = 60
KIBIBYTE: Final = 1024
TICKS: Final = 2
KERNEL_STATUS: Final = Path("/proc/self/status")
# The attributes of every log record, which Lambda's JSON log format leaves out.
_OF_EVERY_RECORD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message"}


class LambdaContext:
    """The part of Lambda's context object that the handlers use."""

    def __init__(self) -> None:
        self._ends_at = time.monotonic() + FUNCTION_TIMEOUT_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends_at - time.monotonic()) * 1000)


class LogBytes(logging.Handler):
    """A log handler that counts the bytes of the function's lines in Lambda's JSON log format."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.counted = 0

    def emit(self, record: logging.LogRecord) -> None:
        line = {
            "timestamp": "2026-01-05T08:00:00Z",
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
            **{name: value for name, value in vars(record).items() if name not in _OF_EVERY_RECORD},
        }
        self.counted += len(json.dumps(line, default=str).encode()) + 1


def product() -> Callable[[], None]:
    handlers = importlib.import_module("scale_to_zero.handlers")
    return lambda: handlers.scale_to_zero({}, LambdaContext())


def naive() -> Callable[[], None]:
    design = importlib.import_module("benchmarks.naive")
    services = [design.PolledService(**each) for each in json.load(sys.stdin)]
    return design.NaiveScaleToZero(services).handler  # type: ignore[no-any-return]


def main(design: str) -> dict[str, Any]:
    logs = LogBytes()
    logging.getLogger().addHandler(logs)
    measured = []
    tick: Callable[[], None] | None = None
    for _ in range(TICKS):
        wall, cpu, logged = time.perf_counter(), time.process_time(), logs.counted
        if tick is None:
            tick = {"product": product, "naive": naive}[design]()
        tick()
        measured.append(
            {
                "wall_seconds": time.perf_counter() - wall,
                "cpu_seconds": time.process_time() - cpu,
                "log_bytes": logs.counted - logged,
                "usage": _counted_since_last_time(),
            }
        )
    return {"ticks": measured, "peak_bytes": peak_bytes()}


def peak_bytes() -> int:
    """Return the most memory that this process ever used.

    On Linux ``ru_maxrss`` of a started process includes what its parent used when it started the process. So the
    kernel's own high-water mark of this program is read instead.
    """
    if KERNEL_STATUS.exists():
        lines = KERNEL_STATUS.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * KIBIBYTE for line in lines if line.startswith("VmHWM:"))
    # macOS counts in bytes, other systems in kibibytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else KIBIBYTE)


def _counted_since_last_time() -> Any:
    stub = urlsplit(os.environ["AWS_ENDPOINT_URL"])
    connection = http.client.HTTPConnection(stub.hostname or "", stub.port, timeout=10)
    try:
        connection.request("POST", "/-/begin")
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
