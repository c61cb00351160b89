"""After a stop that ECS refuses, the service state is as before, except for what other runs wrote meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from scale_to_zero.actions.notification_texts import message
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, Leaving, Phase, ServiceState, Stop, TimeAsleep
from scale_to_zero.rules import phases
from scale_to_zero.rules.phase_changes import with_change
from scale_to_zero.rules.refused_stops import stop_refused
from tests.service_states import retry_at_of
from tests.unit.rules.test_what_is_cleared import EVERYTHING, NOW, without_fields
from tests.unit.timeline import NOT_READY, READY, Timeline, a_service, a_service_woken_by_requests, at

REFUSAL = "ecs:UpdateService of web to 0 tasks failed: AccessDeniedException: no; allow ecs:UpdateService"
LATER = at("10:00:05")


def stop_begun(before: ServiceState) -> ServiceState:
    """Return the service state in the table while the stop is under way."""
    asleep = replace(phases.fall_asleep(before, NOW, stopped=NOW), last_activity=at("09:30"))
    begun = with_change(before, asleep, Reason.IDLE, NOW)
    return replace(begun, version=before.version + 1, stop=Stop(at("10:01:05")))


def undone(before: ServiceState, **meanwhile: object) -> ServiceState:
    """Return the service state after a refused stop; other runs wrote ``meanwhile`` during the stop."""
    stored = replace(stop_begun(before), **meanwhile)  # type: ignore[arg-type]
    decision = stop_refused(a_service(), before, stored, REFUSAL, LATER)
    assert (decision.action, decision.reason, decision.warning) == (Action.SAVE_STATE, Reason.STOP_REFUSED, True)
    assert decision.sentence == f"web keeps running, because it could not be stopped: {REFUSAL}"
    assert decision.desired is None
    assert decision.state is not None
    return decision.state


BEFORE = replace(without_fields(EVERYTHING, "stop", "backoff", "hold", "leaving"), notified=6)
"""It has a request to sleep, which is removed in every case."""


@pytest.mark.parametrize("phase", [Phase.AWAKE, Phase.WAKING])
def test_the_service_state_is_as_before_except_for_the_version_and_the_newest_activity(phase: Phase) -> None:
    before = replace(BEFORE, phase=phase)
    assert undone(before) == replace(before, version=8, last_activity=at("09:30"), sleep_requested=None)


def test_a_service_that_drained_is_awake_and_its_idle_window_begins_again() -> None:
    after = undone(BEFORE)
    changed = replace(BEFORE, phase=Phase.AWAKE, since=LATER, version=8, last_activity=at("09:30"))
    assert replace(after, changes=()) == replace(without_fields(changed, "armed", "sleep_requested"), changes=())
    change = after.changes[-1]
    assert (change.version, change.before, change.after) == (9, Phase.DRAINING, Phase.AWAKE)
    assert (change.reason, change.at) == (Reason.STOP_REFUSED, LATER)
    assert message("web", change, "en") == "web stays awake: it could not be stopped."


def test_the_refused_sleep_is_not_a_change_that_is_notified() -> None:
    for phase in (Phase.AWAKE, Phase.DRAINING, Phase.WAKING):
        changes = undone(replace(BEFORE, phase=phase, changes=(), notified=0)).changes
        assert Phase.ASLEEP not in {change.after for change in changes}


def test_changes_that_were_not_notified_yet_are_still_notified() -> None:
    before = replace(BEFORE, notified=5)
    assert undone(before).changes[0] == before.changes[0]
    assert len(undone(before, notified=6).changes) == 1


def test_a_wake_that_was_requested_meanwhile_is_kept() -> None:
    requested = at("10:00:03")
    for phase, then in ((Phase.AWAKE, Phase.AWAKE), (Phase.DRAINING, Phase.AWAKE), (Phase.WAKING, Phase.WAKING)):
        after = undone(replace(BEFORE, phase=phase), stop=Stop(at("10:01:05"), requested))
        assert (after.phase, after.requested_at, after.wake_requested) == (then, requested, None)


def test_a_hold_that_was_placed_meanwhile_is_kept() -> None:
    hold = Hold(at("12:00"), "demo")
    assert undone(BEFORE, hold=hold).hold == hold


def test_a_service_that_began_to_leave_meanwhile_still_leaves() -> None:
    leaving = Leaving(at("10:00:03"))
    assert undone(BEFORE, leaving=leaving).leaving == leaving


def test_records_that_watchers_and_other_ticks_made_meanwhile_are_kept() -> None:
    later = {"last_activity": at("10:00:02"), "watcher_expected_until": at("10:00:20"), "watcher_until": at("10:00:30")}
    after = undone(replace(BEFORE, phase=Phase.AWAKE), **later)
    running = replace(BEFORE, phase=Phase.AWAKE, version=8, sleep_requested=None)
    assert after == replace(running, **later)  # type: ignore[arg-type]


def test_a_refused_stop_adds_no_time_asleep() -> None:
    slept = TimeAsleep(date(2026, 3, 1), timedelta(hours=1), timedelta(hours=2))
    assert (undone(BEFORE).time_asleep, undone(BEFORE).awake_since) == (slept, at("08:15"))


def refused(timeline: Timeline, clock: str) -> Decision:
    """Run a tick that decides to stop the service, which ECS refuses."""
    before = timeline.saved_state
    decision = timeline.tick(clock)
    assert decision.action is Action.SLEEP, decision.sentence
    timeline.set_in_ecs(1)
    return timeline.carry_out(stop_refused(timeline.service, before, timeline.saved_state, REFUSAL, at(clock)), clock)


def test_the_rules_are_disarmed_and_the_service_drains_again_after_a_whole_idle_window() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.ticks("10:07", "10:08")
    assert refused(timeline, "10:09").reason is Reason.STOP_REFUSED
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)
    assert timeline.first(Action.DRAIN, "10:10", "10:30") == "10:14"


def test_every_tick_retries_the_stop_of_a_service_without_wake_rules() -> None:
    timeline = Timeline.awake_since("10:00")
    timeline.ticks("10:01", "10:06")
    for minute in range(7, 30):
        refused(timeline, f"10:{minute:02}")
        assert (timeline.phase, timeline.saved_state.since) == (Phase.AWAKE, at("10:00"))
    assert timeline.stopped_at("10:30", "10:31") == "10:30"


def test_a_failed_wake_goes_on_after_a_refused_stop_and_becomes_ready() -> None:
    timeline = Timeline.waking_since("10:00", service=a_service_woken_by_requests(), readiness=NOT_READY)
    timeline.ticks("10:01", "10:09")
    refused(timeline, "10:10")
    assert (timeline.phase, timeline.armed, timeline.saved_state.failed) == (Phase.WAKING, True, True)
    assert (timeline.saved_state.failures, retry_at_of(timeline.saved_state)) == (1, None)
    timeline.readiness = READY
    timeline.tick("10:11")
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)


def test_a_request_to_sleep_is_over_when_ecs_refuses_the_stop() -> None:
    timeline = Timeline.awake_since("09:00").request("09:59:30")
    timeline.request_sleep("10:00")
    refused(timeline, "10:00:40")
    assert timeline.saved_state.sleep_requested is None
    assert timeline.tick("10:01:40").reason is Reason.IN_USE


def test_a_waking_service_becomes_ready_after_ecs_refused_a_requested_stop() -> None:
    timeline = Timeline.waking_since("10:00", readiness=READY)
    timeline.request_sleep("10:00:10")
    refused(timeline, "10:01")
    assert timeline.phase is Phase.WAKING
    assert timeline.tick("10:02").reason is Reason.READY


def test_visitors_can_wake_a_service_that_ecs_shows_at_zero_after_a_refused_stop() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.ticks("10:07", "10:08")
    refused(timeline, "10:09")
    timeline.set_in_ecs(0)
    assert timeline.tick("10:10").reason is Reason.STOPPED_ELSEWHERE
    decision = timeline.visitor("10:11")
    assert decision is not None
    assert decision.action is Action.WAKE
