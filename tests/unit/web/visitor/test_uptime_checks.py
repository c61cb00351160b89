"""A monitor gets the state of the service, but neither wakes the service nor keeps it awake."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.service_state import Hold, Phase
from scale_to_zero.web.visitor import CachedHealth
from simulator.ports.services import InMemoryServices
from tests.service_states import a_wake
from tests.unit.listener import MONITOR
from tests.unit.web.visitor.scene import MINUTE, SECOND, Answered, Scene, an_event


def monitored(mode: Mode = Mode.ACT) -> Scene:
    return Scene(mode, uptime_checks=(MONITOR,))


def check(scene: Scene) -> Answered:
    """Send the request of a monitor that reads the body."""
    return scene.visit(an_event("uptime_robot", httpMethod="GET"))


def starts_tasks(scene: Scene) -> None:
    InMemoryServices(scene.ports).set_desired_count(scene.service.name, 1)
    scene.passes(2 * MINUTE)


@pytest.mark.parametrize("phase", ["asleep", "waking", "draining"])
def test_the_status_is_200_with_the_phase_while_the_service_is_not_awake(phase: str) -> None:
    scene = monitored()
    getattr(scene, f"is_{phase}")()
    before = scene.state
    answered = check(scene)
    assert answered.code == 200
    assert answered.json_body() == {
        "service": "web",
        "phase": phase,
        "failed": False,
        "healthy": None,
        "held_until": None,
    }
    assert scene.state == before
    assert {call.name for call in scene.ports.faults.calls} == {"service_of", "read"}


def test_the_status_is_200_while_the_service_is_awake_and_has_a_healthy_target() -> None:
    scene = monitored().is_awake()
    starts_tasks(scene)
    answered = check(scene)
    assert (answered.code, answered.json_body()["phase"], answered.json_body()["healthy"]) == (200, "awake", True)


def test_the_status_is_503_while_the_service_is_awake_and_has_no_healthy_target() -> None:
    answered = check(monitored().is_awake())
    assert (answered.code, answered.header("Retry-After"), answered.json_body()["healthy"]) == (503, "60", False)


def test_the_status_is_503_when_a_wake_has_failed() -> None:
    scene = monitored().is_waking(for_=6 * MINUTE)
    scene.fails()
    answered = check(scene)
    assert (answered.code, answered.json_body()["failed"], answered.json_body()["phase"]) == (503, True, "waking")


def test_the_status_is_503_when_a_wake_is_long_past_its_deadline_and_no_tick_has_marked_it() -> None:
    answered = check(monitored().is_waking(for_=7 * MINUTE))
    assert (answered.code, answered.json_body()["failed"]) == (503, True)


def test_the_deadline_of_an_earlier_wake_is_ignored() -> None:
    scene = monitored().is_awake(wake=a_wake(Scene().now - timedelta(hours=1)))
    starts_tasks(scene)
    assert check(scene).code == 200


def test_one_healthy_group_of_a_blue_green_pair_is_enough() -> None:
    scene = monitored().is_awake()
    starts_tasks(scene)
    green = f"{scene.service.target_group_arns[0]}-green"
    scene.world.create_service(
        "city", "green", desired=0, target_groups=[(scene.service.load_balancer_arn, green, 8080)]
    )
    scene.ports.table.services["web"] = replace(
        scene.service, target_group_arns=(*scene.service.target_group_arns, green)
    )
    assert check(scene).code == 200


def test_health_that_cannot_be_observed_is_not_reported_as_a_failure() -> None:
    scene = monitored().is_awake()
    scene.ports.faults.fail("healthy_targets")
    answered = check(scene)
    assert (answered.code, answered.json_body()["healthy"]) == (200, None)


def test_a_service_without_target_groups_is_not_reported_as_unhealthy() -> None:
    scene = monitored().is_awake()
    scene.ports.table.services["web"] = replace(scene.service, target_group_arns=())
    assert check(scene).code == 200


def test_a_head_request_gets_no_body() -> None:
    answered = monitored().is_asleep().visit(an_event("uptime_robot"))
    assert (answered.code, answered.body) == (200, "")


@settings(max_examples=30)
@given(
    phase=st.sampled_from(["asleep", "waking", "draining", "awake", "without_state"]),
    recorded=st.sampled_from(["browser_navigates", "page_polls", "button", "curl_posts_json", "preflight"]),
)
def test_every_request_of_a_monitor_is_an_uptime_check(phase: str, recorded: str) -> None:
    scene = monitored()
    getattr(scene, f"is_{phase}")()
    state = scene.ports.table.states.get(scene.service.name)
    answered = scene.visit(an_event(recorded, headers={"user-agent": "UptimeRobot/2.0"}))
    assert set(answered.json_body()) == {"service", "phase", "failed", "healthy", "held_until"}
    assert scene.ports.table.states.get(scene.service.name) == state
    assert {call.name for call in scene.ports.faults.calls} <= {"service_of", "read", "healthy_targets"}


def test_a_monitor_that_sends_a_request_every_minute_all_day_changes_nothing() -> None:
    scene = monitored().is_asleep()
    for _ in range(24 * 60):
        check(scene)
        scene.passes(MINUTE)
    assert (scene.state.phase, scene.state.requested_at, scene.watchers_started) == (Phase.ASLEEP, None, 0)


class TestCachedHealth:
    def test_is_read_at_most_every_ten_seconds_however_many_uptime_checks_arrive(self) -> None:
        scene = monitored().is_awake()
        [group] = scene.service.target_group_arns
        cached = CachedHealth(scene.ports.gathered().target_groups, scene.ports.clock)
        for _ in range(100):
            cached.healthy_targets(group)
            scene.passes(0.3 * SECOND)
        assert len(scene.calls("healthy_targets")) == 3

    def test_is_not_used_for_another_target_group(self) -> None:
        scene = monitored().is_awake()
        [group] = scene.service.target_group_arns
        cached = CachedHealth(scene.ports.gathered().target_groups, scene.ports.clock)
        assert cached.healthy_targets(group) == frozenset()
        assert not isinstance(cached.healthy_targets(f"{group}-other"), frozenset)

    def test_shows_a_target_that_became_healthy(self) -> None:
        scene = monitored().is_awake()
        [group] = scene.service.target_group_arns
        cached = CachedHealth(scene.ports.gathered().target_groups, scene.ports.clock)
        assert cached.healthy_targets(group) == frozenset()
        starts_tasks(scene)
        assert cached.healthy_targets(group) != frozenset()

    def test_does_not_include_anything_else(self) -> None:
        scene = monitored().is_awake()
        [group] = scene.service.target_group_arns
        cached = CachedHealth(scene.ports.gathered().target_groups, scene.ports.clock)
        assert [cached.has_targets(group), cached.has_targets(group)] == [False, False]
        assert cached.load_balancers([group]) == {group: scene.service.load_balancer_arn}
        assert len(scene.calls("has_targets")) == 2


def test_a_monitor_gets_the_end_of_a_hold_and_not_its_reason() -> None:
    scene = monitored()
    hold = Hold(scene.now + timedelta(hours=1), "secret plans")
    answered = check(scene.is_awake(hold=hold))
    assert answered.json_body()["held_until"] == hold.until.isoformat()
    assert "secret" not in str(answered.json_body())
    over = Hold(scene.now - timedelta(hours=1))
    assert check(monitored().is_awake(hold=over)).json_body()["held_until"] is None
