from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local_aws.cloudwatch import install
from local_aws.patching import Patches
from simulator.world.metrics import Metric, MetricStore, StatusCode

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

EIGHT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
NAMESPACE = "CityGuided/ECS"
DIMENSIONS = {"Service": "web", "Cluster": "main"}
API_DIMENSIONS: Any = [{"Name": "Service", "Value": "web"}, {"Name": "Cluster", "Value": "main"}]


class Account:
    """CloudWatch through boto3, with a clock that a test sets."""

    def __init__(self, client: CloudWatchClient, store: MetricStore) -> None:
        self.client = client
        self.store = store
        self.now = EIGHT

    def put(self, **datum: Any) -> None:
        data: Any = [{"MetricName": "ServiceStatus", **datum}]
        self.client.put_metric_data(Namespace=NAMESPACE, MetricData=data)

    def read(self, now: datetime = EIGHT + timedelta(hours=1)) -> dict[datetime, float]:
        self.now = now
        [result] = self.get(self.query())["MetricDataResults"]
        return dict(zip(result["Timestamps"], result["Values"], strict=True))

    def get(self, *queries: Any, **more: Any) -> Any:
        start, end = EIGHT - timedelta(hours=1), EIGHT + timedelta(hours=1)
        return self.client.get_metric_data(MetricDataQueries=queries, StartTime=start, EndTime=end, **more)

    def query(self, **more: Any) -> Any:
        metric: Any = {"Namespace": NAMESPACE, "MetricName": "ServiceStatus", "Dimensions": API_DIMENSIONS}
        return {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, **more}


@pytest.fixture
def account() -> Iterator[Account]:
    patches = Patches()
    with mock_aws():
        account = Account(boto3.client("cloudwatch", region_name="eu-west-3"), MetricStore())
        install(patches, account.store, lambda: account.now)
        yield account
        patches.undo()


