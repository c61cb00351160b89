"""Nobody waits for a call that AWS forbids: each loop that tries again ends at once, and says what to allow."""

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

from .module_instance import House

WEB = a_service("web")
ALLOW = "is denied; allow it in the function's role"


def asleep() -> House:
    house = House(WEB)
    house.tick()
    ends_at = house.world.now + MINUTE
    asked = {"service": "web", "action": "sleep"}
    run_sleep(house.ports.gathered(), asked, ends_at=ends_at)
    assert house.desired(WEB) == 0
    house.ports.faults.calls.clear()
    return house


def run(house: House, payload: dict[str, object]) -> timedelta:
    """How long a run lasts that ends because AWS forbids a call."""
    began, ends_at = house.world.now, house.world.now + 15 * MINUTE
    with pytest.raises(CallForbidden, match=ALLOW):
        run_scale_up(house.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)
    return house.world.now - began


def watched(house: House, payload: dict[str, object], caplog: pytest.LogCaptureFixture) -> timedelta:
    """How long a run watches a wake that goes on, and that AWS forbids it to watch."""
    began, ends_at = house.world.now, house.world.now + 15 * MINUTE
    told = run_scale_up(house.ports.gathered(), payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)
    assert house.desired(WEB) == 1
    assert house.memory(WEB.name).phase is Phase.WAKING
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert "is waking, but this function cannot watch it" in errors[0]
    assert ALLOW in errors[0]
    if "wait" in payload:
        services = told["services"]
        assert isinstance(services, dict)
        assert (services["web"]["phase"], services["web"]["message"]) == ("waking", errors[0])
    return house.world.now - began


def calls(house: House, name: str) -> int:
    return sum(call.name == name for call in house.ports.faults.calls)


@pytest.mark.parametrize("who", ["wait", "escort"])
@pytest.mark.parametrize("denied", ["healthy_targets", "wanted_targets"])
def test_a_wake_whose_readiness_may_not_be_seen_is_not_watched(
    who: str, denied: str, caplog: pytest.LogCaptureFixture
) -> None:
    house = asleep()
    house.ports.faults.fail(denied, Fault.FORBIDDEN)
    assert watched(house, {"services": ["web"], who: True}, caplog) < 2 * MINUTE
    assert calls(house, denied) == 1


def test_a_wake_whose_service_may_no_longer_be_described_is_not_watched(caplog: pytest.LogCaptureFixture) -> None:
    house = asleep()
    looks = iter([None])
    house.ports.faults.judge = lambda call: next(looks, Fault.FORBIDDEN) if call.name == "describe" else None
    assert watched(house, {"services": ["web"], "escort": True}, caplog) < MINUTE
    assert calls(house, "describe") == 2


@pytest.mark.parametrize("denied", ["read", "claim"])
def test_a_wake_whose_state_may_not_be_followed_is_not_watched(denied: str, caplog: pytest.LogCaptureFixture) -> None:
    house = asleep()
    house.ports.faults.fail(denied, Fault.FORBIDDEN)
    assert watched(house, {"services": ["web"], "escort": True}, caplog) < MINUTE
    assert calls(house, denied) == 1


def test_a_wake_whose_end_may_not_be_written_is_not_watched(caplog: pytest.LogCaptureFixture) -> None:
    house = asleep()

    def judge(call: Call) -> Fault | None:
        ends = call.name == "write" and getattr(call.value, "phase", None) is Phase.AWAKE
        return Fault.FORBIDDEN if ends else None

    house.ports.faults.judge = judge
    assert watched(house, {"services": ["web"], "escort": True}, caplog) < 5 * MINUTE
    assert sum(judge(call) is not None for call in house.ports.faults.calls) == 1


@pytest.mark.parametrize("who", ["wait", "escort"])
def test_the_ticks_watch_at_once_what_a_watcher_may_not(who: str, caplog: pytest.LogCaptureFixture) -> None:
    """Its role is denied to see whether targets are wanted; the role of the ticks is not."""
    house = asleep()
    house.ports.faults.fail("wanted_targets", Fault.FORBIDDEN)
    watched(house, {"services": ["web"], who: True}, caplog)
    until = house.memory(WEB.name).escorted_until
    assert until is None or until <= house.world.now
    assert calls(house, "send_escort") == 0, "another watcher may not watch it either"
    house.ports.faults.mend()
    house.world.advance(MINUTE)
    house.tick()
    assert house.memory(WEB.name).phase is Phase.AWAKE


@pytest.mark.parametrize("denied", ["read_services", "write", "set_desired_count"])
def test_a_schedule_does_not_try_again(denied: str) -> None:
    house = asleep()
    house.ports.faults.fail(denied, Fault.FORBIDDEN)
    payload = {"services": ["web"], "hold_minutes": 5, "scheduled": True}
    assert run(house, payload) < timedelta(seconds=5)
    assert calls(house, denied) == 1


def test_a_schedule_still_tries_again_where_a_call_only_failed() -> None:
    house = asleep()
    house.ports.faults.fail("read_services", Fault.LOST, times=2)
    told = house.wake({"services": ["web"], "hold_minutes": 5, "scheduled": True})
    assert told["web"]["phase"] == "waking"


def test_a_hold_that_may_not_be_lifted_is_told_with_the_cure() -> None:
    house = House(WEB)
    house.tick()
    held = replace(house.memory(WEB.name), hold=Hold(house.world.now + timedelta(hours=1)))
    house.ports.table.memories[WEB.name] = held
    house.ports.faults.fail("write", Fault.FORBIDDEN)
    assert run(house, {"services": ["web"], "release": True}) == timedelta(0)


def test_uninstalling_does_not_try_again_what_may_not_be_seen() -> None:
    house = asleep()
    house.ports.faults.fail("describe", Fault.FORBIDDEN)
    began = house.world.now
    with pytest.raises(UninstallFailed, match=ALLOW):
        run_scale_up(
            house.ports.gathered(),
            payload_of_terraform(WEB),
            longest_hold=LONGEST_HOLD,
            ends_at=house.world.now + 15 * MINUTE,
        )
    assert house.world.now == began


def test_a_wake_that_may_not_be_started_is_started_by_a_tick_once_it_is_allowed() -> None:
    house = asleep()
    house.ports.faults.fail("set_desired_count", Fault.FORBIDDEN)
    run(house, {"services": ["web"]})
    assert house.memory(WEB.name).phase is Phase.WAKING
    house.ports.faults.mend()
    house.tick()
    assert house.desired(WEB) == 1
