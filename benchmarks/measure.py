"""Runs of a design against the stub in fresh processes, and the measured ticks."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from .fleet import Fleet, Scenario
from .stub_process import OF_ANY_INSTANCE, ROOT, StubProcess, environment
from .usage import Usage

LONGEST_RUN_SECONDS: Final = 600
NAIVE_CALLS: Final = ("ecs.DescribeServices", "cloudwatch.GetMetricStatistics", "cloudwatch.PutMetricData")
"""The calls of the literal design for each service in each tick, in every state of the service."""


class NothingMeasured(Exception):
    """A run did not do what its scenario says. Its figures would be meaningless."""


@dataclass(frozen=True)
class Tick:
    """One tick: seconds on the wall clock, seconds of processor time, bytes of log lines, and its AWS calls."""

    wall_seconds: float
    cpu_seconds: float
    log_bytes: int
    usage: Usage


@dataclass(frozen=True)
class Run:
    """One process: its first tick with imports and new clients, its second, warm tick, and its peak memory."""

    cold: Tick
    warm: Tick
    peak_bytes: int


@dataclass(frozen=True)
class Measured:
    """Several runs of one scenario."""

    scenario: Scenario
    runs: tuple[Run, ...]

    @property
    def calls(self) -> int:
        """The calls of the tick that made most. A cold tick has no cache that a warm tick can have."""
        return max(tick.usage.total_calls for run in self.runs for tick in (run.cold, run.warm))

    @property
    def cold_seconds(self) -> float:
        return statistics.median(run.cold.wall_seconds for run in self.runs)

    @property
    def warm_seconds(self) -> float:
        return statistics.median(run.warm.wall_seconds for run in self.runs)

    @property
    def warm_cpu_seconds(self) -> float:
        return statistics.median(run.warm.cpu_seconds for run in self.runs)

    @property
    def slowest_seconds(self) -> float:
        """The seconds of the slowest single tick. A median would hide a tick that reached the timeout."""
        return max(tick.wall_seconds for run in self.runs for tick in (run.cold, run.warm))

    @property
    def peak_bytes(self) -> int:
        return max(run.peak_bytes for run in self.runs)

    @property
    def warm_usage(self) -> Usage:
        """What a warm tick used. Every run of a scenario makes the same calls."""
        return self.runs[-1].warm.usage

    @property
    def log_bytes(self) -> int:
        return self.runs[-1].warm.log_bytes


def measure_product(
    stub: StubProcess, scenario: Scenario, package: Path, *, repeats: int, state_metrics: str
) -> Measured:
    """Run the handler of the unpacked ``package``, two ticks in each of ``repeats`` processes."""
    settings = {
        "PYTHONPATH": os.pathsep.join((str(package), str(ROOT))),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TABLE_NAME": "benchmark-scale-to-zero",
        "METRIC_NAMESPACE": "CityGuided/ECS",
        "SCALE_UP_FUNCTION": "benchmark-scale-up",
        "STATE_METRICS": state_metrics,
        **OF_ANY_INSTANCE,
        "AWS_ENDPOINT_URL": stub.url,
    }
    runs = tuple(_run(stub, scenario, "product", settings) for _ in range(repeats))
    for run in runs:
        for tick in (run.cold, run.warm):
            _check_product(scenario, tick.usage, state_metrics)
    return Measured(scenario, runs)


def measure_naive(stub: StubProcess, scenario: Scenario) -> Measured:
    """Run the literal design, two ticks in one process."""
    services = [
        {
            "cluster": member.cluster_name,
            "service": member.service_name,
            "load_balancer": load_balancer,
            "target_group": target_group,
        }
        for member in Fleet(scenario).members
        for load_balancer, target_group in [member.metric_dimensions]
    ]
    run = _run(stub, scenario, "naive", {"AWS_ENDPOINT_URL": stub.url}, inputs=json.dumps(services))
    expected = dict.fromkeys(NAIVE_CALLS, scenario.services)
    for tick in (run.cold, run.warm):
        if tick.usage.calls != expected:
            raise NothingMeasured(f"{scenario}: the literal design made other calls: {dict(tick.usage.calls)}")
    return Measured(scenario, (run,))


def _run(stub: StubProcess, scenario: Scenario, design: str, settings: dict[str, str], *, inputs: str = "") -> Run:
    stub.begin(scenario)
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "benchmarks.measured_process", design],
            input=inputs,
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=environment(**settings),
            timeout=LONGEST_RUN_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise NothingMeasured(f"{scenario}: the {design} design took over {LONGEST_RUN_SECONDS} s") from error
    if ended.returncode != 0:
        raise NothingMeasured(f"{scenario}: the {design} design failed:\n{ended.stderr}")
    answer: dict[str, Any] = json.loads(ended.stdout)
    cold, warm = (
        Tick(each["wall_seconds"], each["cpu_seconds"], each["log_bytes"], Usage.from_json(each["usage"]))
        for each in answer["ticks"]
    )
    for tick in (cold, warm):
        if tick.usage.unanswered:
            raise NothingMeasured(f"{scenario}: the stub cannot answer the {design} design: {tick.usage.unanswered[0]}")
    return Run(cold, warm, answer["peak_bytes"])


def _check_product(scenario: Scenario, usage: Usage, state_metrics: str) -> None:
    """Check that the services did what the scenario says."""
    published = 2 * scenario.services if state_metrics == "every_tick" else 0
    expected = {
        "metrics requested": (usage.metrics_requested, scenario.due),
        "metrics published": (usage.custom_metrics, published),
        "services stopped or started": (usage.calls["ecs.UpdateService"], 0),
    }
    for what, (found, wanted) in expected.items():
        if found != wanted:
            raise NothingMeasured(f"{scenario}: {found} {what} instead of {wanted}")
    if (usage.write_units > 0) != (scenario.due > 0):
        written = f"{usage.write_units:g} units of service state were written"
        raise NothingMeasured(f"{scenario}: {written}; some must be written if services are due, else none")
