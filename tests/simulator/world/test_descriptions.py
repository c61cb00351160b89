"""The cached description of a service always equals a new one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest

from simulator.world import (
    CrashesAfterStart,
    ImagePullFails,
    NoCapacity,
    NoSuchService,
    ServiceDescription,
    SlowStart,
    Timings,
    World,
)
from simulator.world.services import describe
from tests.simulator.worlds import GROUP, LOAD_BALANCER, SECOND, START

NAMES = ("web", "worker")
STEPS = 150
QUICK = Timings(deregistration=20 * SECOND, stopped_tasks_kept=60 * SECOND, longest_retry=60 * SECOND)
FAULTS = (None, None, None, ImagePullFails(), CrashesAfterStart(), NoCapacity(), SlowStart(30 * SECOND))


def new_description(world: World, name: str) -> ServiceDescription:
    service = world._scheduler.service("c", name)
    return describe(service, world._scheduler.tasks_of(service))


def create(world: World, name: str, desired: int, *, deploying: bool) -> None:
    bindings = [(LOAD_BALANCER, f"{GROUP}-{name}", 8080)] if name == "web" else []
    world.create_service("c", name, desired, bindings, deploying=deploying)


def kill(world: World, random: Random, name: str) -> None:
    tasks = world.tasks("c", name)
    if tasks:
        world.kill_task(random.choice(tasks).id)


def happenings(world: World, random: Random, name: str) -> list[Callable[[], None]]:
    """Return everything that can happen to a service from outside."""
    return [
        lambda: world.set_desired_count("c", name, random.choice([0, 1, 2, 3])),
        lambda: world.set_desired_count("c", name, random.choice([0, 1, 2, 3])),
        lambda: world.set_health_check_grace("c", name, random.randint(0, 60) * SECOND),
        lambda: world.start_deployment("c", name, random.choice([None, "task:2"]), random.choice([None, ["8080"]])),
        lambda: world.set_start_fault("c", name, random.choice(FAULTS)),
        lambda: world.set_passes_health_checks("c", name, random.random() < 0.7),
        lambda: world.delete_service("c", name, force=True),
        lambda: kill(world, random, name),
    ]


@pytest.mark.parametrize("seed", range(30))
def test_the_cached_description_is_always_current(seed: int) -> None:
    random = Random(seed)
    world = World(seed, START, QUICK)
    for name in NAMES:
        create(world, name, random.choice([0, 1, 2]), deploying=random.random() < 0.5)

    def compare() -> None:
        for name in NAMES:
            assert world.describe_service("c", name) == new_description(world, name)
            assert world.describe_service("c", name) is world.describe_service("c", name)

    compare()
    for _ in range(STEPS):
        name = random.choice(NAMES)
        if world.describe_service("c", name) not in world.services() and random.random() < 0.3:
            create(world, name, random.choice([0, 1, 2]), deploying=random.random() < 0.5)
        else:
            random.choice(happenings(world, random, name))()
        compare()
        until = world.now + timedelta(seconds=random.expovariate(1 / 20))
        while world.next_instant is not None and world.next_instant <= until:
            world.advance_to(world.next_instant)
            compare()


def test_a_new_service_does_not_get_the_description_of_a_deleted_one_with_its_name() -> None:
    world = World(1, START, QUICK)
    create(world, "web", 0, deploying=True)
    before = world.describe_service("c", "web")
    world.delete_service("c", "web")
    create(world, "web", 2, deploying=True)
    after = world.describe_service("c", "web")
    assert (after.desired, after.created_at) == (2, before.created_at)
    assert after.deployments[0].id != before.deployments[0].id


def test_an_unknown_service_has_no_description() -> None:
    with pytest.raises(NoSuchService):
        World(1, START).describe_service("c", "web")
