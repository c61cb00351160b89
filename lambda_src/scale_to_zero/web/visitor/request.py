"""A visitor's request, as an Application Load Balancer sends it to a function. Pure.

Every part of it is treated as hostile: it is only compared, or taken apart and put together anew.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, quote

LONGEST_FORM: Final = 1000
"""Bytes of a form that are read; the waiting page's form has fewer than fifty."""
PATH_CHARACTERS: Final = "/%:@!$&'()*+,;=-._~"
QUERY_CHARACTERS: Final = PATH_CHARACTERS + "?"
_PORT: Final = re.compile(r":\d*$")


class NotAVisit(Exception):
    """The event does not come from a load balancer."""


@dataclass(frozen=True)
class Request:
    """One request. ``path`` and ``query`` are as they were sent, not decoded; header names are in lower case."""

    target_group_arn: str
    method: str
    path: str
    query: str
    headers: Mapping[str, tuple[str, ...]]
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return the values of a header, joined by commas."""
        return ", ".join(self.headers.get(name, ()))

    @property
    def host(self) -> str:
        """The requested host in lower case, without its port."""
        return _PORT.sub("", self.header("host").lower()).removesuffix(".")

    def form_field(self, name: str) -> str:
        """Return one field of the posted form, empty if there is none."""
        if self.header("content-type").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return ""
        fields = parse_qs(self.body[:LONGEST_FORM].decode("ascii", errors="replace"))
        return fields.get(name, [""])[0]

    def same_location(self) -> str:
        """Return the request's location for ``Location``: relative, so that it cannot lead to another host."""
        path = _quoted(self.path, PATH_CHARACTERS) if self.path.startswith("/") else "/"
        # Two slashes would begin the name of another host (RFC 3986, 4.2). "/." before them keeps the path the same.
        location = f"/.{path}" if path.startswith("//") else path
        return f"{location}?{_quoted(self.query, QUERY_CHARACTERS)}" if self.query else location


def read_request(event: object) -> Request:
    """Read the event of a load balancer, with several values per header or one. Raises ``NotAVisit``."""
    if not isinstance(event, Mapping):
        raise NotAVisit("it is not an object")
    try:
        target_group_arn = event["requestContext"]["elb"]["targetGroupArn"]
        method, path = event["httpMethod"], event["path"]
    except (KeyError, TypeError) as error:
        raise NotAVisit(f"it has no {error}") from error
    if not all(isinstance(text, str) for text in (target_group_arn, method, path)):
        raise NotAVisit("its target group, method or path is not a text")
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
    # JSON can contain half a character (a lone surrogate), but a URL cannot.
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
