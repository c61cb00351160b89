"""What one run of the scale-up function does and answers that is asked to hold all services, or to release them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.commands.sleep import run_sleep
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Hold, HoldAll, Phase
from scale_to_zero.rules.payload import PayloadRefused
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from simulator.ports.faults import Call, Fault
from simulator.simulation import START

from .module_instance import STEADY, House

WEB, API = a_service("web"), a_service("api")
OBSERVED = replace(a_service("observed"), mode=Mode.OBSERVE)
UNTIL = START + 120 * MINUTE
ASK = {"hold_all_until": "2026-01-05T10:00:00Z", "reason": "incident 42"}
TOLD = {"until": "2026-01-05T10:00:00+00:00", "reason": "incident 42"}
SAID = "held awake with all services until 2026-01-05 10:00:00 UTC (incident 42)"


def ask(house: House, payload: Mapping[str, object]) -> dict[str, object]:
    ends_at = house.world.now + 15 * MINUTE
    return run_scale_up(house.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)


def asleep() -> House:
    house = House(WEB, API, OBSERVED, desired=0)
    house.tick()
    return house


def escorts_of(house: House) -> list[object]:
    return [call.subject for call in house.ports.faults.calls if call.name == "send_escort"]


def changes_of(house: House) -> list[str]:
    """The calls so far that change something of services."""
    return [call.name for call in house.ports.faults.calls if call.name in ("write", "set_desired_count")]


def test_what_sleeps_is_woken_and_seen_through_and_the_answer_says_so() -> None:
    house = asleep()
    told = ask(house, ASK)
    assert house.ports.table.hold_all == HoldAll(START + 5 * MINUTE, UNTIL, "incident 42")
    assert told["hold_all"] == TOLD
    assert (
        told["message"]
        == "all services are held awake until 2026-01-05 10:00:00 UTC (incident 42); 2 waking; 1 left alone"
    )
    services = told["services"]
    assert isinstance(services, dict)
    assert services["web"]["message"] == f"web wakes: ECS is asked for 1 task; it is {SAID}"
    assert (services["web"]["phase"], services["web"]["hold"]) == ("waking", TOLD)
    assert services["observed"]["refused"] is True
    assert {service.key: house.desired(service) for service in (WEB, API, OBSERVED)} == {
        "web": 1,
        "api": 1,
        "observed": 0,
    }
    assert escorts_of(house) == [("api", "web")]


def test_asked_again_it_changes_nothing_but_what_holds_them() -> None:
    house = asleep()
    ask(house, ASK)
    house.ticks(2)
    before, version = len(changes_of(house)), house.memory(WEB.name).version
    told = ask(house, {"hold_all_until": "2026-01-05T09:00:00Z"})
    assert told["hold_all"] == {"until": "2026-01-05T09:00:00+00:00", "reason": ""}
    assert house.memory(WEB.name).phase is Phase.AWAKE
    assert (len(changes_of(house)), house.memory(WEB.name).version) == (before, version)


def test_it_is_written_before_anything_is_read() -> None:
    house = asleep()
    before = len(house.ports.faults.calls)
    ask(house, ASK)
    assert [call.name for call in house.ports.faults.calls[before:]][:2] == ["hold_all", "read_all"]


def test_releasing_is_one_call_and_leaves_holds_of_their_own() -> None:
    house = House(WEB, API)
    house.tick()
    house.wake({"service": "web", "hold_minutes": 60, "reason": "demo"})
    ask(house, ASK)
    before = len(house.ports.faults.calls)
    for _ in range(2):
        assert ask(house, {"hold_all_until": None}) == {
            "hold_all": None,
            "message": "all services are released; holds of their own stay",
            "services": {},
        }
    assert [call.name for call in house.ports.faults.calls[before:]] == ["release_all", "release_all"]
    assert house.ports.table.hold_all is None
    assert house.memory(WEB.name).hold == Hold(START + 65 * MINUTE, "demo")


def test_what_is_refused_changes_nothing() -> None:
    house = asleep()
    before = len(house.ports.faults.calls)
    with pytest.raises(PayloadRefused):
        ask(house, {"hold_all_until": "2027-01-01T00:00:00Z"})
    assert len(house.ports.faults.calls) == before


def test_where_it_cannot_be_written_nothing_is_woken() -> None:
    house = asleep()
    house.ports.faults.fail("hold_all")
    with pytest.raises(CallFailed, match="hold_all"):
        ask(house, ASK)
    assert house.desired(WEB) == 0


def test_where_the_services_cannot_be_read_they_are_held_all_the_same_and_the_ticks_wake_them() -> None:
    house = asleep()
    house.ports.faults.fail("read_all", times=1)
    with pytest.raises(CallFailed, match="all services are held, and the ticks wake those that sleep; but read_all"):
        ask(house, ASK)
    house.tick()
    assert (house.desired(WEB), house.desired(OBSERVED)) == (1, 0)


def test_a_service_that_cannot_be_written_keeps_no_other_asleep_and_is_no_failure_of_the_command() -> None:
    house = asleep()
    house.ports.faults.fail("write")
    told = ask(house, ASK)
    assert told["hold_all"] == TOLD
    assert "refused" in str(told["services"])
    house.ports.faults.mend()
    house.tick()
    assert house.desired(WEB) == 1


def test_what_cannot_be_read_in_the_table_is_named() -> None:
    house = asleep()
    house.ports.table.broken.append("the configuration item config#shop cannot be read")
    assert ask(house, ASK)["unreadable"] == ["the configuration item config#shop cannot be read"]


def test_a_hold_that_cannot_be_read_is_replaced_by_the_command_and_is_a_fault_of_the_tick_until_then() -> None:
    house = House(WEB)
    house.tick()
    house.ports.table.hold_all = Unknown("the item hold_all cannot be read")
    with pytest.raises(Exception, match="1 fault while looking after 1 service: table item 1: the item hold_all"):
        house.tick()
    told = ask(house, ASK)
    assert "unreadable" not in told
    house.tick()


def test_many_services_are_started_for_ten_seconds_and_the_others_by_the_ticks() -> None:
    services = [a_service(f"service-{number:03}") for number in range(150)]
    house = House(*services, desired=0)
    house.ticks(1)
    began = house.world.now
    ask(house, ASK)
    assert house.world.now - began < timedelta(seconds=11)
    assert 95 <= sum(house.desired(service) for service in services) <= 105
    house.tick()
    assert sum(house.desired(service) for service in services) == 150


def test_a_service_that_waits_for_its_turn_has_as_long_to_start_as_any_other() -> None:
    services = [a_service(f"service-{number:03}") for number in range(400)]
    house = House(*services, desired=0, timings=replace(STEADY, task_start=timedelta(seconds=265)))
    house.ticks(1)
    ask(house, ASK)
    for _ in range(9):
        house.ticks(1)
        assert [service.key for service in services if house.memory(service.name).failed] == []
    assert {house.memory(service.name).phase for service in services} == {Phase.AWAKE}


def test_a_request_to_sleep_is_refused_even_with_force() -> None:
    house = House(WEB)
    house.tick()
    ask(house, ASK)
    for force in (False, True):
        payload = {"service": "web", "action": "sleep", "force": force}
        ends_at = house.world.now + MINUTE
        told = run_sleep(house.ports.gathered(), payload, ends_at=ends_at)["services"]
        assert isinstance(told, dict)
        assert told["web"]["refused"] is True
        assert told["web"]["message"] == f'web is {SAID}; release all first, with "hold_all_until": null'
    assert house.desired(WEB) == 1


def test_ticks_write_nothing_while_all_are_held_but_what_changes() -> None:
    house = House(WEB, API, OBSERVED)
    house.tick()
    ask(house, ASK)
    house.ticks(3)
    before = len(changes_of(house))
    house.ticks(100)
    observed = [call for call in house.ports.faults.calls if call.name == "write" and call.subject == OBSERVED.name]
    assert len(changes_of(house)) - before <= len(observed)
    assert house.desired(WEB) == 1
    house.ticks(20)
    assert house.desired(WEB) == 0


def test_each_tick_tells_it_in_a_metric_of_the_instance_while_it_is_so() -> None:
    house = House(WEB)
    house.tick()
    ask(house, {"hold_all_until": "2026-01-05T08:10:00Z"})
    house.ticks(10)
    told = [one for one in house.ports.measured if one.measure == Measure("HeldAll", 1)]
    assert [one.at for one in told] == [START + minute * MINUTE for minute in range(5, 10)]


def test_a_stop_whose_tick_read_the_table_before_is_undone_by_the_next_tick() -> None:
    house = House(WEB)
    house.ticks(5)

    def hold_all_meanwhile(call: Call) -> Fault | None:
        if call.name == "set_desired_count" and call.value == 0:
            house.ports.table.hold_all = HoldAll(house.world.now, UNTIL, "incident 42")
        return None

    house.ports.faults.judge = hold_all_meanwhile
    for _ in range(15):
        if house.ports.table.hold_all is not None:
            break
        house.tick()
        house.world.advance(MINUTE)
    assert house.desired(WEB) == 0
    house.tick()
    assert house.desired(WEB) == 1


@pytest.mark.parametrize("written", [HoldAll(START, UNTIL), Unknown("the item hold_all cannot be read")])
def test_a_tick_under_way_stops_nothing_from_then_on(written: HoldAll | Unknown) -> None:
    """It has read the table before, and a hold of all changes no service's own state."""
    house = House(WEB, API)

    def hold_at_the_first_stop(call: Call) -> Fault | None:
        if call.name == "set_desired_count" and house.ports.table.hold_all is None:
            house.ports.table.hold_all = written
        return None

    house.ports.faults.judge = hold_at_the_first_stop
    while house.ports.table.hold_all is None:
        house.tick()
        house.world.advance(MINUTE)
    assert sorted(house.desired(service) for service in (WEB, API)) == [0, 1]


def test_whoever_asks_about_one_service_is_told_of_the_hold_that_ends_later() -> None:
    house = House(WEB)
    house.tick()
    ask(house, ASK)
    assert house.wake({"service": "web"})["web"]["hold"] == TOLD
    assert house.wake({"service": "web", "hold_minutes": 1})["web"]["hold"] == TOLD
    longer = house.wake({"service": "web", "hold_minutes": 600})["web"]["hold"]
    assert isinstance(longer, dict)
    assert longer["until"] > TOLD["until"]
