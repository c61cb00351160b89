"""A failed wake is reported in ECS's own words, ends if no request follows, and is not retried too soon."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Snapshot, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.decide_wake import decide_wake
from scale_to_zero.rules.rule_positions import DISARMED
from scale_to_zero.rules.wake_times import backoff_after
from scale_to_zero.rules.waking import LONGEST_FAILURE
from tests.service_states import cause_of, retry_at_of, wake_of
from tests.unit.listener import MONITOR, UPTIME_CHECK, WAKE_RULE
from tests.unit.timeline import NOT_READY, READY, Timeline, a_service, a_service_woken_by_requests, at

NO_IMAGE = "CannotPullContainerError: pull image manifest has been retried 7 time(s)"
NO_PLACE = "(service web) was unable to place a task."


def a_wake_that_fails(**parts: object) -> Timeline:
    """Return a wake that begins at 10:00, is past its deadline at 10:05, and gets no further requests."""
    parts = {"service": a_service_woken_by_requests(), "readiness": NOT_READY, **parts}
    return Timeline.waking_since("10:00", **parts)


def fail_and_abandon(timeline: Timeline) -> None:
    """Let a wake that begins on the hour fail; no visitor waits for it."""
    hour = 10 + timeline.saved_state.failures
    if timeline.phase is not Phase.WAKING:
        timeline.request_wake(f"{hour}:00")
    assert timeline.stopped_at(f"{hour}:01", f"{hour}:59") == f"{hour}:10"


def test_a_wake_has_not_failed_before_its_deadline() -> None:
    timeline = a_wake_that_fails()
    assert {decision.reason for decision in timeline.ticks("10:01", "10:04")} == {Reason.WAKING}
    assert timeline.tick("10:05").reason is Reason.WAKE_FAILED


def test_a_failed_wake_is_reported_once_and_then_goes_on_with_a_warning() -> None:
    timeline = a_wake_that_fails()
    actions = [decision.action for decision in timeline.ticks("10:05", "10:09")]
    assert actions == [Action.SAVE_STATE, *[Action.STAY] * 4]
    assert (timeline.phase, timeline.saved_state.failed, timeline.armed) == (Phase.WAKING, True, True)


def test_the_cause_is_the_stop_reasons_of_the_tasks_and_then_the_newest_event_of_ecs() -> None:
    timeline = a_wake_that_fails(stop_reasons=(NO_IMAGE, "exit code 1"))
    timeline.observed(newest_event=NO_PLACE, newest_event_at=at("10:02"))
    decision = timeline.tick("10:05")
    assert cause_of(timeline.saved_state) == f"{NO_IMAGE}; exit code 1; {NO_PLACE}"
    assert cause_of(timeline.saved_state) in decision.sentence


def test_the_cause_is_the_newest_event_if_the_stopped_tasks_cannot_be_observed() -> None:
    timeline = a_wake_that_fails(stop_reasons=Unknown("throttled"))
    timeline.observed(newest_event=NO_PLACE, newest_event_at=at("10:02")).tick("10:05")
    assert cause_of(timeline.saved_state) == NO_PLACE


def test_the_cause_is_what_the_wake_still_waits_for_if_ecs_says_nothing() -> None:
    timeline = a_wake_that_fails()
    timeline.tick("10:05")
    assert cause_of(timeline.saved_state) == "it still waits for a healthy target"


def test_a_long_cause_is_cut() -> None:
    timeline = a_wake_that_fails(stop_reasons=(NO_IMAGE * 100,))
    timeline.tick("10:05")
    assert len(cause_of(timeline.saved_state)) == LONGEST_FAILURE


def test_the_stop_reasons_of_the_tasks_are_observed_once_when_a_wake_has_failed() -> None:
    timeline = a_wake_that_fails(stop_reasons=("first",))
    timeline.ticks("10:01", "10:05")
    timeline.stop_reasons = ("second",)
    timeline.ticks("10:06", "10:08")
    assert cause_of(timeline.saved_state) == "first"


def test_a_wake_counts_as_failed_once_however_long_it_goes_on() -> None:
    timeline = a_wake_that_fails()
    timeline.ticks("10:01", "10:04")
    assert timeline.saved_state.failures == 0
    timeline.ticks("10:05", "10:09")
    assert timeline.saved_state.failures == 1


def test_a_failed_wake_without_further_requests_goes_to_zero_idle_minutes_after_its_deadline() -> None:
    timeline = a_wake_that_fails()
    timeline.ticks("10:01", "10:09")
    decision = timeline.tick("10:10")
    assert (decision.action, decision.reason, decision.warning) == (Action.SLEEP, Reason.WAKE_ABANDONED, True)
    assert (timeline.phase, timeline.armed) == (Phase.ASLEEP, True)


def test_a_failed_wake_goes_on_while_a_visitor_waits() -> None:
    timeline = a_wake_that_fails()
    timeline.ticks("10:01", "10:06")
    timeline.visitor("10:08")
    assert timeline.stopped_at("10:09", "10:30") == "10:15"


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(1, 30), (2, 60), (3, 120), (4, 240), (5, 480), (6, 900), (7, 900), (50, 900), (100_000, 900)],
)
def test_each_failure_in_a_row_doubles_the_backoff_up_to_a_quarter_of_an_hour(failures: int, seconds: int) -> None:
    assert backoff_after(failures) == timedelta(seconds=seconds)


def test_the_backoff_begins_when_a_failed_wake_is_abandoned_and_grows_with_the_next() -> None:
    timeline = a_wake_that_fails()
    fail_and_abandon(timeline)
    assert retry_at_of(timeline.saved_state) == at("10:10:30")
    fail_and_abandon(timeline)
    assert retry_at_of(timeline.saved_state) == at("11:11")
    fail_and_abandon(timeline)
    assert retry_at_of(timeline.saved_state) == at("12:12")


def test_a_wake_that_ecs_never_accepts_also_fails_and_backs_off() -> None:
    timeline = a_wake_that_fails()
    for minute in range(1, 11):
        timeline.set_in_ecs(0)
        timeline.tick(f"10:{minute:02}")
    assert (timeline.phase, timeline.saved_state.failures) == (Phase.ASLEEP, 1)
    assert cause_of(timeline.saved_state) == "ECS did not accept its desired count"
    assert retry_at_of(timeline.saved_state) == at("10:10:30")


def test_the_start_of_a_held_service_that_ecs_refuses_is_retried_with_a_growing_backoff() -> None:
    timeline = a_wake_that_fails()
    timeline.hold("10:00:30", "18:00")
    for minute in range(1, 11):
        timeline.set_in_ecs(0)
        timeline.tick(f"10:{minute:02}")
    assert (timeline.phase, retry_at_of(timeline.saved_state)) == (Phase.WAKING, at("10:10:30"))
    for clock, retry_at in [("10:11", "10:12"), ("10:12", "10:14")]:
        timeline.set_in_ecs(0)
        assert timeline.tick(clock).reason is Reason.WAKE_UNFINISHED
        assert retry_at_of(timeline.saved_state) == at(retry_at)
    timeline.set_in_ecs(0)
    assert "it is held, so the next attempt is at 10:14:00" in timeline.tick("10:13").sentence


def test_the_cause_of_a_failed_wake_is_kept_for_the_page_while_the_service_is_asleep() -> None:
    timeline = a_wake_that_fails(stop_reasons=(NO_IMAGE,))
    fail_and_abandon(timeline)
    assert cause_of(timeline.saved_state) == NO_IMAGE


def test_a_request_by_hand_does_not_wait_for_the_backoff() -> None:
    timeline = a_wake_that_fails()
    fail_and_abandon(timeline)
    assert timeline.request_wake("10:10:05").action is Action.WAKE
    assert (retry_at_of(timeline.saved_state), cause_of(timeline.saved_state), timeline.saved_state.failures) == (
        None,
        "",
        1,
    )


def test_a_wake_that_succeeds_resets_the_count_of_failures() -> None:
    timeline = a_wake_that_fails()
    fail_and_abandon(timeline)
    timeline.readiness = READY
    timeline.request_wake("11:00")
    timeline.tick("11:01")
    assert (timeline.phase, timeline.saved_state.failures, cause_of(timeline.saved_state)) == (Phase.AWAKE, 0, "")


def test_a_failed_wake_that_becomes_ready_after_all_is_not_counted_as_failed() -> None:
    timeline = a_wake_that_fails(stop_reasons=(NO_IMAGE,))
    timeline.ticks("10:01", "10:06")
    timeline.readiness = READY
    timeline.tick("10:07")
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)
    assert (timeline.saved_state.failed, timeline.saved_state.failures, cause_of(timeline.saved_state)) == (
        False,
        0,
        "",
    )


def test_a_failed_wake_that_is_stopped_in_ecs_begins_again_with_the_next_request_before_ecs_is_called() -> None:
    timeline = a_wake_that_fails()
    timeline.save_state(wake=replace(wake_of(timeline.saved_state), accepted=at("10:00:01"))).ticks("10:01", "10:06")
    timeline.set_in_ecs(0)
    seen = Snapshot(timeline.service, timeline.facts, timeline.saved_state)
    decision = decide_wake(seen, at("10:06:20"))
    assert (decision.action, decision.desired, decision.reason) == (Action.WAKE, 1, Reason.WAKE_UNFINISHED)
    assert decision.state is not None
    # The run of this request waits for its turn, and a tick is sooner.
    timeline.state = decision.state
    wake = wake_of(timeline.saved_state)
    assert (wake.first_requested_at, wake.failed, timeline.saved_state.failures) == (at("10:00"), False, 1)
    assert timeline.tick("10:07").action is Action.WAKE
    assert timeline.phase is Phase.WAKING


def in_use_for_a_minute(**parts: object) -> Timeline:
    """A wake that fails at five past, of a service that is idle after one minute."""
    service = a_service_woken_by_requests(idle=timedelta(minutes=1))
    timeline = a_wake_that_fails(service=service, **parts)
    timeline.ticks("10:01", "10:04")
    return timeline


def test_an_undisturbed_failed_wake_is_abandoned_once_its_idle_window_is_over() -> None:
    assert in_use_for_a_minute().stopped_at("10:05", "10:20") == "10:06"


def test_a_failed_wake_whose_rules_were_disarmed_by_hand_is_abandoned_once_the_metrics_have_passed_their_arming() -> (
    None
):
    timeline = in_use_for_a_minute()
    timeline.change_rule(WAKE_RULE, conditions=DISARMED)
    # Armed again at five past. The metrics are two minutes late: at eight past they are complete until six past.
    assert timeline.stopped_at("10:05", "10:20") == "10:08"


def test_a_request_that_passed_a_disarmed_rule_keeps_a_failed_wake_from_being_abandoned() -> None:
    timeline = in_use_for_a_minute()
    timeline.change_rule(WAKE_RULE, conditions=DISARMED).request("10:04:50")
    assert timeline.tick("10:06").action is not Action.SLEEP
    timeline.change_rule(WAKE_RULE, conditions=DISARMED).request("10:06:40")
    # In use until seven past, and the metrics must pass the arming at seven past.
    assert timeline.stopped_at("10:07", "10:20") == "10:10"


@pytest.mark.parametrize("rules", ["cannot be armed", "cannot be observed"])
def test_a_failed_wake_is_not_abandoned_while_its_rules_are_not_known_to_be_armed(rules: str) -> None:
    timeline = in_use_for_a_minute()
    if rules == "cannot be observed":
        seen, timeline.rules = timeline.rules, Unknown("throttled")
    else:
        timeline.refused_changes = frozenset({WAKE_RULE})
        timeline.change_rule(WAKE_RULE, conditions=DISARMED)
    assert timeline.stopped_at("10:05", "10:20") is None
    assert (timeline.phase, timeline.saved_state.failed) == (Phase.WAKING, True)
    if rules == "cannot be observed":
        timeline.rules = seen
    timeline.refused_changes = frozenset()
    assert timeline.stopped_at("10:21", "10:30") == ("10:21" if rules == "cannot be observed" else "10:24")


def test_a_failed_wake_that_its_rules_keep_says_what_is_wrong_with_them() -> None:
    timeline = in_use_for_a_minute()
    timeline.change_rule(WAKE_RULE, priority=49_000, conditions=DISARMED)
    assert timeline.stopped_at("10:05", "10:20") is None
    decision = timeline.tick("10:21")
    assert (decision.reason, decision.warning) == (Reason.WAKE_RULE_PROBLEM, True)
    assert decision.sentence.startswith("web is not stopped, because its wake rules are not all armed: its wake rule")


def test_a_problem_of_an_uptime_check_does_not_keep_a_failed_wake() -> None:
    timeline = a_wake_that_fails(service=a_service_woken_by_requests(uptime_checks=(MONITOR,)))
    timeline.ticks("10:01", "10:04")
    assert not isinstance(timeline.rules, Unknown)
    timeline.rules = {arn: rule for arn, rule in timeline.rules.items() if arn != UPTIME_CHECK}
    assert timeline.stopped_at("10:05", "10:20") == "10:10"


@pytest.mark.parametrize("service", [a_service(), a_service_woken_by_requests()], ids=["no rules", "wake rules"])
def test_a_failed_wake_would_sleep_in_mode_dry_run_whether_or_not_it_has_wake_rules(service: Service) -> None:
    timeline = Timeline.asleep_since("08:00", service=replace(service, mode=Mode.DRY_RUN), readiness=NOT_READY)
    timeline.save_state(stopped=None).set_in_ecs(1).ticks("10:00", "10:09")
    assert timeline.saved_state.failed
    assert timeline.tick("10:10").reason is Reason.WOULD_SLEEP
