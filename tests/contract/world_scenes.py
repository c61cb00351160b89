"""The scenes that all stages with a ``World`` share."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.observed import Pair, Target
from simulator.world import World, load_balancer_dimension, target_group_dimension

from .stage import MINUTE, PORT

UNTIL_STEADY: Final = timedelta(minutes=5)
UNTIL_VISIBLE: Final = timedelta(minutes=10)


def run_tasks(world: World, name: ServiceName, count: int) -> frozenset[Target]:
    """Let the service run ``count`` tasks, and wait until they are healthy."""
    world.set_desired_count(*name, count)
    world.advance(UNTIL_STEADY)
    return wanted(world, name)


def stop_one_task(world: World, name: ServiceName) -> Target:
    """Let ECS stop a task. Return its target as soon as it is no longer wanted."""
    before = wanted(world, name)
    world.set_desired_count(*name, len(before) - 1)
    end = world.now + UNTIL_STEADY
    while wanted(world, name) == before and world.now < end:
        world.advance(timedelta(seconds=1))
    (stopped,) = before - wanted(world, name)
    return stopped


def fail_a_task(world: World, name: ServiceName, reason: str) -> None:
    """Let one of the service's running tasks fail."""
    world.kill_task(next(task.id for task in world.tasks(*name) if task.wanted), reason, exit_code=1)
    world.advance(timedelta(seconds=1))


def wanted(world: World, name: ServiceName) -> frozenset[Target]:
    """Return the targets of the tasks that must run."""
    return frozenset(Target(task.ip, PORT) for task in world.tasks(*name) if task.wanted)


def publish_minute(world: World, metric_name: str, pair: Pair, minute: datetime, *values: float) -> None:
    """Put values into the load balancer's metric, and wait until they can be read."""
    dimensions = {
        "LoadBalancer": load_balancer_dimension(pair.load_balancer_arn),
        "TargetGroup": target_group_dimension(pair.target_group_arn),
    }
    world.advance_to(max(world.now, minute + UNTIL_VISIBLE))
    for value in values:
        world.metrics.put("AWS/ApplicationELB", metric_name, dimensions, minute, value)


def published(
    world: World, namespace: str, metric_name: str, dimensions: dict[str, str], minute: datetime
) -> float | None:
    """Return the average of the values of one minute, when they can be read."""
    found = world.metrics.datapoints(
        namespace, metric_name, dimensions, minute, minute + MINUTE, MINUTE, "Average", minute + timedelta(hours=1)
    )
    return found.get(minute)
