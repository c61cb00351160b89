"""Amazon CloudWatch: the load balancers' metrics, and the module's own state metrics."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

from scale_to_zero.aws.batches import in_batches, in_parallel
from scale_to_zero.aws.errors import explained, unknown
from scale_to_zero.model.errors import CallFailed, together
from scale_to_zero.model.metrics import Series, series_per_call
from scale_to_zero.model.observed import Pair, Unknown
from scale_to_zero.model.quantities import MINUTE, counted, whole_seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from mypy_boto3_cloudwatch.type_defs import (
        GetMetricDataOutputTypeDef,
        MetricDataQueryTypeDef,
        MetricDatumTypeDef,
    )

    from scale_to_zero.aws.clients import Clients
    from scale_to_zero.model.metrics import SeriesKey, StateMetric

READ: Final = "cloudwatch:GetMetricData"
PUBLISH: Final = "cloudwatch:PutMetricData"

# A limit of the API reference.
VALUES_PER_CALL: Final = 1_000

NAMESPACE: Final = "AWS/ApplicationELB"
STATISTICS: Final[Mapping[str, str]] = {"RequestCount": "Sum", "HealthyHostCount": "Maximum"}


class AwsMetrics:
    """``Metrics`` on Amazon CloudWatch."""

    def __init__(self, clients: Clients, namespace: str) -> None:
        self._clients = clients
        self._namespace = namespace

    def read(self, keys: Collection[SeriesKey], start: datetime, end: datetime) -> Mapping[SeriesKey, Series | Unknown]:
        """Read the series in [start, end); ``start`` is rounded down to its minute, as CloudWatch itself does."""
        start = start.astimezone(UTC).replace(second=0, microsecond=0)
        dimensions = {key: dimensions_of(key.pair) for key in keys}
        answers: dict[SeriesKey, Series | Unknown] = {
            key: pair for key, pair in dimensions.items() if isinstance(pair, Unknown)
        }
        readable = [(key, pair) for key, pair in dimensions.items() if not isinstance(pair, Unknown)]
        queries = {key: _query(f"series{number}", key.metric_name, pair) for number, (key, pair) in enumerate(readable)}

        def read_batch(batch: list[SeriesKey]) -> dict[SeriesKey, Series | Unknown]:
            return self._read_batch({key: queries[key] for key in batch}, start, end)

        for answer in in_parallel(read_batch, in_batches(queries, series_per_call(start, end))):
            answers.update(answer)
        return answers

    def publish(self, metrics: Sequence[StateMetric], at: datetime) -> None:
        """Publish up to a thousand values per call; a failed call does not prevent the others."""
        data = [_datum(metric, at) for metric in metrics]
        batches = [data[first : first + VALUES_PER_CALL] for first in range(0, len(data), VALUES_PER_CALL)]
        failures = [failure for failure in in_parallel(self._publish_batch, batches) if failure]
        if failures:
            raise together(failures)

    def _publish_batch(self, batch: list[MetricDatumTypeDef]) -> CallFailed | None:
        try:
            with explained(PUBLISH, f"{counted(len(batch), 'value')} in namespace {self._namespace}"):
                self._clients.cloudwatch.put_metric_data(Namespace=self._namespace, MetricData=batch)
        except CallFailed as failure:
            return failure
        return None

    def _read_batch(
        self, queries: Mapping[SeriesKey, MetricDataQueryTypeDef], start: datetime, end: datetime
    ) -> dict[SeriesKey, Series | Unknown]:
        pages = self._clients.cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=list(queries.values()), StartTime=start, EndTime=end, ScanBy="TimestampAscending"
        )
        try:
            with explained(READ, "target groups"):
                collected = _Collected(pages)
        except CallFailed as failure:
            return dict.fromkeys(queries, unknown(failure))
        return {key: collected.series(query["Id"], key) for key, query in queries.items()}


class _Collected:
    """The datapoints, statuses and messages of all pages of one answer."""

    def __init__(self, pages: Iterable[GetMetricDataOutputTypeDef]) -> None:
        self._points: dict[str, dict[datetime, float]] = {}
        self._status: dict[str, str] = {}
        self._messages: dict[str, str] = {}
        self._message_to_all = ""
        for page in pages:
            self._add(page)

    def _add(self, page: GetMetricDataOutputTypeDef) -> None:
        for message in page.get("Messages", []):
            self._message_to_all = f"{message.get('Code', '')} {message.get('Value', '')}".strip()
        for result in page.get("MetricDataResults", []):
            series = result.get("Id", "")
            # A series that continues on the next page is partial on this one, so its last status counts.
            self._status[series] = result.get("StatusCode", "absent")
            for message in result.get("Messages", []):
                self._messages[series] = f"{message.get('Code', '')} {message.get('Value', '')}".strip()
            minutes = (minute.astimezone(UTC) for minute in result.get("Timestamps", []))
            self._points.setdefault(series, {}).update(zip(minutes, result.get("Values", []), strict=True))

    def series(self, query_id: str, key: SeriesKey) -> Series | Unknown:
        """Return the complete series, or ``Unknown`` with the reason why it may be incomplete."""
        of = f"{READ} of {key.metric_name} of {key.pair.target_group_arn}"
        message = self._message_to_all or self._messages.get(query_id, "")
        if message:
            return Unknown(f"{of} came with a message: {message}")
        status = self._status.get(query_id)
        if status is None:
            return Unknown(f"{of} has no result in the answer")
        if status != "Complete":
            return Unknown(f"{of} is not complete: its status is {status}")
        return Series(self._points[query_id])


def dimensions_of(pair: Pair) -> tuple[str, str] | Unknown:
    """Return the values of the dimensions ``LoadBalancer`` and ``TargetGroup``, which are the ends of the two ARNs.

    ``Unknown`` if it is not an Application Load Balancer: other load balancers count no requests.
    """
    _, _, load_balancer = pair.load_balancer_arn.partition(":loadbalancer/")
    target_group = pair.target_group_arn.rpartition(":")[2]
    if not load_balancer.startswith("app/"):
        return Unknown(
            f"{pair.load_balancer_arn} is not an Application Load Balancer, so it counts no requests; "
            f"attach {pair.target_group_arn} to an Application Load Balancer, or correct target_group_arns",
            call_failed=False,
        )
    if not target_group.startswith("targetgroup/"):
        return Unknown(
            f"{pair.target_group_arn} is not the ARN of a target group; correct target_group_arns", call_failed=False
        )
    return load_balancer, target_group


def _query(query_id: str, metric_name: str, dimensions: tuple[str, str]) -> MetricDataQueryTypeDef:
    load_balancer, target_group = dimensions
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": NAMESPACE,
                "MetricName": metric_name,
                "Dimensions": [
                    {"Name": "LoadBalancer", "Value": load_balancer},
                    {"Name": "TargetGroup", "Value": target_group},
                ],
            },
            "Period": whole_seconds(MINUTE),
            "Stat": STATISTICS[metric_name],
        },
        "ReturnData": True,
    }


def _datum(metric: StateMetric, at: datetime) -> MetricDatumTypeDef:
    return {
        "MetricName": metric.metric_name,
        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
        "Timestamp": at,
        "Value": metric.value,
    }
