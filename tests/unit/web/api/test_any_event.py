"""API Gateway gets an answer that it can send for every event. ``as_sent`` refuses all other answers."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.web.api.gateway import an_event
from tests.unit.web.api.scene import JSON, Scene

INITIAL: Final = ["asleep", "waking", "awake"]

# JSON can hold any character, and half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    ["//evil.example.net", "\r\nSet-Cookie: a=b", JSON, "a" * 70_000, '{"minutes": 1}', '{"force": true}', "[" * 4000]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
paths = (
    st.sampled_from(["/services", "/services/web", "/services/web/wake", "/services/web/sleep", "/services/web/hold"])
    | texts.map(lambda key: f"/services/{key}/hold")
    | texts
)
methods = st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"]) | texts
queries = st.sampled_from(["", "limit=1", "next=web", "limit=%F0&next=%00"]) | texts


@st.composite
def likely_events(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a call in which one part may be replaced or missing."""
    event = an_event(draw(methods), draw(paths))
    event["rawQueryString"] = draw(queries)
    event["headers"]["content-type"] = draw(st.just(JSON) | texts)
    event["body"] = draw(st.none() | texts)
    event["isBase64Encoded"] = draw(st.booleans())
    part = draw(st.sampled_from([None, *sorted(event)]))
    if part is not None:
        event[part] = draw(json_values)
        if draw(st.booleans()):
            del event[part]
    return event


@settings(max_examples=500, deadline=None)
@given(event=likely_events() | json_values, initial=st.sampled_from(INITIAL))
def test_every_event_gets_an_answer_that_can_be_sent(event: object, initial: str) -> None:
    scene = Scene()
    getattr(scene, f"is_{initial}")()
    answered = scene.call(event)
    assert answered.code in (200, 202, 400, 404, 405, 413, 415)
    assert ("location" in answered.headers) == (answered.code == 202)
    assert ("allow" in answered.headers) == (answered.code == 405)
    if answered.code >= 400 and answered.body:
        assert answered.problem
        assert answered.json_body()["detail"].endswith(".")
