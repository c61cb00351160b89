from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.world import (
    Metric,
    NoScalableTarget,
    NoScalingPolicy,
    Suspension,
    TargetState,
    TargetTracking,
    Timings,
    World,
    cpu_of_service,
    requests_per_target,
)
from tests.simulator.worlds import EXACT, GROUP, LOAD_BALANCER, MINUTE, PAIR, START, read, world_with_service

WEB = ("c", "web")
CPU = TargetTracking(cpu_of_service(*WEB), target=50)
REQUESTS = TargetTracking(requests_per_target(LOAD_BALANCER, GROUP), target=10, statistic="Sum")
QUEUE = Metric.of("City", "Backlog", {"Queue": "orders"})
BACKLOG = TargetTracking(QUEUE, target=5)


def scaled_world(
    policy: TargetTracking = REQUESTS, minimum: int = 1, maximum: int = 8, desired: int = 1, timings: Timings = EXACT
) -> World:
    world = world_with_service(desired, timings=timings)
    world.scaling.register(*WEB, minimum, maximum)
    world.scaling.put_policy(*WEB, "tracking", policy)
    world.advance(5 * MINUTE)
    return world


def desired(world: World) -> int:
    return world.describe_service(*WEB).desired


def load(world: World, minutes: int, requests: int) -> None:
    """Send this many requests in each of the next minutes."""
    for _ in range(minutes):
        for _ in range(requests):
            world.request(LOAD_BALANCER, GROUP)
        world.advance(MINUTE)


def fill(world: World, minutes: int, backlog: float) -> None:
    """Publish this backlog in each of the next minutes."""
    for _ in range(minutes):
        world.metrics.put(QUEUE.namespace, QUEUE.name, dict(QUEUE.dimensions), world.now, backlog)
        world.advance(MINUTE)


def test_three_minutes_above_the_target_scale_out_in_proportion() -> None:
    world = scaled_world()
    load(world, 3, 25)
    assert desired(world) == 1  # the third minute above the target cannot be read yet
    load(world, 1, 25)
    assert desired(world) == 3
    assert world.scaling.activities[-1].cause == "scaling policy tracking"


def test_two_minutes_above_the_target_scale_nothing() -> None:
    world = scaled_world()
    load(world, 2, 100)
    world.advance(10 * MINUTE)
    assert desired(world) == 1


def test_a_scale_out_ends_at_the_maximum() -> None:
    world = scaled_world(maximum=3)
    load(world, 10, 100)
    assert desired(world) == 3


def test_cpu_follows_the_requests_per_running_task() -> None:
    world = scaled_world(CPU)
    load(world, 6, 300)  # more than a task can do
    assert desired(world) == 2
    more = Timings(jitter=0, cpu_percent_per_request=0.1)
    world = scaled_world(CPU, timings=more)
    load(world, 10, 300)  # 31 percent
    assert desired(world) == 1


def test_fifteen_minutes_below_the_target_scale_in() -> None:
    world = scaled_world(desired=4)
    world.advance(10 * MINUTE)
    assert desired(world) == 4
    world.advance(10 * MINUTE)
    assert desired(world) == 1


def test_a_load_just_below_the_target_keeps_the_tasks() -> None:
    world = scaled_world(desired=2)
    load(world, 30, 19)  # 9.5 requests for each task
    assert desired(world) == 2


def test_a_scale_in_keeps_as_many_tasks_as_the_busiest_minute_needs() -> None:
    world = scaled_world(desired=4)
    load(world, 30, 16)  # four requests for each of four tasks
    assert desired(world) == 2


def test_one_busier_minute_keeps_the_tasks_that_it_needs() -> None:
    world = scaled_world(desired=4)
    load(world, 8, 8)
    load(world, 1, 24)
    load(world, 2, 8)
    assert desired(world) == 3


def test_a_load_above_nine_tenths_of_the_target_does_not_scale_in() -> None:
    world = scaled_world(desired=20, maximum=20)
    load(world, 20, 184)  # 9.2 for each task; nineteen tasks would be enough
    assert desired(world) == 20


