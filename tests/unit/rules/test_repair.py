"""After a crash or a change made elsewhere, the next tick finds out from the facts what is left to do, and does it."""

from __future__ import annotations

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Missing, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState, Stop
from tests.unit.timeline import NOT_READY, Timeline, a_service, at, running_facts


def test_a_service_observed_for_the_first_time_gets_a_whole_idle_window() -> None:
    timeline = Timeline()
    decision = timeline.tick("10:00")
    assert decision.reason is Reason.FIRST_SEEN
    assert decision.sentence == "web is seen for the first time, and is awake; its idle window begins now"
    assert timeline.stopped_at("10:01", "10:30") == "10:07"


def test_a_service_first_observed_at_zero_is_asleep() -> None:
    timeline = Timeline(facts=running_facts(0))
    assert timeline.tick("10:00").sentence == "web is seen for the first time, and is asleep"
    assert timeline.tick("10:01").reason is Reason.ASLEEP


def test_a_crash_after_the_write_of_a_stop_leaves_the_service_running_one_idle_window_longer() -> None:
    timeline = Timeline.asleep_since("10:00", facts=running_facts(1)).save_state(stop=Stop(at("10:01")))
    assert timeline.tick("10:00:30").reason is Reason.STOP_UNDER_WAY
    assert timeline.tick("10:01").reason is Reason.READY
    assert timeline.stopped_at("10:02", "10:30") == "10:08"


def test_a_tick_only_ends_the_lease_after_a_crash_that_followed_the_stop() -> None:
    timeline = Timeline.asleep_since("10:00").save_state(stop=Stop(at("10:01")))
    assert timeline.tick("10:01").reason is Reason.STOP_COMPLETED
    assert timeline.tick("10:02").reason is Reason.ASLEEP


def test_a_wake_that_crashed_after_its_write_is_completed_by_calling_ecs() -> None:
    timeline = Timeline.waking_since("10:00").set_in_ecs(0)
    decision = timeline.tick("10:01")
    assert (decision.action, decision.reason, decision.desired) == (Action.WAKE, Reason.WAKE_UNFINISHED, 1)


def test_a_wake_that_ecs_never_accepts_fails_and_is_abandoned() -> None:
    timeline = Timeline.waking_since("10:00")
    reasons = []
    for minute in range(1, 15):
        timeline.set_in_ecs(0)
        reasons.append(timeline.tick(f"10:{minute:02}").reason)
    assert reasons[3:5] == [Reason.WAKE_UNFINISHED, Reason.WAKE_FAILED]
    assert reasons[9] is Reason.WAKE_ABANDONED
    assert reasons[10] is Reason.ASLEEP


def test_a_wake_that_ecs_never_accepted_while_no_tick_ran_fails_before_it_is_abandoned() -> None:
    timeline = Timeline.waking_since("10:00").set_in_ecs(0)
    assert timeline.tick("12:00").reason is Reason.WAKE_FAILED
    decision = timeline.set_in_ecs(0).tick("12:01")
    assert (decision.reason, decision.warning, timeline.saved_state.failures) == (Reason.WAKE_ABANDONED, True, 1)


def test_a_repeated_request_for_a_wake_that_ecs_never_accepted_is_recorded() -> None:
    timeline = Timeline.waking_since("10:00").save_state(sleep_requested=at("10:01")).set_in_ecs(0)
    decision = timeline.request_wake("10:02")
    assert (decision.action, decision.reason) == (Action.WAKE, Reason.WAKE_UNFINISHED)
    saved = timeline.saved_state
    assert (saved.since, saved.requested_at, saved.sleep_requested) == (at("10:00"), at("10:02"), None)


def test_a_wake_that_ecs_never_accepts_goes_on_while_requests_arrive() -> None:
    timeline = Timeline.waking_since("10:00")
    reasons = {}
    for minute in range(1, 15):
        if minute == 7:
            timeline.request_wake("10:06:50")
        timeline.set_in_ecs(0)
        reasons[minute] = timeline.tick(f"10:{minute:02}").reason
    assert reasons[11] is Reason.WAKE_UNFINISHED
    assert reasons[12] is Reason.WAKE_ABANDONED


def test_the_ticks_complete_a_wake_that_crashed_after_ecs_accepted_it() -> None:
    timeline = Timeline.waking_since("10:00")
    assert timeline.tick("10:01").reason is Reason.READY


def test_a_service_whose_state_was_lost_gets_a_whole_idle_window() -> None:
    timeline = Timeline.awake_since("08:00")
    timeline.state = None
    timeline.tick("10:00")
    assert timeline.stopped_at("10:01", "10:30") == "10:07"


def test_a_service_started_by_hand_gets_a_whole_idle_window() -> None:
    timeline = Timeline.asleep_since("09:00").set_in_ecs(1).observed(running=0)
    assert timeline.tick("10:00").reason is Reason.STARTED_ELSEWHERE
    timeline.set_in_ecs(1)
    assert timeline.tick("10:01").reason is Reason.READY
    assert timeline.stopped_at("10:02", "10:30") == "10:08"


def test_a_service_found_started_and_ready_is_awake_at_once() -> None:
    timeline = Timeline.asleep_since("09:00").set_in_ecs(1)
    decision = timeline.tick("10:00")
    assert (decision.reason, decision.sentence) == (Reason.READY, "web is awake: it was started in ECS")
    assert timeline.saved_state.phase is Phase.AWAKE


