"""The price of a month of ticks: the prices, and one pure function over counted usage.

The prices are in ``prices.json``, which Terraform reads too. Services without a price there cost nothing per call:
the ECS, Elastic Load Balancing and Application Auto Scaling APIs, and scheduled rules on EventBridge's default bus
(factualminds.com/blog/amazon-eventbridge-pricing-events-pipes-schema-archive, 2026-06).
The table's storage (about a megabyte) and its recovery are left out: a month of them costs less than a cent.
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
"""Only dashboards with at most this many metrics are free (aws.amazon.com/cloudwatch/pricing)."""


@dataclass(frozen=True)
class Price:
    """The price of one unit in US dollars, and the units that are free each month.

    ``source`` and ``as_of``: where the price was read, and when. ``cheaper_beyond``: each unit beyond this number
    costs ``dollars_beyond``.
    """

    unit: str
    dollars: float
    free_a_month: float
    source: str
    as_of: str
    cheaper_beyond: float = float("inf")
    dollars_beyond: float = 0.0

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a value that JSON allows and a price does not."""
        texts: tuple[object, ...] = (self.unit, self.source, self.as_of)
        numbers = (self.dollars, self.free_a_month, self.cheaper_beyond, self.dollars_beyond)
        if not all(isinstance(text, str) and text for text in texts):
            raise ValueError(f"unit, source and as_of must be non-empty strings, but are {texts}")
        if not all(type(number) in (int, float) and number >= 0 for number in numbers):
            raise ValueError(f"Every number of the price of {self.unit} must be 0 or more, but they are {numbers}")
        if (self.cheaper_beyond == float("inf")) != (self.dollars_beyond == 0):
            raise ValueError(f"Give the price of {self.unit} both cheaper_beyond and dollars_beyond, or neither.")

    def of(self, units: float) -> float:
        """Return the list price of ``units`` units."""
        beyond = max(0.0, units - self.cheaper_beyond)
        return (units - beyond) * self.dollars + beyond * self.dollars_beyond

    def of_what_is_not_free(self, units: float) -> float:
        """Return the price of ``units`` units without the month's free units, which are the most expensive ones."""
        return self.of(units) - self.of(min(units, self.free_a_month))


class Prices(NamedTuple):
    """Every price, under its name in the file and in ``dashboard_cost.tf``."""

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
    """The whole file. ``ticks_a_month``: one tick a minute in a month of 730 hours, as in AWS's own calculator."""

    about: str
    ticks_a_month: int
    prices: Prices


def price_list_in(text: str) -> PriceList:
    """Read the file's text.

    Raise ``KeyError`` or ``TypeError`` for a missing or unknown key, and ``ValueError`` for a wrong value.
    """
    contents: Mapping[str, Any] = json.loads(text)
    prices = {name: Price(**price) for name, price in contents["prices"].items()}
    if type(contents["ticks_a_month"]) is not int:
        raise ValueError(f"ticks_a_month must be a whole number, but is {contents['ticks_a_month']!r}")
    return PriceList(**{**contents, "prices": Prices(**prices)})


_PRICE_LIST: Final = price_list_in(PRICES_FILE.read_text(encoding="utf-8"))
PRICES: Final = _PRICE_LIST.prices
TICKS_PER_MONTH: Final = _PRICE_LIST.ticks_a_month


@dataclass(frozen=True)
class TickUsage:
    """What one tick uses, on average over the month.

    ``calls``: API calls by ``service.Action``. ``lambda_seconds``: the billed duration of the run.
    ``log_bytes``: the size of the function's own log lines.
    """

    calls: Mapping[str, float]
    metrics_requested: float
    read_units: float
    write_units: float
    lambda_seconds: float
    log_bytes: float


@dataclass(frozen=True)
class StandingUsage:
    """What is used all month, independent of the ticks.

    ``memory_mb``: the function's memory. ``dashboard_metrics``: the number of metrics on each dashboard.
    """

    memory_mb: int
    custom_metrics: float
    dashboards: int
    dashboard_metrics: int = 0
    alarm_metrics: int = 0


@dataclass(frozen=True)
class MonthlyPrice:
    """US dollars a month by ``Price.unit``: the list price, and the price after the free units of every account."""

    list_price: Mapping[str, float]
    with_free_tier: Mapping[str, float]

    @property
    def total_list_price(self) -> float:
        return sum(self.list_price.values())

    @property
    def total_with_free_tier(self) -> float:
        return sum(self.with_free_tier.values())


def monthly_price(tick: TickUsage, standing: StandingUsage, ticks: float = TICKS_PER_MONTH) -> MonthlyPrice:
    """Return the price of a month of such ticks."""
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
