from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.deployed import MINUTE, START
from tests.local_aws.scheduled import DAY, Scheduled, trust

GROUP: Final = "arn:aws:scheduler:eu-west-3:123456789012:schedule-group/default"


@pytest.fixture
def account() -> Iterator[Scheduled]:
    with LocalAws(seed=7, start=START) as aws:
        yield Scheduled(aws)


@pytest.mark.parametrize(
    ("day", "hour"), [(datetime(2026, 7, 6, tzinfo=UTC), 6), (datetime(2026, 1, 5, tzinfo=UTC), 7)]
)
def test_a_schedule_at_eight_in_paris_fires_at_six_utc_in_summer_and_seven_in_winter(day: datetime, hour: int) -> None:
    with LocalAws(seed=7, start=day) as aws:
        account = Scheduled(aws)
        account.create("cron(0 8 ? * MON-FRI *)", ScheduleExpressionTimezone="Europe/Paris")
        aws.advance(DAY)
        assert account.started() == [day + timedelta(hours=hour)]


def test_a_function_gets_the_schedules_input_in_an_asynchronous_invocation(account: Scheduled) -> None:
    account.create("cron(1 8 * * ? *)")
    account.aws.advance(MINUTE)
    [run] = account.aws.invocations
    assert (run.payload, run.invocation_type.value) == ({"name": "office"}, "Event")


def test_a_schedule_without_a_time_zone_is_in_utc(account: Scheduled) -> None:
    account.create("cron(30 9 * * ? *)")
    account.aws.advance(DAY)
    assert account.started() == [START + timedelta(minutes=90)]


def test_a_schedule_that_is_due_once_fires_once(account: Scheduled) -> None:
    account.create("at(2026-01-05T10:00:00)", ScheduleExpressionTimezone="Europe/Paris")
    account.aws.advance(3 * DAY)
    assert account.started() == [START + timedelta(hours=1)]


def test_a_rate_begins_at_once(account: Scheduled) -> None:
    account.create("rate(5 minutes)")
    account.aws.advance(timedelta(minutes=11))
    assert account.started() == [START, START + 5 * MINUTE, START + 10 * MINUTE]


def test_a_hundred_schedules_of_the_same_minute_all_fire(account: Scheduled) -> None:
    names = [f"service-{number}" for number in range(100)]
    for name in names:
        account.create("cron(30 8 * * ? *)", name)
    account.aws.advance(timedelta(minutes=31))
    assert sorted(run.payload["name"] for run in account.aws.invocations) == sorted(names)
    assert account.failures() == []


def test_a_disabled_schedule_does_not_fire_until_it_is_enabled(account: Scheduled) -> None:
    account.create("cron(* * * * ? *)", State="DISABLED")
    account.aws.advance(2 * MINUTE)
    assert account.started() == []
    account.update("cron(* * * * ? *)", State="ENABLED")
    account.aws.advance(MINUTE)
    assert account.started() == [START + 3 * MINUTE]
    account.update("cron(* * * * ? *)", State="DISABLED")
    account.aws.advance(5 * MINUTE)
    assert len(account.started()) == 1


def test_a_rate_that_is_enabled_again_is_counted_from_then(account: Scheduled) -> None:
    account.create("rate(5 minutes)")
    account.update("rate(5 minutes)", State="DISABLED")
    account.aws.advance(7 * MINUTE)
    account.update("rate(5 minutes)", State="ENABLED")
    account.aws.advance(5 * MINUTE)
    assert account.started() == [START + 7 * MINUTE, START + 12 * MINUTE]


def test_a_schedule_that_is_disabled_within_its_window_does_not_fire(account: Scheduled) -> None:
    window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 1440}
    account.create("cron(1 8 * * ? *)", FlexibleTimeWindow=window)
    account.aws.advance(MINUTE)
    account.update("cron(1 8 * * ? *)", FlexibleTimeWindow=window, State="DISABLED")
    account.aws.advance(2 * DAY)
    assert account.started() == []


def test_a_changed_schedule_fires_by_its_new_expression(account: Scheduled) -> None:
    account.create("cron(10 8 * * ? *)")
    account.update("cron(20 8 * * ? *)")
    account.aws.advance(timedelta(hours=1))
    assert account.started() == [START + 20 * MINUTE]


def test_a_changed_time_zone_applies_at_once(account: Scheduled) -> None:
    account.create("cron(30 10 * * ? *)", ScheduleExpressionTimezone="UTC")
    account.update("cron(30 10 * * ? *)", ScheduleExpressionTimezone="Europe/Paris")
    account.aws.advance(timedelta(hours=3))
    assert account.started() == [START + 90 * MINUTE]


