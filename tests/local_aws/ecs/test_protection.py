"""Scale-in protection of tasks: the API calls that set and report it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.account import CLUSTER, START, Account, account
from tests.simulator.worlds import MINUTE


@pytest.fixture
def aws() -> Iterator[Account]:
    with account() as created:
        created.service("web", desired=2)
        created.pass_time(5 * MINUTE)
        yield created


NOW = START + 5 * MINUTE


def tasks(aws: Account) -> list[str]:
    return aws.ecs.list_tasks(cluster=CLUSTER, serviceName="web")["taskArns"]


def protect(aws: Account, *tasks: str, enabled: bool = True, minutes: int | None = None) -> Any:
    lasting: Any = {} if minutes is None else {"expiresInMinutes": minutes}
    return aws.ecs.update_task_protection(cluster=CLUSTER, tasks=list(tasks), protectionEnabled=enabled, **lasting)


def protection(aws: Account, *tasks: str) -> list[Mapping[str, Any]]:
    answer: Any = aws.ecs.get_task_protection(cluster=CLUSTER, tasks=list(tasks))
    assert answer["failures"] == []
    return answer["protectedTasks"]  # type: ignore[no-any-return]


def test_a_task_is_not_protected_until_a_call_protects_it(aws: Account) -> None:
    one, another = tasks(aws)
    unprotected = {"protectionEnabled": False}
    assert protection(aws, one, another) == [{"taskArn": one, **unprotected}, {"taskArn": another, **unprotected}]
    protect(aws, another)
    assert [task["protectionEnabled"] for task in protection(aws, one, another)] == [False, True]


@pytest.mark.parametrize(("minutes", "lasts"), [(None, 120 * MINUTE), (1, MINUTE), (2880, 2880 * MINUTE)])
def test_protection_ends_by_itself_after_two_hours_or_after_the_minutes_in_the_call(
    aws: Account, minutes: int | None, lasts: timedelta
) -> None:
    task = tasks(aws)[0]
    [changed] = protect(aws, task, minutes=minutes)["protectedTasks"]
    assert (changed["protectionEnabled"], changed["expirationDate"]) == (True, NOW + lasts)
    aws.pass_time(lasts - timedelta(seconds=1))
    assert protection(aws, task) == [{"taskArn": task, "protectionEnabled": True, "expirationDate": NOW + lasts}]
    aws.pass_time(timedelta(seconds=1))
    assert protection(aws, task) == [{"taskArn": task, "protectionEnabled": False}]


def test_protection_can_be_turned_off(aws: Account) -> None:
    task = tasks(aws)[0]
    protect(aws, task)
    protect(aws, task, enabled=False)
    assert protection(aws, task) == [{"taskArn": task, "protectionEnabled": False}]


def test_a_task_can_be_named_by_its_id(aws: Account) -> None:
    task = tasks(aws)[0]
    protect(aws, task.rpartition("/")[2])
    assert protection(aws, task.rpartition("/")[2])[0]["protectionEnabled"]


def test_an_unknown_task_is_missing_in_an_answer_with_a_known_one(aws: Account) -> None:
    task, absent = tasks(aws)[0], "0" * 32
    for answer in (
        protect(aws, task, absent),
        aws.ecs.get_task_protection(cluster=CLUSTER, tasks=[task, absent]),
    ):
        assert [one["taskArn"] for one in answer["protectedTasks"]] == [task]
        assert answer["failures"] == [{"arn": absent, "reason": "MISSING"}]


def test_a_stopping_task_can_no_longer_be_protected(aws: Account) -> None:
    task = tasks(aws)[0]
    aws.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=0)
    aws.pass_time(timedelta(seconds=5))
    answer = protect(aws, task)
    assert answer["protectedTasks"] == []
    assert answer["failures"] == [{"arn": task, "reason": "TASK_NOT_VALID"}]


@pytest.mark.parametrize("minutes", [0, 2881])
def test_protection_can_last_from_one_minute_to_two_days(aws: Account, minutes: int) -> None:
    with pytest.raises(ClientError, match="expiresInMinutes must be between 1 and 2880"):
        protect(aws, tasks(aws)[0], minutes=minutes)


def test_ten_tasks_are_protected_and_a_hundred_are_read_in_one_call(aws: Account) -> None:
    absent = [f"{number:032}" for number in range(101)]
    assert len(protect(aws, *absent[:10])["failures"]) == 10
    assert len(aws.ecs.get_task_protection(cluster=CLUSTER, tasks=absent[:100])["failures"]) == 100
    for call in (
        lambda: protect(aws, *absent[:11]),
        lambda: aws.ecs.get_task_protection(cluster=CLUSTER, tasks=absent),
        lambda: protect(aws),
    ):
        with pytest.raises(ClientError, match=r"\(InvalidParameterException\)"):
            call()
