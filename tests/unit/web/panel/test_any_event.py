"""The panel answers every event with HTML that CloudWatch can show. It calls a function only if a button would."""

from __future__ import annotations

import json
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from scale_to_zero.model.service_state import Phase
from tests.unit.web.panel.reading import read
from tests.unit.web.panel.scene import HOSTILE, NOW, Scene, a_context
from tests.unit.web.panel.test_hostile import must_be_allowed

KEYS: Final = ["web", "api"]

# JSON can hold any character, and half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=()), max_size=40) | st.sampled_from(
    [*HOSTILE, "web", "*", "[", "[!", "wake", "9" * 5000, "+14:00", "+99:99", "dark"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "theme": st.sampled_from(["light", "dark"]) | json_values,
        "timezone": st.fixed_dictionaries({"offsetISO": st.sampled_from(["+02:00", "-12:00"]) | json_values})
        | json_values,
        "forms": st.fixed_dictionaries({"all": st.fixed_dictionaries({"page": json_values})}) | json_values,
        "params": st.fixed_dictionaries(
            {}, optional={"rows": json_values, "services": json_values, "action": json_values}
        )
        | json_values,
    },
).map(lambda changes: a_context(**changes))
likely_events = st.fixed_dictionaries(
    {},
    optional={
        "widgetContext": contexts | json_values,
        "action": st.sampled_from(["wake", "sleep", "hold", "release"]) | json_values,
        "service": st.sampled_from(KEYS) | json_values,
        "page": st.integers(-2, 5) | json_values,
        "rows": json_values,
        "services": json_values,
    },
)
described = st.fixed_dictionaries({"describe": json_values}, optional={"action": st.just("wake"), "service": texts})
presses = st.fixed_dictionaries(
    {
        "action": st.sampled_from(["wake", "sleep", "hold", "release"]),
        "service": st.sampled_from(KEYS) | st.sampled_from(HOSTILE) | texts,
    },
    optional={"widgetContext": contexts, "page": json_values},
)
languages = st.sampled_from(["en", "fr"])


@settings(max_examples=300, deadline=None)
@given(event=json_values | likely_events, language=languages)
def test_every_event_gets_html_that_can_be_shown(event: object, language: str) -> None:
    must_be_shown(event, language)


@settings(max_examples=150, deadline=None)
@given(event=presses, language=languages)
def test_a_press_gets_html_whatever_service_it_names(event: dict[str, Any], language: str) -> None:
    must_be_shown(event, language)


@settings(max_examples=50, deadline=None)
@given(event=described, language=languages)
def test_a_request_for_the_documentation_gets_the_documentation_and_nothing_else(event: object, language: str) -> None:
    scene = Scene(language)
    assert scene.answers(event).startswith("## ")
    assert scene.calls == []


def must_be_shown(event: object, language: str) -> None:
    scene = Scene(language)
    for key in KEYS:
        scene.has(key, Phase.AWAKE, sleep_requested=NOW)
    answer = scene.answers(event)
    # AWS Lambda's runtime sends the answer like this. Text that is not UTF-8 would end the run.
    json.dumps(answer, ensure_ascii=False).encode()
    shown = read(answer)
    must_be_allowed(shown)
    assert "could not be shown" not in answer
    assert "n’a pas pu être affiché" not in answer
    sent = [payload["service"] for _, payload in scene.calls if isinstance(payload, dict)]
    assert sent == ([event["service"]] if sent and isinstance(event, dict) else [])
