"""HTTP clients that nobody here wrote, as they follow redirects by themselves."""

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
    """What a client is to ask for. Without a body it is a GET, else a POST."""

    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """``GET`` or ``POST``."""
        return "GET" if self.body is None else "POST"


@dataclass(frozen=True)
class Answer:
    """What a client came home with. The names of ``headers`` are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class GaveUp(Exception):
    """The client brought no answer home; the message has its own words."""


def by_curl(visit: Visit) -> Answer:
    """``curl -L``."""
    written = '%{stderr}{"status": %{http_code}, "headers": %{header_json}}'
    arguments = ["--silent", "--show-error", "--location", "--write-out", written]
    for name, value in visit.headers.items():
        arguments += ["--header", f"{name}: {value}"]
    if visit.body is not None:
        arguments += ["--data-binary", "@-"]
    finished = _run(["curl", *arguments, visit.url], visit.body or b"")
    told = json.loads(finished.stderr)
    headers = {name: ", ".join(values) for name, values in told["headers"].items()}
    return Answer(told["status"], headers, finished.stdout)


def by_requests(visit: Visit) -> Answer:
    """The library requests."""
    try:
        came = requests.request(
            visit.method, visit.url, data=visit.body, headers=dict(visit.headers), timeout=PATIENCE_SECONDS
        )
    except requests.RequestException as error:
        raise GaveUp(repr(error)) from error
    return Answer(came.status_code, {name.lower(): value for name, value in came.headers.items()}, came.content)


def by_httpx(visit: Visit) -> Answer:
    """The library httpx."""
    try:
        came = httpx.request(
            visit.method,
            visit.url,
            content=visit.body,
            headers=dict(visit.headers),
            follow_redirects=True,
            timeout=PATIENCE_SECONDS,
        )
    except httpx.HTTPError as error:
        raise GaveUp(repr(error)) from error
    return Answer(came.status_code, dict(came.headers), came.content)


# A Blob: Node 20 cannot send a Buffer a second time, whoever redirects it ("on a detached ArrayBuffer").
FETCH: Final = """
const visit = JSON.parse(await new Response(process.stdin).text())
const body = visit.body === null ? undefined : new Blob([Buffer.from(visit.body, "base64")])
const came = await fetch(visit.url, {method: visit.method, headers: visit.headers, body})
const content = Buffer.from(await came.arrayBuffer()).toString("base64")
console.log(JSON.stringify({status: came.status, headers: Object.fromEntries(came.headers), body: content}))
"""


def by_node(visit: Visit) -> Answer:
    """Node's ``fetch``."""
    body = None if visit.body is None else base64.b64encode(visit.body).decode()
    asked = {"method": visit.method, "url": visit.url, "headers": dict(visit.headers), "body": body}
    finished = _run(["node", "--no-warnings", "--input-type=module", "--eval", FETCH], json.dumps(asked).encode())
    told = json.loads(finished.stdout)
    return Answer(told["status"], told["headers"], base64.b64decode(told["body"]))


CLIENTS: Final[Mapping[str, Callable[[Visit], Answer]]] = {
    "curl": by_curl,
    "requests": by_requests,
    "httpx": by_httpx,
    "node": by_node,
}


def _run(command: list[str], told: bytes) -> subprocess.CompletedProcess[bytes]:
    require(command[0])
    finished = subprocess.run(command, input=told, capture_output=True, check=False, timeout=PATIENCE_SECONDS)
    if finished.returncode != 0:
        raise GaveUp(finished.stderr.decode(errors="replace"))
    return finished
