from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from local_aws.clock import Clock
from local_aws.embedded_metrics import Datum, Refused, read
from local_aws.lambda_runtime.runtime_api import Pending, RuntimeApi
from tests.local_aws.deployed import MINUTE, START, Deployed, deployed

NOW: Final = datetime(2026, 1, 5, 8, 0, 30, tzinfo=UTC)


def stamp(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def line(at: datetime = NOW, directive: Any = (), **members: Any) -> str:
    """Return a line with one metric in two dimension sets.

    ``directive``: changes of its declaration. ``members``: changes of the root.
    """
    declared = {
        "Namespace": "City/ECS",
        "Dimensions": [["Cluster", "Service"], ["Instance"]],
        "Metrics": [{"Name": "WakeDuration", "Unit": "Seconds"}],
        **dict(directive),
    }
    root = {"Cluster": "city", "Service": "web", "Instance": "paris", "WakeDuration": 42.5, **members}
    return json.dumps({"_aws": {"Timestamp": stamp(at), "CloudWatchMetrics": [declared]}, **root})


def test_each_metric_gets_a_value_in_each_dimension_set() -> None:
    both = {"Metrics": [{"Name": "WakeDuration", "Unit": "Seconds"}, {"Name": "WakeCount"}]}
    data = read(line(directive=both, WakeCount=1), NOW)
    service, instance = {"Cluster": "city", "Service": "web"}, {"Instance": "paris"}
    assert data == [
        Datum("City/ECS", "WakeDuration", service, NOW, 42.5),
        Datum("City/ECS", "WakeDuration", instance, NOW, 42.5),
        Datum("City/ECS", "WakeCount", service, NOW, 1),
        Datum("City/ECS", "WakeCount", instance, NOW, 1),
    ]


def test_all_directives_of_a_line_count() -> None:
    document = json.loads(line())
    document["_aws"]["CloudWatchMetrics"] *= 2
    assert len(read(json.dumps(document), NOW)) == 4


def test_an_array_gives_all_its_values() -> None:
    assert [one.value for one in read(line(directive={"Dimensions": [[]]}, WakeDuration=[1, 2, 2]), NOW)] == [1, 2, 2]


def test_the_empty_dimension_set_gives_a_metric_without_dimensions() -> None:
    [datum] = read(line(directive={"Dimensions": [[]]}), NOW)
    assert datum.dimensions == {}


@pytest.mark.parametrize(
    "text",
    [
        "web is awake.",
        '{"message": "web is awake."}',
        '{"_aws": {"Timestamp": 1}}',
        '{"_aws": null}',
        '["_aws"]',
        f"[INFO]\t{line()}",
        f"{line()} trailing",
    ],
)
def test_any_other_line_gives_no_metric(text: str) -> None:
    assert read(text, NOW) == []


def names(count: int) -> list[str]:
    return [f"d{number}" for number in range(count)]


def of_names(count: int, value: Any) -> dict[str, Any]:
    return dict.fromkeys(names(count), value)


def metrics(count: int) -> list[dict[str, str]]:
    return [{"Name": name} for name in names(count)]


WEEKS, HOURS, MILLISECOND = timedelta(weeks=2), timedelta(hours=2), timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "fits",
    [
        line(directive={"Metrics": metrics(100)}, **of_names(100, 1)),
        line(directive={"Dimensions": [names(30)]}, **of_names(30, "x")),
        line(WakeDuration=[1] * 100),
        line(Instance="x" * 1024),
        line(at=NOW.replace(microsecond=0) - WEEKS),
        line(at=NOW + HOURS),
    ],
)
def test_a_line_within_cloudwatchs_limits_is_accepted(fits: str) -> None:
    assert read(fits, NOW)


