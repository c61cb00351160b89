from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from scripts.demo.commands import Clock, commands
from scripts.demo.service_client import Subject

SUBJECT = Subject(
    cluster_name="city-guided-cluster",
    service_name="city-guided-service",
    load_balancer_arn="arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/city-guided-alb/50dc6c495c0c9188",
    target_group_arn="arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/city-guided-web/73e2d6bc24d8a067",
    scale_to_zero_function_name="staging-scale-to-zero",
    scale_up_function_name="staging-scale-up",
    wake_function_name="staging-wake",
    panel_function_arn="arn:aws:lambda:eu-west-3:123456789012:function:staging-panel",
    tick_rule_arn="arn:aws:events:eu-west-3:123456789012:rule/staging-every-minute",
    table_name="staging-scale-to-zero",
    metric_namespace="CityGuided/ECS",
    dashboard_name="CityGuided-ECS-ScaleToZero",
    dashboard_url="https://eu-west-3.console.aws.amazon.com/cloudwatch/",
)
NOW = datetime.now(UTC)


def evaluated_by_the_shell(text: str) -> datetime:
    ran = subprocess.run(["bash", "-c", f"echo {text}"], capture_output=True, text=True, check=True, timeout=10)
    return datetime.fromisoformat(ran.stdout.strip()).replace(tzinfo=UTC)


@pytest.mark.parametrize("duration", [timedelta(0), timedelta(minutes=10), timedelta(hours=1)])
def test_in_real_time_the_shells_own_clock_is_used(duration: timedelta) -> None:
    clock = Clock(speed=1, virtual=NOW, real=NOW)
    assert abs(evaluated_by_the_shell(clock.ago(duration)) - (datetime.now(UTC) - duration)) < timedelta(seconds=10)


@pytest.mark.parametrize("duration", [timedelta(0), timedelta(hours=1)])
def test_in_accelerated_time_the_shell_computes_the_virtual_instant(duration: timedelta) -> None:
    began = datetime.now(UTC) - timedelta(minutes=2)
    clock = Clock(speed=60, virtual=began, real=began)
    virtual = began + timedelta(hours=2)
    assert abs(evaluated_by_the_shell(clock.ago(duration)) - (virtual - duration)) < timedelta(minutes=10)


def test_requests_are_read_by_load_balancer_and_target_group() -> None:
    texts = [command.text for command in commands(SUBJECT, Clock(speed=1, virtual=NOW, real=NOW))]
    dimensions = (
        "Name=LoadBalancer,Value=app/city-guided-alb/50dc6c495c0c9188 "
        "Name=TargetGroup,Value=targetgroup/city-guided-web/73e2d6bc24d8a067"
    )
    assert [dimensions in text for text in texts if "RequestCount" in text] == [True]
