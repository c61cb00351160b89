"""What one run of the scale-up function does and answers that is asked to lift holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.commands.wake import WakeFailed
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Memory
from simulator.account import a_service
from simulator.ports.faults import Call, Fault

from .module_instance import House

WEB, API = a_service("web"), a_service("api")


def held() -> House:
    house = House(WEB, API)
    house.tick()
    told = house.wake({"hold_minutes": 60, "reason": "demo"})
    assert told["web"]["hold"] is not None
    return house


def held_services(house: House) -> set[str]:
    return {service.key for service in (WEB, API) if house.memory(service.name).hold is not None}


def test_a_hold_is_lifted_and_the_answer_says_so() -> None:
    house = held()
    told = house.wake({"service": "web", "release": True})
    assert list(told) == ["web"]
    assert told["web"]["hold"] is None
    assert told["web"]["message"] == "web is held no more; it sleeps when it is idle"
    assert held_services(house) == {"api"}


def test_all_holds_are_lifted_where_no_service_is_named() -> None:
    house = held()
    house.wake({"release": True})
    assert held_services(house) == set()


def test_it_wakes_nothing_and_sends_no_escort() -> None:
    house = House(WEB, API, desired=0)
    house.tick()
    told = house.wake({"release": True})
    assert told["web"]["message"] == "web is not held"
    assert house.desired(WEB) == 0
    assert "send_escort" not in {call.name for call in house.ports.faults.calls}


def test_whatever_somebody_remembered_meanwhile_is_kept() -> None:
    house = held()

    def asked_meanwhile(call: Call) -> Fault | None:
        memory = house.memory(WEB.name)
        if call.name == "write" and isinstance(call.value, Memory) and memory.metrics_late is None:
            changed = replace(memory, metrics_late=house.world.now, version=memory.version + 1)
            house.ports.table.memories[WEB.name] = changed
        return None

    house.ports.faults.judge = asked_meanwhile
    house.wake({"service": "web", "release": True})
    memory = house.memory(WEB.name)
    assert (memory.hold, memory.metrics_late) == (None, house.world.now)


def test_one_that_cannot_be_written_keeps_no_other_held_and_is_told_of() -> None:
    house = held()
    house.ports.faults.fail("write", subject=WEB.name)
    told = house.wake({"release": True})
    assert "refused" in str(told["web"]["message"])
    assert held_services(house) == {"web"}
    with pytest.raises(WakeFailed, match=r"web: write of .* was refused"):
        house.wake({"service": "web", "release": True})


def test_a_memory_that_cannot_be_read_is_a_fault() -> None:
    house = held()
    house.ports.table.memories[WEB.name] = Unknown("the state item cannot be read")  # type: ignore[assignment]
    house.ports.table.with_claims = lambda memory: memory  # type: ignore[method-assign]
    with pytest.raises(WakeFailed, match="web is left as it is: the state item cannot be read"):
        house.wake({"service": "web", "release": True})
