"""What one run of the scale-to-zero function does, logs and publishes."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState, Stop
from scale_to_zero.tick import acts
from scale_to_zero.tick.run import TickFailed
from simulator.account import CLUSTER, a_service
from simulator.ports.faults import Call

from .module_instance import NAMESPACE, ModuleInstance

WEB, API = a_service("web"), a_service("api")


def published(instance: ModuleInstance, metric_name: str, service: Service, **more: str) -> float | None:
    """Return the value of the minute that has just begun, as it can be read later."""
    now = instance.world.now
    dimensions = {"Service": service.name.service_name, "Cluster": CLUSTER, **more}
    minute = now.replace(second=0, microsecond=0)
    found = instance.world.metrics.datapoints(
        NAMESPACE, metric_name, dimensions, minute, minute + MINUTE, MINUTE, "Maximum", now + timedelta(hours=1)
    )
    return found.get(minute)


def asleep_with_a_wake_requested(instance: ModuleInstance, service: Service, *, since_minutes: int) -> None:
    since = instance.world.now - since_minutes * MINUTE
    instance.ports.table.states[service.name] = ServiceState(
        service.name, Phase.ASLEEP, since=since, version=1, restore=1, stop=Stop(since, since)
    )


def test_it_publishes_the_state_of_every_service_awake_and_asleep() -> None:
    instance = ModuleInstance(WEB, API)
    instance.world.set_desired_count(*API.name, 0)
    instance.world.set_desired_count(*WEB.name, 3)
    instance.tick()
    assert published(instance, "ServiceStatus", WEB) == 1
    assert published(instance, "ServiceStatus", API) == 0
    assert published(instance, "ServiceDesiredCount", WEB, Status="active") == 3
    assert published(instance, "ServiceDesiredCount", API, Status="idle") == 0
    assert published(instance, "ServiceDesiredCount", WEB, Status="idle") is None
    assert published(instance, "ServiceDesiredCount", API, Status="active") is None


def test_it_publishes_what_it_has_just_changed() -> None:
    instance = ModuleInstance(WEB, desired=0)
    asleep_with_a_wake_requested(instance, WEB, since_minutes=5)
    instance.tick()
    assert instance.desired(WEB) == 1
    assert published(instance, "ServiceStatus", WEB) == 1


def test_it_publishes_at_once_that_it_has_stopped_a_service() -> None:
    instance = ModuleInstance(WEB)
    while instance.desired(WEB) > 0:
        instance.world.advance(MINUTE)
        instance.tick()
    assert published(instance, "ServiceStatus", WEB) == 0


def test_it_publishes_no_metric_of_a_service_that_is_off_and_none_at_all_if_publishing_is_off() -> None:
    instance = ModuleInstance(replace(WEB, mode=Mode.OFF), API)
    instance.tick()
    assert published(instance, "ServiceStatus", WEB) is None
    instance.world.advance(MINUTE)
    instance.tick(publish=False)
    assert published(instance, "ServiceStatus", API) is None


def test_it_logs_one_line_for_what_it_does_and_one_summary(caplog: pytest.LogCaptureFixture) -> None:
    instance = ModuleInstance(WEB, API)
    instance.scale_by_forecast(API)
    instance.ticks(6)
    caplog.set_level(logging.INFO)
    caplog.clear()
    while instance.desired(WEB) > 0:
        caplog.clear()
        instance.world.advance(MINUTE)
        instance.tick()
    acted, summary = (one for one in caplog.records if one.__dict__.get("service") != "api")
    assert acted.getMessage().startswith("web goes to zero: no request for ")
    said = acted.__dict__
    fields = ("service", "cluster", "action", "reason", "phase")
    assert tuple(said[field] for field in fields) == ("web", CLUSTER, "sleep", "idle", "asleep")
    assert summary.getMessage() == "managed 2 services"
    assert summary.__dict__["attention"] == {"api": "predictive_scaling"}
    assert summary.__dict__["reasons"] == {"idle": 1, "predictive_scaling": 1}


def test_a_tick_that_does_nothing_logs_only_its_summary(caplog: pytest.LogCaptureFixture) -> None:
    instance = ModuleInstance(WEB, API)
    instance.ticks(2)
    caplog.set_level(logging.INFO)
    caplog.clear()
    instance.tick()
    assert [record.getMessage() for record in caplog.records] == ["managed 2 services"]


def test_a_fault_is_named_at_the_end_after_everything_else_was_done() -> None:
    instance = ModuleInstance(WEB, API, desired=0)
    for service in (WEB, API):
        asleep_with_a_wake_requested(instance, service, since_minutes=5)
    instance.ports.faults.fail("set_desired_count", subject=WEB.name)
    with pytest.raises(TickFailed, match="1 fault while managing 2 services: web: "):
        instance.tick()
    assert (instance.desired(WEB), instance.desired(API)) == (0, 1)
    assert published(instance, "ServiceStatus", API) == 1


def test_a_configuration_that_cannot_be_read_is_a_fault() -> None:
    instance = ModuleInstance(WEB)
    instance.ports.table.unreadable.append("the configuration item config#api cannot be read")
    with pytest.raises(TickFailed, match="config#api cannot be read"):
        instance.tick()


def test_metrics_that_cannot_be_published_are_a_fault() -> None:
    instance = ModuleInstance(WEB)
    instance.ports.faults.fail("publish")
    with pytest.raises(TickFailed, match="state metrics"):
        instance.tick()


def test_wakes_come_before_stops_and_the_oldest_first_within_what_one_tick_may_change(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(acts, "SERVICE_UPDATES_PER_TICK", 2)
    older, newer, newest = (a_service(key) for key in ("older", "newer", "newest"))
    instance = ModuleInstance(WEB, older, newer, newest)
    instance.ticks(7)
    for service, minutes in ((newest, 3), (older, 9), (newer, 6)):
        instance.world.set_desired_count(*service.name, 0)
        asleep_with_a_wake_requested(instance, service, since_minutes=minutes)
    instance.tick()
    woken = {service.key for service in (older, newer, newest) if instance.desired(service) == 1}
    assert woken == {"older", "newer"}
    assert instance.desired(WEB) == 1, "the stop waits for the wakes"
    waiting = [record.getMessage() for record in caplog.records if "for the next tick" in record.getMessage()]
    assert (
        waiting
        == ["1 service waits for the next tick: this tick has reached AWS's rate limit or its own time limit"] * 2
    ), "one line for a wake, one for the stop"


def test_many_wakes_are_started_as_fast_as_aws_allows_and_two_hundred_in_one_tick() -> None:
    """AWS lets an account change 50 services at once and five more each second."""
    services = [a_service(f"service-{number:03}") for number in range(205)]
    instance = ModuleInstance(*services, desired=0)
    for number, service in enumerate(services):
        asleep_with_a_wake_requested(instance, service, since_minutes=1 + number)
    instants: list[timedelta] = []
    began = instance.world.now

    def note(call: Call) -> None:
        if call.name == "set_desired_count":
            instants.append(instance.world.now - began)

    instance.ports.faults.fault_of_call = note
    instance.tick()
    assert len(instants) == 200
    assert sum(instant == timedelta(0) for instant in instants) == 50
    assert all(instant == timedelta(seconds=number / 5) for number, instant in enumerate(instants[50:], 1)), (
        "the others: five a second"
    )
    assert {service.key for service in services if instance.desired(service) == 0} == {
        f"service-{number:03}" for number in range(5)
    }, "the newest wait for the next tick"


def test_a_tick_does_not_finish_a_wake_that_another_run_changed_meanwhile() -> None:
    instance = ModuleInstance(WEB, desired=0)
    waking = ServiceState(
        WEB.name, Phase.WAKING, since=instance.world.now, version=3, requested_at=instance.world.now, restore=1
    )
    instance.ports.table.states[WEB.name] = waking

    def another_run_acts(call: Call) -> None:
        if call.name == "describe":
            instance.ports.table.states[WEB.name] = replace(waking, version=4)

    instance.ports.faults.fault_of_call = another_run_acts
    instance.tick()
    assert "set_desired_count" not in {call.name for call in instance.ports.faults.calls}


def test_a_tick_that_runs_out_of_time_leaves_the_rest_to_the_next() -> None:
    instance = ModuleInstance(WEB, desired=0)
    asleep_with_a_wake_requested(instance, WEB, since_minutes=5)
    instance.tick(lasts=timedelta(seconds=9))
    assert instance.desired(WEB) == 0
    instance.tick()
    assert instance.desired(WEB) == 1
