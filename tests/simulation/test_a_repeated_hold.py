"""A scheduled hold that met a fault is asked again, by the configuration of that time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.commands.wake import WakeFailed
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from simulator.ports.faults import Fault

from .module_instance import House

WEB = a_service("web", awake_count=1)
API = a_service("api")


def hold(house: House, meanwhile: Callable[[], object]) -> dict[str, object]:
    """A scheduled hold of both, which ECS does not answer at first; ``meanwhile``: what happens before the next try."""
    house.ports.faults.fail("describe", Fault.LOST, times=len([WEB, API]))

    def sleep(seconds: float) -> None:
        meanwhile()
        house.world.advance(timedelta(seconds=seconds))

    house.ports.sleep = sleep
    payload = {"services": ["web", "api"], "hold_minutes": 60, "scheduled": True}
    ends_at = house.world.now + 15 * MINUTE
    told = run_scale_up(house.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)["services"]
    assert isinstance(told, dict)
    return told


def both_at_zero() -> House:
    return House(WEB, API, desired=0)


def configure(house: House, **changes: object) -> None:
    house.ports.table.services["web"] = replace(WEB, **changes)  # type: ignore[arg-type]


def test_a_hold_that_met_a_fault_is_asked_again() -> None:
    house = both_at_zero()
    assert set(hold(house, lambda: None)) == {"web", "api"}
    assert (house.desired(WEB), house.desired(API)) == (1, 1)


def test_a_service_whose_mode_became_observe_meanwhile_is_not_started() -> None:
    house = both_at_zero()
    hold(house, lambda: configure(house, mode=Mode.OBSERVE))
    assert (house.desired(WEB), house.desired(API)) == (0, 1)


def test_a_service_is_started_with_the_count_that_was_configured_meanwhile() -> None:
    house = both_at_zero()
    hold(house, lambda: configure(house, awake_count=3))
    assert house.desired(WEB) == 3


def test_a_service_that_left_meanwhile_is_left_out() -> None:
    house = both_at_zero()
    told = hold(house, lambda: house.ports.table.services.pop("web", None))
    assert set(told) == {"api"}
    assert (house.desired(WEB), house.desired(API)) == (0, 1)
    assert WEB.name not in house.ports.table.memories
    assert house.memory(API.name).phase is Phase.WAKING


def test_a_hold_of_services_that_have_all_left_is_over() -> None:
    house = both_at_zero()
    assert hold(house, house.ports.table.services.clear) == {}


def test_the_table_is_asked_again_for_services_in_their_order() -> None:
    services = [a_service(key) for key in ("shop", "worker", "web", "api")]
    house = House(*services, desired=0)
    house.ports.faults.fail("describe", Fault.LOST, times=len(services))
    payload = {"services": [one.key for one in services], "hold_minutes": 60, "scheduled": True}
    ends_at = house.world.now + 15 * MINUTE
    run_scale_up(house.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)
    read = [call.subject for call in house.ports.faults.calls if call.name == "read_services"]
    assert read == [("shop", "worker", "web", "api")] * 2


def test_a_service_whose_configuration_cannot_be_read_meanwhile_has_not_left() -> None:
    house = both_at_zero()

    def unreadable() -> None:
        house.ports.table.services.clear()
        house.ports.table.broken = ["the configuration of web cannot be read"]

    with pytest.raises(WakeFailed, match="web is left as it is"):
        hold(house, unreadable)
