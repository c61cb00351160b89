"""The answers, in the form that API Gateway expects from a function (payload format 2.0). Pure.

Each has ``Cache-Control: no-store``, because a service can change within a minute.
Bodies are ASCII, so that half a character in a caller's text cannot prevent an answer from being sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.quantities import iso_in_utc, whole_seconds
from scale_to_zero.model.service_state import Explanation, Hold, HoldAll
from scale_to_zero.rules.overview import Overview
from scale_to_zero.web.problem_details import PROBLEM_TYPE, problem_details

from .problems import Problem

Answer = dict[str, object]
"""``statusCode``, ``headers``, ``body``, ``isBase64Encoded``."""

CENTS_OF_CENTS: Final = 4
"""Digits after the decimal point of amounts in USD: small services save less than a cent an hour."""
LONGEST_POLL: Final = 60
POLL_UNKNOWN: Final = 5


def services(
    page: Sequence[Overview], next_page: str | None, unreadable: Sequence[str], hold_all: HoldAll | None
) -> Answer:
    """Answer 200 with one page of the list. ``next_page``: the link to the next page.

    ``unreadable``: why items of the table are missing in the list. ``hold_all``: the current hold of all services.
    """
    body = {
        "services": [_service_fields(one) for one in page],
        "next": next_page,
        "unreadable": list(unreadable),
        "hold_all": _hold_fields(hold_all),
    }
    return _answer(200, body, {"Link": f'<{next_page}>; rel="next"'} if next_page else {})


def service(overview: Overview) -> Answer:
    """Answer 200 with one service."""
    return _answer(200, _service_fields(overview))


def held_all(hold: HoldAll | None, message: str) -> Answer:
    """Answer 200: all services are held from now on, or released. ``hold``: ``None`` if they are released."""
    return _answer(200, {"hold_all": _hold_fields(hold), "message": message})


def done(overview: Overview, message: str) -> Answer:
    """Answer 200: the request is completed. ``message``: the function's own sentence."""
    return _answer(200, {**_service_fields(overview), "message": message})


def accepted(overview: Overview, message: str, location: str) -> Answer:
    """Answer 202: the request is in progress. ``location``: the path at which to check its progress."""
    headers = {"Location": location, "Retry-After": str(_poll_after(overview.expected))}
    return _answer(202, {**_service_fields(overview), "message": message}, headers)


def problem(one: Problem) -> Answer:
    """Answer with a problem (RFC 9457)."""
    body = problem_details(one.kind.type_name, one.kind.title, one.kind.status, str(one))
    return _answer(one.kind.status, body, {**one.headers, "Content-Type": PROBLEM_TYPE})


def _answer(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Answer:
    always = {
        "Cache-Control": "no-store",
        "Content-Type": "application/json",
        "X-Content-Type-Options": "nosniff",
    }
    return {
        "statusCode": status,
        "headers": {**always, **(headers or {})},
        "body": json.dumps(body),
        "isBase64Encoded": False,
    }


def _service_fields(overview: Overview) -> dict[str, object]:
    name = overview.service.name
    return {
        "service": overview.service.key,
        "cluster_name": name.cluster_name,
        "service_name": name.service_name,
        "mode": overview.service.mode.value,
        "phase": overview.phase.value if overview.phase else None,
        "failed": overview.failed,
        "since": _instant(overview.since),
        "last_activity": _instant(overview.last_activity),
        "hold": _hold_fields(overview.held),
        "sleep_requested": overview.sleep_requested,
        "usual_wake_seconds": _seconds(overview.usual_wake),
        "expected_seconds": _seconds(overview.expected),
        "asleep_today_seconds": _seconds(overview.asleep_today),
        "saved_usd": None if overview.saved is None else round(overview.saved, CENTS_OF_CENTS),
        "trouble": overview.trouble or None,
        "explanation": _explanation_fields(overview.explanation),
    }


def _explanation_fields(one: Explanation | None) -> dict[str, object] | None:
    if one is None:
        return None
    return {
        "reason": one.reason,
        "sentence": one.sentence,
        "since": _instant(one.since),
        "needs_attention": one.needs_attention,
    }


def _hold_fields(hold: Hold | HoldAll | None) -> dict[str, str | None] | None:
    return {"until": _instant(hold.until), "reason": hold.reason} if hold else None


def _poll_after(expected: timedelta | None) -> int:
    """Return after how many seconds to poll the status: the expected time left, if it is known and not over."""
    seconds = _seconds(expected)
    return min(seconds, LONGEST_POLL) if seconds else POLL_UNKNOWN


def _seconds(duration: timedelta | None) -> int | None:
    return None if duration is None else whole_seconds(duration)


def _instant(instant: datetime | None) -> str | None:
    return None if instant is None else iso_in_utc(instant)
