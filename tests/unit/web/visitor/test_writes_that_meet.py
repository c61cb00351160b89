"""A tick writes something else just before a visitor's write. The visitor's write is made again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.service_state import Phase, ServiceState
from simulator.ports.faults import Call, Fault
from tests.unit.web.visitor.scene import START, Answered, Scene, an_event


def visit_while_a_tick_writes(scene: Scene, recorded: str) -> Answered:
    """Let a tick record that the metrics are late, just before the visitor's first write."""
    met: list[Call] = []

    def judge(call: Call) -> Fault | None:
        if call.name == "write" and not met:
            met.append(call)
            written = replace(scene.state, metrics_late=START, version=scene.state.version + 1)
            scene.ports.table.states[scene.service.name] = written
        return None

    scene.ports.faults.fault_of_call = judge
    answered = scene.visit(an_event(recorded))
    assert met
    return answered


@pytest.mark.parametrize(("recorded", "code"), [("curl", 307), ("button", 303)])
def test_a_draining_service_is_awake_again(recorded: str, code: int) -> None:
    scene = Scene().is_draining()
    answered = visit_while_a_tick_writes(scene, recorded)
    assert (answered.code, scene.state.phase, scene.state.metrics_late) == (code, Phase.AWAKE, START)
    assert not scene.is_armed


def test_a_request_to_sleep_is_cancelled() -> None:
    scene = Scene().is_waking(sleep_requested=START)
    visit_while_a_tick_writes(scene, "browser_navigates")
    assert (scene.state.sleep_requested, scene.state.requested_at, scene.state.metrics_late) == (None, scene.now, START)


def test_the_activity_of_an_awake_service_is_recorded() -> None:
    scene = Scene().is_awake()
    visit_while_a_tick_writes(scene, "button")
    assert (scene.state.last_activity, scene.state.metrics_late) == (START, START)


def test_a_service_that_a_tick_lets_drain_meanwhile_is_awake_again() -> None:
    scene = Scene().is_awake()
    drains: list[ServiceState] = []

    def judge(call: Call) -> Fault | None:
        if call.name == "write" and not drains:
            drains.append(replace(scene.state, phase=Phase.DRAINING, version=scene.state.version + 1))
            scene.ports.table.states[scene.service.name] = drains[0]
        return None

    scene.ports.faults.fault_of_call = judge
    answered = scene.visit(an_event("curl"))
    assert (answered.code, scene.state.phase, scene.state.since) == (307, Phase.AWAKE, START)
    assert not scene.is_armed
