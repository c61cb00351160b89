from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.world import TargetState, TaskStatus, Timings, World
from tests.simulator.worlds import (
    EXACT,
    GROUP,
    LOAD_BALANCER,
    MINUTE,
    SECOND,
    START,
    awake_world,
    states,
    statuses,
    world_with_service,
)


def test_the_same_seed_and_the_same_calls_give_the_same_history() -> None:
    def history(seed: int) -> list[object]:
        world = World(seed=seed, start=START, timings=Timings())
        world.create_service("c", "web", 2, [(LOAD_BALANCER, GROUP, 8080)])
        world.advance(5 * MINUTE)
        world.set_desired_count("c", "web", 0)
        world.advance(20 * MINUTE)
        return [vars(task) for task in world.tasks("c")] + list(world.describe_service("c", "web").events)

    assert history(1) == history(1)
    assert history(1) != history(2)


def test_time_never_runs_backwards() -> None:
    world = world_with_service()
    world.advance(MINUTE)
    with pytest.raises(ValueError, match="backwards"):
        world.advance_to(START)


def test_a_task_passes_every_state_in_order_and_records_the_times() -> None:
    world = world_with_service()
    seen: list[TaskStatus] = []
    for second in range(1, 300):
        if second == 100:
            world.set_desired_count("c", "web", 0)
        world.advance(SECOND)
        for status in statuses(world):
            if not seen or seen[-1] is not status:
                seen.append(status)

    assert seen == list(TaskStatus)
    [task] = world.tasks("c", "web")
    instants = [
        task.created_at,
        task.pull_started_at,
        task.pull_stopped_at,
        task.started_at,
        task.stopping_at,
        task.execution_stopped_at,
        task.stopped_at,
    ]
    known = [instant for instant in instants if instant is not None]
    assert len(known) == 7
    assert known == sorted(known)
    assert task.started_at == START + EXACT.scheduling + EXACT.task_start
    assert task.stop_code == "ServiceSchedulerInitiated"


def test_a_task_counts_as_pending_until_it_runs_and_no_longer_as_running_once_it_deregisters() -> None:
    world = world_with_service()
    world.advance(20 * SECOND)
    service = world.describe_service("c", "web")
    assert (service.desired, service.running, service.pending) == (1, 0, 1)
    world.advance(MINUTE)
    assert world.describe_service("c", "web").running == 1
    world.set_desired_count("c", "web", 0)
    assert world.describe_service("c", "web").running == 1
    world.advance(EXACT.scheduling)
    service = world.describe_service("c", "web")
    assert (service.desired, service.running, service.pending) == (0, 0, 0)
    assert statuses(world) == [TaskStatus.DEACTIVATING]


def test_a_stopped_task_can_be_described_for_an_hour() -> None:
    world = awake_world()
    [task] = world.tasks("c", "web")
    world.kill_task(task.id)
    world.advance(MINUTE)
    assert task.stopped_at is not None
    world.advance_to(task.stopped_at + timedelta(minutes=59))
    assert world.task(task.id) is task
    world.advance(MINUTE)
    assert world.task(task.id) is None


def test_a_service_woken_while_its_old_task_drains_gets_a_new_task_beside_it() -> None:
    world = awake_world()
    world.set_desired_count("c", "web", 0)
    world.advance(10 * SECOND)
    world.set_desired_count("c", "web", 1)
    world.advance(MINUTE)
    assert states(world) == [TargetState.DRAINING, TargetState.HEALTHY]
    assert world.describe_service("c", "web").running == 1


def test_a_task_whose_start_is_cancelled_never_runs() -> None:
    world = world_with_service()
    world.advance(10 * SECOND)
    world.set_desired_count("c", "web", 0)
    world.advance(5 * MINUTE)
    [task] = world.tasks("c", "web")
    assert (task.last_status, task.started_at) == (TaskStatus.STOPPED, None)
    assert states(world) == []


def test_scaling_in_stops_the_newest_task_and_keeps_the_oldest() -> None:
    world = awake_world(desired=1)
    [oldest] = world.tasks("c", "web")
    world.set_desired_count("c", "web", 2)
    world.advance(2 * MINUTE)
    world.set_desired_count("c", "web", 1)
    world.advance(10 * SECOND)
    assert world.tasks("c", "web", TaskStatus.RUNNING) == (oldest,)


@pytest.mark.parametrize("wrong", [{"jitter": 1.0}, {"task_start": timedelta(seconds=-1)}])
def test_timings_refuse_impossible_values(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Timings"):
        Timings(**wrong)  # type: ignore[arg-type]


def test_protection_ends_by_itself() -> None:
    world = awake_world()
    [task] = world.tasks("c", "web")
    world.protect_task(task.id, world.now + MINUTE)
    assert task.is_protected(world.now)
    assert not task.is_protected(world.now + MINUTE)
    world.protect_task(task.id, None)
    assert not task.is_protected(world.now)
    with pytest.raises(LookupError, match="no task"):
        world.protect_task("unknown", None)


def test_a_deployment_waits_for_a_protected_task_until_its_protection_ends() -> None:
    world = awake_world()
    [old] = world.tasks("c", "web")
    world.protect_task(old.id, world.now + 10 * MINUTE)
    world.start_deployment("c", "web")
    world.advance(9 * MINUTE)
    assert old.wanted
    world.advance(MINUTE)
    assert not old.wanted


def test_a_lower_desired_count_stops_a_protected_task_too() -> None:
    world = awake_world()
    [task] = world.tasks("c", "web")
    world.protect_task(task.id, world.now + 60 * MINUTE)
    world.set_desired_count("c", "web", 0)
    world.advance(MINUTE)
    assert not task.wanted


def test_a_protected_task_is_stopped_last() -> None:
    world = awake_world(desired=3)
    oldest, _, newest = world.tasks("c", "web")
    world.protect_task(newest.id, world.now + 60 * MINUTE)
    world.set_desired_count("c", "web", 1)
    world.advance(MINUTE)
    assert (newest.wanted, oldest.wanted) == (True, False)
