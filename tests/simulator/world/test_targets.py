from __future__ import annotations

from datetime import timedelta

from simulator.world import TargetState, TaskStatus, World
from tests.simulator.worlds import (
    ACCOUNT,
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


def test_every_task_has_its_own_address_which_its_target_shows() -> None:
    world = awake_world(desired=3)
    addresses = {task.ip for task in world.tasks("c", "web")}
    assert len(addresses) == 3
    assert {target.ip for target in world.target_health(GROUP)} == addresses


def test_a_target_is_initial_until_it_passes_its_checks() -> None:
    world = world_with_service()
    registered = START + EXACT.scheduling + EXACT.task_start * 0.9
    world.advance_to(registered)
    assert states(world) == [TargetState.INITIAL]
    world.advance_to(registered + EXACT.health_check - SECOND)
    assert states(world) == [TargetState.INITIAL]
    world.advance(SECOND)
    assert states(world) == [TargetState.HEALTHY]


def test_a_dying_target_is_reported_healthy_for_a_moment_then_drains_for_the_whole_delay_then_is_gone() -> None:
    world = awake_world()
    world.set_desired_count("c", "web", 0)
    world.advance(EXACT.scheduling)
    [task] = world.tasks("c", "web")
    assert task.desired_status is TaskStatus.STOPPED
    assert states(world) == [TargetState.HEALTHY]
    world.advance(EXACT.target_stays_healthy)
    assert states(world) == [TargetState.DRAINING]
    world.advance(EXACT.deregistration - SECOND)
    assert (states(world), task.last_status) == ([TargetState.DRAINING], TaskStatus.DEACTIVATING)
    world.advance(SECOND)
    assert (states(world), task.last_status) == ([], TaskStatus.STOPPING)


def test_the_deregistration_delay_of_the_target_group_applies() -> None:
    world = awake_world()
    world.configure_target_group(GROUP, deregistration=timedelta(seconds=30))
    world.set_desired_count("c", "web", 0)
    world.advance(EXACT.scheduling + EXACT.target_stays_healthy + timedelta(seconds=30))
    assert states(world) == []


def test_targets_of_a_group_that_no_load_balancer_uses_are_not_checked() -> None:
    world = World(seed=1, start=START, timings=EXACT)
    world.create_service("c", "web", 1, [(None, GROUP, 8080)])
    world.advance(5 * MINUTE)
    assert states(world) == [TargetState.UNUSED]
    assert world.request(LOAD_BALANCER, GROUP) is None
    world.attach_target_group(GROUP, LOAD_BALANCER)
    assert states(world) == [TargetState.INITIAL]
    world.advance(EXACT.health_check)
    assert states(world) == [TargetState.HEALTHY]


def test_requests_go_to_healthy_targets_in_turn() -> None:
    world = awake_world(desired=2)
    chosen = [world.request(LOAD_BALANCER, GROUP) for _ in range(4)]
    assert len({target.task_id for target in chosen[:2] if target}) == 2
    assert chosen[0] == chosen[2]
    assert chosen[1] == chosen[3]


def test_unhealthy_targets_get_no_requests_if_one_is_healthy() -> None:
    world = awake_world(grace=60 * MINUTE)
    world.create_service("c", "failing", 1, [(LOAD_BALANCER, GROUP, 80)], health_check_grace=60 * MINUTE)
    world.set_passes_health_checks("c", "failing", passes=False)
    world.advance(2 * MINUTE)
    assert set(states(world)) == {TargetState.HEALTHY, TargetState.UNHEALTHY}
    [healthy] = world.tasks("c", "web")
    chosen = [world.request(LOAD_BALANCER, GROUP) for _ in range(4)]
    assert {target.task_id for target in chosen if target} == {healthy.id}


def test_requests_fail_open_to_unhealthy_targets_if_no_others_are_registered() -> None:
    world = awake_world(grace=60 * MINUTE)
    world.set_passes_health_checks("c", "web", passes=False)
    world.advance(MINUTE)
    target = world.request(LOAD_BALANCER, GROUP)
    assert target is not None
    assert (target.state, target.answers) == (TargetState.UNHEALTHY, False)


def test_no_target_is_chosen_if_none_is_registered_or_all_drain() -> None:
    world = awake_world()
    world.set_desired_count("c", "web", 0)
    world.advance(EXACT.scheduling + EXACT.target_stays_healthy)
    assert states(world) == [TargetState.DRAINING]
    assert world.request(LOAD_BALANCER, GROUP) is None
    world.advance(10 * MINUTE)
    assert world.request(LOAD_BALANCER, GROUP) is None


def test_a_target_group_serves_only_its_own_load_balancer() -> None:
    world = awake_world()
    assert world.request(f"{ACCOUNT}:loadbalancer/app/other/1", GROUP) is None
