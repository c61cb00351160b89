"""A target group without fresh ``HealthyHostCount`` has no targets, or its metrics are late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Action
from scale_to_zero.model.metrics import Series, SeriesKey
from scale_to_zero.model.observed import Snapshot, Traffic, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.idleness import lately_with_targets
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT, REQUEST_COUNT, requests_and_watermark
from scale_to_zero.rules.vetoes import Running
from tests.unit.timeline import (
    GREEN_ARN,
    GREEN_PAIR,
    PAIR,
    TARGET_GROUP_ARN,
    Group,
    Timeline,
    a_service,
    a_service_woken_by_requests,
    at,
    in_phase,
    running_facts,
)

LATE = (
    "web stays awake: target group {} has targets, but its HealthyHostCount is missing or more than 4 minutes late. "
    "The next tick checks again. If this lasts, check HealthyHostCount in CloudWatch and the AWS Health Dashboard"
)
IDLE_30 = timedelta(minutes=30)


def of_a_pair(green: Group | None = None, service: Service | None = None) -> Timeline:
    """Return a service with two target groups; its last request arrives at 10:00:30, at the group that is not green."""
    return Timeline.of_a_pair("09:57", green or Group(), service).request("10:00:30")


def test_the_empty_color_of_a_pair_is_observed_for_the_idle_window_once_the_service_seems_idle() -> None:
    timeline = of_a_pair()
    timeline.ticks("10:01", "10:05")
    said = timeline.tick("10:06").sentence
    assert said == f"web has no targets in {GREEN_ARN}; it goes to zero if it still has none in 5 minutes"
    decision = timeline.tick("10:07")
    assert (decision.action, decision.reason) == (Action.STAY, Reason.RECENTLY_ACTIVE)
    assert decision.sentence == f"web is known to have had no targets in {GREEN_ARN} only since 10:06:00"
    assert timeline.stopped_at("10:08", "10:30") == "10:11"


@pytest.mark.parametrize(
    ("silent_since", "action"),
    [("10:05:59", Action.STAY), ("10:06", Action.SAVE_STATE), ("10:06:01", Action.SAVE_STATE)],
)
def test_a_record_of_no_targets_counts_only_if_it_was_made_after_the_target_group_fell_silent(
    silent_since: str, action: Action
) -> None:
    traffic = Traffic(at("09:50"), None, at("10:06"), frozenset({GREEN_ARN}), at(silent_since))
    state = replace(in_phase(Phase.AWAKE), targetless_since=at("10:06"))
    one = Running(Snapshot(a_service(), running_facts(), state, traffic), running_facts(), state, at("10:08"))
    kept = lately_with_targets(one)
    assert kept is not None
    assert kept.action is action


@pytest.mark.parametrize(("idle_minutes", "stopped_at"), [(1, "10:04"), (5, "10:11"), (30, "11:01")])
def test_the_time_to_zero_with_an_empty_color_is_at_most_two_idle_windows_and_the_delay_of_the_metrics(
    idle_minutes: int, stopped_at: str
) -> None:
    idle = timedelta(minutes=idle_minutes)
    timeline = of_a_pair(service=a_service(idle=idle))
    assert timeline.stopped_at("10:01", "11:30") == stopped_at
    assert at(stopped_at) - at("10:01") <= 2 * idle + timeline.metric_delay


def test_a_service_with_wake_rules_drains_after_the_same_time() -> None:
    timeline = of_a_pair(service=a_service_woken_by_requests())
    assert timeline.first(Action.DRAIN, "10:01", "10:30") == "10:11"
    assert timeline.stopped_at("10:12", "10:30") == "10:14"


def test_a_stop_with_an_empty_color_does_not_warn() -> None:
    timeline = of_a_pair()
    decisions = timeline.ticks("10:01", "10:11")
    assert (decisions[-1].action, {decision.warning for decision in decisions}) == (Action.SLEEP, {False})
    assert decisions[-1].sentence == "web goes to zero: no request for 8 minutes"


def test_a_target_that_appears_within_the_idle_window_restarts_the_window() -> None:
    green = Group()
    timeline = of_a_pair(green)
    timeline.ticks("10:01", "10:08")
    green.has_targets = True
    decision = timeline.tick("10:09")
    assert (decision.action, decision.reason, decision.warning) == (Action.SAVE_STATE, Reason.METRICS_BEHIND, True)
    assert decision.sentence == LATE.format(GREEN_ARN)
    assert timeline.saved_state.targetless_since is None
    green.has_targets = False
    assert timeline.tick("10:10").reason is Reason.RECENTLY_ACTIVE
    assert timeline.stopped_at("10:11", "10:30") == "10:15"


def test_a_target_that_only_the_metrics_show_restarts_the_window() -> None:
    """Green has targets only from 10:20 to 10:22, while the ticks read only how far the metrics have come."""
    green = Group(registered_from=at("10:20"), registered_until=at("10:22"))
    timeline = of_a_pair(green, a_service(idle=IDLE_30))
    assert timeline.stopped_at("10:01", "10:30") is None
    assert timeline.stopped_at("10:31", "11:30") == "11:01"
    late = of_a_pair(Group(registered_from=at("10:40"), registered_until=at("10:42")), a_service(idle=IDLE_30))
    assert late.stopped_at("10:01", "12:00") == "11:16"


def test_a_service_is_not_stopped_too_soon_when_the_tasks_of_one_target_group_crash() -> None:
    """Green has no targets from 10:03 on. This is known when its metrics have been missing for four minutes."""
    timeline = of_a_pair(Group(registered_until=at("10:03")))
    assert {decision.reason for decision in timeline.ticks("10:06", "10:06")} == {Reason.METRICS_BEHIND}
    assert timeline.tick("10:07").reason is Reason.RECENTLY_ACTIVE
    assert timeline.stopped_at("10:08", "10:30") == "10:12"


def test_each_target_group_must_have_been_without_targets_for_the_whole_window() -> None:
    """Green is empty, which is recorded at 10:06. Nothing is known of blue from 10:08 on, until it is observed."""
    timeline = of_a_pair()
    timeline.registered_until = at("10:05")
    timeline.has_targets = False
    assert timeline.tick("10:06").state is not None
    assert timeline.saved_state.targetless_since == at("10:06")
    assert timeline.stopped_at("10:07", "10:13") is None
    assert timeline.stopped_at("10:14", "10:30") == "10:14"


def test_late_metrics_of_a_target_group_with_targets_never_stop_a_service() -> None:
    timeline = of_a_pair(Group(has_targets=True))
    decisions = timeline.ticks("10:07", "12:00")
    assert {(one.reason, one.warning) for one in decisions} == {(Reason.METRICS_BEHIND, True)}


def test_targets_that_cannot_be_observed_never_stop_a_service() -> None:
    timeline = of_a_pair(Group(has_targets=Unknown("throttled")))
    decisions = timeline.ticks("10:07", "12:00")
    assert {(one.reason, one.warning) for one in decisions} == {(Reason.TRAFFIC_UNKNOWN, True)}


def test_metrics_that_were_late_must_have_caught_up_for_three_minutes_though_the_other_color_is_empty() -> None:
    timeline = of_a_pair()
    timeline.outage_delay, timeline.outage_until = timedelta(minutes=10), at("10:15")
    assert {one.reason for one in timeline.ticks("10:06", "10:14")} == {Reason.METRICS_BEHIND}
    assert timeline.stopped_at("10:15", "10:40") == "10:20"


@pytest.mark.parametrize("delay", [4, 5])
def test_a_newest_minute_more_than_four_minutes_old_is_late(delay: int) -> None:
    timeline = Timeline.awake_since("09:00", metric_delay=timedelta(minutes=delay)).request("10:00:30")
    decision = timeline.tick("10:08")
    assert decision.warning is (delay > 4)
    if decision.warning:
        assert decision.sentence == LATE.format(TARGET_GROUP_ARN)


def test_a_service_without_any_target_stops_when_requests_from_before_the_arming_would_show() -> None:
    """A target may have existed only between two ticks, with a request that the metrics show four minutes later."""
    timeline = Timeline.awake_since(
        "09:00", service=a_service_woken_by_requests(), registered_until=at("09:10"), has_targets=False
    )
    timeline.request("09:08:30")
    assert timeline.first(Action.DRAIN, "09:10", "09:40") == "09:19"
    assert {one.reason for one in timeline.ticks("09:20", "09:23")} == {Reason.DRAINING}
    assert timeline.stopped_at("09:24", "09:30") == "09:24"


def test_a_minute_that_fills_a_gap_late_counts_only_when_its_requests_are_known() -> None:
    """``HealthyHostCount`` of 10:05 arrives at 10:10, and its ``RequestCount`` a minute later."""
    timeline = Timeline.awake_since("09:57", missing_minutes=frozenset({"10:05"})).request("10:00:30")
    assert {one.reason for one in timeline.ticks("10:06", "10:09")} == {Reason.METRICS_BEHIND}
    timeline.missing_minutes = frozenset()
    assert timeline.tick("10:10").reason is Reason.METRICS_BEHIND
    timeline.request("10:05:40")
    assert timeline.tick("10:11:00").action is not Action.SLEEP


def traffic_of(blue: list[str], green: list[str]) -> Traffic | Unknown:
    """Return the traffic at 10:00, if these minutes have a ``HealthyHostCount`` of the two target groups."""
    series: dict[SeriesKey, Series | Unknown] = {}
    for pair, minutes in ((PAIR, blue), (GREEN_PAIR, green)):
        series[SeriesKey(REQUEST_COUNT, pair)] = Series({})
        series[SeriesKey(HEALTHY_HOST_COUNT, pair)] = Series({at(minute): 1.0 for minute in minutes})
    return requests_and_watermark([PAIR, GREEN_PAIR], series, at("09:45"), at("10:00:00"))


def test_the_watermark_is_the_oldest_of_the_newest_minutes_of_target_groups_that_are_not_silent() -> None:
    both = traffic_of(["09:57", "09:58"], ["09:56", "09:57"])
    assert both == Traffic(at("09:57"), None, at("09:57"))
    one = traffic_of(["09:57", "09:58"], ["09:54", "09:55"])
    assert one == Traffic(at("09:57"), None, at("09:58"), frozenset({GREEN_ARN}), at("09:59"))
    assert traffic_of(["09:58"], []) == Traffic(at("09:58"), None, at("09:58"), frozenset({GREEN_ARN}))
    neither = traffic_of([], ["09:50"])
    assert neither == Traffic(at("09:45"), None, None, frozenset({TARGET_GROUP_ARN, GREEN_ARN}), at("09:54"))


def test_minutes_before_a_gap_count_as_not_observed() -> None:
    assert traffic_of(["09:50", "09:56", "09:57", "09:58"], ["09:55", "09:57", "09:58"]) == Traffic(
        at("09:57"), None, at("09:58")
    )
