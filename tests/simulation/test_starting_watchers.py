"""A request for a wake is answered at once. Another run watches the wake."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.model.configured import Mode
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from simulator.world import NoCapacity

from .module_instance import ModuleInstance

WEB, API = a_service("web"), a_service("api")


def asleep() -> ModuleInstance:
    instance = ModuleInstance(WEB, API, desired=0)
    instance.tick()
    instance.ports.faults.calls.clear()
    return instance


def watchers_started(instance: ModuleInstance) -> list[object]:
    """Return the services for which each watcher was started."""
    return [call.subject for call in instance.ports.faults.calls if call.name == "start_watcher"]


def test_one_watcher_is_sent_for_all_that_wake() -> None:
    instance = asleep()
    instance.wake({})
    assert watchers_started(instance) == [("api", "web")]


def test_none_is_sent_if_nothing_wakes() -> None:
    instance = ModuleInstance(WEB, API, desired=1)
    instance.tick()
    instance.wake({})
    assert watchers_started(instance) == []


def test_one_is_sent_only_for_services_that_do_not_run_yet() -> None:
    instance = asleep()
    instance.world.set_desired_count(*API.name, 1)
    instance.world.advance(3 * MINUTE)
    instance.ticks(3)
    assert instance.state(API.name).phase is Phase.AWAKE
    instance.wake({})
    assert watchers_started(instance) == [("web",)]


def test_a_caller_that_waited_until_it_was_ready_needs_none() -> None:
    instance = asleep()
    assert instance.wake({"service": "web", "wait": True})["web"]["phase"] == "awake"
    assert watchers_started(instance) == []


def test_a_caller_whose_service_was_not_ready_in_time_leaves_the_wake_to_one() -> None:
    instance = asleep()
    instance.world.set_start_fault(*WEB.name, NoCapacity())
    instance.wake({"service": "web", "wait": True})
    assert watchers_started(instance) == [("web",)]
    assert instance.ports.gathered().table.read(WEB.name).watcher_until <= instance.world.now  # type: ignore[union-attr,operator]


def test_a_watcher_sends_no_watcher_and_watches_the_wake() -> None:
    instance = asleep()
    began = instance.world.now
    answer = instance.wake({"services": ["web"], "watcher": True})["web"]
    assert (answer["phase"], watchers_started(instance)) == ("awake", [])
    assert timedelta(seconds=10) < instance.world.now - began < 2 * MINUTE


def test_a_watcher_watches_what_it_was_sent_for_and_nothing_else() -> None:
    instance = asleep()
    instance.wake({"services": ["web"], "watcher": True})
    assert (instance.state(WEB.name).phase, instance.state(API.name).phase) == (Phase.AWAKE, Phase.ASLEEP)


def test_a_watcher_that_cannot_be_started_is_reported_and_the_caller_gets_an_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    instance = asleep()
    instance.ports.faults.fail("start_watcher")
    assert instance.wake({"service": "web"})["web"]["phase"] == "waking"
    assert (
        "no watcher was started for web; the ticks watch these wakes: start_watcher of ('web',) was refused"
        in caplog.text
    )
    instance.world.advance(MINUTE)
    instance.tick()
    assert instance.state(WEB.name).phase is Phase.AWAKE


def test_a_service_that_cannot_be_woken_gets_none() -> None:
    instance = asleep()
    instance.ports.table.services["web"] = replace(WEB, mode=Mode.DRY_RUN)
    instance.wake({"services": ["web", "api"]})
    assert watchers_started(instance) == [("api",)]


def test_terraform_sends_none() -> None:
    instance = asleep()
    configuration = {"cluster_name": WEB.name.cluster_name, "service_name": "web", "awake_count": None, "mode": "act"}
    payload = {"uninstall": configuration, "tf": {"action": "delete", "prev_input": None}}
    run_scale_up(
        instance.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=instance.world.now + 15 * MINUTE
    )
    assert watchers_started(instance) == []
