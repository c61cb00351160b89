"""Metrics as types: what is read from CloudWatch, how much of it at once, and what is published there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final, NamedTuple

from .configured import ServiceName
from .observed import Pair
from .quantities import MINUTE

MOST_SERIES: Final = 500
MOST_DATAPOINTS: Final = 100_800
"""Maximum of one call (AWS: CloudWatch API reference, GetMetricData)."""


class SeriesKey(NamedTuple):
    """One metric of one pair: ``RequestCount`` or ``HealthyHostCount``."""

    metric_name: str
    pair: Pair


@dataclass(frozen=True)
class Series:
    """The datapoints of a complete answer: start of each minute to its value. Minutes without one are absent."""

    points: Mapping[datetime, float]


@dataclass(frozen=True)
class StateMetric:
    """One value to publish: a metric's name, its dimensions, its value."""

    metric_name: str
    dimensions: tuple[tuple[str, str], ...]
    value: float


@dataclass(frozen=True)
class Measure:
    """One value of a metric that is sent only when it happens, for a service or, without one, for the whole instance.

    ``unit``: as CloudWatch names it. ``further``: dimensions in addition to the service or the instance.
    """

    metric_name: str
    value: float
    unit: str = "Count"
    service: ServiceName | None = None
    further: tuple[tuple[str, str], ...] = ()


def series_per_call(start: datetime, end: datetime) -> int:
    """Return how many series of a window fit in one call; an even number, to keep both metrics of a pair together."""
    datapoints_each = max(1, ceil((end - start) / MINUTE))
    fitting = min(MOST_SERIES, MOST_DATAPOINTS // datapoints_each)
    return max(2, fitting - fitting % 2)
