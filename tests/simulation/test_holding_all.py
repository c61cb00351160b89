"""What one run of the scale-up function does and answers when it must hold all services, or release them."""

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

from .module_instance import STEADY, ModuleInstance

WEB, API = a_service("web"), a_service("api")
DRY_RUN = replace(a_service("observed"), mode=Mode.DRY_RUN)
UNTIL = START + 120 * MINUTE
REQUEST = {"hold_all_until": "2026-01-05T10:00:00Z", "reason": "incident 42"}
HOLD_IN_ANSWER = {"until": "2026-01-05T10:00:00+00:00", "reason": "incident 42"}
HOLD_IN_MESSAGE = "held awake with all services until 2026-01-05 10:00:00 UTC (incident 42)"


def send(instance: ModuleInstance, payload: Mapping[str, object]) -> dict[str, object]:
    ends_at = instance.world.now + 15 * MINUTE
    return run_scale_up(instance.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)


def asleep() -> ModuleInstance:
    instance = ModuleInstance(WEB, API, DRY_RUN, desired=0)
    instance.tick()
    return instance


def watchers_started(instance: ModuleInstance) -> list[object]:
    return [call.subject for call in instance.ports.faults.calls if call.name == "start_watcher"]


def changes_of(instance: ModuleInstance) -> list[str]:
    """Return the names of the calls so far that change services."""
    return [call.name for call in instance.ports.faults.calls if call.name in ("write", "set_desired_count")]


def test_sleeping_services_are_woken_and_watched_and_the_answer_says_so() -> None:
    instance = asleep()
    answer = send(instance, REQUEST)
    assert instance.ports.table.hold_all == HoldAll(START + 5 * MINUTE, UNTIL, "incident 42")
    assert answer["hold_all"] == HOLD_IN_ANSWER
    assert (
        answer["message"]
        == "all services are held awake until 2026-01-05 10:00:00 UTC (incident 42); 2 waking; 1 skipped"
    )
    services = answer["services"]
    assert isinstance(services, dict)
    assert services["web"]["message"] == f"web wakes: its desired count is set to 1; it is {HOLD_IN_MESSAGE}"
    assert (services["web"]["phase"], services["web"]["hold"]) == ("waking", HOLD_IN_ANSWER)
    assert services["observed"]["refused"] is True
    assert {service.key: instance.desired(service) for service in (WEB, API, DRY_RUN)} == {
        "web": 1,
        "api": 1,
        "observed": 0,
    }
    assert watchers_started(instance) == [("api", "web")]


def test_a_second_request_changes_only_the_hold_of_all() -> None:
    instance = asleep()
    send(instance, REQUEST)
    instance.ticks(2)
    before, version = len(changes_of(instance)), instance.state(WEB.name).version
    answer = send(instance, {"hold_all_until": "2026-01-05T09:00:00Z"})
    assert answer["hold_all"] == {"until": "2026-01-05T09:00:00+00:00", "reason": ""}
    assert instance.state(WEB.name).phase is Phase.AWAKE
    assert (len(changes_of(instance)), instance.state(WEB.name).version) == (before, version)


def test_it_is_written_before_anything_is_read() -> None:
    instance = asleep()
    before = len(instance.ports.faults.calls)
    send(instance, REQUEST)
    assert [call.name for call in instance.ports.faults.calls[before:]][:2] == ["hold_all", "read_all"]


def test_releasing_is_one_call_and_keeps_the_holds_of_single_services() -> None:
    instance = ModuleInstance(WEB, API)
    instance.tick()
    instance.wake({"service": "web", "hold_minutes": 60, "reason": "demo"})
    send(instance, REQUEST)
    before = len(instance.ports.faults.calls)
    for _ in range(2):
        assert send(instance, {"hold_all_until": None}) == {
            "hold_all": None,
            "message": "all services are released; their own holds stay",
            "services": {},
        }
    assert [call.name for call in instance.ports.faults.calls[before:]] == ["release_all", "release_all"]
    assert instance.ports.table.hold_all is None
    assert instance.state(WEB.name).hold == Hold(START + 65 * MINUTE, "demo")


def test_a_refused_request_changes_nothing() -> None:
    instance = asleep()
    before = len(instance.ports.faults.calls)
    with pytest.raises(PayloadRefused):
        send(instance, {"hold_all_until": "2027-01-01T00:00:00Z"})
    assert len(instance.ports.faults.calls) == before


def test_if_it_cannot_be_written_nothing_is_woken() -> None:
    instance = asleep()
    instance.ports.faults.fail("hold_all")
    with pytest.raises(CallFailed, match="hold_all"):
        send(instance, REQUEST)
    assert instance.desired(WEB) == 0


def test_if_the_services_cannot_be_read_they_are_held_nevertheless_and_the_ticks_wake_them() -> None:
    instance = asleep()
    instance.ports.faults.fail("read_all", times=1)
    with pytest.raises(
        CallFailed, match="all services are held, and the ticks wake those that are asleep, but read_all"
    ):
        send(instance, REQUEST)
    instance.tick()
    assert (instance.desired(WEB), instance.desired(DRY_RUN)) == (1, 0)


def test_a_service_that_cannot_be_written_keeps_no_other_asleep_and_is_no_failure_of_the_command() -> None:
    instance = asleep()
    instance.ports.faults.fail("write")
    answer = send(instance, REQUEST)
    assert answer["hold_all"] == HOLD_IN_ANSWER
    assert "refused" in str(answer["services"])
    instance.ports.faults.fix()
    instance.tick()
    assert instance.desired(WEB) == 1


