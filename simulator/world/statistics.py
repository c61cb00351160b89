"""Values aggregated as CloudWatch does, and the statistics that can be read from them.

A percentile counts every value as often as it was measured. It is the smallest value that the given percentage of them
does not exceed. (CloudWatch does not document what it does if the percentile falls between two values.)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache, partial
from typing import Final

_PERCENTILE: Final = re.compile(r"p(100|\d{1,2}(?:\.\d{1,10})?)")
"""CloudWatch User Guide, "CloudWatch statistics definitions"."""


class Statistic(StrEnum):
    """The statistics that are modelled besides percentiles, with the API's names."""

    SUM = "Sum"
    AVERAGE = "Average"
    MAXIMUM = "Maximum"
    MINIMUM = "Minimum"
    SAMPLE_COUNT = "SampleCount"


@dataclass(frozen=True)
class Percentile:
    """A percentile: ``percent`` is 95 for ``p95``."""

    percent: float


@lru_cache
def statistic(name: str) -> Statistic | Percentile:
    """Parse the API's name of a statistic: ``Sum`` and the like, or ``p90``, ``p99.9``. Raises ``ValueError``."""
    if match := _PERCENTILE.fullmatch(name):
        return Percentile(float(match[1]))
    return Statistic(name)


@dataclass(frozen=True, slots=True)
class Sample:
    """Several values, aggregated; ``values`` has them one by one, each with how often it was measured."""

    total: float
    count: float
    minimum: float
    maximum: float
    values: tuple[tuple[float, float], ...]

    @classmethod
    def of(cls, value: float, count: float) -> Sample:
        """Make a sample of one value that was measured ``count`` times."""
        return _one(float(value), float(count))

    def __add__(self, other: Sample) -> Sample:
        """Put two sets of values together."""
        return Sample(
            self.total + other.total,
            self.count + other.count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.values + other.values,
        )


@lru_cache(maxsize=1024)
def _one(value: float, count: float) -> Sample:
    """Return the sample of one value. The cache keeps the few values that are published every minute only once."""
    return Sample(value * count, count, value, value, ((value, count),))


Reader = Callable[[Sequence[Sample]], float]
"""Computes one statistic of the values of one or more samples."""


def reader(wanted: Statistic | Percentile) -> Reader:
    """Return the function that computes this statistic."""
    if isinstance(wanted, Percentile):
        return partial(_percentile, percent=wanted.percent)
    return _READERS[wanted]


def _sum(samples: Sequence[Sample]) -> float:
    return sum([sample.total for sample in samples])


def _count(samples: Sequence[Sample]) -> float:
    return sum([sample.count for sample in samples])


def _average(samples: Sequence[Sample]) -> float:
    return _sum(samples) / _count(samples)


def _maximum(samples: Sequence[Sample]) -> float:
    return max([sample.maximum for sample in samples])


def _minimum(samples: Sequence[Sample]) -> float:
    return min([sample.minimum for sample in samples])


_READERS: Final[Mapping[Statistic, Reader]] = {
    Statistic.SUM: _sum,
    Statistic.AVERAGE: _average,
    Statistic.MAXIMUM: _maximum,
    Statistic.MINIMUM: _minimum,
    Statistic.SAMPLE_COUNT: _count,
}


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
