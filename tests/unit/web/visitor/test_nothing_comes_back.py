"""Nothing that a visitor sends reaches the page, a header or the log, except its path and query in ``Location``."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scale_to_zero.model.configured import WaitingPage
from tests.service_states import has_failed
from tests.unit.listener import MONITOR
from tests.unit.web.visitor.scene import (
    ONE_OF_EACH_KIND,
    OUR_OWN_PAGE,
    SECOND,
    Answered,
    Event,
    Scene,
    an_event,
    as_logged,
    log_records,
)

SECRET: Final = "s3cr3t<script>&\"'"
INITIAL: Final = ["asleep", "waking", "draining", "awake", "without_state"]
FAILING_CALLS: Final = ["service_of", "read", "write", "take_lease", "waiting_page", "set_conditions"]
HOSTILE: Final = [
    "\r\nSet-Cookie: a=b",
    "\nX: y",
    "\rX: y",
    "\x00",
    "\x1b[31m",
    "é",
    "\u2028",
    "\ud800",
    "a" * 100_000,
]
MALFORMED_HEADERS: Final = {
    "origin": f"http://[{SECRET}]",
    "host": f"[{SECRET}",
    "accept-language": f"{SECRET};q={SECRET}",
    "content-type": f"application/x-www-form-urlencoded; {SECRET}",
    "referer": f"https://city.example.com/?token={SECRET}",
    "cookie": f"session={SECRET}",
    "authorization": f"Bearer {SECRET}",
    f"x-{SECRET}": SECRET,
    "access-control-request-method": f"PUT {SECRET}",
    "access-control-request-headers": f"x, {SECRET}",
    "content-encoding": SECRET,
    "sec-fetch-site": "",
}


def full_of_secrets(recorded: str) -> Event:
    """Return a recorded event with a secret in everything that a visitor controls."""
    event = an_event(recorded, headers=MALFORMED_HEADERS, path=f"/{SECRET}")
    event["multiValueQueryStringParameters"] = {SECRET: [SECRET], "token": [SECRET, SECRET]}
    if not event["isBase64Encoded"]:
        event["body"] = SECRET
    if recorded == "uptime_robot":
        event["httpMethod"] = "GET"
    if recorded == "preflight":
        event["multiValueHeaders"]["origin"] = [OUR_OWN_PAGE]
    agent = event["multiValueHeaders"]["user-agent"]
    event["multiValueHeaders"]["user-agent"] = [f"{agent[0]} {SECRET}"]
    accept = event["multiValueHeaders"]["accept"]
    event["multiValueHeaders"]["accept"] = [f"{accept[0]}, {SECRET}"]
    return event


def everything_but_the_location(answered: Answered) -> str:
    return " ".join([*(f"{n}: {v}" for n, v in answered.headers if n != "Location"), answered.body])


def a_scene(initial: str) -> Scene:
    scene = Scene(uptime_checks=(MONITOR,), cors_origins=(OUR_OWN_PAGE,))
    getattr(scene, f"is_{initial}")()
    return scene


@settings(max_examples=80)
@given(
    recorded=st.sampled_from(ONE_OF_EACH_KIND),
    initial=st.sampled_from(INITIAL),
    failing=st.sets(st.sampled_from(FAILING_CALLS), max_size=2),
)
def test_no_secret_comes_back_or_is_logged(recorded: str, initial: str, failing: set[str]) -> None:
    scene = a_scene(initial)
    for call in failing:
        scene.ports.faults.fail(call)
    with log_records(logging.DEBUG) as records:
        answered = scene.visit(full_of_secrets(recorded))
    assert "s3cr3t" not in everything_but_the_location(answered)
    assert "s3cr3t" not in as_logged(records)
    # A JSON log holds every attribute of a record.
    assert "s3cr3t" not in "".join(str(vars(record)) for record in records)
    assert "Traceback" not in as_logged(records) or failing, "an error, though no call failed"


@pytest.mark.parametrize("initial", ["draining", "awake"])
def test_the_path_and_the_query_in_the_location_are_quoted(initial: str) -> None:
    answered = a_scene(initial).visit(full_of_secrets("curl_posts_json"))
    location = answered.header("Location")
    assert location is not None
    assert location.startswith("/" + quote(SECRET, safe="&'"))
    assert not set(location) & set('<>" \\^`{|}')


@settings(max_examples=80)
@given(
    recorded=st.sampled_from(ONE_OF_EACH_KIND),
    initial=st.sampled_from(INITIAL),
    hostile=st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=()), max_size=20),
)
def test_no_header_can_be_injected(recorded: str, initial: str, hostile: str) -> None:
    """``Scene.visit`` refuses what a load balancer could not send. Here, everything in the request is hostile."""
    event = full_of_secrets(recorded)
    for values in event["multiValueHeaders"].values():
        values.append(hostile)
    event["multiValueQueryStringParameters"][hostile] = [hostile]
    event["path"] = f"/{hostile}"
    answered = a_scene(initial).visit(event)
    names = {name.lower() for name, _ in answered.headers}
    assert not names & {"set-cookie", "x"}
    assert all(value.isascii() and value.isprintable() for _, value in answered.headers)


def test_texts_that_others_wrote_are_escaped_on_the_page() -> None:
    scene = Scene().is_waking(for_=400 * SECOND, wake=has_failed("<script>alert(1)</script>"))
    scene.ports.table.waiting_page = WaitingPage(title="<b>", contact="</main><script>", logo='data:image/png,"><x')
    body = scene.visit(an_event("browser_navigates")).body
    assert "<script>alert(1)" not in body
    assert "<b><b>" not in body
    assert "</main><script>" not in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body