def test_an_item_of_the_table_that_cannot_be_read_is_named() -> None:
    instance = asleep()
    instance.ports.table.unreadable.append("the configuration item config#shop cannot be read")
    assert send(instance, REQUEST)["unreadable"] == ["the configuration item config#shop cannot be read"]


def test_a_hold_that_cannot_be_read_is_replaced_by_the_command_and_is_a_fault_of_the_tick_until_then() -> None:
    instance = ModuleInstance(WEB)
    instance.tick()
    instance.ports.table.hold_all = Unknown("the item hold_all cannot be read")
    with pytest.raises(Exception, match="1 fault while managing 1 service: table item 1: the item hold_all"):
        instance.tick()
    answer = send(instance, REQUEST)
    assert "unreadable" not in answer
    instance.tick()


def test_many_services_are_started_for_ten_seconds_and_the_others_by_the_ticks() -> None:
    services = [a_service(f"service-{number:03}") for number in range(150)]
    instance = ModuleInstance(*services, desired=0)
    instance.ticks(1)
    began = instance.world.now
    send(instance, REQUEST)
    assert instance.world.now - began < timedelta(seconds=11)
    assert 95 <= sum(instance.desired(service) for service in services) <= 105
    instance.tick()
    assert sum(instance.desired(service) for service in services) == 150


def test_a_service_that_waits_for_its_turn_has_as_long_to_start_as_any_other() -> None:
    services = [a_service(f"service-{number:03}") for number in range(400)]
    instance = ModuleInstance(*services, desired=0, timings=replace(STEADY, task_start=timedelta(seconds=265)))
    instance.ticks(1)
    send(instance, REQUEST)
    for _ in range(9):
        instance.ticks(1)
        assert [service.key for service in services if instance.state(service.name).failed] == []
    assert {instance.state(service.name).phase for service in services} == {Phase.AWAKE}


def test_a_request_to_sleep_is_refused_even_with_force() -> None:
    instance = ModuleInstance(WEB)
    instance.tick()
    send(instance, REQUEST)
    for force in (False, True):
        payload = {"service": "web", "action": "sleep", "force": force}
        ends_at = instance.world.now + MINUTE
        answer = run_sleep(instance.ports.gathered(), payload, ends_at=ends_at)["services"]
        assert isinstance(answer, dict)
        assert answer["web"]["refused"] is True
        assert answer["web"]["message"] == f'web is {HOLD_IN_MESSAGE}; release all first, with "hold_all_until": null'
    assert instance.desired(WEB) == 1


def test_ticks_write_only_changes_while_all_are_held() -> None:
    instance = ModuleInstance(WEB, API, DRY_RUN)
    instance.tick()
    send(instance, REQUEST)
    instance.ticks(3)
    before = len(changes_of(instance))
    instance.ticks(100)
    observed = [call for call in instance.ports.faults.calls if call.name == "write" and call.subject == DRY_RUN.name]
    assert len(changes_of(instance)) - before <= len(observed)
    assert instance.desired(WEB) == 1
    instance.ticks(20)
    assert instance.desired(WEB) == 0


def test_each_tick_publishes_a_metric_of_the_instance_while_all_are_held() -> None:
    instance = ModuleInstance(WEB)
    instance.tick()
    send(instance, {"hold_all_until": "2026-01-05T08:10:00Z"})
    instance.ticks(10)
    answer = [one for one in instance.ports.measured if one.measure == Measure("HeldAll", 1)]
    assert [one.at for one in answer] == [START + minute * MINUTE for minute in range(5, 10)]


def test_a_stop_whose_tick_read_the_table_before_is_undone_by_the_next_tick() -> None:
    instance = ModuleInstance(WEB)
    instance.ticks(5)

    def hold_all_meanwhile(call: Call) -> Fault | None:
        if call.name == "set_desired_count" and call.value == 0:
            instance.ports.table.hold_all = HoldAll(instance.world.now, UNTIL, "incident 42")
        return None

    instance.ports.faults.fault_of_call = hold_all_meanwhile
    for _ in range(15):
        if instance.ports.table.hold_all is not None:
            break
        instance.tick()
        instance.world.advance(MINUTE)
    assert instance.desired(WEB) == 0
    instance.tick()
    assert instance.desired(WEB) == 1


@pytest.mark.parametrize("written", [HoldAll(START, UNTIL), Unknown("the item hold_all cannot be read")])
def test_a_tick_under_way_stops_nothing_from_then_on(written: HoldAll | Unknown) -> None:
    """The tick read the table before that, and a hold of all does not change the state of any service."""
    instance = ModuleInstance(WEB, API)

    def hold_at_the_first_stop(call: Call) -> Fault | None:
        if call.name == "set_desired_count" and instance.ports.table.hold_all is None:
            instance.ports.table.hold_all = written
        return None

    instance.ports.faults.fault_of_call = hold_at_the_first_stop
    while instance.ports.table.hold_all is None:
        instance.tick()
        instance.world.advance(MINUTE)
    assert sorted(instance.desired(service) for service in (WEB, API)) == [0, 1]


def test_the_answer_about_one_service_has_the_hold_that_ends_later() -> None:
    instance = ModuleInstance(WEB)
    instance.tick()
    send(instance, REQUEST)
    assert instance.wake({"service": "web"})["web"]["hold"] == HOLD_IN_ANSWER
    assert instance.wake({"service": "web", "hold_minutes": 1})["web"]["hold"] == HOLD_IN_ANSWER
    longer = instance.wake({"service": "web", "hold_minutes": 600})["web"]["hold"]
    assert isinstance(longer, dict)
    assert longer["until"] > HOLD_IN_ANSWER["until"]