def error(call: Any, *arguments: Any, **named: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as failed:
        call(*arguments, **named)
    answer = failed.value.response["Error"]
    return answer["Code"], answer["Message"]


def test_a_published_value_can_be_read_when_it_is_visible_and_not_before(account: Account) -> None:
    account.put(Dimensions=API_DIMENSIONS, Value=1)
    assert account.read(EIGHT + timedelta(seconds=59)) == {}
    assert account.read(EIGHT + timedelta(seconds=60)) == {EIGHT: 1}


def test_a_value_without_a_timestamp_has_the_virtual_instant(account: Account) -> None:
    account.now = EIGHT + timedelta(minutes=7, seconds=20)
    account.put(Dimensions=API_DIMENSIONS, Value=1)
    assert account.read() == {EIGHT + timedelta(minutes=7): 1}


def test_several_values_count_by_their_counts(account: Account) -> None:
    account.put(Dimensions=API_DIMENSIONS, Timestamp=EIGHT, Values=[1.0, 10.0], Counts=[3.0, 1.0])
    assert account.read() == {EIGHT: 13}


def test_metrics_of_the_world_are_read_like_published_ones(account: Account) -> None:
    account.store.put(NAMESPACE, "ServiceStatus", DIMENSIONS, EIGHT, 4)
    assert account.read() == {EIGHT: 4}


@pytest.mark.parametrize(
    ("datum", "code", "why"),
    [
        ({"Value": 1, "Timestamp": EIGHT - timedelta(days=14, seconds=1)}, "InvalidParameterValue", "two weeks"),
        ({"Value": 1, "Timestamp": EIGHT + timedelta(hours=2, seconds=1)}, "InvalidParameterValue", "two hours"),
        ({}, "InvalidParameterCombination", "either Value or Values"),
        ({"Value": 1, "Values": [1.0]}, "InvalidParameterCombination", "either Value or Values"),
        ({"Values": [1.0] * 151}, "InvalidParameterValue", "150 Values"),
        ({"Values": [1.0, 2.0], "Counts": [1.0]}, "InvalidParameterValue", "as many Counts"),
        ({"Value": float("nan")}, "InvalidParameterValue", "2^360"),
        ({"Value": 1e200}, "InvalidParameterValue", "2^360"),
        ({"Value": 1, "Dimensions": [{"Name": "Service", "Value": "café"}]}, "InvalidParameterValue", "ASCII"),
        (
            {"Value": 1, "Dimensions": [{"Name": f"d{number}", "Value": "x"} for number in range(31)]},
            "InvalidParameterValue",
            "30 dimensions",
        ),
        ({"Value": 1, "StorageResolution": 1}, "NotModelled", "StorageResolution"),
        (
            {"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}},
            "NotModelled",
            "StatisticValues",
        ),
    ],
)
def test_a_wrong_datum_is_refused_with_its_whole_call(
    account: Account, datum: dict[str, Any], code: str, why: str
) -> None:
    good: Any = {"MetricName": "ServiceStatus", "Dimensions": API_DIMENSIONS, "Value": 1}
    wrong: Any = {"MetricName": "ServiceStatus", **datum}
    answered = error(account.client.put_metric_data, Namespace=NAMESPACE, MetricData=[good, wrong])
    assert answered[0] == code
    assert why in answered[1]
    assert account.read() == {}


def test_a_thousand_data_are_accepted_and_one_more_is_refused(account: Account) -> None:
    data: Any = [{"MetricName": f"m{number}", "Value": 1} for number in range(1001)]
    account.client.put_metric_data(Namespace=NAMESPACE, MetricData=data[:1000])
    code, message = error(account.client.put_metric_data, Namespace=NAMESPACE, MetricData=data)
    assert code == "InvalidParameterValue"
    assert "1000" in message


def test_a_namespace_of_an_aws_service_is_refused(account: Account) -> None:
    data: Any = [{"MetricName": "RequestCount", "Value": 1}]
    code, message = error(account.client.put_metric_data, Namespace="AWS/ApplicationELB", MetricData=data)
    assert code == "InvalidParameterValue"
    assert "AWS/ApplicationELB" in message


def test_get_metric_data_evaluates_expressions_and_refuses_an_unknown_one_by_name(account: Account) -> None:
    account.put(Dimensions=API_DIMENSIONS, Value=1)
    account.now = EIGHT + timedelta(minutes=30)
    answer = account.get(account.query(ReturnData=False), {"Id": "e1", "Expression": "SUM([m1, m1])"})
    assert [(one["Id"], one["Values"], one["StatusCode"]) for one in answer["MetricDataResults"]] == [
        ("e1", [2.0], "Complete")
    ]
    code, message = error(account.get, account.query(), {"Id": "e1", "Expression": "RATE(m1)"})
    assert code == "ValidationError"
    assert "RATE" in message


def test_get_metric_data_marks_a_metric_that_is_not_complete(account: Account) -> None:
    account.put(Dimensions=API_DIMENSIONS, Value=1)
    account.now = EIGHT + timedelta(minutes=30)
    account.store.statuses[Metric.of(NAMESPACE, "ServiceStatus", DIMENSIONS)] = StatusCode.INTERNAL_ERROR
    [result] = account.get(account.query())["MetricDataResults"]
    assert (result["StatusCode"], result["Values"]) == ("InternalError", [])


def test_a_paginator_gets_every_datapoint_of_get_metric_data_once(account: Account) -> None:
    for minute in range(7):
        account.put(Dimensions=API_DIMENSIONS, Timestamp=EIGHT + timedelta(minutes=minute), Value=minute)
    account.now = EIGHT + timedelta(hours=1)
    paginator: Any = account.client.get_paginator("get_metric_data")
    pages = paginator.paginate(
        MetricDataQueries=[account.query()],
        StartTime=EIGHT,
        EndTime=account.now,
        MaxDatapoints=3,
        ScanBy="TimestampAscending",
    )
    values = [page["MetricDataResults"][0]["Values"] for page in pages]
    assert values == [[0, 1, 2], [3, 4, 5], [6]]


def test_an_unknown_token_and_an_unmodelled_parameter_are_refused(account: Account) -> None:
    assert error(account.get, account.query(), NextToken="elsewhere")[0] == "InvalidNextToken"
    code, message = error(account.get, account.query(), LabelOptions={"Timezone": "+0100"})
    assert (code, message) == ("NotModelled", "not modelled: LabelOptions of GetMetricData")


def statistics(account: Account, **changed: Any) -> Any:
    requested: dict[str, Any] = {
        "Namespace": NAMESPACE,
        "MetricName": "ServiceStatus",
        "Dimensions": API_DIMENSIONS,
        "StartTime": EIGHT,
        "EndTime": EIGHT + timedelta(hours=1),
        "Period": 60,
        "Statistics": ["Maximum", "SampleCount"],
    }
    requested |= changed
    return account.client.get_metric_statistics(
        **{name: value for name, value in requested.items() if value is not None}
    )


def test_get_metric_statistics_returns_every_requested_statistic(account: Account) -> None:
    account.put(Dimensions=API_DIMENSIONS, Values=[1.0, 5.0])
    account.now = EIGHT + timedelta(minutes=5)
    answer = statistics(account)
    assert answer["Label"] == "ServiceStatus"
    assert answer["Datapoints"] == [{"Timestamp": EIGHT, "Maximum": 5.0, "SampleCount": 2.0}]


def test_get_metric_statistics_finds_nothing_for_part_of_the_dimensions(account: Account) -> None:
    account.put(Dimensions=API_DIMENSIONS, Value=1)
    account.now = EIGHT + timedelta(minutes=5)
    assert statistics(account, Dimensions=API_DIMENSIONS[:1])["Datapoints"] == []


@pytest.mark.parametrize(
    ("changed", "code", "why"),
    [
        ({"EndTime": EIGHT + timedelta(minutes=1441)}, "InvalidParameterCombination", "1441 datapoints"),
        ({"EndTime": EIGHT}, "InvalidParameterValue", "StartTime"),
        ({"Period": 90}, "InvalidParameterValue", "multiple of 60"),
        ({"Statistics": None}, "InvalidParameterValue", "Statistics"),
        ({"Unit": "Count"}, "NotModelled", "Unit"),
        ({"ExtendedStatistics": ["p99"]}, "NotModelled", "ExtendedStatistics"),
    ],
)
def test_wrong_requests_for_statistics_are_refused(
    account: Account, changed: dict[str, Any], code: str, why: str
) -> None:
    answered = error(statistics, account, **changed)
    assert answered[0] == code
    assert why in answered[1]


def test_list_metrics_shows_visible_metrics_and_filters_by_name_and_dimension(account: Account) -> None:
    account.put(Dimensions=API_DIMENSIONS, Value=1)
    account.store.put("AWS/ECS", "CPUUtilization", {}, EIGHT, 1)
    assert account.client.list_metrics()["Metrics"] == []
    account.now = EIGHT + timedelta(minutes=10)
    assert [one["MetricName"] for one in account.client.list_metrics()["Metrics"]] == [
        "CPUUtilization",
        "ServiceStatus",
    ]
    found = account.client.list_metrics(Namespace=NAMESPACE, Dimensions=[{"Name": "Service", "Value": "web"}])
    assert found["Metrics"] == [
        {"Namespace": NAMESPACE, "MetricName": "ServiceStatus", "Dimensions": sorted(API_DIMENSIONS, key=str)}
    ]
    assert account.client.list_metrics(Dimensions=[{"Name": "Service", "Value": "api"}])["Metrics"] == []
    assert account.client.list_metrics(Dimensions=[{"Name": "Status"}])["Metrics"] == []


def test_list_metrics_returns_pages_of_five_hundred(account: Account) -> None:
    for number in range(501):
        account.store.put(NAMESPACE, f"m{number:03}", {}, EIGHT, 1)
    account.now = EIGHT + timedelta(minutes=10)
    pages = [page["Metrics"] for page in account.client.get_paginator("list_metrics").paginate(Namespace=NAMESPACE)]
    assert [len(page) for page in pages] == [500, 1]
    assert len({metric["MetricName"] for page in pages for metric in page}) == 501


def test_a_dashboard_is_kept_as_it_was_put_and_a_wrong_one_is_refused_with_the_position(account: Account) -> None:
    body = json.dumps({"widgets": []})
    account.client.put_dashboard(DashboardName="d", DashboardBody=body)
    assert account.client.get_dashboard(DashboardName="d")["DashboardBody"] == body
    wrong = json.dumps({"widgets": [], "colour": "red"})
    code, message = error(account.client.put_dashboard, DashboardName="d", DashboardBody=wrong)
    assert code == "InvalidParameterInput"
    assert "'colour'" in message
    assert account.client.get_dashboard(DashboardName="d")["DashboardBody"] == body


def test_moto_is_restored_when_the_patches_are_undone() -> None:
    patches = Patches()
    with mock_aws():
        client = boto3.client("cloudwatch", region_name="eu-west-3")
        store = MetricStore()
        install(patches, store, lambda: EIGHT)
        patches.undo()
        client.put_metric_data(Namespace=NAMESPACE, MetricData=[{"MetricName": "m", "Value": 1}])
        assert store.metrics(EIGHT + timedelta(days=1)) == []
