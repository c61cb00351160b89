from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws
from tests.local_aws.deployed import START
from tests.local_aws.scheduled import DAY, Scheduled


@pytest.fixture(scope="module")
def account() -> Iterator[Scheduled]:
    with LocalAws(seed=7, start=START) as aws:
        yield Scheduled(aws)


@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("cron(0 8 * * * *)", "UTC"),
        ("cron(0 8 ? * MON-FRI)", "UTC"),
        ("cron(60 8 * * ? *)", "UTC"),
        ("rate(0 minutes)", "UTC"),
        ("at(2026-01-05 08:00)", "UTC"),
        ("0 8 * * *", "UTC"),
        ("cron(0 8 * * ? *)", "Europe/Nowhere"),
    ],
)
def test_an_expression_that_aws_would_refuse_is_refused(account: Scheduled, expression: str, zone: str) -> None:
    with pytest.raises(ClientError, match="Invalid Schedule Expression"):
        account.create(expression, ScheduleExpressionTimezone=zone)


@pytest.mark.parametrize(
    "more",
    [
        {"StartDate": START + DAY},
        {"EndDate": START + DAY},
        {"ActionAfterCompletion": "DELETE"},
        {"Target": {"Arn": "arn:aws:sqs:eu-west-3:123456789012:queue"}},
        {"Target": {"DeadLetterConfig": {"Arn": "arn:aws:sqs:eu-west-3:123456789012:queue"}}},
        {"Target": {"Input": '{"at": "<aws.scheduler.scheduled-time>"}'}},
        {"Target": {"Input": None}},
    ],
)
def test_a_schedule_that_is_not_modelled_is_refused(account: Scheduled, more: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="not modelled"):
        account.create(**more)


def test_input_for_a_function_must_be_json(account: Scheduled) -> None:
    with pytest.raises(ClientError, match="must be JSON"):
        account.create(Target={"Input": "wake up"})
