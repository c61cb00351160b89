"""No run waits for a call that AWS forbids: each retry loop ends at once, and its error says what to allow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.commands.leaving import UninstallFailed
from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.commands.sleep import run_sleep
from scale_to_zero.model.errors import CallForbidden
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Hold, Phase
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from simulator.ports.faults import Call, Fault
from simulator.terraform import payload_of_terraform

from .module_instance import ModuleInstance

WEB = a_service("web")
ALLOW = "is denied; allow it in the function's role"


def asleep() -> ModuleInstance:
    instance = ModuleInstance(WEB)
    instance.tick()
    ends_at = instance.world.now + MINUTE
    payload = {"service": "web", "action": "sleep"}
    run_sleep(instance.ports.gathered(), payload, ends_at=ends_at)
    assert instance.desired(WEB) == 0
    instance.ports.faults.calls.clear()
    return instance


def run(instance: ModuleInstance, payload: dict[str, object]) -> timedelta:
    """Return how long a run lasts that ends because AWS forbids a call."""
    began, ends_at = instance.world.now, instance.world.now + 15 * MINUTE
    with pytest.raises(CallForbidden, match=ALLOW):
        run_scale_up(instance.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)
    return instance.world.now - began


def watched(instance: ModuleInstance, payload: dict[str, object], caplog: pytest.LogCaptureFixture) -> timedelta:
    """Return how long a run lasts that starts a wake, but that AWS does not allow to watch the wake."""
    began, ends_at = instance.world.now, instance.world.now + 15 * MINUTE
    answer = run_scale_up(instance.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)
    assert instance.desired(WEB) == 1
    assert instance.state(WEB.name).phase is Phase.WAKING
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert "is waking, but this function cannot watch it" in errors[0]
    assert ALLOW in errors[0]
    if "wait" in payload:
        services = answer["services"]
        assert isinstance(services, dict)
        assert (services["web"]["phase"], services["web"]["message"]) == ("waking", errors[0])
    return instance.world.now - began


def calls(instance: ModuleInstance, name: str) -> int:
    return sum(call.name == name for call in instance.ports.faults.calls)


@pytest.mark.parametrize("client", ["wait", "watcher"])
@pytest.mark.parametrize("denied", ["healthy_targets", "wanted_targets"])
def test_a_wake_whose_readiness_cannot_be_observed_is_not_watched(
    client: str, denied: str, caplog: pytest.LogCaptureFixture
) -> None:
    instance = asleep()
    instance.ports.faults.fail(denied, Fault.FORBIDDEN)
    assert watched(instance, {"services": ["web"], client: True}, caplog) < 2 * MINUTE
    assert calls(instance, denied) == 1


def test_a_wake_whose_service_can_no_longer_be_described_is_not_watched(caplog: pytest.LogCaptureFixture) -> None:
    instance = asleep()
    observations = iter([None])
    instance.ports.faults.fault_of_call = lambda call: (
        next(observations, Fault.FORBIDDEN) if call.name == "describe" else None
    )
    assert watched(instance, {"services": ["web"], "watcher": True}, caplog) < MINUTE
    assert calls(instance, "describe") == 2


@pytest.mark.parametrize("denied", ["read", "take_lease"])
def test_a_wake_whose_state_cannot_be_read_is_not_watched(denied: str, caplog: pytest.LogCaptureFixture) -> None:
    instance = asleep()
    instance.ports.faults.fail(denied, Fault.FORBIDDEN)
    assert watched(instance, {"services": ["web"], "watcher": True}, caplog) < MINUTE
    assert calls(instance, denied) == 1


def test_a_wake_whose_end_cannot_be_written_is_not_watched(caplog: pytest.LogCaptureFixture) -> None:
    instance = asleep()

    def judge(call: Call) -> Fault | None:
        ends = call.name == "write" and getattr(call.value, "phase", None) is Phase.AWAKE
        return Fault.FORBIDDEN if ends else None

    instance.ports.faults.fault_of_call = judge
    assert watched(instance, {"services": ["web"], "watcher": True}, caplog) < 5 * MINUTE
    assert sum(judge(call) is not None for call in instance.ports.faults.calls) == 1


@pytest.mark.parametrize("client", ["wait", "watcher"])
def test_ticks_watch_at_once_a_wake_that_a_watcher_cannot_watch(client: str, caplog: pytest.LogCaptureFixture) -> None:
    """AWS denies the call for the wanted targets to the watcher's role, but not to the role of the ticks."""
    instance = asleep()
    instance.ports.faults.fail("wanted_targets", Fault.FORBIDDEN)
    watched(instance, {"services": ["web"], client: True}, caplog)
    until = instance.state(WEB.name).watcher_until
    assert until is None or until <= instance.world.now
    assert calls(instance, "start_watcher") == 0, "AWS would deny the call to another watcher too"
    instance.ports.faults.fix()
    instance.world.advance(MINUTE)
    instance.tick()
    assert instance.state(WEB.name).phase is Phase.AWAKE


@pytest.mark.parametrize("denied", ["read_services", "write", "set_desired_count"])
def test_a_schedule_does_not_try_again(denied: str) -> None:
    instance = asleep()
    instance.ports.faults.fail(denied, Fault.FORBIDDEN)
    payload = {"services": ["web"], "hold_minutes": 5, "scheduled": True}
    assert run(instance, payload) < timedelta(seconds=5)
    assert calls(instance, denied) == 1


def test_a_schedule_still_tries_again_if_a_call_only_failed() -> None:
    instance = asleep()
    instance.ports.faults.fail("read_services", Fault.LOST, times=2)
    answer = instance.wake({"services": ["web"], "hold_minutes": 5, "scheduled": True})
    assert answer["web"]["phase"] == "waking"


def test_a_hold_that_cannot_be_lifted_is_reported_with_the_cure() -> None:
    instance = ModuleInstance(WEB)
    instance.tick()
    held = replace(instance.state(WEB.name), hold=Hold(instance.world.now + timedelta(hours=1)))
    instance.ports.table.states[WEB.name] = held
    instance.ports.faults.fail("write", Fault.FORBIDDEN)
    assert run(instance, {"services": ["web"], "release": True}) == timedelta(0)


def test_uninstalling_does_not_repeat_a_forbidden_call() -> None:
    instance = asleep()
    instance.ports.faults.fail("describe", Fault.FORBIDDEN)
    began = instance.world.now
    with pytest.raises(UninstallFailed, match=ALLOW):
        run_scale_up(
            instance.ports.gathered(),
            payload_of_terraform(WEB),
            longest_hold=LONGEST_HOLD,
            ends_at=instance.world.now + 15 * MINUTE,
        )
    assert instance.world.now == began


def test_a_wake_that_cannot_be_started_is_started_by_a_tick_once_the_call_is_allowed() -> None:
    instance = asleep()
    instance.ports.faults.fail("set_desired_count", Fault.FORBIDDEN)
    run(instance, {"services": ["web"]})
    assert instance.state(WEB.name).phase is Phase.WAKING
    instance.ports.faults.fix()
    instance.tick()
    assert instance.desired(WEB) == 1
