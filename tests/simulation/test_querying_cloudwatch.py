"""What a tick queries from CloudWatch: few calls even for different services, and no idleness from unknown data."""

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
    """The target group is also empty, but traffic that no load balancer counts is unknown, so it is not idle."""
    two_groups = a_service("web", groups=2)
    instance = ModuleInstance(replace(two_groups, target_group_arns=two_groups.target_group_arns[:1]))
    instance.world.attach_target_group(two_groups.target_group_arns[1], None)
    instance.ports.table.services["web"] = two_groups
    instance.ticks(40)
    assert instance.desired(two_groups) == 1


def test_services_with_different_idle_windows_are_queried_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS bills and limits calls, so thirty services with thirty idle windows share them."""
    services = [a_service(f"s{minutes}", idle=minutes * MINUTE) for minutes in range(1, 31)]
    instance = ModuleInstance(*services)
    instance.tick()
    instance.world.advance(40 * MINUTE)
    queried: list[int] = []
    read = InMemoryMetrics.read

    def counted(metrics: InMemoryMetrics, keys: list[SeriesKey], *window: datetime) -> Mapping[SeriesKey, object]:
        queried.append(len(keys))
        return read(metrics, keys, *window)

    monkeypatch.setattr(InMemoryMetrics, "read", counted)
    instance.tick()
    assert queried == [30, 60]
    assert {instance.desired(service) for service in services} == {0}
