"""A service goes to zero if, and only if, it is idle."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import TARGET_GROUP, TrafficSource, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT, REQUEST_COUNT
from tests.unit.timeline import TARGET_GROUP_ARN, Timeline, a_service, at


def test_an_unused_service_goes_to_zero_six_to_eight_minutes_after_its_last_request() -> None:
    timeline = Timeline.awake_since("09:57").request("10:00:30")
    assert timeline.stopped_at("10:01", "10:30") == "10:08"


def test_metrics_that_are_one_minute_later_delay_the_stop_by_one_minute() -> None:
    timeline = Timeline.awake_since("09:57", metric_delay=timedelta(minutes=3)).request("10:00:30")
    assert timeline.stopped_at("10:01", "10:30") == "10:09"


@pytest.mark.parametrize("idle_minutes", [1, 5, 30, 600])
def test_the_idle_window_is_as_long_as_configured(idle_minutes: int) -> None:
    timeline = Timeline.awake_since("09:29", service=a_service(idle=timedelta(minutes=idle_minutes))).request(
        "09:30:10"
    )
    stopped = timeline.stopped_at("09:31", "23:00")
    assert stopped is not None
    assert at(stopped) == at("09:33") + timedelta(minutes=idle_minutes)


def test_a_request_in_the_last_visible_minute_keeps_the_service_awake() -> None:
    timeline = Timeline.awake_since("09:00").request("10:00:30").request("10:05:59")
    assert timeline.tick("10:06").reason is Reason.METRICS_BEHIND
    assert timeline.tick("10:08").reason is Reason.IN_USE
    assert timeline.stopped_at("10:09", "10:40") == "10:13"


def test_a_request_every_five_minutes_keeps_the_service_awake_all_day() -> None:
    timeline = Timeline.awake_since("08:00")
    for minute in range(8 * 60, 18 * 60, 5):
        timeline.request(f"{minute // 60:02}:{minute % 60:02}:20")
    assert timeline.stopped_at("08:01", "18:00") is None
    assert timeline.stopped_at("18:01", "19:00") == "18:03"


def test_late_metrics_keep_the_service_awake_and_are_reported() -> None:
    timeline = Timeline.awake_since("09:57", metric_delay=timedelta(minutes=12)).request("10:00:30")
    decisions = timeline.ticks("10:06", "11:00")
    assert {(decision.reason, decision.warning) for decision in decisions} == {(Reason.METRICS_BEHIND, True)}


def test_metrics_that_were_late_must_have_caught_up_for_three_minutes() -> None:
    timeline = Timeline.awake_since("09:57", outage_delay=timedelta(minutes=10), outage_until=at("10:15")).request(
        "10:00:30"
    )
    assert {decision.reason for decision in timeline.ticks("10:06", "10:16")} == {Reason.METRICS_BEHIND}
    assert timeline.stopped_at("10:17", "10:30") == "10:17"


def test_metrics_that_were_late_long_ago_do_not_delay_the_stop() -> None:
    timeline = Timeline.awake_since("09:57", outage_delay=timedelta(minutes=10), outage_until=at("10:05")).request(
        "10:00:30"
    )
    assert timeline.stopped_at("10:01", "10:30") == "10:08"


def test_a_missing_minute_of_health_hides_the_minutes_before_it() -> None:
    timeline = Timeline.awake_since("09:57", missing_minutes=frozenset({"10:04"})).request("10:00:30")
    assert {decision.reason for decision in timeline.ticks("10:06", "10:11")} == {Reason.METRICS_BEHIND}
    assert timeline.stopped_at("10:12", "10:30") == "10:12"


def test_targets_without_health_metrics_are_unknown_and_keep_the_service_awake() -> None:
    timeline = Timeline.awake_since("09:00", registered_until=at("00:00"))
    decisions = timeline.ticks("09:05", "12:00")
    assert {(decision.reason, decision.warning) for decision in decisions} == {(Reason.METRICS_BEHIND, True)}


def test_an_outage_of_all_metrics_never_stops_a_service() -> None:
    timeline = Timeline.awake_since("09:00", outage_delay=timedelta(hours=8), outage_until=at("14:00"))
    for minute in range(60):
        timeline.request(f"10:{minute:02}:20")
    assert timeline.stopped_at("10:00", "13:59") is None


def test_a_service_without_health_metrics_is_idle_after_a_window_without_targets() -> None:
    """``HealthyHostCount`` of 09:09 is too old at 09:14. From then on, no target is observed."""
    timeline = Timeline.awake_since("09:00", registered_until=at("09:10"), has_targets=False)
    timeline.request("09:04:30").request("09:08:30")
    assert timeline.stopped_at("09:05", "10:00") == "09:19"


def test_targets_that_cannot_be_observed_keep_the_service_awake() -> None:
    timeline = Timeline.awake_since("09:00", registered_until=at("00:00"), has_targets=Unknown("throttled"))
    decisions = timeline.ticks("09:05", "12:00")
    assert {decision.reason for decision in decisions} == {Reason.TRAFFIC_UNKNOWN}
    assert "throttled" in decisions[0].sentence


@pytest.mark.parametrize("metric_name", [REQUEST_COUNT, HEALTHY_HOST_COUNT])
@pytest.mark.parametrize("why", ["CloudWatch answered PartialData", "AccessDenied", "the call timed out"])
def test_a_partial_or_failed_answer_is_unknown_and_keeps_the_service_awake(metric_name: str, why: str) -> None:
    timeline = Timeline.awake_since("09:00", unseen={metric_name: Unknown(why)})
    decisions = timeline.ticks("09:05", "10:00")
    assert {decision.reason for decision in decisions} == {Reason.TRAFFIC_UNKNOWN}
    assert why in decisions[0].sentence


def test_a_running_deployment_keeps_the_service_awake() -> None:
    timeline = Timeline.awake_since("09:00").observed(deployment_running=True)
    assert {decision.reason for decision in timeline.ticks("09:05", "10:00")} == {Reason.DEPLOYMENT_RUNNING}
    timeline.observed(deployment_running=False)
    assert timeline.stopped_at("10:01", "10:30") == "10:08"


@pytest.mark.parametrize(
    "source",
    [
        TrafficSource(TARGET_GROUP, "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/other/1"),
        TrafficSource("Service Connect", "web"),
        TrafficSource("Cloud Map", "arn:aws:servicediscovery:eu-west-3:123456789012:service/srv-1"),
        TrafficSource("VPC Lattice", "arn:aws:vpc-lattice:eu-west-3:123456789012:targetgroup/tg-1"),
    ],
)
def test_an_unwatched_traffic_source_keeps_the_service_awake_and_is_named(source: TrafficSource) -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.observed(traffic_sources=frozenset({TrafficSource(TARGET_GROUP, TARGET_GROUP_ARN), source}))
    decision = timeline.tick("10:00")
    assert decision.reason is Reason.UNWATCHED_TRAFFIC_SOURCE
    assert decision.warning
    assert source.name in decision.sentence


def test_an_unwatched_traffic_source_does_not_count_if_other_traffic_is_ignored() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service(ignore_other_traffic=True))
    timeline.observed(traffic_sources=frozenset({TrafficSource("Service Connect", "web")}))
    assert timeline.tick("10:00").action is Action.SLEEP


def test_a_service_without_target_groups_is_never_idle() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service(load_balancer_arn=None, target_group_arns=()))
    timeline.observed(traffic_sources=frozenset())
    assert {decision.reason for decision in timeline.ticks("09:05", "12:00")} == {Reason.NO_TARGET_GROUPS}


def test_a_service_whose_scalable_target_cannot_be_observed_stays_awake() -> None:
    timeline = Timeline.awake_since("09:00", scalable_target=Unknown("throttled"))
    assert timeline.tick("10:00").reason is Reason.SCALABLE_TARGET_UNKNOWN


def test_metrics_are_not_read_before_the_idle_window_can_be_over() -> None:
    timeline = Timeline.awake_since("09:00", unseen={REQUEST_COUNT: Unknown("access denied")})
    timeline.save_state(last_activity=at("10:00"))
    assert {decision.reason for decision in timeline.ticks("10:00", "10:04")} == {Reason.RECENTLY_ACTIVE}
    assert timeline.tick("10:05").reason is Reason.TRAFFIC_UNKNOWN


def test_activity_is_recorded_so_that_metrics_are_not_read_again_before_they_can_matter() -> None:
    timeline = Timeline.awake_since("09:00").request("10:03:10")
    decision = timeline.tick("10:05")
    assert decision.action is Action.RECORD_ACTIVITY
    assert decision.state is not None
    assert decision.state.last_activity == at("10:04")
    assert timeline.tick("10:06").reason is Reason.RECENTLY_ACTIVE


def test_old_requests_found_after_a_long_hold_do_not_restart_the_window() -> None:
    timeline = Timeline.awake_since("08:00").request("09:40:00")
    timeline.hold("08:30", "10:00:30")
    assert timeline.tick("10:00").reason is Reason.HELD
    assert timeline.tick("10:01").action is Action.SLEEP


def test_two_decisions_at_the_same_instant_are_the_same() -> None:
    first = Timeline.awake_since("09:00").request("10:00:30")
    second = Timeline.awake_since("09:00").request("10:00:30")
    assert first.tick("10:08") == second.tick("10:08")


def test_going_to_zero_records_the_count_the_phase_and_the_instant() -> None:
    timeline = Timeline.awake_since("09:00").set_in_ecs(3)
    timeline.tick("09:59")
    decision = timeline.tick("10:00")
    assert (decision.action, decision.desired) == (Action.SLEEP, 0)
    assert isinstance(timeline.state, ServiceState)
    assert (timeline.state.phase, timeline.state.since, timeline.state.stopped) == (
        Phase.ASLEEP,
        at("10:00"),
        at("10:00"),
    )
    assert timeline.state.restore == 3
