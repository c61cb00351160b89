"""The answers of the HTTP API if AWS forbids a call of the module's function that the API invokes."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scale_to_zero.commands.scale_up import run_scale_up
from scale_to_zero.commands.sleep import run_sleep
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Hold
from scale_to_zero.web.api import answer_call
from simulator.account import a_service
from simulator.functions import LONGEST_HOLD
from simulator.ports.faults import Call, Fault, Faults
from tests.simulation.module_instance import ModuleInstance
from tests.unit.web.api.gateway import Answered, an_event, as_sent

from .moto_stage import SCALE_UP, MotoStage
from .scripted_aws import Parameters

WEB = a_service("web")
JSON = {"Content-Type": "application/json"}


class Across:
    """The API, which calls the functions through AWS Lambda, and the faults of the functions' calls."""

    def __init__(self, moto: MotoStage) -> None:
        self.instance = ModuleInstance(WEB)
        self.instance.tick()
        self.faults = Faults()
        self._inner = self.instance.ports.of_one_run(self.faults.of, self.instance.ports.sleep).gathered()
        self._ports = replace(self.instance.ports.gathered(), functions=moto.ports.functions)
        moto.scripted.answer("lambda.Invoke", self._invoked)

    def is_asleep(self) -> None:
        run_sleep(
            self.instance.ports.gathered(),
            {"service": "web", "action": "sleep"},
            ends_at=self.instance.world.now + MINUTE,
        )
        assert self.instance.desired(WEB) == 0

    def call(self, method: str, path: str, body: object = None) -> Answered:
        headers, sent = (JSON, json.dumps(body).encode()) if body is not None else ({}, b"")
        event = an_event(method, path, headers=headers, body=sent)
        return as_sent(answer_call(self._ports, event, longest_hold=LONGEST_HOLD))

    def _invoked(self, parameters: Parameters) -> dict[str, Any]:
        """Answer as AWS Lambda does, which passes on the name and the message of an exception."""
        payload, ends_at = json.loads(parameters["Payload"]), self.instance.world.now + 15 * MINUTE
        try:
            if parameters["FunctionName"] == SCALE_UP:
                answer = run_scale_up(self._inner, payload, longest_hold=LONGEST_HOLD, ends_at=ends_at)
            else:
                answer = run_sleep(self._inner, payload, ends_at=ends_at)
        except Exception as error:  # noqa: BLE001 - AWS Lambda passes on every exception of a function
            failed = {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": []}
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": _body(failed)}
        return {"StatusCode": 200, "Payload": _body(answer)}


def _body(answer: object) -> io.BytesIO:
    return io.BytesIO(json.dumps(answer).encode())


@pytest.fixture
def across(moto: MotoStage) -> Across:
    return Across(moto)


def answers_that_it_is_forbidden(answered: Answered, call: str) -> None:
    assert (answered.code, answered.problem) == (500, "not-permitted")
    assert "retry-after" not in answered.headers
    detail = answered.json_body()["detail"]
    assert f"{call} of " in detail
    assert "is denied; allow it in the function's role" in detail
    assert detail.endswith("Retrying does not help until the call is allowed.")


@pytest.mark.parametrize("denied", ["read_services", "describe", "write", "set_desired_count"])
def test_a_wake_that_the_function_is_not_allowed_to_start(across: Across, denied: str) -> None:
    across.is_asleep()
    across.faults.fail(denied, Fault.FORBIDDEN)
    answers_that_it_is_forbidden(across.call("POST", "/services/web/wake"), denied)


@pytest.mark.parametrize("denied", ["read_services", "write"])
def test_a_hold_that_the_function_is_not_allowed_to_place(across: Across, denied: str) -> None:
    across.faults.fail(denied, Fault.FORBIDDEN)
    answers_that_it_is_forbidden(across.call("PUT", "/services/web/hold", {"minutes": 5}), denied)


@pytest.mark.parametrize("denied", ["read_services", "write"])
def test_a_hold_that_the_function_is_not_allowed_to_lift(across: Across, denied: str) -> None:
    state, until = across.instance.state(WEB.name), across.instance.world.now + timedelta(hours=1)
    across.instance.ports.table.states[WEB.name] = replace(state, hold=Hold(until))
    across.faults.fail(denied, Fault.FORBIDDEN)
    answers_that_it_is_forbidden(across.call("DELETE", "/services/web/hold"), denied)


@pytest.mark.parametrize("denied", ["hold_all", "read_all"])
def test_a_hold_of_all_that_the_function_is_not_allowed_to_place(across: Across, denied: str) -> None:
    across.faults.fail(denied, Fault.FORBIDDEN)
    until = across.instance.world.now + timedelta(hours=1)
    answered = across.call("PUT", "/hold", {"hold_all_until": f"{until:%Y-%m-%dT%H:%M:%SZ}"})
    answers_that_it_is_forbidden(answered, denied)


@pytest.mark.parametrize(
    "denied", ["read_services", "describe", "read_scalable_targets", "write", "set_desired_count", "protected"]
)
def test_a_service_that_the_function_is_not_allowed_to_put_to_sleep(across: Across, denied: str) -> None:
    across.faults.fail(denied, Fault.FORBIDDEN)
    answers_that_it_is_forbidden(across.call("POST", "/services/web/sleep"), denied)


@pytest.mark.parametrize("path", ["wake", "sleep"])
def test_a_call_that_is_denied_to_the_api_itself(across: Across, moto: MotoStage, path: str) -> None:
    moto.refuse("invoke_scale_up")
    answered = across.call("POST", f"/services/web/{path}")
    assert (answered.code, answered.problem) == (500, "not-permitted")
    assert "allow lambda:InvokeFunction in the function's role" in answered.json_body()["detail"]
    assert "retry-after" not in answered.headers


def test_a_wake_that_failed_for_another_reason_can_be_requested_again(across: Across) -> None:
    across.is_asleep()
    across.faults.fail("describe", Fault.LOST)
    answered = across.call("POST", "/services/web/wake")
    assert (answered.code, answered.problem, answered.headers["retry-after"]) == (503, "unavailable", "5")


def test_a_wake_that_was_denied_is_started_by_a_tick_when_the_call_is_allowed(across: Across) -> None:
    across.is_asleep()
    across.faults.fail("set_desired_count", Fault.FORBIDDEN)
    across.call("POST", "/services/web/wake")
    across.instance.tick()
    assert across.instance.desired(WEB) == 1


def test_a_service_of_several_that_is_not_denied_is_woken(across: Across) -> None:
    """A service whose call is denied does not prevent the wake of another service."""
    api = a_service("api")
    instance = ModuleInstance(WEB, api, desired=0)
    denied = Call("set_desired_count", WEB.name)
    instance.ports.faults.fault_of_call = lambda call: (
        Fault.FORBIDDEN if (call.name, call.subject) == (denied.name, denied.subject) else None
    )
    answer = instance.wake({"services": ["web", "api"]})
    assert instance.desired(api) == 1
    assert "is denied; allow it" in str(answer["web"]["message"])
