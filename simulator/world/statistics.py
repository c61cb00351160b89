"""Values summed up as CloudWatch does, and the statistics that can be read of them.

A percentile is taken over every value, as often as it was seen: the smallest one that so many percent of them do not
exceed. (CloudWatch does not tell how it goes about it where that falls between two values.)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_PERCENTILE: Final = re.compile(r"p(100|\d{1,2}(?:\.\d{1,10})?)")
"""CloudWatch User Guide, "CloudWatch statistics definitions"."""


class Statistic(StrEnum):
    """The statistics that are modelled besides percentiles, named as in the API."""

    SUM = "Sum"
    AVERAGE = "Average"
    MAXIMUM = "Maximum"
    MINIMUM = "Minimum"
    SAMPLE_COUNT = "SampleCount"


@dataclass(frozen=True)
class Percentile:
    """A percentile: ``percent`` is 95 for ``p95``."""

    percent: float


def statistic(name: str) -> Statistic | Percentile:
    """Read a statistic as the API names it: ``Sum`` and the like, or ``p90``, ``p99.9``. Raises ``ValueError``."""
    if match := _PERCENTILE.fullmatch(name):
        return Percentile(float(match[1]))
    return Statistic(name)


@dataclass(frozen=True, slots=True)
class Sample:
    """Several values, summed up; ``values`` has them one by one, each with how often it was seen."""

    total: float
    count: float
    minimum: float
    maximum: float
    values: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, value: float, count: float) -> Sample:
        """One value, seen so often."""
        value, count = float(value), float(count)
        return cls(value * count, count, value, value, ((value, count),))

    def __add__(self, other: Sample) -> Sample:
        """Put two sets of values together."""
        return Sample(
            self.total + other.total,
            self.count + other.count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.values + other.values,
        )


def read(samples: Sequence[Sample], wanted: Statistic | Percentile) -> float:
    """Read one statistic of the values of one or more samples."""
    match wanted:
        case Percentile():
            return _percentile(samples, wanted.percent)
        case Statistic.SUM:
            return sum(sample.total for sample in samples)
        case Statistic.AVERAGE:
            return sum(sample.total for sample in samples) / sum(sample.count for sample in samples)
        case Statistic.MAXIMUM:
            return max(sample.maximum for sample in samples)
        case Statistic.MINIMUM:
            return min(sample.minimum for sample in samples)
        case Statistic.SAMPLE_COUNT:
            return sum(sample.count for sample in samples)


def _percentile(samples: Sequence[Sample], percent: float) -> float:
    seen: dict[float, float] = {}
    for sample in samples:
        for value, count in sample.values:
            seen[value] = seen.get(value, 0.0) + count
    rank = sum(seen.values()) * percent / 100
    passed = 0.0
    for value in sorted(seen):
        passed += seen[value]
        if passed >= rank:
            break
    return value
