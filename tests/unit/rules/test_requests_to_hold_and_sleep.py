"""The requests that can be made about holds and sleep. Every other request is refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.rules.payload import PayloadRefused, is_sleep_request, read_sleep_request, read_wake_request
from tests.unit.timeline import MINUTE, a_service

SERVICES = (a_service(), replace(a_service(), key="api", name=ServiceName("city-guided-cluster", "api")))
LONGEST = timedelta(hours=2)
A_TICK = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-03-02T10:00:00Z",
    "region": "eu-west-3",
    "resources": ["arn:aws:events:eu-west-3:123456789012:rule/tick"],
    "detail": {},
}


@settings(max_examples=20)
@example(minutes=1)
@example(minutes=120)
@given(minutes=st.integers(1, 120))
def test_a_hold_has_a_number_of_minutes_and_a_reason(minutes: int) -> None:
    request = read_wake_request(
        {"service": "web", "hold_minutes": minutes, "reason": "démo"}, SERVICES, longest_hold=LONGEST
    )
    assert (request.hold, request.reason, request.release) == (minutes * MINUTE, "démo", False)


def test_a_hold_needs_no_reason_and_can_be_for_every_service_and_be_waited_for() -> None:
    request = read_wake_request({"hold_minutes": 5, "wait": True}, SERVICES, longest_hold=LONGEST)
    assert ([one.key for one in request.services], request.hold, request.reason, request.wait) == (
        ["api", "web"],
        5 * MINUTE,
        "",
        True,
    )


def test_a_reason_can_have_two_hundred_characters() -> None:
    request = read_wake_request({"hold_minutes": 5, "reason": "x" * 200}, SERVICES, longest_hold=LONGEST)
    assert len(request.reason) == 200


def test_a_wake_alone_does_not_hold_a_service() -> None:
    assert read_wake_request({"service": "web"}, SERVICES, longest_hold=LONGEST).hold is None


@pytest.mark.parametrize("payload", [{"service": "web", "release": True}, {"release": True}])
def test_the_holds_of_one_service_or_of_all_are_lifted(payload: dict[str, object]) -> None:
    request = read_wake_request(payload, SERVICES, longest_hold=LONGEST)
    assert (request.release, request.hold, len(request.services)) == (True, None, 1 if "service" in payload else 2)


NO_MINUTES = '"hold_minutes" is not a whole number from 1 to 120'
NO_REASON = '"reason" is not one line of text of at most 200 characters'
NO_OTHER_FIELD = '"release" cannot be combined with other fields'


def must_be_refused(payload: object, named: str) -> None:
    with pytest.raises(PayloadRefused) as refusal:
        read_wake_request(payload, SERVICES, longest_hold=LONGEST)
    sentence = str(refusal.value)
    assert sentence.startswith(named) or f"({named.partition('(')[2]}" in sentence
    assert "allowed are" in sentence
    assert "\n" not in sentence


@settings(max_examples=50)
@example(minutes=0)
@example(minutes=121)
@example(minutes=1.5)
@example(minutes=True)
@example(minutes="5")
@given(
    minutes=st.none()
    | st.booleans()
    | st.integers(max_value=0)
    | st.integers(min_value=121)
    | st.floats()
    | st.text()
    | st.lists(st.just(5), max_size=1)
)
def test_a_number_of_minutes_that_no_hold_can_have_is_refused(minutes: object) -> None:
    must_be_refused({"hold_minutes": minutes}, NO_MINUTES)


line_breaking = st.sampled_from(["\n", "\r", "\x1b", "\x00", "\u2028"]) | st.characters(categories=["Cc", "Zl", "Zp"])


@settings(max_examples=40)
@example(reason="x" * 201)
@example(reason="\x1b[31mred")
@given(
    reason=st.none()
    | st.integers()
    | st.builds("{}{}{}".format, st.text(max_size=5), line_breaking, st.text(max_size=5))
)
def test_a_reason_that_is_not_one_line_of_text_is_refused(reason: object) -> None:
    must_be_refused({"hold_minutes": 5, "reason": reason}, NO_REASON)


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"reason": "demo"}, '"reason" can only be combined with "hold_minutes"'),
        ({"release": True, "hold_minutes": 5}, NO_OTHER_FIELD),
        ({"release": True, "wait": True}, NO_OTHER_FIELD),
        ({"release": True, "watcher": True}, NO_OTHER_FIELD),
        ({"release": "yes"}, '"release" is neither true nor false'),
        ({"service": "web", "action": "sleep"}, "unknown fields (action)"),
    ],
)
def test_these_payloads_are_refused_by_the_scale_up_function(payload: dict[str, object], named: str) -> None:
    must_be_refused(payload, named)


@pytest.mark.parametrize("event", [{}, None, A_TICK, "tick", ["action"]])
def test_an_event_that_requests_nothing_is_a_tick(event: object) -> None:
    assert not is_sleep_request(event)


@pytest.mark.parametrize("name", ["action", "service", "services", "force"])
def test_an_event_that_requests_something_is_never_a_tick(name: str) -> None:
    """If it ran as a tick, it would answer that all went well."""
    assert is_sleep_request({name: None})


@pytest.mark.parametrize(
    ("payload", "keys", "force"),
    [
        ({"service": "web", "action": "sleep"}, ["web"], False),
        ({"services": ["web", "api"], "action": "sleep", "force": True}, ["web", "api"], True),
        ({"service": "web", "action": "sleep", "force": False}, ["web"], False),
    ],
)
def test_services_are_put_to_sleep_by_name(payload: object, keys: list[str], force: bool) -> None:
    request = read_sleep_request(payload, SERVICES)
    assert ([one.key for one in request.services], request.force) == (keys, force)


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"action": "sleep"}, "names no service"),
        ({"action": "sleep", "force": True}, "names no service"),
        ({"service": "web"}, '"action" is not "sleep"'),
        ({"service": "web", "action": "wake"}, '"action" is not "sleep"'),
        ({"service": "web", "action": "sleep", "force": 1}, '"force" is neither true nor false'),
        ({"service": "web", "action": "sleep", "wait": True}, "unknown fields (wait)"),
        ({"service": "web", "services": ["api"], "action": "sleep"}, "both"),
        ({"service": "shop", "action": "sleep"}, "There is no service shop"),
        ({"services": [], "action": "sleep"}, "empty"),
        ("sleep", "not a JSON object"),
    ],
)
def test_these_payloads_are_refused_by_the_scale_to_zero_function(payload: object, named: str) -> None:
    with pytest.raises(PayloadRefused) as refusal:
        read_sleep_request(payload, SERVICES)
    assert named in str(refusal.value)
    assert "\n" not in str(refusal.value)
