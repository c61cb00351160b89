"""The kind of a client: a browser, the waiting page that polls, a monitor, or another program. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from scale_to_zero.model.configured import ModuleRule, WakeOnRequest
from scale_to_zero.rules.wildcards import matches

from .request import Request

STATUS_TYPE: Final = "application/vnd.ecs-scale-to-zero.status+json"
"""The media type that the waiting page accepts when it polls the state; ``page.js`` has the same."""
BUTTON_FIELD: Final = "ecs-scale-to-zero"
BUTTON_VALUE: Final = "wake"


class RequestKind(StrEnum):
    """The kind of a client, which determines the answer.

    ``button``: the visitor pressed the waiting page's button. ``browser``: a visit by a link or a typed address.
    ``poll``: the waiting page polls the state. ``preflight``: a browser's CORS request for another origin's page.
    ``uptime_check``: a monitor or bot that a configured uptime check recognises. ``client``: every other client.
    """

    BUTTON = "button"
    BROWSER = "browser"
    POLL = "poll"
    PREFLIGHT = "preflight"
    UPTIME_CHECK = "uptime_check"
    CLIENT = "client"


def kind_of(request: Request, on_request: WakeOnRequest) -> RequestKind:
    """Determine the kind of the client that sent a request."""
    if any(_matches(uptime_check, request) for uptime_check in on_request.uptime_checks):
        return RequestKind.UPTIME_CHECK
    accepted = {part.partition(";")[0].strip().lower() for part in request.header("accept").split(",")}
    if request.method == "GET" and STATUS_TYPE in accepted:
        return RequestKind.POLL
    is_preflight = request.method == "OPTIONS" and "access-control-request-method" in request.headers
    if is_preflight and allowed_origin(request, on_request):
        return RequestKind.PREFLIGHT
    if _is_the_button(request):
        return RequestKind.BUTTON
    if request.method in ("GET", "HEAD") and "text/html" in accepted:
        return RequestKind.BROWSER
    return RequestKind.CLIENT


def allowed_origin(request: Request, on_request: WakeOnRequest) -> str | None:
    """Return the origin whose page sends the request, if that is one of ``cors_origins``."""
    origin = request.header("origin").lower()
    return next((allowed for allowed in on_request.cors_origins if allowed == origin), None)


def _is_the_button(request: Request) -> bool:
    if request.method != "POST" or request.form_field(BUTTON_FIELD) != BUTTON_VALUE:
        return False
    # Browsers send Sec-Fetch-Site only to trustworthy addresses (HTTPS, localhost), but Origin with every POST.
    site = request.header("sec-fetch-site")
    if site:
        return site == "same-origin"
    return request.header("origin").lower().partition("://")[2] == request.header("host").lower() != ""


def _matches(uptime_check: ModuleRule, request: Request) -> bool:
    """Return whether an uptime check matches a request: by its user agents, and by its own hosts and paths if it has.

    With ``own_rule_arn`` it has the hosts and paths of the service's own rule, which the request has matched already.
    """
    conditions = [
        (_in_lower_case(uptime_check.host_headers), request.host),
        (uptime_check.path_patterns, request.path),
        (_in_lower_case(uptime_check.user_agents), request.header("user-agent").lower()),
    ]
    set_ones = [condition for condition in conditions if condition[0]]
    return bool(set_ones) and all(any(matches(one, text) for one in patterns) for patterns, text in set_ones)


def _in_lower_case(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern.lower() for pattern in patterns)
