"""How fast the simulator is, and that what is measured is what it is said to be."""

from __future__ import annotations

import pytest

from benchmarks import simulator_speed
from benchmarks.simulator_speed import EXPECTED, Speed, measure

SLACK = 3
"""Processors that are shared, and those of other machines, are slower."""


def test_services_sleep_and_wake_while_they_are_measured() -> None:
    speed = measure(services=10, days=0.5)
    assert (speed.services, speed.days) == (10, 0.5)
    # Each of some 15 visits ends a sleep, unless the service is awake from the one before.
    assert 50 < speed.stops < 150
    assert speed.service_days_a_minute > EXPECTED / SLACK


def test_service_days_are_counted_by_the_minute() -> None:
    assert Speed(services=10, days=2, stops=0, seconds=4).service_days_a_minute == 300


def test_a_simulator_that_is_too_slow_is_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(simulator_speed, "measure", lambda services, days: Speed(services, days, 1, services * days))
    assert simulator_speed.main() == 1
    told = capsys.readouterr()
    assert "service-days a minute and core" in told.out
    assert told.err.splitlines() == [
        f"With {services} services the simulator is slower than {EXPECTED} service-days." for services in (10, 50)
    ]
