"""Which run watches a wake, and what is recorded of its parts."""

from __future__ import annotations

from dataclasses import replace

from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import TaskTimes, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase
from tests.service_states import a_wake, wake_of
from tests.unit.timeline import NOT_READY, READY, Timeline, a_service, a_service_woken_by_requests, at

TIMES = TaskTimes(created=at("10:00:05"), pulled=at("10:00:20"), started=at("10:00:25"))


def a_watched_wake(**parts: object) -> Timeline:
    """Return a wake that begins at 10:00 and has its deadline at 10:05. The lease of its watcher ends at 10:14."""
    timeline = Timeline.waking_since("10:00", **{"readiness": NOT_READY, **parts})
    return timeline.save_state(watcher_until=at("10:14"))


def test_a_watched_wake_is_left_to_its_watcher_and_not_observed_by_the_ticks() -> None:
    timeline = a_watched_wake(readiness=Unknown("access denied"))
    decisions = timeline.ticks("10:01", "10:04")
    assert {(decision.action, decision.reason) for decision in decisions} == {(Action.STAY, Reason.HAS_WATCHER)}


def test_a_watched_wake_that_is_overdue_is_managed_by_the_ticks_again() -> None:
    timeline = a_watched_wake()
    assert timeline.tick("10:04").reason is Reason.HAS_WATCHER
    assert timeline.tick("10:05").reason is Reason.WAKE_FAILED
    timeline.readiness = READY
    assert timeline.tick("10:06").reason is Reason.READY


def test_a_wake_whose_watcher_is_gone_is_watched_by_the_ticks() -> None:
    timeline = a_watched_wake(readiness=READY).save_state(watcher_until=at("10:02"))
    assert timeline.tick("10:01").reason is Reason.HAS_WATCHER
    assert timeline.tick("10:02").reason is Reason.READY


def test_a_watched_wake_that_did_not_reach_ecs_is_completed() -> None:
    timeline = a_watched_wake().set_in_ecs(0)
    assert timeline.tick("10:01").reason is Reason.WAKE_UNFINISHED


def test_the_lease_of_an_earlier_wake_does_not_keep_an_awake_service_from_going_to_zero() -> None:
    timeline = Timeline.awake_since("09:57").save_state(watcher_until=at("11:00"))
    assert timeline.stopped_at("10:00", "10:30") is not None


def test_every_part_of_a_wake_is_recorded() -> None:
    timeline = Timeline.waking_since("10:00", task_times=TIMES)
    accepted = replace(wake_of(timeline.saved_state), accepted=at("10:00:01"))
    timeline.save_state(wake=accepted).tick("10:01")
    assert wake_of(timeline.saved_state) == a_wake(
        at("10:05"),
        first_requested_at=at("10:00"),
        sent=at("10:00"),
        accepted=at("10:00:01"),
        created=at("10:00:05"),
        pulled=at("10:00:20"),
        started=at("10:00:25"),
        healthy=at("10:01"),
    )
    assert timeline.saved_state.routing_restored_at == at("10:01")


def test_routing_to_a_service_with_wake_rules_is_not_restored_before_the_rules_are_disarmed() -> None:
    timeline = Timeline.waking_since("10:00", service=a_service_woken_by_requests())
    timeline.tick("10:01")
    assert (wake_of(timeline.saved_state).healthy, timeline.saved_state.routing_restored_at) == (at("10:01"), None)


def test_task_times_that_cannot_be_observed_do_not_delay_a_wake() -> None:
    timeline = Timeline.waking_since("10:00", task_times=Unknown("throttled"))
    timeline.tick("10:01")
    assert timeline.phase is Phase.AWAKE
    assert wake_of(timeline.saved_state) == a_wake(
        at("10:05"), first_requested_at=at("10:00"), sent=at("10:00"), healthy=at("10:01")
    )


def test_task_times_are_not_observed_before_the_service_is_ready() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY, task_times=TIMES)
    timeline.tick("10:01")
    assert wake_of(timeline.saved_state) == a_wake(at("10:05"), first_requested_at=at("10:00"), sent=at("10:00"))


def test_a_new_wake_clears_the_parts_of_the_earlier_wake() -> None:
    timeline = Timeline.waking_since("10:00", task_times=TIMES)
    timeline.tick("10:01")
    timeline.set_in_ecs(0).tick("10:20")
    assert timeline.saved_state.wake is None
    timeline.request_wake("11:00")
    assert wake_of(timeline.saved_state) == a_wake(at("11:05"), first_requested_at=at("11:00"), sent=at("11:00"))


def test_the_wake_of_a_start_by_hand_has_no_request() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service()).set_in_ecs(1)
    timeline.tick("10:00")
    assert wake_of(timeline.saved_state) == a_wake(at("10:05"), sent=at("10:00"), healthy=at("10:00"))
