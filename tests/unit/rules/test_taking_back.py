"""A service whose mode is no longer ``act`` gets its count and its routing back once. After that, it is skipped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, Stop
from scale_to_zero.rules.taking_back import has_something_to_undo
from tests.service_states import a_wake
from tests.unit.timeline import NOT_READY, Timeline, a_service, a_service_woken_by_requests, at

NO_LONGER_ACT = pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])


def accepted(timeline: Timeline, clock: str) -> None:
    """Record that ECS has accepted the count of the newest wake."""
    timeline.save_state(wake=a_wake(accepted=at(clock)))


@NO_LONGER_ACT
def test_a_service_that_this_module_stopped_is_restored_with_its_earlier_count(mode: Mode) -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service(mode=mode)).save_state(restore=3)
    decision = timeline.tick("10:00")
    assert (decision.action, decision.reason, decision.desired) == (Action.WAKE, Reason.NO_LONGER_MANAGED, 3)
    assert (timeline.phase, timeline.saved_state.stopped) == (Phase.WAKING, at("09:00"))


@NO_LONGER_ACT
def test_every_tick_restores_the_count_until_ecs_accepts_it(mode: Mode) -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service(mode=mode))
    for clock in ("10:00", "10:01", "10:02"):
        assert timeline.tick(clock).desired == 1
        timeline.set_in_ecs(0)


@NO_LONGER_ACT
def test_a_restored_service_that_is_then_stopped_by_hand_stays_stopped(mode: Mode) -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service(mode=mode))
    timeline.tick("10:00")
    accepted(timeline, "10:00")
    assert timeline.tick("10:01").reason is Reason.NO_LONGER_MANAGED
    assert (timeline.phase, timeline.saved_state.stopped) == (Phase.AWAKE, None)
    timeline.set_in_ecs(0)
    assert {decision.desired for decision in timeline.ticks("10:02", "10:10")} == {None}


@NO_LONGER_ACT
def test_a_count_from_before_the_stop_that_ecs_still_shows_is_ignored(mode: Mode) -> None:
    timeline = Timeline.asleep_since("09:59", service=a_service(mode=mode)).set_in_ecs(2)
    decision = timeline.tick("10:00")
    assert (decision.action, decision.desired, timeline.phase) == (Action.WAKE, 2, Phase.WAKING)
    assert timeline.tick("10:01").action is Action.WAKE


@NO_LONGER_ACT
def test_a_service_is_not_started_while_its_stop_may_still_be_under_way(mode: Mode) -> None:
    timeline = Timeline.asleep_since("09:59", service=a_service(mode=mode)).save_state(stop=Stop(at("10:01")))
    assert timeline.tick("10:00").reason is Reason.STOP_UNDER_WAY
    assert timeline.tick("10:01").action is Action.WAKE


@NO_LONGER_ACT
def test_a_wake_that_was_under_way_is_no_longer_waited_for(mode: Mode) -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    accepted(timeline, "10:00")
    timeline.service = a_service(mode=mode)
    assert timeline.tick("10:01").reason is Reason.NO_LONGER_MANAGED
    assert timeline.phase is Phase.AWAKE


@NO_LONGER_ACT
def test_a_service_that_was_stopped_by_hand_is_not_changed(mode: Mode) -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service(mode=mode)).save_state(stopped=None)
    assert {(d.desired, d.state) for d in timeline.ticks("10:00", "10:10")} == {(None, None)}


@NO_LONGER_ACT
def test_requests_are_routed_to_a_draining_service_which_is_then_skipped(mode: Mode) -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.service = a_service_woken_by_requests(mode=mode)
    assert timeline.tick("10:07").desired is None
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)


@NO_LONGER_ACT
def test_a_wake_that_ecs_had_accepted_and_that_was_stopped_by_hand_begins_again(mode: Mode) -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    accepted(timeline, "10:00:05")
    timeline.service = a_service(mode=mode)
    timeline.set_in_ecs(0)
    decision = timeline.tick("10:01")
    assert (decision.action, decision.reason, decision.desired) == (Action.WAKE, Reason.NO_LONGER_MANAGED, 1)


def test_the_state_of_a_skipped_service_has_its_current_count() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.service = a_service_woken_by_requests(mode=Mode.OFF)
    timeline.set_in_ecs(3).tick("10:07")
    assert timeline.saved_state.restore == 3


def test_a_service_in_dry_run_mode_that_need_not_be_restored_begins_no_wake() -> None:
    timeline = Timeline.waking_since("10:00").set_in_ecs(0).save_state(stopped=None)
    timeline.service = a_service(mode=Mode.DRY_RUN)
    decision = timeline.tick("10:01")
    assert (decision.action, decision.reason, decision.desired) == (Action.SAVE_STATE, Reason.DRY_RUN, None)


def test_a_service_in_mode_off_is_observed_only_if_it_must_be_restored() -> None:
    off, state = a_service(mode=Mode.OFF), Timeline.asleep_since("09:00").saved_state
    assert has_something_to_undo(off, state)
    assert not has_something_to_undo(off, replace(state, stopped=None))
    assert not has_something_to_undo(off, replace(state, phase=Phase.AWAKE))
    assert has_something_to_undo(a_service_woken_by_requests(mode=Mode.OFF), replace(state, phase=Phase.AWAKE))
