"""The speed of the simulator, and that the measurement measures what it claims."""

from __future__ import annotations

import pytest

from benchmarks import simulator_speed
from benchmarks.simulator_speed import EXPECTED, REFERENCE_SECONDS, SCENARIOS, USUAL, Scenario, Speed, measure

SLACK = 2
"""Shared processors are sometimes slower."""


def test_services_sleep_and_wake_while_they_are_measured() -> None:
    scenario = Scenario(services=10, days=1, visits_a_day=10)
    expected = simulator_speed.expected_here()
    speed = measure(scenario)
    assert speed.scenario == scenario
    # Each visit ends a sleep, unless the service is still awake from the one before.
    assert 80 < speed.stops < 140
    assert speed.service_days_a_minute > expected / SLACK


@pytest.mark.parametrize(("times_as_long", "share"), [(0.5, 1.0), (1.0, 1.0), (4.0, 0.25)])
def test_less_is_expected_of_a_slower_machine_and_the_same_of_a_faster_one(
    monkeypatch: pytest.MonkeyPatch, times_as_long: float, share: float
) -> None:
    monkeypatch.setattr(simulator_speed, "_seconds_of_reference_work", lambda: times_as_long * REFERENCE_SECONDS)
    assert simulator_speed.expected_here() == share * EXPECTED


def test_service_days_are_counted_by_the_minute() -> None:
    assert Speed(Scenario(services=10, days=2, visits_a_day=1), stops=0, seconds=4).service_days_a_minute == 300


@pytest.mark.parametrize(
    ("seconds", "slowdown", "status", "expected"),
    [
        (5, 1.0, 0, ""),
        (7, 1.0, 1, "with 10 services the simulator is slower than 500 service-days a minute."),
        (7, 1.5, 0, "Not checked, because the machine was busy: with 10 services the simulator is slower than"),
    ],
)
def test_a_simulator_that_is_too_slow_is_reported(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    seconds: float,
    slowdown: float,
    status: int,
    expected: str,
) -> None:
    monkeypatch.setattr(simulator_speed, "slowdown", lambda: slowdown)
    monkeypatch.setattr(simulator_speed, "expected_here", lambda: float(EXPECTED))
    monkeypatch.setattr(simulator_speed, "measure", lambda scenario: Speed(scenario, 1, seconds))
    assert simulator_speed.main() == status
    printed = capsys.readouterr()
    assert printed.out.count(f"{float(seconds)}") == len(SCENARIOS)
    assert f"{USUAL.services * USUAL.days * 60 / seconds:.0f}" in printed.out
    assert printed.err.startswith(expected)
    assert bool(printed.err) == bool(expected)
