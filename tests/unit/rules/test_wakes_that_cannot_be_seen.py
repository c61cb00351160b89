"""The deadline of a wake passes, whatever cannot be seen of it: the wake fails, is told, and is given up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Missing, ServiceFacts, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Leaving, Memory, Phase, Stop
from scale_to_zero.rules.waking import LONGEST_FAILURE
from tests.service_states import cause_of, retry_at_of, wake_of
from tests.unit.timeline import NAME, NOT_READY, READY, Story, a_service, a_service_woken_by_requests, at, running_facts

DENIED = Unknown("elasticloadbalancing:DescribeTargetHealth failed: AccessDenied: no; allow it in the function's role")
SHOWN = "its readiness could not be seen"
UNSEEN = f"{SHOWN}: {DENIED.why}"
NO_SUCH = "ECS has no such service, or none that can be woken"
NO_PLACE = "(service web) was unable to place a task."
THROTTLED = Unknown("ecs:DescribeServices failed: ThrottlingException: Rate exceeded")
GONE = Missing("there is no service city-guided-service in cluster city-guided-cluster")


def a_wake_nobody_can_see(**parts: object) -> Story:
    """Begun at ten, past its deadline at five past; whether it is ready may not be asked."""
    return Story.waking_since("10:00", **{"readiness": DENIED, "service": a_service_woken_by_requests(), **parts})


def test_until_the_deadline_readiness_that_cannot_be_seen_is_neither_ready_nor_failed() -> None:
    story = a_wake_nobody_can_see()
    assert {decision.reason for decision in story.ticks("10:01", "10:04")} == {Reason.READINESS_UNKNOWN}
    assert not story.remembered.failed


def test_past_the_deadline_a_wake_whose_readiness_cannot_be_seen_has_failed_and_says_why() -> None:
    story = a_wake_nobody_can_see()
    decision = story.tick("10:05")
    assert (decision.action, decision.reason, decision.warning) == (Action.REMEMBER, Reason.WAKE_FAILED, True)
    assert decision.sentence == f"web did not wake by its deadline: {UNSEEN}"
    assert (story.phase, story.remembered.failed, story.remembered.failures) == (Phase.WAKING, True, 1)
    change = story.remembered.changes[-1]
    assert change.failed
    # Visitors are shown this, and AWS's refusals name roles and accounts.
    assert (cause_of(story.remembered), change.cause) == (SHOWN, SHOWN)


def test_what_ecs_says_is_told_after_what_could_not_be_seen() -> None:
    story = a_wake_nobody_can_see(stop_reasons=("exit code 1",))
    story.observed(newest_event=NO_PLACE, newest_event_at=at("10:02"))
    decision = story.tick("10:05")
    assert decision.sentence.endswith(f"{UNSEEN}; ECS says: exit code 1; {NO_PLACE}")
    assert cause_of(story.remembered) == f"{SHOWN}; exit code 1; {NO_PLACE}"


def test_a_talkative_failure_is_cut_short() -> None:
    story = a_wake_nobody_can_see(stop_reasons=("exit code 1; " * 100,))
    decision = story.tick("10:05")
    assert len(cause_of(story.remembered)) == LONGEST_FAILURE
    assert len(decision.sentence) < LONGEST_FAILURE + 300


def test_it_fails_though_why_its_tasks_stopped_cannot_be_seen_either() -> None:
    story = a_wake_nobody_can_see(stop_reasons=Unknown("ecs:ListTasks failed: AccessDenied"))
    assert story.tick("10:05").reason is Reason.WAKE_FAILED
    assert cause_of(story.remembered) == SHOWN


def test_a_failed_wake_is_told_once_and_what_to_allow_with_every_tick() -> None:
    story = a_wake_nobody_can_see()
    story.ticks("10:01", "10:05")
    told = story.ticks("10:06", "10:09")
    assert {(one.action, one.reason, one.warning) for one in told} == {(Action.STAY, Reason.READINESS_UNKNOWN, True)}
    assert story.remembered.failures == 1


def test_it_is_given_up_if_nobody_asks_and_everything_else_is_seen() -> None:
    story = a_wake_nobody_can_see()
    assert story.stopped_at("10:01", "10:30") == "10:10"
    assert (story.phase, retry_at_of(story.remembered)) == (Phase.ASLEEP, at("10:10:30"))


def test_a_visitor_who_still_waits_keeps_it_trying() -> None:
    story = a_wake_nobody_can_see()
    story.ticks("10:01", "10:06")
    story.visitor("10:08")
    assert story.stopped_at("10:09", "10:30") == "10:15"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"unseen": {"RequestCount": Unknown("throttled")}}, Reason.TRAFFIC_UNKNOWN),
        ({"protected": Unknown("ecs:ListTasks failed: AccessDenied")}, Reason.PROTECTION_UNKNOWN),
        ({"scalable_target": Unknown("throttled")}, Reason.SCALABLE_TARGET_UNKNOWN),
    ],
)
def test_it_is_not_given_up_while_something_else_cannot_be_seen(parts: dict[str, object], reason: Reason) -> None:
    story = a_wake_nobody_can_see(**parts)
    story.ticks("10:01", "10:09")
    assert {decision.reason for decision in story.ticks("10:10", "10:30")} == {reason}


def test_a_failed_wake_that_is_seen_to_be_ready_after_all_was_none() -> None:
    story = a_wake_nobody_can_see()
    story.ticks("10:01", "10:06")
    story.readiness = READY
    story.tick("10:07")
    assert (story.phase, story.armed, story.remembered.failed) == (Phase.AWAKE, False, False)


def test_a_wake_whose_tasks_are_not_ready_and_then_cannot_be_seen_fails_once() -> None:
    story = a_wake_nobody_can_see(readiness=NOT_READY)
    story.ticks("10:01", "10:06")
    story.readiness = DENIED
    story.tick("10:07")
    assert (story.remembered.failures, cause_of(story.remembered)) == (1, "it still waits for a healthy target")


def test_a_watcher_that_still_claims_the_wake_does_not_keep_it_from_failing() -> None:
    story = a_wake_nobody_can_see().remember(escorted_until=at("10:14"))
    assert story.tick("10:04").reason is Reason.ESCORTED
    assert story.tick("10:05").reason is Reason.WAKE_FAILED


@pytest.mark.parametrize(
    ("facts", "reason", "why", "shown"),
    [
        (THROTTLED, Reason.NOT_SEEN, f"ECS could not be asked: {THROTTLED.why}", "ECS could not be asked about it"),
        (GONE, Reason.SERVICE_MISSING, GONE.why, NO_SUCH),
        (running_facts(), Reason.SERVICE_NOT_ACTIVE, f"ECS calls {NAME} DRAINING", NO_SUCH),
    ],
)
def test_a_wake_of_a_service_that_ecs_does_not_show_fails_at_its_deadline(
    facts: ServiceFacts | Missing | Unknown, reason: Reason, why: str, shown: str
) -> None:
    story = a_wake_nobody_can_see()
    story.facts = facts
    if isinstance(facts, ServiceFacts):
        story.observed(status="DRAINING")
    before = story.ticks("10:01", "10:04")
    assert {(one.action, one.reason, one.warning) for one in before} == {(Action.LEAVE_ALONE, reason, True)}
    decision = story.tick("10:05")
    assert (decision.action, decision.reason, decision.warning) == (Action.REMEMBER, Reason.WAKE_FAILED, True)
    assert why in decision.sentence
    assert cause_of(story.remembered) == shown
    assert story.remembered.changes[-1].failed
    after = story.ticks("10:06", "11:30")
    assert {(one.action, one.reason, one.warning) for one in after} == {(Action.LEAVE_ALONE, reason, True)}
    assert (story.phase, story.remembered.failures) == (Phase.WAKING, 1)


def test_a_daemon_that_should_be_waking_fails_too() -> None:
    story = a_wake_nobody_can_see().observed(scheduling_strategy="DAEMON")
    story.ticks("10:01", "10:05")
    assert cause_of(story.remembered) == NO_SUCH


def test_stopped_tasks_are_asked_for_though_ecs_cannot_describe_the_service() -> None:
    story = a_wake_nobody_can_see(stop_reasons=("exit code 1",))
    story.facts = THROTTLED
    story.tick("10:05")
    assert cause_of(story.remembered) == "ECS could not be asked about it; exit code 1"


@pytest.mark.parametrize("facts", [GONE, "DRAINING"])
def test_nobody_asks_for_the_tasks_of_a_service_that_is_no_more(facts: Missing | str) -> None:
    """ECS would refuse that, and the refusal would be told as a fault of its own."""
    story = a_wake_nobody_can_see(stop_reasons=("nobody asks for this",))
    if isinstance(facts, Missing):
        story.facts = facts
    else:
        story.observed(status=facts)
    story.tick("10:05")
    assert story.remembered.failed
    assert "nobody asks for this" not in cause_of(story.remembered)


def test_a_service_that_ecs_shows_again_goes_on_waking() -> None:
    story = a_wake_nobody_can_see()
    story.facts = THROTTLED
    story.ticks("10:01", "10:20")
    story.facts, story.readiness = running_facts(), READY
    story.tick("10:21")
    assert (story.phase, story.remembered.failed) == (Phase.AWAKE, False)


def test_a_wake_that_failed_unseen_and_never_reached_ecs_is_given_up_once_ecs_shows_it() -> None:
    story = a_wake_nobody_can_see()
    story.facts = THROTTLED
    story.ticks("10:01", "10:20")
    story.facts = running_facts(0)
    assert story.tick("10:21").reason is Reason.WAKE_GIVEN_UP
    assert story.phase is Phase.ASLEEP


@pytest.mark.parametrize("facts", [THROTTLED, GONE])
def test_a_wake_that_was_asked_for_during_a_stop_fails_too_if_ecs_is_not_seen_after_it(
    facts: Missing | Unknown,
) -> None:
    """Its visitors are told that it wakes from the moment that somebody asked for it."""
    story = Story.asleep_since("10:00", service=a_service_woken_by_requests())
    story.remember(stop=Stop(at("10:01"), at("10:00:30")))
    story.facts = facts
    assert story.tick("10:00:50").action is Action.LEAVE_ALONE
    decision = story.tick("10:01:50")
    assert (decision.action, decision.reason, decision.desired) == (Action.REMEMBER, Reason.ASKED_TO_WAKE, None)
    assert facts.why in decision.sentence
    assert (story.phase, story.remembered.asked, wake_of(story.remembered).deadline) == (
        Phase.WAKING,
        at("10:00:30"),
        at("10:06:50"),
    )
    assert {one.action for one in story.ticks("10:02:50", "10:05:50")} == {Action.LEAVE_ALONE}
    assert story.tick("10:06:50").reason is Reason.WAKE_FAILED


def test_a_wake_that_was_asked_for_during_a_stop_starts_once_ecs_is_seen() -> None:
    story = Story.asleep_since("10:00").remember(stop=Stop(at("10:01"), at("10:00:30")))
    story.facts = THROTTLED
    story.ticks("10:01:50", "10:03:50")
    story.facts = running_facts(0)
    decision = story.tick("10:04:50")
    assert (decision.action, decision.desired) == (Action.WAKE, 1)


def test_a_service_that_is_off_fails_nothing() -> None:
    story = a_wake_nobody_can_see()
    story.facts, story.service = THROTTLED, a_service(mode=Mode.OFF)
    assert {decision.action for decision in story.ticks("10:01", "10:20")} == {Action.LEAVE_ALONE}


def test_a_service_that_leaves_fails_nothing() -> None:
    story = a_wake_nobody_can_see().remember(leaving=Leaving(at("10:00")))
    story.facts = THROTTLED
    assert {decision.reason for decision in story.ticks("10:01", "10:19")} == {Reason.LEAVING}
    assert not story.remembered.failed


def test_a_service_whose_memory_cannot_be_read_fails_nothing() -> None:
    story = a_wake_nobody_can_see()
    story.memory = Unknown("its schema is newer")
    assert {decision.reason for decision in story.ticks("10:01", "10:20")} == {Reason.MEMORY_UNREADABLE}


@pytest.mark.parametrize("facts", [THROTTLED, GONE])
def test_a_service_that_drains_and_cannot_be_seen_is_awake_again_after_ten_minutes(facts: Missing | Unknown) -> None:
    """Its wake rules stand before it: a WebSocket and a large upload are refused while they are armed."""
    story = Story.draining_since_six_past_ten()
    story.facts = facts
    assert {decision.action for decision in story.ticks("10:07", "10:15")} == {Action.LEAVE_ALONE}
    assert story.armed
    decision = story.tick("10:16")
    assert (decision.action, decision.reason, decision.warning) == (Action.REMEMBER, Reason.DRAINED_TOO_LONG, True)
    assert facts.why in decision.sentence
    assert (story.phase, story.armed) == (Phase.AWAKE, False)


def test_one_that_drains_ahead_of_its_idle_window_has_that_much_longer() -> None:
    service = a_service_woken_by_requests(drain_lead=timedelta(minutes=3))
    story = Story.awake_since("09:58", service=service)
    assert story.first(Action.DRAIN, "10:00", "10:10") == "10:00"
    story.facts = THROTTLED
    assert story.first(Action.REMEMBER, "10:01", "10:30") == "10:13"


def test_a_service_that_sleeps_or_is_awake_has_no_deadline_that_could_pass_unseen() -> None:
    for story in (Story.asleep_since("09:00"), Story.awake_since("09:00")):
        story.facts = THROTTLED
        before = story.memory
        story.ticks("10:00", "10:30")
        assert isinstance(before, Memory)
        assert story.memory == before
