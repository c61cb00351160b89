"""Which run watches a wake, and what is recorded of its parts."""

from __future__ import annotations

from dataclasses import replace

from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import TaskTimes, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase
from tests.service_states import a_wake, wake_of
from tests.unit.timeline import NOT_READY, READY, Story, a_service, a_service_woken_by_requests, at

TIMES = TaskTimes(created=at("10:00:05"), pulled=at("10:00:20"), started=at("10:00:25"))


def a_watched_wake(**parts: object) -> Story:
    """Begun at ten, past its deadline at five past; the lease of a watcher ends at fourteen past."""
    story = Story.waking_since("10:00", **{"readiness": NOT_READY, **parts})
    return story.save_state(escorted_until=at("10:14"))


def test_a_watched_wake_is_left_to_its_watcher_and_costs_the_ticks_no_observation() -> None:
    story = a_watched_wake(readiness=Unknown("access denied"))
    decisions = story.ticks("10:01", "10:04")
    assert {(decision.action, decision.reason) for decision in decisions} == {(Action.STAY, Reason.ESCORTED)}


def test_a_watched_wake_that_is_overdue_is_managed_by_the_ticks_again() -> None:
    story = a_watched_wake()
    assert story.tick("10:04").reason is Reason.ESCORTED
    assert story.tick("10:05").reason is Reason.WAKE_FAILED
    story.readiness = READY
    assert story.tick("10:06").reason is Reason.READY


def test_a_wake_whose_watcher_is_gone_is_watched_by_the_ticks() -> None:
    story = a_watched_wake(readiness=READY).save_state(escorted_until=at("10:02"))
    assert story.tick("10:01").reason is Reason.ESCORTED
    assert story.tick("10:02").reason is Reason.READY


def test_a_watched_wake_that_ecs_does_not_know_of_is_completed_all_the_same() -> None:
    story = a_watched_wake().set_in_ecs(0)
    assert story.tick("10:01").reason is Reason.WAKE_UNFINISHED


def test_a_lease_from_an_earlier_wake_keeps_no_awake_service_from_going_to_zero() -> None:
    story = Story.awake_since("09:57").save_state(escorted_until=at("11:00"))
    assert story.stopped_at("10:00", "10:30") is not None


def test_every_part_of_a_wake_is_recorded() -> None:
    story = Story.waking_since("10:00", task_times=TIMES)
    accepted = replace(wake_of(story.saved_state), accepted=at("10:00:01"))
    story.save_state(wake=accepted).tick("10:01")
    assert wake_of(story.saved_state) == a_wake(
        at("10:05"),
        asked=at("10:00"),
        sent=at("10:00"),
        accepted=at("10:00:01"),
        created=at("10:00:05"),
        pulled=at("10:00:20"),
        started=at("10:00:25"),
        healthy=at("10:01"),
    )
    assert story.saved_state.opened == at("10:01")


def test_routing_to_a_service_with_wake_rules_is_not_restored_before_they_are_disarmed() -> None:
    story = Story.waking_since("10:00", service=a_service_woken_by_requests())
    story.tick("10:01")
    assert (wake_of(story.saved_state).healthy, story.saved_state.opened) == (at("10:01"), None)


def test_task_times_that_cannot_be_observed_delay_no_wake() -> None:
    story = Story.waking_since("10:00", task_times=Unknown("throttled"))
    story.tick("10:01")
    assert story.phase is Phase.AWAKE
    assert wake_of(story.saved_state) == a_wake(at("10:05"), asked=at("10:00"), sent=at("10:00"), healthy=at("10:01"))


def test_task_times_are_not_observed_before_it_is_ready() -> None:
    story = Story.waking_since("10:00", readiness=NOT_READY, task_times=TIMES)
    story.tick("10:01")
    assert wake_of(story.saved_state) == a_wake(at("10:05"), asked=at("10:00"), sent=at("10:00"))


def test_a_new_wake_clears_the_parts_of_the_one_before() -> None:
    story = Story.waking_since("10:00", task_times=TIMES)
    story.tick("10:01")
    story.set_in_ecs(0).tick("10:20")
    assert story.saved_state.wake is None
    story.request_wake("11:00")
    assert wake_of(story.saved_state) == a_wake(at("11:05"), asked=at("11:00"), sent=at("11:00"))


def test_a_start_by_hand_was_not_requested() -> None:
    story = Story.asleep_since("09:00", service=a_service()).set_in_ecs(1)
    story.tick("10:00")
    assert wake_of(story.saved_state) == a_wake(at("10:05"), sent=at("10:00"), healthy=at("10:00"))
