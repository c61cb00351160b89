"""The event of a Lambda function for a request, and the response for the function's answer (ud ELB, Lambda functions
as targets). Pure: bytes in, bytes out.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from .answers import SERVER, Answer, status_line
from .requests import HttpRequest

LIMIT: Final = 1024 * 1024
"""The most bytes of a request's body, and of a function's answer as JSON: 1 MB each."""

_TEXT: Final = re.compile(r"text/.*|application/(json|javascript|xml)", re.IGNORECASE)
_OF_THE_CONNECTION: Final = frozenset({"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
_IGNORED: Final = frozenset({"connection", "transfer-encoding", "content-length"})
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")


class Malformed(ValueError):
    """The error for a function's answer that a load balancer cannot read."""


def event(request: HttpRequest, body: bytes, target_group_arn: str, several_values: bool) -> dict[str, Any]:
    """Make the event. ``several_values``: headers and parameters have all their values, otherwise only the last."""
    headers = [(name.lower(), value) for name, value in request.headers if name.lower() not in _OF_THE_CONNECTION]
    known: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": target_group_arn}},
        "httpMethod": request.method,
        "path": request.path,
    }
    if several_values:
        known |= {"multiValueQueryStringParameters": _lists(request.parameters), "multiValueHeaders": _lists(headers)}
    else:
        known |= {"queryStringParameters": dict(request.parameters), "headers": dict(headers)}
    text = not body or _is_text(request)
    written = body.decode(errors="replace") if text else base64.b64encode(body).decode()
    return {**known, "body": written, "isBase64Encoded": not text}


def answer(payload: bytes, several_values: bool) -> Answer:
    """Make an answer from what a function returned. Raises ``Malformed``.

    The target group's setting decides whether ``headers`` or ``multiValueHeaders`` counts.
    """
    if len(payload) > LIMIT:
        raise Malformed(f"The answer has more than {LIMIT} bytes.")
    try:
        returned = json.loads(payload)
    except ValueError as error:
        raise Malformed("The answer is not JSON.") from error
    if not isinstance(returned, dict):
        raise Malformed("The answer is not an object.")
    headers = [(name, value) for name, value in _headers(returned, several_values) if name.lower() not in _IGNORED]
    names = {name.lower() for name, _ in headers}
    # The load balancer adds the headers that the function does not set.
    own = [("Content-Type", "application/octet-stream"), ("Server", SERVER)]
    headers += [(name, value) for name, value in own if name.lower() not in names]
    return Answer(_status(returned), tuple(headers), _body(returned))


def _is_text(request: HttpRequest) -> bool:
    if next(request.values("Content-Encoding"), ""):
        return False
    return _TEXT.fullmatch(next(request.values("Content-Type"), "").partition(";")[0].strip()) is not None


def _lists(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for name, value in pairs:
        lists.setdefault(name, []).append(value)
    return lists


def _status(returned: Mapping[str, Any]) -> str:
    code, description = returned.get("statusCode"), returned.get("statusDescription")
    if not isinstance(code, int) or isinstance(code, bool) or not 200 <= code <= 599:
        raise Malformed("The answer has no statusCode from 200 to 599.")
    if description is None:
        return status_line(code)
    if not isinstance(description, str) or not description.startswith(f"{code} ") or not _sendable(description):
        raise Malformed("The answer's statusDescription does not begin with its statusCode.")
    return description


def _headers(returned: Mapping[str, Any], several_values: bool) -> Iterator[tuple[str, str]]:
    given = returned.get("multiValueHeaders" if several_values else "headers") or {}
    if not isinstance(given, dict):
        raise Malformed("The answer's headers are not an object.")
    for name, value in given.items():
        values = value if several_values else [value]
        if not isinstance(values, list) or not all(isinstance(one, str) and _sendable(one) for one in values):
            raise Malformed(f"The answer's header {name} is not a text that can be sent.")
        if not _NAME.fullmatch(name):
            raise Malformed(f"The answer has a header with the invalid name {name!r}.")
        yield from ((name, one) for one in values)


def _sendable(text: str) -> bool:
    return _VALUE.fullmatch(text) is not None and all(ord(character) < 256 for character in text)


def _body(returned: Mapping[str, Any]) -> bytes:
    body = returned.get("body") or ""
    if not isinstance(body, str):
        raise Malformed("The answer's body is not a text.")
    if returned.get("isBase64Encoded") is not True:
        return body.encode(errors="replace")
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise Malformed("The answer's body is not Base64.") from error
