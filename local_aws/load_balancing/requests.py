"""A request exactly as it was received. WSGI decodes paths and joins headers, so it loses a part of the request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.serving import WSGIRequestHandler
from werkzeug.wsgi import get_input_stream

_TARGET: Final = "local_aws.target"
_HEADERS: Final = "local_aws.headers"


@dataclass(frozen=True)
class HttpRequest:
    """A request without its body. ``path`` and ``query`` are not decoded; ``source_ip`` is the client's address."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    source_ip: str = "127.0.0.1"

    @property
    def host(self) -> str:
        """The host in the request, without the port."""
        return re.sub(r":\d*$", "", next(self.values("Host"), ""))

    def values(self, name: str) -> Iterator[str]:
        """Return every value of a header, in the order of the request."""
        return (value for header, value in self.headers if header.lower() == name.lower())

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """The query's parameters, not decoded; a parameter without ``=`` has an empty value."""
        pieces = [piece.partition("=") for piece in self.query.split("&") if piece]
        return [(name, value) for name, _, value in pieces]


def http_request(environ: dict[str, Any]) -> HttpRequest:
    """Read a request that a ``Handler`` received."""
    path, _, query = environ[_TARGET].partition("?")
    return HttpRequest(environ["REQUEST_METHOD"], path, query, environ[_HEADERS], environ["REMOTE_ADDR"])


def body(environ: dict[str, Any], most_bytes: int) -> bytes | None:
    """Return the request's body, ``None`` if it is longer than ``most_bytes``."""
    try:
        # One byte more, because a body in chunks is cut off at the maximum without an error.
        read = get_input_stream(environ, max_content_length=most_bytes + 1).read()
    except RequestEntityTooLarge:
        return None
    return read if len(read) <= most_bytes else None


class Handler(WSGIRequestHandler):
    """A request handler that keeps the request as it was received, in addition to the WSGI environment."""

    protocol_version = "HTTP/1.1"

    def make_environ(self) -> dict[str, Any]:
        """Make the request's environment. The target is read again, because http.server joins slashes at its start."""
        environ = super().make_environ()
        target = self.requestline.split()[1]
        # A client that uses a proxy sends the whole URL (RFC 9112, section 3.2.2).
        environ[_TARGET] = re.sub(r"^https?://[^/?]*", "", target, flags=re.IGNORECASE) or "/"
        environ[_HEADERS] = tuple((name, str(value)) for name, value in self.headers.items())
        return environ

    def send_response(self, code: int, message: str | None = None) -> None:
        """Send the status without werkzeug's ``Server`` header, because the answer has its own."""
        self.send_response_only(code, message)
        self.send_header("Date", self.date_time_string())

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Keep requests out of the log."""
