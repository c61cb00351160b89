"""A task that is protected from scale-in is at work, whatever the metrics show."""

from __future__ import annotations

from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase
from tests.unit.timeline import NOT_READY, Story, a_service_woken_by_requests, at


def test_a_protected_task_keeps_an_idle_service_awake_for_one_more_idle_window_at_a_time() -> None:
    story = Story.awake_since("09:00", protected=True)
    decision = story.tick("10:00")
    assert (decision.action, decision.reason) == (Action.NOTE_ACTIVITY, Reason.TASK_PROTECTED)
    assert story.saved_state.last_activity == at("10:00")
    assert {decision.reason for decision in story.ticks("10:01", "10:04")} == {Reason.RECENTLY_ACTIVE}
    story.protected = False
    assert story.stopped_at("10:05", "10:30") == "10:07"


def test_protection_is_observed_only_when_everything_else_allows_a_stop() -> None:
    story = Story.awake_since("09:57", protected=Unknown("access denied")).request("10:00:30")
    assert Reason.PROTECTION_UNKNOWN not in {decision.reason for decision in story.ticks("10:01", "10:07")}
    assert story.tick("10:08").reason is Reason.PROTECTION_UNKNOWN


def test_protection_that_cannot_be_observed_keeps_it_awake_with_a_warning() -> None:
    story = Story.awake_since("09:00", protected=Unknown("ecs:GetTaskProtection was refused"))
    decisions = story.ticks("09:10", "12:00")
    assert {(d.action, d.reason, d.warning) for d in decisions} == {(Action.STAY, Reason.PROTECTION_UNKNOWN, True)}
    assert "GetTaskProtection" in decisions[0].sentence


def test_a_service_with_a_busy_task_is_not_armed_so_that_web_sockets_can_connect() -> None:
    story = Story.awake_since("09:00", service=a_service_woken_by_requests(), protected=True)
    decisions = story.ticks("10:00", "11:00")
    assert Action.DRAIN not in {decision.action for decision in decisions}
    assert not story.armed
    assert story.saved_state.last_activity is not None
    assert story.saved_state.last_activity >= at("10:55")


def test_a_task_protected_while_it_drains_makes_it_awake_again() -> None:
    story = Story.draining_since_six_past_ten()
    story.protected = True
    story.ticks("10:07", "10:08")
    decision = story.tick("10:09")
    assert (decision.reason, decision.desired) == (Reason.NEEDED_WHILE_DRAINING, None)
    assert (story.phase, story.armed, story.saved_state.last_activity) == (Phase.AWAKE, False, at("10:09"))


def test_protection_that_cannot_be_observed_while_it_drains_makes_it_awake_again_after_ten_minutes() -> None:
    story = Story.draining_since_six_past_ten()
    story.protected = Unknown("throttled")
    assert story.first(Action.REMEMBER, "10:07", "10:30") == "10:16"
    assert story.phase is Phase.AWAKE


def test_a_failed_wake_with_a_protected_task_is_not_abandoned() -> None:
    story = Story.waking_since("10:00", readiness=NOT_READY, protected=True)
    assert story.stopped_at("10:01", "11:00") is None
    story.protected = False
    assert story.stopped_at("11:01", "11:30") is not None
