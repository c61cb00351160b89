"""Which services are shown: one page of them, or the services that a parameter names."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.service_state import Hold, Phase
from scale_to_zero.web.panel.panel_event import MOST_ROWS
from tests.service_states import has_failed
from tests.unit.web.panel.scene import HOUR, NOW, Scene

# JSON can hold half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=()), max_size=10)
wrong_numbers = (
    st.none()
    | st.booleans()
    | st.integers(max_value=0)
    | st.floats()
    | texts.filter(lambda text: not re.fullmatch("[0-9]+", text.strip()))
    | st.sampled_from([[1], {}, {"a": 1}, "1.5", "-1", "9" * 5000])
)


def a_scene(count: int, **state: Any) -> Scene:
    scene = Scene()
    for number in range(1, count + 1):
        scene.has(f"s{number:04}", Phase.DRAINING, **state)
    return scene


def test_25_services_are_shown_with_a_link_to_the_others() -> None:
    scene = a_scene(60)
    first = scene.view()
    assert [*first.rows] == [f"s{n:04}" for n in range(1, 26)]
    assert [button.label for button in first.buttons()] == ["Next ›"]
    second = scene.press(first.button("Next ›"), first)
    assert [*second.rows] == [f"s{n:04}" for n in range(26, 51)]
    assert [button.label for button in second.buttons()] == ["‹ Previous", "Next ›"]
    third = scene.press(second.button("Next ›"), second)
    assert [*third.rows] == [f"s{n:04}" for n in range(51, 61)]
    assert [button.label for button in third.buttons()] == ["‹ Previous"]
    assert [*scene.press(third.button("‹ Previous"), third).rows] == [*second.rows]
    assert third.caption.startswith("Services 51 to 60 of 60.")


def test_turning_a_page_needs_no_confirmation_and_calls_no_function() -> None:
    scene = a_scene(60)
    button = scene.view().button("Next ›")
    assert button.confirmation is None
    scene.press(button)
    assert scene.calls == []


def test_services_that_fit_on_one_page_have_no_links_to_other_pages() -> None:
    assert a_scene(25).view().buttons() == []


def test_a_press_keeps_the_page() -> None:
    scene = a_scene(60)
    second = scene.press(scene.view().button("Next ›"))
    after = scene.press(second.button("Wake", "s0030"), second)
    assert [*after.rows] == [*second.rows]
    assert after.rows["s0030"]["Phase"] == "Waking"


def test_a_refresh_keeps_the_page() -> None:
    scene = a_scene(60)
    second = scene.press(scene.view().button("Next ›"))
    assert [*scene.view(second).rows] == [*second.rows]


@settings(max_examples=40)
@example(page=0)
@example(page=True)
@example(page=1.5)
@example(page="9" * 5000)
@given(page=wrong_numbers)
def test_an_invalid_page_number_shows_the_first_page(page: object) -> None:
    scene = a_scene(2)
    scene.params = {"rows": 1}
    assert [*scene.act(page=page).rows] == ["s0001"]
    scene.context = {"forms": {"all": {"page": page}}}
    assert [*scene.view().rows] == ["s0001"]


@pytest.mark.parametrize("page", [4, 10**8, "7"])
def test_a_page_number_past_the_last_shows_the_last_page(page: object) -> None:
    """Services may leave while the last page is shown."""
    shown = a_scene(60).act(page=page)
    assert [*shown.rows][-1] == "s0060"
    assert shown.field("page") == "3"


@pytest.mark.parametrize("rows", [1, 10, MOST_ROWS, "10", " 10 "])
def test_as_many_rows_are_shown_as_the_parameter_says(rows: int | str) -> None:
    scene = a_scene(MOST_ROWS + 1)
    scene.params = {"rows": rows}
    shown = scene.view()
    assert len(shown.rows) == int(rows)
    assert shown.notices == []
    assert len(scene.press(shown.button("Next ›"), shown).rows) == min(int(rows), MOST_ROWS + 1 - int(rows))


@settings(max_examples=6)
@example(rows=0)
@example(rows=True)
@example(rows=1.5)
@example(rows=MOST_ROWS + 1)
@example(rows="²")
@example(rows="9" * 5000)
@given(rows=wrong_numbers | st.integers(min_value=MOST_ROWS + 1))
def test_a_wrong_number_of_rows_is_reported_and_25_are_shown(rows: object) -> None:
    scene = a_scene(30)
    scene.params = {"rows": rows}
    shown = scene.view()
    assert len(shown.rows) == 25
    assert shown.notices == [
        "The widget's parameter “rows” is not a whole number from 1 to 100; 25 services are shown."
    ]


@pytest.mark.parametrize(
    ("services", "keys"),
    [
        ("web", ["web"]),
        ("web, api", ["api", "web"]),
        (["web", "shop"], ["shop", "web"]),
        ("s*", ["search", "shop"]),
        ("*", ["api", "search", "shop", "web"]),
        ("?e?", ["web"]),
        ("[sw]*", []),
        ("[!a]*", []),
        ("", ["api", "search", "shop", "web"]),
        (None, ["api", "search", "shop", "web"]),
        ("WEB", []),
        ("unknown", []),
    ],
)
def test_only_the_services_that_the_parameter_names_are_shown(services: object, keys: list[str]) -> None:
    scene = Scene()
    for key in ("web", "api", "shop", "search"):
        scene.has(key)
    scene.params = {"services": services}
    shown = scene.view()
    assert [*shown.rows] == keys
    assert shown.notices == []
    assert keys or "No service matches" in shown.root.text()


def test_the_parameters_also_apply_to_a_press() -> None:
    """A button sends only its own fields; the dashboard sends the widget's parameters with its settings."""
    scene = a_scene(60)
    scene.params = {"services": "s003*", "rows": 4}
    shown = scene.view()
    assert (
        [*scene.press(shown.button("Wake", "s0031"), shown).rows]
        == [*shown.rows]
        == ["s0030", "s0031", "s0032", "s0033"]
    )