@pytest.mark.parametrize(
    ("breaks", "why"),
    [
        (line(directive={"Metrics": metrics(101)}, **of_names(101, 1)), "Metrics"),
        (line(directive={"Dimensions": [names(31)]}, **of_names(31, "x")), "Dimensions"),
        (line(directive={"Dimensions": []}), "Dimensions"),
        (line(directive={"Dimensions": [["Nothing"]]}), "The dimension Nothing"),
        (line(Instance=3), "The dimension Instance"),
        (line(Instance=""), "The dimension Instance"),
        (line(Instance="x" * 1025), "The dimension Instance"),
        (line(directive={"Metrics": [{"Name": "Nothing"}]}), "The metric Nothing"),
        (line(WakeDuration="42"), "The metric WakeDuration"),
        (line(WakeDuration=True), "The metric WakeDuration"),
        (line(WakeDuration=None), "The metric WakeDuration"),
        (line(WakeDuration=[1] * 101), "The metric WakeDuration"),
        (line(WakeDuration=float("nan")), "The metric WakeDuration"),
        (line(directive={"Metrics": [{"Name": "WakeDuration", "Unit": "Minutes"}]}), "Unit"),
        (line(directive={"Metrics": [{"Unit": "Seconds"}]}), "Name"),
        (line(directive={"Namespace": "AWS/ECS"}), "AWS/ECS"),
        (line(directive={"Namespace": ""}), "Namespace"),
        (line(at=NOW - WEEKS - MILLISECOND), "Timestamp"),
        (line(at=NOW + HOURS + MILLISECOND), "Timestamp"),
        (line().replace('"Timestamp"', '"Time"'), "Timestamp"),
        (line(padding="x" * 1024 * 1024), "bytes"),
    ],
)
def test_a_line_that_breaks_the_format_is_refused_with_the_reason(breaks: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        read(breaks, NOW)


MEASURE: Final = """
    import json, time

    def handler(event, context):
        metrics = [{"Name": "WakeDuration", "Unit": "Seconds"}]
        directive = {"Namespace": "City/ECS", "Dimensions": [["Service"]], "Metrics": metrics}
        for value in event["values"]:
            aws = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
            print(json.dumps({"_aws": aws, "Service": event["service"], "WakeDuration": value}))
            time.sleep(event.get("pause", 0))
"""


@pytest.fixture
def account() -> Iterator[Deployed]:
    with deployed() as created:
        created.deploy(MEASURE, Timeout=300)
        yield created


def percentile(account: Deployed, statistic: str) -> dict[datetime, float]:
    metric = {
        "Namespace": "City/ECS",
        "MetricName": "WakeDuration",
        "Dimensions": [{"Name": "Service", "Value": "web"}],
    }
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}}
    [result] = account.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=START, EndTime=START + timedelta(hours=1)
    )["MetricDataResults"]
    return dict(zip(result["Timestamps"], result["Values"], strict=True))


def test_metrics_that_a_function_prints_can_be_read_and_listed(account: Deployed) -> None:
    account.invoke({"service": "web", "values": list(range(1, 101))})
    assert percentile(account, "p90") == {}
    account.aws.advance(MINUTE)
    assert percentile(account, "p90") == {START: 90}
    assert percentile(account, "SampleCount") == {START: 100}
    [listed] = account.client("cloudwatch").list_metrics(Namespace="City/ECS")["Metrics"]
    assert (listed["MetricName"], listed["Dimensions"]) == ("WakeDuration", [{"Name": "Service", "Value": "web"}])


def test_the_line_itself_stays_in_the_log(account: Deployed) -> None:
    result = account.invoke({"service": "web", "values": [7]})
    assert any('"WakeDuration": 7' in text for text in result.log)


def test_metrics_of_a_function_are_visible_while_it_still_runs(account: Deployed) -> None:
    account.invoke({"service": "web", "values": [1, 2], "pause": 90}, InvocationType="Event")
    account.aws.advance(MINUTE)
    assert account.aws.invocations == []
    assert percentile(account, "Sum") == {START: 1}


def test_a_line_that_cloudwatch_would_refuse_is_recorded_with_its_reason(account: Deployed) -> None:
    result = account.invoke({"service": 3, "values": [7]})
    assert result.error is None
    [refused] = account.aws.metrics.refused
    assert (refused.function_name, refused.instant) == ("function", START)
    assert "The dimension Service" in refused.reason


def test_lines_written_before_a_sleep_are_read_before_time_passes() -> None:
    clock = Clock(START, lambda _: None)
    taken_in: list[datetime] = []
    api = RuntimeApi(clock, lambda: taken_in.append(clock.now()))
    try:
        activity = clock.begin(awaited=True)
        api.expect(Pending("id", b"{}", "arn", START + timedelta(hours=1), activity))
        httpx.post(f"http://{api.address}/local-aws/sleep", content="60")
    finally:
        api.close()
    assert (taken_in, clock.now()) == ([START], START + MINUTE)
