"""A call, as an API Gateway HTTP API sends it to a function (payload format 2.0). Pure.

API Gateway has authenticated the caller. Still, what the caller sends is only compared, never returned or logged.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass


class NotACall(Exception):
    """The event does not come from an HTTP API."""


@dataclass(frozen=True)
class Call:
    """One call. ``path``: already decoded by API Gateway, so it is not decoded again. ``query``: as it was sent."""

    method: str
    path: str
    query: str = ""
    content_type: str = ""
    body: bytes = b""


def read_call(event: object) -> Call:
    """Read the event of an HTTP API. Raises ``NotACall``."""
    if not isinstance(event, Mapping):
        raise NotACall("it is not an object")
    try:
        method, path = event["requestContext"]["http"]["method"], event["rawPath"]
    except (KeyError, TypeError) as error:
        raise NotACall("it has no method or no path") from error
    if not isinstance(method, str) or not isinstance(path, str):
        raise NotACall("its method or its path is not a text")
    query = event.get("rawQueryString")
    return Call(method, path, query if isinstance(query, str) else "", _content_type(event), _body(event))


def _content_type(event: Mapping[object, object]) -> str:
    """Return the media type of the body in lower case, without its parameters."""
    headers = event.get("headers")
    if not isinstance(headers, Mapping):
        return ""
    types = [str(value) for name, value in headers.items() if str(name).lower() == "content-type"]
    return types[0].partition(";")[0].strip().lower() if len(types) == 1 else ""


def _body(event: Mapping[object, object]) -> bytes:
    body = event.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise NotACall("its body is not a text")
    try:
        return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") is True else body.encode()
    except ValueError as error:
        raise NotACall("its body cannot be decoded") from error
