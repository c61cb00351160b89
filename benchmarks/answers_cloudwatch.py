"""The stub's answers for Amazon CloudWatch: an awake service has one request a minute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .fleet import Fleet
from .usage import Usage

METRIC_DELAY: Final = timedelta(minutes=2)
"""Load balancer metrics come one to two minutes late. The longer delay is used."""
MINUTE: Final = timedelta(minutes=1)
MOST_QUERIES: Final = 500
MOST_METRICS: Final = 1000


def get_metric_data(fleet: Fleet, usage: Usage, parameters: Mapping[str, Any]) -> dict[str, Any]:
    queries = parameters["MetricDataQueries"]
    if len(queries) > MOST_QUERIES:
        raise ValueError(f"GetMetricData takes at most {MOST_QUERIES} queries")
    usage.metrics_requested += len(queries)
    start, end = _instant(parameters["StartTime"]), _instant(parameters["EndTime"])
    results = []
    for query in queries:
        metric = query["MetricStat"]["Metric"]
        minutes = list(_minutes_with_data(fleet, metric, start, end))
        results.append(
            {
                "Id": query["Id"],
                "Label": metric["MetricName"],
                "Timestamps": minutes,
                "Values": [1.0] * len(minutes),
                "StatusCode": "Complete",
            }
        )
    return {"MetricDataResults": results, "Messages": []}


def get_metric_statistics(fleet: Fleet, parameters: Mapping[str, Any]) -> dict[str, Any]:
    start, end = _instant(parameters["StartTime"]), _instant(parameters["EndTime"])
    statistics = parameters["Statistics"]
    return {
        "Label": parameters["MetricName"],
        "Datapoints": [
            {"Timestamp": minute, "Unit": "Count", **dict.fromkeys(statistics, 1.0)}
            for minute in _minutes_with_data(fleet, parameters, start, end)
        ],
    }


class PutMetricData:
    """The call that publishes metrics. It counts how many different metrics there are, which are the billed unit."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self._seen: set[tuple[str, str, tuple[tuple[str, str], ...]]] = set()

    def __call__(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if len(parameters["MetricData"]) > MOST_METRICS:
            raise ValueError(f"PutMetricData takes at most {MOST_METRICS} metrics")
        for metric in parameters["MetricData"]:
            dimensions = tuple(sorted((each["Name"], each["Value"]) for each in metric.get("Dimensions", ())))
            self._seen.add((parameters["Namespace"], metric["MetricName"], dimensions))
        self._usage.custom_metrics = len(self._seen)
        return {}


def _minutes_with_data(fleet: Fleet, metric: Mapping[str, Any], start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the minutes with a datapoint, newest first, which is GetMetricData's default."""
    if metric["MetricName"] not in ("RequestCount", "HealthyHostCount"):
        raise ValueError(f"the stub has no datapoints of {metric['MetricName']}")
    dimensions = {each["Name"]: each["Value"] for each in metric["Dimensions"]}
    member = fleet.by_metric_dimensions.get((dimensions["LoadBalancer"], dimensions["TargetGroup"]))
    if member is None or not member.awake:
        return
    newest_visible = datetime.now(UTC).replace(second=0, microsecond=0) - METRIC_DELAY
    minute = min(newest_visible, end.replace(second=0, microsecond=0) - MINUTE)
    while minute >= start.replace(second=0, microsecond=0):
        yield minute
        minute -= MINUTE


def _instant(given: datetime | float | str) -> datetime:
    """Return an instant in UTC. JSON has seconds since 1970, the reader of the query protocol has a ``datetime``."""
    if isinstance(given, datetime):
        return given.astimezone(UTC)
    return datetime.fromtimestamp(float(given), UTC)
