"""A service that leaves the module takes no more commands, and is running when the destroy ends."""

from __future__ import annotations

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, Phase, Stop
from scale_to_zero.rules import phases
from scale_to_zero.rules.leaving import leaves, marked_as_left
from tests.unit.timeline import Story, a_service, a_service_woken_by_requests, at


def leaving(story: Story, clock: str) -> Story:
    """Its uninstall is under way."""
    story.memory = phases.leave(story.remembered, at(clock))
    return story


def left(story: Story, clock: str) -> Story:
    """Its uninstall has succeeded, and its configuration is still there."""
    leaving(story, clock)
    story.memory = marked_as_left(story.remembered, at(clock))
    return story


def test_it_is_not_stopped_however_long_it_is_not_used() -> None:
    story = left(Story.awake_since("09:00"), "10:00")
    assert {(d.action, d.reason) for d in story.ticks("10:01", "18:00")} == {(Action.LEAVE_ALONE, Reason.LEAVING)}


def test_one_that_is_still_configured_after_an_hour_is_reported() -> None:
    story = left(Story.awake_since("09:00"), "10:00")
    assert not story.tick("10:59").warning
    decision = story.tick("11:00")
    assert decision.warning
    assert "terraform apply" in decision.sentence


def test_what_was_asked_of_it_before_is_over() -> None:
    story = Story.awake_since("09:00").remember(sleep_requested=at("10:00"), stop=Stop(at("10:00"), at("10:00")))
    marked = leaving(story, "10:00").remembered
    assert (marked.sleep_requested, marked.wake_requested) == (None, None)


def test_a_hold_counts_again_if_the_service_stays() -> None:
    story = leaving(Story.asleep_since("09:00").remember(hold=Hold(at("12:00"))), "10:00").set_in_ecs(1)
    story.remember(stopped=None).tick("10:01")
    story.memory = phases.stay(story.remembered, at("10:05"))
    assert story.tick("10:30").reason is Reason.HELD


@pytest.mark.parametrize("facts", [None, Unknown("throttled")], ids=["ECS answers", "ECS does not"])
def test_whoever_asks_something_of_it_is_refused(facts: Unknown | None) -> None:
    story = leaving(Story.awake_since("09:00"), "10:00")
    story.facts = facts or story.facts
    for refusal in (
        story.ask_to_sleep("10:01", force=True),
        story.ask_to_wake("10:01"),
        story.hold("10:01", "11:00"),
    ):
        assert (refusal.action, refusal.reason, refusal.memory) == (Action.LEAVE_ALONE, Reason.LEAVING, None)
        assert "it leaves the module" in refusal.sentence


def test_the_ticks_bring_back_what_a_destroy_that_was_cut_off_did_not() -> None:
    story = leaving(Story.asleep_since("09:00").remember(restore=3), "10:00")
    decision = story.tick("10:01")
    assert (decision.action, decision.reason, decision.desired) == (Action.WAKE, Reason.RELEASED, 3)
    assert "it leaves the module" in decision.sentence


def test_the_ticks_start_one_that_somebody_else_had_stopped() -> None:
    """Until now its visitors would have woken it."""
    story = leaving(Story.asleep_since("09:00").remember(stopped=None), "10:00")
    assert story.tick("10:01").desired == 1


def test_one_that_is_only_observed_and_that_somebody_else_stopped_stays_so() -> None:
    story = Story.asleep_since("09:00", service=a_service(mode=Mode.OBSERVE)).remember(stopped=None)
    assert {d.desired for d in leaving(story, "10:00").ticks("10:01", "10:05")} == {None}


def test_one_that_runs_lets_its_visitors_through() -> None:
    """Its uninstall started it, and was cut off before it had said so."""
    story = Story.asleep_since("09:00", service=a_service_woken_by_requests()).remember(stopped=None)
    story.tick("09:59")
    assert story.armed
    leaving(story, "10:00").set_in_ecs(1).tick("10:01")
    assert (story.phase, story.armed) == (Phase.AWAKE, False)


def test_a_stop_under_way_is_waited_for() -> None:
    story = Story.asleep_since("09:59").remember(stop=Stop(at("10:01:05")))
    leaving(story, "10:00")
    assert story.tick("10:01").reason is Reason.STOP_UNDER_WAY
    assert story.tick("10:02").action is Action.WAKE


def test_one_whose_uninstall_was_killed_is_looked_after_again_after_twenty_minutes() -> None:
    """Terraform still has its invocation: it stays in the module until Terraform runs again."""
    story = leaving(Story.awake_since("09:00"), "10:00")
    assert leaves(story.remembered, at("10:19:59"))
    decision = story.tick("10:20")
    assert (decision.reason, decision.warning, story.remembered.leaving) == (Reason.LEAVING, True, None)
    assert story.stopped_at("10:21", "10:40") == "10:27"


def test_one_that_stays_gets_its_whole_idle_window() -> None:
    story = leaving(Story.awake_since("09:00"), "10:00")
    story.memory = phases.stay(story.remembered, at("10:20"))
    assert story.stopped_at("10:21", "10:40") == "10:27"


def test_one_that_sleeps_and_stays_goes_on_sleeping() -> None:
    story = leaving(Story.asleep_since("09:00"), "10:00")
    story.memory = phases.stay(story.remembered, at("10:20"))
    assert story.tick("10:21").reason is Reason.ASLEEP
    assert story.remembered.stopped == at("09:00")
