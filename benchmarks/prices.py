"""What a month of ticks costs: a sourced price table, and one pure function over counted usage.

Prices are AWS's list prices in us-east-1 in US dollars, without tax. What is not here costs nothing per call:
the ECS, Elastic Load Balancing and Application Auto Scaling APIs, and scheduled rules on EventBridge's default bus
(factualminds.com/blog/amazon-eventbridge-pricing-events-pipes-schema-archive, 2026-06).
Left out because a month of it comes to less than a cent: the table's storage (about a megabyte) and its recovery.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

TICKS_PER_MONTH: Final = 43_800
"""One a minute through a month of 730 hours, the month AWS's own calculator uses."""
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
    free: float
    source: str
    as_of: str
    cheaper_beyond: float = float("inf")
    dollars_beyond: float = 0.0

    def of(self, units: float) -> float:
        """The list price of so many units."""
        beyond = max(0.0, units - self.cheaper_beyond)
        return (units - beyond) * self.dollars + beyond * self.dollars_beyond

    def of_what_is_not_free(self, units: float) -> float:
        """The price of so many units once the month's free ones are taken off, which are the dearest ones."""
        return self.of(units) - self.of(min(units, self.free))


_CLOUDWATCH_FREE: Final = "free units: aws.amazon.com/cloudwatch/pricing"
_DYNAMODB: Final = "airbyte.com/data-engineering-resources/dynamodb-pricing, after AWS's price cut of November 2024"

LAMBDA_REQUESTS: Final = Price("Lambda requests", 0.20 / 1e6, 1e6, "AWS Price List", "2026-09")
LAMBDA_GB_SECONDS: Final = Price("Lambda GB-seconds, arm64", 0.0000133334, 400_000, "AWS Price List", "2026-09")
METRICS_REQUESTED: Final = Price(
    "metrics requested by GetMetricData",
    0.01 / 1e3,
    0,
    "Amazon CloudWatch User Guide, CloudWatch billing and cost; never free: repost.aws, cloudwatch-getmetricdata-api",
    "2023",
)
CLOUDWATCH_REQUESTS: Final = Price(
    "other CloudWatch requests",
    0.01 / 1e3,
    1e6,
    f"Amazon CloudWatch User Guide, CloudWatch billing and cost; {_CLOUDWATCH_FREE}",
    "2023",
)
CUSTOM_METRICS: Final = Price(
    "custom metrics",
    0.30,
    10,
    f"signoz.io/guides/cloudwatch-pricing; {_CLOUDWATCH_FREE}",
    "2026-02",
    cheaper_beyond=10_000,
    dollars_beyond=0.10,
)
DASHBOARDS: Final = Price(
    "dashboards",
    3.00,
    3,
    f"factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards; {_CLOUDWATCH_FREE}",
    "2026-06",
)
ALARMS: Final = Price(
    "alarm metrics",
    0.10,
    10,
    f"Amazon CloudWatch User Guide, CloudWatch billing and cost; {_CLOUDWATCH_FREE}",
    "2023",
)
LOG_GIGABYTES: Final = Price(
    "GB of log lines",
    0.50,
    5,
    f"factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards; {_CLOUDWATCH_FREE}",
    "2026-06",
)
READ_UNITS: Final = Price("DynamoDB read units", 0.125 / 1e6, 0, _DYNAMODB, "2025-07")
WRITE_UNITS: Final = Price("DynamoDB write units", 0.625 / 1e6, 0, _DYNAMODB, "2025-07")

PRICES: Final = (
    LAMBDA_REQUESTS,
    LAMBDA_GB_SECONDS,
    METRICS_REQUESTED,
    CLOUDWATCH_REQUESTS,
    CUSTOM_METRICS,
    DASHBOARDS,
    ALARMS,
    LOG_GIGABYTES,
    READ_UNITS,
    WRITE_UNITS,
)


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
        LAMBDA_REQUESTS: ticks,
        LAMBDA_GB_SECONDS: gb_seconds * ticks,
        METRICS_REQUESTED: tick.metrics_requested * ticks,
        CLOUDWATCH_REQUESTS: cloudwatch_requests * ticks,
        CUSTOM_METRICS: standing.custom_metrics,
        DASHBOARDS: standing.dashboards,
        ALARMS: standing.alarm_metrics,
        LOG_GIGABYTES: tick.log_bytes * ticks / BYTES_PER_GIGABYTE,
        READ_UNITS: tick.read_units * ticks,
        WRITE_UNITS: tick.write_units * ticks,
    }
    list_price = {price.unit: price.of(count) for price, count in units.items()}
    with_free_tier = {price.unit: price.of_what_is_not_free(count) for price, count in units.items()}
    if standing.dashboard_metrics > METRICS_ON_A_FREE_DASHBOARD:
        with_free_tier[DASHBOARDS.unit] = list_price[DASHBOARDS.unit]
    return MonthlyPrice(list_price, with_free_tier)
