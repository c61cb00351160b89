from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.world import (
    NoScalableTarget,
    NoScheduledAction,
    NoSuchService,
    ScalableTarget,
    ScheduledAction,
    Suspension,
    TargetTracking,
    World,
    cpu_of_service,
    schedule,
)
from tests.simulator.worlds import EXACT, MINUTE, START, awake_world, world_with_service

WEB = ("c", "web")
EVERYTHING = Suspension(scale_in=True, scale_out=True, scheduled=True)


def desired(world: World) -> int:
    return world.describe_service(*WEB).desired


def registered(count: int, minimum: int = 2, maximum: int = 4) -> World:
    """Make a world whose service is registered, and has this desired count."""
    world = awake_world()
    world.scaling.register(*WEB, minimum, maximum)
    world.set_desired_count(*WEB, count)
    return world


def at(instant: str, **bounds: int) -> ScheduledAction:
    return ScheduledAction(schedule(f"at({instant})", "UTC", START), **bounds)


@pytest.mark.parametrize(("count", "expected"), [(0, 2), (1, 2), (3, 3), (7, 4)])
def test_every_register_call_moves_the_count_into_the_bounds(count: int, expected: int) -> None:
    world = registered(count)
    world.scaling.register(*WEB, suspended=EVERYTHING)
    assert desired(world) == expected


def test_a_register_call_that_only_suspends_wakes_a_service_at_zero() -> None:
    world = registered(0)
    world.advance(5 * MINUTE)
    assert world.describe_service(*WEB).running == 0
    world.scaling.register(*WEB, suspended=EVERYTHING)
    world.advance(2 * MINUTE)
    assert world.describe_service(*WEB).running == 2


def test_a_service_at_zero_stays_there_if_nobody_registers() -> None:
    world = registered(0)
    world.advance(timedelta(hours=2))
    assert desired(world) == 0


def test_the_move_begins_no_deployment() -> None:
    world = registered(0)
    before = world.describe_service(*WEB).deployments[0].id
    world.scaling.register(*WEB)
    [deployment] = world.describe_service(*WEB).deployments
    assert deployment.id == before


def test_a_call_changes_only_what_it_names() -> None:
    world = registered(3)
    assert world.scaling.register(*WEB, suspended=Suspension(scale_in=True)) == ScalableTarget(
        2, 4, Suspension(scale_in=True)
    )
    assert world.scaling.register(*WEB, maximum=6) == ScalableTarget(2, 6, Suspension(scale_in=True))
    assert world.scaling.register(*WEB, minimum=0) == ScalableTarget(0, 6, Suspension(scale_in=True))
    assert world.scaling.target(*WEB) == ScalableTarget(0, 6, Suspension(scale_in=True))


@pytest.mark.parametrize(("minimum", "maximum"), [(None, None), (1, None), (None, 1)])
def test_a_new_scalable_target_needs_both_bounds(minimum: int | None, maximum: int | None) -> None:
    world = awake_world()
    with pytest.raises(NoScalableTarget):
        world.scaling.register(*WEB, minimum, maximum, EVERYTHING)
    assert world.scaling.target(*WEB) is None
    assert world.scaling.registrations == []


@pytest.mark.parametrize(("minimum", "maximum"), [(-1, 2), (3, 2)])
def test_bounds_that_contradict_are_refused_and_change_nothing(minimum: int, maximum: int) -> None:
    world = registered(3)
    with pytest.raises(ValueError, match="capacity"):
        world.scaling.register(*WEB, minimum, maximum)
    assert world.scaling.target(*WEB) == ScalableTarget(2, 4)
    assert desired(world) == 3


def test_only_an_existing_service_is_registered() -> None:
    with pytest.raises(NoSuchService):
        awake_world().scaling.register("c", "nothing", 1, 2)


def test_a_service_that_is_not_active_keeps_its_count() -> None:
    world = awake_world()
    world.delete_service(*WEB, force=True)
    world.scaling.register(*WEB, 2, 4)
    world.advance(10 * MINUTE)
    assert desired(world) == 0


def test_a_deleted_service_loses_its_scalable_target() -> None:
    world = registered(3)
    world.delete_service(*WEB, force=True)
    assert world.scaling.target(*WEB) is None
    with pytest.raises(NoScalableTarget):
        world.scaling.deregister(*WEB)


def test_a_deregistered_service_is_not_scaled_any_more() -> None:
    world = registered(3)
    world.scaling.put_scheduled_action(*WEB, "evening", at("2026-01-05T20:00:00", maximum=2))
    world.scaling.deregister(*WEB)
    world.advance(timedelta(hours=24))
    assert desired(world) == 3


