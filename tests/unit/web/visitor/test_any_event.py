"""The load balancer gets an answer that it can send for every event. ``as_sent`` refuses all other answers."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from scale_to_zero.model.service_state import Lease
from scale_to_zero.web.page import render_page
from scale_to_zero.web.visitor import answer_not_set_up
from tests.unit.listener import MONITOR
from tests.unit.web.visitor.scene import EVENTS, HOUR, OUR_OWN_PAGE, WAKE_TARGET_GROUP, Scene, as_sent

INITIAL: Final = ["asleep", "waking", "draining", "awake", "without_state"]

# JSON can hold any character, and half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    ["//evil.example.net", "/\\evil", "\r\nSet-Cookie: a=b", "text/html", "*/*", OUR_OWN_PAGE, "http://[", "a" * 70_000]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
header_names = st.sampled_from(
    [
        "accept",
        "accept-language",
        "access-control-request-headers",
        "access-control-request-method",
        "content-type",
        "host",
        "origin",
        "sec-fetch-site",
        "user-agent",
        "HOST",
    ]
)
lists_of_texts = st.dictionaries(header_names | texts, st.lists(texts, max_size=3), max_size=6)
recorded_events = st.sampled_from(sorted(EVENTS.glob("*.json"))).map(lambda file: json.loads(file.read_text()))
likely_events = st.fixed_dictionaries(
    {
        "requestContext": st.just({"elb": {"targetGroupArn": WAKE_TARGET_GROUP}}),
        "httpMethod": st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE"]) | texts,
        "path": texts.map(lambda path: f"/{path}") | texts,
    },
    optional={
        "multiValueHeaders": lists_of_texts | json_values,
        "headers": st.dictionaries(header_names, texts, max_size=4) | json_values,
        "multiValueQueryStringParameters": lists_of_texts | json_values,
        "queryStringParameters": st.dictionaries(texts, texts, max_size=3) | json_values,
        "body": texts | json_values,
        "isBase64Encoded": st.booleans() | json_values,
    },
)


@st.composite
def damaged_events(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a recorded event in which one part is replaced or missing."""
    event: dict[str, Any] = draw(recorded_events)
    part = draw(st.sampled_from(sorted(event)))
    if draw(st.booleans()):
        event[part] = draw(json_values)
    else:
        del event[part]
    return event


events = json_values | recorded_events | likely_events | damaged_events()


@settings(max_examples=400, deadline=None)
@given(event=events, initial=st.sampled_from(INITIAL), confirm=st.booleans())
def test_every_event_gets_an_answer_that_can_be_sent(event: object, initial: str, confirm: bool) -> None:
    scene = Scene(uptime_checks=(MONITOR,), cors_origins=(OUR_OWN_PAGE,), ask_before_waking=confirm)
    getattr(scene, f"is_{initial}")()
    # The leases are taken, so that not every event wakes the service or disarms its rules again.
    for lease in Lease:
        scene.ports.table.leases[scene.service.name, lease] = scene.now + HOUR
    answered = scene.visit(event)
    assert answered.code in (200, 204, 303, 307, 404, 503)
    assert (answered.header("Location") is not None) == (answered.code in (303, 307))
    if answered.code == 503:
        assert int(answered.header("Retry-After") or "") >= 1


@settings(max_examples=100, deadline=None)
@given(event=events)
def test_every_event_is_refused_if_the_function_is_not_set_up(event: object) -> None:
    assert as_sent(answer_not_set_up(event, render=render_page)).code in (404, 503)