def test_a_policy_may_not_scale_in() -> None:
    world = scaled_world(TargetTracking(REQUESTS.metric, 10, "Sum", scales_in=False), desired=4)
    world.advance(timedelta(hours=1))
    assert desired(world) == 4


def test_in_its_cooldown_a_scale_in_waits() -> None:
    slow = TargetTracking(REQUESTS.metric, 10, "Sum", scale_in_cooldown=timedelta(hours=1))
    world = scaled_world(slow, desired=4)
    load(world, 25, 25)
    assert desired(world) == 3
    world.advance(30 * MINUTE)
    assert desired(world) == 3
    world.advance(30 * MINUTE)
    assert desired(world) == 1


def test_in_its_cooldown_only_a_larger_scale_out_takes_effect() -> None:
    slow = TargetTracking(REQUESTS.metric, 10, "Sum", scale_out_cooldown=timedelta(hours=1))
    world = scaled_world(slow)
    load(world, 6, 25)
    assert desired(world) == 3
    load(world, 10, 60)  # twenty for each task, which asks for twice the count of before
    assert desired(world) == 3
    load(world, 10, 150)
    assert desired(world) == 5


@pytest.mark.parametrize(
    ("suspended", "out", "back_in"),
    [
        (Suspension(), 3, 1),
        (Suspension(scale_out=True), 1, 1),
        (Suspension(scale_in=True), 3, 3),
        (Suspension(scheduled=True), 3, 1),
    ],
)
def test_only_the_suspended_kind_of_scaling_stops(suspended: Suspension, out: int, back_in: int) -> None:
    world = scaled_world()
    world.scaling.register(*WEB, suspended=suspended)
    load(world, 6, 25)
    assert desired(world) == out
    world.advance(30 * MINUTE)
    assert desired(world) == back_in


def test_a_service_stopped_under_load_is_raised_to_its_minimum_unless_suspended() -> None:
    def stopped_under_load(suspended: Suspension) -> int:
        world = scaled_world(minimum=2, desired=2)
        world.scaling.register(*WEB, suspended=suspended)
        load(world, 2, 100)
        world.set_desired_count(*WEB, 0)
        world.advance(30 * MINUTE)
        return desired(world)

    assert stopped_under_load(Suspension()) >= 2
    assert stopped_under_load(Suspension(scale_out=True)) == 0


@pytest.mark.parametrize("policy", [CPU, REQUESTS], ids=["cpu", "requests"])
def test_a_service_that_sleeps_has_no_data_and_stays_at_zero(policy: TargetTracking) -> None:
    world = scaled_world(policy, minimum=1)
    world.advance(10 * MINUTE)
    world.set_desired_count(*WEB, 0)
    world.advance(timedelta(hours=3))
    assert desired(world) == 0


def test_missing_data_scales_nothing() -> None:
    world = scaled_world(desired=4)
    world.withhold_metric("RequestCountPerTarget")
    world.advance(timedelta(hours=1))
    assert desired(world) == 4


def test_data_that_are_too_old_scale_nothing() -> None:
    world = scaled_world()
    world.scaling.register(*WEB, suspended=Suspension(scale_out=True))
    load(world, 6, 25)
    world.withhold_metric("RequestCountPerTarget")
    world.advance(10 * MINUTE)
    world.scaling.register(*WEB, suspended=Suspension())
    world.advance(timedelta(hours=1))
    assert desired(world) == 1


def test_requests_are_shared_by_the_healthy_targets_and_measured_only_if_tracked() -> None:
    world = scaled_world(timings=Timings(jitter=0, health_check=5 * MINUTE))
    world.scaling.register(*WEB, suspended=Suspension(scale_in=True, scale_out=True))
    other = GROUP.replace("web", "other")
    world.create_service("c", "other", 1, [(LOAD_BALANCER, other, 8080)])
    world.advance(10 * MINUTE)
    world.set_desired_count(*WEB, 2)
    load(world, 4, 24)  # the second target is not healthy yet
    assert [target.state for target in world.target_health(GROUP)] == [TargetState.HEALTHY, TargetState.INITIAL]
    world.advance(2 * MINUTE)
    assert read(world, "RequestCountPerTarget", PAIR)[-5:-1] == [24, 24, 24, 24]
    assert read(world, "RequestCountPerTarget", PAIR | {"TargetGroup": "targetgroup/other/abcd"}) == []


