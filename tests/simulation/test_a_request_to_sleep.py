"""What one run of the scale-to-zero function does and answers that is asked to put services to sleep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.commands.sleep import run_sleep
from scale_to_zero.commands.wake import WakeFailed
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Hold, Phase
from scale_to_zero.rules.payload import PayloadRefused
from simulator.account import a_service
from simulator.ports.faults import Call, Fault

from .module_instance import House

WEB, API = a_service("web"), a_service("api")


class Bedroom(House):
    """A house whose services can be put to sleep."""

    def sleep(self, payload: dict[str, object]) -> dict[str, dict[str, object]]:
        """One run, now: what it answers for each service."""
        ends_at = self.world.now + MINUTE
        told = run_sleep(self.ports.gathered(), payload, ends_at=ends_at)["services"]
        assert isinstance(told, dict)
        return told


def awake() -> Bedroom:
    house = Bedroom(WEB, API)
    house.tick()
    return house


def asleep_please(*keys: str, **more: object) -> dict[str, object]:
    return {"services": list(keys), "action": "sleep", **more}


def test_it_answers_what_has_become_of_each_service() -> None:
    house = awake()
    told = house.sleep(asleep_please("web"))
    assert list(told) == ["web"]
    assert (told["web"]["phase"], told["web"]["desired"], told["web"]["hold"]) == ("asleep", 0, None)
    assert told["web"]["message"] == "web goes to zero: somebody asked for it"
    assert (house.desired(WEB), house.desired(API)) == (0, 1)


def test_no_other_service_is_looked_after_than_those_it_was_asked_for() -> None:
    """The minute's tick does that, perhaps at this very moment."""
    house = awake()
    house.ports.table.memories[API.name] = replace(house.memory(API.name), sleep_requested=house.world.now)
    house.sleep(asleep_please("web"))
    assert house.desired(API) == 1


def test_a_held_service_is_refused_and_nothing_is_changed() -> None:
    house = awake()
    house.wake({"service": "web", "hold_minutes": 60, "reason": "demo"})
    before = house.memory(WEB.name)
    told = house.sleep(asleep_please("web"))["web"]
    assert (told["refused"], told["phase"], told["desired"]) == (True, "awake", 1)
    assert "(demo); release it first" in str(told["message"])
    assert (house.memory(WEB.name), house.desired(WEB)) == (before, 1)


def test_force_lifts_the_hold() -> None:
    house = awake()
    house.wake({"service": "web", "hold_minutes": 60})
    told = house.sleep(asleep_please("web", force=True))
    assert (told["web"]["phase"], told["web"]["hold"]) == ("asleep", None)


def test_of_several_the_one_that_is_refused_keeps_no_other_awake() -> None:
    house = awake()
    house.wake({"service": "web", "hold_minutes": 60})
    told = house.sleep(asleep_please("web", "api"))
    assert (told["web"]["phase"], told["api"]["phase"]) == ("awake", "asleep")
    assert ("refused" in told["web"], "refused" in told["api"]) == (True, False)
    assert "release it first" in str(told["web"]["message"])
    assert (house.desired(WEB), house.desired(API)) == (1, 0)


@pytest.mark.parametrize("mode", [Mode.OBSERVE, Mode.OFF])
def test_a_service_that_may_not_be_stopped_is_refused(mode: Mode) -> None:
    house = awake()
    house.ports.table.services["web"] = replace(WEB, mode=mode)
    assert house.sleep(asleep_please("web"))["web"]["refused"] is True
    assert house.desired(WEB) == 1


def test_one_that_sleeps_already_is_no_refusal() -> None:
    house = awake()
    house.sleep(asleep_please("web"))
    told = house.sleep(asleep_please("web"))["web"]
    assert told["phase"] == "asleep"
    assert "refused" not in told


def test_a_payload_that_is_none_changes_nothing() -> None:
    house = awake()
    with pytest.raises(PayloadRefused):
        house.sleep({"action": "sleep"})
    assert (house.desired(WEB), house.desired(API)) == (1, 1)


def test_a_hold_that_somebody_places_meanwhile_refuses_it() -> None:
    """He reads the memory again, and what it says then counts."""
    house = awake()

    def held_meanwhile(call: Call) -> Fault | None:
        memory = house.memory(WEB.name)
        if call.name == "write" and memory.hold is None:
            hold = Hold(house.world.now + 60 * MINUTE, "first")
            house.ports.table.memories[WEB.name] = replace(memory, hold=hold, version=memory.version + 1)
        return None

    house.ports.faults.judge = held_meanwhile
    told = house.sleep(asleep_please("web"))["web"]
    assert (told["refused"], house.desired(WEB)) == (True, 1)
    assert "(first)" in str(told["message"])


def test_one_that_cannot_be_asked_keeps_no_other_awake() -> None:
    house = awake()
    house.ports.faults.fail("write", subject=WEB.name)
    told = house.sleep(asleep_please("web", "api"))
    assert "refused" in str(told["web"]["message"])
    assert (house.desired(WEB), house.desired(API)) == (1, 0)


def test_where_nothing_could_be_done_the_run_fails() -> None:
    house = awake()
    house.ports.faults.fail("write")
    with pytest.raises(WakeFailed, match=r"web: write of .* was refused"):
        house.sleep(asleep_please("web"))


def test_what_ecs_refuses_is_not_done_and_ends_the_request() -> None:
    house = awake()
    house.ports.faults.fail("set_desired_count", times=1)
    told = house.sleep(asleep_please("web"))["web"]
    assert (told["phase"], told["desired"]) == ("awake", 1)
    house.world.advance(MINUTE)
    house.tick()
    assert (house.desired(WEB), house.memory(WEB.name).phase) == (1, Phase.AWAKE)


def test_what_ecs_does_not_answer_is_left_to_the_next_ticks() -> None:
    house = awake()
    house.ports.faults.fail("set_desired_count", Fault.LOST, times=1)
    told = house.sleep(asleep_please("web"))["web"]
    assert (told["phase"], told["desired"]) == ("asleep", 1)
    house.world.advance(2 * MINUTE)
    house.tick()
    assert house.memory(WEB.name).phase is not Phase.ASLEEP, "its stop never happened, and it is awake"
