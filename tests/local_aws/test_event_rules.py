from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.deployed import MINUTE, START, Deployed, deployed

ECHO = "def handler(event, context):\n    return event"


@pytest.fixture
def account() -> Iterator[Deployed]:
    with deployed() as created:
        yield created


def test_a_rate_rule_fires_each_period_after_its_creation(account: Deployed) -> None:
    arn = account.deploy(ECHO)
    account.aws.advance(timedelta(seconds=30))
    account.every_minute(arn)
    account.aws.advance(3 * MINUTE)
    made = START + timedelta(seconds=30)
    assert account.started() == [made + MINUTE, made + 2 * MINUTE, made + 3 * MINUTE]


def test_the_function_gets_eventbridges_scheduled_event(account: Deployed) -> None:
    account.every_minute(account.deploy(ECHO))
    account.aws.advance(MINUTE)
    event = account.aws.invocations[0].answer
    assert event["source"] == "aws.events"
    assert event["detail-type"] == "Scheduled Event"
    assert event["time"] == "2026-01-05T08:01:00Z"
    assert event["resources"] == ["arn:aws:events:eu-west-3:123456789012:rule/tick"]


def test_a_constant_input_replaces_the_event(account: Deployed) -> None:
    account.every_minute(account.deploy(ECHO), Input='{"a": 1}')
    account.aws.advance(MINUTE)
    assert account.aws.invocations[0].answer == {"a": 1}


def test_a_function_that_fails_does_not_stop_time(account: Deployed) -> None:
    arn = account.deploy("def handler(event, context):\n    raise ValueError")
    account.lambda_.put_function_event_invoke_config(FunctionName=arn, MaximumRetryAttempts=0)
    account.every_minute(arn)
    account.aws.advance(3 * MINUTE)
    assert [run.error is not None for run in account.aws.invocations] == [True] * 3


def stop_by_disabling(events: Any) -> None:
    events.disable_rule(Name="tick")


def stop_by_putting_it_disabled(events: Any) -> None:
    events.put_rule(Name="tick", ScheduleExpression="rate(1 minute)", State="DISABLED")


def stop_by_removing_the_target(events: Any) -> None:
    events.remove_targets(Rule="tick", Ids=["function"])


def stop_by_deleting(events: Any) -> None:
    events.remove_targets(Rule="tick", Ids=["function"])
    events.delete_rule(Name="tick")


@pytest.mark.parametrize(
    "stop", [stop_by_disabling, stop_by_putting_it_disabled, stop_by_removing_the_target, stop_by_deleting]
)
def test_a_disabled_or_deleted_rule_no_longer_fires(account: Deployed, stop: Any) -> None:
    account.every_minute(account.deploy(ECHO))
    account.aws.advance(2 * MINUTE)
    stop(account.client("events"))
    account.aws.advance(5 * MINUTE)
    assert len(account.aws.invocations) == 2
    assert account.aws.failed_invocations == []


def test_a_rule_that_is_enabled_again_is_counted_from_then(account: Deployed) -> None:
    account.every_minute(account.deploy(ECHO))
    events = account.client("events")
    events.disable_rule(Name="tick")
    account.aws.advance(timedelta(seconds=100))
    events.enable_rule(Name="tick")
    account.aws.advance(MINUTE)
    assert account.started() == [START + timedelta(seconds=160)]


def test_a_rule_that_is_put_again_with_the_same_expression_keeps_its_instants(account: Deployed) -> None:
    account.every_minute(account.deploy(ECHO))
    account.aws.advance(timedelta(seconds=30))
    account.client("events").put_rule(Name="tick", ScheduleExpression="rate(1 minute)", Description="changed")
    account.aws.advance(timedelta(seconds=30))
    assert account.started() == [START + MINUTE]


def test_without_the_functions_permission_nothing_runs(account: Deployed) -> None:
    arn = account.deploy(ECHO)
    account.every_minute(arn)
    account.lambda_.remove_permission(FunctionName=arn, StatementId="tick")
    account.aws.advance(MINUTE)
    assert account.aws.invocations == []
    [failed] = account.aws.failed_invocations
    assert (failed.rule_name, failed.target_arn) == ("tick", arn)
    assert "does not permit" in failed.reason


def test_a_permission_for_another_rule_does_not_count(account: Deployed) -> None:
    arn = account.deploy(ECHO)
    account.every_minute(arn)
    account.lambda_.remove_permission(FunctionName=arn, StatementId="tick")
    account.lambda_.add_permission(
        FunctionName=arn,
        StatementId="other",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn="arn:aws:events:eu-west-3:123456789012:rule/other",
    )
    account.aws.advance(MINUTE)
    assert account.aws.invocations == []


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"ScheduleExpression": "cron(0 8 * * ? *)"}, "not modelled"),
        ({"ScheduleExpression": "rate(1 minute)", "EventPattern": '{"source": ["aws.ecs"]}'}, "not modelled"),
        ({"EventPattern": '{"source": [{"suffix": "ecs"}]}'}, "not modelled"),
        ({"EventPattern": "{"}, "not JSON"),
        ({"ScheduleExpression": "rate(1 minutes)"}, "ScheduleExpression is not valid"),
        ({"ScheduleExpression": "rate(5 minute)"}, "ScheduleExpression is not valid"),
    ],
)
def test_a_rule_that_could_never_fire_here_is_refused(account: Deployed, rule: dict[str, str], message: str) -> None:
    with pytest.raises(ClientError, match=message):
        account.client("events").put_rule(Name="tick", **rule)


def test_a_target_that_is_not_a_function_is_refused(account: Deployed) -> None:
    events = account.client("events")
    events.put_rule(Name="tick", ScheduleExpression="rate(1 minute)")
    with pytest.raises(ClientError, match="not modelled"):
        events.put_targets(Rule="tick", Targets=[{"Id": "queue", "Arn": "arn:aws:sqs:eu-west-3:123456789012:queue"}])
