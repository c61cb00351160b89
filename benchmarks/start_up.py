"""How long a handler takes from the start of its process to its first AWS call, compared with a bare boto3 client.

Both are whole processes, timed from outside in interleaved pairs, so that other work on the machine slows both equally.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .stub_process import OF_ANY_INSTANCE, environment

VISIT: Final = {
    "requestContext": {
        "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/w/0"}
    },
    "httpMethod": "GET",
    "path": "/",
}
EVENTS: Final[Mapping[str, object]] = {"scale_to_zero": {}, "scale_up": {}, "wake": VISIT}
HANDLERS: Final = tuple(EVENTS)
BARE: Final = "import boto3; boto3.client('ecs')"
PAIRS: Final = 11

# The first API call ends the run before it leaves the process. The import and the first client are done by then.
UP_TO_THE_FIRST_CALL: Final = """
import scale_to_zero.handlers
from botocore.client import BaseClient

class FirstCall(BaseException):
    pass

class Context:
    def get_remaining_time_in_millis(self):
        return 60_000

def leave(*_):
    raise FirstCall

BaseClient._make_api_call = leave
try:
    scale_to_zero.handlers.{handler}({event!r}, Context())
except FirstCall:
    pass
else:
    raise SystemExit("the handler ended without an AWS call")
"""


@dataclass(frozen=True)
class StartUp:
    """A handler's pairs of runs: the seconds of the handler, and of the bare client right before or after it."""

    handler: str
    pairs: tuple[tuple[float, float], ...]

    @property
    def handler_seconds(self) -> float:
        return statistics.median(ours for ours, _ in self.pairs)

    @property
    def bare_seconds(self) -> float:
        return statistics.median(bare for _, bare in self.pairs)

    @property
    def ratios(self) -> tuple[float, ...]:
        """The ratios of the pairs, smallest first. A change of the machine's speed affects both runs of a pair."""
        return tuple(sorted(ours / bare for ours, bare in self.pairs))

    @property
    def median_ratio(self) -> float:
        return statistics.median(self.ratios)

    def as_json(self) -> dict[str, Any]:
        return {
            "handler": self.handler,
            "handler_seconds": self.handler_seconds,
            "bare_seconds": self.bare_seconds,
            "median_ratio_of_pairs": self.median_ratio,
            "pairs": self.pairs,
        }


def measure_start_up(handler: str, package: Path) -> StartUp:
    """Time pairs of runs in alternating order. The first pair only warms the file cache."""
    # Lambda unpacks the function's files without compiled files, and cannot write any.
    settings = environment(
        PYTHONPATH=str(package),
        PYTHONDONTWRITEBYTECODE="1",
        TABLE_NAME="benchmark-scale-to-zero",
        METRIC_NAMESPACE="CityGuided/ECS",
        SCALE_UP_FUNCTION="benchmark-scale-up",
        STATE_METRICS="every_tick",
        **OF_ANY_INSTANCE,
    )
    programs = (UP_TO_THE_FIRST_CALL.format(handler=handler, event=EVENTS[handler]), BARE)
    pairs = []
    for number in range(PAIRS + 1):
        order = programs if number % 2 else programs[::-1]
        seconds = {program: _seconds(program, settings) for program in order}
        pairs.append((seconds[programs[0]], seconds[programs[1]]))
    return StartUp(handler, tuple(pairs[1:]))


def _seconds(program: str, settings: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True, env=settings, timeout=60)
    return time.perf_counter() - began
