"""A service sleeps only after a whole idle window was observed, however long its state has been awake."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Action
from scale_to_zero.model.reasons import Reason
from tests.unit.timeline import TARGET_GROUP_ARN, Timeline, a_service, a_service_woken_by_requests, at

IDLE_30 = timedelta(minutes=30)


def minutes_of(first: str, last: str) -> frozenset[str]:
    count = int((at(last) - at(first)) / timedelta(minutes=1))
    return frozenset(f"{at(first) + timedelta(minutes=n):%H:%M}" for n in range(count + 1))


@pytest.mark.parametrize(("idle_minutes", "stopped_at"), [(5, "10:07"), (30, "10:32"), (60, "11:02")])
def test_a_service_started_while_it_was_not_observed_gets_its_whole_window(idle_minutes: int, stopped_at: str) -> None:
    """Its state is awake since 08:00: the ticks had stopped, its mode was off, or it was deleted and created again."""
    service = a_service(idle=timedelta(minutes=idle_minutes))
    timeline = Timeline.awake_since("08:00", service=service, registered_from=at("10:00"))
    assert timeline.stopped_at("10:01", "11:30") == stopped_at


@pytest.mark.parametrize(("idle_minutes", "drains_at"), [(5, "10:07"), (30, "10:32")])
def test_a_service_with_wake_rules_gets_its_whole_window_before_it_drains(idle_minutes: int, drains_at: str) -> None:
    """Two minutes are added: the minutes before the first observed minute may be late and still arrive."""
    service = a_service_woken_by_requests(idle=timedelta(minutes=idle_minutes))
    timeline = Timeline.awake_since("08:00", service=service, registered_from=at("10:00"))
    assert timeline.first(Action.DRAIN, "10:01", "11:30") == drains_at


def test_a_draining_service_started_while_it_was_not_observed_gets_its_whole_window() -> None:
    """It drained when the ticks stopped. It was stopped by hand, and started again two hours later."""
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests(idle=IDLE_30))
    assert timeline.first(Action.DRAIN, "09:25", "09:40") == "09:30"
    timeline.registered_from = at("12:00")
    assert timeline.tick("12:05").reason is Reason.DRAINED_TOO_LONG
    assert timeline.stopped_at("12:06", "12:37") is None


def test_minutes_that_arrive_after_later_minutes_keep_the_service_awake() -> None:
    """The service was not observed while it was held. The newest of the late minutes since 09:40 arrives first."""
    late = minutes_of("09:40", "09:57")
    timeline = Timeline.awake_since("08:00", missing_minutes=late)
    timeline.hold("08:30", "10:00:05")
    timeline.ticks("09:30", "10:00")
    assert timeline.tick("10:00:10").reason is Reason.METRICS_BEHIND
    timeline.missing_minutes = frozenset()
    timeline.request("09:57:30")
    assert timeline.tick("10:01").reason is Reason.IN_USE


def test_a_gap_in_a_long_window_hides_the_minutes_before_it() -> None:
    timeline = Timeline.awake_since("10:00", service=a_service(idle=timedelta(minutes=60)))
    timeline.missing_minutes = minutes_of("10:20", "10:44")
    assert timeline.stopped_at("11:00", "12:30") == "11:47"


def test_a_gap_older_than_the_window_does_not_matter() -> None:
    timeline = Timeline.awake_since("08:00", missing_minutes=minutes_of("09:00", "09:20")).request("09:58:30")
    assert timeline.stopped_at("10:00", "10:30") == "10:06"


@pytest.mark.parametrize(
    ("service", "action"), [(a_service(), Action.SLEEP), (a_service_woken_by_requests(), Action.DRAIN)]
)
def test_a_service_that_has_no_target_yet_gets_its_whole_window(service: Service, action: Action) -> None:
    """It was started while it was not observed. It has no target and no metric yet. Its state is awake since 08:00."""
    timeline = Timeline.awake_since("08:00", service=service, registered_from=at("23:00"), has_targets=False)
    said = timeline.tick("10:00").sentence
    assert said == f"web has no targets in {TARGET_GROUP_ARN}; it goes to zero if it still has none in 5 minutes"
    assert timeline.first(action, "10:01", "10:30") == "10:05"


def test_a_time_without_targets_before_the_service_was_last_needed_does_not_count() -> None:
    timeline = Timeline.awake_since("09:30", registered_from=at("23:00"), has_targets=False)
    timeline.save_state(targetless_since=at("09:00"))
    assert timeline.stopped_at("12:00", "12:30") == "12:05"
