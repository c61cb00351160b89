"""A hold keeps a service awake until an instant. Only lifting it, or stopping the service, ends it earlier."""

from __future__ import annotations

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, Phase, Stop
from tests.unit.timeline import NOT_READY, Timeline, a_service, a_service_woken_by_requests, at, running_facts


def test_an_idle_service_that_is_held_stays_awake_until_the_hold_ends_and_then_sleeps_at_once() -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.hold("09:01", "11:00", "demo")
    decision = timeline.tick("10:30")
    assert (decision.action, decision.reason) == (Action.STAY, Reason.HELD)
    assert "held awake until 2026-03-02 11:00:00 UTC (demo)" in decision.sentence
    assert timeline.stopped_at("10:31", "11:30") == "11:00"


def test_a_held_service_with_wake_rules_does_not_drain() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests())
    timeline.hold("09:01", "11:00")
    assert Action.DRAIN not in {decision.action for decision in timeline.ticks("09:02", "10:59")}
    assert timeline.first(Action.DRAIN, "11:00", "11:05") == "11:00"


def test_a_hold_wakes_a_sleeping_service() -> None:
    timeline = Timeline.asleep_since("08:00")
    decision = timeline.hold("09:00", "10:00")
    assert (decision.action, decision.desired) == (Action.WAKE, 1)
    assert decision.sentence.endswith("; it is held awake until 2026-03-02 10:00:00 UTC")
    assert timeline.saved_state.hold == Hold(at("10:00"))


def test_a_hold_makes_a_draining_service_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.hold("10:07", "12:00")
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)
    assert {decision.reason for decision in timeline.ticks("10:08", "11:59")} == {Reason.HELD}


def test_a_service_that_drains_although_it_is_held_is_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten().save_state(hold=Hold(at("12:00")))
    assert timeline.tick("10:07").reason is Reason.NEEDED_WHILE_DRAINING


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [("11:00", "12:00", "12:00"), ("12:00", "11:00", "12:00")],
)
def test_extending_keeps_the_later_end(first: str, second: str, kept: str) -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.hold("09:01", first, "first")
    decision = timeline.hold("09:02", second, "second")
    reason = "first" if first == kept else "second"
    assert timeline.saved_state.hold == Hold(at(kept), reason)
    assert decision.sentence.endswith(f"; it is held awake until 2026-03-02 {kept}:00 UTC ({reason})")


def test_a_new_hold_replaces_a_hold_that_is_over() -> None:
    timeline = Timeline.awake_since("08:00").save_state(hold=Hold(at("09:00"), "old"))
    timeline.hold("09:30", "09:45", "new")
    assert timeline.saved_state.hold == Hold(at("09:45"), "new")


def test_a_lifted_hold_does_not_keep_a_service_awake() -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.hold("09:01", "18:00")
    assert timeline.release("10:00").action is Action.SAVE_STATE
    assert timeline.saved_state.hold is None
    assert timeline.stopped_at("10:00", "10:30") == "10:00"


def test_lifting_the_hold_of_a_service_that_is_not_held_changes_nothing() -> None:
    timeline = Timeline.awake_since("09:00")
    before = timeline.state
    decision = timeline.release("10:00")
    assert (decision.action, decision.sentence) == (Action.STAY, "web is not held")
    assert timeline.state == before


def test_lifting_a_hold_reports_a_service_state_that_cannot_be_read() -> None:
    timeline = Timeline(state=Unknown("the state item cannot be read"))
    decision = timeline.release("10:00")
    assert (decision.action, decision.warning) == (Action.SKIP, True)


def test_stopping_a_held_service_by_hand_lifts_the_hold() -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.hold("09:01", "18:00")
    timeline.set_in_ecs(0)
    assert timeline.tick("10:00").reason is Reason.STOPPED_ELSEWHERE
    assert {decision.reason for decision in timeline.ticks("10:01", "10:30")} == {Reason.ASLEEP}


def test_a_tick_wakes_a_sleeping_service_that_is_held() -> None:
    timeline = Timeline.asleep_since("08:00").save_state(hold=Hold(at("12:00")))
    assert timeline.tick("09:00").action is Action.WAKE


def test_a_failed_wake_is_not_abandoned_while_the_service_is_held() -> None:
    timeline = Timeline.asleep_since("08:00", readiness=NOT_READY)
    timeline.hold("09:00", "11:00")
    actions = {decision.action for decision in timeline.ticks("09:01", "11:04")}
    assert Action.SLEEP not in actions
    assert timeline.stopped_at("11:05", "11:30") == "11:05"


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_a_service_that_must_not_be_woken_is_not_held(mode: Mode) -> None:
    timeline = Timeline.asleep_since("08:00", service=a_service(mode=mode))
    decision = timeline.hold("09:00", "11:00")
    assert (decision.action, decision.state) == (Action.SKIP, None)
    assert timeline.saved_state.hold is None


def test_a_hold_that_is_placed_during_a_stop_is_kept_and_wakes_the_service() -> None:
    timeline = Timeline.asleep_since("08:00").save_state(stop=Stop(at("08:01:05")))
    timeline.hold("08:00:30", "10:00")
    assert timeline.tick("08:01").reason is Reason.STOP_UNDER_WAY
    decision = timeline.tick("08:02")
    assert decision.action is Action.WAKE
    assert timeline.saved_state.hold == Hold(at("10:00"))


def test_a_hold_is_kept_though_ecs_could_not_be_called_and_the_next_tick_wakes_the_service() -> None:
    timeline = Timeline.asleep_since("08:00", facts=Unknown("ecs:DescribeServices was throttled"))
    timeline.hold("09:00", "12:00", "office")
    assert timeline.saved_state.hold == Hold(at("12:00"), "office")
    timeline.facts = running_facts(0)
    assert timeline.tick("09:01").action is Action.WAKE


def test_a_request_without_a_hold_is_not_recorded_if_ecs_could_not_be_called() -> None:
    timeline = Timeline.asleep_since("08:00", facts=Unknown("ecs:DescribeServices was throttled"))
    assert timeline.request_wake("09:00").state is None
