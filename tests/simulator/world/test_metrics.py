from __future__ import annotations

from tests.simulator.worlds import (
    EXACT,
    GROUP,
    LOAD_BALANCER,
    MINUTE,
    PAIR,
    SECOND,
    awake_world,
    read,
    world_with_service,
)


def test_requests_are_counted_per_minute_for_the_load_balancer_and_for_the_pair_but_not_for_the_group_alone() -> None:
    world = awake_world()
    for _ in range(3):
        world.request(LOAD_BALANCER, GROUP)
    world.advance(MINUTE)
    world.request(LOAD_BALANCER, GROUP)
    world.advance(5 * MINUTE)
    assert read(world, "RequestCount", PAIR) == [3, 1]
    assert read(world, "RequestCount", {"LoadBalancer": "app/front/1234"}) == [3, 1]
    assert read(world, "RequestCount", {"TargetGroup": "targetgroup/web/abcd"}) == []


def test_a_request_without_a_target_is_not_counted() -> None:
    world = world_with_service(desired=0)
    world.advance(MINUTE)
    assert world.request(LOAD_BALANCER, GROUP) is None
    world.advance(5 * MINUTE)
    assert read(world, "RequestCount", PAIR) == []


def test_metrics_of_a_minute_are_visible_only_after_their_delay() -> None:
    world = awake_world()
    sent_at = world.now
    world.request(LOAD_BALANCER, GROUP)
    world.advance_to(sent_at + EXACT.metric_delay - SECOND)
    assert read(world, "RequestCount", PAIR) == []
    world.advance(SECOND)
    assert read(world, "RequestCount", PAIR) == [1]


def test_healthy_hosts_are_published_while_targets_are_registered_and_are_missing_not_zero_afterwards() -> None:
    world = world_with_service()
    world.advance(10 * MINUTE)
    counts = read(world, "HealthyHostCount", PAIR, "Maximum")
    assert counts == [1] * 9
    world.set_desired_count("c", "web", 0)
    world.advance(10 * MINUTE)
    assert read(world, "HealthyHostCount", PAIR, "Maximum") == [1] * 10


def test_healthy_hosts_are_zero_while_a_registered_target_is_not_healthy() -> None:
    world = awake_world(grace=60 * MINUTE)
    world.set_passes_health_checks("c", "web", passes=False)
    world.advance(5 * MINUTE)
    assert read(world, "HealthyHostCount", PAIR, "Maximum")[-1] == 0


def test_the_samples_of_cpu_utilization_count_the_running_tasks() -> None:
    world = awake_world(desired=2)
    world.advance(4 * MINUTE)
    dimensions = {"ClusterName": "c", "ServiceName": "web"}
    assert read(world, "CPUUtilization", dimensions, "SampleCount", "AWS/ECS")[-1] == 2
    world.set_desired_count("c", "web", 0)
    world.advance(MINUTE)
    seen = len(read(world, "CPUUtilization", dimensions, "SampleCount", "AWS/ECS"))
    world.advance(10 * MINUTE)
    assert len(read(world, "CPUUtilization", dimensions, "SampleCount", "AWS/ECS")) <= seen + 2


def test_a_withheld_metric_stays_missing_and_only_for_its_target_group() -> None:
    world = awake_world()
    other = GROUP.replace("web", "api")
    world.create_service("c", "api", 1, [(LOAD_BALANCER, other, 80)])
    world.advance(3 * MINUTE)
    world.withhold_metric("HealthyHostCount", GROUP)
    world.advance(5 * MINUTE)
    world.publish_metric_again("HealthyHostCount", GROUP)
    world.advance(5 * MINUTE)
    gap = read(world, "HealthyHostCount", PAIR, "Maximum")
    whole = read(world, "HealthyHostCount", {**PAIR, "TargetGroup": "targetgroup/api/abcd"}, "Maximum")
    assert len(gap) == 14 - 5
    assert len(whole) == 14 - 2


def test_a_late_metric_becomes_visible_later_than_the_others() -> None:
    world = awake_world()
    world.make_metric_late("RequestCount", by=3 * MINUTE)
    sent_at = world.now
    world.request(LOAD_BALANCER, GROUP)
    world.advance_to(sent_at + EXACT.metric_delay + 3 * MINUTE - SECOND)
    assert read(world, "RequestCount", PAIR) == []
    assert len(read(world, "HealthyHostCount", PAIR)) >= 3
    world.advance(SECOND)
    assert read(world, "RequestCount", PAIR) == [1]
