"""What one run of the scale-to-zero function does, says and publishes."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Memory, Phase, Stop
from scale_to_zero.tick import acts
from scale_to_zero.tick.run import TickFailed
from simulator.account import CLUSTER, a_service
from simulator.ports.faults import Call

from .module_instance import NAMESPACE, House

WEB, API = a_service("web"), a_service("api")


def published(house: House, metric_name: str, service: Service, **more: str) -> float | None:
    """The value of the minute that has just begun, as it can be read later."""
    now = house.world.now
    dimensions = {"Service": service.name.service_name, "Cluster": CLUSTER, **more}
    minute = now.replace(second=0, microsecond=0)
    found = house.world.metrics.datapoints(
        NAMESPACE, metric_name, dimensions, minute, minute + MINUTE, MINUTE, "Maximum", now + timedelta(hours=1)
    )
    return found.get(minute)


def asleep_with_a_wake_requested(house: House, service: Service, *, since_minutes: int) -> None:
    since = house.world.now - since_minutes * MINUTE
    house.ports.table.memories[service.name] = Memory(
        service.name, Phase.ASLEEP, since=since, version=1, restore=1, stop=Stop(since, since)
    )


def test_it_publishes_the_state_of_every_service_awake_and_asleep() -> None:
    house = House(WEB, API)
    house.world.set_desired_count(*API.name, 0)
    house.world.set_desired_count(*WEB.name, 3)
    house.tick()
    assert published(house, "ServiceStatus", WEB) == 1
    assert published(house, "ServiceStatus", API) == 0
    assert published(house, "ServiceDesiredCount", WEB, Status="active") == 3
    assert published(house, "ServiceDesiredCount", API, Status="idle") == 0
    assert published(house, "ServiceDesiredCount", WEB, Status="idle") is None
    assert published(house, "ServiceDesiredCount", API, Status="active") is None


def test_it_publishes_what_it_has_just_changed() -> None:
    house = House(WEB, desired=0)
    asleep_with_a_wake_requested(house, WEB, since_minutes=5)
    house.tick()
    assert house.desired(WEB) == 1
    assert published(house, "ServiceStatus", WEB) == 1


def test_it_publishes_at_once_that_it_has_stopped_a_service() -> None:
    house = House(WEB)
    while house.desired(WEB) > 0:
        house.world.advance(MINUTE)
        house.tick()
    assert published(house, "ServiceStatus", WEB) == 0


def test_it_publishes_nothing_of_a_service_that_is_off_and_nothing_at_all_if_told_so() -> None:
    house = House(replace(WEB, mode=Mode.OFF), API)
    house.tick()
    assert published(house, "ServiceStatus", WEB) is None
    house.world.advance(MINUTE)
    house.tick(publish=False)
    assert published(house, "ServiceStatus", API) is None


def test_it_says_one_line_for_what_it_does_and_one_in_summary(caplog: pytest.LogCaptureFixture) -> None:
    house = House(WEB, API)
    house.ports.scalable_targets.add(API.name)
    house.ticks(6)
    caplog.set_level(logging.INFO)
    caplog.clear()
    while house.desired(WEB) > 0:
        caplog.clear()
        house.world.advance(MINUTE)
        house.tick()
    acted, summary = caplog.records
    assert acted.getMessage().startswith("web goes to zero: no request for ")
    said = acted.__dict__
    fields = ("service", "cluster", "action", "reason", "phase")
    assert tuple(said[field] for field in fields) == ("web", CLUSTER, "sleep", "idle", "asleep")
    assert summary.getMessage() == "looked after 2 services"
    assert summary.__dict__["attention"] == {"api": "scalable_target"}
    assert summary.__dict__["reasons"] == {"idle": 1, "scalable_target": 1}


def test_a_quiet_tick_says_only_its_summary(caplog: pytest.LogCaptureFixture) -> None:
    house = House(WEB, API)
    house.ticks(2)
    caplog.set_level(logging.INFO)
    caplog.clear()
    house.tick()
    assert [record.getMessage() for record in caplog.records] == ["looked after 2 services"]


def test_a_fault_is_named_at_the_end_after_everything_else_was_done() -> None:
    house = House(WEB, API, desired=0)
    for service in (WEB, API):
        asleep_with_a_wake_requested(house, service, since_minutes=5)
    house.ports.faults.fail("set_desired_count", subject=WEB.name)
    with pytest.raises(TickFailed, match="1 fault while looking after 2 services: web: "):
        house.tick()
    assert (house.desired(WEB), house.desired(API)) == (0, 1)
    assert published(house, "ServiceStatus", API) == 1


def test_a_configuration_that_cannot_be_read_is_a_fault() -> None:
    house = House(WEB)
    house.ports.table.broken.append("the configuration item config#api cannot be read")
    with pytest.raises(TickFailed, match="config#api cannot be read"):
        house.tick()


def test_metrics_that_cannot_be_published_are_a_fault() -> None:
    house = House(WEB)
    house.ports.faults.fail("publish")
    with pytest.raises(TickFailed, match="state metrics"):
        house.tick()


def test_wakes_come_before_stops_and_the_oldest_first_within_what_one_tick_may_change(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(acts, "SERVICE_UPDATES_PER_TICK", 2)
    older, newer, newest = (a_service(key) for key in ("older", "newer", "newest"))
    house = House(WEB, older, newer, newest)
    house.ticks(7)
    for service, minutes in ((newest, 3), (older, 9), (newer, 6)):
        house.world.set_desired_count(*service.name, 0)
        asleep_with_a_wake_requested(house, service, since_minutes=minutes)
    house.tick()
    woken = {service.key for service in (older, newer, newest) if house.desired(service) == 1}
    assert woken == {"older", "newer"}
    assert house.desired(WEB) == 1, "its stop waits for the wakes"
    waiting = [record.getMessage() for record in caplog.records if "for the next tick: AWS" in record.getMessage()]
    assert waiting == ["1 service waits for the next tick: AWS limits the rate"] * 2, "a wake, and the stop"


def test_many_wakes_are_started_as_fast_as_aws_allows_and_two_hundred_in_one_tick() -> None:
    """AWS lets an account change 50 services at once and five more each second."""
    services = [a_service(f"service-{number:03}") for number in range(205)]
    house = House(*services, desired=0)
    for number, service in enumerate(services):
        asleep_with_a_wake_requested(house, service, since_minutes=1 + number)
    instants: list[timedelta] = []
    began = house.world.now

    def note(call: Call) -> None:
        if call.name == "set_desired_count":
            instants.append(house.world.now - began)

    house.ports.faults.judge = note
    house.tick()
    assert len(instants) == 200
    assert sum(instant == timedelta(0) for instant in instants) == 50
    assert all(instant == timedelta(seconds=number / 5) for number, instant in enumerate(instants[50:], 1)), (
        "the others at five a second"
    )
    assert {service.key for service in services if house.desired(service) == 0} == {
        f"service-{number:03}" for number in range(5)
    }, "the newest wait for the next tick"


def test_a_wake_that_somebody_else_has_dealt_with_meanwhile_is_not_finished_over_his_head() -> None:
    house = House(WEB, desired=0)
    waking = Memory(WEB.name, Phase.WAKING, since=house.world.now, version=3, asked=house.world.now, restore=1)
    house.ports.table.memories[WEB.name] = waking

    def somebody_acts(call: Call) -> None:
        if call.name == "describe":
            house.ports.table.memories[WEB.name] = replace(waking, version=4)

    house.ports.faults.judge = somebody_acts
    house.tick()
    assert "set_desired_count" not in {call.name for call in house.ports.faults.calls}


def test_a_tick_that_runs_out_of_time_leaves_the_rest_to_the_next() -> None:
    house = House(WEB, desired=0)
    asleep_with_a_wake_requested(house, WEB, since_minutes=5)
    house.tick(lasts=timedelta(seconds=9))
    assert house.desired(WEB) == 0
    house.tick()
    assert house.desired(WEB) == 1
