from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local_aws.world import RateSchedule, rate

CREATED = datetime(2026, 1, 5, 8, 0, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("expression", "every"),
    [
        ("rate(1 minute)", MINUTE),
        ("rate(5 minutes)", 5 * MINUTE),
        ("rate(1 hour)", timedelta(hours=1)),
        ("rate(2 days)", timedelta(days=2)),
    ],
)
def test_a_rate_is_read_as_eventbridge_reads_it(expression: str, every: timedelta) -> None:
    assert rate(expression) == every


@pytest.mark.parametrize(
    "expression", ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "cron(0 8 * * ? *)", "rate(1 second)"]
)
def test_what_eventbridge_would_not_take_as_a_rate_is_refused_with_the_cure(expression: str) -> None:
    with pytest.raises(ValueError, match=r"Write a rate as rate\(1 minute\) or rate\(5 minutes\)"):
        rate(expression)


def test_a_rate_counts_from_the_creation_of_its_rule() -> None:
    schedule = RateSchedule(MINUTE, since=CREATED)
    assert list(schedule.due(CREATED, CREATED + 3 * MINUTE)) == [CREATED + minutes * MINUTE for minutes in (1, 2, 3)]


def test_an_instant_that_is_due_is_due_once() -> None:
    schedule = RateSchedule(MINUTE, since=CREATED)
    first = schedule.next_after(CREATED)
    assert list(schedule.due(first, first + MINUTE)) == [first + MINUTE]


def test_nothing_is_due_before_the_rule_exists() -> None:
    schedule = RateSchedule(MINUTE, since=CREATED)
    assert schedule.next_after(CREATED - timedelta(hours=1)) == CREATED + MINUTE
