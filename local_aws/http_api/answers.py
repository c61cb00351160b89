"""The answers of an API itself, and the answers made from a function's result (API Gateway Developer Guide,
"Lambda function response for format 2.0"). Pure.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from local_aws.load_balancing.answers import Answer

WITHOUT_TYPE: Final = "text/plain; charset=utf-8"
"""The content type of a full answer that names none (observed)."""

_JSON: Final = "application/json"
_SAYS_NO_TYPE: Final = (401, 503)
"""AWS's own answers that were observed without a content type (same guide, "Troubleshooting JWT authorizers")."""

_MESSAGES: Final = {413: "Request Entity Too Large"}
_IGNORED: Final = frozenset({"connection", "transfer-encoding", "content-length"})
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f\u0100-\U0010ffff]*")


class Malformed(ValueError):
    """The error for a function's answer that an API cannot read."""


def message(status: int) -> str:
    """Return the API's own message for an error, for example ``Not Found``."""
    return _MESSAGES.get(status) or HTTPStatus(status).phrase


def own(status: int, *headers: tuple[str, str]) -> Answer:
    """Make the API's own answer for an error: its message as JSON."""
    typed = () if status in _SAYS_NO_TYPE else (("Content-Type", _JSON),)
    body = json.dumps({"message": message(status)}, separators=(",", ":"))
    return Answer(_status_line(status), (*typed, *headers), body.encode())


def of_function(payload: bytes) -> Answer:
    """Make an answer from what a function returned. Raises ``Malformed``.

    A result without ``statusCode`` is a JSON body with status 200.
    """
    returned = json.loads(payload)
    if not isinstance(returned, dict) or "statusCode" not in returned:
        return Answer(_status_line(200), (("Content-Type", _JSON),), payload)
    code = returned["statusCode"]
    if not isinstance(code, int) or not 200 <= code <= 599:
        raise Malformed("The answer's statusCode is not a number from 200 to 599.")
    headers = [(name, value) for name, value in _headers(returned) if name.lower() not in _IGNORED]
    if "content-type" not in {name.lower() for name, _ in headers}:
        headers.append(("Content-Type", WITHOUT_TYPE))
    return Answer(_status_line(code), tuple(headers), _body(returned))


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _headers(returned: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given, cookies = returned.get("headers") or {}, returned.get("cookies") or []
    if not isinstance(given, dict):
        raise Malformed("The answer's headers are not an object.")
    if not isinstance(cookies, list):
        raise Malformed("The answer's cookies are not a list.")
    for name, value in (*given.items(), *(("Set-Cookie", cookie) for cookie in cookies)):
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise Malformed(f"The answer's header {name} is not a text that can be sent.")
        if not _NAME.fullmatch(name):
            raise Malformed(f"The answer has a header with the invalid name {name!r}.")
        yield name, value


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
