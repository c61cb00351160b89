"""The bodies that a call can have; every other body is refused. Pure.

A refusal names what is allowed. It never repeats what was sent.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import HoldAll
from scale_to_zero.rules.payload import HOLD_ALL, LONGEST_REASON, PayloadRefused, is_reason
from scale_to_zero.rules.payload import read_hold_all as hold_all_of

from .problems import Problem, ProblemKind, bad_request
from .request import Call

LARGEST_BODY: Final = 4096
"""Bytes; a reason of 200 characters takes 2,400 if each is written as two escapes."""
JSON_TYPE: Final = "application/json"


class HoldRequest(NamedTuple):
    """How long to keep a service awake, and why."""

    minutes: int
    reason: str


def read_hold(call: Call, longest: timedelta) -> HoldRequest:
    """Read the body of a hold. ``longest``: the longest hold allowed. Raises ``Problem``."""
    most = longest // MINUTE
    allowed = (
        f'allowed is {{"minutes": N, "reason": "TEXT"}} with a whole number N from 1 to {most} '
        f"and an optional text of at most {LONGEST_REASON} characters on one line"
    )
    body = _object(call, {"minutes", "reason"}, allowed)
    if body is None:
        raise bad_request(f"There is no body: {allowed}.")
    minutes, reason = _whole_number(body.get("minutes")), body.get("reason", "")
    if minutes is None or not 1 <= minutes <= most:
        raise bad_request(f'"minutes" is invalid: {allowed}.')
    if not is_reason(reason):
        raise bad_request(f'"reason" is invalid: {allowed}.')
    return HoldRequest(minutes, reason)


def read_hold_all(call: Call, now: datetime, longest: timedelta) -> HoldAll | None:
    """Read the body that holds all services, ``None`` if it releases them. Raises ``Problem``.

    ``longest``: the longest hold allowed.
    """
    allowed = (
        'allowed is {"hold_all_until": INSTANT, "reason": "TEXT"} with an instant such as "2026-11-29T23:00:00Z", or '
        f"null to release all, and an optional text of at most {LONGEST_REASON} characters on one line"
    )
    body = _object(call, {HOLD_ALL, "reason"}, allowed)
    if body is None or HOLD_ALL not in body:
        raise bad_request(f'The body has no "{HOLD_ALL}": {allowed}.')
    try:
        return hold_all_of(body, now, longest, allowed)
    except PayloadRefused as refusal:
        raise bad_request(str(refusal)) from refusal


def read_sleep(call: Call) -> bool:
    """Read whether to put a service to sleep even if it is held awake. Raises ``Problem``."""
    allowed = 'allowed is {"force": true}, {"force": false}, {} or no body'
    body = _object(call, {"force"}, allowed)
    force = False if body is None else body.get("force", False)
    if not isinstance(force, bool):
        raise bad_request(f'"force" is neither true nor false: {allowed}.')
    return force


def read_nothing(call: Call) -> None:
    """Check that the body is empty. Raises ``Problem``."""
    _object(call, (), "allowed is {} or no body")


def _object(call: Call, fields: Collection[str], allowed: str) -> Mapping[str, object] | None:
    """Read the body as a JSON object with these fields only, ``None`` if there is no body. Raises ``Problem``."""
    if not call.body:
        return None
    if len(call.body) > LARGEST_BODY:
        raise Problem(ProblemKind.BODY_TOO_LARGE, f"The body has more than {LARGEST_BODY} bytes: {allowed}.")
    if call.content_type != JSON_TYPE:
        raise Problem(ProblemKind.NOT_JSON, f"The header Content-Type is not {JSON_TYPE}: send it with the body.")
    try:
        body = json.loads(call.body.decode())
    # RecursionError: deeply nested lists or objects.
    except (ValueError, RecursionError) as error:
        raise bad_request(f"The body is not JSON: {allowed}.") from error
    if not isinstance(body, dict):
        raise bad_request(f"The body is not a JSON object: {allowed}.")
    if not set(body) <= set(fields):
        raise bad_request(f"The body has unknown fields: {allowed}.")
    return body


def _whole_number(value: object) -> int | None:
    """Return the value as a whole number, ``None`` if it is not one. 5.0 counts as 5: JSON has one type of number."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
