"""Third-party HTTP clients, which follow redirects by themselves."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx
import requests

from tests.missing_programs import require

PATIENCE_SECONDS: Final = 60


@dataclass(frozen=True)
class Visit:
    """The request that a client must send: a GET without a body, a POST with one."""

    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The HTTP method: ``GET`` or ``POST``."""
        return "GET" if self.body is None else "POST"


@dataclass(frozen=True)
class Answer:
    """The answer that a client got. The names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class GaveUp(Exception):
    """The client got no answer. The message is the client's own."""


def by_curl(visit: Visit) -> Answer:
    """Send the request with ``curl -L``."""
    written = '%{stderr}{"status": %{http_code}, "headers": %{header_json}}'
    arguments = ["--silent", "--show-error", "--location", "--write-out", written]
    for name, value in visit.headers.items():
        arguments += ["--header", f"{name}: {value}"]
    if visit.body is not None:
        arguments += ["--data-binary", "@-"]
    finished = _run(["curl", *arguments, visit.url], visit.body or b"")
    reported = json.loads(finished.stderr)
    headers = {name: ", ".join(values) for name, values in reported["headers"].items()}
    return Answer(reported["status"], headers, finished.stdout)


def by_requests(visit: Visit) -> Answer:
    """Send the request with the library requests."""
    try:
        response = requests.request(
            visit.method, visit.url, data=visit.body, headers=dict(visit.headers), timeout=PATIENCE_SECONDS
        )
    except requests.RequestException as error:
        raise GaveUp(repr(error)) from error
    return Answer(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
    )


def by_httpx(visit: Visit) -> Answer:
    """Send the request with the library httpx."""
    try:
        response = httpx.request(
            visit.method,
            visit.url,
            content=visit.body,
            headers=dict(visit.headers),
            follow_redirects=True,
            timeout=PATIENCE_SECONDS,
        )
    except httpx.HTTPError as error:
        raise GaveUp(repr(error)) from error
    return Answer(response.status_code, dict(response.headers), response.content)


# A Blob, because Node 20 cannot send a Buffer again after a redirect ("on a detached ArrayBuffer").
FETCH: Final = """
const visit = JSON.parse(await new Response(process.stdin).text())
const body = visit.body === null ? undefined : new Blob([Buffer.from(visit.body, "base64")])
const response = await fetch(visit.url, {method: visit.method, headers: visit.headers, body})
const content = Buffer.from(await response.arrayBuffer()).toString("base64")
console.log(JSON.stringify({status: response.status, headers: Object.fromEntries(response.headers), body: content}))
"""


def by_node(visit: Visit) -> Answer:
    """Send the request with Node's ``fetch``."""
    body = None if visit.body is None else base64.b64encode(visit.body).decode()
    request = {"method": visit.method, "url": visit.url, "headers": dict(visit.headers), "body": body}
    finished = _run(["node", "--no-warnings", "--input-type=module", "--eval", FETCH], json.dumps(request).encode())
    reported = json.loads(finished.stdout)
    return Answer(reported["status"], reported["headers"], base64.b64decode(reported["body"]))


CLIENTS: Final[Mapping[str, Callable[[Visit], Answer]]] = {
    "curl": by_curl,
    "requests": by_requests,
    "httpx": by_httpx,
    "node": by_node,
}


def _run(command: list[str], sent: bytes) -> subprocess.CompletedProcess[bytes]:
    require(command[0])
    finished = subprocess.run(command, input=sent, capture_output=True, check=False, timeout=PATIENCE_SECONDS)
    if finished.returncode != 0:
        raise GaveUp(finished.stderr.decode(errors="replace"))
    return finished
