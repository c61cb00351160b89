"""On request, a service sleeps without waiting until it is idle, and no request of a visitor is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import TrafficSource, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.scaling import ScalableTarget
from scale_to_zero.model.service_state import Phase, Stop
from scale_to_zero.rules.rule_positions import DISARMED
from tests.unit.listener import WAKE_RULE
from tests.unit.timeline import (
    GATEWAY,
    NOT_READY,
    READY,
    Timeline,
    a_service,
    a_service_woken_by_requests,
    at,
    running_facts,
)


def test_a_service_in_use_without_wake_rules_goes_to_zero_at_once() -> None:
    timeline = Timeline.awake_since("09:00").request("09:59:50")
    assert timeline.request_sleep("10:00").action is Action.SAVE_STATE
    decision = timeline.tick("10:00")
    assert (decision.action, decision.reason, decision.desired) == (Action.SLEEP, Reason.SLEEP_REQUESTED, 0)
    assert (timeline.phase, timeline.saved_state.sleep_requested) == (Phase.ASLEEP, None)


def test_a_service_with_wake_rules_drains_first_and_sleeps_when_visitors_surely_reach_the_wake_function() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests()).request("09:59:50")
    timeline.request_sleep("10:00")
    assert timeline.tick("10:00").action is Action.DRAIN
    assert (timeline.phase, timeline.armed) == (Phase.DRAINING, True)
    assert timeline.tick("10:00:29").action is Action.STAY
    assert timeline.tick("10:00:30").action is Action.SLEEP


def test_a_visitor_of_a_draining_service_is_routed_to_it_and_cancels_the_request_to_sleep() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests())
    timeline.request_sleep("10:00")
    timeline.tick("10:00")
    timeline.visitor("10:00:20")
    assert (timeline.phase, timeline.armed, timeline.saved_state.sleep_requested) == (Phase.AWAKE, False, None)
    assert timeline.stopped_at("10:01", "10:30") == "10:09"


def test_a_request_to_sleep_for_a_held_service_is_refused_with_the_reason_unless_it_is_forced() -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.hold("09:01", "18:00", "demo")
    decision = timeline.request_sleep("10:00")
    assert (decision.action, decision.reason, decision.state) == (Action.SKIP, Reason.HELD, None)
    assert "(demo)" in decision.sentence
    assert '"force": true' in decision.sentence
    assert timeline.tick("10:00").reason is Reason.HELD
    assert timeline.request_sleep("10:01", force=True).action is Action.SAVE_STATE
    assert timeline.saved_state.hold is None
    assert timeline.tick("10:01").action is Action.SLEEP
    assert timeline.saved_state.hold is None


def test_a_later_request_to_wake_cancels_the_request_to_sleep() -> None:
    timeline = Timeline.awake_since("09:00").observed(deployment_running=True)
    timeline.request_sleep("10:00")
    timeline.tick("10:00")
    timeline.request_wake("10:00:30")
    timeline.observed(deployment_running=False)
    assert timeline.tick("10:01").reason is Reason.DEPLOYMENT_ENDED
    assert timeline.tick("10:02").reason is Reason.RECENTLY_ACTIVE


@pytest.mark.parametrize("desired", [1, 0])
def test_a_later_request_for_a_waking_service_cancels_the_request_to_sleep(desired: int) -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY, protected=True)
    timeline.request_sleep("10:01")
    assert timeline.tick("10:01").reason is Reason.WAKING
    timeline.set_in_ecs(desired)
    timeline.request_wake("10:01:30")
    timeline.protected = False
    assert timeline.saved_state.sleep_requested is None
    assert timeline.tick("10:02").action is not Action.SLEEP


def test_a_hold_placed_after_a_request_to_sleep_keeps_the_service_awake() -> None:
    timeline = Timeline.awake_since("09:00").observed(deployment_running=True)
    timeline.request_sleep("10:00")
    timeline.hold("10:00:30", "12:00")
    timeline.observed(deployment_running=False)
    assert timeline.tick("10:01").reason is Reason.HELD


@pytest.mark.parametrize(
    ("hindrance", "reason"),
    [
        ({"protected": True}, Reason.TASK_PROTECTED),
        ({"protected": Unknown("throttled")}, Reason.PROTECTION_UNKNOWN),
        ({"scalable_target": Unknown("throttled")}, Reason.SCALABLE_TARGET_UNKNOWN),
    ],
)
def test_a_request_to_sleep_waits_for_a_busy_task_or_an_unknown_fact_but_not_forever(
    hindrance: dict[str, object], reason: Reason
) -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.request_sleep("10:00")
    for name, value in hindrance.items():
        setattr(timeline, name, value)
    assert {decision.reason for decision in timeline.ticks("10:00", "10:09")} == {reason}
    decision = timeline.tick("10:10")
    assert (decision.reason, decision.warning) == (Reason.SLEEP_ABANDONED, True)
    assert timeline.saved_state.sleep_requested is None


def test_a_request_to_sleep_waits_for_a_deployment() -> None:
    timeline = Timeline.awake_since("09:00").observed(deployment_running=True)
    timeline.request_sleep("10:00")
    assert timeline.tick("10:01").reason is Reason.DEPLOYMENT_RUNNING
    timeline.observed(deployment_running=False)
    assert timeline.tick("10:02").action is Action.SLEEP


def test_a_deployment_that_begins_during_draining_makes_the_service_awake_again() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests())
    timeline.request_sleep("10:00")
    timeline.tick("10:00")
    timeline.observed(deployment_running=True)
    timeline.tick("10:01")
    assert (timeline.phase, timeline.armed, timeline.saved_state.sleep_requested) == (Phase.AWAKE, False, None)


def test_rules_that_cannot_be_armed_end_the_attempt_after_ten_minutes() -> None:
    timeline = Timeline.awake_since(
        "09:00", service=a_service_woken_by_requests(), refused_changes=frozenset({"arn:of/our/rule"})
    )
    timeline.request_sleep("10:00")
    timeline.tick("10:00")
    timeline.save_state(armed=None)
    timeline.rules = Unknown("throttled")
    assert Action.SLEEP not in {decision.action for decision in timeline.ticks("10:01", "10:09")}
    assert timeline.tick("10:10").reason is Reason.DRAINED_TOO_LONG
    assert timeline.phase is Phase.AWAKE


def test_draining_on_request_does_not_rely_on_an_earlier_arming() -> None:
    timeline = Timeline.awake_since(
        "09:00", service=a_service_woken_by_requests(), refused_changes=frozenset({WAKE_RULE})
    )
    timeline.save_state(armed=at("08:00")).request_sleep("10:00")
    assert timeline.tick("10:00").action is Action.DRAIN
    assert timeline.saved_state.armed is None


def test_a_service_whose_rules_are_armed_after_ten_minutes_of_draining_is_still_stopped() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests())
    timeline.request_sleep("10:00")
    timeline.tick("10:00")
    assert timeline.save_state(armed=at("10:09:59")).tick("10:10:30").action is Action.SLEEP


def test_a_waking_service_stops_at_once_because_no_request_was_routed_to_it_yet() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.request_sleep("10:01")
    assert timeline.tick("10:01").action is Action.SLEEP


def test_a_waking_service_with_wake_rules_stops_as_soon_as_the_rules_surely_take_effect() -> None:
    """The rules were armed when the service fell asleep, which may be a moment ago."""
    timeline = Timeline.waking_since("10:00", service=a_service_woken_by_requests(), readiness=NOT_READY)
    timeline.request_sleep("10:00:10")
    assert timeline.armed
    assert (timeline.tick("10:00:10").reason, timeline.tick("10:00:29").action) == (Reason.WAKING, Action.STAY)
    assert timeline.tick("10:00:30").action is Action.SLEEP


def test_a_waking_service_whose_visitors_would_not_reach_the_wake_function_wakes_first() -> None:
    timeline = Timeline.waking_since("10:00", service=a_service_woken_by_requests(), readiness=NOT_READY)
    timeline.change_rule(WAKE_RULE, conditions=DISARMED)
    timeline.request_sleep("10:01")
    timeline.change_rule(WAKE_RULE, conditions=DISARMED)
    assert timeline.tick("10:02").reason is Reason.WAKING
    timeline.readiness = READY
    timeline.change_rule(WAKE_RULE, conditions=DISARMED)
    timeline.tick("10:03")
    assert timeline.phase is Phase.AWAKE
    assert timeline.tick("10:04").action is Action.DRAIN


def test_a_request_to_sleep_that_could_not_begin_during_a_wake_is_reported_and_removed_after_ten_minutes() -> None:
    """A failed wake goes on while the service is used or a fact about it cannot be observed."""
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY, protected=Unknown("throttled"))
    timeline.request_sleep("10:01")
    timeline.ticks("10:01", "10:10")
    assert timeline.saved_state.sleep_requested == at("10:01")
    decision = timeline.tick("10:11")
    assert (decision.reason, decision.warning) == (Reason.SLEEP_ABANDONED, True)
    assert "throttled" in decision.sentence
    assert timeline.phase is Phase.WAKING
    assert decision.state is not None
    assert decision.state.sleep_requested is None
    timeline.protected = False
    assert timeline.tick("10:12").reason is Reason.WAKE_ABANDONED


@pytest.mark.parametrize(
    "hindrance",
    [
        {"protected": True},
        {"scales_by_forecast": True, "scalable_target": ScalableTarget(1, 3)},
        {"facts": replace(running_facts(), deployment_running=True)},
    ],
)
def test_a_waking_service_that_must_not_be_stopped_wakes_first(hindrance: dict[str, object]) -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.request_sleep("10:01")
    for name, value in hindrance.items():
        setattr(timeline, name, value)
    assert timeline.tick("10:01").reason is Reason.WAKING
    timeline.readiness = READY
    timeline.tick("10:02")
    assert timeline.phase is Phase.AWAKE


def test_a_wake_with_an_old_request_to_sleep_goes_on() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY, protected=True)
    timeline.request_sleep("10:01")
    timeline.ticks("10:01", "10:04")
    timeline.protected = False
    assert timeline.tick("10:11").action is not Action.SLEEP


@pytest.mark.parametrize("service", [a_service(), a_service_woken_by_requests()])
def test_a_request_to_sleep_that_no_tick_observed_for_ten_minutes_is_abandoned_though_nothing_prevents_it(
    service: Service,
) -> None:
    timeline = Timeline.awake_since("09:00", service=service)
    timeline.request_sleep("10:00")
    decision = timeline.tick("10:10")
    assert (decision.reason, decision.warning) == (Reason.SLEEP_ABANDONED, True)
    assert "this was requested: the request was at 10:00:00, too long ago" in decision.sentence
    assert timeline.saved_state.sleep_requested is None


@pytest.mark.parametrize(("clock", "phase"), [("10:10:59", Phase.ASLEEP), ("10:11", Phase.AWAKE)])
def test_a_draining_service_is_not_stopped_eleven_minutes_after_the_request(clock: str, phase: Phase) -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests()).observed(deployment_running=True)
    timeline.request_sleep("10:00")
    timeline.tick("10:01")
    timeline.observed(deployment_running=False)
    assert timeline.tick("10:09").action is Action.DRAIN
    timeline.tick(clock)
    assert (timeline.phase, timeline.saved_state.sleep_requested) == (phase, None)


def test_a_request_puts_a_draining_service_to_sleep_sooner() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.request_sleep("10:06:20")
    assert timeline.tick("10:06:30").action is Action.SLEEP


def test_a_request_to_sleep_is_accepted_after_a_hold_is_over() -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.hold("09:01", "09:30", "demo")
    assert timeline.request_sleep("09:30").action is Action.SAVE_STATE


def test_a_service_that_no_tick_has_observed_yet_is_not_put_to_sleep() -> None:
    """Otherwise a request that is under way while the service leaves could stop it afterwards."""
    timeline = Timeline()
    refusal = timeline.request_sleep("10:00")
    assert (refusal.action, refusal.state) == (Action.SKIP, None)
    assert "repeat the request in a minute" in refusal.sentence
    timeline.tick("10:00:10")
    timeline.request_sleep("10:01")
    assert timeline.tick("10:01:01").action is Action.SLEEP


def test_the_stop_waits_for_rules_that_aws_refused_to_arm() -> None:
    timeline = Timeline.awake_since(
        "09:00", service=a_service_woken_by_requests(), refused_changes=frozenset({WAKE_RULE})
    )
    timeline.request_sleep("10:00")
    assert (timeline.tick("10:00").action, timeline.armed) == (Action.DRAIN, False)
    assert timeline.tick("10:02").action is Action.STAY
    timeline.refused_changes = frozenset()
    assert (timeline.tick("10:03").action, timeline.armed) == (Action.STAY, True)
    assert timeline.tick("10:04").action is Action.SLEEP


def test_rules_that_could_not_wake_the_service_keep_it_awake() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests())
    assert not isinstance(timeline.rules, Unknown)
    timeline.rules.pop(WAKE_RULE)
    timeline.request_sleep("10:00")
    decision = timeline.tick("10:00")
    assert (decision.reason, decision.warning) == (Reason.WAKE_RULE_PROBLEM, True)


def test_rules_that_cannot_be_observed_keep_the_service_awake() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests())
    timeline.rules = Unknown("throttled")
    timeline.request_sleep("10:00")
    decision = timeline.tick("10:00")
    assert (decision.reason, decision.warning) == (Reason.WAKE_RULES_UNKNOWN, True)


def test_a_sleeping_service_is_reported_as_asleep_already() -> None:
    timeline = Timeline.asleep_since("08:00")
    decision = timeline.request_sleep("10:00")
    assert (decision.action, decision.sentence) == (Action.STAY, "web is already asleep")


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_a_request_to_sleep_for_a_service_that_must_not_be_stopped_is_refused(mode: Mode) -> None:
    timeline = Timeline.awake_since("09:00", service=a_service(mode=mode))
    assert timeline.request_sleep("10:00").action is Action.SKIP


@pytest.mark.parametrize("gateways", [frozenset({GATEWAY}), Unknown("throttled")])
def test_gateway_connectors_are_not_observed_for_a_request_to_sleep(
    gateways: frozenset[TrafficSource] | Unknown,
) -> None:
    timeline = Timeline.awake_since("09:00", gateways=gateways)
    timeline.request_sleep("10:00")
    assert timeline.tick("10:00:10").action is Action.SLEEP


@pytest.mark.parametrize("target", [ScalableTarget(0, 3), Unknown("throttled")])
def test_a_request_to_sleep_is_refused_if_auto_scaling_may_scale_the_service_to_zero(
    target: ScalableTarget | Unknown,
) -> None:
    timeline = Timeline.awake_since("09:00", scalable_target=target)
    assert timeline.request_sleep("10:00").action is Action.SKIP


def test_a_request_to_sleep_is_skipped_while_ecs_and_the_service_state_do_not_agree() -> None:
    stopped_elsewhere = Timeline.awake_since("09:00").set_in_ecs(0)
    started_elsewhere = Timeline.asleep_since("09:00").set_in_ecs(1)
    for timeline in (stopped_elsewhere, started_elsewhere):
        decision = timeline.request_sleep("10:00")
        assert decision.action is Action.SKIP
        assert "repeat the request in a minute" in decision.sentence


def test_a_request_to_sleep_made_before_the_mode_became_dry_run_does_not_stop_the_service() -> None:
    timeline = Timeline.awake_since("09:00").request("10:00:30")
    timeline.request_sleep("10:00")
    timeline.service = a_service(mode=Mode.DRY_RUN)
    assert Action.SLEEP not in {decision.action for decision in timeline.ticks("10:01", "10:30")}


def test_a_request_to_sleep_made_before_the_mode_became_dry_run_is_not_counted_as_a_sleep() -> None:
    timeline = Timeline.awake_since("09:58")
    timeline.request_sleep("10:00")
    timeline.service = a_service(mode=Mode.DRY_RUN)
    assert timeline.tick("10:00:30").reason is Reason.RECENTLY_ACTIVE


def test_a_stop_on_request_records_when_the_service_was_last_needed_and_that_this_module_stopped_it() -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.request_sleep("10:00")
    timeline.tick("10:00")
    assert (timeline.saved_state.last_activity, timeline.saved_state.stopped) == (at("09:00"), at("10:00"))


def test_a_service_that_is_being_stopped_is_reported_as_asleep_already() -> None:
    """ECS may still show its tasks."""
    timeline = Timeline.asleep_since("10:00", facts=running_facts()).save_state(stop=Stop(at("10:01:05")))
    decision = timeline.request_sleep("10:00:30")
    assert (decision.action, decision.sentence) == (Action.STAY, "web is already asleep")


def test_a_hold_that_is_placed_during_a_stop_refuses_sleep_and_is_cancelled_by_force() -> None:
    timeline = Timeline.asleep_since("10:00").save_state(stop=Stop(at("10:01:05")))
    timeline.hold("10:00:10", "12:00", "demo")
    assert timeline.request_sleep("10:00:20").reason is Reason.HELD
    timeline.request_sleep("10:00:30", force=True)
    assert (timeline.saved_state.hold, timeline.saved_state.wake_requested) == (None, None)
    assert Action.WAKE not in {decision.action for decision in timeline.ticks("10:01", "10:10")}


def test_a_wake_that_waits_for_a_stop_is_cancelled_by_a_request_to_sleep() -> None:
    timeline = Timeline.asleep_since("10:00").save_state(stop=Stop(at("10:01:05")))
    timeline.request_wake("10:00:10")
    assert timeline.request_sleep("10:00:20").reason is Reason.SLEEP_REQUESTED
    assert Action.WAKE not in {decision.action for decision in timeline.ticks("10:01", "10:10")}
