"""How long a service slept today, and how many task-hours that saved."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from scale_to_zero.model.service_state import TimeAsleep
from scale_to_zero.rules.overview import overview
from scale_to_zero.rules.time_asleep import asleep_today, time_asleep
from tests.unit.timeline import READY, Timeline, a_service, at

HOUR = timedelta(hours=1)


def tomorrow(clock: str) -> datetime:
    return at(clock) + timedelta(days=1)


def test_the_sleep_under_way_counts_until_now() -> None:
    timeline = Timeline.asleep_since("08:00")
    assert asleep_today(timeline.saved_state, at("09:30")) == 1.5 * HOUR


def test_a_clock_that_is_behind_does_not_reduce_the_time_asleep() -> None:
    timeline = Timeline.asleep_since("08:00").save_state(time_asleep=TimeAsleep(at("08:00").date(), HOUR, HOUR))
    assert time_asleep(timeline.saved_state, at("07:59:58")) == timeline.saved_state.time_asleep


def test_sleeps_of_one_day_add_up() -> None:
    timeline = Timeline.asleep_since("08:00", readiness=READY)
    timeline.request_wake("10:00")
    timeline.tick("10:01")
    assert asleep_today(timeline.saved_state, at("10:30")) == 2 * HOUR
    timeline.set_in_ecs(0)
    timeline.tick("11:00")
    assert asleep_today(timeline.saved_state, at("12:00")) == 3 * HOUR


def test_a_day_begins_at_midnight_in_utc_with_no_time_of_the_day_before() -> None:
    timeline = Timeline.asleep_since("20:00")
    assert asleep_today(timeline.saved_state, tomorrow("02:00")) == 2 * HOUR
    timeline.request_wake("23:00")
    assert asleep_today(timeline.saved_state, at("23:30")) == 3 * HOUR
    assert asleep_today(timeline.saved_state, tomorrow("00:30")) == timedelta(0)


@pytest.mark.parametrize(("restore", "tasks"), [(1, 1), (3, 3), (None, 1)])
def test_the_task_time_counts_every_task_that_would_have_run(restore: int | None, tasks: int) -> None:
    timeline = Timeline.asleep_since("08:00").save_state(restore=restore)
    assert time_asleep(timeline.saved_state, at("10:00")).task_time == 2 * HOUR * tasks


def test_the_task_time_of_earlier_days_is_kept() -> None:
    slept = TimeAsleep(day=at("08:00").date() - timedelta(days=3), that_day=HOUR, task_time=100 * HOUR)
    timeline = Timeline.asleep_since("08:00").save_state(time_asleep=slept)
    assert time_asleep(timeline.saved_state, at("10:00")) == TimeAsleep(at("08:00").date(), 2 * HOUR, 102 * HOUR)


def test_the_saved_amount_is_the_task_time_at_the_price_of_a_task() -> None:
    timeline = Timeline.asleep_since("08:00", service=a_service(hourly_cost=0.05)).save_state(restore=2)
    assert overview(timeline.service, timeline.saved_state, at("18:00")).saved == pytest.approx(1.0)
    assert overview(a_service(), timeline.saved_state, at("18:00")).saved is None
