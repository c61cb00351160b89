"""What a month of ticks costs: the prices, and one pure function over counted usage.

The prices are in ``prices.json``, which Terraform reads, too. What is not there costs nothing per call:
the ECS, Elastic Load Balancing and Application Auto Scaling APIs, and scheduled rules on EventBridge's default bus
(factualminds.com/blog/amazon-eventbridge-pricing-events-pipes-schema-archive, 2026-06).
Left out because a month of it comes to less than a cent: the table's storage (about a megabyte) and its recovery.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

PRICES_FILE: Final = Path(__file__).parents[1] / "prices.json"
MEBIBYTES_PER_GIGABYTE: Final = 1024
BYTES_PER_GIGABYTE: Final = 1024**3
METRICS_ON_A_FREE_DASHBOARD: Final = 50
"""Only dashboards of so many metrics are free (aws.amazon.com/cloudwatch/pricing)."""


@dataclass(frozen=True)
class Price:
    """US dollars for one unit; the units a month that are free of charge; where and when that was read.

    ``cheaper_beyond``: from so many units on, ``dollars_beyond`` is the price.
    """

    unit: str
    dollars: float
    free_a_month: float
    source: str
    as_of: str
    cheaper_beyond: float = float("inf")
    dollars_beyond: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what JSON may hold and a price may not: ``ValueError``."""
        texts: tuple[object, ...] = (self.unit, self.source, self.as_of)
        numbers = (self.dollars, self.free_a_month, self.cheaper_beyond, self.dollars_beyond)
        if not all(isinstance(text, str) and text for text in texts):
            raise ValueError(f"unit, source and as_of must be texts that are not empty: {texts}")
        if not all(type(number) in (int, float) and number >= 0 for number in numbers):
            raise ValueError(f"Every number of the price of {self.unit} must be 0 or more: {numbers}")
        if (self.cheaper_beyond == float("inf")) != (self.dollars_beyond == 0):
            raise ValueError(f"Give the price of {self.unit} both cheaper_beyond and dollars_beyond, or neither.")

    def of(self, units: float) -> float:
        """The list price of so many units."""
        beyond = max(0.0, units - self.cheaper_beyond)
        return (units - beyond) * self.dollars + beyond * self.dollars_beyond

    def of_what_is_not_free(self, units: float) -> float:
        """The price of so many units once the month's free ones are taken off, which are the most expensive ones."""
        return self.of(units) - self.of(min(units, self.free_a_month))


class Prices(NamedTuple):
    """Every price, under the name it has in the file and in ``dashboard_cost.tf``."""

    lambda_request: Price
    lambda_gb_second: Price
    metric_requested: Price
    cloudwatch_request: Price
    custom_metric: Price
    dashboard: Price
    alarm_metric: Price
    log_gigabyte: Price
    read_unit: Price
    write_unit: Price


class PriceList(NamedTuple):
    """The whole file. ``ticks_a_month``: one a minute through a month of 730 hours, as AWS's own calculator has it."""

    about: str
    ticks_a_month: int
    prices: Prices


def price_list_in(text: str) -> PriceList:
    """Read the file's text.

    Raises ``KeyError`` or ``TypeError`` for a key that is missing or unknown, ``ValueError`` for a value.
    """
    contents: Mapping[str, Any] = json.loads(text)
    prices = {name: Price(**price) for name, price in contents["prices"].items()}
    if type(contents["ticks_a_month"]) is not int:
        raise ValueError(f"ticks_a_month must be a whole number: {contents['ticks_a_month']!r}")
    return PriceList(**{**contents, "prices": Prices(**prices)})


_PRICE_LIST: Final = price_list_in(PRICES_FILE.read_text(encoding="utf-8"))
PRICES: Final = _PRICE_LIST.prices
TICKS_PER_MONTH: Final = _PRICE_LIST.ticks_a_month


@dataclass(frozen=True)
class TickUsage:
    """What one tick uses, on average over the month.

    ``calls``: API calls by ``service.Action``. ``lambda_seconds``: what Lambda bills the run for.
    ``log_bytes``: of the function's own log lines.
    """

    calls: Mapping[str, float]
    metrics_requested: float
    read_units: float
    write_units: float
    lambda_seconds: float
    log_bytes: float


@dataclass(frozen=True)
class StandingUsage:
    """What is there all month long, whatever a tick does.

    ``memory_mb``: the function's memory. ``dashboard_metrics``: the metrics on each dashboard.
    """

    memory_mb: int
    custom_metrics: float
    dashboards: int
    dashboard_metrics: int = 0
    alarm_metrics: int = 0


@dataclass(frozen=True)
class MonthlyPrice:
    """US dollars a month by ``Price.unit``: at list price, and with what AWS gives every account free."""

    list_price: Mapping[str, float]
    with_free_tier: Mapping[str, float]

    @property
    def total_list_price(self) -> float:
        return sum(self.list_price.values())

    @property
    def total_with_free_tier(self) -> float:
        return sum(self.with_free_tier.values())


def monthly_price(tick: TickUsage, standing: StandingUsage, ticks: float = TICKS_PER_MONTH) -> MonthlyPrice:
    """Price a month of such ticks."""
    cloudwatch_requests = sum(
        count
        for call, count in tick.calls.items()
        if call.startswith("cloudwatch.") and call != "cloudwatch.GetMetricData"
    )
    gb_seconds = tick.lambda_seconds * standing.memory_mb / MEBIBYTES_PER_GIGABYTE
    units = {
        PRICES.lambda_request: ticks,
        PRICES.lambda_gb_second: gb_seconds * ticks,
        PRICES.metric_requested: tick.metrics_requested * ticks,
        PRICES.cloudwatch_request: cloudwatch_requests * ticks,
        PRICES.custom_metric: standing.custom_metrics,
        PRICES.dashboard: standing.dashboards,
        PRICES.alarm_metric: standing.alarm_metrics,
        PRICES.log_gigabyte: tick.log_bytes * ticks / BYTES_PER_GIGABYTE,
        PRICES.read_unit: tick.read_units * ticks,
        PRICES.write_unit: tick.write_units * ticks,
    }
    list_price = {price.unit: price.of(count) for price, count in units.items()}
    with_free_tier = {price.unit: price.of_what_is_not_free(count) for price, count in units.items()}
    if standing.dashboard_metrics > METRICS_ON_A_FREE_DASHBOARD:
        with_free_tier[PRICES.dashboard.unit] = list_price[PRICES.dashboard.unit]
    return MonthlyPrice(list_price, with_free_tier)
