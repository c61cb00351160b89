from __future__ import annotations

from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.local_aws.account import CLUSTER, REGION

from .scaled import EVERYTHING, OF_WEB, Scaled, scaled

MINUTE = timedelta(minutes=1)
CPU: Any = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
MEMORY: Any = {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"}


def load(web: Scaled, minutes: int, requests: int) -> None:
    """Send requests to the load balancer over HTTP, this many in each of the next minutes."""
    for _ in range(minutes):
        for _ in range(requests):
            assert web.account.get().status_code == 200
        web.account.pass_time(MINUTE)


def fill(web: Scaled, minutes: int, backlog: float) -> None:
    for _ in range(minutes):
        web.account.world.metrics.put("City", "Backlog", {"Queue": "orders"}, web.account.world.now, backlog)
        web.account.pass_time(MINUTE)


def alarms() -> list[Any]:
    client = boto3.client("cloudwatch", REGION, aws_access_key_id="test", aws_secret_access_key="test")
    return client.describe_alarms()["MetricAlarms"]


def test_requests_over_http_scale_a_busy_service_out_and_silence_scales_it_back_in() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        web.track()
        load(web, 5, 25)
        assert web.desired() == 3
        web.account.pass_time()
        assert web.account.described("web")["runningCount"] == 3
        web.account.pass_time(25 * MINUTE)
        assert web.desired() == 1
        assert len(web.account.described("web")["deployments"]) == 1


@pytest.mark.parametrize(
    ("suspended", "busy", "quiet"),
    [("DynamicScalingOutSuspended", 1, 1), ("DynamicScalingInSuspended", 3, 3), ("ScheduledScalingSuspended", 3, 1)],
)
def test_only_the_suspended_kind_of_scaling_stops(suspended: str, busy: int, quiet: int) -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        web.track()
        web.register(SuspendedState={suspended: True})
        load(web, 5, 25)
        assert web.desired() == busy
        web.account.pass_time(25 * MINUTE)
        assert web.desired() == quiet


def test_a_service_stopped_under_load_stays_at_zero_if_its_scaling_was_suspended_before() -> None:
    def stopped(*, suspended: bool) -> int:
        with scaled(MinCapacity=1, MaxCapacity=4) as web:
            web.track()
            load(web, 2, 25)
            if suspended:
                web.register(SuspendedState=EVERYTHING)
            load(web, 1, 25)
            web.set_desired(0)
            web.account.pass_time(30 * MINUTE)
            return web.desired()

    assert stopped(suspended=False) >= 1
    assert stopped(suspended=True) == 0


def test_without_a_minimum_a_backlog_takes_the_service_to_zero_and_back() -> None:
    backlog: Any = {
        "Namespace": "City",
        "MetricName": "Backlog",
        "Dimensions": [{"Name": "Queue", "Value": "orders"}],
        "Statistic": "Average",
    }
    with scaled(MinCapacity=0, MaxCapacity=4) as web:
        configuration: Any = {"TargetValue": 5.0, "CustomizedMetricSpecification": backlog}
        web.account.autoscaling.put_scaling_policy(
            **OF_WEB,
            PolicyName="backlog",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=configuration,
        )
        fill(web, 20, 0)
        assert web.desired() == 0
        fill(web, 3, 4)
        assert web.desired() == 0
        fill(web, 2, 6)
        assert web.desired() == 1


def test_cpu_scales_and_memory_has_no_effect() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        web.track("memory", PredefinedMetricSpecification=MEMORY, TargetValue=0.1)
        web.account.pass_time(10 * MINUTE)
        assert web.desired() == 1
        web.track("cpu", PredefinedMetricSpecification=CPU, TargetValue=0.5)
        web.account.pass_time(5 * MINUTE)
        assert web.desired() == 4


def test_a_policy_is_described_as_it_was_put_and_keeps_its_arn() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        first = web.track(ScaleInCooldown=60)
        changed = web.track(TargetValue=20.0, DisableScaleIn=True)
        web.track("cpu", PredefinedMetricSpecification=CPU)
        assert first["PolicyARN"] == changed["PolicyARN"]
        [policy] = web.policies(PolicyNames=["requests"], ResourceId=OF_WEB["ResourceId"])
        del policy["CreationTime"]
        assert policy == {
            **OF_WEB,
            "PolicyARN": first["PolicyARN"],
            "PolicyName": "requests",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 20.0,
                "PredefinedMetricSpecification": web.requests(),
                "DisableScaleIn": True,
            },
            "Alarms": changed["Alarms"],
        }


