"""Application Auto Scaling, applied by the real Terraform: what a plan shows, and what an apply does to a count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from local_aws import LocalAws
from tests.module.applied import MINUTE, START, Applied, Subject, applying, client
from tests.module.existing import CLUSTER, existing_services

TARGET: Final = "aws_appautoscaling_target.service"
ACTION: Final = "aws_appautoscaling_scheduled_action.evening"
EVERYTHING: Final = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
OF_WEB: Final = {
    "ServiceNamespace": "ecs",
    "ResourceId": f"service/{CLUSTER}/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}


@dataclass(frozen=True)
class Scaled:
    aws: LocalAws
    applied: Applied
    service: Subject
    settings: dict[str, Any]

    def apply(self, **settings: Any) -> None:
        """Apply with the same settings except these."""
        self.applied.apply(scaling=self.settings | settings)

    def plan(self, **settings: Any) -> list[str]:
        """Return what a plan with the same settings except these changes."""
        return sorted(self.applied.planned_changes(scaling=self.settings | settings))

    def targets(self) -> list[Any]:
        answer = client(self.aws, "application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
        found: list[Any] = answer["ScalableTargets"]
        return found

    def suspend_and_stop(self) -> None:
        """Do what the module does to put a service with a scalable target to sleep, in this order."""
        everything = dict.fromkeys(EVERYTHING, True)
        client(self.aws, "application-autoscaling").register_scalable_target(**OF_WEB, SuspendedState=everything)
        client(self.aws, "ecs").update_service(cluster=CLUSTER, service="web", desiredCount=0)
        self.aws.advance(2 * MINUTE)
        assert self.service.desired() == 0


@pytest.fixture
def scaled() -> Iterator[Scaled]:
    with LocalAws(seed=1, start=START) as aws, applying(aws, "tests/module/scaled") as applied:
        existing = existing_services(aws, {"web": "web"})
        load_balancer = existing.load_balancer_arn.partition(":loadbalancer/")[2]
        label = f"{load_balancer}/{existing.target_group_arns['web'].rpartition(':')[2]}"
        settings = {"service": f"{CLUSTER}/web", "request_label": label}
        yield Scaled(aws, applied, existing.subject(aws, "web"), settings)


def test_a_plan_made_while_the_service_sleeps_is_empty_and_a_later_change_wakes_it(scaled: Scaled) -> None:
    scaled.apply()
    assert scaled.service.desired() == 1
    scaled.suspend_and_stop()
    assert scaled.plan() == []
    # That plan has read the suspension. A change of the maximum sends it again, and the call wakes the service.
    assert scaled.plan(max_capacity=6) == [f"update {ACTION}", f"update {TARGET}"]
    scaled.apply(max_capacity=6)
    assert scaled.service.desired() == 1
    [target] = scaled.targets()
    assert (target["MaxCapacity"], target["SuspendedState"]) == (6, dict.fromkeys(EVERYTHING, True))
    assert scaled.plan(max_capacity=6) == []
    scaled.applied.destroy(scaling=scaled.settings)
    assert scaled.targets() == []
    assert client(scaled.aws, "cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_a_declared_suspension_is_restored_by_the_next_apply_which_wakes_the_service(scaled: Scaled) -> None:
    declared = {"suspended_state": {"in": True}}
    scaled.apply(**declared)
    only_in = {**dict.fromkeys(EVERYTHING, False), "DynamicScalingInSuspended": True}
    assert scaled.targets()[0]["SuspendedState"] == only_in
    assert scaled.plan(**declared) == []
    scaled.suspend_and_stop()
    assert scaled.plan(**declared) == [f"update {TARGET}"]
    scaled.apply(**declared)
    assert scaled.service.desired() == 1
    assert scaled.targets()[0]["SuspendedState"] == only_in
