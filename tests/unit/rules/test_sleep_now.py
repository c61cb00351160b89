"""On request a service sleeps, without waiting for idleness, and no visitor is cut off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Entrance, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, Stop
from scale_to_zero.rules.rule_positions import DISARMED
from tests.unit.listener import WAKE_RULE
from tests.unit.timeline import (
    GATEWAY,
    NOT_READY,
    READY,
    Story,
    a_service,
    a_service_woken_by_requests,
    at,
    running_facts,
)


def test_a_service_in_use_without_wake_rules_goes_to_zero_at_once() -> None:
    story = Story.awake_since("09:00").request("09:59:50")
    assert story.request_sleep("10:00").action is Action.REMEMBER
    decision = story.tick("10:00")
    assert (decision.action, decision.reason, decision.desired) == (Action.SLEEP, Reason.ASKED_TO_SLEEP, 0)
    assert (story.phase, story.saved_state.sleep_requested) == (Phase.ASLEEP, None)


def test_one_with_wake_rules_drains_first_and_sleeps_when_visitors_surely_reach_the_wake_function() -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests()).request("09:59:50")
    story.request_sleep("10:00")
    assert story.tick("10:00").action is Action.DRAIN
    assert (story.phase, story.armed) == (Phase.DRAINING, True)
    assert story.tick("10:00:29").action is Action.STAY
    assert story.tick("10:00:30").action is Action.SLEEP


def test_a_visitor_while_it_drains_is_routed_to_the_service_and_cancels_the_request_to_sleep() -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests())
    story.request_sleep("10:00")
    story.tick("10:00")
    story.visitor("10:00:20")
    assert (story.phase, story.armed, story.saved_state.sleep_requested) == (Phase.AWAKE, False, None)
    assert story.stopped_at("10:01", "10:30") == "10:09"


def test_a_held_service_is_refused_with_the_reason_unless_it_is_forced() -> None:
    story = Story.awake_since("09:00")
    story.hold("09:01", "18:00", "demo")
    decision = story.request_sleep("10:00")
    assert (decision.action, decision.reason, decision.memory) == (Action.LEAVE_ALONE, Reason.HELD, None)
    assert "(demo)" in decision.sentence
    assert '"force": true' in decision.sentence
    assert story.tick("10:00").reason is Reason.HELD
    assert story.request_sleep("10:01", force=True).action is Action.REMEMBER
    assert story.saved_state.hold is None
    assert story.tick("10:01").action is Action.SLEEP
    assert story.saved_state.hold is None


def test_a_later_request_for_it_to_be_awake_cancels_the_request_to_sleep() -> None:
    story = Story.awake_since("09:00").observed(deployment_running=True)
    story.request_sleep("10:00")
    story.tick("10:00")
    story.request_wake("10:00:30")
    story.observed(deployment_running=False)
    assert story.tick("10:01").reason is Reason.DEPLOYMENT_ENDED
    assert story.tick("10:02").reason is Reason.RECENTLY_ACTIVE


@pytest.mark.parametrize("desired", [1, 0])
def test_a_later_request_for_a_waking_service_cancels_the_request_to_sleep(desired: int) -> None:
    story = Story.waking_since("10:00", readiness=NOT_READY, protected=True)
    story.request_sleep("10:01")
    assert story.tick("10:01").reason is Reason.WAKING
    story.set_in_ecs(desired)
    story.request_wake("10:01:30")
    story.protected = False
    assert story.saved_state.sleep_requested is None
    assert story.tick("10:02").action is not Action.SLEEP


def test_a_hold_placed_after_that_keeps_it_awake() -> None:
    story = Story.awake_since("09:00").observed(deployment_running=True)
    story.request_sleep("10:00")
    story.hold("10:00:30", "12:00")
    story.observed(deployment_running=False)
    assert story.tick("10:01").reason is Reason.HELD


@pytest.mark.parametrize(
    ("hindrance", "reason"),
    [
        ({"protected": True}, Reason.TASK_PROTECTED),
        ({"protected": Unknown("throttled")}, Reason.PROTECTION_UNKNOWN),
        ({"scalable_target": Unknown("throttled")}, Reason.SCALABLE_TARGET_UNKNOWN),
    ],
)
def test_it_waits_for_a_busy_task_and_for_what_cannot_be_observed_but_not_for_ever(
    hindrance: dict[str, object], reason: Reason
) -> None:
    story = Story.awake_since("09:00")
    story.request_sleep("10:00")
    for name, value in hindrance.items():
        setattr(story, name, value)
    assert {decision.reason for decision in story.ticks("10:00", "10:09")} == {reason}
    decision = story.tick("10:10")
    assert (decision.reason, decision.warning) == (Reason.SLEEP_NOT_DONE, True)
    assert story.saved_state.sleep_requested is None


def test_a_deployment_is_waited_for() -> None:
    story = Story.awake_since("09:00").observed(deployment_running=True)
    story.request_sleep("10:00")
    assert story.tick("10:01").reason is Reason.DEPLOYMENT_RUNNING
    story.observed(deployment_running=False)
    assert story.tick("10:02").action is Action.SLEEP


def test_a_deployment_that_begins_while_it_drains_makes_it_awake_again() -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests())
    story.request_sleep("10:00")
    story.tick("10:00")
    story.observed(deployment_running=True)
    story.tick("10:01")
    assert (story.phase, story.armed, story.saved_state.sleep_requested) == (Phase.AWAKE, False, None)


def test_rules_that_cannot_be_armed_end_the_attempt_after_ten_minutes() -> None:
    story = Story.awake_since(
        "09:00", service=a_service_woken_by_requests(), refused_changes=frozenset({"arn:of/our/rule"})
    )
    story.request_sleep("10:00")
    story.tick("10:00")
    story.save_state(armed=None)
    story.rules = Unknown("throttled")
    assert Action.SLEEP not in {decision.action for decision in story.ticks("10:01", "10:09")}
    assert story.tick("10:10").reason is Reason.DRAINED_TOO_LONG
    assert story.phase is Phase.AWAKE


def test_a_drain_on_request_does_not_count_on_an_arming_of_before() -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests(), refused_changes=frozenset({WAKE_RULE}))
    story.save_state(armed=at("08:00")).request_sleep("10:00")
    assert story.tick("10:00").action is Action.DRAIN
    assert story.saved_state.armed is None


def test_rules_that_are_armed_after_ten_minutes_of_draining_still_stop_it() -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests())
    story.request_sleep("10:00")
    story.tick("10:00")
    assert story.save_state(armed=at("10:09:59")).tick("10:10:30").action is Action.SLEEP


def test_a_waking_service_stops_at_once_since_no_request_was_routed_to_it_yet() -> None:
    story = Story.waking_since("10:00", readiness=NOT_READY)
    story.request_sleep("10:01")
    assert story.tick("10:01").action is Action.SLEEP


def test_a_waking_one_with_wake_rules_stops_as_soon_as_they_surely_take_effect() -> None:
    """They were armed when it fell asleep, which may be a moment ago."""
    story = Story.waking_since("10:00", service=a_service_woken_by_requests(), readiness=NOT_READY)
    story.request_sleep("10:00:10")
    assert story.armed
    assert (story.tick("10:00:10").reason, story.tick("10:00:29").action) == (Reason.WAKING, Action.STAY)
    assert story.tick("10:00:30").action is Action.SLEEP


def test_a_waking_one_whose_visitors_would_not_reach_the_wake_function_wakes_first() -> None:
    story = Story.waking_since("10:00", service=a_service_woken_by_requests(), readiness=NOT_READY)
    story.change_rule(WAKE_RULE, conditions=DISARMED)
    story.request_sleep("10:01")
    story.change_rule(WAKE_RULE, conditions=DISARMED)
    assert story.tick("10:02").reason is Reason.WAKING
    story.readiness = READY
    story.change_rule(WAKE_RULE, conditions=DISARMED)
    story.tick("10:03")
    assert story.phase is Phase.AWAKE
    assert story.tick("10:04").action is Action.DRAIN


def test_a_request_that_could_not_begin_while_it_woke_is_reported_and_removed_after_ten_minutes() -> None:
    """A failed wake goes on for as long as it is used, or something of it cannot be observed."""
    story = Story.waking_since("10:00", readiness=NOT_READY, protected=Unknown("throttled"))
    story.request_sleep("10:01")
    story.ticks("10:01", "10:10")
    assert story.saved_state.sleep_requested == at("10:01")
    decision = story.tick("10:11")
    assert (decision.reason, decision.warning) == (Reason.SLEEP_NOT_DONE, True)
    assert "throttled" in decision.sentence
    assert story.phase is Phase.WAKING
    assert decision.memory is not None
    assert decision.memory.sleep_requested is None
    story.protected = False
    assert story.tick("10:12").reason is Reason.WAKE_GIVEN_UP


@pytest.mark.parametrize(
    "hindrance",
    [{"protected": True}, {"scalable_target": True}, {"facts": replace(running_facts(), deployment_running=True)}],
)
def test_a_waking_service_that_must_not_be_stopped_wakes_first(hindrance: dict[str, object]) -> None:
    story = Story.waking_since("10:00", readiness=NOT_READY)
    story.request_sleep("10:01")
    for name, value in hindrance.items():
        setattr(story, name, value)
    assert story.tick("10:01").reason is Reason.WAKING
    story.readiness = READY
    story.tick("10:02")
    assert story.phase is Phase.AWAKE


def test_a_wake_with_an_old_request_to_sleep_goes_on() -> None:
    story = Story.waking_since("10:00", readiness=NOT_READY, protected=True)
    story.request_sleep("10:01")
    story.ticks("10:01", "10:04")
    story.protected = False
    assert story.tick("10:11").action is not Action.SLEEP


@pytest.mark.parametrize("service", [a_service(), a_service_woken_by_requests()])
def test_a_request_that_no_tick_observed_for_ten_minutes_is_abandoned_though_nothing_hinders_it(
    service: Service,
) -> None:
    story = Story.awake_since("09:00", service=service)
    story.request_sleep("10:00")
    decision = story.tick("10:10")
    assert (decision.reason, decision.warning) == (Reason.SLEEP_NOT_DONE, True)
    assert "asked for it: that was at 10:00:00, too long ago" in decision.sentence
    assert story.saved_state.sleep_requested is None


@pytest.mark.parametrize(("clock", "phase"), [("10:10:59", Phase.ASLEEP), ("10:11", Phase.AWAKE)])
def test_one_that_drains_is_not_stopped_eleven_minutes_after_the_request(clock: str, phase: Phase) -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests()).observed(deployment_running=True)
    story.request_sleep("10:00")
    story.tick("10:01")
    story.observed(deployment_running=False)
    assert story.tick("10:09").action is Action.DRAIN
    story.tick(clock)
    assert (story.phase, story.saved_state.sleep_requested) == (phase, None)


def test_a_request_puts_a_draining_service_to_sleep_sooner() -> None:
    story = Story.draining_since_six_past_ten()
    story.request_sleep("10:06:20")
    assert story.tick("10:06:30").action is Action.SLEEP


def test_a_hold_that_is_over_refuses_no_request() -> None:
    story = Story.awake_since("09:00")
    story.hold("09:01", "09:30", "demo")
    assert story.request_sleep("09:30").action is Action.REMEMBER


def test_a_service_that_no_tick_has_observed_yet_is_not_put_to_sleep() -> None:
    """Else a request that is under way while the service leaves could stop it afterwards."""
    story = Story()
    refusal = story.request_sleep("10:00")
    assert (refusal.action, refusal.memory) == (Action.LEAVE_ALONE, None)
    assert "ask again in a minute" in refusal.sentence
    story.tick("10:00:10")
    story.request_sleep("10:01")
    assert story.tick("10:01:01").action is Action.SLEEP


def test_rules_that_aws_did_not_take_yet_are_waited_for() -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests(), refused_changes=frozenset({WAKE_RULE}))
    story.request_sleep("10:00")
    assert (story.tick("10:00").action, story.armed) == (Action.DRAIN, False)
    assert story.tick("10:02").action is Action.STAY
    story.refused_changes = frozenset()
    assert (story.tick("10:03").action, story.armed) == (Action.STAY, True)
    assert story.tick("10:04").action is Action.SLEEP


def test_rules_that_could_not_wake_it_keep_it_awake() -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests())
    assert not isinstance(story.rules, Unknown)
    story.rules.pop(WAKE_RULE)
    story.request_sleep("10:00")
    decision = story.tick("10:00")
    assert (decision.reason, decision.warning) == (Reason.WAKE_RULE_PROBLEM, True)


def test_rules_that_cannot_be_observed_keep_it_awake() -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests())
    story.rules = Unknown("throttled")
    story.request_sleep("10:00")
    decision = story.tick("10:00")
    assert (decision.reason, decision.warning) == (Reason.WAKE_RULES_UNKNOWN, True)


def test_a_sleeping_service_is_reported_as_asleep_already() -> None:
    story = Story.asleep_since("08:00")
    decision = story.request_sleep("10:00")
    assert (decision.action, decision.sentence) == (Action.STAY, "web is asleep already")


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_a_service_that_may_not_be_stopped_is_refused(mode: Mode) -> None:
    story = Story.awake_since("09:00", service=a_service(mode=mode))
    assert story.request_sleep("10:00").action is Action.LEAVE_ALONE


@pytest.mark.parametrize("gateways", [frozenset({GATEWAY}), Unknown("throttled")])
def test_its_gateway_connectors_are_not_observed(gateways: frozenset[Entrance] | Unknown) -> None:
    story = Story.awake_since("09:00", gateways=gateways)
    story.request_sleep("10:00")
    assert story.tick("10:00:10").action is Action.SLEEP


@pytest.mark.parametrize("registered", [True, Unknown("throttled")])
def test_a_scalable_target_is_refused(registered: bool | Unknown) -> None:
    story = Story.awake_since("09:00", scalable_target=registered)
    assert story.request_sleep("10:00").action is Action.LEAVE_ALONE


def test_what_ecs_and_the_service_state_do_not_agree_on_is_left_to_the_next_tick() -> None:
    stopped_elsewhere = Story.awake_since("09:00").set_in_ecs(0)
    started_elsewhere = Story.asleep_since("09:00").set_in_ecs(1)
    for story in (stopped_elsewhere, started_elsewhere):
        decision = story.request_sleep("10:00")
        assert decision.action is Action.LEAVE_ALONE
        assert "ask again in a minute" in decision.sentence


def test_a_request_to_sleep_made_before_the_mode_became_dry_run_stops_nothing() -> None:
    story = Story.awake_since("09:00").request("10:00:30")
    story.request_sleep("10:00")
    story.service = a_service(mode=Mode.OBSERVE)
    assert Action.SLEEP not in {decision.action for decision in story.ticks("10:01", "10:30")}


def test_nor_does_it_count_as_a_sleep_that_would_have_been() -> None:
    story = Story.awake_since("09:58")
    story.request_sleep("10:00")
    story.service = a_service(mode=Mode.OBSERVE)
    assert story.tick("10:00:30").reason is Reason.RECENTLY_ACTIVE


def test_the_service_state_of_a_stop_on_request_has_when_it_was_last_needed_and_whose_stop_it_was() -> None:
    story = Story.awake_since("09:00")
    story.request_sleep("10:00")
    story.tick("10:00")
    assert (story.saved_state.last_activity, story.saved_state.stopped) == (at("09:00"), at("10:00"))


def test_a_service_that_is_just_being_stopped_is_as_good_as_asleep() -> None:
    """ECS may still show its tasks."""
    story = Story.asleep_since("10:00", facts=running_facts()).save_state(stop=Stop(at("10:01:05")))
    decision = story.request_sleep("10:00:30")
    assert (decision.action, decision.sentence) == (Action.STAY, "web is asleep already")


def test_a_wake_requested_while_it_was_being_stopped_refuses_sleep_and_is_cancelled_by_force() -> None:
    story = Story.asleep_since("10:00").save_state(stop=Stop(at("10:01:05")))
    story.hold("10:00:10", "12:00", "demo")
    assert story.request_sleep("10:00:20").reason is Reason.HELD
    story.request_sleep("10:00:30", force=True)
    assert (story.saved_state.hold, story.saved_state.wake_requested) == (None, None)
    assert Action.WAKE not in {decision.action for decision in story.ticks("10:01", "10:10")}


def test_a_wake_that_waits_for_the_stop_is_cancelled() -> None:
    story = Story.asleep_since("10:00").save_state(stop=Stop(at("10:01:05")))
    story.request_wake("10:00:10")
    assert story.request_sleep("10:00:20").reason is Reason.ASKED_TO_SLEEP
    assert Action.WAKE not in {decision.action for decision in story.ticks("10:01", "10:10")}
