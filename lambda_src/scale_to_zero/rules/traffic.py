"""What the load balancer's metrics show about the use of a service. Pure.

``HealthyHostCount`` is published every minute as long as targets are registered, ``RequestCount`` only if there
was traffic. So the newest ``HealthyHostCount`` shows how far the metrics are complete. Up to the minute before it, an
absent ``RequestCount`` means no request; after that, it is unknown whether there was one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.metrics import Series, SeriesKey
from scale_to_zero.model.observed import Pair, Traffic, Unknown
from scale_to_zero.model.quantities import MINUTE

REQUEST_COUNT: Final = "RequestCount"
HEALTHY_HOST_COUNT: Final = "HealthyHostCount"
LOOKBACK_MARGIN: Final = timedelta(minutes=10)
USUAL_METRIC_DELAY: Final = timedelta(minutes=4)
"""Exporters of ALB metrics wait one to three minutes for them (Netflix/atlas#1300, influxdata/telegraf#10134)."""


def minute_of(instant: datetime) -> datetime:
    """Return the start of the minute that contains an instant."""
    return instant.replace(second=0, microsecond=0)


def window_start(quiet_since: datetime, idle: timedelta, now: datetime) -> datetime:
    """Return from when the metrics must be read to decide whether a service is idle.

    The window is never longer than ``idle`` and a margin: older metrics cannot change the decision,
    and short windows keep an answer within CloudWatch's 100,800 datapoints.
    """
    furthest = now - idle - LOOKBACK_MARGIN
    health_window = now - LOOKBACK_MARGIN
    return minute_of(max(furthest, min(quiet_since, health_window)))


def requests_only(
    pairs: Collection[Pair], series: Mapping[SeriesKey, Series | Unknown], seen_from: datetime
) -> Traffic | Unknown:
    """Evaluate ``RequestCount`` alone: it can show activity, but never that a service is idle."""
    newest = _newest_request(pairs, series)
    return newest if isinstance(newest, Unknown) else Traffic(seen_from, newest)


def requests_and_watermark(
    pairs: Collection[Pair],
    series: Mapping[SeriesKey, Series | Unknown],
    seen_from: datetime,
    now: datetime,
) -> Traffic | Unknown:
    """Evaluate both metrics, read in one call.

    A gap in ``HealthyHostCount`` means that there were no targets or that CloudWatch is late. So metrics before the
    newest gap do not count: for each pair, only the minutes without a gap up to the newest one count as seen.
    A pair whose newest minute is too old shows nothing about the present: its target group is silent.
    """
    newest_request = _newest_request(pairs, series)
    if isinstance(newest_request, Unknown):
        return newest_request
    shown: list[datetime] = []
    silent: dict[str, datetime | None] = {}
    for pair in pairs:
        health = series[SeriesKey(HEALTHY_HOST_COUNT, pair)]
        if isinstance(health, Unknown):
            return health
        newest = max(health.points, default=None)
        if newest is None or now - newest > USUAL_METRIC_DELAY:
            silent[pair.target_group_arn] = newest and newest + USUAL_METRIC_DELAY
        else:
            shown.append(newest)
            seen_from = max(seen_from, _unbroken_since(health.points, newest))
    silent_since = max(filter(None, silent.values()), default=None)
    return Traffic(seen_from, newest_request, min(shown, default=None), frozenset(silent), silent_since)


def _newest_request(pairs: Collection[Pair], series: Mapping[SeriesKey, Series | Unknown]) -> datetime | None | Unknown:
    """Return the end of the newest minute with a request at any of the pairs."""
    minutes: list[datetime] = []
    for pair in pairs:
        requests = series[SeriesKey(REQUEST_COUNT, pair)]
        if isinstance(requests, Unknown):
            return requests
        minutes += [minute for minute, count in requests.points.items() if count > 0]
    return max(minutes) + MINUTE if minutes else None


def _unbroken_since(points: Mapping[datetime, float], newest: datetime) -> datetime:
    """Return the first minute from which there is no gap up to the newest one."""
    while newest - MINUTE in points:
        newest -= MINUTE
    return newest
