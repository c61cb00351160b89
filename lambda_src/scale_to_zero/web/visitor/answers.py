"""The answers, in the form that a load balancer expects from a function. Pure.

Each has ``Cache-Control: no-store``, because a waking service changes within a minute.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from scale_to_zero.model.quantities import iso_with_offset, whole_seconds
from scale_to_zero.model.service_state import Hold, Phase
from scale_to_zero.web.problem_details import PROBLEM_TYPE, problem_details
from scale_to_zero.web.rendered_page import RenderedPage
from scale_to_zero.web.status import ShownState, Status

from .kinds import STATUS_TYPE
from .request import Request

Answer = dict[str, Any]
"""``statusCode``, ``multiValueHeaders``, ``body``, ``isBase64Encoded``."""

PREFLIGHT_MAX_AGE: Final = "60"
"""Seconds; short, because the application soon answers preflights itself."""
SOON: Final = timedelta(minutes=1)
POLL_SOON, POLL_LATER, POLL_CONFIRMATION = 2, 5, 15
_TOKENS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}")

DETAILS: Final[Mapping[ShownState, str]] = {
    ShownState.ASLEEP: "It was put to sleep again; repeat the request to wake it.",
    ShownState.NEEDS_CONFIRMATION: "It is asleep and wakes when a person opens it in a browser and presses the button.",
    ShownState.WAKING: "It was asleep and is starting now; repeat the request later.",
    ShownState.FAILED: "It was started but was not ready by its deadline; the module the wake continues.",
    ShownState.BACKOFF: "It failed to start and pauses before the next attempt.",
    ShownState.READY: "It is awake, but the load balancer does not send requests to it yet; repeat the request.",
    ShownState.UNAVAILABLE: "Status unknown; retry later.",
}


def page(rendered: RenderedPage, status: Status, request: Request, *, code: int) -> Answer:
    """Answer with the waiting page. ``code``: its HTTP status."""
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": rendered.language,
        "Content-Security-Policy": rendered.content_security_policy,
        "Referrer-Policy": "same-origin",
        "X-Robots-Tag": "noindex",
        "Retry-After": str(status.retry_after),
        "Vary": "Accept, Accept-Language",
    }
    return _answer(request, code, headers, rendered.html)


def status_json(status: Status, request: Request) -> Answer:
    """Answer 200 to the page's polling."""
    fields = {
        "service": status.service,
        "state": status.shown_state.value,
        "elapsed_seconds": _seconds(status.elapsed),
        "usual_seconds": _seconds(status.usual or None),
        "cause": status.cause,
        "retry_after": status.retry_after,
        "poll_after_seconds": _poll_after(status),
    }
    return _answer(request, 200, {"Content-Type": STATUS_TYPE, "Vary": "Accept"}, _json(fields))


def problem(status: Status, request: Request, *, because: str = "") -> Answer:
    """Answer 503 to an API client (RFC 9457), with the time to retry. ``because``: replaces the usual detail."""
    fields = {
        **problem_details(
            status.shown_state.value, "The service is not ready", 503, because or DETAILS[status.shown_state]
        ),
        "service": status.service,
        "state": status.shown_state.value,
        "elapsed_seconds": _seconds(status.elapsed),
        "usual_seconds": _seconds(status.usual or None),
        "cause": status.cause,
        "retry_after": status.retry_after,
    }
    headers = {"Content-Type": PROBLEM_TYPE, "Retry-After": str(status.retry_after), "Vary": "Accept"}
    return _answer(request, 503, headers, _json(fields))


def not_found(request: Request) -> Answer:
    """Answer 404: no managed service belongs to the request."""
    detail = "These requests wake no service."
    fields = problem_details("not-found", "There is no such service", 404, detail)
    return _answer(request, 404, {"Content-Type": PROBLEM_TYPE}, _json(fields))


def repeat(request: Request) -> Answer:
    """Answer 307: repeat the request at the same URL, with its method and body (RFC 9110, 15.4.8)."""
    return _answer(request, 307, {"Location": request.same_location()}, "")


def fetch(request: Request) -> Answer:
    """Answer 303: load the page that has the button again, with GET."""
    return _answer(request, 303, {"Location": request.same_location()}, "")


def preflight(request: Request) -> Answer:
    """Allow another origin's page to send its request. The application decides for itself once it answers."""
    headers = {
        "Access-Control-Allow-Methods": _tokens(request.header("access-control-request-method")),
        "Access-Control-Allow-Headers": _tokens(request.header("access-control-request-headers")),
        "Access-Control-Max-Age": PREFLIGHT_MAX_AGE,
    }
    return _answer(request, 204, {name: value for name, value in headers.items() if value}, "")


def for_origin(answer: Answer, origin: str) -> Answer:
    """Let another origin's page read an answer and its ``Retry-After``."""
    headers = {
        "Access-Control-Allow-Origin": [origin],
        "Access-Control-Allow-Credentials": ["true"],
        "Access-Control-Expose-Headers": ["Retry-After"],
        "Vary": [", ".join(["Origin", *answer["multiValueHeaders"].get("Vary", [])])],
    }
    return {**answer, "multiValueHeaders": {**answer["multiValueHeaders"], **headers}}


def uptime_check(
    request: Request, service: str, phase: Phase | None, *, failed: bool, healthy: bool | None, hold: Hold | None
) -> Answer:
    """Answer a monitor: 200 with the phase; 503 if the wake failed, or the service is awake without a healthy target.

    ``healthy``: ``None`` if it does not matter or could not be seen. ``hold``: the current one; its reason is not shown
    to unauthenticated clients.
    """
    code = 503 if failed or healthy is False else 200
    fields = {
        "service": service,
        "phase": phase.value if phase else None,
        "failed": failed,
        "healthy": healthy,
        "held_until": hold and iso_with_offset(hold.until),
    }
    headers = {"Content-Type": "application/json"} | ({"Retry-After": "60"} if code == 503 else {})
    return _answer(request, code, headers, _json(fields))


def _answer(request: Request, code: int, headers: Mapping[str, str], body: str) -> Answer:
    always = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return {
        "statusCode": code,
        "multiValueHeaders": {name: [value] for name, value in {**always, **headers}.items()},
        "body": "" if request.method == "HEAD" else body,
        "isBase64Encoded": False,
    }


def _poll_after(status: Status) -> int | None:
    """Return after how many seconds the page polls again; ``None``: never."""
    if not status.polls:
        return None
    if status.shown_state is ShownState.NEEDS_CONFIRMATION:
        return POLL_CONFIRMATION
    return POLL_SOON if status.elapsed is None or status.elapsed < SOON else POLL_LATER


def _seconds(duration: timedelta | None) -> int | None:
    return None if duration is None else max(0, whole_seconds(duration))


def _json(fields: Mapping[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False)


def _tokens(value: str) -> str:
    """Return a list of names that a browser sent, empty if it contains anything else."""
    return value if _TOKENS.fullmatch(value) else ""
