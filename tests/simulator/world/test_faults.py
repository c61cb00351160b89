from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from simulator.world import CrashesAfterStart, ImagePullFails, NoCapacity, SlowStart, TargetState, TaskStatus
from tests.simulator.worlds import (
    EXACT,
    GROUP,
    LOAD_BALANCER,
    MINUTE,
    SECOND,
    START,
    awake_world,
    states,
    world_with_service,
)


def test_an_image_that_cannot_be_pulled_stops_each_task_before_it_runs_and_attempts_become_rarer() -> None:
    world = world_with_service()
    world.set_start_fault("c", "web", ImagePullFails())
    world.advance(10 * MINUTE)
    tasks = world.tasks("c", "web")
    assert all(task.started_at is None for task in tasks)
    assert tasks[0].stop_code == "TaskFailedToStart"
    assert "CannotPullContainerError" in str(tasks[0].stopped_reason)
    gaps = [later.created_at - earlier.created_at for earlier, later in pairwise(tasks)]
    assert len(gaps) >= 3
    assert gaps == sorted(gaps)
    assert gaps[-1] > 2 * gaps[0]
    assert any("unable to consistently start" in event.message for event in world.describe_service("c", "web").events)
    assert world.describe_service("c", "web").deployments[0].failed_tasks >= 3
    world.set_start_fault("c", "web", None)
    world.advance(timedelta(minutes=30))
    assert world.describe_service("c", "web").running == 1


def test_a_crash_loop_is_not_slowed_down() -> None:
    world = world_with_service()
    world.set_start_fault("c", "web", CrashesAfterStart(exit_code=3))
    world.advance(10 * MINUTE)
    tasks = [task for task in world.tasks("c", "web") if task.stopped_at]
    assert {(task.stop_code, task.exit_code) for task in tasks} == {("EssentialContainerExited", 3)}
    gaps = {later.created_at - earlier.created_at for earlier, later in pairwise(tasks)}
    assert len(gaps) == 1
    assert len(tasks) >= 8


def test_without_capacity_no_task_is_created_and_an_event_reports_it() -> None:
    world = world_with_service(desired=0)
    world.set_start_fault("c", "web", NoCapacity())
    world.set_desired_count("c", "web", 1)
    world.advance(10 * MINUTE)
    assert world.tasks("c", "web") == ()
    messages = [event.message for event in world.describe_service("c", "web").events]
    placements = [message for message in messages if "unable to place a task" in message]
    assert 3 <= len(placements) <= 10
    world.set_start_fault("c", "web", None)
    world.advance(timedelta(minutes=30))
    assert world.describe_service("c", "web").running == 1


def test_a_slow_start_takes_longer_by_the_given_time() -> None:
    world = world_with_service(desired=0)
    world.set_start_fault("c", "web", SlowStart(by=5 * MINUTE))
    world.set_desired_count("c", "web", 1)
    world.advance(10 * MINUTE)
    [task] = world.tasks("c", "web")
    assert task.started_at == START + EXACT.scheduling + EXACT.task_start + 5 * MINUTE


def test_an_unhealthy_task_is_replaced_after_its_grace_period() -> None:
    world = awake_world(grace=4 * MINUTE)
    [task] = world.tasks("c", "web")
    assert task.started_at is not None
    world.set_passes_health_checks("c", "web", passes=False)
    assert states(world) == [TargetState.HEALTHY]
    world.advance(EXACT.health_check)
    assert states(world) == [TargetState.UNHEALTHY]
    world.advance_to(task.started_at + 4 * MINUTE - SECOND)
    assert world.tasks("c", "web", TaskStatus.RUNNING) == (task,)
    world.advance(10 * SECOND)
    assert task not in world.tasks("c", "web", TaskStatus.RUNNING)
    assert task.stopped_reason == f"Task failed ELB health checks in (target-group {GROUP})"
    assert len(world.tasks("c", "web", TaskStatus.RUNNING)) == 1


def test_a_target_that_recovers_in_time_stays() -> None:
    world = awake_world(grace=10 * MINUTE)
    world.set_passes_health_checks("c", "web", passes=False)
    world.advance(MINUTE)
    world.set_passes_health_checks("c", "web", passes=True)
    world.advance(MINUTE)
    assert states(world) == [TargetState.HEALTHY]
    world.advance(20 * MINUTE)
    assert len(world.tasks("c", "web")) == 1


def test_a_task_that_dies_is_replaced_and_its_target_is_reported_healthy_without_answering() -> None:
    world = awake_world()
    [task] = world.tasks("c", "web")
    world.kill_task(task.id)
    target = world.request(LOAD_BALANCER, GROUP)
    assert target is not None
    assert (target.state, target.answers) == (TargetState.HEALTHY, False)
    world.advance(2 * MINUTE)
    assert world.describe_service("c", "web").running == 1
    assert task.last_status is TaskStatus.STOPPED
