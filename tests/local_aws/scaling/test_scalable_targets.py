from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.account import CLUSTER

from .scaled import EVERYTHING, NOTHING, OF_WEB, Scaled, scaled


def refusal(web: Scaled, **settings: Any) -> str:
    with pytest.raises(ClientError) as refused:
        web.register(**settings)
    return refused.value.response["Error"]["Code"]


def test_a_call_that_only_suspends_wakes_a_service_at_zero() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        web.set_desired(0)
        web.account.pass_time()
        assert web.account.described("web")["runningCount"] == 0
        web.register(SuspendedState=EVERYTHING)
        assert web.desired() == 1
        web.account.pass_time()
        [deployment] = web.account.described("web")["deployments"]
        assert (deployment["runningCount"], web.account.described("web")["runningCount"]) == (1, 1)


def test_a_call_while_the_service_runs_only_suspends() -> None:
    with scaled(2, MinCapacity=1, MaxCapacity=4) as web:
        web.register(SuspendedState=EVERYTHING)
        assert web.desired() == 2
        web.set_desired(0)
        web.account.pass_time()
        assert web.desired() == 0


def test_a_new_scalable_target_moves_the_count_and_its_description_has_everything() -> None:
    with scaled(1) as web:
        arn = web.register(MinCapacity=2, MaxCapacity=4)
        assert web.desired() == 2
        [target] = web.targets()
        del target["CreationTime"]
        role = "role/aws-service-role/ecs.application-autoscaling.amazonaws.com"
        assert target == {
            **OF_WEB,
            "MinCapacity": 2,
            "MaxCapacity": 4,
            "RoleARN": f"arn:aws:iam::123456789012:{role}/AWSServiceRoleForApplicationAutoScaling_ECSService",
            "ScalableTargetARN": arn,
            "SuspendedState": NOTHING,
        }


def test_a_call_changes_only_what_it_names() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        web.register(SuspendedState={"DynamicScalingInSuspended": True})
        web.register(MaxCapacity=6)
        [target] = web.targets()
        assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 6)
        assert target["SuspendedState"] == {**NOTHING, "DynamicScalingInSuspended": True}


def test_aws_refuses_what_it_cannot_register() -> None:
    with scaled() as web:
        assert refusal(web, SuspendedState=EVERYTHING) == "ValidationException"
        assert refusal(web, MinCapacity=1) == "ValidationException"
        assert refusal(web, MinCapacity=3, MaxCapacity=2) == "ValidationException"
        assert web.targets() == []
        other: Any = {**OF_WEB, "ResourceId": f"service/{CLUSTER}/other"}
        with pytest.raises(ClientError, match="ECS service doesn't exist"):
            web.account.autoscaling.register_scalable_target(**other, MinCapacity=1, MaxCapacity=2)
        with pytest.raises(ClientError, match="not modelled: scalable targets in dynamodb"):
            web.account.autoscaling.register_scalable_target(
                ServiceNamespace="dynamodb",
                ResourceId="table/web",
                ScalableDimension="dynamodb:table:ReadCapacityUnits",
                MinCapacity=1,
                MaxCapacity=2,
            )


def test_every_page_of_scalable_targets_can_be_read() -> None:
    with scaled() as web:
        for number in range(7):
            web.account.service(f"service-{number}", desired=0)
            other: Any = {**OF_WEB, "ResourceId": f"service/{CLUSTER}/service-{number}"}
            web.account.autoscaling.register_scalable_target(**other, MinCapacity=0, MaxCapacity=2)
        pages = web.account.autoscaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace="ecs", PaginationConfig={"PageSize": 3}
        )
        sizes = [len(page["ScalableTargets"]) for page in pages]
        assert sizes == [3, 3, 1]


def test_a_deregistered_target_is_gone_with_its_policies_alarms_and_scheduled_actions() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        web.track()
        web.account.autoscaling.put_scheduled_action(
            **OF_WEB,
            ScheduledActionName="evening",
            Schedule="cron(0 20 * * ? *)",
            ScalableTargetAction={"MaxCapacity": 1},
        )
        web.account.autoscaling.deregister_scalable_target(**OF_WEB)
        assert (web.targets(), web.policies(), web.scheduled_actions()) == ([], [], [])
        with pytest.raises(web.account.autoscaling.exceptions.ObjectNotFoundException):
            web.account.autoscaling.deregister_scalable_target(**OF_WEB)


def test_a_deleted_service_loses_its_scalable_target_and_policies() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        web.track()
        web.account.ecs.delete_service(cluster=CLUSTER, service="web", force=True)
        assert (web.targets(), web.policies()) == ([], [])
