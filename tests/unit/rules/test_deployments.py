"""A deployment is activity. The idle window begins when it ends, so the new version can be tested first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Readiness, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState
from tests.unit.timeline import NOT_READY, READY, Timeline, a_service, a_service_woken_by_requests, at, running_facts

WITHOUT_WAKE_RULES = a_service()
IN_DRY_RUN = a_service(mode=Mode.DRY_RUN)
WOKEN_BY_REQUESTS = a_service_woken_by_requests()
IN_DRY_RUN_WITH_WAKE_RULES = a_service_woken_by_requests(mode=Mode.DRY_RUN)
WITHOUT_TARGET_GROUPS = a_service(load_balancer_arn=None, target_group_arns=())


def last_used_at_ten_past_nine(service: Service = WITHOUT_WAKE_RULES) -> Timeline:
    timeline = Timeline.awake_since("08:00", service=service).request("09:09:30")
    timeline.ticks("09:11", "09:13")
    return timeline


def deployed_from_13_to_24_past_nine(service: Service = WITHOUT_WAKE_RULES) -> Timeline:
    timeline = last_used_at_ten_past_nine(service).deployment_begins("09:13:20")
    timeline.ticks("09:14", "09:23")
    return timeline.deployment_ends()


def put_to_sleep_at(timeline: Timeline, first: str, last: str) -> str | None:
    """Return when the service is stopped, begins to drain, or would be asleep, whichever is first."""
    minutes = int((at(last) - at(first)) / timedelta(minutes=1))
    for number in range(minutes + 1):
        clock = f"{at(first) + timedelta(minutes=number):%H:%M}"
        decision = timeline.tick(clock)
        if decision.action in (Action.SLEEP, Action.DRAIN) or decision.reason is Reason.WOULD_SLEEP:
            return clock
    return None


def writes(timeline: Timeline, first: str, last: str) -> int:
    return sum(decision.state is not None for decision in timeline.ticks(first, last))


# Without wake rules, the service waits until the metrics, two minutes late, show the whole window.
# With wake rules, it drains meanwhile.
@pytest.mark.parametrize(
    ("service", "earliest"),
    [
        (WITHOUT_WAKE_RULES, "09:31"),
        (IN_DRY_RUN, "09:31"),
        (IN_DRY_RUN_WITH_WAKE_RULES, "09:31"),
        (WOKEN_BY_REQUESTS, "09:29"),
    ],
    ids=["without wake rules", "dry run", "dry run with wake rules", "woken by requests"],
)
def test_the_idle_window_begins_when_a_deployment_ends(service: Service, earliest: str) -> None:
    timeline = deployed_from_13_to_24_past_nine(service)
    assert put_to_sleep_at(timeline, "09:24", "09:50") == earliest


def test_the_log_says_when_the_idle_window_begins() -> None:
    decision = deployed_from_13_to_24_past_nine().tick("09:24")
    assert decision.sentence == "web was deployed; its idle window begins at 09:24:00"


def test_a_deployment_whose_end_no_tick_observed_ends_at_the_next_tick() -> None:
    timeline = last_used_at_ten_past_nine().deployment_begins("09:13:20")
    timeline.tick("09:14")
    timeline.deployment_ends()
    assert timeline.stopped_at("09:40", "09:59") == "09:47"


@pytest.mark.parametrize("service", [WITHOUT_WAKE_RULES, IN_DRY_RUN])
def test_a_short_deployment_that_no_tick_observed_counts_from_its_beginning(service: Service) -> None:
    timeline = last_used_at_ten_past_nine(service)
    timeline.observed(deployed_at=at("09:13:20"))
    assert put_to_sleep_at(timeline, "09:14", "09:40") == "09:21"


def test_a_deployment_that_began_before_the_service_was_last_needed_is_ignored() -> None:
    timeline = Timeline.awake_since("09:57").observed(deployed_at=at("10:00")).request("10:00:30")
    assert timeline.stopped_at("10:01", "10:30") == "10:08"
    timeline = Timeline.awake_since("09:57").observed(deployed_at=at("09:56"))
    assert timeline.stopped_at("10:01", "10:30") == "10:04"


def test_a_deployment_just_before_draining_keeps_the_service_awake() -> None:
    timeline = last_used_at_ten_past_nine(WOKEN_BY_REQUESTS).observed(deployed_at=at("09:14:30"))
    assert timeline.first(Action.DRAIN, "09:15", "09:40") == "09:20"


def test_a_short_deployment_makes_a_draining_service_awake_again_for_the_whole_window() -> None:
    timeline = Timeline.draining_since_six_past_ten().observed(deployed_at=at("10:06:20"))
    assert timeline.tick("10:07").reason is Reason.NEEDED_WHILE_DRAINING
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)
    assert timeline.first(Action.DRAIN, "10:08", "10:30") == "10:12"


def test_a_deployment_of_a_draining_service_is_followed_by_the_whole_window_though_no_tick_observed_its_end() -> None:
    timeline = Timeline.draining_since_six_past_ten().deployment_begins("10:06:20")
    assert timeline.tick("10:07").reason is Reason.NEEDED_WHILE_DRAINING
    timeline.deployment_ends()
    assert timeline.first(Action.DRAIN, "10:20", "10:40") == "10:25"


@pytest.mark.parametrize("until", ["09:20", "09:24:30", "09:28"])
def test_a_hold_that_ends_during_or_just_after_a_deployment_does_not_shorten_the_window(until: str) -> None:
    timeline = last_used_at_ten_past_nine()
    timeline.hold("09:13", until)
    timeline.deployment_begins("09:13:20").ticks("09:14", "09:23")
    assert timeline.deployment_ends().stopped_at("09:24", "09:59") == "09:31"


def test_a_deployment_that_runs_when_the_service_becomes_awake_is_followed_by_the_whole_window() -> None:
    timeline = Timeline.waking_since("09:00", readiness=NOT_READY).deployment_begins("09:00:20")
    timeline.tick("09:01")
    timeline.readiness = READY
    assert timeline.tick("09:02").reason is Reason.READY
    timeline.deployment_ends()
    assert timeline.stopped_at("09:20", "09:40") == "09:27"


def test_a_deployment_that_starts_a_sleeping_service_is_followed_by_the_whole_window() -> None:
    """``terraform apply`` sets the count and the task definition at once."""
    timeline = Timeline.asleep_since("08:00").set_in_ecs(1).deployment_begins("09:00:20")
    assert timeline.tick("09:01").reason is Reason.READY
    timeline.deployment_ends()
    assert timeline.stopped_at("09:20", "09:40") == "09:27"


def test_a_deployment_of_a_service_first_observed_is_followed_by_the_whole_window() -> None:
    timeline = Timeline().deployment_begins("08:50")
    assert timeline.tick("09:00").reason is Reason.FIRST_SEEN
    timeline.deployment_ends()
    assert timeline.stopped_at("09:20", "09:40") == "09:27"


def test_a_deployment_that_also_changes_the_count_is_followed_by_the_whole_window() -> None:
    timeline = last_used_at_ten_past_nine().set_in_ecs(2).deployment_begins("09:13:20")
    assert timeline.tick("09:14").reason is Reason.COUNT_CHANGED
    timeline.deployment_ends()
    assert timeline.stopped_at("09:40", "09:59") == "09:47"


def test_a_deployment_that_outlasts_a_request_to_sleep_is_followed_by_the_whole_window() -> None:
    timeline = last_used_at_ten_past_nine().deployment_begins("09:13:20")
    timeline.request_sleep("09:13:30")
    assert timeline.ticks("09:14", "09:24")[-1].reason is Reason.SLEEP_ABANDONED
    timeline.deployment_ends()
    assert timeline.stopped_at("09:40", "09:59") == "09:47"


def test_a_request_to_sleep_that_outlasts_a_deployment_is_carried_out_at_once() -> None:
    timeline = deployed_from_13_to_24_past_nine()
    timeline.request_sleep("09:23:30")
    assert timeline.tick("09:24").action is Action.SLEEP


def test_a_deployment_does_not_wake_a_service_in_dry_run_mode() -> None:
    timeline = Timeline.awake_since("08:00", service=IN_DRY_RUN)
    timeline.tick("09:00")
    assert timeline.saved_state.would_sleep_since == at("09:00")
    timeline.deployment_begins("09:10")
    during = timeline.ticks("09:11", "09:20")
    after = timeline.deployment_ends().ticks("09:21", "09:40")
    assert Reason.WOULD_WAKE not in {decision.reason for decision in during + after}
    assert timeline.saved_state.would_sleep_since == at("09:00")


@pytest.mark.parametrize(
    "service",
    [WITHOUT_WAKE_RULES, IN_DRY_RUN, WOKEN_BY_REQUESTS, WITHOUT_TARGET_GROUPS],
    ids=["without wake rules", "dry run", "woken by requests", "without target groups"],
)
def test_a_deployment_costs_two_writes(service: Service) -> None:
    timeline = Timeline.awake_since("09:12", service=service)
    timeline.observed(traffic_sources=frozenset() if not service.target_group_arns else running_facts().traffic_sources)
    assert writes(timeline.deployment_begins("09:12:20"), "09:13", "09:40") == 1
    assert writes(timeline.deployment_ends(), "09:41", "09:45") == 1


def test_the_service_state_records_the_beginning_and_then_the_end_of_a_deployment() -> None:
    timeline = Timeline.awake_since("08:00").deployment_begins("09:13:20")
    decision = timeline.tick("09:14")
    assert (decision.action, decision.reason) == (Action.SAVE_STATE, Reason.DEPLOYMENT_RUNNING)
    assert (timeline.saved_state.deployment_since, timeline.saved_state.last_activity) == (at("09:13:20"), None)
    assert timeline.tick("09:15").action is Action.STAY
    decision = timeline.deployment_ends().tick("09:24")
    assert (decision.action, decision.reason) == (Action.SAVE_STATE, Reason.DEPLOYMENT_ENDED)
    assert (timeline.saved_state.deployment_since, timeline.saved_state.last_activity) == (None, at("09:24"))


def test_a_newer_deployment_replaces_the_earlier_one() -> None:
    timeline = Timeline.awake_since("08:00").deployment_begins("09:13")
    timeline.tick("09:14")
    timeline.deployment_begins("09:20").tick("09:21")
    assert timeline.saved_state.deployment_since == at("09:20")


def test_the_recorded_beginning_of_a_deployment_is_never_in_the_future() -> None:
    """Clocks differ by a second or two."""
    timeline = Timeline.awake_since("08:00").deployment_begins("09:14:01")
    timeline.tick("09:14")
    assert timeline.saved_state.deployment_since == at("09:14")
    timeline = Timeline.awake_since("08:00").observed(deployed_at=at("09:14:01"))
    timeline.tick("09:14")
    assert timeline.saved_state.last_activity == at("09:14")


def test_an_old_deployment_that_runs_again_is_not_reported_at_once() -> None:
    """After a wake, ECS may call the deployment of last week a running one until its tasks have started."""
    last_week = at("08:00") - timedelta(days=7)
    timeline = Timeline.waking_since("08:59").observed(deployment_running=True, deployed_at=last_week)
    assert timeline.tick("09:00").reason is Reason.READY
    assert timeline.tick("14:59").reason is Reason.DEPLOYMENT_RUNNING
    assert timeline.tick("15:00").reason is Reason.DEPLOYMENT_NOT_ENDING
    timeline = Timeline.awake_since("08:00").observed(deployment_running=True, deployed_at=last_week)
    assert timeline.tick("09:00").reason is Reason.DEPLOYMENT_RUNNING
    assert timeline.saved_state.deployment_since == at("09:00")


def test_a_deployment_without_a_beginning_in_ecs_runs_since_it_was_first_observed() -> None:
    timeline = Timeline.awake_since("08:00").observed(deployment_running=True)
    assert writes(timeline, "09:14", "09:20") == 1
    assert timeline.saved_state.deployment_since == at("09:14")


def test_the_state_of_a_service_that_was_stopped_while_it_was_deployed_has_no_deployment() -> None:
    timeline = Timeline.awake_since("08:00").deployment_begins("09:13")
    timeline.tick("09:14")
    timeline.set_in_ecs(0).tick("09:15")
    assert (timeline.phase, timeline.saved_state.deployment_since) == (Phase.ASLEEP, None)


def test_a_deployment_that_ended_before_a_wake_is_ignored_after_the_wake() -> None:
    timeline = Timeline.awake_since("08:00").deployment_begins("08:30")
    timeline.tick("08:31")
    timeline.set_in_ecs(0).deployment_ends()
    timeline.request_wake("08:32")
    assert timeline.phase is Phase.WAKING
    timeline.tick("08:33")
    assert isinstance(timeline.state, ServiceState)
    assert (timeline.phase, timeline.saved_state.deployment_since) == (Phase.AWAKE, None)


@pytest.mark.parametrize(
    "readiness", [NOT_READY, Unknown("DescribeTargetHealth is denied")], ids=["not ready", "unseen"]
)
def test_a_failed_wake_is_abandoned_a_whole_window_after_a_deployment(readiness: Readiness | Unknown) -> None:
    """The deployment may fix the service, and people test it next."""
    timeline = Timeline.waking_since("09:00", readiness=readiness)
    timeline.ticks("09:01", "09:08")
    timeline.deployment_begins("09:08:20").ticks("09:09", "09:23")
    assert timeline.deployment_ends().stopped_at("09:24", "09:50") == "09:31"


def test_a_failed_wake_is_abandoned_a_whole_window_after_a_short_deployment_that_no_tick_observed() -> None:
    timeline = Timeline.waking_since("09:00", readiness=NOT_READY)
    timeline.ticks("09:01", "09:08")
    assert timeline.observed(deployed_at=at("09:08:30")).stopped_at("09:09", "09:50") == "09:16"


def test_a_request_to_sleep_that_is_abandoned_when_a_deployment_ends_does_not_shorten_the_window() -> None:
    timeline = Timeline.awake_since("09:00").request("09:02:30")
    timeline.tick("09:05")
    timeline.request_sleep("09:05:30")
    timeline.deployment_begins("09:05:50").ticks("09:06", "09:15")
    timeline.deployment_ends()
    assert timeline.tick("09:16").reason is Reason.SLEEP_ABANDONED
    assert timeline.stopped_at("09:17", "09:40") == "09:23"
