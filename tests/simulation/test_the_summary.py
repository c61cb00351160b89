"""The summary of a tick in the log names why each awake service stays awake, up to a limit of names in one line."""

from __future__ import annotations

import logging

import pytest

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.tick import run
from scale_to_zero.tick.run import TickFailed
from simulator.account import a_service

from .module_instance import ModuleInstance

WEB, API, WORKER = a_service("web"), a_service("api"), a_service("worker", groups=0)


def summary_of(instance: ModuleInstance, caplog: pytest.LogCaptureFixture) -> dict[str, object]:
    caplog.set_level(logging.INFO)
    caplog.clear()
    instance.tick()
    (summary,) = [record for record in caplog.records if "managed " in record.getMessage()]
    return summary.__dict__


def test_it_names_the_reason_of_each_service_that_stays_awake(caplog: pytest.LogCaptureFixture) -> None:
    off = a_service("off", mode=Mode.OFF)
    instance = ModuleInstance(WEB, API, WORKER, off)
    instance.tick()
    instance.world.set_desired_count(*API.name, 0)
    instance.tick()
    assert summary_of(instance, caplog)["stays_awake"] == {"web": "recently_active", "worker": "no_target_groups"}


def test_a_service_that_a_tick_stops_does_not_stay_awake(caplog: pytest.LogCaptureFixture) -> None:
    instance = ModuleInstance(WEB)
    stays: list[object] = []
    while instance.desired(WEB) > 0:
        stays.append(summary_of(instance, caplog)["stays_awake"])
        instance.world.advance(MINUTE)
    assert stays[-1] == {}
    assert stays[-2] == {"web": "metrics_behind"}


@pytest.mark.parametrize(("field", "groups"), [("stays_awake", 0), ("attention", 1)])
def test_it_says_how_many_it_does_not_name(
    field: str, groups: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "MOST_NAMES_IN_A_LINE", 2)
    instance = ModuleInstance(*[a_service(f"s{number}", groups) for number in range(5)])
    instance.tick()
    for service in instance.ports.table.services.values():
        instance.scale_by_forecast(service)
    instance.world.advance(10 * MINUTE)
    said = summary_of(instance, caplog)
    assert list(said[field]) == ["s0", "s1"]  # type: ignore[call-overload]
    assert said.get(f"{field}_unnamed") == 3


def test_it_has_no_count_of_unnamed_services_if_there_are_none(caplog: pytest.LogCaptureFixture) -> None:
    said = summary_of(ModuleInstance(WEB, desired=0), caplog)
    assert (said["stays_awake"], said["attention"]) == ({}, {})
    assert not [field for field in said if field.endswith("_unnamed")]


def test_a_failed_tick_says_how_many_faults_it_does_not_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "MOST_NAMES_IN_A_LINE", 2)
    instance = ModuleInstance(*[a_service(f"s{number}") for number in range(5)])
    instance.ports.faults.fail("describe")
    with pytest.raises(TickFailed, match=r"s1: .*; and 3 more$"):
        instance.tick()
