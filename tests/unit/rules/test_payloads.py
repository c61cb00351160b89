"""The payloads that the functions accept. Every other payload is refused in one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.rules.payload import PayloadRefused, is_sleep_request, read_sleep_request, read_wake_request
from tests.unit.timeline import a_service

SERVICES = (a_service(), replace(a_service(), key="api", name=ServiceName("city-guided-cluster", "api")))


@pytest.mark.parametrize(
    ("payload", "keys", "wait"),
    [
        ({}, ["api", "web"], False),
        (None, ["api", "web"], False),
        ({"service": "web"}, ["web"], False),
        ({"services": ["web", "api", "web"]}, ["web", "api"], False),
        ({"service": "api", "wait": True}, ["api"], True),
        ({"wait": True}, ["api", "web"], True),
    ],
)
def test_these_payloads_are_accepted(payload: object, keys: list[str], wait: bool) -> None:
    request = read_wake_request(payload, SERVICES, longest_hold=timedelta(hours=2))
    assert [service.key for service in request.services] == keys
    assert request.wait is wait


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ([], "not a JSON object"),
        ("web", "not a JSON object"),
        ({"service": "shop"}, "manages api, web"),
        ({"services": ["web", "shop"]}, "no service shop"),
        ({"service": ["web"]}, "not a list of texts"),
        ({"services": "web"}, "not a list of texts"),
        ({"services": []}, "empty"),
        ({"services": [1]}, "not a list of texts"),
        ({"service": "web", "services": ["api"]}, "both"),
        ({"service": "web", "wait": "yes"}, "neither true nor false"),
        ({"sevrice": "web"}, "unknown fields (sevrice)"),
    ],
)
def test_these_payloads_are_refused_in_one_sentence_that_says_what_is_allowed(payload: object, named: str) -> None:
    with pytest.raises(PayloadRefused) as refusal:
        read_wake_request(payload, SERVICES, longest_hold=timedelta(hours=2))
    sentence = str(refusal.value)
    assert named in sentence
    assert "allowed are" in sentence or "manages" in sentence
    assert "\n" not in sentence


def test_a_schedule_skips_services_that_no_longer_exist() -> None:
    payload = {"services": ["web", "gone"], "hold_minutes": 60, "scheduled": True}
    request = read_wake_request(payload, SERVICES, longest_hold=timedelta(hours=2))
    assert ([service.key for service in request.services], request.unknown_services) == (["web"], ("gone",))
    assert request.hold == timedelta(hours=1)


@pytest.mark.parametrize("payload", [{"services": ["gone"], "scheduled": True}, {"services": ["web", "gone"]}])
def test_unknown_services_are_refused_if_no_service_is_left_or_the_payload_is_not_of_a_schedule(
    payload: object,
) -> None:
    with pytest.raises(PayloadRefused, match="no service gone"):
        read_wake_request(payload, SERVICES, longest_hold=timedelta(hours=2))


@pytest.mark.parametrize(
    ("payload", "is_a_request"),
    [
        ({}, False),
        (None, False),
        ({"detail-type": "Scheduled Event", "source": "aws.events"}, False),
        ({"source": "aws.events"}, False),
        ({"service": "web", "action": "sleep"}, True),
        ({"release": True}, True),
        ({"Service": "web"}, True),
    ],
)
def test_every_payload_except_the_event_of_a_tick_is_a_request_to_the_scale_to_zero_function(
    payload: object, is_a_request: bool
) -> None:
    assert is_sleep_request(payload) is is_a_request


@pytest.mark.parametrize(
    ("payload", "named"),
    [
        ({"release": True}, "unknown fields (release)"),
        ({"service": "web"}, '"action" is not "sleep"'),
        ({"action": "sleep"}, "names no service"),
        ({"service": "web", "action": "sleep", "force": "yes"}, "neither true nor false"),
        ({"service": "shop", "action": "sleep"}, "no service shop"),
    ],
)
def test_a_payload_that_the_scale_to_zero_function_does_not_know_is_refused(payload: object, named: str) -> None:
    with pytest.raises(PayloadRefused) as refusal:
        read_sleep_request(payload, SERVICES)
    assert named in str(refusal.value)


def test_a_refusal_names_up_to_twenty_services() -> None:
    twenty = [replace(a_service(), key=f"service-{n:04}") for n in range(20)]
    with pytest.raises(PayloadRefused) as refusal:
        read_wake_request({"service": "shop"}, twenty, longest_hold=timedelta(hours=2))
    assert "service-0019" in str(refusal.value)
    assert "more" not in str(refusal.value)


def test_a_refusal_names_at_most_twenty_services() -> None:
    many = [replace(a_service(), key=f"service-{n:04}") for n in range(1000)]
    with pytest.raises(PayloadRefused, match="and 980 more"):
        read_wake_request({"service": "shop"}, many, longest_hold=timedelta(hours=2))


def test_a_refusal_says_which_configuration_cannot_be_read() -> None:
    with pytest.raises(PayloadRefused, match="config#shop cannot be read"):
        read_wake_request(
            {"service": "shop"},
            SERVICES,
            ["the configuration item config#shop cannot be read"],
            longest_hold=timedelta(hours=2),
        )
