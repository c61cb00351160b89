"""A service whose mode is ``act`` no more gets back what this module took from it, once, and is then left to itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, Stop
from scale_to_zero.rules.taking_back import something_is_owed
from tests.service_states import a_wake
from tests.unit.timeline import NOT_READY, Story, a_service, a_service_woken_by_requests, at

NO_LONGER_ACT = pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])


def accepted(story: Story, clock: str) -> None:
    """ECS has accepted the count of the newest wake."""
    story.save_state(wake=a_wake(accepted=at(clock)))


@NO_LONGER_ACT
def test_what_this_module_stopped_is_restored_with_the_count_it_had(mode: Mode) -> None:
    story = Story.asleep_since("09:00", service=a_service(mode=mode)).save_state(restore=3)
    decision = story.tick("10:00")
    assert (decision.action, decision.reason, decision.desired) == (Action.WAKE, Reason.RELEASED, 3)
    assert (story.phase, story.saved_state.stopped) == (Phase.WAKING, at("09:00"))


@NO_LONGER_ACT
def test_it_is_restored_until_ecs_accepts_the_count(mode: Mode) -> None:
    story = Story.asleep_since("09:00", service=a_service(mode=mode))
    for clock in ("10:00", "10:01", "10:02"):
        assert story.tick(clock).desired == 1
        story.set_in_ecs(0)


@NO_LONGER_ACT
def test_it_stays_stopped_if_it_is_stopped_by_hand_after_that(mode: Mode) -> None:
    story = Story.asleep_since("09:00", service=a_service(mode=mode))
    story.tick("10:00")
    accepted(story, "10:00")
    assert story.tick("10:01").reason is Reason.RELEASED
    assert (story.phase, story.saved_state.stopped) == (Phase.AWAKE, None)
    story.set_in_ecs(0)
    assert {decision.desired for decision in story.ticks("10:02", "10:10")} == {None}


@NO_LONGER_ACT
def test_the_count_from_before_its_stop_that_ecs_still_shows_does_not_count(mode: Mode) -> None:
    story = Story.asleep_since("09:59", service=a_service(mode=mode)).set_in_ecs(2)
    decision = story.tick("10:00")
    assert (decision.action, decision.desired, story.phase) == (Action.WAKE, 2, Phase.WAKING)
    assert story.tick("10:01").action is Action.WAKE


@NO_LONGER_ACT
def test_nothing_is_started_while_its_stop_may_still_be_under_way(mode: Mode) -> None:
    story = Story.asleep_since("09:59", service=a_service(mode=mode)).save_state(stop=Stop(at("10:01")))
    assert story.tick("10:00").reason is Reason.STOP_UNDER_WAY
    assert story.tick("10:01").action is Action.WAKE


@NO_LONGER_ACT
def test_a_wake_that_was_under_way_is_no_longer_waited_for(mode: Mode) -> None:
    story = Story.waking_since("10:00", readiness=NOT_READY)
    accepted(story, "10:00")
    story.service = a_service(mode=mode)
    assert story.tick("10:01").reason is Reason.RELEASED
    assert story.phase is Phase.AWAKE


@NO_LONGER_ACT
def test_what_was_stopped_by_hand_stays_as_it_is(mode: Mode) -> None:
    story = Story.asleep_since("09:00", service=a_service(mode=mode)).save_state(stopped=None)
    assert {(d.desired, d.memory) for d in story.ticks("10:00", "10:10")} == {(None, None)}


@NO_LONGER_ACT
def test_requests_are_routed_to_a_draining_service_which_is_then_skipped(mode: Mode) -> None:
    story = Story.draining_since_six_past_ten()
    story.service = a_service_woken_by_requests(mode=mode)
    assert story.tick("10:07").desired is None
    assert (story.phase, story.armed) == (Phase.AWAKE, False)


@NO_LONGER_ACT
def test_a_wake_that_ecs_had_accepted_and_that_was_stopped_by_hand_is_begun_again(mode: Mode) -> None:
    story = Story.waking_since("10:00", readiness=NOT_READY)
    accepted(story, "10:00:05")
    story.service = a_service(mode=mode)
    story.set_in_ecs(0)
    decision = story.tick("10:01")
    assert (decision.action, decision.reason, decision.desired) == (Action.WAKE, Reason.RELEASED, 1)


def test_one_that_is_skipped_has_the_count_that_it_runs_with() -> None:
    story = Story.draining_since_six_past_ten()
    story.service = a_service_woken_by_requests(mode=Mode.OFF)
    story.set_in_ecs(3).tick("10:07")
    assert story.saved_state.restore == 3


def test_one_in_dry_run_mode_begins_no_wake_unless_this_module_must_restore_it() -> None:
    story = Story.waking_since("10:00").set_in_ecs(0).save_state(stopped=None)
    story.service = a_service(mode=Mode.OBSERVE)
    decision = story.tick("10:01")
    assert (decision.action, decision.reason, decision.desired) == (Action.REMEMBER, Reason.ONLY_OBSERVED, None)


def test_of_the_services_that_are_off_only_those_that_must_be_restored_are_observed() -> None:
    off, memory = a_service(mode=Mode.OFF), Story.asleep_since("09:00").saved_state
    assert something_is_owed(off, memory)
    assert not something_is_owed(off, replace(memory, stopped=None))
    assert not something_is_owed(off, replace(memory, phase=Phase.AWAKE))
    assert something_is_owed(a_service_woken_by_requests(mode=Mode.OFF), replace(memory, phase=Phase.AWAKE))
