"""The wake rules of a service are disarmed when it leaves the module, or when its mode is no longer ``act``."""

from __future__ import annotations

import pytest

from scale_to_zero.commands.leaving import UninstallFailed
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.service_state import Phase
from tests.unit.listener import LISTENER, ON_THE_CITY, OWN_RULE, UPTIME_CHECK, WAKE_RULE

from .shop_instance import SHOP, ShopInstance


@pytest.mark.parametrize("mode", [None, Mode.DRY_RUN, Mode.OFF], ids=["leaves", "dry_run", "off"])
def test_its_rules_are_disarmed_and_its_own_rule_is_not_touched(mode: Mode | None) -> None:
    instance = ShopInstance()
    instance.terraform(mode)
    assert instance.diverting() == set()
    assert instance.ports.listeners.rules(LISTENER)[OWN_RULE].conditions == ON_THE_CITY
    assert instance.desired(SHOP) == 1


def test_it_is_brought_back_before_its_rules_are_disarmed() -> None:
    instance = ShopInstance()
    instance.terraform()
    calls = [call.name for call in instance.ports.faults.calls]
    assert calls.index("set_desired_count") < calls.index("set_conditions")


def test_rules_of_a_service_that_leaves_may_be_gone_already(caplog: pytest.LogCaptureFixture) -> None:
    """Terraform destroys the rules too. Missing rules must not make a destroy fail."""
    instance = ShopInstance()
    instance.ports.faults.fail("set_conditions")
    instance.terraform()
    assert instance.ports.table.states[SHOP.name].phase is Phase.AWAKE
    assert "were not disarmed" in caplog.text


def test_a_service_whose_mode_changes_is_not_released_while_its_rules_are_armed() -> None:
    instance = ShopInstance()
    instance.ports.faults.fail("set_conditions", subject=UPTIME_CHECK)
    with pytest.raises(UninstallFailed, match="run Terraform again"):
        instance.terraform(Mode.OFF)
    instance.ports.faults.fix()
    instance.terraform(Mode.OFF)
    assert instance.diverting() == set()


def test_a_service_that_stays_keeps_its_rules() -> None:
    instance = ShopInstance()
    instance.terraform(Mode.ACT)
    assert instance.diverting() == {WAKE_RULE, UPTIME_CHECK}
    assert {call.name for call in instance.ports.faults.calls} == {"read", "read_all", "read_rules"}


def test_a_service_that_no_longer_exists_leaves_with_its_rules_disarmed() -> None:
    instance = ShopInstance()
    instance.world.delete_service(*SHOP.name, force=True)
    instance.terraform()
    assert instance.diverting() == set()


def test_its_state_is_deleted_only_when_it_runs_again() -> None:
    instance = ShopInstance()
    instance.ports.faults.fail("set_desired_count")
    with pytest.raises(UninstallFailed):
        instance.terraform()
    assert SHOP.name in instance.ports.table.states
