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

from .module_instance import ModuleInstance

WEB, API = a_service("web"), a_service("api")
NOWHERE = a_service("nowhere")


def asleep() -> ModuleInstance:
    instance = ModuleInstance(WEB, API, desired=0)
    instance.tick()
    return instance


def test_an_empty_payload_wakes_every_service_and_answers_at_once() -> None:
    instance = asleep()
    began = instance.world.now
    answer = instance.wake({})
    assert {key: (one["phase"], one["desired"], one["running"]) for key, one in answer.items()} == {
        "api": ("waking", 1, 0),
        "web": ("waking", 1, 0),
    }
    assert answer["web"]["since"] == began.isoformat(timespec="seconds")
    assert instance.world.now == began


def test_only_the_service_of_the_request_is_woken() -> None:
    instance = asleep()
    assert list(instance.wake({"service": "web"})) == ["web"]
    assert (instance.desired(WEB), instance.desired(API)) == (1, 0)


def test_a_wake_that_ecs_accepted_succeeds_though_a_tick_wrote_the_state_meanwhile() -> None:
    """The time at which ECS accepted the count is saved only to measure the parts of the wake."""
    instance = asleep()
    began: list[Call] = []

    def judge(call: Call) -> Fault | None:
        state = instance.state(WEB.name)
        if call.name == "write" and state.phase is Phase.WAKING and not began:
            began.append(call)
            instance.ports.table.states[WEB.name] = replace(
                state, metrics_late=instance.world.now, version=state.version + 1
            )
        return None

    instance.ports.faults.fault_of_call = judge
    instance.ports.faults.calls.clear()
    assert instance.wake({"service": "web"})["web"]["message"] == "web wakes: its desired count is set to 1"
    assert began
    assert [call.name for call in instance.ports.faults.calls].count("set_desired_count") == 1
    assert instance.state(WEB.name).metrics_late is not None


def test_a_caller_that_waits_gets_its_answer_when_it_is_ready() -> None:
    instance = asleep()
    began = instance.world.now
    answer = instance.wake({"service": "web", "wait": True})["web"]
    assert (answer["phase"], answer["desired"], answer["running"]) == ("awake", 1, 1)
    assert instance.world.now - began < MINUTE
    assert instance.state(WEB.name).usual_wake is not None


def test_if_the_service_is_not_ready_after_fifty_seconds_the_answer_says_what_the_wake_waits_for() -> None:
    instance = asleep()
    instance.world.set_start_fault(*WEB.name, NoCapacity())
    began = instance.world.now
    answer = instance.wake({"wait": True, "service": "web"})["web"]
    assert answer["phase"] == "waking"
    assert str(answer["message"]).startswith("web is still waking: it waits for a running task")
    assert 50 <= (instance.world.now - began).total_seconds() < 55


@pytest.mark.parametrize("many", [20, 40, 48])
def test_a_caller_that_waits_for_many_is_answered_within_the_time_the_aws_cli_waits(many: int) -> None:
    services = [a_service(f"service-{number}") for number in range(many)]
    instance = ModuleInstance(*services, desired=0)
    for service in services:
        instance.world.set_start_fault(*service.name, NoCapacity())
    instance.tick()
    began = instance.world.now
    instance.wake({"wait": True})
    assert 50 <= (instance.world.now - began).total_seconds() <= 51


def test_many_that_wait_are_observed_less_often() -> None:
    services = [a_service(f"service-{number}") for number in range(40)]
    instance = ModuleInstance(*services, desired=0)
    for service in services:
        instance.world.set_start_fault(*service.name, NoCapacity())
    instance.tick()
    instance.ports.faults.calls.clear()
    instance.wake({"wait": True})
    observations = sum(call.name == "read_services" for call in instance.ports.faults.calls)
    assert 5 <= observations <= 9


def test_a_second_request_starts_nothing_twice() -> None:
    instance = asleep()
    instance.wake({"service": "web"})
    instance.ports.faults.calls.clear()
    answer = instance.wake({"service": "web"})["web"]
    assert "already waking" in str(answer["message"])
    assert "set_desired_count" not in {call.name for call in instance.ports.faults.calls}


def test_a_service_that_cannot_be_observed_does_not_prevent_other_wakes(caplog: pytest.LogCaptureFixture) -> None:
    instance = asleep()
    instance.ports.faults.fail("describe", subject=WEB.name)
    answer = instance.wake({})
    assert (answer["web"]["desired"], answer["api"]["desired"]) == (None, 1)
    assert "ECS could not be read" in str(answer["web"]["message"])
    warnings = [record for record in caplog.records if record.levelno > logging.INFO]
    assert [record.levelno for record in warnings if "web" in record.getMessage()] == [logging.ERROR]


def test_a_wake_that_does_nothing_ends_with_an_error() -> None:
    instance = asleep()
    instance.ports.faults.fail("describe")
    with pytest.raises(WakeFailed, match="Nothing could be done: web: "):
        instance.wake({"service": "web"})


def test_a_service_that_is_missing_is_reported_without_an_error() -> None:
    instance = asleep()
    instance.ports.table.services["nowhere"] = NOWHERE
    answer = instance.wake({"service": "nowhere"})["nowhere"]
    assert answer["phase"] is None
    assert "correct its cluster_name and service_name" in str(answer["message"])


def test_a_wake_that_ecs_refuses_is_recorded_and_started_by_the_next_tick() -> None:
    instance = asleep()
    instance.ports.faults.fail("set_desired_count", times=1)
    answer = instance.wake({"service": "web"})["web"]
    assert answer["phase"] == "waking"
    assert "the next tick retries" in str(answer["message"])
    instance.tick()
    assert instance.desired(WEB) == 1


def test_a_service_that_auto_scaling_scales_to_zero_is_woken_all_the_same() -> None:
    instance = asleep()
    instance.world.scaling.register(*WEB.name, minimum=0, maximum=3)
    instance.wake({"service": "web"})
    assert instance.desired(WEB) == 1
