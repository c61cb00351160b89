"""Restoring routing: every wake rule is disarmed, and this is recorded. The next tick retries what failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from scale_to_zero.actions.disarming import disarm, disarm_wake_rules
from scale_to_zero.model.configured import ModuleRule
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.rule_positions import DISARMED
from simulator.ports.faults import Fault
from simulator.ports.in_memory import InMemoryPorts
from simulator.world import Timings, World
from tests.service_states import a_wake
from tests.unit.listener import (
    HTTPS,
    LISTENER,
    MONITOR,
    ON_THE_CITY,
    OWN_RULE,
    UPTIME_CHECK,
    WAKE_RULE,
    a_listener,
    a_rule,
    rule_arn,
)
from tests.unit.timeline import NAME, a_service, a_service_woken_by_requests, at

HTTP = ModuleRule("http", rule_arn("wake-http"), LISTENER, own_rule_arn=OWN_RULE)
SERVICE = a_service_woken_by_requests(rules=(HTTPS, HTTP), uptime_checks=(MONITOR,))
NOW = at("10:00")


class Scene:
    """A service that is awake according to its service state, and its rules, all armed."""

    def __init__(self) -> None:
        world = World(seed=1, start=NOW, timings=Timings(jitter=0))
        self.ports = InMemoryPorts(world, [SERVICE])
        armed = [a_rule(arn, n, ON_THE_CITY) for n, arn in enumerate((WAKE_RULE, HTTP.arn, UPTIME_CHECK), 80)]
        self.ports.listeners.put(LISTENER, *a_listener(*armed).values())
        awake = ServiceState(NAME, Phase.AWAKE, since=NOW, wake=a_wake(healthy=NOW))
        self.state = self.ports.gathered().table.write(awake)

    def disarm(self) -> ServiceState:
        return disarm_wake_rules(self.ports.gathered(), SERVICE, self.state)

    @property
    def routing_restored_at(self) -> datetime | None:
        return self.ports.table.states[NAME].routing_restored_at

    def armed(self) -> set[str]:
        return {arn for arn, rule in self.ports.listeners.rules(LISTENER).items() if rule.conditions == ON_THE_CITY}


def test_every_wake_rule_is_disarmed_and_no_other_rule_is_touched() -> None:
    scene = Scene()
    written = scene.disarm()
    assert scene.armed() == {OWN_RULE, UPTIME_CHECK}
    assert (scene.routing_restored_at, written) == (NOW, scene.ports.table.states[NAME])


def test_the_other_rules_are_disarmed_though_one_rule_cannot_be_disarmed(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    scene.ports.faults.fail("set_conditions", subject=WAKE_RULE)
    assert scene.disarm() == scene.state
    assert scene.armed() == {OWN_RULE, UPTIME_CHECK, WAKE_RULE}
    assert scene.routing_restored_at is None
    assert "disarming its wake rules failed" in caplog.text
    assert WAKE_RULE in caplog.text


def test_routing_that_is_restored_but_not_recorded_counts_as_not_restored() -> None:
    scene = Scene()
    scene.ports.faults.fail("write", Fault.REFUSED)
    assert scene.disarm().routing_restored_at is None
    assert scene.armed() == {OWN_RULE, UPTIME_CHECK}


def test_the_write_of_another_run_is_kept() -> None:
    scene = Scene()
    scene.ports.gathered().table.write(replace(scene.state, requested_at=NOW))
    written = scene.disarm()
    assert (written.requested_at, written.routing_restored_at) == (NOW, NOW)
    assert scene.ports.table.states[NAME] == written
    assert scene.armed() == {OWN_RULE, UPTIME_CHECK}


def test_the_state_of_a_service_that_another_run_lets_drain_meanwhile_is_not_changed() -> None:
    scene = Scene()
    others = scene.ports.gathered().table.write(replace(scene.state, phase=Phase.DRAINING))
    assert scene.disarm() == scene.state
    assert scene.ports.table.states[NAME] == others


def test_no_rule_is_disarmed_for_a_service_without_wake_rules() -> None:
    scene = Scene()
    calls = len(scene.ports.faults.calls)
    assert disarm_wake_rules(scene.ports.gathered(), a_service(), scene.state) == scene.state
    assert len(scene.ports.faults.calls) == calls


def test_every_rule_that_could_not_be_disarmed_is_named() -> None:
    scene = Scene()
    scene.ports.faults.fail("set_conditions")
    with pytest.raises(CallFailed) as failed:
        disarm(scene.ports.gathered(), [WAKE_RULE, HTTP.arn])
    assert str(failed.value) == f"set_conditions of {WAKE_RULE} was refused; set_conditions of {HTTP.arn} was refused"


def test_a_rule_that_is_disarmed_already_can_be_disarmed_again() -> None:
    scene = Scene()
    for _ in range(2):
        disarm(scene.ports.gathered(), [WAKE_RULE])
        assert scene.ports.listeners.rules(LISTENER)[WAKE_RULE].conditions == DISARMED
