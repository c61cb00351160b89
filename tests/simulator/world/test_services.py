from __future__ import annotations

import pytest

from simulator.world import (
    NoSuchService,
    RolloutState,
    ServiceExists,
    ServiceStatus,
    ServiceStillWanted,
    TargetState,
    TaskStatus,
    World,
)
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


def test_a_change_of_the_desired_count_starts_no_deployment() -> None:
    world = awake_world()
    before = world.describe_service("c", "web").deployments[0].id
    world.set_desired_count("c", "web", 2)
    world.advance(10 * SECOND)
    [deployment] = world.describe_service("c", "web").deployments
    assert (deployment.id, deployment.rollout_state, deployment.desired) == (before, RolloutState.COMPLETED, 2)


def test_a_rolling_update_keeps_the_old_task_until_the_new_one_is_healthy() -> None:
    world = awake_world()
    [old] = world.tasks("c", "web")
    world.start_deployment("c", "web", "web:2")
    primary, active = world.describe_service("c", "web").deployments
    assert (primary.status, primary.rollout_state, primary.task_definition) == (
        "PRIMARY",
        RolloutState.IN_PROGRESS,
        "web:2",
    )
    assert (active.status, active.running) == ("ACTIVE", 1)
    while old in world.tasks("c", "web", TaskStatus.RUNNING):
        world.advance(SECOND)
    assert states(world) == [TargetState.HEALTHY, TargetState.HEALTHY]
    assert len(world.describe_service("c", "web").deployments) == 2
    world.advance(5 * MINUTE)
    [deployment] = world.describe_service("c", "web").deployments
    assert (deployment.rollout_state, deployment.running) == (RolloutState.COMPLETED, 1)


def test_a_deployment_of_a_service_without_tasks_completes_by_itself() -> None:
    world = world_with_service(desired=0)
    assert world.describe_service("c", "web").deployments[0].rollout_state is RolloutState.IN_PROGRESS
    world.advance(EXACT.scheduling)
    assert world.describe_service("c", "web").deployments[0].rollout_state is RolloutState.COMPLETED


def test_events_are_listed_newest_first() -> None:
    world = awake_world()
    world.set_desired_count("c", "web", 0)
    world.advance(MINUTE)
    messages = [event.message for event in world.describe_service("c", "web").events]
    [task] = world.tasks("c", "web")
    assert messages == [
        "(service web) has reached a steady state.",
        f"(service web) has stopped 1 running tasks: (task {task.id}).",
        "(service web) has reached a steady state.",
        f"(service web) has started 1 tasks: (task {task.id}).",
    ]


def test_a_service_above_zero_is_not_deleted_unless_forced() -> None:
    world = awake_world()
    with pytest.raises(ServiceStillWanted, match="scaled above 0"):
        world.delete_service("c", "web")
    world.delete_service("c", "web", force=True)
    assert world.describe_service("c", "web").status is ServiceStatus.DRAINING
    world.advance(3 * MINUTE)
    assert world.describe_service("c", "web").status is ServiceStatus.INACTIVE
    assert world.services() == ()


def test_a_deleted_service_frees_its_name_and_the_next_service_has_its_own_tasks() -> None:
    world = awake_world()
    with pytest.raises(ServiceExists):
        world.create_service("c", "web", 1)
    world.set_desired_count("c", "web", 0)
    world.advance(4 * MINUTE)
    world.delete_service("c", "web")
    world.create_service("c", "web", 1, [(LOAD_BALANCER, GROUP, 8080)])
    world.advance(2 * MINUTE)
    assert world.describe_service("c", "web").running == 1


def test_an_unknown_service_is_refused_by_name() -> None:
    with pytest.raises(NoSuchService, match="no service web in cluster c"):
        World(seed=1, start=START).set_desired_count("c", "web", 1)
