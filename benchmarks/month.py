"""A month's bill, computed from measured ticks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .measure import Measured
from .prices import MonthlyPrice, StandingUsage, TickUsage, monthly_price

MEMORY_OF_A_WHOLE_PROCESSOR_MB: Final = 1769
"""With this much memory a function has one vCPU, with less memory a share of one (AWS Lambda: Configure memory)."""

ASLEEP: Final = 0.70
AWAKE_NOT_DUE: Final = 0.15
DUE: Final = 0.15
"""An ordinary month: services are awake 30 % of the time. The newest visible request of a busy service is two to three
minutes old, so with idle_minutes = 5 the service is due every second or third minute. Every second is assumed."""

METRICS_OF_A_SERVICE_ON_THE_DASHBOARD: Final = {"every_tick": 24, "off": 23}
"""By ``state_metrics``, for a service with one target group, as dashboard.tf counts them in both of its rows."""
METRICS_OF_A_SERVICE_IN_THE_LITERAL_DESIGN: Final = 10
"""Its dashboard shows only the graphs of the module's first row with ``every_tick``."""


@dataclass(frozen=True)
class ProductTicks:
    """One number of services, measured in each of the three states that a tick can find them in."""

    asleep: Measured
    awake_not_due: Measured
    due: Measured


def lambda_seconds(measured: Measured, memory_mb: int) -> float:
    """Return the most seconds that Lambda would bill for a warm tick.

    The tick is measured on a whole processor. A function with less memory has a share of one, so its processor time
    is stretched. Work during calls is stretched too, although it might take no extra time: this is an upper bound.
    """
    stretch = max(1.0, MEMORY_OF_A_WHOLE_PROCESSOR_MB / memory_mb)
    return measured.warm_seconds + measured.warm_cpu_seconds * (stretch - 1)


def price_of_product(ticks: ProductTicks, memory_mb: int, state_metrics: str) -> MonthlyPrice:
    """Return the price of an ordinary month. ``state_metrics`` is the setting with which the ticks were measured."""
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
    """Return the price of a month of the literal design. Its calls are the same in any state, so one run is enough."""
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
