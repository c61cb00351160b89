"""Every transition between the phases of a service with wake rules, as one day of it."""

from __future__ import annotations

from scale_to_zero.model.decided import Action
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, Stop
from tests.unit.timeline import NOT_READY, READY, Story, a_service_woken_by_requests, at


def test_a_service_goes_to_zero_and_a_visitor_wakes_it_all_day_long() -> None:
    story = Story.awake_since("08:57", service=a_service_woken_by_requests())
    for hour in ("09", "10", "11"):
        story.visitor(f"{hour}:00:30")
        story.ticks(f"{hour}:01", f"{hour}:05")
        assert (story.phase, story.armed) == (Phase.AWAKE, False)
        assert story.first(Action.DRAIN, f"{hour}:06", f"{hour}:06") is not None
        assert (story.phase, story.armed) == (Phase.DRAINING, True)
        assert story.stopped_at(f"{hour}:07", f"{hour}:30") == f"{hour}:09"
        assert (story.phase, story.armed) == (Phase.ASLEEP, True)
        assert story.tick(f"{hour}:31").reason is Reason.ASLEEP
        story.readiness = NOT_READY
        woken = story.visitor(f"{hour}:58")
        assert woken is not None
        assert (woken.action, woken.desired) == (Action.WAKE, 1)
        story.tick(f"{hour}:58:30")
        assert (story.phase, story.armed) == (Phase.WAKING, True)
        story.readiness = READY
        story.tick(f"{hour}:59")
        assert (story.phase, story.armed, story.saved_state.since) == (Phase.AWAKE, False, at(f"{hour}:59"))


def test_a_service_started_in_ecs_is_waking_with_its_rules_armed_until_it_is_ready() -> None:
    story = Story.asleep_since("09:00", service=a_service_woken_by_requests(), readiness=NOT_READY).set_in_ecs(2)
    story.tick("10:00")
    assert (story.phase, story.armed) == (Phase.WAKING, True)
    story.readiness = READY
    story.tick("10:01")
    assert (story.phase, story.armed) == (Phase.AWAKE, False)


def test_a_service_observed_for_the_first_time_at_zero_is_armed_so_that_visitors_can_wake_it() -> None:
    story = Story.asleep_since("09:00", service=a_service_woken_by_requests())
    story.memory = None
    story.tick("10:00")
    assert (story.phase, story.armed) == (Phase.ASLEEP, True)


def test_a_lost_state_of_a_draining_service_leaves_it_awake_with_routing_restored() -> None:
    story = Story.draining_since_six_past_ten()
    story.memory = None
    story.tick("10:07")
    assert (story.phase, story.armed) == (Phase.AWAKE, False)


def test_a_visitor_during_the_stop_is_answered_by_the_wake_that_follows_it() -> None:
    story = Story.draining_since_six_past_ten()
    story.ticks("10:07", "10:09")
    story.save_state(stop=Stop(at("10:10")))
    decision = story.visitor("10:09:20")
    assert decision is not None
    assert decision.reason is Reason.WAKE_WAITS_FOR_STOP
    assert story.tick("10:10").action is Action.WAKE
    assert story.armed
