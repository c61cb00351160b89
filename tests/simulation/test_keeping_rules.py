"""A tick keeps the wake rules correct: it arms, disarms and repairs them at AWS's rate, and overrides no other run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode, ModuleRule, Service, WakeOnRequest
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.rule_positions import DISARMED
from scale_to_zero.tick.keep_rules import RULE_CHANGE_RATE, RULE_CHANGES_PER_TICK
from scale_to_zero.tick.run import TickFailed
from simulator.account import a_service
from simulator.ports.faults import Call, Fault
from tests.service_states import a_wake
from tests.unit.listener import LISTENER, ON_THE_CITY, a_rule, rule_arn

from .module_instance import ModuleInstance

SECOND = timedelta(seconds=1)


def woken(key: str, rules: int = 1) -> Service:
    """Return a service with this many wake rules above its own rule."""
    ours = tuple(
        ModuleRule(f"rule-{n}", rule_arn(f"{key}-{n}"), LISTENER, own_rule_arn=rule_arn(f"{key}-own"))
        for n in range(rules)
    )
    return a_service(key, wake_on_request=WakeOnRequest(rules=ours))


class InstanceWithRules(ModuleInstance):
    """Services whose rules are in one listener, disarmed at first."""

    def __init__(self, *services: Service, desired: int = 1) -> None:
        super().__init__(*services, desired=desired)
        for number, service in enumerate(services):
            on_request = service.wake_on_request
            assert on_request is not None
            ours = [a_rule(rule.arn, 100 * number + n + 1) for n, rule in enumerate(on_request.rules)]
            self.ports.listeners.put(
                LISTENER, *ours, a_rule(rule_arn(f"{service.key}-own"), 100 * number + 90, ON_THE_CITY)
            )

    def set_state(self, service: Service, phase: Phase, **state: object) -> None:
        known = ServiceState(service.name, phase, since=self.world.now - MINUTE, version=1, restore=1)
        self.ports.table.states[service.name] = replace(known, **state)  # type: ignore[arg-type]

    def set_rule(self, service: Service, number: int = 0, *, armed: bool) -> None:
        self.ports.listeners.set_conditions(rule_arn(f"{service.key}-{number}"), ON_THE_CITY if armed else DISARMED)

    def armed(self) -> set[str]:
        """Return the names of the module's rules that are not disarmed."""
        rules = self.ports.listeners.rules(LISTENER)
        return {
            arn.rpartition("/")[2] for arn, rule in rules.items() if rule.conditions != DISARMED and "own" not in arn
        }

    def changed(self) -> list[str]:
        """Return the names of the rules that were changed, in the order of the changes."""
        calls = [call for call in self.ports.faults.calls if call.name == "set_conditions"]
        return [str(call.subject).rpartition("/")[2] for call in calls]


WEB, API = woken("web", rules=2), woken("api")


def test_rules_of_a_sleeping_service_that_an_operator_disarmed_are_armed_again() -> None:
    instance = InstanceWithRules(WEB, desired=0)
    instance.set_state(WEB, Phase.ASLEEP)
    instance.tick()
    assert instance.armed() == {"web-0", "web-1"}
    instance.set_rule(WEB, 1, armed=False)
    instance.tick()
    assert instance.armed() == {"web-0", "web-1"}
    assert instance.changed() == ["web-0", "web-1", "web-1"]


def test_rules_of_an_awake_service_that_an_operator_armed_are_disarmed_again() -> None:
    instance = InstanceWithRules(WEB)
    instance.set_state(WEB, Phase.AWAKE)
    instance.set_rule(WEB, armed=True)
    instance.tick()
    assert instance.armed() == set()


def test_rules_that_are_right_are_not_changed() -> None:
    instance = InstanceWithRules(WEB, API)
    instance.set_state(WEB, Phase.AWAKE)
    instance.set_state(API, Phase.AWAKE)
    instance.ticks(3)
    assert instance.changed() == []


