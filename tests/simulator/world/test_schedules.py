from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from simulator.world import RateSchedule, rate, schedule

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
def test_a_rate_that_eventbridge_would_refuse_is_refused_with_the_cure(expression: str) -> None:
    with pytest.raises(ValueError, match=r"Write a rate as rate\(1 minute\) or rate\(5 minutes\)"):
        rate(expression)


def test_a_rate_is_counted_from_the_creation_of_its_rule() -> None:
    schedule = RateSchedule(MINUTE, since=CREATED)
    assert list(schedule.due(CREATED, CREATED + 3 * MINUTE)) == [CREATED + minutes * MINUTE for minutes in (1, 2, 3)]


def test_an_instant_that_is_due_is_due_once() -> None:
    schedule = RateSchedule(MINUTE, since=CREATED)
    first = schedule.next_after(CREATED)
    assert list(schedule.due(first, first + MINUTE)) == [first + MINUTE]


def test_nothing_is_due_before_the_rule_exists() -> None:
    schedule = RateSchedule(MINUTE, since=CREATED)
    assert schedule.next_after(CREATED - timedelta(hours=1)) == CREATED + MINUTE


def due(expression: str, after: datetime, count: int = 3, zone: str = "UTC") -> list[str]:
    """Return the next ``count`` instants at which a schedule is due."""
    followed, instant, times = schedule(expression, zone, after), after, []
    for _ in range(count):
        found = followed.next_after(instant)
        if found is None:
            break
        times.append(f"{found:%Y-%m-%d %H:%M}")
        instant = found
    return times


MONDAY = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "instants"),
    [
        ("cron(0 8 ? * MON-FRI *)", ["2026-01-06 08:00", "2026-01-07 08:00", "2026-01-08 08:00"]),
        ("cron(0 8 ? * 2-6 *)", ["2026-01-06 08:00", "2026-01-07 08:00", "2026-01-08 08:00"]),
        ("cron(0 8 ? * 1 *)", ["2026-01-11 08:00", "2026-01-18 08:00", "2026-01-25 08:00"]),
        ("cron(0/20 9 * * ? *)", ["2026-01-05 09:00", "2026-01-05 09:20", "2026-01-05 09:40"]),
        ("cron(15 8,18 * * ? *)", ["2026-01-05 08:15", "2026-01-05 18:15", "2026-01-06 08:15"]),
        ("cron(0 0 L * ? *)", ["2026-01-31 00:00", "2026-02-28 00:00", "2026-03-31 00:00"]),
        ("cron(0 0 15W * ? *)", ["2026-01-15 00:00", "2026-02-16 00:00", "2026-03-16 00:00"]),
        ("cron(0 0 ? * 6L *)", ["2026-01-30 00:00", "2026-02-27 00:00", "2026-03-27 00:00"]),
        ("cron(0 0 ? * TUE#2 *)", ["2026-01-13 00:00", "2026-02-10 00:00", "2026-03-10 00:00"]),
        ("cron(0 0 1 JAN ? 2027-2028)", ["2027-01-01 00:00", "2028-01-01 00:00"]),
        ("cron(0 0 1 1 ? 2025)", []),
        ("cron(0  8  ?  *  MON  *)", ["2026-01-12 08:00", "2026-01-19 08:00", "2026-01-26 08:00"]),
    ],
)
def test_a_cron_is_read_as_aws_reads_it(expression: str, instants: list[str]) -> None:
    assert due(expression, MONDAY) == instants


def test_rare_days_are_found_even_years_later() -> None:
    assert due("cron(0 0 29 2 ? *)", MONDAY, 2) == ["2028-02-29 00:00", "2032-02-29 00:00"]
    assert due("cron(0 0 ? 2 SUN#5 *)", MONDAY, 1) == ["2032-02-29 00:00"]
    assert due("cron(0 0 30 2 ? *)", MONDAY) == []


def test_a_cron_is_read_in_its_zone_in_summer_and_in_winter() -> None:
    across = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
    assert due("cron(0 8 * * ? *)", across, 2, "Europe/Paris") == ["2026-03-28 07:00", "2026-03-29 06:00"]
    across = datetime(2026, 10, 23, 12, 0, tzinfo=UTC)
    assert due("cron(0 8 * * ? *)", across, 2, "Europe/Paris") == ["2026-10-24 06:00", "2026-10-25 07:00"]


def test_a_time_that_clocks_skip_when_they_go_forward_is_not_due() -> None:
    before = datetime(2026, 3, 28, 0, 0, tzinfo=UTC)
    assert due("cron(30 2 * * ? *)", before, 2, "Europe/Paris") == ["2026-03-28 01:30", "2026-03-30 00:30"]


def test_a_time_that_clocks_show_twice_is_due_once() -> None:
    before = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    assert due("cron(30 2 * * ? *)", before, 2, "Europe/Paris") == ["2026-10-25 00:30", "2026-10-26 01:30"]
    meanwhile = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert due("cron(0/30 * * * ? *)", meanwhile, 1, "Europe/Paris") == ["2026-10-25 02:00"]


def test_a_cron_that_is_due_is_due_once_and_not_again_within_its_minute() -> None:
    assert due("cron(* * * * ? *)", MONDAY + timedelta(seconds=59), 2) == ["2026-01-05 08:01", "2026-01-05 08:02"]


def test_a_time_is_read_in_its_zone_and_is_due_once() -> None:
    assert due("at(2026-07-05T08:00:00)", MONDAY, 3, "Europe/Paris") == ["2026-07-05 06:00"]
    assert due("at(2026-01-05T08:00:00)", MONDAY) == []


def test_a_rate_is_counted_from_the_creation_of_its_schedule() -> None:
    assert due("rate(90 minutes)", MONDAY, 2, "Europe/Paris") == ["2026-01-05 09:30", "2026-01-05 11:00"]


@pytest.mark.parametrize(
    ("expression", "cure"),
    [
        ("cron(0 8 * * * *)", r"Write a cron as cron\(minutes hours day-of-month month day-of-week year\)"),
        ("cron(0 8 * * MON *)", "Write a cron as"),
        ("cron(0 8 ? * MON-FRI)", "Write a cron as"),
        ("cron(0 8 * * ? *", "Write a cron as"),
        ("cron(0 24 * * ? *)", "Write a cron as"),
        ("cron(0 8 LW * ? *)", "Write a cron as"),
        ("at(2026-01-05 08:00:00)", r"Write a time as at\(2026-01-05T08:00:00\)"),
        ("at(2026-13-05T08:00:00)", "month"),
        ("0 8 * * *", "Write a rate as"),
    ],
)
def test_an_expression_that_scheduler_would_refuse_is_refused_with_the_cure(expression: str, cure: str) -> None:
    with pytest.raises(ValueError, match=cure):
        schedule(expression, "UTC", MONDAY)


@pytest.mark.parametrize("zone", ["Europe/Nowhere", "CEST+2", "../etc/passwd", ""])
def test_an_unknown_time_zone_is_refused_with_the_cure(zone: str) -> None:
    with pytest.raises(ValueError, match="name one as Europe/Paris or UTC"):
        schedule("cron(0 8 * * ? *)", zone, MONDAY)