def test_late_data_scales_later() -> None:
    world = scaled_world()
    world.make_metric_late("RequestCountPerTarget", 2 * MINUTE)
    load(world, 5, 25)
    assert desired(world) == 1
    load(world, 1, 25)
    assert desired(world) == 3


def test_without_a_minimum_requests_scale_a_service_in_to_zero() -> None:
    world = scaled_world(minimum=0)
    load(world, 10, 9)
    assert desired(world) == 1
    world.advance(30 * MINUTE)
    assert desired(world) == 0


def test_without_a_minimum_a_backlog_scales_a_service_to_zero_and_back() -> None:
    world = scaled_world(BACKLOG, minimum=0)
    fill(world, 20, 0)
    assert desired(world) == 0
    fill(world, 2, 12)
    assert desired(world) == 1  # one datapoint is enough
    fill(world, 10, 5)
    assert world.describe_service(*WEB).running == 1
    fill(world, 20, 0)
    assert desired(world) == 0


def test_the_largest_capacity_of_several_policies_wins() -> None:
    world = scaled_world()
    world.scaling.put_policy(*WEB, "backlog", BACKLOG)
    load(world, 6, 25)
    assert desired(world) == 3
    world.advance(30 * MINUTE)
    assert desired(world) == 3  # the other policy has no data, so it is not ready to scale in
    fill(world, 20, 0)
    assert desired(world) == 1


def test_several_policies_scale_in_to_the_largest_capacity() -> None:
    world = scaled_world(desired=4)
    world.scaling.put_policy(*WEB, "backlog", BACKLOG)
    for _ in range(20):
        world.metrics.put(QUEUE.namespace, QUEUE.name, dict(QUEUE.dimensions), world.now, 0)
        load(world, 1, 16)
    assert [activity.after for activity in world.scaling.activities] == [2]


def test_no_scale_in_while_a_deployment_runs() -> None:
    world = scaled_world(desired=4)
    world.set_start_fault(*WEB, None)
    world.set_health_check_grace(*WEB, timedelta(hours=3))
    world.advance(10 * MINUTE)
    world.set_passes_health_checks(*WEB, passes=False)
    world.start_deployment(*WEB)
    world.advance(30 * MINUTE)
    assert len(world.describe_service(*WEB).deployments) == 2
    assert desired(world) == 4
    world.set_passes_health_checks(*WEB, passes=True)
    world.advance(30 * MINUTE)
    assert desired(world) == 1


def test_scaling_begins_no_deployment() -> None:
    world = scaled_world()
    before = [one.id for one in world.describe_service(*WEB).deployments]
    load(world, 6, 25)
    assert [one.id for one in world.describe_service(*WEB).deployments] == before


def test_the_same_seed_gives_the_same_history() -> None:
    def history() -> tuple[object, ...]:
        world = scaled_world(CPU, timings=Timings())
        load(world, 30, 150)
        world.advance(timedelta(hours=1))
        assert len(world.scaling.activities) > 1
        return (*world.scaling.activities, world.tasks(*WEB))

    assert history() == history()


def test_a_deleted_policy_scales_nothing_and_its_metric_is_not_measured() -> None:
    world = scaled_world()
    world.scaling.delete_policy(*WEB, "tracking")
    end_of_last_minute = world.now
    load(world, 10, 100)
    assert desired(world) == 1
    assert max(world.metrics.minutes_of(REQUESTS.metric, START, world.now, world.now)) < end_of_last_minute
    with pytest.raises(NoScalingPolicy):
        world.scaling.delete_policy(*WEB, "tracking")


def test_a_policy_needs_a_scalable_target_and_a_target_value() -> None:
    world = world_with_service()
    with pytest.raises(NoScalableTarget):
        world.scaling.put_policy(*WEB, "tracking", REQUESTS)
    world.scaling.register(*WEB, 1, 2)
    with pytest.raises(ValueError, match="target value"):
        world.scaling.put_policy(*WEB, "tracking", TargetTracking(QUEUE, 0))
