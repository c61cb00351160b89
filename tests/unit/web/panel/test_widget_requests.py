"""What else a dashboard requests and sends: the documentation, its theme, the language of the module."""

from __future__ import annotations

import re

import pytest
import yaml

from scale_to_zero.model.service_state import Phase
from tests.unit.web.panel.reading import read
from tests.unit.web.panel.scene import Scene, a_context


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("describe", [True, False, None, "", "yes"])
def test_the_documentation_is_markdown_and_nothing_else_is_done(language: str, describe: object) -> None:
    scene = Scene(language)
    scene.has("web", Phase.ASLEEP)
    answer = scene.answers({"describe": describe, "action": "wake", "service": "web", "widgetContext": a_context()})
    assert answer.startswith("## ECS Scale-to-Zero")
    assert "<" not in answer
    assert [call.name for call in scene.ports.faults.calls] == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_panel_accepts_the_first_example_of_the_documentation(language: str) -> None:
    """CloudWatch fills the widget's parameters with it."""
    scene = Scene(language)
    scene.has("web")
    blocks = re.findall(r"^``` ?yaml\n(.*?)^```$", scene.answers({"describe": True}), re.MULTILINE | re.DOTALL)
    example = yaml.safe_load(blocks[0])
    assert set(example) == {"services", "rows"}
    scene.params = example
    shown = scene.view()
    assert (shown.notices, [*shown.rows]) == ([], ["web"])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_parameter_is_documented(language: str) -> None:
    answer = Scene(language).answers({"describe": True})
    assert re.findall(r"^\*\*(\w+)\*\* \|", answer, re.MULTILINE) == ["services", "rows"]


@pytest.mark.parametrize(
    ("theme", "cls"), [("light", "s2z-light"), ("dark", "s2z-dark"), ("blue", "s2z-light"), (None, "s2z-light")]
)
def test_the_panel_has_the_theme_of_the_dashboard(theme: object, cls: str) -> None:
    scene = Scene()
    scene.has("web")
    scene.context = {"theme": theme}
    [root] = [child for child in scene.view().root.children if not isinstance(child, str)]
    assert root.attributes["class"].split() == ["s2z", cls, "cwdb-no-default-styles"]


def test_the_panel_can_be_in_french() -> None:
    scene = Scene("fr")
    scene.has("web", Phase.ASLEEP, hourly_cost=2000.0)
    shown = scene.view()
    assert shown.columns == [
        *("Service", "Phase", "Depuis", "Dernière activité", "Maintenu jusqu’à", "Réveil habituel"),
        *("Endormi aujourd’hui", "Économisé", "Actions"),
    ]
    assert shown.rows["web"]["Phase"] == "Endormi"
    assert shown.rows["web"]["Saved" if "Saved" in shown.columns else "Économisé"] == (
        "2\N{NARROW NO-BREAK SPACE}000,00\N{NO-BREAK SPACE}$"
    )
    assert [button.label for button in shown.buttons("web")] == ["Réveiller", "Maintenir 2\N{NO-BREAK SPACE}h"]
    assert next(shown.root.all(cls="s2z")).attributes["lang"] == "fr"


def test_the_language_of_the_console_is_ignored() -> None:
    scene = Scene("fr")
    scene.has("web")
    scene.context = {"locale": "en"}
    assert "Depuis" in scene.view().columns


@pytest.mark.parametrize("language", ["de", "", "FR", "xx"])
def test_an_unknown_language_is_replaced_by_english(language: str) -> None:
    scene = Scene(language)
    scene.has("web")
    assert "Since" in scene.view().columns
    assert scene.answers({"describe": True}).startswith("## ECS Scale-to-Zero: control panel")


@pytest.mark.parametrize("event", [None, [], "web", 1, True])
def test_an_event_that_is_not_an_object_is_reported(event: object) -> None:
    scene = Scene()
    scene.has("web")
    shown = read(scene.answers(event))
    assert shown.notices == ["The request to the panel is not a JSON object; all services are shown."]
    assert [*shown.rows] == ["web"]
