"""Which changes of phase are recorded, and for which of them a run must send a notification."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scale_to_zero.actions.notifying import SavedState, due
from scale_to_zero.model.configured import Service
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange, ServiceState, Stop
from scale_to_zero.rules.phase_changes import MOST_CHANGES, with_change
from tests.service_states import a_wake
from tests.unit.timeline import NAME, NOT_READY, Timeline, a_service, a_service_woken_by_requests, at

SLEPT = PhaseChange(4, at("10:00"), Phase.AWAKE, Phase.ASLEEP, Reason.IDLE)
WOKE = PhaseChange(5, at("10:02"), Phase.ASLEEP, Phase.WAKING, Reason.WAKE_REQUESTED)
READY_AGAIN = PhaseChange(7, at("10:03"), Phase.WAKING, Phase.AWAKE, Reason.READY)
PLAIN, WITH_RULES = a_service(), a_service_woken_by_requests()


def versions(state: ServiceState, clock: str, read: int, service: Service = PLAIN) -> list[int]:
    """Return the versions of the changes that a run must notify at ``clock`` if it had read version ``read``."""
    return [change.version for change in due(SavedState(service, state, read), at(clock))]


def having(*changes: PhaseChange, **state: object) -> ServiceState:
    kept = ServiceState(NAME, changes[-1].after, since=changes[-1].at, version=changes[-1].version, changes=changes)
    return replace(kept, **state)  # type: ignore[arg-type]


# Which changes are due


def test_the_run_that_made_a_change_notifies_at_once() -> None:
    assert versions(having(SLEPT), "10:00", read=3) == [4]


@pytest.mark.parametrize(("clock", "expected"), [("10:00:59", []), ("10:01", [4])])
def test_other_runs_wait_a_minute_for_that_run(clock: str, expected: list[int]) -> None:
    assert versions(having(SLEPT), clock, read=4) == expected


def test_a_change_is_notified_once() -> None:
    assert versions(having(SLEPT, notified=4), "10:30", read=4) == []
    assert versions(having(SLEPT, WOKE, notified=4), "10:30", read=5) == [5]


def test_no_change_is_notified_before_an_earlier_change() -> None:
    assert versions(having(SLEPT, replace(WOKE, at=at("10:00:20"))), "10:00:20", read=4) == []
    assert versions(having(SLEPT, WOKE), "10:02", read=4) == [4, 5]


def test_a_stop_is_notified_when_it_is_done_and_not_while_it_can_still_fail() -> None:
    stopping = having(SLEPT, stop=Stop(at("10:01:05")))
    assert versions(stopping, "10:00", read=3) == []
    assert versions(stopping, "10:05", read=4) == [], "the tick that ends the lease finds out whether it happened"
    assert versions(replace(stopping, stop=None), "10:05", read=4) == [4]


def test_a_run_that_is_not_a_tick_notifies_only_its_own_changes() -> None:
    kept = SavedState(PLAIN, having(SLEPT), read=4)
    assert [change.version for change in due(kept, at("10:05"))] == [4]
    assert due(kept, at("10:05"), only_own=True) == []


def test_a_wake_is_over_when_routing_is_restored() -> None:
    awake = having(READY_AGAIN, wake=a_wake(healthy=at("10:03")))
    disarmed = replace(awake, routing_restored_at=at("10:03:02"))
    assert versions(awake, "10:03", read=6, service=WITH_RULES) == []
    assert versions(disarmed, "10:03:02", read=6, service=WITH_RULES) == [7]
    assert versions(awake, "10:03", read=6) == [7], "without wake rules, no routing has to be restored"
    assert versions(awake, "10:04", read=7, service=WITH_RULES) == [7], (
        "after a minute, the notification does not wait for the routing"
    )


def test_a_service_that_becomes_awake_while_it_drains_is_notified_without_waiting_for_routing() -> None:
    back = PhaseChange(6, at("10:03"), Phase.DRAINING, Phase.AWAKE, Reason.NEEDED_WHILE_DRAINING)
    assert versions(having(back), "10:03", read=5, service=WITH_RULES) == [6]


def test_a_wake_whose_service_sleeps_again_is_notified_though_routing_was_never_restored() -> None:
    asleep = PhaseChange(8, at("10:03:20"), Phase.AWAKE, Phase.ASLEEP, Reason.SLEEP_REQUESTED)
    assert versions(having(READY_AGAIN, asleep), "10:03:20", read=6, service=WITH_RULES) == [7, 8]


# Which changes are recorded


def test_a_change_has_the_version_that_is_written_with_it() -> None:
    timeline = Timeline.awake_since("09:00").save_state(version=6)
    timeline.request_sleep("10:00")
    timeline.tick("10:01")
    (change,) = timeline.saved_state.changes
    assert (change.version, timeline.saved_state.version) == (8, 8)
    assert (change.before, change.after, change.at) == (Phase.AWAKE, Phase.ASLEEP, at("10:01"))


def test_an_operation_that_keeps_the_phase_records_no_change() -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.request_wake("09:01")
    timeline.hold("09:02", "09:30")
    timeline.release("09:03")
    assert timeline.saved_state.changes == ()


def test_changes_that_wait_to_be_notified_are_kept_and_notified_changes_are_removed() -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.request_sleep("10:00")
    timeline.tick("10:00")
    timeline.request_wake("10:01")
    assert [one.after for one in timeline.saved_state.changes] == [Phase.ASLEEP, Phase.WAKING]
    timeline.save_state(notified=timeline.saved_state.changes[0].version)
    timeline.tick("10:02")
    assert [one.after for one in timeline.saved_state.changes] == [Phase.WAKING, Phase.AWAKE]


def test_the_newest_changes_are_kept_if_changes_cannot_be_notified_for_long() -> None:
    state = ServiceState(NAME, Phase.AWAKE, since=at("10:00"), version=1)
    for number in range(MOST_CHANGES + 5):
        phase = Phase.DRAINING if state.phase is Phase.AWAKE else Phase.AWAKE
        later = at("10:00") + timedelta(minutes=number)
        state = replace(_changed(state, phase, later), version=state.version + 1)
    assert [one.version for one in state.changes] == list(range(7, 7 + MOST_CHANGES))


def _changed(state: ServiceState, phase: Phase, now: datetime) -> ServiceState:
    return with_change(state, replace(state, phase=phase, since=now), Reason.DRAINING, now)


def test_a_stop_that_never_happened_removes_only_its_own_sleep() -> None:
    timeline = Timeline.awake_since("09:00").save_state(awake_since=at("09:00"))
    timeline.request_sleep("10:00")
    timeline.tick("10:01")
    timeline.save_state(notified=timeline.saved_state.version).request_wake("10:02")
    timeline.tick("10:03")
    earlier = timeline.saved_state.changes
    timeline.request_sleep("10:04")
    timeline.tick("10:04")
    assert [one.after for one in timeline.saved_state.changes[len(earlier) :]] == [Phase.ASLEEP]
    timeline.save_state(stop=Stop(at("10:04:30"))).set_in_ecs(1).tick("10:05")
    assert (timeline.phase, [one.after for one in earlier]) == (Phase.AWAKE, [Phase.WAKING, Phase.AWAKE])
    assert (timeline.saved_state.changes, timeline.saved_state.awake_since) == (earlier, at("10:03"))


def test_a_failed_wake_is_recorded_once() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:08")
    failed = [one for one in timeline.saved_state.changes if one.failed]
    assert [(one.before, one.after) for one in failed] == [(Phase.WAKING, Phase.WAKING)]
    timeline.request_wake("10:08")
    assert [one for one in timeline.saved_state.changes if one.failed] == failed
