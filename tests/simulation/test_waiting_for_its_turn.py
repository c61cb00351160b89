"""Many services are woken at once: AWS's rates make some wait, and none loses by that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.memory import Hold, Memory, Phase
from scale_to_zero.model import Service
from scale_to_zero.sleep import run_sleep

from .city import a_service
from .faults import Call, Fault, RunCutOff
from .house import STEADY, House
from .ports import MINUTE

AT_ONCE = 50
"""What AWS allows at once (``pace.SERVICE_UPDATE_RATE``)."""
SECOND = timedelta(seconds=1)


def asleep(count: int) -> tuple[House, list[Service]]:
    """So many services, with tasks that start within four and a half minutes, each seen once by a tick."""
    services = [a_service(f"service-{number:03}") for number in range(count)]
    house = House(*services, desired=0, timings=replace(STEADY, task_start=265 * SECOND))
    house.ticks(1)
    return house, services


def wake_all(house: House, **further: object) -> dict[str, dict[str, object]]:
    return house.wake({**further})


def is_requested(memory: Memory) -> bool:
    return memory.phase is Phase.WAKING or memory.wake_requested is not None


def fails_in(house: House, minutes: int) -> list[str]:
    """The services whose wake failed at some minute."""
    failed = set()
    for _ in range(minutes):
        house.ticks(1)
        failed |= {str(name) for name, memory in house.ports.table.memories.items() if memory.failed}
    return sorted(failed)


def test_none_of_them_fails_by_waiting() -> None:
    house, services = asleep(400)
    wake_all(house)
    assert fails_in(house, 10) == []
    assert {house.memory(service.name).phase for service in services} == {Phase.AWAKE}


def test_the_usual_wake_time_is_that_of_the_start_alone() -> None:
    house, services = asleep(400)
    wake_all(house)
    house.ticks(10)
    usual = [house.memory(service.name).usual_wake for service in services]
    assert max(filter(None, usual)) - min(filter(None, usual)) <= MINUTE, "looked at once a minute"


def test_until_its_turn_a_service_is_asleep_and_its_wake_is_requested() -> None:
    house, services = asleep(400)
    asked = house.world.now
    told = wake_all(house)
    waiting = [service for service in services if house.desired(service) == 0]
    assert len(waiting) > 100
    for service in waiting:
        memory = house.memory(service.name)
        assert (memory.phase, memory.wake_requested) == (Phase.ASLEEP, asked)
        assert told[service.key]["message"] == (
            f"{service.key} wakes: ECS is asked for 1 task by one of the next ticks: AWS limits the rate"
        )


def test_the_wake_began_with_its_request() -> None:
    house, services = asleep(300)
    asked = house.world.now
    wake_all(house)
    house.ticks(2)
    assert {house.memory(service.name).wake_parts.asked for service in services} == {asked}


def test_a_hold_that_came_with_the_request_is_kept() -> None:
    house, services = asleep(300)
    until = house.world.now + 60 * MINUTE
    wake_all(house, hold_minutes=60, reason="demo")
    assert {house.memory(service.name).hold for service in services} == {Hold(until, "demo")}
    house.ticks(8)
    assert {house.memory(service.name).hold for service in services} == {Hold(until, "demo")}
    assert {house.memory(service.name).phase for service in services} == {Phase.AWAKE}


@pytest.mark.parametrize("starts", [1, AT_ONCE, AT_ONCE + 1, AT_ONCE + 20])
def test_what_a_run_that_crashes_has_not_begun_the_ticks_begin(starts: int) -> None:
    house, services = asleep(AT_ONCE + 40)
    made: list[Call] = []

    def judge(call: Call) -> Fault | None:
        made.extend([call] if call.name == "set_desired_count" else [])
        return Fault.CUT_OFF_BEFORE if len(made) >= starts else None

    house.ports.faults.judge = judge
    with pytest.raises(RunCutOff):
        wake_all(house)
    assert len(made) == starts
    house.ports.faults.judge = lambda call: None
    requested = [service for service in services if is_requested(house.memory(service.name))]
    assert len(requested) == (len(services) if starts > AT_ONCE else starts)
    house.ticks(2)
    assert {house.desired(service) for service in requested} == {1}


def test_a_request_to_sleep_takes_it_back() -> None:
    house, services = asleep(400)
    wake_all(house)
    waiting = next(service for service in services if house.desired(service) == 0)
    payload: Mapping[str, object] = {"service": waiting.key, "action": "sleep"}
    run_sleep(house.ports.gathered(), payload, fallback=15 * MINUTE, ends_at=house.world.now + MINUTE)
    house.ticks(3)
    assert house.memory(waiting.name).phase is Phase.ASLEEP
    assert house.desired(waiting) == 0
