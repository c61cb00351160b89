from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.account import CLUSTER
from tests.local_aws.deployed import deployed

from .scaled import EVERYTHING, NOTHING, OF_WEB, Scaled, scaled

HOUR = timedelta(hours=1)


def put(web: Scaled, name: str = "morning", schedule: str = "at(2026-01-05T09:00:00)", **settings: Any) -> None:
    web.account.autoscaling.put_scheduled_action(
        **OF_WEB, **{"ScheduledActionName": name, "Schedule": schedule, **settings}
    )


def test_an_action_that_is_due_sets_the_bounds_and_starts_a_service_at_zero() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        put(web, ScalableTargetAction={"MinCapacity": 2})
        web.set_desired(0)
        web.account.pass_time(HOUR / 2)
        assert web.desired() == 0
        web.account.pass_time(HOUR / 2)
        assert web.desired() == 2
        [target] = web.targets()
        assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)


@pytest.mark.parametrize(
    ("schedule", "timezone"), [("cron(0 10 * * ? *)", "Europe/Paris"), ("rate(1 hour)", "UTC")], ids=["cron", "rate"]
)
def test_cron_and_rate_expressions_repeat(schedule: str, timezone: str) -> None:
    with scaled(MinCapacity=0, MaxCapacity=4) as web:
        put(web, schedule=schedule, Timezone=timezone, ScalableTargetAction={"MaxCapacity": 0})
        counts = []
        for _ in range(2):
            web.account.pass_time(24 * HOUR)
            counts.append(web.desired())
            web.register(MaxCapacity=4)
            web.set_desired(1)
        assert counts == [0, 0]


def test_an_action_due_while_scheduled_scaling_is_suspended_is_skipped() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        put(web, ScalableTargetAction={"MinCapacity": 2})
        web.register(SuspendedState=EVERYTHING)
        web.set_desired(0)
        web.account.pass_time(2 * HOUR)
        assert web.desired() == 0
        web.set_desired(1)
        web.register(SuspendedState=NOTHING)
        web.account.pass_time(2 * HOUR)
        assert web.desired() == 1


def test_a_changed_action_keeps_what_the_call_does_not_name() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        put(web, Timezone="Europe/Paris", ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 3})
        put(web, schedule="at(2026-01-05T11:00:00)")
        [action] = web.scheduled_actions(ScheduledActionNames=["morning"])
        assert action["ScalableTargetAction"] == {"MinCapacity": 2, "MaxCapacity": 3}
        assert (action["Schedule"], action["Timezone"]) == ("at(2026-01-05T11:00:00)", "Europe/Paris")
        web.account.pass_time(HOUR * 1.5)
        assert web.desired() == 1
        web.account.pass_time(HOUR)  # eleven in Paris is ten in UTC
        assert web.desired() == 2


def test_a_deleted_action_is_not_carried_out() -> None:
    with scaled(MinCapacity=1, MaxCapacity=4) as web:
        put(web, ScalableTargetAction={"MinCapacity": 2})
        delete = web.account.autoscaling.delete_scheduled_action
        delete(**OF_WEB, ScheduledActionName="morning")
        web.account.pass_time(2 * HOUR)
        assert (web.desired(), web.scheduled_actions()) == (1, [])
        with pytest.raises(web.account.autoscaling.exceptions.ObjectNotFoundException):
            delete(**OF_WEB, ScheduledActionName="morning")


def test_what_is_wrong_or_not_modelled_is_refused() -> None:
    with scaled() as web:
        with pytest.raises(web.account.autoscaling.exceptions.ObjectNotFoundException):
            put(web, ScalableTargetAction={"MinCapacity": 2})
        web.register(MinCapacity=1, MaxCapacity=4)
        with pytest.raises(ClientError, match="Invalid Schedule Expression"):
            put(web, schedule="at(nine)", ScalableTargetAction={"MinCapacity": 2})
        with pytest.raises(ClientError, match="MaxCapacity must not be below MinCapacity"):
            put(web, ScalableTargetAction={"MinCapacity": 2, "MaxCapacity": 1})
        with pytest.raises(ClientError, match="Name MinCapacity or MaxCapacity"):
            put(web)
        with pytest.raises(ClientError, match="not modelled: scheduled actions with StartTime"):
            put(web, ScalableTargetAction={"MinCapacity": 2}, StartTime=web.account.world.now)
        assert web.scheduled_actions() == []


def test_scaling_over_http_in_the_time_of_local_aws() -> None:
    with deployed() as account:
        ecs, scaling = account.client("ecs"), account.client("application-autoscaling")
        ecs.create_cluster(clusterName=CLUSTER)
        container = {"name": "web", "image": "nginx", "memory": 128}
        ecs.register_task_definition(family="web", containerDefinitions=[container])
        ecs.create_service(cluster=CLUSTER, serviceName="web", taskDefinition="web", desiredCount=0)
        scaling.register_scalable_target(**OF_WEB, MinCapacity=0, MaxCapacity=2)
        scaling.put_scheduled_action(
            **OF_WEB,
            ScheduledActionName="morning",
            Schedule="cron(0 9 * * ? *)",
            ScalableTargetAction={"MinCapacity": 1},
        )
        counts = []
        for _ in range(2):
            account.aws.advance(timedelta(minutes=59))
            counts.append(ecs.describe_services(cluster=CLUSTER, services=["web"])["services"][0]["desiredCount"])
        assert counts == [0, 1]
        with pytest.raises(scaling.exceptions.ValidationException):
            scaling.register_scalable_target(**{**OF_WEB, "ResourceId": f"service/{CLUSTER}/other"})
        with pytest.raises(scaling.exceptions.ObjectNotFoundException):
            scaling.delete_scheduled_action(**OF_WEB, ScheduledActionName="evening")