def test_each_policy_has_two_alarms_as_long_as_it_exists() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        web.track()
        web.track()
        low, high = sorted(alarms(), key=lambda alarm: float(alarm["Threshold"]))
        assert (low["MetricName"], low["Threshold"], low["EvaluationPeriods"]) == ("RequestCountPerTarget", 9.0, 15)
        assert (high["MetricName"], high["Threshold"], high["EvaluationPeriods"]) == ("RequestCountPerTarget", 10.0, 3)
        assert {one["Name"] for one in high["Dimensions"]} == {"LoadBalancer", "TargetGroup"}
        web.account.autoscaling.delete_scaling_policy(**OF_WEB, PolicyName="requests")
        assert (alarms(), web.policies()) == ([], [])
        load(web, 6, 25)
        assert web.desired() == 1
        with pytest.raises(web.account.autoscaling.exceptions.ObjectNotFoundException):
            web.account.autoscaling.delete_scaling_policy(**OF_WEB, PolicyName="requests")


def test_a_predictive_policy_is_kept_with_its_mode_and_has_no_effect() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        pair: Any = {"PredefinedMetricType": "ECSServiceCPUUtilization"}
        specification: Any = {"TargetValue": 0.1, "PredefinedMetricPairSpecification": pair}
        for name, mode in (("default", {}), ("scales", {"Mode": "ForecastAndScale"})):
            configuration: Any = {"MetricSpecifications": [specification], **mode}
            web.account.autoscaling.put_scaling_policy(
                **OF_WEB,
                PolicyName=name,
                PolicyType="PredictiveScaling",
                PredictiveScalingPolicyConfiguration=configuration,
            )
        modes = {
            policy["PolicyName"]: policy["PredictiveScalingPolicyConfiguration"]["Mode"] for policy in web.policies()
        }
        assert modes == {"default": "ForecastOnly", "scales": "ForecastAndScale"}
        assert {policy["PolicyType"] for policy in web.policies()} == {"PredictiveScaling"}
        web.account.pass_time(30 * MINUTE)
        assert web.desired() == 1


def test_what_is_not_modelled_or_wrong_is_refused() -> None:
    with scaled() as web:
        with pytest.raises(web.account.autoscaling.exceptions.ObjectNotFoundException):
            web.track()
        web.register(MinCapacity=1, MaxCapacity=4)
        put = web.account.autoscaling.put_scaling_policy
        with pytest.raises(ClientError, match="not modelled: scaling policies of the type StepScaling"):
            put(**OF_WEB, PolicyName="steps", PolicyType="StepScaling")
        label = {**web.requests(), "ResourceLabel": "app/front/1"}
        with pytest.raises(ClientError, match="ResourceLabel"):
            web.track(PredefinedMetricSpecification=label)
        with pytest.raises(ClientError, match="either a predefined or a customized metric"):
            web.track(CustomizedMetricSpecification={"Metrics": []})
        assert web.policies() == []


def test_the_service_and_its_cluster_are_named_in_the_alarms_of_a_cpu_policy() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        answer = web.track(PredefinedMetricSpecification=CPU, TargetValue=50.0)
        assert [alarm["AlarmName"].partition("-Alarm")[0] for alarm in answer["Alarms"]] == [
            f"TargetTracking-service/{CLUSTER}/web"
        ] * 2
