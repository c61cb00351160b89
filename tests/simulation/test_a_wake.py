"""What one run of the scale-up function does and answers."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from scale_to_zero.commands.wake import WakeFailed
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator.account import a_service
from simulator.ports.faults import Call, Fault
from simulator.world import NoCapacity

from .module_instance import House

WEB, API = a_service("web"), a_service("api")
NOWHERE = a_service("nowhere")


def asleep() -> House:
    house = House(WEB, API, desired=0)
    house.tick()
    return house


def test_an_empty_payload_wakes_every_service_and_answers_at_once() -> None:
    house = asleep()
    began = house.world.now
    told = house.wake({})
    assert {key: (said["phase"], said["desired"], said["running"]) for key, said in told.items()} == {
        "api": ("waking", 1, 0),
        "web": ("waking", 1, 0),
    }
    assert told["web"]["since"] == began.isoformat(timespec="seconds")
    assert house.world.now == began


def test_only_the_service_asked_for_is_woken() -> None:
    house = asleep()
    assert list(house.wake({"service": "web"})) == ["web"]
    assert (house.desired(WEB), house.desired(API)) == (1, 0)


def test_a_wake_that_ecs_accepted_is_done_though_a_tick_wrote_before_that_was_noted() -> None:
    """When ECS accepted the count only tells how long the parts of the wake took."""
    house = asleep()
    began: list[Call] = []

    def judge(call: Call) -> Fault | None:
        memory = house.memory(WEB.name)
        if call.name == "write" and memory.phase is Phase.WAKING and not began:
            began.append(call)
            house.ports.table.memories[WEB.name] = replace(
                memory, metrics_late=house.world.now, version=memory.version + 1
            )
        return None

    house.ports.faults.judge = judge
    house.ports.faults.calls.clear()
    assert house.wake({"service": "web"})["web"]["message"] == "web wakes: ECS is asked for 1 task"
    assert began
    assert [call.name for call in house.ports.faults.calls].count("set_desired_count") == 1
    assert house.memory(WEB.name).metrics_late is not None


def test_who_waits_is_answered_when_it_is_ready() -> None:
    house = asleep()
    began = house.world.now
    told = house.wake({"service": "web", "wait": True})["web"]
    assert (told["phase"], told["desired"], told["running"]) == ("awake", 1, 1)
    assert house.world.now - began < MINUTE
    assert house.memory(WEB.name).usual_wake is not None


def test_who_waits_in_vain_is_told_after_fifty_seconds_what_it_waits_for() -> None:
    house = asleep()
    house.world.set_start_fault(*WEB.name, NoCapacity())
    began = house.world.now
    told = house.wake({"wait": True, "service": "web"})["web"]
    assert told["phase"] == "waking"
    assert str(told["message"]).startswith("web is still waking: it waits for a running task")
    assert 50 <= (house.world.now - began).total_seconds() < 55


@pytest.mark.parametrize("many", [20, 40, 48])
def test_who_waits_in_vain_for_many_is_told_within_the_time_the_aws_cli_waits(many: int) -> None:
    services = [a_service(f"service-{number}") for number in range(many)]
    house = House(*services, desired=0)
    for service in services:
        house.world.set_start_fault(*service.name, NoCapacity())
    house.tick()
    began = house.world.now
    house.wake({"wait": True})
    assert 50 <= (house.world.now - began).total_seconds() <= 51


def test_many_that_wait_are_looked_at_less_often() -> None:
    services = [a_service(f"service-{number}") for number in range(40)]
    house = House(*services, desired=0)
    for service in services:
        house.world.set_start_fault(*service.name, NoCapacity())
    house.tick()
    house.ports.faults.calls.clear()
    house.wake({"wait": True})
    looks = sum(call.name == "read_services" for call in house.ports.faults.calls)
    assert 5 <= looks <= 9


def test_asking_twice_starts_nothing_twice() -> None:
    house = asleep()
    house.wake({"service": "web"})
    house.ports.faults.calls.clear()
    told = house.wake({"service": "web"})["web"]
    assert "already waking" in str(told["message"])
    assert "set_desired_count" not in {call.name for call in house.ports.faults.calls}


def test_one_service_that_cannot_be_seen_keeps_no_other_from_being_woken(caplog: pytest.LogCaptureFixture) -> None:
    house = asleep()
    house.ports.faults.fail("describe", subject=WEB.name)
    told = house.wake({})
    assert (told["web"]["desired"], told["api"]["desired"]) == (None, 1)
    assert "ECS could not be asked" in str(told["web"]["message"])
    worrying = [record for record in caplog.records if record.levelno > logging.INFO]
    assert [record.levelno for record in worrying if "web" in record.getMessage()] == [logging.ERROR]


def test_a_wake_that_comes_to_nothing_ends_with_an_error() -> None:
    house = asleep()
    house.ports.faults.fail("describe")
    with pytest.raises(WakeFailed, match="Nothing could be done: web: "):
        house.wake({"service": "web"})


def test_a_service_that_is_missing_is_told_of_without_an_error() -> None:
    house = asleep()
    house.ports.table.services["nowhere"] = NOWHERE
    told = house.wake({"service": "nowhere"})["nowhere"]
    assert told["phase"] is None
    assert "correct its cluster_name and service_name" in str(told["message"])


def test_a_wake_that_ecs_refuses_is_recorded_and_started_by_the_next_tick() -> None:
    house = asleep()
    house.ports.faults.fail("set_desired_count", times=1)
    told = house.wake({"service": "web"})["web"]
    assert told["phase"] == "waking"
    assert "the next tick asks again" in str(told["message"])
    house.tick()
    assert house.desired(WEB) == 1


def test_a_scalable_target_is_left_to_auto_scaling() -> None:
    house = asleep()
    house.ports.scalable_targets.add(WEB.name)
    told = house.wake({"service": "web"})["web"]
    assert "Application Auto Scaling looks after its count" in str(told["message"])
    assert house.desired(WEB) == 0
