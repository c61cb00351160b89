"""CloudWatch's metric and dashboard calls, answered at the virtual instant from the world's metrics.

moto still reads requests and writes answers. The limits come from the CloudWatch API Reference of each action. Metrics
are kept without units, so a call that names one unit is refused as not modelled, and no answer names a unit. moto keeps
alarms as they are put; nothing evaluates them, so their state never changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from local_aws.api_call import AwsError
from local_aws.dashboard.body import read
from local_aws.dashboard.check import DashboardRefused
from local_aws.metric_data import DATAPOINTS_PER_CALL, QueryRefused, Request, TokenRefused, answer_queries
from local_aws.metric_math import ExpressionRefused
from local_aws.patching import Patches
from simulator.world.metrics import MINUTE, Metric, MetricStore, periods_between
from simulator.world.statistics import Statistic

DATA_PER_PUT: Final = 1000
VALUES_PER_DATUM: Final = 150
DIMENSIONS_PER_METRIC: Final = 30
OLDEST_TIMESTAMP: Final = timedelta(weeks=2)
NEWEST_TIMESTAMP: Final = timedelta(hours=2)
LARGEST_VALUE: Final = 2.0**360
DATAPOINTS_PER_STATISTICS: Final = 1440
METRICS_PER_LIST: Final = 500

_Parameters = Mapping[str, Any]
_Method = Callable[[CloudWatchResponse], ActionResult]
_MODELLED: Final[Mapping[str, frozenset[str]]] = {
    "PutMetricData": frozenset({"Namespace", "MetricData"}),
    "MetricDatum": frozenset(
        {"MetricName", "Dimensions", "Timestamp", "Value", "Values", "Counts", "Unit", "StorageResolution"}
    ),
    "GetMetricData": frozenset({"MetricDataQueries", "StartTime", "EndTime", "NextToken", "ScanBy", "MaxDatapoints"}),
    "GetMetricStatistics": frozenset(
        {"Namespace", "MetricName", "Dimensions", "StartTime", "EndTime", "Period", "Statistics"}
    ),
    "ListMetrics": frozenset({"Namespace", "MetricName", "Dimensions", "NextToken"}),
}


def install(patches: Patches, store: MetricStore, clock: Callable[[], datetime]) -> None:
    """Answer from ``store`` at the instant that ``clock`` returns, until the patches are undone.

    PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics: moto shows a value at once and without end, matches
    dimensions loosely and evaluates no metric math; CloudWatch shows values later and for a time, matches dimensions
    exactly and evaluates metric math. PutDashboard: moto accepts any JSON; CloudWatch checks structure and limits.
    """
    metrics = _Metrics(store, clock)
    answers = {
        "put_metric_data": metrics.put_metric_data,
        "get_metric_data": metrics.get_metric_data,
        "get_metric_statistics": metrics.get_metric_statistics,
        "list_metrics": metrics.list_metrics,
    }
    for method, answer in answers.items():
        patches.replace(CloudWatchResponse, method, _replacing(answer))
    patches.replace(CloudWatchResponse, "put_dashboard", _checking_the_body)


def _replacing(answer: Callable[[_Parameters], ActionResult]) -> Callable[[Any], _Method]:
    return lambda _: lambda response: answer(response._get_params())


def _checking_the_body(put_dashboard: _Method) -> _Method:
    def put_checked_dashboard(response: CloudWatchResponse) -> ActionResult:
        try:
            read(response._get_param("DashboardBody"))
        except DashboardRefused as refused:
            raise AwsError("InvalidParameterInput", f"The dashboard body is invalid: {refused}") from refused
        return put_dashboard(response)

    return put_checked_dashboard


class _Metrics:
    """The metric calls, over one store and one clock."""

    def __init__(self, store: MetricStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def put_metric_data(self, parameters: _Parameters) -> ActionResult:
        _refuse_unmodelled("PutMetricData", parameters)
        namespace, data = parameters["Namespace"], parameters.get("MetricData", [])
        if namespace.startswith("AWS/"):
            raise _invalid(f"The value {namespace} for parameter Namespace is invalid: AWS/ is for AWS services.")
        if len(data) > DATA_PER_PUT:
            raise _invalid(f"The collection MetricData must not have more than {DATA_PER_PUT} members.")
        now = self._clock()
        # Everything is checked before anything is kept, because a refused call changes nothing.
        checked = [(datum, *_read_datum(datum, now)) for datum in data]
        for datum, at, values in checked:
            dimensions = _dimensions(datum)
            for value, count in values:
                self._store.put(namespace, datum["MetricName"], dimensions, at, value, count, published=now)
        return EmptyResult()

    def get_metric_data(self, parameters: _Parameters) -> ActionResult:
        _refuse_unmodelled("GetMetricData", parameters)
        request = Request(
            queries=parameters["MetricDataQueries"],
            start=_utc(parameters["StartTime"]),
            end=_utc(parameters["EndTime"]),
            ascending=parameters.get("ScanBy") == "TimestampAscending",
            limit=parameters.get("MaxDatapoints", DATAPOINTS_PER_CALL),
            token=parameters.get("NextToken"),
        )
        try:
            answer = answer_queries(request, self._store, self._clock())
        except TokenRefused as refused:
            raise AwsError("InvalidNextToken", str(refused)) from refused
        except (QueryRefused, ExpressionRefused) as refused:
            raise AwsError("ValidationError", str(refused)) from refused
        results = [
            {
                "Id": result.identifier,
                "Label": result.label,
                "Timestamps": [at for at, _ in result.points],
                "Values": [value for _, value in result.points],
                "StatusCode": result.status,
            }
            for result in answer.results
        ]
        return ActionResult({"MetricDataResults": results, "NextToken": answer.next_token, "Messages": []})

    def get_metric_statistics(self, parameters: _Parameters) -> ActionResult:
        _refuse_unmodelled("GetMetricStatistics", parameters)
        period = timedelta(seconds=parameters["Period"])
        start, end = _utc(parameters["StartTime"]), _utc(parameters["EndTime"])
        statistics = parameters.get("Statistics", [])
        _check_statistics(start, end, period, statistics)
        datapoints: dict[datetime, dict[str, Any]] = {}
        for statistic in statistics:
            points = self._store.datapoints(
                parameters["Namespace"],
                parameters["MetricName"],
                _dimensions(parameters),
                start,
                end,
                period,
                statistic,
                self._clock(),
            )
            for at, value in points.items():
                datapoints.setdefault(at, {"Timestamp": at})[statistic] = value
        return ActionResult({"Label": parameters["MetricName"], "Datapoints": list(datapoints.values())})

    def list_metrics(self, parameters: _Parameters) -> ActionResult:
        _refuse_unmodelled("ListMetrics", parameters)
        token = parameters.get("NextToken", "0")
        if not token.isdecimal():
            raise _invalid(f"The NextToken '{token}' is not one that this call returned.")
        first = int(token)
        found = [metric for metric in self._store.metrics(self._clock()) if _is_listed(metric, parameters)]
        page = found[first : first + METRICS_PER_LIST]
        more = str(first + METRICS_PER_LIST) if len(found) > first + METRICS_PER_LIST else None
        return ActionResult({"Metrics": [_described(metric) for metric in page], "NextToken": more})


def _read_datum(datum: _Parameters, now: datetime) -> tuple[datetime, list[tuple[float, float]]]:
    _refuse_unmodelled("MetricDatum", datum)
    name = datum["MetricName"]
    at = _utc(datum["Timestamp"]) if "Timestamp" in datum else now
    if not now - OLDEST_TIMESTAMP <= at <= now + NEWEST_TIMESTAMP:
        raise _invalid(f"The Timestamp of {name} must be within two weeks before and two hours after now.")
    if ("Value" in datum) == ("Values" in datum):
        raise AwsError("InvalidParameterCombination", f"The datum {name} must have either Value or Values.")
    values = datum.get("Values") or [datum["Value"]]
    counts = datum.get("Counts", [1.0] * len(values))
    if len(values) > VALUES_PER_DATUM or len(values) != len(counts) or not all(count > 0 for count in counts):
        raise _invalid(f"The datum {name} must have up to {VALUES_PER_DATUM} Values, and as many Counts above zero.")
    if not all(math.isfinite(value) and abs(value) <= LARGEST_VALUE for value in values):
        raise _invalid(f"The values of {name} must be numbers from -2^360 to 2^360.")
    if datum.get("StorageResolution", 60) != 60:
        raise _not_modelled("StorageResolution 1")
    for dimension in _checked_dimensions(datum):
        if not dimension["Value"].isascii() or not dimension["Value"].strip():
            raise _invalid(f"The dimension {dimension['Name']} of {name} must have an ASCII value that is not blank.")
    return at, list(zip(values, counts, strict=True))


def _check_statistics(start: datetime, end: datetime, period: timedelta, statistics: list[str]) -> None:
    if start >= end:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    if period < MINUTE or period % MINUTE:
        raise _invalid("The parameter Period must be a multiple of 60.")
    if not statistics or not set(statistics) <= set(Statistic):
        raise _invalid(f"The parameter Statistics must be one or more of {', '.join(Statistic)}.")
    requested = len(periods_between(start, end, period))
    if requested > DATAPOINTS_PER_STATISTICS:
        raise AwsError(
            "InvalidParameterCombination",
            f"You have requested up to {requested} datapoints, which exceeds the limit of {DATAPOINTS_PER_STATISTICS}. "
            "You may reduce the datapoints requested by increasing Period, or decreasing the time range.",
        )


def _checked_dimensions(parameters: _Parameters) -> Iterator[Mapping[str, str]]:
    dimensions = parameters.get("Dimensions", [])
    if len(dimensions) > DIMENSIONS_PER_METRIC:
        raise _invalid(f"A metric must not have more than {DIMENSIONS_PER_METRIC} dimensions.")
    yield from dimensions


def _dimensions(parameters: _Parameters) -> dict[str, str]:
    return {dimension["Name"]: dimension["Value"] for dimension in parameters.get("Dimensions", [])}


def _is_listed(metric: Metric, parameters: _Parameters) -> bool:
    have = dict(metric.dimensions)
    return (
        parameters.get("Namespace", metric.namespace) == metric.namespace
        and parameters.get("MetricName", metric.name) == metric.name
        and all(
            wanted["Name"] in have and wanted.get("Value", have[wanted["Name"]]) == have[wanted["Name"]]
            for wanted in parameters.get("Dimensions", [])
        )
    )


def _described(metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in sorted(metric.dimensions)]
    return {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}


def _refuse_unmodelled(what: str, parameters: _Parameters) -> None:
    if unknown := {name for name, value in parameters.items() if value is not None} - _MODELLED[what]:
        raise _not_modelled(f"{', '.join(sorted(unknown))} of {what}")


def _not_modelled(what: str) -> AwsError:
    return AwsError("NotModelled", f"not modelled: {what}")


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidParameterValue", why)


def _utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
