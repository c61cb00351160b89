"""The requests that can be made for all services at once. Every other request is refused in one sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.service_state import HoldAll
from scale_to_zero.rules.payload import PayloadRefused, is_hold_all_request, read_hold_all, read_wake_request

NOW = datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
LONGEST = timedelta(days=7)
NO_INSTANT = '"hold_all_until" is not a date and time with a time zone, such as "2026-11-29T23:00:00Z"'
OUTSIDE = '"hold_all_until" must be later than now (2026-11-29T10:00:00Z) and no later than 2026-12-06T10:00:00Z'
NO_REASON = '"reason" is not one line of text of at most 200 characters'


@pytest.mark.parametrize(
    ("written", "hours"),
    [
        ("2026-11-29T23:00:00Z", 13),
        ("2026-11-29t23:00:00z", 13),
        ("2026-11-29T23:00Z", 13),
        ("2026-11-29T23:00:00.000000Z", 13),
        ("2026-11-30T00:00:00+01:00", 13),
        ("2026-11-29T15:00:00-08:00", 13),
        ("2026-12-06T10:00:00Z", 7 * 24),
    ],
)
def test_an_instant_in_any_zone_is_accepted(written: str, hours: int) -> None:
    payload = {"hold_all_until": written, "reason": "incident 42"}
    assert is_hold_all_request(payload)
    assert read_hold_all(payload, NOW, LONGEST) == HoldAll(NOW, NOW + timedelta(hours=hours), "incident 42")


def test_a_hold_of_all_needs_no_reason() -> None:
    read = read_hold_all({"hold_all_until": "2026-11-29T23:00:00Z"}, NOW, LONGEST)
    assert read == HoldAll(NOW, NOW + timedelta(hours=13))


@pytest.mark.parametrize("payload", [{"hold_all_until": None}, {"hold_all_until": None, "reason": "it is over"}])
def test_null_releases_all(payload: dict[object, object]) -> None:
    assert is_hold_all_request(payload)
    assert read_hold_all(payload, NOW, LONGEST) is None


@pytest.mark.parametrize("payload", [None, {}, [], "hold_all_until", ["hold_all_until"], {"hold_minutes": 5}])
def test_no_other_payload_requests_a_hold_of_all(payload: object) -> None:
    assert not is_hold_all_request(payload)


def must_be_refused(payload: dict[object, object], named: str) -> None:
    with pytest.raises(PayloadRefused) as refusal:
        read_hold_all(payload, NOW, LONGEST)
    sentence = str(refusal.value)
    assert sentence.startswith(named), sentence
    assert 'allowed are {}, {"service": "NAME"}' in sentence
    assert '{"hold_all_until": INSTANT} (and "reason": "WHY") and {"hold_all_until": null}.' in sentence
    assert "\n" not in sentence


@settings(max_examples=60)
@example(written="2026-11-29T23:00:00")
@example(written="2026-11-29")
@example(written="2026-W48-7T23:00:00Z")
@example(written="20261129T230000Z")
@example(written="2026-11-29 23:00:00Z")
@example(written=" 2026-11-29T23:00:00Z")
@example(written="2026-11-29T23:00:00Z\n")
@example(written="2026-11-31T23:00:00Z")
@example(written="2026-11-29T23:60:00Z")
@example(written="2026-11-29T23:00:00+99:00")
@example(written="0001-01-01T00:00:00+23:00")
@example(written="9999-12-31T23:59:59-23:00")
@example(written="\u0662026-11-29T23:00:00Z")
@example(written=1795993200)
@example(written=True)
@example(written={"S": "2026-11-29T23:00:00Z"})
@given(written=st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(), max_size=1))
def test_a_value_that_is_not_an_instant_is_refused(written: object) -> None:
    must_be_refused({"hold_all_until": written}, NO_INSTANT)


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-29T10:00:00Z",
        "2026-11-29T09:59:59Z",
        "2025-11-29T23:00:00Z",
        "2026-12-06T10:00:01Z",
        "9999-01-01T00:00Z",
    ],
)
def test_an_instant_that_is_past_or_too_far_is_refused_with_the_bounds(written: str) -> None:
    must_be_refused({"hold_all_until": written}, OUTSIDE)


@pytest.mark.parametrize("reason", [None, 42, "x" * 201, "two\nlines", "\x1b[31mred", ["incident"]])
def test_a_reason_that_is_not_one_line_of_text_is_refused(reason: object) -> None:
    must_be_refused({"hold_all_until": "2026-11-29T23:00:00Z", "reason": reason}, NO_REASON)


@pytest.mark.parametrize(
    "other",
    [
        {"service": "web"},
        {"services": ["web"]},
        {"wait": True},
        {"hold_minutes": 5},
        {"release": True},
        {"x": 1},
        {1: 2},
    ],
)
def test_a_hold_of_all_cannot_be_combined_with_other_fields(other: dict[object, object]) -> None:
    for until in ("2026-11-29T23:00:00Z", None):
        must_be_refused({"hold_all_until": until, **other}, '"hold_all_until" can only be combined with "reason"')


def test_the_refusal_of_another_payload_names_a_hold_of_all_as_allowed() -> None:
    with pytest.raises(PayloadRefused, match=r'\{"hold_all_until": null\}'):
        read_wake_request({"hold_everything": True}, (), longest_hold=LONGEST)
