"""A service that leaves the module accepts no commands, and runs when the destroy ends."""

from __future__ import annotations

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, Phase, Stop
from scale_to_zero.rules import phases
from scale_to_zero.rules.leaving import leaves, marked_as_left
from tests.unit.timeline import Timeline, a_service, a_service_woken_by_requests, at


def leaving(timeline: Timeline, clock: str) -> Timeline:
    """Begin the uninstall of the service."""
    timeline.state = phases.leave(timeline.saved_state, at(clock))
    return timeline


def left(timeline: Timeline, clock: str) -> Timeline:
    """Complete the uninstall of the service; its configuration still exists."""
    leaving(timeline, clock)
    timeline.state = marked_as_left(timeline.saved_state, at(clock))
    return timeline


def test_a_service_that_has_left_is_never_stopped() -> None:
    timeline = left(Timeline.awake_since("09:00"), "10:00")
    assert {(d.action, d.reason) for d in timeline.ticks("10:01", "18:00")} == {(Action.SKIP, Reason.LEAVING)}


def test_a_service_that_is_still_configured_an_hour_after_it_left_is_reported() -> None:
    timeline = left(Timeline.awake_since("09:00"), "10:00")
    assert not timeline.tick("10:59").warning
    decision = timeline.tick("11:00")
    assert decision.warning
    assert "terraform apply" in decision.sentence


def test_earlier_requests_are_cancelled_when_a_service_leaves() -> None:
    timeline = Timeline.awake_since("09:00").save_state(
        sleep_requested=at("10:00"), stop=Stop(at("10:00"), at("10:00"))
    )
    marked = leaving(timeline, "10:00").saved_state
    assert (marked.sleep_requested, marked.wake_requested) == (None, None)


def test_a_hold_counts_again_if_the_service_stays() -> None:
    timeline = leaving(Timeline.asleep_since("09:00").save_state(hold=Hold(at("12:00"))), "10:00").set_in_ecs(1)
    timeline.save_state(stopped=None).tick("10:01")
    timeline.state = phases.cancel_leaving(timeline.saved_state, at("10:05"))
    assert timeline.tick("10:30").reason is Reason.HELD


@pytest.mark.parametrize("facts", [None, Unknown("throttled")], ids=["ECS answers", "ECS does not answer"])
def test_every_request_for_a_leaving_service_is_refused(facts: Unknown | None) -> None:
    timeline = leaving(Timeline.awake_since("09:00"), "10:00")
    timeline.facts = facts or timeline.facts
    for refusal in (
        timeline.request_sleep("10:01", force=True),
        timeline.request_wake("10:01"),
        timeline.hold("10:01", "11:00"),
    ):
        assert (refusal.action, refusal.reason, refusal.state) == (Action.SKIP, Reason.LEAVING, None)
        assert "it has been leaving the module" in refusal.sentence


def test_the_ticks_restore_a_service_that_an_interrupted_destroy_did_not_restore() -> None:
    timeline = leaving(Timeline.asleep_since("09:00").save_state(restore=3), "10:00")
    decision = timeline.tick("10:01")
    assert (decision.action, decision.reason, decision.desired) == (Action.WAKE, Reason.NO_LONGER_MANAGED, 3)
    assert "it leaves the module" in decision.sentence


def test_the_ticks_start_a_leaving_service_that_was_stopped_by_hand() -> None:
    """Until now, its visitors could wake it."""
    timeline = leaving(Timeline.asleep_since("09:00").save_state(stopped=None), "10:00")
    assert timeline.tick("10:01").desired == 1


def test_a_leaving_service_in_dry_run_mode_that_was_stopped_by_hand_stays_stopped() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service(mode=Mode.DRY_RUN)).save_state(stopped=None)
    assert {d.desired for d in leaving(timeline, "10:00").ticks("10:01", "10:05")} == {None}


def test_visitors_are_routed_to_a_leaving_service_that_runs() -> None:
    """Its uninstall started it, and was interrupted before it recorded this."""
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests()).save_state(stopped=None)
    timeline.tick("09:59")
    assert timeline.armed
    leaving(timeline, "10:00").set_in_ecs(1).tick("10:01")
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)


def test_a_leaving_service_is_woken_after_a_stop_under_way() -> None:
    timeline = Timeline.asleep_since("09:59").save_state(stop=Stop(at("10:01:05")))
    leaving(timeline, "10:00")
    assert timeline.tick("10:01").reason is Reason.STOP_UNDER_WAY
    assert timeline.tick("10:02").action is Action.WAKE


def test_a_service_whose_uninstall_was_killed_is_managed_again_after_twenty_minutes() -> None:
    """Terraform still has its invocation, so the service stays in the module until Terraform runs again."""
    timeline = leaving(Timeline.awake_since("09:00"), "10:00")
    assert leaves(timeline.saved_state, at("10:19:59"))
    decision = timeline.tick("10:20")
    assert (decision.reason, decision.warning, timeline.saved_state.leaving) == (Reason.LEAVING, True, None)
    assert timeline.stopped_at("10:21", "10:40") == "10:27"


def test_a_service_that_stays_gets_its_whole_idle_window() -> None:
    timeline = leaving(Timeline.awake_since("09:00"), "10:00")
    timeline.state = phases.cancel_leaving(timeline.saved_state, at("10:20"))
    assert timeline.stopped_at("10:21", "10:40") == "10:27"


def test_a_sleeping_service_that_stays_is_still_asleep() -> None:
    timeline = leaving(Timeline.asleep_since("09:00"), "10:00")
    timeline.state = phases.cancel_leaving(timeline.saved_state, at("10:20"))
    assert timeline.tick("10:21").reason is Reason.ASLEEP
    assert timeline.saved_state.stopped == at("09:00")
