"""A deployment that does not end is reported after six hours, and always keeps the service awake."""

from __future__ import annotations

import pytest

from scale_to_zero.model.decided import Action
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase
from tests.unit.timeline import NOT_READY, Timeline, a_service

WITHOUT_WAKE_RULES = a_service()


def test_a_deployment_that_runs_for_six_hours_is_reported_until_it_ends() -> None:
    timeline = Timeline.awake_since("08:00").deployment_begins("09:00")
    assert {decision.reason for decision in timeline.ticks("09:01", "14:59")} == {Reason.DEPLOYMENT_RUNNING}
    reported = timeline.ticks("15:00", "15:30")
    assert {(one.action, one.reason) for one in reported} == {(Action.STAY, Reason.DEPLOYMENT_NOT_ENDING)}
    assert "has been running since 2026-03-02 09:00:00 UTC" in reported[0].sentence
    assert "aws ecs stop-service-deployment" in reported[0].sentence
    assert timeline.deployment_ends().tick("15:31").reason is Reason.DEPLOYMENT_ENDED
    assert timeline.stopped_at("15:32", "16:00") == "15:38"


def test_the_six_hours_begin_again_with_a_newer_deployment() -> None:
    timeline = Timeline.awake_since("08:00").deployment_begins("09:00")
    timeline.tick("09:01")
    timeline.deployment_begins("14:00").tick("15:00")
    assert timeline.tick("19:59").reason is Reason.DEPLOYMENT_RUNNING
    assert timeline.tick("20:00").reason is Reason.DEPLOYMENT_NOT_ENDING


def test_a_deployment_that_is_old_when_a_service_is_first_observed_is_reported_at_once() -> None:
    """The module was installed during an endless deployment."""
    timeline = Timeline().deployment_begins("08:00")
    assert timeline.tick("15:00").reason is Reason.FIRST_SEEN
    assert {decision.reason for decision in timeline.ticks("15:01", "15:03")} == {Reason.DEPLOYMENT_NOT_ENDING}


def test_a_deployment_that_keeps_a_failed_wake_from_being_abandoned_is_reported() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY).deployment_begins("10:01")
    assert timeline.ticks("10:01", "10:30")[-1].reason is Reason.WAKE_FAILED
    assert timeline.tick("16:00").reason is Reason.WAKE_FAILED
    assert timeline.tick("16:01").reason is Reason.DEPLOYMENT_NOT_ENDING


def test_an_old_deployment_that_runs_again_during_a_failed_wake_is_not_reported() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY).deployment_begins("02:00")
    assert {decision.reason for decision in timeline.ticks("10:06", "11:00")} == {Reason.WAKE_FAILED}


def test_a_deployment_that_does_not_end_is_reported_if_sleep_is_requested() -> None:
    timeline = Timeline.awake_since("08:00").deployment_begins("09:00")
    timeline.tick("09:01")
    timeline.request_sleep("15:01")
    assert timeline.tick("15:02").reason is Reason.DEPLOYMENT_NOT_ENDING


@pytest.mark.parametrize("began", ["02:00", "04:07"], ids=["hours ago", "just six hours ago"])
@pytest.mark.parametrize("requested", [False, True], ids=["idle", "sleep requested"])
def test_a_draining_service_whose_old_deployment_runs_again_becomes_awake(*, requested: bool, began: str) -> None:
    timeline = Timeline.draining_since_six_past_ten()
    if requested:
        timeline.request_sleep("10:06:10")
    decision = timeline.deployment_begins(began).tick("10:07")
    assert (timeline.phase, decision.reason, decision.warning) == (Phase.AWAKE, Reason.NEEDED_WHILE_DRAINING, False)
