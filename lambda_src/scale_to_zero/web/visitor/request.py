"""A visitor's request, as an Application Load Balancer hands it to a function. Pure.

Whatever is in it is hostile: a request is only ever compared, or taken apart and put together anew.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote

LONGEST_FORM: Final = 1000
"""Bytes of a form that is read; the waiting page's has fewer than fifty."""
PATH_CHARACTERS: Final = "/%:@!$&'()*+,;=-._~"
QUERY_CHARACTERS: Final = PATH_CHARACTERS + "?"
_PORT: Final = re.compile(r":\d*$")


class NotAVisit(Exception):
    """The event is none that a load balancer sends."""


@dataclass(frozen=True)
class Request:
    """One request. ``path`` and ``query`` are as they were sent, not decoded; header names are in small letters."""

    target_group_arn: str
    method: str
    path: str
    query: str
    headers: Mapping[str, tuple[str, ...]]
    body: bytes = b""

    def header(self, name: str) -> str:
        """The values of a header, with commas between several."""
        return ", ".join(self.headers.get(name, ()))

    @property
    def host(self) -> str:
        """The requested host, without its port, in small letters."""
        return _PORT.sub("", self.header("host").lower()).removesuffix(".")

    def form_field(self, name: str) -> str:
        """One field of a form that a browser posted, empty if there is none."""
        if self.header("content-type").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return ""
        fields = parse_qs(self.body[:LONGEST_FORM].decode("ascii", errors="replace"))
        return fields.get(name, [""])[0]

    def same_location(self) -> str:
        """Where the request went, for ``Location``: relative, so that it can lead to no other host."""
        path = _quoted(self.path, PATH_CHARACTERS) if self.path.startswith("/") else "/"
        # Two slashes would begin another host's name (RFC 3986, 4.2); "/." before them changes nothing.
        location = f"/.{path}" if path.startswith("//") else path
        return f"{location}?{_quoted(self.query, QUERY_CHARACTERS)}" if self.query else location


def read_request(event: object) -> Request:
    """Read the event of a load balancer, with several values per header or one. Raises ``NotAVisit``."""
    if not isinstance(event, Mapping):
        raise NotAVisit("it is no object")
    try:
        target_group_arn = event["requestContext"]["elb"]["targetGroupArn"]
        method, path = event["httpMethod"], event["path"]
    except (KeyError, TypeError) as error:
        raise NotAVisit(f"it has no {error}") from error
    if not all(isinstance(text, str) for text in (target_group_arn, method, path)):
        raise NotAVisit("its target group, method or path is no text")
    headers = _lists(event, "multiValueHeaders", "headers")
    parameters = _lists(event, "multiValueQueryStringParameters", "queryStringParameters")
    by_name: dict[str, tuple[str, ...]] = {}
    for name, values in headers.items():
        by_name[name.lower()] = by_name.get(name.lower(), ()) + values
    query = "&".join(f"{name}={value}" for name, values in parameters.items() for value in values)
    return Request(target_group_arn, method.upper(), path, query, by_name, _body(event))


def _lists(event: Mapping[object, object], several: str, single: str) -> dict[str, tuple[str, ...]]:
    lists, values = event.get(several), event.get(single)
    if isinstance(lists, Mapping):
        return {str(name): tuple(map(str, texts)) for name, texts in lists.items() if isinstance(texts, list)}
    if isinstance(values, Mapping):
        return {str(name): (str(value),) for name, value in values.items()}
    return {}


def _quoted(text: str, characters: str) -> str:
    # JSON can hold half a character (a lone surrogate), which no URL can.
    return quote(text, safe=characters, errors="replace")


def _body(event: Mapping[object, object]) -> bytes:
    body = event.get("body")
    if not isinstance(body, str):
        return b""
    if event.get("isBase64Encoded") is not True:
        return body.encode(errors="replace")
    try:
        return base64.b64decode(body)
    except ValueError:
        return b""
