"""The price of a month from measured ticks: the shares of its states, and its dashboard as dashboard.tf counts it."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from benchmarks.fleet import Scenario, all_asleep, all_due, awake_not_due
from benchmarks.measure import Measured, Run, Tick
from benchmarks.month import (
    METRICS_OF_A_SERVICE_ON_THE_DASHBOARD,
    ProductTicks,
    price_of_naive,
    price_of_product,
)
from benchmarks.stub_process import ROOT
from benchmarks.usage import Usage


def test_a_service_has_as_many_metrics_on_the_dashboard_as_dashboard_tf_counts() -> None:
    text = (ROOT / "dashboard.tf").read_text(encoding="utf-8")
    rows = re.findall(r"metrics = lookup\(\{(.+?)\}, var\.state_metrics, 0\)", text)
    assert len(rows) == 2, "there must be two rows: the state and the history"
    [a_target_group] = re.findall(r"\+ (\d+) \* length\(service\.target_group_arns\)", text)
    counted: Counter[str] = Counter({"every_tick": int(a_target_group), "off": int(a_target_group)})
    for row in rows:
        counted.update({mode: int(count) for mode, count in re.findall(r"(\w+) = (\d+)", row)})
    assert counted == METRICS_OF_A_SERVICE_ON_THE_DASHBOARD


def test_two_services_fit_a_free_dashboard() -> None:
    for services, state_metrics, dollars in ((2, "every_tick", 0), (3, "every_tick", 3), (2, "off", 0), (3, "off", 3)):
        price = price_of_product(_ticks(services, requested=0), 512, state_metrics)
        assert price.with_free_tier["dashboards"] == pytest.approx(dollars), (services, state_metrics)


def test_the_module_reads_metrics_only_in_the_due_share_of_a_month() -> None:
    price = price_of_product(_ticks(1000, requested=1000), 512, "every_tick")
    # 43,800 ticks x 15 % x 1,000 metrics, at $0.01 a thousand
    assert price.list_price["metrics requested by GetMetricData"] == pytest.approx(65.70)


def test_the_literal_design_reads_and_publishes_all_month() -> None:
    usage = Usage(Counter({"cloudwatch.GetMetricStatistics": 1000, "cloudwatch.PutMetricData": 1000}))
    price = price_of_naive(_measured(all_due(1000), usage), 512)
    # 43,800 ticks x 2,000 requests, at $0.01 a thousand
    assert price.list_price["other CloudWatch requests"] == pytest.approx(876)


def _ticks(services: int, requested: int) -> ProductTicks:
    return ProductTicks(
        asleep=_measured(all_asleep(services), Usage()),
        awake_not_due=_measured(awake_not_due(services), Usage()),
        due=_measured(all_due(services), Usage(metrics_requested=requested)),
    )


def _measured(scenario: Scenario, usage: Usage) -> Measured:
    tick = Tick(wall_seconds=1, cpu_seconds=1, log_bytes=0, usage=usage)
    return Measured(scenario, (Run(cold=tick, warm=tick, peak_bytes=1),))
