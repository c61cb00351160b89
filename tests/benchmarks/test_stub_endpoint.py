"""The stub of the benchmarks: botocore understands it, it counts correctly, and it answers after 20 ms."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks.answers_cloudwatch import METRIC_DELAY
from benchmarks.answers_dynamodb import PAGE_BYTES, item_bytes
from benchmarks.answers_ecs import EVENTS_PER_SERVICE
from benchmarks.fleet import Fleet, Scenario
from benchmarks.stub_process import ANSWER_AFTER_MILLISECONDS, StubProcess
from benchmarks.usage import Usage

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SCENARIO = Scenario(services=2000, awake=1000, due=300)
FLEET = Fleet(SCENARIO)
AWAKE, ASLEEP = FLEET.members[0], FLEET.members[-1]


@pytest.fixture(scope="module")
def running_stub() -> Iterator[StubProcess]:
    with StubProcess() as stub:
        yield stub


@pytest.fixture
def stub(running_stub: StubProcess) -> StubProcess:
    running_stub.begin(SCENARIO)
    return running_stub


@pytest.fixture
def aws(stub: StubProcess) -> Aws:
    return Aws(stub)


class Aws:
    """boto3 clients that reach the stub."""

    def __init__(self, stub: StubProcess) -> None:
        self._stub = stub
        session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
        settings = Config(retries={"total_max_attempts": 1}, proxies={}, max_pool_connections=16)
        self.ecs = session.client("ecs", endpoint_url=stub.url, config=settings)
        self.elbv2 = session.client("elbv2", endpoint_url=stub.url, config=settings)
        self.cloudwatch = session.client("cloudwatch", endpoint_url=stub.url, config=settings)
        self.autoscaling = session.client("application-autoscaling", endpoint_url=stub.url, config=settings)
        self.dynamodb = session.client("dynamodb", endpoint_url=stub.url, config=settings)

    def counted(self) -> Usage:
        with urllib.request.urlopen(urllib.request.Request(f"{self._stub.url}/-/begin", method="POST")) as answer:
            return Usage.from_json(json.load(answer))


def test_a_described_service_has_as_many_events_as_ecs_keeps(aws: Aws) -> None:
    answer = aws.ecs.describe_services(
        cluster=AWAKE.cluster_name, services=[AWAKE.service_name, "nobody"], include=["TAGS"]
    )
    (service,) = answer["services"]
    assert service["desiredCount"] == 1
    assert service["loadBalancers"][0]["targetGroupArn"] == AWAKE.target_group_arn
    assert len(service["events"]) == EVENTS_PER_SERVICE
    assert service["createdAt"] == datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
    assert answer["failures"][0]["reason"] == "MISSING"


def test_the_revisions_of_a_service_are_described_without_gateway_connectors(aws: Aws) -> None:
    (service,) = aws.ecs.describe_services(cluster=AWAKE.cluster_name, services=[AWAKE.service_name])["services"]
    (current,) = service["currentServiceRevisions"]
    answer = aws.ecs.describe_service_revisions(serviceRevisionArns=[current["arn"]])
    (revision,) = answer["serviceRevisions"]
    assert (revision["serviceRevisionArn"], revision["gatewayConnectors"]) == (current["arn"], [])


def test_a_target_group_has_its_load_balancer_and_its_healthy_targets(aws: Aws) -> None:
    (group,) = aws.elbv2.describe_target_groups(TargetGroupArns=[AWAKE.target_group_arn])["TargetGroups"]
    assert group["LoadBalancerArns"] == [AWAKE.load_balancer_arn]
    health = aws.elbv2.describe_target_health(TargetGroupArn=AWAKE.target_group_arn)["TargetHealthDescriptions"]
    assert [each["TargetHealth"]["State"] for each in health] == ["healthy"]
    assert not aws.elbv2.describe_target_health(TargetGroupArn=ASLEEP.target_group_arn)["TargetHealthDescriptions"]


def test_no_service_is_a_scalable_target(aws: Aws) -> None:
    assert aws.autoscaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"] == []


def test_an_awake_service_has_a_request_in_every_visible_minute_and_an_asleep_one_none(aws: Aws) -> None:
    newest_before, now = _newest_visible_minute(), datetime.now(UTC)
    answer = aws.cloudwatch.get_metric_data(
        MetricDataQueries=[_query("awake", AWAKE.metric_dimensions), _query("asleep", ASLEEP.metric_dimensions)],
        StartTime=now - timedelta(minutes=10),
        EndTime=now,
    )
    awake, asleep = answer["MetricDataResults"]
    assert max(awake["Timestamps"]) in {newest_before, _newest_visible_minute()}
    assert set(awake["Values"]) == {1.0}
    assert awake["StatusCode"] == "Complete"
    assert asleep["Values"] == []


def test_only_the_requested_statistics_are_returned(aws: Aws) -> None:
    load_balancer, target_group = AWAKE.metric_dimensions
    now = datetime.now(UTC)
    answer = aws.cloudwatch.get_metric_statistics(
        Namespace="AWS/ApplicationELB",
        MetricName="RequestCount",
        Dimensions=[
            {"Name": "LoadBalancer", "Value": load_balancer},
            {"Name": "TargetGroup", "Value": target_group},
        ],
        StartTime=now - timedelta(minutes=5),
        EndTime=now,
        Period=60,
        Statistics=["Sum"],
    )
    assert sum(point["Sum"] for point in answer["Datapoints"]) in (3, 4)


def test_a_scan_has_several_pages_with_two_items_of_every_service(aws: Aws) -> None:
    pages = list(aws.dynamodb.get_paginator("scan").paginate(TableName="any", ConsistentRead=True))
    ids = [item["id"]["S"] for page in pages for item in page["Items"]]
    assert len(pages) > 1
    assert all(sum(item_bytes(item) for item in page["Items"][:-1]) < PAGE_BYTES for page in pages)
    assert len(ids) == len(set(ids)) == 2 * SCENARIO.services
    usage = aws.counted()
    table_bytes = sum(item_bytes(item) for page in pages for item in page["Items"])
    assert usage.read_units == pytest.approx(table_bytes / 4096, abs=len(pages))


def test_an_eventually_consistent_read_costs_half(aws: Aws) -> None:
    aws.dynamodb.scan(TableName="any", ConsistentRead=True)
    consistent = aws.counted().read_units
    aws.dynamodb.scan(TableName="any")
    assert aws.counted().read_units == consistent / 2


def test_a_write_in_a_transaction_costs_two_units_and_any_other_write_one(aws: Aws) -> None:
    key: dict[str, AttributeValueTypeDef] = {
        "id": {"S": f"state#{AWAKE.cluster_name}/{AWAKE.service_name}"},
    }
    update = {"TableName": "any", "Key": key, "UpdateExpression": "SET a = :a"}
    values: dict[str, AttributeValueTypeDef] = {":a": {"N": "1"}}
    aws.dynamodb.update_item(TableName="any", Key=key, UpdateExpression="SET a = :a", ExpressionAttributeValues=values)
    assert aws.counted().write_units == 1
    aws.dynamodb.transact_write_items(
        TransactItems=[{"Update": {**update, "ExpressionAttributeValues": values}}]  # type: ignore[typeddict-item]
    )
    assert aws.counted().write_units == 2


def test_items_have_the_size_that_dynamodb_documents() -> None:
    # Names and texts count their bytes, a number one byte per two digits and one more, a flag one byte.
    assert item_bytes({"id": {"S": "état"}}) == 2 + 5
    assert item_bytes({"n": {"N": "12345"}}) == 1 + 4
    assert item_bytes({"f": {"BOOL": True}, "s": {"SS": ["ab", "c"]}}) == 2 + 4


def test_calls_and_their_billed_units_are_counted(aws: Aws) -> None:
    for _ in range(2):
        aws.cloudwatch.put_metric_data(
            Namespace="Any", MetricData=[{"MetricName": f"metric {number}", "Value": 1} for number in range(900)]
        )
    now = datetime.now(UTC)
    aws.cloudwatch.get_metric_data(
        MetricDataQueries=[_query(f"q{number}", AWAKE.metric_dimensions) for number in range(7)],
        StartTime=now - timedelta(minutes=5),
        EndTime=now,
    )
    usage = aws.counted()
    assert usage.calls == {"cloudwatch.PutMetricData": 2, "cloudwatch.GetMetricData": 1}
    assert usage.custom_metrics == 900
    assert usage.metrics_requested == 7
    assert aws.counted().total_calls == 0


def test_an_unknown_call_is_refused_and_recorded(aws: Aws) -> None:
    with pytest.raises(ClientError, match=r"no answer for ecs\.ListClusters"):
        aws.ecs.list_clusters()
    assert "ecs.ListClusters" in aws.counted().unanswered[0]


def test_each_call_takes_its_milliseconds_and_many_calls_are_served_at_once(aws: Aws) -> None:
    began = time.perf_counter()
    aws.autoscaling.describe_scalable_targets(ServiceNamespace="ecs")
    assert time.perf_counter() - began >= ANSWER_AFTER_MILLISECONDS / 1000

    calls = 64
    began = time.perf_counter()
    with ThreadPoolExecutor(max_workers=16) as threads:
        list(threads.map(lambda _: aws.autoscaling.describe_scalable_targets(ServiceNamespace="ecs"), range(calls)))
    assert time.perf_counter() - began < calls * ANSWER_AFTER_MILLISECONDS / 1000


def _newest_visible_minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0) - METRIC_DELAY


def _query(query_id: str, dimensions: tuple[str, str]) -> MetricDataQueryTypeDef:
    load_balancer, target_group = dimensions
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/ApplicationELB",
                "MetricName": "RequestCount",
                "Dimensions": [
                    {"Name": "LoadBalancer", "Value": load_balancer},
                    {"Name": "TargetGroup", "Value": target_group},
                ],
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }
