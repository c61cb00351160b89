"""Every change of phase of a service with wake rules, within one day."""

from __future__ import annotations

from scale_to_zero.model.decided import Action
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, Stop
from tests.unit.timeline import NOT_READY, READY, Timeline, a_service_woken_by_requests, at


def test_a_service_goes_to_zero_and_a_visitor_wakes_it_all_day_long() -> None:
    timeline = Timeline.awake_since("08:57", service=a_service_woken_by_requests())
    for hour in ("09", "10", "11"):
        timeline.visitor(f"{hour}:00:30")
        timeline.ticks(f"{hour}:01", f"{hour}:05")
        assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)
        assert timeline.first(Action.DRAIN, f"{hour}:06", f"{hour}:06") is not None
        assert (timeline.phase, timeline.armed) == (Phase.DRAINING, True)
        assert timeline.stopped_at(f"{hour}:07", f"{hour}:30") == f"{hour}:09"
        assert (timeline.phase, timeline.armed) == (Phase.ASLEEP, True)
        assert timeline.tick(f"{hour}:31").reason is Reason.ASLEEP
        timeline.readiness = NOT_READY
        woken = timeline.visitor(f"{hour}:58")
        assert woken is not None
        assert (woken.action, woken.desired) == (Action.WAKE, 1)
        timeline.tick(f"{hour}:58:30")
        assert (timeline.phase, timeline.armed) == (Phase.WAKING, True)
        timeline.readiness = READY
        timeline.tick(f"{hour}:59")
        assert (timeline.phase, timeline.armed, timeline.saved_state.since) == (Phase.AWAKE, False, at(f"{hour}:59"))


def test_a_service_started_in_ecs_is_waking_with_its_rules_armed_until_it_is_ready() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests(), readiness=NOT_READY).set_in_ecs(2)
    timeline.tick("10:00")
    assert (timeline.phase, timeline.armed) == (Phase.WAKING, True)
    timeline.readiness = READY
    timeline.tick("10:01")
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)


def test_a_service_observed_for_the_first_time_at_zero_is_armed_so_that_visitors_can_wake_it() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests())
    timeline.state = None
    timeline.tick("10:00")
    assert (timeline.phase, timeline.armed) == (Phase.ASLEEP, True)


def test_a_draining_service_whose_state_is_lost_becomes_awake_with_routing_restored() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.state = None
    timeline.tick("10:07")
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)


def test_a_visitor_during_the_stop_is_answered_by_the_wake_that_follows_it() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.ticks("10:07", "10:09")
    timeline.save_state(stop=Stop(at("10:10")))
    decision = timeline.visitor("10:09:20")
    assert decision is not None
    assert decision.reason is Reason.WAKE_WAITS_FOR_STOP
    assert timeline.tick("10:10").action is Action.WAKE
    assert timeline.armed
