"""A wake that cannot be observed still fails at its deadline, is reported, and is abandoned."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Missing, ServiceFacts, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Leaving, Phase, ServiceState, Stop
from scale_to_zero.rules.waking import LONGEST_FAILURE
from tests.service_states import cause_of, retry_at_of, wake_of
from tests.unit.timeline import (
    NAME,
    NOT_READY,
    READY,
    Timeline,
    a_service,
    a_service_woken_by_requests,
    at,
    running_facts,
)

DENIED = Unknown("elasticloadbalancing:DescribeTargetHealth failed: AccessDenied: no; allow it in the function's role")
SHOWN = "its readiness could not be read"
UNSEEN = f"{SHOWN}: {DENIED.why}"
NO_SUCH = "ECS has no such service, or the service cannot be woken"
NO_PLACE = "(service web) was unable to place a task."
THROTTLED = Unknown("ecs:DescribeServices failed: ThrottlingException: Rate exceeded")
GONE = Missing("there is no service city-guided-service in cluster city-guided-cluster")


def an_unobserved_wake(**parts: object) -> Timeline:
    """Return a wake that begins at 10:00 and has its deadline at 10:05. Observing its readiness is denied."""
    return Timeline.waking_since("10:00", **{"readiness": DENIED, "service": a_service_woken_by_requests(), **parts})


def test_a_wake_whose_readiness_cannot_be_observed_is_neither_ready_nor_failed_before_its_deadline() -> None:
    timeline = an_unobserved_wake()
    assert {decision.reason for decision in timeline.ticks("10:01", "10:04")} == {Reason.READINESS_UNKNOWN}
    assert not timeline.saved_state.failed


def test_a_wake_whose_readiness_cannot_be_observed_fails_at_its_deadline_and_says_why() -> None:
    timeline = an_unobserved_wake()
    decision = timeline.tick("10:05")
    assert (decision.action, decision.reason, decision.warning) == (Action.SAVE_STATE, Reason.WAKE_FAILED, True)
    assert decision.sentence == f"web did not wake by its deadline: {UNSEEN}"
    assert (timeline.phase, timeline.saved_state.failed, timeline.saved_state.failures) == (Phase.WAKING, True, 1)
    change = timeline.saved_state.changes[-1]
    assert change.failed
    # Visitors see this cause. It must not have AWS's refusals, which name roles and accounts.
    assert (cause_of(timeline.saved_state), change.cause) == (SHOWN, SHOWN)


def test_the_words_of_ecs_are_reported_after_the_failed_observation() -> None:
    timeline = an_unobserved_wake(stop_reasons=("exit code 1",))
    timeline.observed(newest_event=NO_PLACE, newest_event_at=at("10:02"))
    decision = timeline.tick("10:05")
    assert decision.sentence.endswith(f"{UNSEEN}; ECS says: exit code 1; {NO_PLACE}")
    assert cause_of(timeline.saved_state) == f"{SHOWN}; exit code 1; {NO_PLACE}"


def test_a_long_cause_is_cut() -> None:
    timeline = an_unobserved_wake(stop_reasons=("exit code 1; " * 100,))
    decision = timeline.tick("10:05")
    assert len(cause_of(timeline.saved_state)) == LONGEST_FAILURE
    assert len(decision.sentence) < LONGEST_FAILURE + 300


def test_a_wake_fails_though_its_stopped_tasks_cannot_be_observed_either() -> None:
    timeline = an_unobserved_wake(stop_reasons=Unknown("ecs:ListTasks failed: AccessDenied"))
    assert timeline.tick("10:05").reason is Reason.WAKE_FAILED
    assert cause_of(timeline.saved_state) == SHOWN


def test_a_failed_wake_is_reported_once_and_the_missing_permission_at_every_tick() -> None:
    timeline = an_unobserved_wake()
    timeline.ticks("10:01", "10:05")
    decisions = timeline.ticks("10:06", "10:09")
    assert {(one.action, one.reason, one.warning) for one in decisions} == {
        (Action.STAY, Reason.READINESS_UNKNOWN, True)
    }
    assert timeline.saved_state.failures == 1


def test_a_failed_wake_without_requests_is_abandoned_if_everything_else_is_observed() -> None:
    timeline = an_unobserved_wake()
    assert timeline.stopped_at("10:01", "10:30") == "10:10"
    assert (timeline.phase, retry_at_of(timeline.saved_state)) == (Phase.ASLEEP, at("10:10:30"))


def test_a_failed_wake_goes_on_while_a_visitor_waits() -> None:
    timeline = an_unobserved_wake()
    timeline.ticks("10:01", "10:06")
    timeline.visitor("10:08")
    assert timeline.stopped_at("10:09", "10:30") == "10:15"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"unseen": {"RequestCount": Unknown("throttled")}}, Reason.TRAFFIC_UNKNOWN),
        ({"protected": Unknown("ecs:ListTasks failed: AccessDenied")}, Reason.PROTECTION_UNKNOWN),
        ({"scalable_target": Unknown("throttled")}, Reason.SCALABLE_TARGET_UNKNOWN),
    ],
)
def test_a_failed_wake_is_not_abandoned_while_something_else_cannot_be_observed(
    parts: dict[str, object], reason: Reason
) -> None:
    timeline = an_unobserved_wake(**parts)
    timeline.ticks("10:01", "10:09")
    assert {decision.reason for decision in timeline.ticks("10:10", "10:30")} == {reason}


def test_a_failed_wake_that_is_observed_to_be_ready_after_all_is_not_counted_as_failed() -> None:
    timeline = an_unobserved_wake()
    timeline.ticks("10:01", "10:06")
    timeline.readiness = READY
    timeline.tick("10:07")
    assert (timeline.phase, timeline.armed, timeline.saved_state.failed) == (Phase.AWAKE, False, False)


def test_a_wake_whose_tasks_are_not_ready_and_then_cannot_be_observed_fails_once() -> None:
    timeline = an_unobserved_wake(readiness=NOT_READY)
    timeline.ticks("10:01", "10:06")
    timeline.readiness = DENIED
    timeline.tick("10:07")
    assert (timeline.saved_state.failures, cause_of(timeline.saved_state)) == (1, "it still waits for a healthy target")


def test_a_watcher_that_still_has_the_lease_does_not_keep_the_wake_from_failing() -> None:
    timeline = an_unobserved_wake().save_state(watcher_until=at("10:14"))
    assert timeline.tick("10:04").reason is Reason.HAS_WATCHER
    assert timeline.tick("10:05").reason is Reason.WAKE_FAILED


@pytest.mark.parametrize(
    ("facts", "reason", "why", "shown"),
    [
        (THROTTLED, Reason.NOT_SEEN, f"ECS could not be read: {THROTTLED.why}", "ECS could not be read"),
        (GONE, Reason.SERVICE_MISSING, GONE.why, NO_SUCH),
        (running_facts(), Reason.SERVICE_NOT_ACTIVE, f"the status of {NAME} in ECS is DRAINING", NO_SUCH),
    ],
)
def test_a_wake_of_a_service_that_ecs_does_not_show_fails_at_its_deadline(
    facts: ServiceFacts | Missing | Unknown, reason: Reason, why: str, shown: str
) -> None:
    timeline = an_unobserved_wake()
    timeline.facts = facts
    if isinstance(facts, ServiceFacts):
        timeline.observed(status="DRAINING")
    before = timeline.ticks("10:01", "10:04")
    assert {(one.action, one.reason, one.warning) for one in before} == {(Action.SKIP, reason, True)}
    decision = timeline.tick("10:05")
    assert (decision.action, decision.reason, decision.warning) == (Action.SAVE_STATE, Reason.WAKE_FAILED, True)
    assert why in decision.sentence
    assert cause_of(timeline.saved_state) == shown
    assert timeline.saved_state.changes[-1].failed
    after = timeline.ticks("10:06", "11:30")
    assert {(one.action, one.reason, one.warning) for one in after} == {(Action.SKIP, reason, True)}
    assert (timeline.phase, timeline.saved_state.failures) == (Phase.WAKING, 1)


def test_the_wake_of_a_daemon_also_fails() -> None:
    timeline = an_unobserved_wake().observed(scheduling_strategy="DAEMON")
    timeline.ticks("10:01", "10:05")
    assert cause_of(timeline.saved_state) == NO_SUCH


def test_stopped_tasks_are_observed_though_ecs_cannot_describe_the_service() -> None:
    timeline = an_unobserved_wake(stop_reasons=("exit code 1",))
    timeline.facts = THROTTLED
    timeline.tick("10:05")
    assert cause_of(timeline.saved_state) == "ECS could not be read; exit code 1"


@pytest.mark.parametrize("facts", [GONE, "DRAINING"])
def test_the_tasks_of_a_service_that_is_gone_are_not_observed(facts: Missing | str) -> None:
    """ECS would refuse this call, and the refusal would be reported as another fault."""
    timeline = an_unobserved_wake(stop_reasons=("must not be read",))
    if isinstance(facts, Missing):
        timeline.facts = facts
    else:
        timeline.observed(status=facts)
    timeline.tick("10:05")
    assert timeline.saved_state.failed
    assert "must not be read" not in cause_of(timeline.saved_state)


def test_a_service_that_ecs_shows_again_goes_on_waking() -> None:
    timeline = an_unobserved_wake()
    timeline.facts = THROTTLED
    timeline.ticks("10:01", "10:20")
    timeline.facts, timeline.readiness = running_facts(), READY
    timeline.tick("10:21")
    assert (timeline.phase, timeline.saved_state.failed) == (Phase.AWAKE, False)


def test_a_wake_that_failed_unobserved_and_never_reached_ecs_is_abandoned_once_ecs_shows_the_service() -> None:
    timeline = an_unobserved_wake()
    timeline.facts = THROTTLED
    timeline.ticks("10:01", "10:20")
    timeline.facts = running_facts(0)
    assert timeline.tick("10:21").reason is Reason.WAKE_ABANDONED
    assert timeline.phase is Phase.ASLEEP


@pytest.mark.parametrize("facts", [THROTTLED, GONE])
def test_a_wake_that_was_requested_during_a_stop_also_fails_if_ecs_is_not_observed_after_the_stop(
    facts: Missing | Unknown,
) -> None:
    """From the request on, visitors get the answer that the service wakes."""
    timeline = Timeline.asleep_since("10:00", service=a_service_woken_by_requests())
    timeline.save_state(stop=Stop(at("10:01"), at("10:00:30")))
    timeline.facts = facts
    assert timeline.tick("10:00:50").action is Action.SKIP
    decision = timeline.tick("10:01:50")
    assert (decision.action, decision.reason, decision.desired) == (Action.SAVE_STATE, Reason.WAKE_REQUESTED, None)
    assert facts.why in decision.sentence
    assert (timeline.phase, timeline.saved_state.requested_at, wake_of(timeline.saved_state).deadline) == (
        Phase.WAKING,
        at("10:00:30"),
        at("10:06:50"),
    )
    assert {one.action for one in timeline.ticks("10:02:50", "10:05:50")} == {Action.SKIP}
    assert timeline.tick("10:06:50").reason is Reason.WAKE_FAILED


def test_a_wake_that_was_requested_during_a_stop_starts_once_ecs_is_observed() -> None:
    timeline = Timeline.asleep_since("10:00").save_state(stop=Stop(at("10:01"), at("10:00:30")))
    timeline.facts = THROTTLED
    timeline.ticks("10:01:50", "10:03:50")
    timeline.facts = running_facts(0)
    decision = timeline.tick("10:04:50")
    assert (decision.action, decision.desired) == (Action.WAKE, 1)


def test_no_wake_fails_for_a_service_in_mode_off() -> None:
    timeline = an_unobserved_wake()
    timeline.facts, timeline.service = THROTTLED, a_service(mode=Mode.OFF)
    assert {decision.action for decision in timeline.ticks("10:01", "10:20")} == {Action.SKIP}


def test_no_wake_fails_for_a_service_that_leaves() -> None:
    timeline = an_unobserved_wake().save_state(leaving=Leaving(at("10:00")))
    timeline.facts = THROTTLED
    assert {decision.reason for decision in timeline.ticks("10:01", "10:19")} == {Reason.LEAVING}
    assert not timeline.saved_state.failed


def test_no_wake_fails_for_a_service_whose_state_cannot_be_read() -> None:
    timeline = an_unobserved_wake()
    timeline.state = Unknown("its schema is newer")
    assert {decision.reason for decision in timeline.ticks("10:01", "10:20")} == {Reason.STATE_UNREADABLE}


@pytest.mark.parametrize("facts", [THROTTLED, GONE])
def test_a_service_that_drains_and_cannot_be_observed_is_awake_again_after_ten_minutes(
    facts: Missing | Unknown,
) -> None:
    """Its armed wake rules are before its own rule, so WebSockets and large uploads are refused."""
    timeline = Timeline.draining_since_six_past_ten()
    timeline.facts = facts
    assert {decision.action for decision in timeline.ticks("10:07", "10:15")} == {Action.SKIP}
    assert timeline.armed
    decision = timeline.tick("10:16")
    assert (decision.action, decision.reason, decision.warning) == (Action.SAVE_STATE, Reason.DRAINED_TOO_LONG, True)
    assert facts.why in decision.sentence
    assert (timeline.phase, timeline.armed) == (Phase.AWAKE, False)


def test_a_service_that_drains_before_its_idle_window_is_over_has_that_much_more_time() -> None:
    service = a_service_woken_by_requests(drain_lead=timedelta(minutes=3))
    timeline = Timeline.awake_since("09:58", service=service)
    assert timeline.first(Action.DRAIN, "10:00", "10:10") == "10:00"
    timeline.facts = THROTTLED
    assert timeline.first(Action.SAVE_STATE, "10:01", "10:30") == "10:13"


def test_a_sleeping_or_awake_service_has_no_deadline_that_could_pass_unobserved() -> None:
    for timeline in (Timeline.asleep_since("09:00"), Timeline.awake_since("09:00")):
        timeline.facts = THROTTLED
        before = timeline.state
        timeline.ticks("10:00", "10:30")
        assert isinstance(before, ServiceState)
        assert timeline.state == before
