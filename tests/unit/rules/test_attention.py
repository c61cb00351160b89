"""Which services need attention, and why: the alarms watch this."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import Entrance, ServiceFacts, Snapshot
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Memory, Phase
from scale_to_zero.rules.attention import Attention, attention
from tests.unit.timeline import NAME, NOT_READY, Story, a_service, at, running_facts

QUIET = Decision(Action.STAY, Reason.ASLEEP, "web is asleep")
STOPPING = replace(running_facts(0), running=1)


def asleep(since: str, facts: ServiceFacts = STOPPING, mode: Mode = Mode.ACT) -> Snapshot:
    return Snapshot(a_service(mode=mode), facts, Memory(NAME, Phase.ASLEEP, since=at(since)))


def why(snapshot: Snapshot, decision: Decision, clock: str) -> Attention | Reason | None:
    memory = snapshot.memory if isinstance(snapshot.memory, Memory) else None
    needed = attention(snapshot, decision, memory, at(clock))
    return None if needed is None else needed[0]


def needing(story: Story, clock: str) -> Attention | Reason | None:
    """Why it needs attention after a tick."""
    decision = story.tick(clock)
    return why(Snapshot(story.service, story.facts, story.memory), decision, clock)


def test_a_service_that_is_as_it_should_be_needs_no_attention() -> None:
    assert needing(Story.awake_since("09:00"), "09:01") is None
    assert needing(Story.asleep_since("09:00"), "10:00") is None


@pytest.mark.parametrize(("clock", "expected"), [("10:09:59", None), ("10:10", Attention.RUNNING_THOUGH_ASLEEP)])
def test_one_that_is_asleep_for_ten_minutes_and_still_runs_tasks_costs_money(
    clock: str, expected: Attention | None
) -> None:
    assert why(asleep("10:00"), QUIET, clock) is expected


def test_one_that_was_just_started_in_ecs_is_not_called_asleep() -> None:
    assert why(asleep("08:00", running_facts(1)), QUIET, "10:00") is None


def test_one_without_tasks_costs_nothing() -> None:
    assert why(asleep("08:00", running_facts(0)), QUIET, "10:00") is None


def test_one_that_is_awake_may_run() -> None:
    story = Story.awake_since("08:00")
    assert why(Snapshot(story.service, STOPPING, story.memory), QUIET, "10:00") is None


@pytest.mark.parametrize(("mode", "expected"), [(Mode.OFF, None), (Mode.OBSERVE, Attention.RUNNING_THOUGH_ASLEEP)])
def test_one_that_is_off_needs_no_attention(mode: Mode, expected: Attention | None) -> None:
    assert why(asleep("08:00", mode=mode), QUIET, "10:00") is expected


def test_the_reason_of_a_decision_that_warns_is_the_reason() -> None:
    unwatched = Story.awake_since("09:00").observed(entrances=frozenset({Entrance("Cloud Map registry", "srv-1")}))
    assert needing(unwatched, "09:01") is Reason.UNWATCHED_ENTRANCE


def test_a_wake_that_failed_needs_attention_until_it_is_over() -> None:
    story = Story.waking_since("10:00", readiness=NOT_READY)
    assert needing(story, "10:04") is None
    assert {needing(story, clock) for clock in ("10:05", "10:06", "10:07")} == {Reason.WAKE_FAILED}
