"""Which services need attention, and why: the alarms watch this."""

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


def needing(timeline: Timeline, clock: str) -> Attention | Reason | None:
    """Why it needs attention after a tick."""
    decision = timeline.tick(clock)
    return why(Snapshot(timeline.service, timeline.facts, timeline.state), decision, clock)


def test_a_service_that_is_as_it_should_be_needs_no_attention() -> None:
    assert needing(Timeline.awake_since("09:00"), "09:01") is None
    assert needing(Timeline.asleep_since("09:00"), "10:00") is None


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
    timeline = Timeline.awake_since("08:00")
    assert why(Snapshot(timeline.service, STOPPING, timeline.state), QUIET, "10:00") is None


@pytest.mark.parametrize(("mode", "expected"), [(Mode.OFF, None), (Mode.DRY_RUN, Attention.RUNNING_THOUGH_ASLEEP)])
def test_one_that_is_off_needs_no_attention(mode: Mode, expected: Attention | None) -> None:
    assert why(asleep("08:00", mode=mode), QUIET, "10:00") is expected


def test_the_reason_of_a_decision_that_warns_is_the_reason() -> None:
    unwatched = Timeline.awake_since("09:00").observed(
        traffic_sources=frozenset({TrafficSource("Cloud Map registry", "srv-1")})
    )
    assert needing(unwatched, "09:01") is Reason.UNWATCHED_TRAFFIC_SOURCE


def test_a_wake_that_failed_needs_attention_until_it_is_over() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    assert needing(timeline, "10:04") is None
    assert {needing(timeline, clock) for clock in ("10:05", "10:06", "10:07")} == {Reason.WAKE_FAILED}
