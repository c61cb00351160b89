"""A scheduled hold that met a fault is requested again, with the configuration that is then stored."""

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

from .module_instance import ModuleInstance

WEB = a_service("web", awake_count=1)
API = a_service("api")


def hold(instance: ModuleInstance, meanwhile: Callable[[], object]) -> dict[str, object]:
    """Hold both services as a schedule does. ECS does not answer at first. ``meanwhile``: done before the next try."""
    instance.ports.faults.fail("describe", Fault.LOST, times=len([WEB, API]))

    def sleep(seconds: float) -> None:
        meanwhile()
        instance.world.advance(timedelta(seconds=seconds))

    instance.ports.sleep = sleep
    payload = {"services": ["web", "api"], "hold_minutes": 60, "scheduled": True}
    ends_at = instance.world.now + 15 * MINUTE
    answer = run_scale_up(instance.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)["services"]
    assert isinstance(answer, dict)
    return answer


def both_at_zero() -> ModuleInstance:
    return ModuleInstance(WEB, API, desired=0)


def configure(instance: ModuleInstance, **changes: object) -> None:
    instance.ports.table.services["web"] = replace(WEB, **changes)  # type: ignore[arg-type]


def test_a_hold_that_met_a_fault_is_requested_again() -> None:
    instance = both_at_zero()
    assert set(hold(instance, lambda: None)) == {"web", "api"}
    assert (instance.desired(WEB), instance.desired(API)) == (1, 1)


def test_a_service_whose_mode_became_dry_run_meanwhile_is_not_started() -> None:
    instance = both_at_zero()
    hold(instance, lambda: configure(instance, mode=Mode.DRY_RUN))
    assert (instance.desired(WEB), instance.desired(API)) == (0, 1)


def test_a_service_is_started_with_the_count_that_was_configured_meanwhile() -> None:
    instance = both_at_zero()
    hold(instance, lambda: configure(instance, awake_count=3))
    assert instance.desired(WEB) == 3


def test_a_service_that_left_meanwhile_is_left_out() -> None:
    instance = both_at_zero()
    answer = hold(instance, lambda: instance.ports.table.services.pop("web", None))
    assert set(answer) == {"api"}
    assert (instance.desired(WEB), instance.desired(API)) == (0, 1)
    assert WEB.name not in instance.ports.table.states
    assert instance.state(API.name).phase is Phase.WAKING


def test_a_hold_of_services_that_have_all_left_ends_without_an_answer_for_any() -> None:
    instance = both_at_zero()
    assert hold(instance, instance.ports.table.services.clear) == {}


def test_the_table_is_read_again_for_services_in_their_order() -> None:
    services = [a_service(key) for key in ("shop", "worker", "web", "api")]
    instance = ModuleInstance(*services, desired=0)
    instance.ports.faults.fail("describe", Fault.LOST, times=len(services))
    payload = {"services": [one.key for one in services], "hold_minutes": 60, "scheduled": True}
    ends_at = instance.world.now + 15 * MINUTE
    run_scale_up(instance.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)
    read = [call.subject for call in instance.ports.faults.calls if call.name == "read_services"]
    assert read == [("shop", "worker", "web", "api")] * 2


def test_a_service_whose_configuration_cannot_be_read_meanwhile_has_not_left() -> None:
    instance = both_at_zero()

    def unreadable() -> None:
        instance.ports.table.services.clear()
        instance.ports.table.unreadable = ["the configuration of web cannot be read"]

    with pytest.raises(WakeFailed, match="web is not changed"):
        hold(instance, unreadable)
