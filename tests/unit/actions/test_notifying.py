"""Which changes of phase are noted, and which of them a run is to announce."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scale_to_zero.actions.notifying import Kept, due
from scale_to_zero.model.configured import Service
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Memory, Phase, PhaseChange, Stop
from scale_to_zero.rules.phase_changes import MOST_REMEMBERED, with_change
from tests.service_states import a_wake
from tests.unit.timeline import NAME, NOT_READY, Story, a_service, a_service_woken_by_requests, at

SLEPT = PhaseChange(4, at("10:00"), Phase.AWAKE, Phase.ASLEEP, Reason.IDLE)
WOKE = PhaseChange(5, at("10:02"), Phase.ASLEEP, Phase.WAKING, Reason.ASKED_TO_WAKE)
READY_AGAIN = PhaseChange(7, at("10:03"), Phase.WAKING, Phase.AWAKE, Reason.READY)
PLAIN, WITH_RULES = a_service(), a_service_woken_by_requests()


def versions(memory: Memory, clock: str, read: int, service: Service = PLAIN) -> list[int]:
    """The versions of the changes that a run which had read this version is to announce then."""
    return [change.version for change in due(Kept(service, memory, read), at(clock))]


def having(*changes: PhaseChange, **memory: object) -> Memory:
    kept = Memory(NAME, changes[-1].after, since=changes[-1].at, version=changes[-1].version, changes=changes)
    return replace(kept, **memory)  # type: ignore[arg-type]


# What is due


def test_whoever_changed_it_announces_it_at_once() -> None:
    assert versions(having(SLEPT), "10:00", read=3) == [4]


@pytest.mark.parametrize(("clock", "expected"), [("10:00:59", []), ("10:01", [4])])
def test_others_leave_it_to_him_for_a_minute(clock: str, expected: list[int]) -> None:
    assert versions(having(SLEPT), clock, read=4) == expected


def test_what_was_announced_is_so_once() -> None:
    assert versions(having(SLEPT, announced=4), "10:30", read=4) == []
    assert versions(having(SLEPT, WOKE, announced=4), "10:30", read=5) == [5]


def test_nothing_is_announced_before_the_change_ahead_of_it() -> None:
    assert versions(having(SLEPT, replace(WOKE, at=at("10:00:20"))), "10:00:20", read=4) == []
    assert versions(having(SLEPT, WOKE), "10:02", read=4) == [4, 5]


def test_a_stop_is_announced_when_it_is_done_and_not_while_it_may_still_fail() -> None:
    stopping = having(SLEPT, stop=Stop(at("10:01:05")))
    assert versions(stopping, "10:00", read=3) == []
    assert versions(stopping, "10:05", read=4) == [], "whether it happened, the tick that lifts the fence will see"
    assert versions(replace(stopping, stop=None), "10:05", read=4) == [4]


def test_a_run_that_is_no_tick_leaves_to_the_ticks_what_others_have_changed() -> None:
    kept = Kept(PLAIN, having(SLEPT), read=4)
    assert [change.version for change in due(kept, at("10:05"))] == [4]
    assert due(kept, at("10:05"), only_own=True) == []


def test_a_wake_is_over_when_the_way_is_open() -> None:
    awake = having(READY_AGAIN, wake=a_wake(healthy=at("10:03")))
    opened = replace(awake, opened=at("10:03:02"))
    assert versions(awake, "10:03", read=6, service=WITH_RULES) == []
    assert versions(opened, "10:03:02", read=6, service=WITH_RULES) == [7]
    assert versions(awake, "10:03", read=6) == [7], "without wake rules it is open at once"
    assert versions(awake, "10:04", read=7, service=WITH_RULES) == [7], "in the end it is said all the same"


def test_a_service_that_is_called_back_while_it_drains_was_open_before() -> None:
    back = PhaseChange(6, at("10:03"), Phase.DRAINING, Phase.AWAKE, Reason.NEEDED_WHILE_DRAINING)
    assert versions(having(back), "10:03", read=5, service=WITH_RULES) == [6]


def test_a_wake_whose_service_sleeps_again_is_announced_though_its_way_was_never_open() -> None:
    asleep = PhaseChange(8, at("10:03:20"), Phase.AWAKE, Phase.ASLEEP, Reason.ASKED_TO_SLEEP)
    assert versions(having(READY_AGAIN, asleep), "10:03:20", read=6, service=WITH_RULES) == [7, 8]


# What is noted


def test_a_change_bears_the_version_that_is_written_with_it() -> None:
    story = Story.awake_since("09:00").remember(version=6)
    story.ask_to_sleep("10:00")
    story.tick("10:01")
    (change,) = story.remembered.changes
    assert (change.version, story.remembered.version) == (8, 8)
    assert (change.before, change.after, change.at) == (Phase.AWAKE, Phase.ASLEEP, at("10:01"))


def test_what_changes_no_phase_is_no_change() -> None:
    story = Story.awake_since("09:00")
    story.ask_to_wake("09:01")
    story.hold("09:02", "09:30")
    story.release("09:03")
    assert story.remembered.changes == ()


def test_what_waits_to_be_announced_is_kept_and_what_was_is_not() -> None:
    story = Story.awake_since("09:00")
    story.ask_to_sleep("10:00")
    story.tick("10:00")
    story.ask_to_wake("10:01")
    assert [one.after for one in story.remembered.changes] == [Phase.ASLEEP, Phase.WAKING]
    story.remember(announced=story.remembered.changes[0].version)
    story.tick("10:02")
    assert [one.after for one in story.remembered.changes] == [Phase.WAKING, Phase.AWAKE]


def test_of_changes_that_cannot_be_announced_for_long_the_newest_are_kept() -> None:
    memory = Memory(NAME, Phase.AWAKE, since=at("10:00"), version=1)
    for number in range(MOST_REMEMBERED + 5):
        phase = Phase.DRAINING if memory.phase is Phase.AWAKE else Phase.AWAKE
        later = at("10:00") + timedelta(minutes=number)
        memory = replace(_changed(memory, phase, later), version=memory.version + 1)
    assert [one.version for one in memory.changes] == list(range(7, 7 + MOST_REMEMBERED))


def _changed(memory: Memory, phase: Phase, now: datetime) -> Memory:
    return with_change(memory, replace(memory, phase=phase, since=now), Reason.DRAINING, now)


def test_of_a_stop_that_never_happened_only_its_own_sleep_is_forgotten() -> None:
    story = Story.awake_since("09:00").remember(awake_since=at("09:00"))
    story.ask_to_sleep("10:00")
    story.tick("10:01")
    story.remember(announced=story.remembered.version).ask_to_wake("10:02")
    story.tick("10:03")
    earlier = story.remembered.changes
    story.ask_to_sleep("10:04")
    story.tick("10:04")
    assert [one.after for one in story.remembered.changes[len(earlier) :]] == [Phase.ASLEEP]
    story.remember(stop=Stop(at("10:04:30"))).set_in_ecs(1).tick("10:05")
    assert (story.phase, [one.after for one in earlier]) == (Phase.AWAKE, [Phase.WAKING, Phase.AWAKE])
    assert (story.remembered.changes, story.remembered.awake_since) == (earlier, at("10:03"))


def test_a_wake_that_failed_is_a_change_once() -> None:
    story = Story.waking_since("10:00", readiness=NOT_READY)
    story.ticks("10:01", "10:08")
    failed = [one for one in story.remembered.changes if one.failed]
    assert [(one.before, one.after) for one in failed] == [(Phase.WAKING, Phase.WAKING)]
    story.ask_to_wake("10:08")
    assert [one for one in story.remembered.changes if one.failed] == failed
