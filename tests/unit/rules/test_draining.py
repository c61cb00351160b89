"""A service with wake rules sleeps only after its rules were armed and the metrics have caught up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode, ModuleRule
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import TARGET_GROUP, TrafficSource, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.scaling import ScalableTarget
from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.rule_positions import DISARMED
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT, REQUEST_COUNT
from tests.unit.listener import HTTPS, LISTENER, OWN_RULE, WAKE_RULE, a_listener, a_rule, on_hosts, rule_arn
from tests.unit.timeline import GATEWAY, TARGET_GROUP_ARN, Timeline, a_service, a_service_woken_by_requests, at


def test_the_rules_of_an_idle_service_are_armed_while_it_still_runs() -> None:
    timeline = Timeline.awake_since("09:57", service=a_service_woken_by_requests()).request("10:00:30")
    timeline.ticks("10:01", "10:05")
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)
    decision = timeline.tick("10:06")
    assert (decision.action, decision.desired) == (Action.DRAIN, None)
    assert (timeline.phase, timeline.armed, timeline.saved_state.armed) == (Phase.DRAINING, True, at("10:06"))


@pytest.mark.parametrize(("minutes_late", "stopped_at"), [(1, "10:08"), (2, "10:09"), (3, "10:10")])
def test_a_draining_service_is_stopped_once_the_metrics_have_passed_the_arming(
    minutes_late: int, stopped_at: str
) -> None:
    timeline = Timeline.awake_since(
        "10:00", service=a_service_woken_by_requests(), metric_delay=timedelta(minutes=minutes_late)
    )
    assert timeline.request("10:00:30").stopped_at("10:01", "10:30") == stopped_at
    assert (timeline.phase, timeline.armed, timeline.saved_state.armed) == (Phase.ASLEEP, True, None)


def test_the_metrics_must_pass_the_arming_by_the_half_minute_in_which_the_old_rule_can_still_apply() -> None:
    timeline = Timeline.awake_since("09:57", service=a_service_woken_by_requests()).request("10:00:30")
    timeline.tick("10:06:40")
    assert timeline.tick("10:09:40").reason is Reason.DRAINING
    assert timeline.tick("10:10:40").action is Action.SLEEP


def test_a_visitor_that_returns_to_a_draining_service_finds_it_running() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    decision = timeline.visitor("10:07:20")
    assert decision is not None
    assert (decision.reason, decision.desired) == (Reason.NEEDED_WHILE_DRAINING, None)
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)
    assert timeline.stopped_at("10:08", "10:30") == "10:16"


def test_draining_does_not_rely_on_an_earlier_arming() -> None:
    timeline = Timeline.awake_since(
        "09:00", service=a_service_woken_by_requests(), refused_changes=frozenset({WAKE_RULE})
    )
    assert timeline.save_state(armed=at("08:00")).first(Action.DRAIN, "09:05", "09:30") == "09:05"
    assert timeline.saved_state.armed is None


def test_the_state_of_a_service_that_is_awake_again_has_no_arming() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    assert timeline.saved_state.armed == at("10:06")
    timeline.visitor("10:06:30")
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)
    assert timeline.saved_state.armed is None


def test_a_request_that_the_metrics_show_late_makes_a_draining_service_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.request("10:05:50")
    decision = timeline.tick("10:07")
    assert (decision.reason, decision.desired) == (Reason.NEEDED_WHILE_DRAINING, None)
    assert (timeline.phase, timeline.armed, timeline.saved_state.last_activity) == (Phase.AWAKE, False, at("10:06"))


def test_a_request_in_the_last_visible_minute_makes_a_draining_service_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.request("10:07:10")
    timeline.ticks("10:07", "10:08")
    assert timeline.tick("10:09").reason is Reason.NEEDED_WHILE_DRAINING


def test_activity_that_another_run_recorded_makes_a_draining_service_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten().save_state(last_activity=at("10:06"))
    assert timeline.tick("10:07").reason is Reason.NEEDED_WHILE_DRAINING
    assert timeline.phase is Phase.AWAKE


def test_a_longer_idle_window_makes_a_draining_service_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.service = a_service_woken_by_requests(idle=timedelta(minutes=60))
    assert timeline.tick("10:07").reason is Reason.NEEDED_WHILE_DRAINING


@pytest.mark.parametrize(
    "facts",
    [
        {"deployment_running": True},
        {
            "traffic_sources": frozenset(
                {TrafficSource(TARGET_GROUP, TARGET_GROUP_ARN), TrafficSource("Service Connect", "web")}
            )
        },
    ],
)
def test_a_deployment_or_an_unwatched_traffic_source_makes_a_draining_service_awake_again(
    facts: dict[str, object],
) -> None:
    timeline = Timeline.draining_since_six_past_ten().observed(**facts)
    assert timeline.tick("10:07").reason is Reason.NEEDED_WHILE_DRAINING
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)


def test_a_draining_service_whose_target_groups_are_no_longer_watched_is_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten().observed(traffic_sources=frozenset())
    timeline.service = a_service_woken_by_requests(target_group_arns=())
    assert timeline.tick("10:07").reason is Reason.NEEDED_WHILE_DRAINING


def test_a_service_that_gets_a_predictive_scaling_policy_while_it_drains_is_awake_again_and_reported() -> None:
    timeline = Timeline.draining_since_six_past_ten(scalable_target=ScalableTarget(1, 3))
    timeline.scales_by_forecast = True
    decisions = timeline.ticks("10:07", "10:10")
    assert timeline.phase is Phase.AWAKE
    assert [one.sentence for one in decisions if one.warning and "predictive scaling policy" in one.sentence]


def test_a_service_whose_minimum_becomes_zero_while_it_drains_is_left_to_auto_scaling() -> None:
    timeline = Timeline.draining_since_six_past_ten(scalable_target=ScalableTarget(1, 3))
    timeline.scalable_target = ScalableTarget(0, 3)
    timeline.tick("10:07")
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)


def test_a_new_gateway_connector_makes_a_draining_service_awake_again_and_is_reported() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.gateways = frozenset({GATEWAY})
    decision = timeline.tick("10:07")
    assert (timeline.phase, timeline.armed, decision.warning) == (Phase.AWAKE, False, True)
    assert "gateway connector http" in decision.sentence


def test_a_service_whose_gateway_connectors_cannot_be_observed_drains_until_draining_takes_too_long() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.gateways = Unknown("throttled")
    assert {decision.reason for decision in timeline.ticks("10:07", "10:15")} == {Reason.TRAFFIC_UNKNOWN}
    assert timeline.tick("10:16").reason is Reason.DRAINED_TOO_LONG


def test_a_draining_service_without_wake_on_request_is_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.service = a_service()
    assert timeline.tick("10:07").reason is Reason.NEEDED_WHILE_DRAINING


def test_rules_that_cannot_be_armed_make_a_draining_service_awake_again_after_ten_minutes_with_a_warning() -> None:
    timeline = Timeline.awake_since(
        "09:57", service=a_service_woken_by_requests(), refused_changes=frozenset({WAKE_RULE})
    )
    timeline.request("10:00:30").tick("10:06")
    assert {decision.reason for decision in timeline.ticks("10:07", "10:15")} == {Reason.DRAINING}
    decision = timeline.tick("10:16")
    assert (decision.reason, decision.warning) == (Reason.DRAINED_TOO_LONG, True)
    assert (timeline.phase, timeline.saved_state.since) == (Phase.AWAKE, at("10:16"))


def test_one_rule_of_two_that_is_not_armed_keeps_the_service_running() -> None:
    http = ModuleRule("http", rule_arn("wake-http"), LISTENER, own_rule_arn=OWN_RULE)
    timeline = Timeline.awake_since(
        "09:57",
        service=a_service_woken_by_requests(rules=(HTTPS, http)),
        rules=a_listener(a_rule(http.arn, 91)),
        refused_changes=frozenset({http.arn}),
    )
    assert timeline.request("10:00:30").stopped_at("10:01", "10:30") is None
    assert timeline.armed


def test_rules_that_cannot_be_read_at_this_tick_postpone_the_stop() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.ticks("10:07", "10:08")
    rules, timeline.rules = timeline.rules, Unknown("DescribeRules was throttled")
    decision = timeline.tick("10:09")
    assert (decision.action, decision.reason, decision.warning) == (Action.STAY, Reason.WAKE_RULES_UNKNOWN, True)
    assert "throttled" in decision.sentence
    timeline.rules = rules
    assert timeline.tick("10:10").action is Action.SLEEP


def test_rules_that_cannot_be_read_keep_an_idle_service_from_draining() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests(), rules=Unknown("AccessDenied"))
    decisions = timeline.ticks("09:05", "12:00")
    assert {(decision.reason, decision.warning) for decision in decisions} == {(Reason.WAKE_RULES_UNKNOWN, True)}


def test_a_rule_that_was_disarmed_by_hand_is_armed_again_and_the_metrics_must_pass_the_new_arming() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.change_rule(WAKE_RULE, conditions=DISARMED)
    decision = timeline.tick("10:08")
    assert (decision.action, decision.reason) == (Action.SAVE_STATE, Reason.DRAINING)
    assert (timeline.armed, timeline.saved_state.armed) == (True, at("10:08"))
    assert timeline.stopped_at("10:09", "10:30") == "10:11"


def test_a_new_host_on_the_services_own_rule_counts_as_a_new_arming() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.change_rule(OWN_RULE, conditions=on_hosts("new.example.com"))
    timeline.tick("10:08")
    assert (timeline.armed, timeline.saved_state.armed) == (True, at("10:08"))


def metrics_cannot_be_seen(timeline: Timeline) -> None:
    timeline.unseen = {REQUEST_COUNT: Unknown("throttled")}


def metrics_are_late(timeline: Timeline) -> None:
    timeline.metric_delay = timedelta(minutes=12)


def the_count_is_changed(timeline: Timeline) -> None:
    timeline.set_in_ecs(3)


def idle_window_is_not_over(timeline: Timeline) -> None:
    timeline.service = a_service_woken_by_requests(idle=timedelta(minutes=10), drain_lead=timedelta(minutes=5))


@pytest.mark.parametrize(
    "meanwhile", [metrics_cannot_be_seen, metrics_are_late, the_count_is_changed, idle_window_is_not_over]
)
def test_a_rule_found_disarmed_counts_as_newly_armed_whatever_else_the_tick_finds(
    meanwhile: Callable[[Timeline], None],
) -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.change_rule(WAKE_RULE, conditions=DISARMED)
    meanwhile(timeline)
    timeline.tick("10:08")
    assert (timeline.phase, timeline.armed, timeline.saved_state.armed) == (Phase.DRAINING, True, at("10:08"))


@pytest.mark.parametrize("metric_name", [REQUEST_COUNT, HEALTHY_HOST_COUNT])
def test_metrics_that_cannot_be_observed_make_a_draining_service_awake_again_after_ten_minutes(
    metric_name: str,
) -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.unseen = {metric_name: Unknown("CloudWatch answered PartialData")}
    assert {decision.reason for decision in timeline.ticks("10:07", "10:15")} == {Reason.TRAFFIC_UNKNOWN}
    decision = timeline.tick("10:16")
    assert (decision.reason, decision.warning, timeline.phase) == (Reason.DRAINED_TOO_LONG, True, Phase.AWAKE)
    assert "PartialData" in decision.sentence


def test_metrics_that_are_late_make_a_draining_service_awake_again_after_ten_minutes() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.metric_delay = timedelta(minutes=12)
    assert {decision.reason for decision in timeline.ticks("10:08", "10:15")} == {Reason.METRICS_BEHIND}
    assert timeline.tick("10:16").reason is Reason.DRAINED_TOO_LONG
    assert timeline.stopped_at("10:17", "11:00") is None


def test_metrics_that_were_late_during_draining_must_have_caught_up_for_three_minutes() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.outage_delay, timeline.outage_until = timedelta(minutes=8), at("10:11")
    assert timeline.stopped_at("10:07", "10:30") == "10:13"


def test_metrics_that_are_late_keep_an_idle_service_from_draining() -> None:
    timeline = Timeline.awake_since("09:57", service=a_service_woken_by_requests(), metric_delay=timedelta(minutes=12))
    decisions = timeline.request("10:00:30").ticks("10:06", "11:00")
    assert {(decision.reason, decision.warning) for decision in decisions} == {(Reason.METRICS_BEHIND, True)}
    assert timeline.phase is Phase.AWAKE


def test_a_count_that_is_changed_during_draining_is_restored_by_the_next_wake() -> None:
    timeline = Timeline.draining_since_six_past_ten().set_in_ecs(3)
    decision = timeline.tick("10:07")
    assert (decision.reason, timeline.phase, timeline.saved_state.restore) == (Reason.COUNT_CHANGED, Phase.DRAINING, 3)
    assert timeline.stopped_at("10:08", "10:30") == "10:09"
    assert timeline.request_wake("11:00").desired == 3


def test_a_service_that_is_stopped_in_ecs_while_it_drains_is_asleep_and_a_visitor_wakes_it() -> None:
    timeline = Timeline.draining_since_six_past_ten().set_in_ecs(0)
    decision = timeline.tick("10:07")
    assert (decision.reason, timeline.phase, timeline.armed) == (Reason.STOPPED_ELSEWHERE, Phase.ASLEEP, True)
    assert (timeline.saved_state.stopped, timeline.saved_state.armed) == (None, None)
    woken = timeline.visitor("11:00")
    assert woken is not None
    assert (woken.action, woken.desired) == (Action.WAKE, 1)


def test_a_service_in_dry_run_mode_is_never_armed_and_would_sleep_at_the_same_time_as_without_wake_rules() -> None:
    timeline = Timeline.awake_since("09:57", service=a_service_woken_by_requests(mode=Mode.DRY_RUN)).request("10:00:30")
    decisions = {f"10:{minute:02}": timeline.tick(f"10:{minute:02}") for minute in range(1, 20)}
    assert [clock for clock, decision in decisions.items() if decision.action is Action.SAVE_STATE] == ["10:08"]
    assert decisions["10:08"].reason is Reason.WOULD_SLEEP
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)


def test_a_service_whose_mode_becomes_dry_run_while_it_drains_is_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.service = a_service_woken_by_requests(mode=Mode.DRY_RUN)
    decision = timeline.tick("10:07")
    assert (decision.reason, timeline.phase, timeline.armed) == (Reason.DRY_RUN, Phase.AWAKE, False)
    assert (timeline.saved_state.armed, timeline.saved_state.since) == (None, at("10:07"))


@pytest.mark.parametrize(("lead", "drains_at", "stopped_at"), [(0, "10:06", "10:09"), (2, "10:04", "10:07")])
def test_the_rules_are_armed_earlier_by_the_drain_lead(lead: int, drains_at: str, stopped_at: str) -> None:
    service = a_service_woken_by_requests(drain_lead=timedelta(minutes=lead))
    timeline = Timeline.awake_since("10:00", service=service).request("10:00:30")
    assert timeline.first(Action.DRAIN, "10:01", "10:30") == drains_at
    assert timeline.stopped_at(drains_at, "10:30") == stopped_at


def armed_four_minutes_early(**parts: object) -> Timeline:
    service = a_service_woken_by_requests(drain_lead=timedelta(minutes=4))
    return Timeline.awake_since("10:00", service=service, metric_delay=timedelta(minutes=1), **parts)


def test_a_drain_lead_does_not_stop_a_service_before_its_idle_window_is_over() -> None:
    timeline = armed_four_minutes_early().save_state(last_activity=at("10:01"))
    assert timeline.first(Action.DRAIN, "10:01", "10:30") == "10:02"
    assert timeline.stopped_at("10:03", "10:30") == "10:06"


def test_a_service_that_has_just_become_awake_has_its_whole_idle_window_despite_a_drain_lead() -> None:
    timeline = armed_four_minutes_early().save_state(last_activity=at("09:00"))
    assert timeline.first(Action.DRAIN, "10:00", "10:30") == "10:01"
    assert timeline.stopped_at("10:02", "10:30") == "10:05"


def test_a_request_just_before_an_early_arming_makes_a_draining_service_awake_again() -> None:
    timeline = armed_four_minutes_early()
    assert timeline.first(Action.DRAIN, "10:00", "10:30") == "10:01"
    timeline.request("10:00:50")
    assert [decision.reason for decision in timeline.ticks("10:02", "10:05")][-1] is Reason.NEEDED_WHILE_DRAINING


def test_the_ten_minutes_of_draining_begin_when_the_idle_window_is_over() -> None:
    timeline = armed_four_minutes_early(refused_changes=frozenset({WAKE_RULE}))
    assert timeline.first(Action.DRAIN, "10:00", "10:30") == "10:01"
    assert {decision.action for decision in timeline.ticks("10:02", "10:14")} == {Action.STAY}
    assert timeline.tick("10:15").reason is Reason.DRAINED_TOO_LONG
