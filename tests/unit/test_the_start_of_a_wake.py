"""A wake starts with its first request: in the log, in the notification, in the metric and on the page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.actions.measuring import measures_of
from scale_to_zero.actions.notification_texts import message
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, Phase, PhaseChange, Stop
from scale_to_zero.rules.overview import overview
from scale_to_zero.rules.phase_changes import with_change
from scale_to_zero.rules.phases import stop_managing
from scale_to_zero.rules.refused_stops import stop_refused
from scale_to_zero.web.visitor.decide_visit import RETRY_UNKNOWN, decide_visit
from scale_to_zero.web.visitor.kinds import RequestKind
from scale_to_zero.web.visitor.waiting_requests import fits_into_wait
from tests.service_states import wake_of
from tests.unit.timeline import NOT_READY, READY, Timeline, a_service, a_service_woken_by_requests, at


def newest(timeline: Timeline) -> PhaseChange:
    return timeline.saved_state.changes[-1]


def reported_seconds(timeline: Timeline, decision: Decision) -> list[float]:
    """Return how long the wake took according to the log, the notification and the metric."""
    change = newest(timeline)
    text = message(timeline.service.key, change, "en")
    measured = [one for one in measures_of(timeline.service, timeline.saved_state, change) if not one.further]
    seconds = [int(text) for line in (decision.sentence, text) for text in re.findall(r"(\d+) seconds? after", line)]
    return [*seconds, *(one.value for one in measured if one.metric_name == "WakeDuration")]


def page_elapsed(timeline: Timeline, clock: str, kind: RequestKind = RequestKind.POLL) -> timedelta | None:
    return decide_visit(timeline.service, timeline.saved_state, kind, at(clock)).status.elapsed


def test_two_clients_that_send_requests_85_seconds_apart_request_one_wake_of_90_seconds() -> None:
    timeline = Timeline.waking_since("10:00", service=a_service_woken_by_requests(), readiness=NOT_READY)
    timeline.request_wake("10:01:25")
    assert page_elapsed(timeline, "10:01:25") == timedelta(seconds=85)
    timeline.readiness = READY
    assert reported_seconds(timeline, timeline.tick("10:01:30")) == [90, 90, 90]


def test_repeated_requests_do_not_change_the_start_of_a_wake() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.hold("10:00:20", "11:00")
    for second in range(10, 50, 10):
        timeline.request_wake(f"10:01:{second}")
    timeline.readiness = READY
    assert reported_seconds(timeline, timeline.tick("10:02")) == [120, 120, 120]


def test_a_wake_that_failed_and_is_ready_after_all_began_with_its_first_request() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:05")
    assert (newest(timeline).failed, newest(timeline).began) == (True, at("10:00"))
    timeline.request_wake("10:06")
    timeline.readiness = READY
    assert reported_seconds(timeline, timeline.tick("10:07")) == [420, 420, 420]


def test_a_failed_wake_that_is_abandoned_began_with_its_first_request() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:06")
    timeline.request_wake("10:07")
    assert timeline.stopped_at("10:08", "10:30") == "10:14"
    assert (newest(timeline).after, newest(timeline).began) == (Phase.ASLEEP, at("10:00"))


def test_a_wake_that_waited_for_a_stop_began_when_it_was_requested() -> None:
    timeline = Timeline.asleep_since("10:00", service=a_service_woken_by_requests(), readiness=NOT_READY)
    timeline.save_state(stop=Stop(at("10:01")))
    timeline.request_wake("10:00:20")
    timeline.request_wake("10:00:50")
    assert page_elapsed(timeline, "10:00:50") == timedelta(seconds=30)
    timeline.tick("10:01")
    timeline.request_wake("10:01:10")
    assert page_elapsed(timeline, "10:01:20") == timedelta(seconds=60)
    timeline.readiness = READY
    assert reported_seconds(timeline, timeline.tick("10:02")) == [100, 100, 100]


def test_a_service_started_in_ecs_begins_its_wake_with_the_first_request() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests(), readiness=NOT_READY).set_in_ecs(1)
    timeline.tick("10:00")
    timeline.request_wake("10:00:30")
    timeline.request_wake("10:00:50")
    assert page_elapsed(timeline, "10:01") == timedelta(seconds=30)
    timeline.readiness = READY
    assert reported_seconds(timeline, timeline.tick("10:01:10")) == [40, 40, 40]


def test_a_start_in_ecs_that_was_not_requested_has_no_known_start() -> None:
    timeline = Timeline.waking_since("08:30")
    timeline.tick("08:31")
    timeline.set_in_ecs(0).tick("09:00")
    timeline.set_in_ecs(1)
    decision = timeline.tick("10:00")
    assert (decision.reason, newest(timeline).began) == (Reason.READY, None)
    assert reported_seconds(timeline, decision) == []


def test_a_wake_that_goes_on_after_a_refused_stop_keeps_its_start() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:09")
    before = timeline.saved_state
    timeline.tick("10:10")
    timeline.save_state(stop=Stop(at("10:10:02"), at("10:10:02")))
    undone = stop_refused(timeline.service, before, timeline.saved_state, "no", at("10:10:05"))
    timeline.carry_out(undone, "10:10:05")
    timeline.set_in_ecs(1)
    timeline.readiness = READY
    assert reported_seconds(timeline, timeline.tick("10:11")) == [660, 660, 660]


def test_a_service_started_in_ecs_whose_stop_was_refused_begins_its_wake_with_the_request_during_the_stop() -> None:
    timeline = Timeline.asleep_since("09:00", readiness=NOT_READY).set_in_ecs(1)
    timeline.ticks("10:00", "10:09")
    before = timeline.saved_state
    timeline.tick("10:10")
    timeline.save_state(stop=Stop(at("10:10:02"), at("10:10:02")))
    undone = stop_refused(timeline.service, before, timeline.saved_state, "no", at("10:10:05"))
    timeline.carry_out(undone, "10:10:05")
    timeline.set_in_ecs(1)
    timeline.readiness = READY
    assert reported_seconds(timeline, timeline.tick("10:11:02")) == [60, 60, 60]


@pytest.mark.parametrize("hold", [None, Hold(at("12:00"))])
def test_a_request_for_an_awake_service_does_not_begin_a_wake(hold: Hold | None) -> None:
    timeline = Timeline.waking_since("08:30")
    timeline.tick("08:31")
    if hold is None:
        timeline.request_wake("09:00")
    else:
        timeline.hold("09:00", "12:00")
    assert wake_of(timeline.saved_state).first_requested_at == at("08:30")
    timeline.set_in_ecs(0).tick("09:01")
    assert newest(timeline).began == at("08:31"), "the service was awake since then"
    timeline.request_wake("10:00")
    assert reported_seconds(timeline, timeline.tick("10:01")) == [60, 60, 60]


def test_a_service_that_is_released_has_not_woken() -> None:
    """No tick observes when it is ready."""
    timeline = Timeline.waking_since("09:59", readiness=NOT_READY)
    timeline.service = a_service(mode=Mode.OFF)
    timeline.save_state(wake=replace(wake_of(timeline.saved_state), accepted=at("09:59:01")))
    decision = timeline.tick("10:00")
    assert (timeline.phase, newest(timeline).reason, newest(timeline).began) == (
        Phase.AWAKE,
        Reason.NO_LONGER_MANAGED,
        at("09:59"),
    )
    assert reported_seconds(timeline, decision) == []


def test_a_service_that_is_released_while_it_is_asleep_does_not_have_the_start_of_an_earlier_wake() -> None:
    timeline = Timeline.waking_since("08:30")
    timeline.tick("08:31")
    timeline.set_in_ecs(0).tick("09:00")
    asleep = timeline.saved_state
    assert asleep.wake is None
    timeline.state = with_change(asleep, stop_managing(asleep, at("10:00")), Reason.NO_LONGER_MANAGED, at("10:00"))
    assert newest(timeline).began is None


def test_the_usual_wake_time_does_not_include_the_wait_for_a_stop() -> None:
    timeline = Timeline.asleep_since("10:00").save_state(stop=Stop(at("10:01")))
    timeline.request_wake("10:00:20")
    timeline.tick("10:01")
    timeline.request_wake("10:01:20")
    timeline.tick("10:01:40")
    assert timeline.saved_state.usual_wake == timedelta(seconds=40)


def expected_of(timeline: Timeline, clock: str) -> timedelta | None:
    return overview(timeline.service, timeline.saved_state, at(clock)).expected


@pytest.mark.parametrize(("clock", "elapsed", "left"), [("10:01", 40, 45), ("10:01:30", 70, 15), ("10:01:50", 90, 0)])
def test_the_page_the_retry_after_header_and_the_api_expect_the_same_instant(
    clock: str, elapsed: int, left: int
) -> None:
    timeline = Timeline.asleep_since("10:00", service=a_service_woken_by_requests(), readiness=NOT_READY)
    timeline.save_state(stop=Stop(at("10:01")), usual_wake=timedelta(seconds=45))
    timeline.request_wake("10:00:20")
    status = decide_visit(timeline.service, timeline.saved_state, RequestKind.POLL, at("10:00:50")).status
    assert (status.elapsed, status.usual, status.retry_after) == (timedelta(seconds=30), timedelta(seconds=75), 45)
    timeline.tick("10:01")
    status = decide_visit(timeline.service, timeline.saved_state, RequestKind.POLL, at(clock)).status
    assert (status.elapsed, status.usual) == (timedelta(seconds=elapsed), timedelta(seconds=85))
    assert expected_of(timeline, clock) == timedelta(seconds=left)
    assert status.retry_after == (left or RETRY_UNKNOWN)


def test_the_first_request_for_a_service_started_in_ecs_has_not_waited_yet() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests(), readiness=NOT_READY).set_in_ecs(1)
    timeline.tick("10:00")
    timeline.save_state(usual_wake=timedelta(seconds=45))
    assert page_elapsed(timeline, "10:00:30") == timedelta(seconds=30), (
        "without a request, the time since a tick found the start"
    )
    for kind in (RequestKind.BROWSER, RequestKind.CLIENT):
        status = decide_visit(timeline.service, timeline.saved_state, kind, at("10:00:30")).status
        assert (status.elapsed, status.usual, status.retry_after) == (timedelta(0), timedelta(seconds=15), 15)
    timeline.save_state(watcher_expected_until=at("10:00:45"))
    assert page_elapsed(timeline, "10:00:32") == timedelta(0)
    timeline.request_wake("10:00:33")
    assert page_elapsed(timeline, "10:00:35") == timedelta(seconds=2)
    assert expected_of(timeline, "10:00:35") == timedelta(seconds=10)


def test_a_start_in_ecs_that_takes_long_is_not_expected_to_take_the_usual_time_again() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests(), readiness=NOT_READY).set_in_ecs(1)
    timeline.tick("10:00")
    timeline.save_state(usual_wake=timedelta(seconds=45))
    timeline.request_wake("10:02")
    status = decide_visit(timeline.service, timeline.saved_state, RequestKind.POLL, at("10:02:05")).status
    assert (status.elapsed, status.usual, status.retry_after) == (timedelta(seconds=5), timedelta(0), RETRY_UNKNOWN)
    assert expected_of(timeline, "10:02:05") == timedelta(0)
    assert fits_into_wait(timeline.service, status)
