from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.errors import Refused
from tests.unit.web.api.gateway import Event, an_event
from tests.unit.web.api.scene import JSON, Scene, with_json

ACTS = [("POST", "wake"), ("POST", "sleep"), ("PUT", "hold"), ("DELETE", "hold")]
LARGEST = 4096
LONGEST_HOLD_MINUTES: Final = 10_080
LONGEST_REASON: Final = 200

acts_with_bodies = st.sampled_from(ACTS[:3])
# JSON can hold half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
not_an_object = scalars | st.lists(scalars, max_size=2)
fields = st.fixed_dictionaries({}, optional={"minutes": st.just(1), "reason": st.just("demo"), "force": st.booleans()})
unknown_names = st.sampled_from(["service", "services", "release", "Minutes"]) | texts.filter(
    lambda name: name not in ("minutes", "reason", "force")
)
with_an_unknown_field = st.builds(lambda known, name, value: {**known, name: value}, fields, unknown_names, scalars)
not_understood = (
    (not_an_object | with_an_unknown_field).map(lambda value: json.dumps(value).encode())
    | st.binary(min_size=1, max_size=20).filter(lambda body: not body.strip().startswith(b"{"))
    | st.just(b"{")
)


def asleep() -> Scene:
    scene = Scene()
    scene.is_asleep()
    return scene


def a_body(method: str, what: str, body: bytes, content_type: str = JSON) -> Event:
    return an_event(method, f"/services/web/{what}", headers={"content-type": content_type}, body=body)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/service",
        "/hold/",
        "/hold/web",
        "/Hold",
        "/services/web/",
        "/services/web/wake/",
        "//services",
        "/services/web/restart",
        "/Services",
    ],
)
def test_other_paths_are_not_found(path: str) -> None:
    answered = asleep().get(path)
    assert answered.code == 404
    assert answered.problem == ("no-such-service" if path == "/services/" else "no-such-path")


@settings(max_examples=40)
@given(
    key=st.sampled_from(["", "WEB", "we%62", "web%00", "..", "web?", "web;a=b", "w\u200beb", "web\r\nX: y", "web "])
    | texts.filter(lambda key: key != "web" and "/" not in key)
)
def test_a_service_is_known_by_its_exact_key_only(key: str) -> None:
    scene = asleep()
    assert scene.get(f"/services/{key}").problem == "no-such-service"
    for method, what in ACTS:
        body = b'{"minutes": 1}' if method == "PUT" else b""
        event = an_event(method, f"/services/{key}/{what}", headers={"content-type": JSON}, body=body)
        assert scene.call(event).code == 404
    assert scene.functions.payloads == []


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/services", "GET"),
        ("/services/web", "GET"),
        ("/services/web/wake", "POST"),
        ("/services/web/sleep", "POST"),
        ("/services/web/hold", "DELETE, PUT"),
        ("/hold", "DELETE, PUT"),
    ],
)
def test_another_method_is_answered_with_the_allowed_methods(path: str, allowed: str) -> None:
    scene = asleep()
    others = {"GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE", "TRACE", "get"} - set(allowed.split(", "))
    for method in others:
        answered = scene.call(an_event(method, path))
        assert (answered.code, answered.headers["allow"]) == (405, allowed)
        assert answered.body == "" if method == "HEAD" else answered.problem == "method-not-allowed"
    assert scene.functions.payloads == []


@settings(max_examples=100)
@example(act=ACTS[0], body=b"[" * LARGEST)
@example(act=ACTS[1], body=b"9" * LARGEST)
@example(act=ACTS[2], body=b"\xff")
@example(act=ACTS[2], body=b'{"minutes": NaN}')
@given(act=acts_with_bodies, body=not_understood)
def test_a_body_that_is_not_understood_is_refused_with_what_is_allowed(act: tuple[str, str], body: bytes) -> None:
    scene = asleep()
    answered = scene.call(a_body(*act, body))
    assert (answered.code, answered.problem) == (400, "bad-request")
    assert "allowed is {" in answered.json_body()["detail"]
    assert scene.functions.payloads == []


@pytest.mark.parametrize(("method", "what"), ACTS[:3])
def test_a_body_that_is_too_large_is_refused(method: str, what: str) -> None:
    scene = asleep()
    fits = a_body(method, what, b" " * (LARGEST - 2) + b"[]")
    assert scene.call(fits).code == 400
    answered = scene.call(a_body(method, what, b" " * (LARGEST - 1) + b"[]"))
    assert (answered.code, answered.problem) == (413, "body-too-large")