def test_a_ready_service_is_saved_as_disarmed_when_every_rule_is_disarmed() -> None:
    instance = InstanceWithRules(WEB)
    instance.set_state(WEB, Phase.AWAKE, wake=a_wake(healthy=instance.world.now))
    for number in range(2):
        instance.set_rule(WEB, number, armed=True)
    instance.ports.faults.fail("set_conditions", subject=rule_arn("web-1"), times=1)
    with pytest.raises(TickFailed, match="web-1 was refused"):
        instance.tick()
    assert (instance.armed(), instance.state(WEB.name).routing_restored_at) == ({"web-1"}, None)
    instance.world.advance(MINUTE)
    instance.tick()
    assert (instance.armed(), instance.state(WEB.name).routing_restored_at) == (set(), instance.world.now)


def test_a_disarming_that_was_saved_is_not_saved_again() -> None:
    instance = InstanceWithRules(WEB)
    routing_restored_at = instance.world.now - MINUTE
    instance.set_state(
        WEB, Phase.AWAKE, wake=a_wake(healthy=routing_restored_at), routing_restored_at=routing_restored_at
    )
    instance.set_rule(WEB, armed=True)
    instance.tick()
    assert instance.state(WEB.name).routing_restored_at == routing_restored_at


def test_a_draining_service_is_saved_as_armed_when_every_rule_is() -> None:
    instance = InstanceWithRules(WEB)
    instance.set_state(WEB, Phase.DRAINING, last_activity=instance.world.now - 6 * MINUTE)
    instance.ports.faults.fail("set_conditions", subject=rule_arn("web-1"), times=1)
    with pytest.raises(TickFailed):
        instance.tick()
    assert instance.state(WEB.name).armed is None
    instance.tick()
    assert instance.state(WEB.name).armed == instance.world.now


def test_rules_are_disarmed_before_anything_is_stopped_or_armed() -> None:
    """Clients may be waiting until rules are disarmed."""
    instance = InstanceWithRules(WEB, API)
    instance.set_state(WEB, Phase.ASLEEP, stopped=instance.world.now - MINUTE)
    instance.world.set_desired_count(*WEB.name, 0)
    instance.set_state(API, Phase.AWAKE)
    instance.set_rule(API, armed=True)
    instance.tick()
    assert instance.changed() == ["api-0", "web-0", "web-1"]


def test_the_rules_of_the_service_that_waited_longest_come_first() -> None:
    services = [woken(f"service-{n}") for n in range(5)]
    instance = InstanceWithRules(*services, desired=0)
    for n, service in enumerate(services):
        instance.set_state(service, Phase.ASLEEP, since=instance.world.now - (n + 1) * MINUTE)
    instance.tick()
    assert instance.changed() == [f"service-{n}-0" for n in (4, 3, 2, 1, 0)]