no_text = st.integers() | st.booleans() | st.floats() | st.dictionaries(texts, st.just(1), max_size=1)


@settings(max_examples=20)
@example(services=["web", None])
@example(services=[["web"]])
@given(services=no_text | st.builds(lambda before, one: [*before, one], st.lists(texts, max_size=2), no_text))
def test_a_wrong_parameter_is_reported_and_all_services_are_shown(services: object) -> None:
    scene = a_scene(2)
    scene.params = {"services": services}
    shown = scene.view()
    assert len(shown.rows) == 2
    assert shown.notices == [
        "The widget's parameter “services” is neither a text nor a list of texts; all services are shown."
    ]


def test_an_unknown_parameter_is_reported() -> None:
    scene = a_scene(2)
    scene.params = {"row": 1}
    assert scene.view().notices == ["The widget has unknown parameters. Allowed parameters: “services” and “rows”."]


def test_the_parameters_can_be_sent_without_a_dashboard() -> None:
    """An operator tries them like this with ``aws lambda invoke``."""
    scene = a_scene(30)
    assert "Services 1 to 3 of 10." in scene.answers({"rows": 3, "services": "s002*"})


def test_the_panel_says_that_the_module_manages_no_service() -> None:
    assert "This module manages no service." in Scene().view().root.text()


def test_a_thousand_services_fit_into_an_answer_and_are_shown_in_time() -> None:
    """The answer of a function can have 6 MB (AWS Lambda quotas), and no viewer waits long for a widget."""
    scene = a_scene(1000, hold=Hold(NOW + HOUR, "x" * 200), wake=has_failed("y" * 2000))
    began = time.process_time()
    html = scene.answers({"rows": MOST_ROWS})
    assert time.process_time() - began < 2
    assert "Services 1 to 100 of 1,000." in html
    assert len(html.encode()) < 300_000
    assert len(scene.answers({}).encode()) < 85_000
