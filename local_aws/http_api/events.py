"""The event of a Lambda function for a request: payload format 2.0 (API Gateway Developer Guide, "Create AWS Lambda
proxy integrations for HTTP APIs"). Pure.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote_plus

from local_aws.account import ACCOUNT_ID

from .received import Received
from .routes import Match
from .settings import Api

WITHOUT_TYPE: Final = "text/plain; charset=utf-8"
"""The type of a body that has no content type (observed)."""

_TEXT: Final = re.compile(r"text/.*|application/((.*\+)?(json|xml)|javascript)", re.IGNORECASE)
_OF_THE_CONNECTION: Final = frozenset({"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def event(
    received: Received, api: Api, stage: str, match: Match, authorizer: Mapping[str, Any] | None, trace_id: str
) -> dict[str, Any]:
    """Make the event; fields that do not apply are left out, as on AWS."""
    request = received.request
    headers = _headers(received, api, trace_id)
    parameters = _joined((unquote_plus(name), unquote_plus(value)) for name, value in request.parameters)
    cookies = [cookie.strip() for header in request.values("Cookie") for cookie in header.split(";") if cookie.strip()]
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.key,
        "rawPath": received.path,
        "rawQueryString": request.query,
        **({"cookies": cookies} if cookies else {}),
        "headers": headers,
        **({"queryStringParameters": parameters} if parameters else {}),
        "requestContext": _context(received, api, stage, match, authorizer),
        **({"pathParameters": dict(match.parameters)} if match.parameters else {}),
    }
    text = not received.body or _is_text(headers)
    if received.body:
        made["body"] = received.body.decode(errors="replace") if text else base64.b64encode(received.body).decode()
    return {**made, "isBase64Encoded": not text}


def clf_time(instant: datetime) -> str:
    """Format an instant, for example ``12/Mar/2020:19:03:58 +0000``."""
    return instant.strftime("%d/%b/%Y:%H:%M:%S +0000")


def epoch_milliseconds(instant: datetime) -> int:
    """Return the milliseconds since 1970."""
    return int((instant - _EPOCH).total_seconds() * 1000)


def _context(
    received: Received, api: Api, stage: str, match: Match, authorizer: Mapping[str, Any] | None
) -> dict[str, Any]:
    return {
        "accountId": ACCOUNT_ID,
        "apiId": api.id,
        **({"authorizer": authorizer} if authorizer is not None else {}),
        "domainName": api.domain,
        "domainPrefix": api.id,
        "http": {
            "method": received.request.method,
            "path": received.path,
            "protocol": received.protocol,
            "sourceIp": received.request.source_ip,
            "userAgent": received.user_agent,
        },
        "requestId": received.request_id,
        "routeKey": match.key,
        "stage": stage,
        "time": clf_time(received.instant),
        "timeEpoch": epoch_milliseconds(received.instant),
    }


def _headers(received: Received, api: Api, trace_id: str) -> dict[str, str]:
    """Return all headers except cookies, which have their own field. The API's host with TLS replaces loopback."""
    hidden = {*_OF_THE_CONNECTION, "cookie", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "host"}
    headers = _joined((name.lower(), value) for name, value in received.request.headers if name.lower() not in hidden)
    before = ", ".join(received.request.values("X-Forwarded-For"))
    source_ip = received.request.source_ip
    if received.body:
        headers.setdefault("content-type", WITHOUT_TYPE)
    headers.setdefault("x-amzn-trace-id", trace_id)
    return headers | {
        "content-length": str(len(received.body)),
        "host": api.domain,
        "x-forwarded-for": f"{before}, {source_ip}" if before else source_ip,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    }


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return {name: ",".join(values) for name, values in lists.items()}


def _is_text(headers: Mapping[str, str]) -> bool:
    if headers.get("content-encoding"):
        return False
    return _TEXT.fullmatch(headers["content-type"].partition(";")[0].strip()) is not None
