"""What the load balancer's metrics show of a service's use. Pure.

``HealthyHostCount`` is published every minute as long as targets are registered, ``RequestCount`` only where there
was traffic. So the newest ``HealthyHostCount`` says how far the metrics have come: up to the minute before it an
absent ``RequestCount`` is no request, beyond it an unknown.
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
"""Exporters of ALB metrics hold back one to three minutes (Netflix/atlas#1300, influxdata/telegraf#10134)."""


def minute_of(instant: datetime) -> datetime:
    """The start of the minute an instant lies in."""
    return instant.replace(second=0, microsecond=0)


def window_start(quiet_since: datetime, idle: timedelta, now: datetime) -> datetime:
    """From when the metrics must be read to decide whether a service is idle.

    No further back than ``idle`` and a margin: what is older cannot change the decision,
    and short windows keep an answer within CloudWatch's 100,800 datapoints.
    """
    furthest = now - idle - LOOKBACK_MARGIN
    health_window = now - LOOKBACK_MARGIN
    return minute_of(max(furthest, min(quiet_since, health_window)))


def requests_only(
    pairs: Collection[Pair], series: Mapping[SeriesKey, Series | Unknown], seen_from: datetime
) -> Traffic | Unknown:
    """Decide by ``RequestCount`` alone: enough to find activity, never enough to call a service idle."""
    newest = _newest_request(pairs, series)
    return newest if isinstance(newest, Unknown) else Traffic(seen_from, newest)


def requests_and_watermark(
    pairs: Collection[Pair],
    series: Mapping[SeriesKey, Series | Unknown],
    seen_from: datetime,
    now: datetime,
) -> Traffic | Unknown:
    """Decide by both metrics, read in one call.

    What was used before a gap in ``HealthyHostCount`` is as good as not seen: there were no targets, or CloudWatch owes
    those minutes. So of each pair only the unbroken run of minutes up to its newest counts as seen.
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
    """The end of the newest minute with a request at any of the pairs."""
    minutes: list[datetime] = []
    for pair in pairs:
        requests = series[SeriesKey(REQUEST_COUNT, pair)]
        if isinstance(requests, Unknown):
            return requests
        minutes += [minute for minute, count in requests.points.items() if count > 0]
    return max(minutes) + MINUTE if minutes else None


def _unbroken_since(points: Mapping[datetime, float], newest: datetime) -> datetime:
    """The first of the minutes that lie without a gap before the newest one."""
    while newest - MINUTE in points:
        newest -= MINUTE
    return newest
