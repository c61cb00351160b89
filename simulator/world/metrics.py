"""Metrics as CloudWatch keeps them: minutes, exact dimension sets, and the delay before a minute can be read.

The store is pure: it reads no clock. A reader passes the time, and gets only the values that are visible by then.

The model, with its sources (CloudWatch User Guide, "Metrics concepts", unless another is named):

* Values are kept per minute; a period is a multiple of one minute, and its datapoint carries the period's start.
* A metric is a namespace, a name and a set of dimensions: "CloudWatch treats each unique combination of dimensions
  as a separate metric", and "can't aggregate across dimensions for your custom metrics". A set that was never
  published has no datapoints.
* Values of one minute are kept for 15 days. (CloudWatch keeps coarser values longer; they are not modelled.)
* AWS services publish a minute when it is over. The delay is not documented; see ``DEFAULT_AWS_DELAY``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from .statistics import Sample, reader, statistic

MINUTE: Final = timedelta(minutes=1)

DEFAULT_AWS_DELAY: Final = timedelta(minutes=2)
"""The time from the start of a minute until an AWS service's values for it can be read.

Exporters leave out the last one to two minutes as incomplete (Netflix/atlas#1300, telegraf#10134).
"""

DEFAULT_CUSTOM_DELAY: Final = MINUTE
"""The time from the publishing of a custom value until it can be read.

Usually it takes seconds; the User Guide ("Publish custom metrics") allows two minutes for a new metric.
"""

RETENTION: Final = timedelta(days=15)
"""How long values of one minute are kept (CloudWatch User Guide, "Metrics retention")."""

MINUTES_KEPT: Final = RETENTION // MINUTE

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class StatusCode(StrEnum):
    """How ``GetMetricData`` marks one answer (API Reference, MetricDataResult).

    ``PartialData``: some datapoints of the time range are missing. The last two come without datapoints.
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
        """Make a metric's name; the order of its dimensions does not matter."""
        return cls(namespace, name, frozenset(dimensions.items()))


@dataclass
class MetricStore:
    """Every metric of one account and region.

    ``aws_delay``: the time from the start of a minute until its values in a namespace ``AWS/...`` can be read.
    ``custom_delay``: the time from the publishing of any other value until it can be read.
    ``delays``: replaces these two for single namespaces; measured from the same start as for that kind of namespace.
    All three may be changed at any time, and apply to values that are put afterwards.
    ``statuses``: the status that ``GetMetricData`` gives a metric instead of Complete, as long as it is set here.
    """

    aws_delay: timedelta = DEFAULT_AWS_DELAY
    custom_delay: timedelta = DEFAULT_CUSTOM_DELAY
    delays: dict[str, timedelta] = field(default_factory=dict)
    statuses: dict[Metric, StatusCode] = field(default_factory=dict)
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
        """Record that ``value`` was measured ``count`` times at ``at``, and published then or at ``published``.

        Raises ``ValueError`` for a naive ``at`` or a count that is not above zero.
        """
        self.put_value(Metric.of(namespace, metric_name, dimensions), at, value, count, published)

    def put_value(
        self, metric: Metric, at: datetime, value: float, count: float = 1, published: datetime | None = None
    ) -> None:
        """Record a value as ``put`` does, for a metric that is given as one object."""
        if count <= 0:
            raise ValueError(f"The count of a value must be above zero, not {count}.")
        minute, sample = _floor(at, MINUTE), Sample.of(value, count)
        visible_from = self._visible_from(metric.namespace, published or at, minute)
        minutes = self._minutes.get(metric)
        if minutes is None:
            minutes = self._minutes[metric] = _Minutes()
        minutes.add(minute, visible_from, sample)

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
        ``wanted``: the API's name of a statistic, see ``statistic``.
        Raises ``ValueError`` for a naive instant, an unknown statistic, or a period that is not whole minutes.
        """
        return self.datapoints_of(Metric.of(namespace, metric_name, dimensions), start, end, period, wanted, now)

    def datapoints_of(
        self, metric: Metric, start: datetime, end: datetime, period: timedelta, wanted: str, now: datetime
    ) -> dict[datetime, float]:
        """Read datapoints as ``datapoints`` does, for a metric that is given as one object."""
        if period < MINUTE or period % MINUTE:
            raise ValueError(f"The period must be a multiple of one minute, not {period}.")
        read = reader(statistic(wanted))
        minutes = self._minutes.get(metric)
        if minutes is None:
            return {}
        found = minutes.between(_floor(start, period), _utc(end), _utc(now))
        if period == MINUTE:
            return {minute: read((sample,)) for minute, sample in found}
        samples: dict[datetime, list[Sample]] = {}
        for minute, sample in found:
            samples.setdefault(_floor(minute, period), []).append(sample)
        return {begin: read(together) for begin, together in samples.items()}

    def minutes_of(self, metric: Metric, start: datetime, end: datetime, now: datetime) -> list[datetime]:
        """Return the minutes that begin in [start, end) and have a value visible at ``now``, oldest first."""
        minutes = self._minutes.get(metric)
        if minutes is None:
            return []
        return [minute for minute, _ in minutes.between(_floor(start, MINUTE), _utc(end), _utc(now))]

    def metrics(self, now: datetime) -> list[Metric]:
        """List the metrics that have a visible value, in a stable order."""
        visible = (metric for metric, minutes in self._minutes.items() if minutes.any_visible(_utc(now)))
        return sorted(visible, key=lambda metric: (metric.namespace, metric.name, sorted(metric.dimensions)))

    def _visible_from(self, namespace: str, published: datetime, minute: datetime) -> datetime:
        if namespace.startswith("AWS/"):
            return minute + self.delays.get(namespace, self.aws_delay)
        return _utc(published) + self.delays.get(namespace, self.custom_delay)


@dataclass(slots=True)
class _Values:
    """The values of one minute, by the instant from which they can be read."""

    minute: datetime
    samples: dict[datetime, Sample] = field(default_factory=dict)

    def visible(self, now: datetime) -> Sample | None:
        together: Sample | None = None
        for visible_from, sample in self.samples.items():
            if visible_from <= now:
                together = together + sample if together else sample
        return together


class _Minutes:
    """The values of one metric, by the number of their minute, counted from 1970. Numbers make look-ups fast."""

    def __init__(self) -> None:
        self._values: dict[int, _Values] = {}
        self._newest = 0

    def add(self, minute: datetime, visible_from: datetime, sample: Sample) -> None:
        number = (minute - _EPOCH) // MINUTE
        values = self._values.get(number)
        if values is None:
            values = self._values[number] = _Values(minute)
        known = values.samples.get(visible_from)
        values.samples[visible_from] = known + sample if known else sample
        if number > self._newest:
            self._newest = number
            self._forget_expired()

    def between(self, start: datetime, end: datetime, now: datetime) -> Iterator[tuple[datetime, Sample]]:
        first = max((start - _EPOCH) // MINUTE, min(next(iter(self._values)), self._newest - MINUTES_KEPT))
        last = min(-((_EPOCH - end) // MINUTE), self._newest + 1)
        for number in range(first, last):
            values = self._values.get(number)
            sample = values.visible(now) if values is not None else None
            if values is not None and sample is not None:
                yield values.minute, sample

    def any_visible(self, now: datetime) -> bool:
        return any(values.visible(now) for values in self._values.values())

    def _forget_expired(self) -> None:
        # Minutes come nearly in order, so checking the first one is enough to keep the store small.
        while (oldest := next(iter(self._values))) < self._newest - MINUTES_KEPT:
            del self._values[oldest]


def periods_between(start: datetime, end: datetime, period: timedelta) -> list[datetime]:
    """List the starts of all periods that ``MetricStore.datapoints`` could return, oldest first."""
    begin = _floor(start, period)
    return [begin + number * period for number in range(-((begin - _utc(end)) // period))]


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError(f"An instant needs a time zone, and {instant} has none.")
    return instant.astimezone(UTC)


def _floor(instant: datetime, step: timedelta) -> datetime:
    instant = _utc(instant)
    return instant - (instant - _EPOCH) % step
