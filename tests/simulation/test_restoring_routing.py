"""A service that leaves the module, or is acted on no more, has its wake rules disarmed: visitors reach it again."""

from __future__ import annotations

import pytest

from scale_to_zero.commands.leaving import UninstallFailed
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.service_state import Phase
from tests.unit.listener import LISTENER, ON_THE_CITY, OWN_RULE, PROBE, WAKE_RULE

from .shop_instance import SHOP, Street


@pytest.mark.parametrize("mode", [None, Mode.OBSERVE, Mode.OFF], ids=["leaves", "observe", "off"])
def test_its_rules_are_disarmed_and_its_own_rule_is_not_touched(mode: Mode | None) -> None:
    street = Street()
    street.terraform(mode)
    assert street.diverting() == set()
    assert street.ports.listeners.rules(LISTENER)[OWN_RULE].conditions == ON_THE_CITY
    assert street.desired(SHOP) == 1


def test_it_is_brought_back_before_its_visitors_are_let_through() -> None:
    street = Street()
    street.terraform()
    calls = [call.name for call in street.ports.faults.calls]
    assert calls.index("set_desired_count") < calls.index("set_conditions")


def test_rules_of_a_service_that_leaves_may_be_gone_already(caplog: pytest.LogCaptureFixture) -> None:
    """Terraform destroys them too; that must not keep a destroy from ending."""
    street = Street()
    street.ports.faults.fail("set_conditions")
    street.terraform()
    assert street.ports.table.memories[SHOP.name].phase is Phase.AWAKE
    assert "were not disarmed" in caplog.text


def test_a_service_whose_mode_changes_is_not_released_while_its_rules_divert_its_visitors() -> None:
    street = Street()
    street.ports.faults.fail("set_conditions", subject=PROBE)
    with pytest.raises(UninstallFailed, match="run Terraform again"):
        street.terraform(Mode.OFF)
    street.ports.faults.mend()
    street.terraform(Mode.OFF)
    assert street.diverting() == set()


def test_a_service_that_stays_keeps_its_rules() -> None:
    street = Street()
    street.terraform(Mode.ACT)
    assert street.diverting() == {WAKE_RULE, PROBE}
    assert {call.name for call in street.ports.faults.calls} == {"read", "read_all", "read_rules"}


def test_a_service_that_does_not_exist_any_more_leaves_with_its_rules_disarmed() -> None:
    street = Street()
    street.world.delete_service(*SHOP.name, force=True)
    street.terraform()
    assert street.diverting() == set()


def test_it_is_forgotten_only_when_it_runs_again() -> None:
    street = Street()
    street.ports.faults.fail("set_desired_count")
    with pytest.raises(UninstallFailed):
        street.terraform()
    assert SHOP.name in street.ports.table.memories
