"""A wake that fails is told in ECS's own words, ends when nobody asks any more, and is not begun again too soon."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Snapshot, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.decide_wake import decide_wake
from scale_to_zero.rules.wake_times import back_off
from scale_to_zero.rules.waking import LONGEST_FAILURE
from tests.service_states import cause_of, retry_at_of, wake_of
from tests.unit.timeline import NOT_READY, READY, Story, a_service_woken_by_requests, at

NO_IMAGE = "CannotPullContainerError: pull image manifest has been retried 7 time(s)"
NO_PLACE = "(service web) was unable to place a task."


def a_wake_that_fails(**parts: object) -> Story:
    """Begun at ten, past its deadline at five past, and of no use to anybody."""
    parts = {"service": a_service_woken_by_requests(), "readiness": NOT_READY, **parts}
    return Story.waking_since("10:00", **parts)


def fail_and_give_up(story: Story) -> None:
    """One more wake, begun on the hour, that nobody waits for."""
    hour = 10 + story.remembered.failures
    if story.phase is not Phase.WAKING:
        story.ask_to_wake(f"{hour}:00")
    assert story.stopped_at(f"{hour}:01", f"{hour}:59") == f"{hour}:10"


def test_until_its_deadline_a_wake_has_not_failed() -> None:
    story = a_wake_that_fails()
    assert {decision.reason for decision in story.ticks("10:01", "10:04")} == {Reason.WAKING}
    assert story.tick("10:05").reason is Reason.WAKE_FAILED


def test_a_failed_wake_is_told_once_and_then_goes_on_with_a_warning() -> None:
    story = a_wake_that_fails()
    actions = [decision.action for decision in story.ticks("10:05", "10:09")]
    assert actions == [Action.REMEMBER, *[Action.STAY] * 4]
    assert (story.phase, story.remembered.failed, story.armed) == (Phase.WAKING, True, True)


def test_why_its_tasks_stopped_is_told_and_remembered_before_what_else_ecs_says() -> None:
    story = a_wake_that_fails(stop_reasons=(NO_IMAGE, "exit code 1"))
    story.observed(newest_event=NO_PLACE, newest_event_at=at("10:02"))
    decision = story.tick("10:05")
    assert cause_of(story.remembered) == f"{NO_IMAGE}; exit code 1; {NO_PLACE}"
    assert cause_of(story.remembered) in decision.sentence


def test_an_event_tells_why_where_the_stopped_tasks_cannot_be_seen() -> None:
    story = a_wake_that_fails(stop_reasons=Unknown("throttled"))
    story.observed(newest_event=NO_PLACE, newest_event_at=at("10:02")).tick("10:05")
    assert cause_of(story.remembered) == NO_PLACE


def test_where_ecs_says_nothing_what_it_still_waits_for_is_remembered() -> None:
    story = a_wake_that_fails()
    story.tick("10:05")
    assert cause_of(story.remembered) == "it still waits for a healthy target"


def test_a_talkative_failure_is_cut_short() -> None:
    story = a_wake_that_fails(stop_reasons=(NO_IMAGE * 100,))
    story.tick("10:05")
    assert len(cause_of(story.remembered)) == LONGEST_FAILURE


def test_why_tasks_stopped_is_not_asked_before_a_wake_has_failed_nor_again() -> None:
    story = a_wake_that_fails(stop_reasons=("first",))
    story.ticks("10:01", "10:05")
    story.stop_reasons = ("second",)
    story.ticks("10:06", "10:08")
    assert cause_of(story.remembered) == "first"


def test_a_wake_counts_as_failed_once_however_long_it_goes_on() -> None:
    story = a_wake_that_fails()
    story.ticks("10:01", "10:04")
    assert story.remembered.failures == 0
    story.ticks("10:05", "10:09")
    assert story.remembered.failures == 1


def test_nobody_asks_any_more_and_it_goes_back_to_zero_idle_minutes_after_its_deadline() -> None:
    story = a_wake_that_fails()
    story.ticks("10:01", "10:09")
    decision = story.tick("10:10")
    assert (decision.action, decision.reason, decision.warning) == (Action.SLEEP, Reason.WAKE_GIVEN_UP, True)
    assert (story.phase, story.armed) == (Phase.ASLEEP, True)


def test_a_visitor_who_still_waits_keeps_it_trying() -> None:
    story = a_wake_that_fails()
    story.ticks("10:01", "10:06")
    story.visitor("10:08")
    assert story.stopped_at("10:09", "10:30") == "10:15"


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900), (50, 900), (100_000, 900)],
)
def test_each_failure_in_a_row_doubles_the_back_off_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert back_off(failures) == timedelta(seconds=seconds)


def test_the_back_off_begins_when_a_failed_wake_is_given_up_and_grows_with_the_next() -> None:
    story = a_wake_that_fails()
    fail_and_give_up(story)
    assert retry_at_of(story.remembered) == at("10:10:30")
    fail_and_give_up(story)
    assert retry_at_of(story.remembered) == at("11:11")
    fail_and_give_up(story)
    assert retry_at_of(story.remembered) == at("12:12")


def test_a_wake_ecs_never_accepts_fails_and_backs_off_too() -> None:
    story = a_wake_that_fails()
    for minute in range(1, 11):
        story.set_in_ecs(0)
        story.tick(f"10:{minute:02}")
    assert (story.phase, story.remembered.failures) == (Phase.ASLEEP, 1)
    assert cause_of(story.remembered) == "ECS was not brought to accept the count"
    assert retry_at_of(story.remembered) == at("10:10:30")


def test_a_held_service_that_ecs_refuses_to_start_is_asked_for_ever_more_rarely() -> None:
    story = a_wake_that_fails()
    story.hold("10:00:30", "18:00")
    for minute in range(1, 11):
        story.set_in_ecs(0)
        story.tick(f"10:{minute:02}")
    assert (story.phase, retry_at_of(story.remembered)) == (Phase.WAKING, at("10:10:30"))
    for clock, retry_at in [("10:11", "10:12"), ("10:12", "10:14")]:
        story.set_in_ecs(0)
        assert story.tick(clock).reason is Reason.WAKE_UNFINISHED
        assert retry_at_of(story.remembered) == at(retry_at)
    story.set_in_ecs(0)
    assert "it is held, and ECS is asked again at 10:14:00" in story.tick("10:13").sentence


def test_while_it_sleeps_after_a_failure_the_page_can_still_say_why() -> None:
    story = a_wake_that_fails(stop_reasons=(NO_IMAGE,))
    fail_and_give_up(story)
    assert cause_of(story.remembered) == NO_IMAGE


def test_who_asks_by_hand_need_not_wait_for_the_back_off() -> None:
    story = a_wake_that_fails()
    fail_and_give_up(story)
    assert story.ask_to_wake("10:10:05").action is Action.WAKE
    assert (retry_at_of(story.remembered), cause_of(story.remembered), story.remembered.failures) == (None, "", 1)


def test_a_wake_that_succeeds_begins_the_count_anew() -> None:
    story = a_wake_that_fails()
    fail_and_give_up(story)
    story.readiness = READY
    story.ask_to_wake("11:00")
    story.tick("11:01")
    assert (story.phase, story.remembered.failures, cause_of(story.remembered)) == (Phase.AWAKE, 0, "")


def test_a_failed_wake_that_is_ready_after_all_was_none() -> None:
    story = a_wake_that_fails(stop_reasons=(NO_IMAGE,))
    story.ticks("10:01", "10:06")
    story.readiness = READY
    story.tick("10:07")
    assert (story.phase, story.armed) == (Phase.AWAKE, False)
    assert (story.remembered.failed, story.remembered.failures, cause_of(story.remembered)) == (False, 0, "")


def test_a_failed_wake_stopped_in_ecs_begins_anew_when_somebody_asks_though_ecs_is_not_asked_yet() -> None:
    story = a_wake_that_fails()
    story.remember(wake=replace(wake_of(story.remembered), accepted=at("10:00:01"))).ticks("10:01", "10:06")
    story.set_in_ecs(0)
    seen = Snapshot(story.service, story.facts, story.remembered, scalable_target=False)
    decision = decide_wake(seen, at("10:06:20"))
    assert (decision.action, decision.desired, decision.reason) == (Action.WAKE, 1, Reason.WAKE_UNFINISHED)
    assert decision.memory is not None
    # Its run waits for its turn, and the tick is sooner.
    story.memory = decision.memory
    wake = wake_of(story.remembered)
    assert (wake.asked, wake.failed, story.remembered.failures) == (at("10:00"), False, 1)
    assert story.tick("10:07").action is Action.WAKE
    assert story.phase is Phase.WAKING
