"""What one run of the scale-up function does and answers when it must lift holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.commands.wake import WakeFailed
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import ServiceState
from simulator.account import a_service
from simulator.ports.faults import Call, Fault

from .module_instance import ModuleInstance

WEB, API = a_service("web"), a_service("api")


def held() -> ModuleInstance:
    instance = ModuleInstance(WEB, API)
    instance.tick()
    answer = instance.wake({"hold_minutes": 60, "reason": "demo"})
    assert answer["web"]["hold"] is not None
    return instance


def held_services(instance: ModuleInstance) -> set[str]:
    return {service.key for service in (WEB, API) if instance.state(service.name).hold is not None}


def test_a_hold_is_lifted_and_the_answer_says_so() -> None:
    instance = held()
    answer = instance.wake({"service": "web", "release": True})
    assert list(answer) == ["web"]
    assert answer["web"]["hold"] is None
    assert answer["web"]["message"] == "web is no longer held; it sleeps when it is idle"
    assert held_services(instance) == {"api"}


def test_all_holds_are_lifted_if_no_service_is_named() -> None:
    instance = held()
    instance.wake({"release": True})
    assert held_services(instance) == set()


def test_it_wakes_nothing_and_sends_no_watcher() -> None:
    instance = ModuleInstance(WEB, API, desired=0)
    instance.tick()
    answer = instance.wake({"release": True})
    assert answer["web"]["message"] == "web is not held"
    assert instance.desired(WEB) == 0
    assert "start_watcher" not in {call.name for call in instance.ports.faults.calls}


def test_a_change_that_another_run_saved_meanwhile_is_kept() -> None:
    instance = held()

    def written_meanwhile(call: Call) -> Fault | None:
        state = instance.state(WEB.name)
        if call.name == "write" and isinstance(call.value, ServiceState) and state.metrics_late is None:
            changed = replace(state, metrics_late=instance.world.now, version=state.version + 1)
            instance.ports.table.states[WEB.name] = changed
        return None

    instance.ports.faults.fault_of_call = written_meanwhile
    instance.wake({"service": "web", "release": True})
    state = instance.state(WEB.name)
    assert (state.hold, state.metrics_late) == (None, instance.world.now)


def test_a_service_that_cannot_be_written_is_reported_and_the_others_are_released() -> None:
    instance = held()
    instance.ports.faults.fail("write", subject=WEB.name)
    answer = instance.wake({"release": True})
    assert "refused" in str(answer["web"]["message"])
    assert held_services(instance) == {"web"}
    with pytest.raises(WakeFailed, match=r"web: write of .* was refused"):
        instance.wake({"service": "web", "release": True})


def test_a_service_state_that_cannot_be_read_is_a_fault() -> None:
    instance = held()
    instance.ports.table.states[WEB.name] = Unknown("the state item cannot be read")  # type: ignore[assignment]
    instance.ports.table.with_leases = lambda state: state  # type: ignore[method-assign]
    with pytest.raises(WakeFailed, match="web is not changed: the state item cannot be read"):
        instance.wake({"service": "web", "release": True})