def test_a_deleted_schedule_no_longer_fires(account: Scheduled) -> None:
    account.create("cron(* * * * ? *)")
    account.aws.advance(MINUTE)
    account.scheduler.delete_schedule(Name="office")
    account.aws.advance(5 * MINUTE)
    assert account.started() == [START + MINUTE]
    assert account.failures() == []


def test_the_schedules_of_a_deleted_group_are_deleted_too(account: Scheduled) -> None:
    account.scheduler.create_schedule_group(Name="city")
    account.create("cron(* * * * ? *)", GroupName="city")
    account.create("cron(* * * * ? *)", "other")
    account.scheduler.delete_schedule_group(Name="city")
    account.aws.advance(MINUTE)
    assert [run.payload["name"] for run in account.aws.invocations] == ["other"]


def test_schedules_with_one_name_in_two_groups_are_different_schedules(account: Scheduled) -> None:
    account.scheduler.create_schedule_group(Name="city")
    account.create("cron(1 8 * * ? *)", GroupName="city", Target={"Input": '"city"'})
    account.create("cron(2 8 * * ? *)", Target={"Input": '"default"'})
    account.aws.advance(2 * MINUTE)
    fired = [(run.started, run.payload) for run in account.aws.invocations]
    assert fired == [(START + MINUTE, "city"), (START + 2 * MINUTE, "default")]


def test_a_flexible_schedule_fires_at_an_instant_of_its_window_that_the_seed_chooses() -> None:
    def fired(seed: int) -> list[datetime]:
        with LocalAws(seed=seed, start=START) as aws:
            account = Scheduled(aws)
            window = {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 30}
            account.create("cron(0 9 * * ? *)", FlexibleTimeWindow=window)
            aws.advance(2 * DAY)
            return account.started()

    once, again, otherwise = fired(1), fired(1), fired(2)
    assert once == again != otherwise
    for number, instant in enumerate(once):
        due = START + timedelta(hours=1) + number * DAY
        assert due < instant < due + 30 * MINUTE
    assert len(once) == 2


def test_a_role_that_does_not_trust_scheduler_is_refused_when_the_schedule_is_created(account: Scheduled) -> None:
    account.iam.update_assume_role_policy(RoleName="schedules", PolicyDocument=trust("events.amazonaws.com"))
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        account.create()
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        account.create(Target={"RoleArn": f"{account.role}-that-is-missing"})


def test_a_role_can_trust_only_the_schedules_of_one_group(account: Scheduled) -> None:
    account.scheduler.create_schedule_group(Name="city")
    condition: dict[str, Any] = {
        "ArnEquals": {"aws:SourceArn": GROUP},
        "StringEquals": {"aws:SourceAccount": "123456789012"},
    }
    account.iam.update_assume_role_policy(RoleName="schedules", PolicyDocument=trust(**condition))
    account.create("cron(* * * * ? *)")
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        account.create("cron(* * * * ? *)", GroupName="city")
    account.aws.advance(MINUTE)
    assert len(account.started()) == 1


def lose_trust(account: Scheduled) -> None:
    account.iam.update_assume_role_policy(RoleName="schedules", PolicyDocument=trust("events.amazonaws.com"))


def lose_the_role(account: Scheduled) -> None:
    account.iam.delete_role_policy(RoleName="schedules", PolicyName="invoke")
    account.iam.delete_role(RoleName="schedules")


def lose_permission(account: Scheduled) -> None:
    account.let_role_invoke(f"{account.function}-other")


def lose_the_function(account: Scheduled) -> None:
    account.lambda_.delete_function(FunctionName="function")


@pytest.mark.parametrize(
    ("lose", "reason"),
    [
        (lose_trust, "does not trust"),
        (lose_the_role, "no such execution role"),
        (lose_permission, "does not allow lambda:InvokeFunction"),
        (lose_the_function, "no such function"),
    ],
)
def test_a_schedule_that_cannot_invoke_its_function_is_recorded_with_the_reason(
    account: Scheduled, lose: Any, reason: str
) -> None:
    account.create("cron(* * * * ? *)")
    lose(account)
    account.aws.advance(MINUTE)
    assert account.started() == []
    [failed] = account.aws.failed_invocations
    assert reason in failed.reason
    assert (failed.instant, failed.rule_name) == (START + MINUTE, "schedule/default/office")
