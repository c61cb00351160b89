"""Whoever asks for a wake is answered at once; another run sees it through."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from simulator.world import NoCapacity

from .module_instance import House

WEB, API = a_service("web"), a_service("api")


def asleep() -> House:
    house = House(WEB, API, desired=0)
    house.tick()
    house.ports.faults.calls.clear()
    return house


def escorts(house: House) -> list[object]:
    """For whom an escort was sent."""
    return [call.subject for call in house.ports.faults.calls if call.name == "send_escort"]


def test_one_escort_is_sent_for_all_that_wake() -> None:
    house = asleep()
    house.wake({})
    assert escorts(house) == [("api", "web")]


def test_none_is_sent_where_nothing_wakes() -> None:
    house = House(WEB, API, desired=1)
    house.tick()
    house.wake({})
    assert escorts(house) == []


def test_one_is_sent_for_those_alone_that_do_not_run_yet() -> None:
    house = asleep()
    house.world.set_desired_count(*API.name, 1)
    house.world.advance(3 * MINUTE)
    house.ticks(3)
    assert house.memory(API.name).phase is Phase.AWAKE
    house.wake({})
    assert escorts(house) == [("web",)]


def test_who_waited_until_it_was_ready_needs_none() -> None:
    house = asleep()
    assert house.wake({"service": "web", "wait": True})["web"]["phase"] == "awake"
    assert escorts(house) == []


def test_who_waited_in_vain_leaves_the_wake_to_one() -> None:
    house = asleep()
    house.world.set_start_fault(*WEB.name, NoCapacity())
    house.wake({"service": "web", "wait": True})
    assert escorts(house) == [("web",)]
    assert house.ports.gathered().memories.read(WEB.name).escorted_until <= house.world.now  # type: ignore[union-attr,operator]


def test_an_escort_sends_no_escort_and_sees_the_wake_through() -> None:
    house = asleep()
    began = house.world.now
    told = house.wake({"services": ["web"], "escort": True})["web"]
    assert (told["phase"], escorts(house)) == ("awake", [])
    assert timedelta(seconds=10) < house.world.now - began < 2 * MINUTE


def test_an_escort_sees_through_what_it_was_sent_for_and_nothing_else() -> None:
    house = asleep()
    house.wake({"services": ["web"], "escort": True})
    assert (house.memory(WEB.name).phase, house.memory(API.name).phase) == (Phase.AWAKE, Phase.ASLEEP)


def test_an_escort_that_cannot_be_sent_is_told_and_the_caller_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    house = asleep()
    house.ports.faults.fail("send_escort")
    assert house.wake({"service": "web"})["web"]["phase"] == "waking"
    assert "no escort was sent for web, the ticks see them through: send_escort of ('web',) was refused" in caplog.text
    house.world.advance(MINUTE)
    house.tick()
    assert house.memory(WEB.name).phase is Phase.AWAKE


def test_a_service_that_cannot_be_woken_gets_none() -> None:
    house = asleep()
    house.ports.scalable_targets.add(WEB.name)
    house.wake({"services": ["web", "api"]})
    assert escorts(house) == [("api",)]


def test_terraform_sends_none() -> None:
    house = asleep()
    asked = {"cluster_name": WEB.name.cluster_name, "service_name": "web", "awake_count": None, "mode": "act"}
    payload = {"uninstall": asked, "tf": {"action": "delete", "prev_input": None}}
    run_scale_up(house.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=house.world.now + 15 * MINUTE)
    assert escorts(house) == []
