"""Rules that an apply creates or replaces are armed by the same apply, not only by the next tick."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator.ports.faults import Call, Fault
from tests.unit.listener import LISTENER, OWN_RULE, UPTIME_CHECK, WAKE_RULE, a_rule, on_hosts

from .shop_instance import SHOP, ShopInstance


@pytest.fixture
def instance() -> ShopInstance:
    instance = ShopInstance()
    instance.replace_rules()
    return instance


def in_phase(instance: ShopInstance, phase: Phase) -> None:
    state = instance.state(SHOP.name)
    instance.ports.table.states[SHOP.name] = replace(state, phase=phase, since=instance.world.now)


@pytest.mark.parametrize("action", ["create", "update"])
@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.ASLEEP, Phase.WAKING])
def test_rules_of_a_service_that_is_not_awake_are_armed(instance: ShopInstance, phase: Phase, action: str) -> None:
    in_phase(instance, phase)
    assert instance.apply(action) == {"message": f"{SHOP.name} is not changed"}
    assert instance.diverting() == {WAKE_RULE, UPTIME_CHECK}


def test_they_get_the_conditions_of_the_new_rule(instance: ShopInstance) -> None:
    instance.ports.listeners.put(LISTENER, a_rule(OWN_RULE, 100, on_hosts("paris.example.com")))
    instance.apply()
    assert instance.ports.listeners.rules(LISTENER)[WAKE_RULE].conditions == on_hosts("paris.example.com")


def test_the_wake_rule_of_a_service_that_is_awake_diverts_no_request(instance: ShopInstance) -> None:
    in_phase(instance, Phase.AWAKE)
    instance.apply()
    assert instance.diverting() == {UPTIME_CHECK}


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_no_rule_is_armed_of_a_service_whose_mode_is_not_act(instance: ShopInstance, mode: Mode) -> None:
    instance.ports.table.services[SHOP.key] = replace(SHOP, mode=mode)
    instance.apply(mode=mode)
    assert instance.diverting() == set()


def test_draining_begins_again_when_the_new_rules_are_armed(
    instance: ShopInstance,
) -> None:
    in_phase(instance, Phase.DRAINING)
    state = instance.state(SHOP.name)
    instance.ports.table.states[SHOP.name] = replace(state, armed=instance.world.now - 2 * MINUTE)
    instance.apply()
    assert instance.state(SHOP.name).armed == instance.world.now


def test_if_no_tick_has_observed_the_service_yet_no_other_service_is_read(instance: ShopInstance) -> None:
    """To install a module with a thousand services, Terraform invokes the function a thousand times."""
    del instance.ports.table.states[SHOP.name]
    instance.apply("create")
    assert {call.name for call in instance.ports.faults.calls} == {"read"}
    assert instance.diverting() == set()


@pytest.mark.parametrize("call", ["read_all", "read_rules", "set_conditions"])
@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.LOST])
def test_an_apply_does_not_fail_if_a_call_fails_and_the_next_tick_arms_the_rules(
    instance: ShopInstance, call: str, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    instance.ports.faults.fail(call, fault)
    assert instance.apply() == {"message": f"{SHOP.name} is not changed"}
    assert "were not armed after an apply: " in caplog.text
    assert "the next tick retries" in caplog.text
    instance.ports.faults.fix()
    instance.tick()
    assert instance.diverting() == {WAKE_RULE, UPTIME_CHECK}


def test_an_apply_does_not_fail_because_of_a_defect(instance: ShopInstance, caplog: pytest.LogCaptureFixture) -> None:
    def judge(call: Call) -> None:
        if call.name == "read_rules":
            raise TypeError("a defect")

    instance.ports.faults.fault_of_call = judge
    assert instance.apply() == {"message": f"{SHOP.name} is not changed"}
    assert "the next tick retries" in caplog.text


def test_a_service_that_leaves_has_no_rule_armed(instance: ShopInstance) -> None:
    instance.terraform()
    assert instance.diverting() == set()
