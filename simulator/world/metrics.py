"""Metrics as CloudWatch keeps them: minutes, exact dimension sets, and the delay before a minute can be read.

Pure: the store reads no clock. Whoever asks says what time it is, and sees only what is visible by then.

What is modelled, with its source (CloudWatch User Guide, "Metrics concepts", unless another is named):

* Values are kept per minute; a period is a multiple of one minute, and its datapoint carries the period's start.
* A metric is a namespace, a name and a set of dimensions: "CloudWatch treats each unique combination of dimensions
  as a separate metric", and "can't aggregate across dimensions for your custom metrics". A set nobody published
  has no datapoints.
* Values of one minute are kept for 15 days. (The coarser values kept beyond that are not modelled.)
* AWS services publish a minute once it is over. How late is not documented; see ``DEFAULT_AWS_DELAY``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from .statistics import Sample, read, statistic

MINUTE: Final = timedelta(minutes=1)

DEFAULT_AWS_DELAY: Final = timedelta(minutes=2)
"""From the start of a minute until an AWS service's values for it can be read.

Exporters leave out the last one to two minutes as incomplete (Netflix/atlas#1300, telegraf#10134).
"""

DEFAULT_CUSTOM_DELAY: Final = MINUTE
"""From publishing a custom value until it can be read.

Usually it takes seconds; the User Guide ("Publish custom metrics") allows two minutes for a new metric.
"""

RETENTION: Final = timedelta(days=15)
"""How long values of one minute are kept (CloudWatch User Guide, "Metrics retention")."""


class StatusCode(StrEnum):
    """How ``GetMetricData`` marks one answer (API Reference, MetricDataResult).

    Partial: not all datapoints of the time range. The last two come without datapoints.
    """

    COMPLETE = "Complete"
    PARTIAL_DATA = "PartialData"
    INTERNAL_ERROR = "InternalError"
    FORBIDDEN = "Forbidden"


class Metric(NamedTuple):
    """One metric: its namespace, its name, and its set of dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> Metric:
        """Name a metric; the order of its dimensions does not matter."""
        return cls(namespace, name, frozenset(dimensions.items()))


@dataclass
class MetricStore:
    """Every metric of one account and region.

    ``aws_delay``: from the start of a minute until values of a namespace ``AWS/...`` in that minute can be read.
    ``custom_delay``: from the publishing of any other value until it can be read.
    ``delays``: by namespace, instead of these two; counted as for the kind of namespace.
    All three may be changed at any time, and count for what is put afterwards.
    ``trouble``: what ``GetMetricData`` marks a metric with instead of Complete, for as long as it stands here.
    """

    aws_delay: timedelta = DEFAULT_AWS_DELAY
    custom_delay: timedelta = DEFAULT_CUSTOM_DELAY
    delays: dict[str, timedelta] = field(default_factory=dict)
    trouble: dict[Metric, StatusCode] = field(default_factory=dict)
    _minutes: dict[Metric, _Minutes] = field(default_factory=dict, repr=False)

    def put(
        self,
        namespace: str,
        metric_name: str,
        dimensions: Mapping[str, str],
        at: datetime,
        value: float,
        count: float = 1,
        published: datetime | None = None,
    ) -> None:
        """Record that ``value`` was seen ``count`` times at ``at``, and published then or at ``published``.

        Raises ``ValueError`` for a naive ``at`` or a count that is not above zero.
        """
        if count <= 0:
            raise ValueError(f"The count of a value must be above zero, not {count}.")
        minute = _floor(at, MINUTE)
        metric = Metric.of(namespace, metric_name, dimensions)
        minutes = self._minutes.setdefault(metric, _Minutes())
        minutes.add(minute, self._visible_from(namespace, published or at, minute), Sample.of(value, count))

    def datapoints(
        self,
        namespace: str,
        metric_name: str,
        dimensions: Mapping[str, str],
        start: datetime,
        end: datetime,
        period: timedelta,
        wanted: str,
        now: datetime,
    ) -> dict[datetime, float]:
        """Read the datapoints that begin in [start, end) and are visible at ``now``, oldest first.

        ``start`` is rounded down to a whole period, counted from 1970. A period without values has no datapoint.
        ``wanted``: a statistic as the API names it, see ``statistic``.
        Raises ``ValueError`` for a naive instant, an unknown statistic, or a period that is not whole minutes.
        """
        if period < MINUTE or period % MINUTE:
            raise ValueError(f"The period must be a multiple of one minute, not {period}.")
        stat = statistic(wanted)
        minutes = self._minutes.get(Metric.of(namespace, metric_name, dimensions))
        if minutes is None:
            return {}
        samples: dict[datetime, list[Sample]] = {}
        for minute, sample in minutes.between(_floor(start, period), _utc(end), _utc(now)):
            samples.setdefault(_floor(minute, period), []).append(sample)
        return {begin: read(together, stat) for begin, together in samples.items()}

    def metrics(self, now: datetime) -> list[Metric]:
        """List the metrics that have a visible value, in a stable order."""
        visible = (metric for metric, minutes in self._minutes.items() if minutes.any_visible(_utc(now)))
        return sorted(visible, key=lambda metric: (metric.namespace, metric.name, sorted(metric.dimensions)))

    def _visible_from(self, namespace: str, published: datetime, minute: datetime) -> datetime:
        if namespace.startswith("AWS/"):
            return minute + self.delays.get(namespace, self.aws_delay)
        return _utc(published) + self.delays.get(namespace, self.custom_delay)


class _Minutes:
    """The values of one metric: by minute, then by the instant from which they can be read."""

    def __init__(self) -> None:
        self._samples: dict[datetime, dict[datetime, Sample]] = {}
        self._newest = datetime.min.replace(tzinfo=UTC)

    def add(self, minute: datetime, visible_from: datetime, sample: Sample) -> None:
        at_minute = self._samples.setdefault(minute, {})
        known = at_minute.get(visible_from)
        at_minute[visible_from] = known + sample if known else sample
        self._newest = max(self._newest, minute)
        self._forget_expired()

    def between(self, start: datetime, end: datetime, now: datetime) -> Iterator[tuple[datetime, Sample]]:
        if not self._samples:
            return
        oldest = next(iter(self._samples))
        minute = max(start, min(oldest, self._newest - RETENTION))
        end = min(end, self._newest + MINUTE)
        while minute < end:
            sample = _visible(self._samples.get(minute, {}), now)
            if sample is not None:
                yield minute, sample
            minute += MINUTE

    def any_visible(self, now: datetime) -> bool:
        return any(visible_from <= now for at_minute in self._samples.values() for visible_from in at_minute)

    def _forget_expired(self) -> None:
        # Minutes come nearly in order, so looking at the first one is enough to keep the store small.
        while (oldest := next(iter(self._samples))) < self._newest - RETENTION:
            del self._samples[oldest]


def periods_between(start: datetime, end: datetime, period: timedelta) -> list[datetime]:
    """List the starts of all periods that ``MetricStore.datapoints`` could answer for, oldest first."""
    begin = _floor(start, period)
    return [begin + number * period for number in range(-((begin - _utc(end)) // period))]


def _visible(at_minute: Mapping[datetime, Sample], now: datetime) -> Sample | None:
    together: Sample | None = None
    for visible_from, sample in at_minute.items():
        if visible_from <= now:
            together = together + sample if together else sample
    return together


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"An instant needs a time zone, and {instant} has none.")
    return instant.astimezone(UTC)


def _floor(instant: datetime, step: timedelta) -> datetime:
    instant = _utc(instant)
    return instant - (instant - _EPOCH) % step


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
