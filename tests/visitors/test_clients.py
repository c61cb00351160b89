"""Clients that follow redirects by themselves, against a sleeping service, with several delays of ALB's new rules."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.module.site import Site

from .clients import CLIENTS, Answer, Visit

MOST_VISITS = 20
TEXT = {"Content-Type": "application/json"}
BINARY = {"Content-Type": "application/octet-stream"}
BODIES = {
    "get": (None, {}),
    "post-text": (json.dumps({"city": "Orléans", "tours": list(range(200))}).encode(), TEXT),
    "post-binary": (bytes(range(256)) * 40, BINARY),
}
WITHIN = timedelta(seconds=1)
"""Requests of one client arrive at the same virtual instant. Time passes only while a client waits."""


def visits(site: Site, client: str, visit: Visit) -> Iterator[Answer]:
    """Yield the answers to a client that retries after ``Retry-After``, until it is served."""
    for _ in range(MOST_VISITS):
        answer = CLIENTS[client](visit)
        yield answer
        if answer.status == 200:
            return
        site.aws.advance(timedelta(seconds=int(answer.headers["retry-after"])))
    raise AssertionError(f"{client} was not served in {MOST_VISITS} visits")


# The order matters: the services of all clients fall asleep together.
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("propagation", [0, 5, 20])
def test_every_visit_ends_at_the_application_or_with_a_503_that_says_when_to_retry(
    client: str, kind: str, propagation: int, visited: Site
) -> None:
    visited.propagate_rules_in(propagation)
    visited.put_to_sleep(*CLIENTS)
    began = visited.aws.now()
    body, headers = BODIES[kind]
    visit = Visit(visited.url(f"/{client}/tours?city=orl%C3%A9ans&city=paris"), body, headers)
    *refused, served = visits(visited, client, visit)
    assert {answer.status for answer in refused} <= {503}
    received = json.loads(served.body)
    assert (received["method"], received["path"]) == (visit.method, f"/{client}/tours")
    assert received["query"] == "city=orl%C3%A9ans&city=paris"
    assert received["sha256"] == hashlib.sha256(body or b"").hexdigest()
    assert received["headers"].get("Content-Type") == headers.get("Content-Type")
    assert visited.served(client, since=began) == 1, "the application must get the body exactly once"
