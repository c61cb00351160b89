"""What one run of the scale-to-zero function does and answers for a request to put services to sleep."""

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

from .module_instance import ModuleInstance

WEB, API = a_service("web"), a_service("api")


class InstanceWithSleep(ModuleInstance):
    """A module instance whose services can be put to sleep."""

    def sleep(self, payload: dict[str, object]) -> dict[str, dict[str, object]]:
        """Run scale-to-zero once, now; return its answer for each service."""
        ends_at = self.world.now + MINUTE
        answer = run_sleep(self.ports.gathered(), payload, ends_at=ends_at)["services"]
        assert isinstance(answer, dict)
        return answer


def awake() -> InstanceWithSleep:
    instance = InstanceWithSleep(WEB, API)
    instance.tick()
    return instance


def sleep_payload(*keys: str, **more: object) -> dict[str, object]:
    return {"services": list(keys), "action": "sleep", **more}


def test_it_answers_with_the_new_state_of_each_service() -> None:
    instance = awake()
    answer = instance.sleep(sleep_payload("web"))
    assert list(answer) == ["web"]
    assert (answer["web"]["phase"], answer["web"]["desired"], answer["web"]["hold"]) == ("asleep", 0, None)
    assert answer["web"]["message"] == "web goes to zero: this was requested"
    assert (instance.desired(WEB), instance.desired(API)) == (0, 1)


def test_it_changes_only_the_services_of_its_request() -> None:
    """The tick of this minute changes the other services, perhaps at the same moment."""
    instance = awake()
    instance.ports.table.states[API.name] = replace(instance.state(API.name), sleep_requested=instance.world.now)
    instance.sleep(sleep_payload("web"))
    assert instance.desired(API) == 1


def test_a_held_service_is_refused_and_nothing_is_changed() -> None:
    instance = awake()
    instance.wake({"service": "web", "hold_minutes": 60, "reason": "demo"})
    before = instance.state(WEB.name)
    answer = instance.sleep(sleep_payload("web"))["web"]
    assert (answer["refused"], answer["phase"], answer["desired"]) == (True, "awake", 1)
    assert "(demo); release it first" in str(answer["message"])
    assert (instance.state(WEB.name), instance.desired(WEB)) == (before, 1)


def test_force_lifts_the_hold() -> None:
    instance = awake()
    instance.wake({"service": "web", "hold_minutes": 60})
    answer = instance.sleep(sleep_payload("web", force=True))
    assert (answer["web"]["phase"], answer["web"]["hold"]) == ("asleep", None)


def test_one_that_is_refused_keeps_no_other_awake() -> None:
    instance = awake()
    instance.wake({"service": "web", "hold_minutes": 60})
    answer = instance.sleep(sleep_payload("web", "api"))
    assert (answer["web"]["phase"], answer["api"]["phase"]) == ("awake", "asleep")
    assert ("refused" in answer["web"], "refused" in answer["api"]) == (True, False)
    assert "release it first" in str(answer["web"]["message"])
    assert (instance.desired(WEB), instance.desired(API)) == (1, 0)


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_a_service_that_must_not_be_stopped_is_refused(mode: Mode) -> None:
    instance = awake()
    instance.ports.table.services["web"] = replace(WEB, mode=mode)
    assert instance.sleep(sleep_payload("web"))["web"]["refused"] is True
    assert instance.desired(WEB) == 1


def test_a_request_for_one_that_sleeps_already_is_not_refused() -> None:
    instance = awake()
    instance.sleep(sleep_payload("web"))
    answer = instance.sleep(sleep_payload("web"))["web"]
    assert answer["phase"] == "asleep"
    assert "refused" not in answer


def test_an_invalid_payload_changes_nothing() -> None:
    instance = awake()
    with pytest.raises(PayloadRefused):
        instance.sleep({"action": "sleep"})
    assert (instance.desired(WEB), instance.desired(API)) == (1, 1)


def test_a_request_is_refused_if_a_hold_begins_meanwhile() -> None:
    """The run reads the service state again and decides by the new state."""
    instance = awake()

    def held_meanwhile(call: Call) -> Fault | None:
        state = instance.state(WEB.name)
        if call.name == "write" and state.hold is None:
            hold = Hold(instance.world.now + 60 * MINUTE, "first")
            instance.ports.table.states[WEB.name] = replace(state, hold=hold, version=state.version + 1)
        return None

    instance.ports.faults.fault_of_call = held_meanwhile
    answer = instance.sleep(sleep_payload("web"))["web"]
    assert (answer["refused"], instance.desired(WEB)) == (True, 1)
    assert "(first)" in str(answer["message"])


def test_a_service_that_cannot_be_written_keeps_no_other_awake() -> None:
    instance = awake()
    instance.ports.faults.fail("write", subject=WEB.name)
    answer = instance.sleep(sleep_payload("web", "api"))
    assert "refused" in str(answer["web"]["message"])
    assert (instance.desired(WEB), instance.desired(API)) == (1, 0)


def test_if_nothing_could_be_done_the_run_fails() -> None:
    instance = awake()
    instance.ports.faults.fail("write")
    with pytest.raises(WakeFailed, match=r"web: write of .* was refused"):
        instance.sleep(sleep_payload("web"))


def test_a_stop_that_ecs_refuses_ends_the_request() -> None:
    instance = awake()
    instance.ports.faults.fail("set_desired_count", times=1)
    answer = instance.sleep(sleep_payload("web"))["web"]
    assert (answer["phase"], answer["desired"]) == ("awake", 1)
    instance.world.advance(MINUTE)
    instance.tick()
    assert (instance.desired(WEB), instance.state(WEB.name).phase) == (1, Phase.AWAKE)


def test_a_stop_that_ecs_does_not_answer_is_left_to_the_next_ticks() -> None:
    instance = awake()
    instance.ports.faults.fail("set_desired_count", Fault.LOST, times=1)
    answer = instance.sleep(sleep_payload("web"))["web"]
    assert (answer["phase"], answer["desired"]) == ("asleep", 1)
    instance.world.advance(2 * MINUTE)
    instance.tick()
    assert instance.state(WEB.name).phase is not Phase.ASLEEP, "ECS never got the stop, so the service is awake"
