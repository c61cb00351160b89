from __future__ import annotations

import logging

import pytest

from scale_to_zero.model.errors import CallFailed, CallForbidden, Refused
from scale_to_zero.web.api import answer_not_set_up
from simulator.ports.faults import Fault
from tests.unit.web.api.gateway import as_sent
from tests.unit.web.api.scene import Scene

WAKE = "/services/web/wake"


@pytest.fixture
def scene() -> Scene:
    scene = Scene()
    scene.is_asleep()
    return scene


@pytest.mark.parametrize(("path", "call"), [("/services", "read_all"), ("/services/web", "read_services")])
def test_a_table_that_cannot_be_read_is_reported_and_the_call_can_be_repeated(
    scene: Scene, path: str, call: str
) -> None:
    scene.faults.fail(call, Fault.REFUSED)
    answered = scene.get(path)
    assert (answered.code, answered.problem, answered.headers["retry-after"]) == (503, "unavailable", "5")


@pytest.mark.parametrize("call", ["read_services", "read"])
def test_a_wake_whose_result_could_not_be_read_can_be_requested_again(scene: Scene, call: str) -> None:
    scene.faults.fail(call, Fault.REFUSED, times=1)
    assert scene.post(WAKE).code == 503
    assert scene.post(WAKE).code == 202


def test_a_call_to_a_function_that_was_throttled_can_be_repeated(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.functions.fails = CallFailed("TooManyRequestsException: Rate exceeded")
    answered = scene.post(WAKE)
    assert (answered.code, answered.problem, answered.headers["retry-after"]) == (503, "unavailable", "5")
    assert answered.json_body()["detail"] == "TooManyRequestsException: Rate exceeded"
    assert "TooManyRequestsException" in caplog.text


def test_a_forbidden_call_must_not_be_repeated(scene: Scene) -> None:
    scene.functions.fails = CallForbidden("AccessDeniedException: lambda:InvokeFunction")
    answered = scene.post(WAKE)
    assert (answered.code, answered.problem) == (500, "not-permitted")
    assert "retry-after" not in answered.headers
    assert answered.json_body()["detail"] == (
        "AccessDeniedException: lambda:InvokeFunction. Retrying does not help until the call is allowed."
    )


@pytest.mark.parametrize(
    ("path", "call"), [("/services", "read_all"), ("/services/web", "read_services"), (WAKE, "read")]
)
def test_a_call_that_is_forbidden_to_read_the_table_must_not_be_repeated(scene: Scene, path: str, call: str) -> None:
    scene.faults.fail(call, Fault.FORBIDDEN)
    answered = scene.post(path) if path == WAKE else scene.get(path)
    assert (answered.code, answered.problem) == (500, "not-permitted")
    assert "retry-after" not in answered.headers


def test_the_failure_of_a_function_is_answered_in_its_own_words(scene: Scene) -> None:
    scene.functions.fails = Refused("WakeFailed", "No service could be woken: web: ECS is down")
    answered = scene.post(WAKE)
    assert (answered.code, answered.problem) == (502, "failed")
    assert answered.json_body()["detail"] == "No service could be woken: web: ECS is down"


def test_an_answer_without_the_service_is_a_failure(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene.functions, "scale_up", lambda payload: {"services": {}})
    assert scene.post(WAKE).code == 503


def test_an_error_of_the_module_is_a_500_with_its_cause_in_the_log(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.functions.fails = ZeroDivisionError("a bug")
    answered = scene.post(WAKE)
    assert (answered.code, answered.problem) == (500, "internal-error")
    assert "a bug" not in answered.body
    assert "ZeroDivisionError: a bug" in caplog.text


def test_a_function_that_is_not_set_up_answers_with_an_internal_error() -> None:
    answered = as_sent(answer_not_set_up())
    assert (answered.code, answered.problem) == (500, "internal-error")


def test_a_call_is_logged_in_the_modules_own_words(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    scene.post(WAKE)
    [record] = caplog.records
    assert record.getMessage() == "POST /services/{service}/wake was answered with 202"
    logged = {name: getattr(record, name) for name in ("method", "route", "service", "status")}
    assert logged == {"method": "POST", "route": "/services/{service}/wake", "service": "web", "status": 202}
