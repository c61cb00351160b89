"""What a change of phase measures. An unknown value is not measured."""

from __future__ import annotations

from dataclasses import replace

from scale_to_zero.actions.measuring import measures_of
from scale_to_zero.model.decided import Action
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.observed import TaskTimes
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange, Stop, TimeAsleep
from tests.service_states import wake_of
from tests.unit.timeline import NAME, NOT_READY, READY, Timeline, at

TIMES = TaskTimes(created=at("10:00:03"), pulled=at("10:00:13"), started=at("10:00:18"))


def the_change(timeline: Timeline, number: int = -1) -> PhaseChange:
    return timeline.saved_state.changes[number]


def measured(timeline: Timeline) -> dict[str, float]:
    measures = measures_of(timeline.service, timeline.saved_state, the_change(timeline))
    assert all(one.service == NAME for one in measures)
    return {" ".join([one.metric_name, *(value for _, value in one.further)]): one.value for one in measures}


def test_a_wake_measures_its_duration_and_the_duration_of_each_part() -> None:
    timeline = Timeline.waking_since("10:00", readiness=READY, task_times=TIMES)
    timeline.save_state(wake=replace(wake_of(timeline.saved_state), sent=None, accepted=at("10:00:01")))
    timeline.tick("10:00:30")
    assert measured(timeline) == {
        "WakeCount": 1,
        "WakeDuration": 30,
        "WakeDuration accepted": 1,
        "WakeDuration created": 2,
        "WakeDuration pulled": 10,
        "WakeDuration started": 5,
        "WakeDuration healthy": 12,
        "WakeDuration disarmed": 0,
    }


def test_the_time_of_an_unknown_part_counts_for_the_next_known_part() -> None:
    timeline = Timeline.waking_since("10:00", readiness=READY, task_times=TaskTimes(started=at("10:00:20")))
    timeline.tick("10:00:30")
    measures = measured(timeline)
    assert (measures["WakeDuration started"], measures["WakeDuration healthy"]) == (20, 10)
    assert "WakeDuration pulled" not in measures


def test_a_start_by_hand_is_a_wake_with_an_unknown_beginning() -> None:
    timeline = Timeline.asleep_since("08:00", readiness=NOT_READY).set_in_ecs(1)
    timeline.tick("10:00")
    timeline.readiness = READY
    timeline.tick("10:01")
    assert measured(timeline) == {"WakeCount": 1}


def test_a_wake_that_is_measured_after_the_next_wake_has_begun_has_no_parts() -> None:
    timeline = Timeline.waking_since("10:00", readiness=READY, task_times=TIMES)
    timeline.tick("10:00:30")
    change = the_change(timeline)
    timeline.set_in_ecs(0)
    timeline.tick("10:01")
    timeline.request_wake("10:02")
    names = [one.metric_name for one in measures_of(timeline.service, timeline.saved_state, change)]
    assert names == ["WakeCount", "WakeDuration"]


def test_a_wake_that_is_measured_after_the_next_wake_is_over_has_no_parts() -> None:
    timeline = Timeline.waking_since("10:00", readiness=READY, task_times=TIMES)
    timeline.tick("10:00:30")
    change = the_change(timeline)
    timeline.set_in_ecs(0)
    timeline.tick("10:01")
    timeline.task_times = TaskTimes(created=at("10:02:03"), started=at("10:02:40"))
    timeline.request_wake("10:02")
    timeline.tick("10:03")
    measures = measures_of(timeline.service, timeline.saved_state, change)
    assert [(one.metric_name, one.value) for one in measures] == [("WakeCount", 1), ("WakeDuration", 30)]


def test_a_sleep_measures_the_time_awake_and_the_time_to_zero() -> None:
    timeline = Timeline.waking_since("10:00", readiness=READY)
    timeline.tick("10:01")
    timeline.request("10:02:30")
    assert timeline.first(Action.SLEEP, "10:02", "10:30") == "10:10"
    assert measured(timeline) == {"AwakeDuration": 9 * 60, "TimeToZero": 7 * 60}


def test_the_time_awake_includes_the_draining() -> None:
    timeline = Timeline.draining_since_six_past_ten().save_state(awake_since=at("09:57"))
    assert timeline.first(Action.SLEEP, "10:07", "10:30") == "10:09"
    assert measured(timeline)["AwakeDuration"] == 12 * 60


def test_the_time_awake_goes_on_when_a_draining_service_becomes_awake_again() -> None:
    timeline = Timeline.draining_since_six_past_ten().save_state(awake_since=at("09:57"))
    timeline.visitor("10:07")
    assert timeline.first(Action.SLEEP, "10:08", "10:40") == "10:15"
    assert measured(timeline)["AwakeDuration"] == 18 * 60


def test_a_requested_sleep_measures_no_time_to_zero() -> None:
    timeline = Timeline.awake_since("09:00").save_state(awake_since=at("09:00"))
    timeline.request_sleep("10:00")
    timeline.tick("10:00")
    assert measured(timeline) == {"AwakeDuration": 3600}


def test_a_failed_wake_is_counted_once() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    timeline.ticks("10:01", "10:20")
    failed = [one for one in timeline.saved_state.changes if one.failed]
    assert len(failed) == 1
    expected = [Measure("FailedWakeCount", 1, service=NAME)]
    assert measures_of(timeline.service, timeline.saved_state, failed[0]) == expected


def test_a_failed_wake_that_is_abandoned_measures_no_time_awake() -> None:
    timeline = Timeline.waking_since("10:00", readiness=NOT_READY)
    assert timeline.first(Action.SLEEP, "10:01", "10:30") == "10:10"
    assert measured(timeline) == {}


def test_the_time_to_zero_begins_when_the_service_was_last_needed() -> None:
    timeline = Timeline.awake_since("09:00")
    timeline.request_wake("09:59")
    assert timeline.stopped_at("10:00", "10:30") == "10:06"
    assert measured(timeline) == {"TimeToZero": 7 * 60}


def test_draining_and_becoming_awake_again_measure_nothing() -> None:
    timeline = Timeline.draining_since_six_past_ten()
    assert measured(timeline) == {}
    timeline.visitor("10:07")
    assert (the_change(timeline).reason, measured(timeline)) == (Reason.NEEDED_WHILE_DRAINING, {})


def test_the_time_to_zero_counts_from_the_last_activity_even_if_the_service_was_held_meanwhile() -> None:
    timeline = Timeline.awake_since("08:00")
    timeline.hold("08:01", "10:00")
    timeline.ticks("08:02", "09:59")
    timeline.request("09:49:30")
    assert timeline.first(Action.SLEEP, "10:00", "10:20") is not None
    assert 10 * 60 <= measured(timeline)["TimeToZero"] <= 15 * 60


def test_a_stop_that_never_happened_is_not_measured_as_a_sleep() -> None:
    timeline = Timeline.awake_since("09:00", readiness=READY).save_state(awake_since=at("09:00"))
    asleep = timeline.tick("10:00")
    assert asleep.action is Action.SLEEP
    timeline.set_in_ecs(1)  # ECS refused the count
    timeline.save_state(stop=Stop(at("10:01:05")))
    timeline.tick("10:02")
    assert timeline.phase is Phase.AWAKE
    assert timeline.saved_state.changes == ()
    assert timeline.saved_state.awake_since == at("09:00")
    assert timeline.saved_state.time_asleep == TimeAsleep()
