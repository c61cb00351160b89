"""Rules that an apply created or replaced are armed by that apply, and not only by the next tick."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator.ports.faults import Call, Fault
from tests.unit.listener import LISTENER, OWN_RULE, PROBE, WAKE_RULE, a_rule, on_hosts

from .shop_instance import SHOP, Street


@pytest.fixture
def street() -> Street:
    street = Street()
    street.replace_rules()
    return street


def in_phase(street: Street, phase: Phase) -> None:
    memory = street.memory(SHOP.name)
    street.ports.table.memories[SHOP.name] = replace(memory, phase=phase, since=street.world.now)


@pytest.mark.parametrize("action", ["create", "update"])
@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.ASLEEP, Phase.WAKING])
def test_rules_of_a_service_that_its_visitors_cannot_reach_are_armed(street: Street, phase: Phase, action: str) -> None:
    in_phase(street, phase)
    assert street.apply(action) == {"message": f"{SHOP.name} stays as it is"}
    assert street.diverting() == {WAKE_RULE, PROBE}


def test_they_have_the_conditions_of_the_new_rule(street: Street) -> None:
    street.ports.listeners.put(LISTENER, a_rule(OWN_RULE, 100, on_hosts("paris.example.com")))
    street.apply()
    assert street.ports.listeners.rules(LISTENER)[WAKE_RULE].conditions == on_hosts("paris.example.com")


def test_the_wake_rule_of_a_service_that_is_awake_diverts_nobody(street: Street) -> None:
    in_phase(street, Phase.AWAKE)
    street.apply()
    assert street.diverting() == {PROBE}


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_nothing_is_armed_of_a_service_that_is_not_acted_on(street: Street, mode: Mode) -> None:
    street.ports.table.services[SHOP.key] = replace(SHOP, mode=mode)
    street.apply(mode=mode)
    assert street.diverting() == set()


def test_a_draining_service_drains_anew_from_the_instant_at_which_its_new_rules_are_armed(street: Street) -> None:
    in_phase(street, Phase.DRAINING)
    memory = street.memory(SHOP.name)
    street.ports.table.memories[SHOP.name] = replace(memory, armed=street.world.now - 2 * MINUTE)
    street.apply()
    assert street.memory(SHOP.name).armed == street.world.now


def test_where_no_tick_has_seen_the_service_yet_nothing_is_read_of_the_others(street: Street) -> None:
    """A module with a thousand services is installed by a thousand invocations."""
    del street.ports.table.memories[SHOP.name]
    street.apply("create")
    assert {call.name for call in street.ports.faults.calls} == {"read"}
    assert street.diverting() == set()


@pytest.mark.parametrize("call", ["read_all", "read_rules", "set_conditions"])
@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.LOST])
def test_an_apply_does_not_fail_where_that_fails_and_the_next_tick_arms_them(
    street: Street, call: str, fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    street.ports.faults.fail(call, fault)
    assert street.apply() == {"message": f"{SHOP.name} stays as it is"}
    assert "were not armed after an apply: " in caplog.text
    assert "the next tick tries again" in caplog.text
    street.ports.faults.mend()
    street.tick()
    assert street.diverting() == {WAKE_RULE, PROBE}


def test_an_apply_does_not_fail_for_a_defect_either(street: Street, caplog: pytest.LogCaptureFixture) -> None:
    def judge(call: Call) -> None:
        if call.name == "read_rules":
            raise TypeError("a defect")

    street.ports.faults.judge = judge
    assert street.apply() == {"message": f"{SHOP.name} stays as it is"}
    assert "the next tick tries again" in caplog.text


def test_a_service_that_leaves_has_no_rule_armed(street: Street) -> None:
    street.terraform()
    assert street.diverting() == set()
