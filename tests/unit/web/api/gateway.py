"""An API Gateway HTTP API in front of a function: events of payload format 2.0, and what it sends for each answer.

AWS: "Create AWS Lambda proxy integrations for HTTP APIs in API Gateway". Authors of adapters for it observed that the
path is decoded, that the query is not decoded, and that a body is Base64 unless it is text or JSON.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

Event = dict[str, Any]
Function = Callable[[Event], object]

TEXT_TYPES: Final = ("text/", "application/json", "application/javascript", "application/xml")


class Malformed(Exception):
    """An answer that API Gateway could not send: the caller would get a 500."""


@dataclass(frozen=True)
class Answered:
    """What API Gateway sends to the caller. Header names are in small letters."""

    code: int
    headers: Mapping[str, str]
    body: str

    def json_body(self) -> dict[str, Any]:
        """Return the body, which is a JSON object."""
        body = json.loads(self.body)
        assert isinstance(body, dict)
        return body

    @property
    def problem(self) -> str:
        """The name of the problem in the answer."""
        assert self.headers["content-type"] == "application/problem+json"
        body = self.json_body()
        assert body["status"] == self.code
        kind = body["type"]
        assert isinstance(kind, str)
        return kind.removeprefix("urn:ecs-scale-to-zero:")


def an_event(
    method: str, path: str, *, query: str = "", headers: Mapping[str, str] | None = None, body: bytes = b""
) -> Event:
    """Return the event of one call. ``path`` is decoded, ``query`` is not."""
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    event: Event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "a1b2c3d4e5.execute-api.eu-west-3.amazonaws.com", "user-agent": "curl/8.5.0", **sent},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "authorizer": {"iam": {"accountId": "123456789012", "userArn": "arn:aws:iam::123456789012:user/ci"}},
            "domainName": "a1b2c3d4e5.execute-api.eu-west-3.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "curl/8.5.0",
            },
            "requestId": "Zk3hIhQJCGYEJQQ=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "02/Mar/2026:10:00:00 +0000",
            "timeEpoch": 1772445600000,
        },
        "isBase64Encoded": False,
    }
    if body:
        event |= _as_body(body, sent.get("content-type", ""))
    return event


def as_sent(answer: object) -> Answered:
    """Return what API Gateway sends for a function's answer. Raises ``Malformed``."""
    sent = json.loads(json.dumps(answer).encode())
    if not isinstance(sent, dict) or set(sent) != {"statusCode", "headers", "body", "isBase64Encoded"}:
        raise Malformed("it does not have the four parts of an answer")
    code, headers, body = sent["statusCode"], sent["headers"], sent["body"]
    if code not in [status.value for status in HTTPStatus] or sent["isBase64Encoded"] is not False:
        raise Malformed("its status code does not exist, or it is Base64")
    if not isinstance(body, str) or not isinstance(headers, dict):
        raise Malformed("its body is not text, or its headers are not an object")
    texts = [text for pair in headers.items() for text in pair]
    if not all(isinstance(text, str) and text.isascii() and text.isprintable() for text in texts):
        raise Malformed("a header is not printable text")
    # A body with half of a surrogate pair could not be sent.
    body.encode()
    return Answered(code, {name.lower(): value for name, value in headers.items()}, body)


@contextmanager
def serving(function: Function) -> Iterator[str]:
    """Serve a function to real clients, and yield its URL."""

    @Request.application
    def app(request: Request) -> Response:
        event = an_event(
            request.method,
            request.path,
            query=request.query_string.decode("latin-1"),
            headers=dict(request.headers.items()),
            body=request.get_data(),
        )
        answered = as_sent(function(event))
        return Response(answered.body, answered.code, dict(answered.headers))

    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _as_body(body: bytes, content_type: str) -> dict[str, object]:
    if content_type.startswith(TEXT_TYPES):
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
