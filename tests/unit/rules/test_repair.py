"""Whatever crashed or was done elsewhere, the next tick recognises it from the facts and completes it."""

from __future__ import annotations

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Missing, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Memory, Phase, Stop
from tests.unit.timeline import NOT_READY, Story, a_service, at, running_facts


def test_a_service_observed_for_the_first_time_gets_a_whole_idle_window() -> None:
    story = Story()
    decision = story.tick("10:00")
    assert decision.reason is Reason.FIRST_SEEN
    assert decision.sentence == "web is seen for the first time, awake; its idle window begins now"
    assert story.stopped_at("10:01", "10:30") == "10:07"


def test_a_service_first_observed_at_zero_is_asleep() -> None:
    story = Story(facts=running_facts(0))
    assert story.tick("10:00").sentence == "web is seen for the first time, asleep"
    assert story.tick("10:01").reason is Reason.ASLEEP


def test_a_crash_after_the_write_of_a_stop_leaves_it_running_one_idle_window_longer() -> None:
    story = Story.asleep_since("10:00", facts=running_facts(1)).save_state(stop=Stop(at("10:01")))
    assert story.tick("10:00:30").reason is Reason.STOP_UNDER_WAY
    assert story.tick("10:01").reason is Reason.READY
    assert story.stopped_at("10:02", "10:30") == "10:08"


def test_a_crash_after_the_stop_itself_only_ends_the_lease() -> None:
    story = Story.asleep_since("10:00").save_state(stop=Stop(at("10:01")))
    assert story.tick("10:01").reason is Reason.STOP_COMPLETED
    assert story.tick("10:02").reason is Reason.ASLEEP


def test_a_crash_after_the_write_of_a_wake_is_completed_by_calling_ecs() -> None:
    story = Story.waking_since("10:00").set_in_ecs(0)
    decision = story.tick("10:01")
    assert (decision.action, decision.reason, decision.desired) == (Action.WAKE, Reason.WAKE_UNFINISHED, 1)


def test_a_wake_ecs_never_accepts_is_failed_and_abandoned_without_touching_ecs() -> None:
    story = Story.waking_since("10:00")
    reasons = []
    for minute in range(1, 15):
        story.set_in_ecs(0)
        reasons.append(story.tick(f"10:{minute:02}").reason)
    assert reasons[3:5] == [Reason.WAKE_UNFINISHED, Reason.WAKE_FAILED]
    assert reasons[9] is Reason.WAKE_GIVEN_UP
    assert reasons[10] is Reason.ASLEEP


def test_a_wake_ecs_never_accepted_while_no_tick_ran_fails_before_it_is_abandoned() -> None:
    story = Story.waking_since("10:00").set_in_ecs(0)
    assert story.tick("12:00").reason is Reason.WAKE_FAILED
    decision = story.set_in_ecs(0).tick("12:01")
    assert (decision.reason, decision.warning, story.saved_state.failures) == (Reason.WAKE_GIVEN_UP, True, 1)


def test_a_repeated_request_for_a_wake_ecs_never_accepted_is_recorded() -> None:
    story = Story.waking_since("10:00").save_state(sleep_requested=at("10:01")).set_in_ecs(0)
    decision = story.request_wake("10:02")
    assert (decision.action, decision.reason) == (Action.WAKE, Reason.WAKE_UNFINISHED)
    saved = story.saved_state
    assert (saved.since, saved.asked, saved.sleep_requested) == (at("10:00"), at("10:02"), None)


def test_a_wake_ecs_never_accepts_goes_on_while_requests_arrive() -> None:
    story = Story.waking_since("10:00")
    reasons = {}
    for minute in range(1, 15):
        if minute == 7:
            story.request_wake("10:06:50")
        story.set_in_ecs(0)
        reasons[minute] = story.tick(f"10:{minute:02}").reason
    assert reasons[11] is Reason.WAKE_UNFINISHED
    assert reasons[12] is Reason.WAKE_GIVEN_UP


def test_the_ticks_complete_a_wake_that_crashed_after_ecs_accepted_it() -> None:
    story = Story.waking_since("10:00")
    assert story.tick("10:01").reason is Reason.READY


def test_after_a_lost_service_state_the_service_is_observed_afresh() -> None:
    story = Story.awake_since("08:00")
    story.memory = None
    story.tick("10:00")
    assert story.stopped_at("10:01", "10:30") == "10:07"


def test_a_service_started_by_hand_gets_the_whole_window_too() -> None:
    story = Story.asleep_since("09:00").set_in_ecs(1).observed(running=0)
    assert story.tick("10:00").reason is Reason.STARTED_ELSEWHERE
    story.set_in_ecs(1)
    assert story.tick("10:01").reason is Reason.READY
    assert story.stopped_at("10:02", "10:30") == "10:08"


def test_a_service_found_started_and_ready_is_awake_at_once() -> None:
    story = Story.asleep_since("09:00").set_in_ecs(1)
    decision = story.tick("10:00")
    assert (decision.reason, decision.sentence) == (Reason.READY, "web is awake: somebody started it in ECS")
    assert story.saved_state.phase is Phase.AWAKE