class TestManyRules:
    """A hundred and ten services fell asleep, and none of their rules is armed yet."""

    def instance(self) -> InstanceWithRules:
        services = [woken(f"service-{n:03}") for n in range(110)]
        instance = InstanceWithRules(*services, desired=0)
        for service in services:
            instance.set_state(service, Phase.ASLEEP)
        return instance

    def test_a_hundred_are_changed_in_one_tick_and_the_others_in_the_next(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        instance = self.instance()
        instance.tick(publish=False)
        assert len(instance.changed()) == RULE_CHANGES_PER_TICK == 100
        assert "10 changes of wake rules wait for the next tick" in caplog.text
        instance.tick(publish=False)
        assert len(instance.armed()) == 110

    def test_they_are_changed_no_faster_than_aws_allows(self) -> None:
        instance = self.instance()
        made: list[float] = []
        began = instance.world.now

        def note(call: Call) -> Fault | None:
            if call.name == "set_conditions":
                made.append((instance.world.now - began).total_seconds())
            return None

        instance.ports.faults.fault_of_call = note
        instance.tick(publish=False)
        at_once, a_second = RULE_CHANGE_RATE
        assert all(made[n] >= (n + 1 - at_once) / a_second - 0.001 for n in range(len(made)))
        assert made[at_once - 1] == 0

    def test_no_change_begins_in_the_last_ten_seconds_of_the_run(self) -> None:
        instance = self.instance()
        began = instance.world.now
        instance.tick(publish=False, lasts=20 * SECOND)
        assert 20 < len(instance.changed()) < 60
        assert instance.world.now - began < 11 * SECOND


def test_a_rule_that_cannot_be_changed_is_a_fault_and_does_not_prevent_the_change_of_another() -> None:
    instance = InstanceWithRules(WEB, API, desired=0)
    for service in (WEB, API):
        instance.set_state(service, Phase.ASLEEP)
    instance.ports.faults.fail("set_conditions", subject=rule_arn("web-0"))
    with pytest.raises(TickFailed, match=r"web: set_conditions of .*web-0 was refused"):
        instance.tick()
    assert instance.armed() == {"web-1", "api-0"}


def meanwhile(instance: InstanceWithRules, acts: Callable[[], object]) -> None:
    """Let another run act at the moment when a rule is changed."""

    def judge(call: Call) -> Fault | None:
        if call.name == "set_conditions":
            acts()
        return None

    instance.ports.faults.fault_of_call = judge


def test_a_service_state_that_another_run_wrote_meanwhile_is_kept(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    instance = InstanceWithRules(WEB)
    instance.set_state(WEB, Phase.DRAINING, last_activity=instance.world.now - 6 * MINUTE)
    meanwhile(instance, lambda: instance.set_state(WEB, Phase.AWAKE, version=7))
    instance.tick()
    assert (instance.state(WEB.name).phase, instance.state(WEB.name).version) == (Phase.AWAKE, 7)
    assert "web was changed by another run; the next tick decides again" in caplog.text
    instance.ports.faults.fault_of_call = lambda _call: None
    instance.tick()
    assert instance.armed() == set()


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_a_service_whose_mode_is_no_longer_act_has_its_rules_disarmed(mode: Mode) -> None:
    service = replace(WEB, mode=mode)
    instance = InstanceWithRules(service)
    instance.set_state(service, Phase.AWAKE)
    instance.set_rule(service, armed=True)
    instance.tick()
    assert instance.armed() == set()


def test_rules_that_cannot_be_read_are_left_as_they_are() -> None:
    instance = InstanceWithRules(WEB)
    instance.set_state(WEB, Phase.AWAKE)
    instance.set_rule(WEB, armed=True)
    instance.ports.faults.fail("read_rules")
    with pytest.raises(TickFailed):
        instance.tick()
    assert (instance.changed(), instance.armed()) == ([], {"web-0"})


def test_rules_that_are_armed_again_while_ecs_cannot_be_read_count_as_armed_from_then_on() -> None:
    """Requests bypassed the wake function while the rules were disarmed, so the metrics must show them first."""
    instance = InstanceWithRules(WEB)
    began = instance.world.now - MINUTE
    instance.set_state(WEB, Phase.DRAINING, armed=began)
    instance.set_rule(WEB, 0, armed=True)
    instance.ports.faults.fail("describe")
    with pytest.raises(TickFailed, match="describe"):
        instance.tick()
    assert instance.armed() == {"web-0", "web-1"}
    armed = instance.state(WEB.name).armed
    assert armed is not None
    assert armed > began


def test_rules_are_not_armed_again_before_it_is_saved_that_they_were_disarmed() -> None:
    instance = InstanceWithRules(WEB)
    instance.set_state(WEB, Phase.DRAINING, armed=instance.world.now - MINUTE)
    instance.ports.faults.fail("describe")
    instance.ports.faults.fail("write")
    with pytest.raises(TickFailed, match="write"):
        instance.tick()
    assert instance.armed() == set()
