"""What a tick asks CloudWatch: with few calls, however different the services are, and only what can be answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import pytest

from scale_to_zero.model.metrics import SeriesKey
from scale_to_zero.model.quantities import MINUTE
from simulator.account import a_service
from simulator.ports.in_memory import InMemoryMetrics

from .module_instance import ModuleInstance


def test_a_service_with_a_target_group_that_no_load_balancer_serves_stays_awake() -> None:
    """It is empty, too; but what is used by a way nobody counts is unknown, and no idleness."""
    watched = a_service("web", groups=2)
    instance = ModuleInstance(replace(watched, target_group_arns=watched.target_group_arns[:1]))
    instance.world.attach_target_group(watched.target_group_arns[1], None)
    instance.ports.table.services["web"] = watched
    instance.ticks(40)
    assert instance.desired(watched) == 1


def test_services_with_different_idle_windows_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS bills and limits calls; thirty services with an idle window each are one more reason to share them."""
    services = [a_service(f"s{minutes}", idle=minutes * MINUTE) for minutes in range(1, 31)]
    instance = ModuleInstance(*services)
    instance.tick()
    instance.world.advance(40 * MINUTE)
    asked: list[int] = []
    read = InMemoryMetrics.read

    def counted(metrics: InMemoryMetrics, keys: list[SeriesKey], *window: datetime) -> Mapping[SeriesKey, object]:
        asked.append(len(keys))
        return read(metrics, keys, *window)

    monkeypatch.setattr(InMemoryMetrics, "read", counted)
    instance.tick()
    assert asked == [30, 60]
    assert {instance.desired(service) for service in services} == {0}
