"""What the dashboard takes for the module's own cost is computed from the sourced prices of the benchmarks."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks import prices

COSTS = Path(__file__).parents[2] / "dashboard_cost.tf"
PRICES = {
    "lambda_request": prices.LAMBDA_REQUESTS,
    "lambda_gb_second": prices.LAMBDA_GB_SECONDS,
    "metric_requested": prices.METRICS_REQUESTED,
    "metrics_published": prices.CLOUDWATCH_REQUESTS,
    "custom_metric": prices.CUSTOM_METRICS,
    "alarm_metric": prices.ALARMS,
    "dashboard": prices.DASHBOARDS,
    "log_gigabyte": prices.LOG_GIGABYTES,
    "read_unit": prices.READ_UNITS,
    "write_unit": prices.WRITE_UNITS,
}


def test_every_price_is_that_of_the_benchmarks_to_the_digit() -> None:
    written = re.search(r"own_prices = \{(.*?)\n  \}", COSTS.read_text(encoding="utf-8"), re.DOTALL)
    assert written is not None
    stated = {name: float(price) for name, price in re.findall(r"^ *(\w+) += ([0-9.]+)", written[1], re.MULTILINE)}
    assert stated == {name: float(f"{price.dollars:.10f}") for name, price in PRICES.items()}


def test_a_month_has_as_many_ticks_as_that_of_the_benchmarks() -> None:
    assert f"ticks_a_month = {prices.TICKS_PER_MONTH}\n" in COSTS.read_text(encoding="utf-8")
