"""Worlds for the tests: one service ``web`` in cluster ``c`` behind one load balancer, without jitter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from simulator.world import (
    TargetState,
    TaskStatus,
    Timings,
    World,
)

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ACCOUNT = "arn:aws:elasticloadbalancing:eu-west-3:123456789012"
LOAD_BALANCER = f"{ACCOUNT}:loadbalancer/app/front/1234"
GROUP = f"{ACCOUNT}:targetgroup/web/abcd"
PAIR = {"LoadBalancer": "app/front/1234", "TargetGroup": "targetgroup/web/abcd"}
EXACT = Timings(jitter=0, deregistration=timedelta(seconds=120))
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def world_with_service(desired: int = 1, timings: Timings = EXACT, grace: timedelta = timedelta(0)) -> World:
    world = World(seed=1, start=START, timings=timings)
    world.create_service("c", "web", desired, [(LOAD_BALANCER, GROUP, 8080)], health_check_grace=grace)
    return world


def awake_world(desired: int = 1, grace: timedelta = timedelta(0)) -> World:
    world = world_with_service(desired, grace=grace)
    world.advance(2 * MINUTE)
    return world


def states(world: World) -> list[TargetState]:
    return [target.state for target in world.target_health(GROUP)]


def statuses(world: World) -> list[TaskStatus]:
    return [task.last_status for task in world.tasks("c", "web")]


def read(
    world: World, name: str, dimensions: dict[str, str], statistic: str = "Sum", namespace: str = ""
) -> list[float]:
    points = world.metrics.datapoints(
        namespace or "AWS/ApplicationELB", name, dimensions, START, world.now + MINUTE, MINUTE, statistic, world.now
    )
    return list(points.values())
