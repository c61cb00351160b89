"""Which services need attention, and why. The alarms watch this."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot, TrafficSource
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.attention import Attention, attention
from tests.unit.timeline import NAME, NOT_READY, Timeline, a_service, at, running_facts

QUIET = Decision(Action.STAY, Reason.ASLEEP, "web is asleep")
STOPPING = replace(running_facts(0), running=1)


def asleep(since: str, facts: ServiceFacts = STOPPING, mode: Mode = Mode.ACT) -> Snapshot:
    return Snapshot(a_service(mode=mode), facts, ServiceState(NAME, Phase.ASLEEP, since=at(since)))


def why(snapshot: Snapshot, decision: Decision, clock: str) -> Attention | Reason | None:
    state = snapshot.state if isinstance(snapshot.state, ServiceState) else None
    needed = attention(snapshot, decision, state, at(clock))
    return None if needed is None else needed[0]


def attention_after_tick(timeline: Timeline, clock: str) -> Attention | Reason | None:
    """Return why the service needs attention after a tick."""
    decision = timeline.tick(clock)
    return why(Snapshot(timeline.service, timeline.facts, timeline.state), decision, clock)


def test_a_service_without_a_problem_needs_no_attention() -> None:
    assert attention_after_tick(Timeline.awake_since("09:00"), "09:01") is None
    assert attention_after_tick(Timeline.asleep_since("09:00"), "10:00") is None


@pytest.mark.parametrize(("clock", "expected"), [("10:09:59", None), ("10:10", Attention.RUNNING_THOUGH_ASLEEP)])
def test_a_service_that_still_runs_tasks_after_ten_minutes_asleep_needs_attention(
    clock: str, expected: Attention | None
) -> None:
    assert why(asleep("10:00"), QUIET, clock) is expected


def test_a_service_that_was_just_started_in_ecs_needs_no_attention() -> None:
    assert why(asleep("08:00", running_facts(1)), QUIET, "10:00") is None


def test_a_sleeping_service_without_tasks_needs_no_attention() -> None:
    assert why(asleep("08:00", running_facts(0)), QUIET, "10:00") is None


def test_an_awake_service_that_runs_tasks_needs_no_attention() -> None:
    timeline = Timeline.awake_since("08:00")
    assert why(Snapshot(timeline.service, STOPPING, timeline.state), QUIET, "10:00") is None


@pytest.mark.parametrize(("mode", "expected"), [(Mode.OFF, None), (Mode.DRY_RUN, Attention.RUNNING_THOUGH_ASLEEP)])
def test_a_service_in_mode_off_needs_no_attention(mode: Mode, expected: Attention | None) -> None:
    assert why(asleep("08:00", mode=mode), QUIET, "10:00") is expected


def test_a_service_needs_attention_for_the_reason_of_a_decision_that_warns() -> None:
    unwatched = Timeline.awake_since("09:00").observed(
        traffic_sources=frozenset({TrafficSource("Cloud Map registry", "srv-1")})
    )
    assert attention_after_tick(unwatched, "09:01") is Reason.UNWATCHED_TRAFFIC_SOURCE


def test_a_wake_that_failed_needs_attention_until_it_is_over() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    assert attention_after_tick(timeline, "10:04") is None
    assert {attention_after_tick(timeline, clock) for clock in ("10:05", "10:06", "10:07")} == {Reason.WAKE_FAILED}