@settings(max_examples=40)
@example(act=ACTS[0], content_type="application/jsonx")
@given(
    act=acts_with_bodies,
    content_type=st.sampled_from(
        ["", "text/plain", "application/x-www-form-urlencoded", "application/json-seq", "json"]
    )
    | st.text(max_size=20),
)
def test_a_body_that_is_not_sent_as_json_is_refused(act: tuple[str, str], content_type: str) -> None:
    scene = asleep()
    answered = scene.call(a_body(*act, b'{"minutes": 1}', content_type))
    assert (answered.code, answered.problem) == (415, "not-json")
    assert scene.functions.payloads == []


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", " application/json "])
def test_json_is_recognised_by_its_media_type_whatever_its_case_and_parameters(content_type: str) -> None:
    body = b'{"minutes": 1}'
    assert asleep().call(a_body("PUT", "hold", body, content_type)).code == 200


def test_a_body_that_api_gateway_has_encoded_is_decoded() -> None:
    event = with_json("PUT", "/services/web/hold", {"minutes": 1})
    event |= {"body": "eyJtaW51dGVzIjogMX0=", "isBase64Encoded": True}
    assert asleep().call(event).code == 200
    event["body"] = "eyJtaW51dGVzIjogMX0"
    assert asleep().call(event).code == 400


def test_a_call_without_a_body_needs_no_content_type() -> None:
    """``curl --data ''`` sends a form that is empty."""
    event = an_event("POST", "/services/web/wake", headers={"content-type": "application/x-www-form-urlencoded"})
    assert asleep().call(event).code == 202
    assert asleep().post("/services/web/wake", {}).code == 202


@settings(max_examples=60)
@example(minutes=0)
@example(minutes=True)
@example(minutes=LONGEST_HOLD_MINUTES + 1)
@example(minutes=1.5)
@example(minutes=1e400)
@example(minutes=10**4000)
@example(minutes="120")
@given(
    minutes=st.none()
    | st.booleans()
    | st.integers(max_value=0)
    | st.integers(min_value=LONGEST_HOLD_MINUTES + 1)
    | st.floats().filter(lambda minutes: not (minutes.is_integer() and 1 <= minutes <= LONGEST_HOLD_MINUTES))
    | texts
    | st.lists(st.just(120), max_size=1)
    | st.just({})
)
def test_invalid_minutes_are_refused_with_the_longest_hold(minutes: object) -> None:
    scene = asleep()
    answered = scene.put("/services/web/hold", {"minutes": minutes})
    assert (answered.code, answered.problem) == (400, "bad-request")
    assert "a whole number N from 1 to 10080" in answered.json_body()["detail"]
    assert scene.functions.payloads == []


def test_a_hold_without_minutes_or_without_a_body_is_refused() -> None:
    assert asleep().put("/services/web/hold", {"reason": "demo"}).code == 400
    assert asleep().put("/services/web/hold", None).code == 400


not_printable = st.sampled_from(["\n", "\x00", "\x1b", "\ud800", "\u2028"]) | st.characters(
    categories=["Cc", "Cs", "Zl"]
)


@settings(max_examples=60)
@example(reason=None)
@example(reason="a" * (LONGEST_REASON + 1))
@given(
    reason=st.integers()
    | st.lists(st.just("demo"), max_size=1)
    | st.builds("{}{}{}".format, st.text(max_size=5), not_printable, st.text(max_size=5))
)
def test_a_reason_that_is_not_one_line_of_text_is_refused(reason: object) -> None:
    scene = asleep()
    answered = scene.put("/services/web/hold", {"minutes": 1, "reason": reason})
    assert (answered.code, answered.problem) == (400, "bad-request")
    assert scene.functions.payloads == []


def test_the_longest_reason_fits_however_it_is_written() -> None:
    assert asleep().put("/services/web/hold", {"minutes": 1, "reason": "🎉" * 200}).code == 200


@settings(max_examples=30)
@example(force=None)
@example(force=1)
@given(force=not_an_object.filter(lambda value: not isinstance(value, bool)))
def test_a_force_that_is_neither_true_nor_false_is_refused(force: object) -> None:
    scene = asleep()
    answered = scene.post("/services/web/sleep", {"force": force})
    assert (answered.code, answered.problem) == (400, "bad-request")
    assert scene.functions.payloads == []


def test_a_refusal_of_the_function_is_answered_in_its_own_words() -> None:
    scene = asleep()
    scene.functions.fails = Refused("PayloadRefused", '"hold_minutes" is not a whole number from 1 to 60.')
    answered = scene.put("/services/web/hold", {"minutes": 61})
    assert (answered.code, answered.problem) == (400, "bad-request")
    assert answered.json_body()["detail"] == '"hold_minutes" is not a whole number from 1 to 60.'


@pytest.mark.parametrize("event", [None, {}, [], "GET /services", {"Records": []}, {"rawPath": "/services"}])
def test_an_event_that_is_not_a_call_is_refused(event: object) -> None:
    assert json.loads(asleep().call(event).body)["title"] == "Bad request"
