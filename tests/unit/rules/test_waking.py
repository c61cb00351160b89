"""A request wakes a service, and a wake that fails is reported and ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Missing, Readiness, TrafficSource, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState, Stop
from tests.service_states import lease_of, wake_of
from tests.unit.timeline import GATEWAY, NAME, NOT_READY, Timeline, a_service, at, running_facts

LONGEST_GRACE = 2147483647
"""In seconds: the longest health-check grace period that ECS accepts (Amazon ECS API reference, UpdateService)."""


def test_a_sleeping_service_is_woken_with_its_earlier_count() -> None:
    timeline = Timeline.asleep_since("09:00").save_state(restore=3)
    decision = timeline.request_wake("10:00")
    assert (decision.action, decision.desired) == (Action.WAKE, 3)
    assert decision.sentence == "web wakes: its desired count is set to 3"
    assert isinstance(timeline.state, ServiceState)
    assert (timeline.state.phase, timeline.state.requested_at) == (Phase.WAKING, at("10:00"))


@pytest.mark.parametrize(
    ("awake_count", "restore", "desired"), [(None, None, 1), (None, 4, 4), (1, 4, 1), (2, None, 2)]
)
def test_a_wake_uses_the_configured_count_or_else_the_earlier_count_or_else_one(
    awake_count: int | None, restore: int | None, desired: int
) -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service(awake_count=awake_count)).save_state(restore=restore)
    decision = timeline.request_wake("10:00")
    assert decision.desired == desired
    assert decision.sentence.endswith(f" {desired}")


def test_a_service_without_service_state_is_woken() -> None:
    timeline = Timeline(facts=running_facts(0))
    assert timeline.request_wake("10:00").desired == 1


def test_a_second_request_during_a_wake_does_not_start_the_service_again() -> None:
    timeline = Timeline.waking_since("10:00")
    decision = timeline.request_wake("10:01")
    assert (decision.action, decision.reason, decision.desired) == (Action.SAVE_STATE, Reason.WAKING, None)
    assert isinstance(timeline.state, ServiceState)
    assert timeline.state.since == at("10:00")


def test_a_waking_service_is_awake_once_it_is_ready_and_its_idle_window_begins_then() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    assert timeline.tick("10:01").reason is Reason.WAKING
    timeline.readiness = Readiness(ready=True)
    decision = timeline.tick("10:02")
    assert (decision.reason, decision.sentence) == (Reason.READY, "web is awake, 120 seconds after its wake began")
    assert isinstance(timeline.state, ServiceState)
    assert (timeline.state.phase, timeline.state.since) == (Phase.AWAKE, at("10:02"))
    assert timeline.stopped_at("10:03", "10:30") == "10:09"


def test_a_wake_past_its_deadline_is_marked_failed_and_reported_in_the_words_of_ecs() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.observed(newest_event="(service web) was unable to place a task.", newest_event_at=at("10:02"))
    assert timeline.tick("10:04").reason is Reason.WAKING
    decision = timeline.tick("10:05")
    assert (decision.reason, decision.warning) == (Reason.WAKE_FAILED, True)
    assert "unable to place a task" in decision.sentence
    assert isinstance(timeline.state, ServiceState)
    assert (timeline.state.phase, timeline.state.failed) == (Phase.WAKING, True)


def test_an_event_of_the_second_in_which_a_wake_began_belongs_to_this_wake() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.observed(newest_event="(service web) was unable to place a task.", newest_event_at=at("10:00"))
    assert "unable to place a task" in timeline.tick("10:05").sentence


def test_an_event_from_before_a_wake_does_not_explain_its_failure() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.observed(newest_event="(service web) has reached a steady state.", newest_event_at=at("09:00"))
    assert "steady state" not in timeline.tick("10:05").sentence


def test_a_failed_wake_that_is_ready_after_all_is_awake() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:06")
    timeline.readiness = Readiness(ready=True)
    assert timeline.tick("10:07").reason is Reason.READY
    assert isinstance(timeline.state, ServiceState)
    assert not timeline.state.failed


def test_a_failed_wake_without_further_requests_goes_back_to_zero() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    assert timeline.stopped_at("10:01", "10:30") == "10:10"


def test_a_failed_wake_whose_service_is_used_is_not_stopped() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    for minute in range(2, 60, 2):
        timeline.request(f"10:{minute:02}:10")
    assert timeline.stopped_at("10:01", "10:59") is None
    assert timeline.stopped_at("11:00", "11:30") == "11:06"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"deployment_running": True}, Reason.WAKE_FAILED),
        ({"traffic_sources": frozenset({TrafficSource("Service Connect", "web")})}, Reason.UNWATCHED_TRAFFIC_SOURCE),
    ],
)
def test_a_failed_wake_is_not_abandoned_while_something_else_may_need_the_service(
    facts: dict[str, object], reason: Reason
) -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:06")
    timeline.observed(**facts)
    assert {decision.reason for decision in timeline.ticks("10:10", "10:30")} == {reason}


def test_a_failed_wake_is_not_abandoned_while_a_gateway_may_send_requests() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY, gateways=frozenset({GATEWAY}))
    timeline.ticks("10:01", "10:06")
    assert {decision.reason for decision in timeline.ticks("10:10", "10:30")} == {Reason.UNWATCHED_TRAFFIC_SOURCE}


def test_a_failed_wake_whose_traffic_cannot_be_observed_is_not_abandoned() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY, unseen={"RequestCount": Unknown("throttled")})
    timeline.ticks("10:01", "10:06")
    assert {decision.reason for decision in timeline.ticks("10:10", "10:30")} == {Reason.TRAFFIC_UNKNOWN}


def test_a_failed_wake_does_not_change_the_usual_wake_time() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:06")
    timeline.readiness = Readiness(ready=True)
    timeline.tick("10:07")
    assert isinstance(timeline.state, ServiceState)
    assert timeline.state.usual_wake is None


def test_a_failed_wake_that_is_still_requested_goes_on() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:06")
    timeline.request_wake("10:07")
    assert timeline.stopped_at("10:08", "10:30") == "10:14"


@pytest.mark.parametrize(
    ("configured", "grace", "usual", "deadline"),
    [
        (None, 0, None, 300),
        (None, 400, None, 520),
        (None, 0, 200, 400),
        (90, 400, 200, 90),
        (3600, 0, None, 3600),
        (None, 3480, None, 3600),
        (None, 3481, None, 3600),
        (None, LONGEST_GRACE, None, 3600),
        (None, 0, 1801, 3600),
        (None, 0, 86400, 3600),
    ],
)
def test_the_deadline_is_the_configured_one_or_the_largest_of_three(
    configured: int | None, grace: int, usual: int | None, deadline: int
) -> None:
    wake_deadline = None if configured is None else timedelta(seconds=configured)
    timeline = Timeline.asleep_since("09:00", service=a_service(wake_deadline=wake_deadline))
    timeline.observed(health_check_grace=timedelta(seconds=grace))
    timeline.save_state(usual_wake=None if usual is None else timedelta(seconds=usual))
    timeline.request_wake("10:00")
    assert isinstance(timeline.state, ServiceState)
    assert wake_of(timeline.state).deadline == at("10:00") + timedelta(seconds=deadline)


def test_a_deadline_that_an_earlier_version_set_decades_ahead_passes_after_an_hour() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    late = at("10:00") + timedelta(seconds=LONGEST_GRACE + 120)
    timeline.save_state(wake=replace(wake_of(timeline.saved_state), deadline=late))
    assert timeline.first(Action.SAVE_STATE, "10:01", "11:30") == "11:00"
    assert timeline.saved_state.failed
    assert timeline.stopped_at("11:01", "11:30") == "11:05"


def test_the_usual_wake_time_is_at_most_an_hour_after_a_wake_that_was_not_observed_for_a_day() -> None:
    """The ticks were switched off during the wake, and ran again almost a day later."""
    timeline = Timeline.waking_since("00:00")
    timeline.tick("23:00")
    assert timeline.saved_state.usual_wake == timedelta(hours=1)


def test_the_usual_wake_time_follows_the_wakes_that_were_requested() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.readiness = Readiness(ready=True)
    timeline.tick("10:01:40")
    assert isinstance(timeline.state, ServiceState)
    assert timeline.state.usual_wake == timedelta(seconds=100)
    timeline.set_in_ecs(0)
    timeline.tick("10:30")
    timeline.request_wake("11:00")
    timeline.tick("11:03:20")
    assert isinstance(timeline.state, ServiceState)
    assert timeline.state.usual_wake == timedelta(seconds=130)


def test_a_request_for_an_awake_service_gives_it_a_whole_idle_window() -> None:
    timeline = Timeline.awake_since("09:00")
    assert timeline.request_wake("10:00").desired is None
    assert timeline.stopped_at("10:00", "10:30") == "10:07"


def test_a_wake_during_a_stop_is_recorded_and_starts_when_the_stop_is_over() -> None:
    timeline = Timeline.asleep_since("10:00").save_state(stop=Stop(at("10:01")))
    decision = timeline.request_wake("10:00:30")
    assert (decision.reason, decision.desired) == (Reason.WAKE_WAITS_FOR_STOP, None)
    assert timeline.tick("10:00:40").reason is Reason.STOP_UNDER_WAY
    decision = timeline.tick("10:01")
    assert (decision.action, decision.desired) == (Action.WAKE, 1)
    assert isinstance(timeline.state, ServiceState)
    assert lease_of(timeline.state) is None


def test_a_service_in_dry_run_mode_is_not_woken() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service(mode=Mode.DRY_RUN))
    assert timeline.request_wake("10:00").action is Action.SKIP


@pytest.mark.parametrize("facts", [Missing("there is no service city-guided-service"), Unknown("throttled")])
def test_a_service_that_cannot_be_observed_is_not_woken(facts: Missing | Unknown) -> None:
    timeline = Timeline.asleep_since("09:00", facts=facts)
    assert timeline.request_wake("10:00").action is Action.SKIP
    assert timeline.service.name == NAME


def test_a_request_for_a_service_that_was_just_started_in_ecs_counts_like_any_other() -> None:
    """No tick ran since the start, so the state is asleep. The service is neither started again nor called ready."""
    timeline = Timeline.asleep_since("09:00", readiness=NOT_READY).set_in_ecs(3)
    decision = timeline.request_wake("10:00")
    assert (decision.reason, decision.desired) == (Reason.STARTED_ELSEWHERE, None)
    assert (timeline.phase, timeline.saved_state.requested_at) == (Phase.WAKING, at("10:00"))
    assert timeline.tick("10:01").reason is Reason.WAKING
