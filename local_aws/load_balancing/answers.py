"""The answers of a load balancer itself, and a way to send other answers unchanged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from .requests import HttpRequest

SERVER: Final = "awselb/2.0"
_WITHOUT_BODY: Final = ("204", "304")
_PHRASES: Final = {503: "Service Temporarily Unavailable"}


@dataclass(frozen=True)
class Answer:
    """An answer that is sent unchanged (werkzeug's class changes ``Location``). ``status``: for example ``200 OK``."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def __call__(self, environ: Mapping[str, Any], start_response: Any) -> Iterable[bytes]:
        """Send the answer, as a WSGI application."""
        headers = list(self.headers)
        if self.status[:3] not in _WITHOUT_BODY:
            headers.append(("Content-Length", str(len(self.body))))
        start_response(self.status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [self.body]


def status_line(status: int) -> str:
    """Return a status line, for example ``503 Service Temporarily Unavailable``."""
    try:
        return f"{status} {_PHRASES.get(status) or HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def own(status: int) -> Answer:
    """Make the load balancer's own answer for an error."""
    title = status_line(status)
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    return Answer(title, _typed("text/html"), f"{page}</body>\r\n</html>\r\n".encode())


def plain(status: HTTPStatus, sentence: str) -> Answer:
    """Make an answer with a sentence of local_aws, which AWS does not send."""
    return Answer(status_line(status), (("Content-Type", "text/plain; charset=utf-8"),), f"{sentence}\n".encode())


def fixed(config: Mapping[str, Any]) -> Answer:
    """Make the answer of a fixed-response action."""
    body = config.get("MessageBody") or ""
    return Answer(
        status_line(int(config["StatusCode"])), _typed(config.get("ContentType") or "text/plain"), body.encode()
    )


def redirect(config: Mapping[str, Any], request: HttpRequest, protocol: str, port: int) -> Answer:
    """Make the answer of a redirect action.

    Parts that the action does not set stay as in the request (bc elbv2 RedirectActionConfig). ``port``: the listener's
    port, not the loopback port that is used for it here.
    """
    known = {
        "#{protocol}": protocol.upper(),
        "#{host}": request.host,
        "#{port}": str(port),
        "#{path}": request.path.removeprefix("/"),
        "#{query}": request.query,
    }

    def filled(name: str, default: str) -> str:
        text: str = config.get(name) or default
        for keyword, value in known.items():
            text = text.replace(keyword, value)
        return text

    location = f"{filled('Protocol', '#{protocol}').lower()}://{filled('Host', '#{host}')}:{filled('Port', '#{port}')}"
    location += filled("Path", "/#{path}")
    query = filled("Query", "#{query}")
    return found(f"{location}?{query}" if query else location, int(config["StatusCode"].removeprefix("HTTP_")))


def found(location: str, status: int = 302) -> Answer:
    """Make an answer that redirects the client."""
    page = own(status)
    return Answer(page.status, (*page.headers, ("Location", location)), page.body)


def _typed(content_type: str) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", content_type), ("Server", SERVER))