def test_a_service_found_started_whose_readiness_cannot_be_observed_is_waking() -> None:
    timeline = Timeline.asleep_since("09:00").set_in_ecs(1)
    timeline.readiness = Unknown("throttled")
    assert timeline.tick("10:00").reason is Reason.STARTED_ELSEWHERE
    assert timeline.saved_state.phase is Phase.WAKING


def test_a_start_by_hand_does_not_change_the_usual_wake_time() -> None:
    timeline = Timeline.asleep_since("09:00").set_in_ecs(1)
    timeline.ticks("10:00", "10:01")
    assert isinstance(timeline.state, ServiceState)
    assert timeline.state.usual_wake is None


def test_a_service_stopped_by_hand_is_asleep_and_its_count_is_recorded() -> None:
    timeline = Timeline.awake_since("09:00").set_in_ecs(3)
    timeline.tick("09:01")
    timeline.set_in_ecs(0)
    assert timeline.tick("09:02").reason is Reason.STOPPED_ELSEWHERE
    assert timeline.request_wake("09:30").desired == 3


def test_a_service_that_was_started_and_stopped_by_hand_is_not_started_again() -> None:
    timeline = Timeline.asleep_since("09:00", readiness=NOT_READY).set_in_ecs(1)
    timeline.tick("10:00")
    timeline.set_in_ecs(0)
    assert timeline.tick("10:01").reason is Reason.STOPPED_ELSEWHERE


def test_a_count_that_was_changed_by_hand_is_restored_by_a_wake() -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.set_in_ecs(4)
    assert timeline.tick("09:01").reason is Reason.COUNT_CHANGED
    assert isinstance(timeline.state, ServiceState)
    assert timeline.state.restore == 4


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (Unknown("throttled"), Reason.NOT_SEEN),
        (Missing("there is no such service"), Reason.SERVICE_MISSING),
        (running_facts(), None),
    ],
)
def test_a_service_that_cannot_be_managed_is_reported_and_skipped(
    facts: Missing | Unknown, reason: Reason | None
) -> None:
    timeline = Timeline.awake_since("08:00", facts=facts)
    decision = timeline.tick("10:00")
    if reason is None:
        assert decision.action is Action.SLEEP
    else:
        assert (decision.action, decision.reason, decision.warning) == (Action.SKIP, reason, True)


def test_a_service_whose_state_cannot_be_read_is_reported_and_skipped() -> None:
    timeline = Timeline(state=Unknown("its schema is newer"))
    decision = timeline.tick("10:00")
    assert (decision.action, decision.reason, decision.warning) == (Action.SKIP, Reason.STATE_UNREADABLE, True)
    assert timeline.request_wake("10:00").reason is Reason.STATE_UNREADABLE


def test_a_service_stopped_by_hand_is_not_recorded_as_stopped_by_this_module() -> None:
    timeline = Timeline.awake_since("09:00").save_state(stopped=at("08:00")).set_in_ecs(0)
    timeline.tick("09:02")
    assert isinstance(timeline.state, ServiceState)
    assert timeline.state.stopped is None


@pytest.mark.parametrize("status", ["DRAINING", "INACTIVE"])
def test_a_service_that_is_not_active_is_reported_and_skipped(status: str) -> None:
    timeline = Timeline.awake_since("08:00").observed(status=status)
    assert timeline.tick("10:00").reason is Reason.SERVICE_NOT_ACTIVE


def test_a_daemon_is_reported_and_skipped() -> None:
    timeline = Timeline.awake_since("08:00").observed(scheduling_strategy="DAEMON")
    assert timeline.tick("10:00").reason is Reason.DAEMON


def test_a_service_whose_mode_is_off_is_skipped() -> None:
    timeline = Timeline.awake_since("08:00", service=a_service(mode=Mode.OFF))
    decision = timeline.tick("10:00")
    assert (decision.action, decision.reason, decision.warning) == (Action.SKIP, Reason.OFF, False)


def test_a_service_in_dry_run_mode_is_reported_once_and_never_stopped() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service(mode=Mode.DRY_RUN))
    decisions = timeline.ticks("09:05", "10:00")
    assert [d.reason for d in decisions if d.action is Action.SAVE_STATE] == [Reason.WOULD_SLEEP]
    assert Action.SLEEP not in {d.action for d in decisions}
    assert isinstance(timeline.state, ServiceState)
    assert timeline.state.phase is Phase.AWAKE


def test_a_service_in_dry_run_mode_that_would_sleep_would_wake_with_the_next_request() -> None:
    timeline = Timeline.awake_since("09:00", service=a_service(mode=Mode.DRY_RUN))
    timeline.ticks("09:05", "10:00")
    timeline.request("10:00:30")
    decision = timeline.tick("10:03")
    assert decision.reason is Reason.WOULD_WAKE
    assert decision.sentence == "web would wake after 56 minutes asleep, but its mode is dry_run"
    assert timeline.tick("10:04").reason is Reason.RECENTLY_ACTIVE
    assert isinstance(timeline.state, ServiceState)
    assert timeline.state.would_sleep_since is None