def test_each_call_is_recorded_with_the_counts_before_and_after() -> None:
    world = registered(0)
    world.scaling.register(*WEB, suspended=EVERYTHING)
    first, second = world.scaling.registrations
    assert (first.before, first.after, first.count_before, first.count_after) == (None, ScalableTarget(2, 4), 1, 2)
    assert (second.at, second.cluster, second.name) == (world.now, *WEB)
    assert (second.before, second.after) == (ScalableTarget(2, 4), ScalableTarget(2, 4, EVERYTHING))
    assert (second.count_before, second.count_after) == (0, 2)


def test_each_change_of_a_count_is_reported_before_it_takes_effect() -> None:
    world = registered(0)
    reported: list[tuple[int, int, int]] = []
    world.scaling.on_activity = lambda one: reported.append((one.before, one.after, desired(world)))
    world.scaling.register(*WEB)
    world.scaling.register(*WEB)
    assert reported == [(0, 2, 0)]
    assert world.scaling.activities[-1].cause == "RegisterScalableTarget"


def test_a_scheduled_action_sets_its_bounds_and_moves_the_count_into_them() -> None:
    world = registered(2)
    world.scaling.put_scheduled_action(*WEB, "morning", at("2026-01-05T09:00:00", minimum=4, maximum=8))
    world.advance_to(START + timedelta(minutes=59, seconds=59))
    assert desired(world) == 2
    world.advance(timedelta(seconds=1))
    assert desired(world) == 4
    assert world.scaling.target(*WEB) == ScalableTarget(4, 8)
    assert world.scaling.activities[-1].cause == "scheduled action morning"


def test_a_scheduled_action_wakes_a_service_at_zero() -> None:
    world = registered(0)
    world.scaling.put_scheduled_action(*WEB, "morning", at("2026-01-05T09:00:00", minimum=1))
    world.advance(timedelta(hours=2))
    assert desired(world) == 1


def test_a_scheduled_action_repeats() -> None:
    world = registered(2)
    daily = schedule("cron(0 18 * * ? *)", "Europe/Paris", START)
    world.scaling.put_scheduled_action(*WEB, "evening", ScheduledAction(daily, minimum=0, maximum=0))
    moved: list[int] = []
    for _ in range(3):
        world.advance(timedelta(days=1))
        moved.append(desired(world))
        world.scaling.register(*WEB, 2, 4)
    assert moved == [0, 0, 0]


def test_a_scheduled_action_due_while_suspended_is_skipped_and_not_made_up_for() -> None:
    world = registered(3)
    world.scaling.put_scheduled_action(*WEB, "evening", at("2026-01-05T09:00:00", maximum=2))
    world.scaling.register(*WEB, suspended=Suspension(scheduled=True))
    world.advance(timedelta(hours=2))
    world.scaling.register(*WEB, suspended=Suspension())
    world.advance(timedelta(hours=2))
    assert (desired(world), world.scaling.target(*WEB)) == (3, ScalableTarget(2, 4))


def test_only_scheduled_scaling_is_suspended_for_scheduled_actions() -> None:
    world = registered(3)
    world.scaling.register(*WEB, suspended=Suspension(scale_in=True, scale_out=True))
    world.scaling.put_scheduled_action(*WEB, "evening", at("2026-01-05T09:00:00", maximum=2))
    world.advance(timedelta(hours=2))
    assert desired(world) == 2


def test_a_replaced_or_deleted_scheduled_action_is_not_carried_out() -> None:
    world = registered(3)
    world.scaling.put_scheduled_action(*WEB, "evening", at("2026-01-05T09:00:00", maximum=2))
    world.scaling.put_scheduled_action(*WEB, "evening", at("2026-01-05T10:00:00", minimum=4))
    world.scaling.put_scheduled_action(*WEB, "night", at("2026-01-05T09:00:00", maximum=2))
    world.scaling.delete_scheduled_action(*WEB, "night")
    world.advance(timedelta(minutes=90))
    assert desired(world) == 3
    world.advance(timedelta(hours=1))
    assert desired(world) == 4
    with pytest.raises(NoScheduledAction):
        world.scaling.delete_scheduled_action(*WEB, "night")


def test_a_world_without_policies_and_scheduled_actions_has_the_same_history_with_scalable_targets() -> None:
    def history(*, scaled: bool) -> list[object]:
        world = world_with_service(2, timings=type(EXACT)())
        if scaled:
            world.scaling.register(*WEB, 1, 4)
            world.scaling.put_policy(*WEB, "cpu", TargetTracking(cpu_of_service(*WEB), 50))
            world.scaling.delete_policy(*WEB, "cpu")
        instants: list[object] = []
        while world.next_instant is not None and world.next_instant < START + 30 * MINUTE:
            instants.append(world.next_instant)
            world.advance_to(world.next_instant)
        world.set_desired_count(*WEB, 0)
        world.advance(10 * MINUTE)
        return [*instants, world.tasks(*WEB), world.describe_service(*WEB)]

    assert history(scaled=True) == history(scaled=False)
