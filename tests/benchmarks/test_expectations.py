"""The benchmark reports a tick over 1,000 services that uses more than is expected."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace

from benchmarks.expectations import SOME_DUE, missed, too_slow
from benchmarks.fleet import Scenario, all_asleep, awake_not_due
from benchmarks.measure import Measured, Run, Tick
from benchmarks.stub_process import environment
from benchmarks.usage import Usage

MEBIBYTE = 1024 * 1024


def test_measurements_within_the_expectations_miss_none() -> None:
    measured = [_measured(all_asleep(1000), calls=115), _measured(SOME_DUE, calls=130)]
    assert [*missed(measured), *too_slow(measured)] == []


def test_one_call_too_many_is_missed() -> None:
    assert "116 calls; at most 115 are" in next(missed([_measured(awake_not_due(1000), calls=116)]))
    assert "131 calls; at most 130 are" in next(missed([_measured(SOME_DUE, calls=131)]))


def test_a_slow_tick_is_missed_whether_cold_or_warm() -> None:
    measured = _measured(SOME_DUE, calls=130)
    (run,) = measured.runs
    slow = replace(run.cold, wall_seconds=8.1)
    for slow_run in (replace(run, cold=slow), replace(run, warm=slow)):
        assert "took 8.1 s" in next(too_slow([replace(measured, runs=(slow_run,))]))


def test_one_slow_tick_among_quick_ones_is_missed() -> None:
    measured = _measured(SOME_DUE, calls=130)
    (quick,) = measured.runs
    slow = replace(quick, warm=replace(quick.warm, wall_seconds=8.1))
    assert "took 8.1 s" in next(too_slow([replace(measured, runs=(quick, slow, quick))]))


def test_memory_of_160_mebibytes_is_missed() -> None:
    measured = _measured(SOME_DUE, calls=130)
    large = replace(measured.runs[0], peak_bytes=160 * MEBIBYTE)
    assert "160 MiB" in next(missed([replace(measured, runs=(large,))]))


def test_other_numbers_of_services_have_no_expectations() -> None:
    assert list(missed([_measured(all_asleep(100), calls=1000)])) == []


def test_the_memory_of_the_starting_process_is_not_counted() -> None:
    ballast = bytearray(200 * MEBIBYTE)
    finished = subprocess.run(
        [sys.executable, "-c", "from benchmarks.measured_process import peak_bytes; print(peak_bytes())"],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
    )
    assert int(finished.stdout) < len(ballast) / 2


def _measured(scenario: Scenario, calls: int) -> Measured:
    tick = Tick(wall_seconds=1, cpu_seconds=1, log_bytes=0, usage=Usage(Counter({"ecs.DescribeServices": calls})))
    return Measured(scenario, (Run(cold=tick, warm=tick, peak_bytes=100 * MEBIBYTE),))
