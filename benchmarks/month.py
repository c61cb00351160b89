"""From measured ticks to a month's bill."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .measure import Measured
from .prices import MonthlyPrice, StandingUsage, TickUsage, monthly_price

MEMORY_OF_A_WHOLE_PROCESSOR_MB: Final = 1769
"""At so much memory a function has one vCPU, below it a share of one (AWS Lambda: Configure memory)."""

ASLEEP: Final = 0.70
AWAKE_NOT_DUE: Final = 0.15
DUE: Final = 0.15
"""An ordinary month: services are awake 30 % of the time. The newest visible request of a busy service is two to three
minutes old, so with idle_minutes = 5 it is due every second or third minute; every second is taken."""

METRICS_OF_A_SERVICE_ON_THE_DASHBOARD: Final = {"every_tick": 24, "off": 23}
"""By ``state_metrics``, for a service with one target group, as dashboard.tf counts them in both of its rows."""
METRICS_OF_A_SERVICE_IN_THE_LITERAL_DESIGN: Final = 10
"""Its dashboard shows the graphs of our first row with ``every_tick``, and no others."""


@dataclass(frozen=True)
class ProductTicks:
    """One number of services, measured in each of the three states a tick can meet them in."""

    asleep: Measured
    awake_not_due: Measured
    due: Measured


def lambda_seconds(measured: Measured, memory_mb: int) -> float:
    """What Lambda would bill a warm tick for, at most.

    Measured is a whole processor; a function of less memory has a share of one, so its processor time is stretched.
    Work done while calls are under way is stretched too, though it may cost no extra time: this is an upper bound.
    """
    stretch = max(1.0, MEMORY_OF_A_WHOLE_PROCESSOR_MB / memory_mb)
    return measured.warm_seconds + measured.warm_cpu_seconds * (stretch - 1)


def price_of_product(ticks: ProductTicks, memory_mb: int, state_metrics: str) -> MonthlyPrice:
    """The price of an ordinary month with ``state_metrics`` as the ticks were measured with."""
    parts = (
        (_tick_usage(ticks.asleep, memory_mb), ASLEEP),
        (_tick_usage(ticks.awake_not_due, memory_mb), AWAKE_NOT_DUE),
        (_tick_usage(ticks.due, memory_mb), DUE),
    )
    every_call = {call for part, _ in parts for call in part.calls}
    mixed = TickUsage(
        calls={call: sum(part.calls.get(call, 0) * share for part, share in parts) for call in every_call},
        metrics_requested=sum(part.metrics_requested * share for part, share in parts),
        read_units=sum(part.read_units * share for part, share in parts),
        write_units=sum(part.write_units * share for part, share in parts),
        lambda_seconds=sum(part.lambda_seconds * share for part, share in parts),
        log_bytes=sum(part.log_bytes * share for part, share in parts),
    )
    return monthly_price(
        mixed, _standing_usage(ticks.asleep, memory_mb, METRICS_OF_A_SERVICE_ON_THE_DASHBOARD[state_metrics])
    )


def price_of_naive(measured: Measured, memory_mb: int) -> MonthlyPrice:
    """The price of the literal design's month; its calls are the same in any state, so one run is enough."""
    standing = _standing_usage(measured, memory_mb, METRICS_OF_A_SERVICE_IN_THE_LITERAL_DESIGN)
    return monthly_price(_tick_usage(measured, memory_mb), standing)


def _tick_usage(measured: Measured, memory_mb: int) -> TickUsage:
    usage = measured.warm_usage
    return TickUsage(
        calls=usage.calls,
        metrics_requested=usage.metrics_requested,
        read_units=usage.read_units,
        write_units=usage.write_units,
        lambda_seconds=lambda_seconds(measured, memory_mb),
        log_bytes=measured.log_bytes,
    )


def _standing_usage(measured: Measured, memory_mb: int, metrics_a_service: int) -> StandingUsage:
    return StandingUsage(
        memory_mb=memory_mb,
        custom_metrics=measured.warm_usage.custom_metrics,
        dashboards=1,
        dashboard_metrics=metrics_a_service * measured.scenario.services,
    )
