"""A task that is protected from scale-in is busy, whatever the metrics show."""

from __future__ import annotations

from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase
from tests.unit.timeline import NOT_READY, Timeline, a_service_woken_by_requests, at


def test_a_protected_task_keeps_an_idle_service_awake_for_one_more_idle_window_at_a_time() -> None:
    timeline = Timeline.awake_since("09:00", protected=True)
    decision = timeline.tick("10:00")
    assert (decision.action, decision.reason) == (Action.RECORD_ACTIVITY, Reason.TASK_PROTECTED)
    assert timeline.saved_state.last_activity == at("10:00")
    assert {decision.reason for decision in timeline.ticks("10:01", "10:04")} == {Reason.RECENTLY_ACTIVE}
    timeline.protected = False
    assert timeline.stopped_at("10:05", "10:30") == "10:07"


def test_protection_is_observed_only_when_everything_else_allows_a_stop() -> None:
    timeline = Timeline.awake_since("09:57", protected=Unknown("access denied")).request("10:00:30")
    assert Reason.PROTECTION_UNKNOWN not in {decision.reason for decision in timeline.ticks("10:01", "10:07")}
    assert timeline.tick("10:08").reason is Reason.PROTECTION_UNKNOWN


def test_protection_that_cannot_be_observed_keeps_the_service_awake_with_a_warning() -> None:
    timeline = Timeline.awake_since("09:00", protected=Unknown("ecs:GetTaskProtection was refused"))
    decisions = timeline.ticks("09:10", "12:00")
    assert {(d.action, d.reason, d.warning) for d in decisions} == {(Action.STAY, Reason.PROTECTION_UNKNOWN, True)}
    assert "GetTaskProtection" in decisions[0].sentence


def test_a_service_with_a_busy_task_is_not_armed_so_that_web_sockets_can_connect() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests(), protected=True)
    decisions = timeline.ticks("10:00", "11:00")
    assert Action.DRAIN not in {decision.action for decision in decisions}
    assert not timeline.armed
    assert timeline.saved_state.last_activity is not None
    assert timeline.saved_state.last_activity >= at("10:55")


def test_a_task_that_is_protected_during_draining_makes_the_service_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.protected = True
    timeline.ticks("10:07", "10:08")
    decision = timeline.tick("10:09")
    assert (decision.reason, decision.desired) == (Reason.NEEDED_WHILE_DRAINING, None)
    assert (timeline.phase, timeline.armed, timeline.saved_state.last_activity) == (Phase.AWAKE, False, at("10:09"))


def test_protection_that_cannot_be_observed_makes_a_draining_service_awake_again_after_ten_minutes() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.protected = Unknown("throttled")
    assert timeline.first(Action.SAVE_STATE, "10:07", "10:30") == "10:16"
    assert timeline.phase is Phase.AWAKE


def test_a_failed_wake_with_a_protected_task_is_not_abandoned() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY, protected=True)
    assert timeline.stopped_at("10:01", "11:00") is None
    timeline.protected = False
    assert timeline.stopped_at("11:01", "11:30") is not None