def test_a_service_found_started_whose_readiness_cannot_be_observed_is_waking() -> None:
    story = Story.asleep_since("09:00").set_in_ecs(1)
    story.readiness = Unknown("throttled")
    assert story.tick("10:00").reason is Reason.STARTED_ELSEWHERE
    assert story.saved_state.phase is Phase.WAKING


def test_a_start_by_hand_teaches_nothing_about_how_long_wakes_take() -> None:
    story = Story.asleep_since("09:00").set_in_ecs(1)
    story.ticks("10:00", "10:01")
    assert isinstance(story.memory, Memory)
    assert story.memory.usual_wake is None


def test_a_service_stopped_by_hand_is_asleep_and_its_count_is_recorded() -> None:
    story = Story.awake_since("09:00").set_in_ecs(3)
    story.tick("09:01")
    story.set_in_ecs(0)
    assert story.tick("09:02").reason is Reason.STOPPED_ELSEWHERE
    assert story.request_wake("09:30").desired == 3


def test_a_start_by_hand_that_is_undone_by_hand_is_not_started_again() -> None:
    story = Story.asleep_since("09:00", readiness=NOT_READY).set_in_ecs(1)
    story.tick("10:00")
    story.set_in_ecs(0)
    assert story.tick("10:01").reason is Reason.STOPPED_ELSEWHERE


def test_a_count_changed_by_hand_is_what_a_wake_restores() -> None:
    story = Story.awake_since("09:00")
    story.set_in_ecs(4)
    assert story.tick("09:01").reason is Reason.COUNT_CHANGED
    assert isinstance(story.memory, Memory)
    assert story.memory.restore == 4


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Unknown("throttled"), Reason.NOT_SEEN),
        (Missing("there is no such service"), Reason.SERVICE_MISSING),
        (running_facts(), None),
    ],
)
def test_what_cannot_be_managed_is_reported_and_skipped(facts: Missing | Unknown, reason: Reason | None) -> None:
    story = Story.awake_since("08:00", facts=facts)
    decision = story.tick("10:00")
    if reason is None:
        assert decision.action is Action.SLEEP
    else:
        assert (decision.action, decision.reason, decision.warning) == (Action.LEAVE_ALONE, reason, True)


def test_a_service_whose_state_cannot_be_read_is_reported_and_left_as_it_is() -> None:
    story = Story(memory=Unknown("its schema is newer"))
    decision = story.tick("10:00")
    assert (decision.action, decision.reason, decision.warning) == (Action.LEAVE_ALONE, Reason.MEMORY_UNREADABLE, True)
    assert story.request_wake("10:00").reason is Reason.MEMORY_UNREADABLE


def test_a_service_stopped_by_hand_is_not_recorded_as_stopped_by_this_module() -> None:
    story = Story.awake_since("09:00").save_state(stopped=at("08:00")).set_in_ecs(0)
    story.tick("09:02")
    assert isinstance(story.memory, Memory)
    assert story.memory.stopped is None


@pytest.mark.parametrize("status", ["DRAINING", "INACTIVE"])
def test_a_service_that_is_not_active_is_reported_and_skipped(status: str) -> None:
    story = Story.awake_since("08:00").observed(status=status)
    assert story.tick("10:00").reason is Reason.SERVICE_NOT_ACTIVE


def test_a_daemon_is_reported_and_skipped() -> None:
    story = Story.awake_since("08:00").observed(scheduling_strategy="DAEMON")
    assert story.tick("10:00").reason is Reason.DAEMON


def test_a_service_whose_mode_is_off_is_skipped() -> None:
    story = Story.awake_since("08:00", service=a_service(mode=Mode.OFF))
    decision = story.tick("10:00")
    assert (decision.action, decision.reason, decision.warning) == (Action.LEAVE_ALONE, Reason.OFF, False)


def test_a_service_in_dry_run_mode_is_reported_once_and_never_stopped() -> None:
    story = Story.awake_since("09:00", service=a_service(mode=Mode.OBSERVE))
    decisions = story.ticks("09:05", "10:00")
    assert [d.reason for d in decisions if d.action is Action.REMEMBER] == [Reason.WOULD_SLEEP]
    assert Action.SLEEP not in {d.action for d in decisions}
    assert isinstance(story.memory, Memory)
    assert story.memory.phase is Phase.AWAKE


def test_a_service_in_dry_run_mode_that_would_sleep_would_wake_with_the_next_request() -> None:
    story = Story.awake_since("09:00", service=a_service(mode=Mode.OBSERVE))
    story.ticks("09:05", "10:00")
    story.request("10:00:30")
    decision = story.tick("10:03")
    assert decision.reason is Reason.WOULD_WAKE
    assert decision.sentence == "web would wake after 56 minutes asleep; it is only observed"
    assert story.tick("10:04").reason is Reason.RECENTLY_ACTIVE
    assert isinstance(story.memory, Memory)
    assert story.memory.would_sleep_since is None
