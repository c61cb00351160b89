"""No text that others wrote becomes HTML, and the HTML has nothing that CloudWatch does not allow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import Refused
from scale_to_zero.model.service_state import Hold, HoldAll, Phase
from scale_to_zero.web.panel import show_panel
from tests.service_states import has_failed
from tests.unit.web.panel.let_through import (
    ATTRIBUTES_FOR_SCREEN_READERS,
    ATTRIBUTES_IN_AWS_SAMPLES,
    FOR_SCREEN_READERS,
    IN_AWS_SAMPLES,
)
from tests.unit.web.panel.reading import Shown, read
from tests.unit.web.panel.scene import HOSTILE, HOUR, MINUTE, NOW, Scene, a_context

ELEMENTS: Final = IN_AWS_SAMPLES | FOR_SCREEN_READERS
ATTRIBUTES: Final = ATTRIBUTES_IN_AWS_SAMPLES | ATTRIBUTES_FOR_SCREEN_READERS


def must_be_allowed(shown: Shown) -> None:
    for element in shown.root.all():
        if element.tag == "#document":
            continue
        assert element.tag in ELEMENTS
        assert set(element.attributes) <= ATTRIBUTES, element.tag


def a_hostile_scene(*texts: str) -> Scene:
    """Return a scene in which others wrote these texts everywhere they can. Each text is also the key of a service.

    Few rows are shown, on several pages. At most three items that cannot be read are named.
    """
    scene = Scene()
    scene.params = {"rows": 5}
    scene.has("web", Phase.ASLEEP, hold=Hold(NOW + HOUR, texts[0]), hourly_cost=1.0)
    for text in texts:
        service = scene.has(text, Phase.WAKING, wake=has_failed(text), hold=Hold(NOW + HOUR, text))
        hostile = replace(service, name=ServiceName(text, text))
        state = replace(scene.ports.table.states.pop(service.name), name=hostile.name)
        scene.ports.table.services[text] = hostile
        scene.ports.table.states[hostile.name] = state
        scene.ports.table.unreadable.append(text)
    scene.ports.table.services.update({f"~{n}": scene.has(f"~{n}", Phase.DRAINING) for n in range(6)})
    scene.says = texts[0] or "-"
    scene.ports.table.hold_all = HoldAll(NOW - HOUR, NOW + MINUTE, texts[0])
    return scene


PRINTABLE: Final = tuple(text for text in HOSTILE if text.isprintable())
markup = st.text("<>&\"'/;=!-{}%#$sabx", min_size=1, max_size=12)
unprintable = st.text(st.characters(exclude_categories=()), max_size=12)


@settings(max_examples=12)
@example(texts=HOSTILE[:3], language="en")
@example(texts=HOSTILE[3:6], language="fr")
@example(texts=HOSTILE[6:], language="en")
@given(
    texts=st.lists(st.sampled_from(HOSTILE) | markup | unprintable, min_size=1, max_size=3, unique=True),
    language=st.sampled_from(["en", "fr"]),
)
def test_the_html_has_only_what_cloudwatch_allows_whatever_others_wrote(texts: Sequence[str], language: str) -> None:
    scene = a_hostile_scene(*texts)
    scene.language = language
    for shown in (
        scene.view(),
        scene.act(action="wake", service="web"),
        scene.act(action="wake", service=texts[0]),
        scene.act(action=texts[0], service=texts[0], page=2),
        scene.act(action="hold_all", service=texts[0], page=texts[0], hold_all_until=texts[0], reason=texts[0]),
    ):
        must_be_allowed(shown)
        assert len(shown.rows) >= 2


def test_the_lists_of_elements_and_attributes_are_complete() -> None:
    """Everything that is used is on a list, and everything on the list of extras is used."""
    scene = a_hostile_scene("x")
    scene.context = {"theme": "dark"}
    shown = scene.act(action="wake", service="web", page=2)
    used = {element.tag for element in shown.root.all()} - {"#document"}
    assert used - IN_AWS_SAMPLES == FOR_SCREEN_READERS
    attributes = {name for element in shown.root.all() for name in element.attributes}
    assert attributes - ATTRIBUTES_IN_AWS_SAMPLES == ATTRIBUTES_FOR_SCREEN_READERS


@settings(max_examples=12)
@example(texts=PRINTABLE[:3])
@example(texts=PRINTABLE[3:6])
@example(texts=PRINTABLE[6:])
@given(texts=st.lists(markup, min_size=1, max_size=3, unique=True))
def test_texts_that_others_wrote_are_shown_unchanged(texts: Sequence[str]) -> None:
    scene = a_hostile_scene(*texts)
    shown = scene.view()
    titles = {element.attributes.get("title") for element in shown.root.all("span")}
    for text in texts:
        assert shown.rows[text]["Held until"] == f"11:00 {text}"
        assert f"Reported cause: {text}" in shown.causes
        assert text in shown.notices
        assert f"{text}/{text}" in titles
    assert scene.act(action="wake", service="web").notices[0] == texts[0]


@settings(max_examples=12)
@example(texts=PRINTABLE[:3])
@example(texts=PRINTABLE[3:6])
@example(texts=PRINTABLE[6:])
@given(texts=st.lists(markup, min_size=1, max_size=3, unique=True))
def test_a_button_sends_a_hostile_key_unchanged(texts: Sequence[str]) -> None:
    shown = a_hostile_scene(*texts).view()
    for text in texts:
        buttons = shown.buttons(text)
        assert {button.payload["service"] for button in buttons} == {text}
        assert all(text in (button.confirmation or "") for button in buttons)


@settings(max_examples=20)
@given(text=st.sampled_from(HOSTILE) | markup | unprintable)
def test_a_refusal_that_repeats_a_hostile_text_is_escaped(text: str) -> None:
    scene = Scene()
    scene.has("web")
    scene.ports.invoke_scale_up = lambda _payload: (_ for _ in ()).throw(
        Refused("PayloadRefused", f"no service {text}")
    )
    shown = scene.act(action="wake", service=text)
    must_be_allowed(shown)
    assert len(shown.notices) == 1


def test_half_of_a_surrogate_pair_and_characters_that_reverse_the_writing_direction_are_left_out() -> None:
    html = a_hostile_scene("a\ud800b\x00c\u202ed\r\ne").answers({"widgetContext": a_context()})
    assert "a b c d e" in html
    html.encode()
    assert not re.search("[\x00\r\n\u202e]", html.partition("</style>")[2])


def test_long_texts_are_cut() -> None:
    shown = a_hostile_scene("x" * 100_000).view()
    assert max(len(cause) for cause in shown.causes) < 1100
    assert max(len(notice) for notice in shown.notices) <= 2000


def test_the_style_sheet_changes_nothing_outside_the_panel() -> None:
    scene = Scene()
    scene.has("web")
    [style] = scene.view().root.all("style")
    [css] = style.children
    assert isinstance(css, str)
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"@container[^{]*\{", "", css))
    assert len(selectors) > 20
    for selector in (one.strip() for group in selectors for one in group.split(",")):
        assert re.match(r"\.s2z(-light|-dark)?( |$)", selector), selector
    assert "url(" not in css
    assert "@import" not in css
    assert "<" not in css


def test_a_hostile_arn_of_the_function_stays_within_its_attribute() -> None:
    scene = Scene()
    scene.has("web")
    html = show_panel(scene.ports.gathered(), {}, function_arn='"><script>', language="en")
    must_be_allowed(read(html))
