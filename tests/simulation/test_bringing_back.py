"""A service whose mode is no longer ``act``, or that leaves, runs afterwards, even if Terraform's only call fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.commands.leaving import UninstallFailed
from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.errors import CallForbidden
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.payload import PayloadRefused
from scale_to_zero.rules.rule_positions import DISARMED
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from simulator.ports.faults import Fault
from simulator.ports.services import InMemoryServices
from simulator.terraform import payload_of_terraform
from tests.unit.listener import LISTENER, ON_THE_CITY, WAKE_RULE, a_listener, woken_by_requests

from .module_instance import ModuleInstance

WEB = a_service("web")
LAMBDA_LIMIT = timedelta(seconds=900)
NO_LONGER_ACT = pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])


def asleep() -> ModuleInstance:
    """Return an instance that has put the service to sleep."""
    instance = ModuleInstance(WEB, desired=2)
    instance.ticks(12)
    assert (instance.desired(WEB), instance.state(WEB.name).phase) == (0, Phase.ASLEEP)
    return instance


def apply(instance: ModuleInstance, mode: Mode) -> None:
    """Do what ``terraform apply`` with another mode does: first write the configuration, then invoke scale-up."""
    service = replace(WEB, mode=mode)
    instance.ports.table.services[WEB.key] = service
    invoke(instance, payload_of_terraform(service, Mode.ACT))


def invoke(instance: ModuleInstance, payload: dict[str, object]) -> dict[str, object]:
    return run_scale_up(
        instance.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=instance.world.now + LAMBDA_LIMIT
    )


@NO_LONGER_ACT
def test_the_ticks_bring_it_back_if_the_release_failed(mode: Mode) -> None:
    instance = asleep()
    instance.ports.faults.fail("set_desired_count")
    with pytest.raises(UninstallFailed):
        apply(instance, mode)
    instance.ports.faults.fix()
    instance.ticks(1)
    assert instance.desired(WEB) == 2
    instance.ticks(2)
    assert (instance.state(WEB.name).phase, instance.state(WEB.name).stopped) == (Phase.AWAKE, None)


@NO_LONGER_ACT
def test_the_ticks_bring_it_back_if_terraform_never_called(mode: Mode) -> None:
    instance = asleep()
    instance.ports.table.services[WEB.key] = replace(WEB, mode=mode)
    instance.ticks(1)
    assert instance.desired(WEB) == 2


@NO_LONGER_ACT
@pytest.mark.parametrize("by", ["ticks", "release"])
def test_if_an_operator_stops_it_after_that_it_stays_stopped(mode: Mode, by: str) -> None:
    instance = asleep()
    if by == "release":
        apply(instance, mode)
        assert instance.desired(WEB) == 2
    instance.ports.table.services[WEB.key] = replace(WEB, mode=mode)
    instance.ticks(4)
    instance.world.set_desired_count(*WEB.name, 0)
    instance.ticks(4)
    assert instance.desired(WEB) == 0
    invoke(instance, payload_of_terraform(replace(WEB, mode=mode)))
    assert instance.desired(WEB) == 0


@NO_LONGER_ACT
def test_if_an_operator_stops_it_before_a_tick_has_observed_it_running_it_stays_stopped(mode: Mode) -> None:
    instance = asleep()
    apply(instance, mode)
    instance.world.set_desired_count(*WEB.name, 0)
    invoke(instance, payload_of_terraform(replace(WEB, mode=mode)))
    assert instance.desired(WEB) == 0


def test_a_service_that_is_off_and_runs_is_not_even_observed() -> None:
    instance = ModuleInstance(WEB)
    instance.ticks(2)
    assert instance.state(WEB.name).phase is Phase.AWAKE
    instance.ports.table.services[WEB.key] = replace(WEB, mode=Mode.OFF)
    instance.ports.faults.calls.clear()
    instance.ticks(2)
    assert [call.name for call in instance.ports.faults.calls if call.subject == WEB.name] == []


def test_no_metric_is_published_of_a_service_that_is_off_while_it_is_brought_back() -> None:
    instance = asleep()
    instance.ports.table.services[WEB.key] = replace(WEB, mode=Mode.OFF)
    instance.ports.faults.calls.clear()
    instance.ticks(1)
    assert instance.desired(WEB) == 2
    assert "publish" not in {call.name for call in instance.ports.faults.calls}


def test_the_ticks_disarm_the_rules_of_a_service_that_is_off_if_the_release_did_not() -> None:
    service = replace(WEB, wake_on_request=woken_by_requests())
    instance = ModuleInstance(service)
    instance.ports.listeners.put(LISTENER, *a_listener().values())
    instance.ticks(6)
    assert instance.state(WEB.name).phase is Phase.DRAINING
    assert instance.ports.listeners.rules(LISTENER)[WAKE_RULE].conditions == ON_THE_CITY
    instance.ports.table.services[WEB.key] = replace(service, mode=Mode.OFF)
    instance.ticks(2)
    assert instance.ports.listeners.rules(LISTENER)[WAKE_RULE].conditions == DISARMED
    assert instance.desired(WEB) == 1


@NO_LONGER_ACT
def test_a_release_whose_service_state_was_lost_brings_it_back(mode: Mode) -> None:
    instance = asleep()
    instance.ports.table.states.clear()
    apply(instance, mode)
    assert instance.desired(WEB) > 0


def test_a_count_that_ecs_refuses_for_a_while_is_requested_again() -> None:
    """This happens when many services leave at once, because ECS limits the rate."""
    instance = asleep()
    instance.ports.faults.fail("set_desired_count", times=20)
    before = instance.world.now
    invoke(instance, payload_of_terraform(WEB))
    assert instance.desired(WEB) == 2
    assert instance.world.now - before < 5 * MINUTE


def test_a_count_that_ecs_never_accepts_fails_early_enough_to_report_it() -> None:
    instance = asleep()
    instance.ports.faults.fail("set_desired_count")
    before = instance.world.now
    with pytest.raises(UninstallFailed, match="set_desired_count"):
        invoke(instance, payload_of_terraform(WEB))
    assert timedelta(0) < LAMBDA_LIMIT - (instance.world.now - before) < timedelta(seconds=30)
    assert instance.state(WEB.name).phase is Phase.ASLEEP


def test_a_forbidden_call_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    instance = asleep()

    def forbidden(*_: object) -> None:
        raise CallForbidden("ecs:UpdateService of web failed: AccessDenied; allow it")

    monkeypatch.setattr(InMemoryServices, "set_desired_count", forbidden)
    before = instance.world.now
    with pytest.raises(UninstallFailed, match="AccessDenied"):
        invoke(instance, payload_of_terraform(WEB))
    assert instance.world.now - before < MINUTE


def test_a_service_that_the_module_does_not_know_is_refused_and_not_changed() -> None:
    """The permission to invoke the function must not allow a caller to start other services."""
    instance = ModuleInstance(WEB, desired=0)
    del instance.ports.table.services[WEB.key]
    with pytest.raises(PayloadRefused, match="does not know"):
        invoke(instance, payload_of_terraform(WEB))
    assert instance.desired(WEB) == 0


@pytest.mark.parametrize("lost", ["service state", "configuration"])
def test_its_service_state_or_its_configuration_is_enough_to_bring_it_back(lost: str) -> None:
    instance = asleep()
    if lost == "service state":
        instance.ports.table.states.clear()
    else:
        instance.ports.table.services.clear()
    invoke(instance, payload_of_terraform(WEB))
    assert instance.desired(WEB) > 0


def test_a_configuration_that_cannot_be_read_may_be_of_the_leaving_service() -> None:
    instance = asleep()
    instance.ports.table.states.clear()
    instance.ports.table.services.clear()
    instance.ports.table.unreadable.append("the configuration item config#web cannot be read")
    invoke(instance, payload_of_terraform(WEB))
    assert instance.desired(WEB) > 0


def test_a_release_that_overlaps_a_tick_is_recorded_nevertheless() -> None:
    instance = asleep()
    instance.ports.faults.fail("write", Fault.ANSWER_LOST, times=1)
    with pytest.raises(UninstallFailed):
        apply(instance, Mode.OFF)
    instance.ticks(3)
    assert (instance.desired(WEB), instance.state(WEB.name).phase) == (2, Phase.AWAKE)
