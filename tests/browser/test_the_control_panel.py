"""The control panel on a dashboard that shows it as CloudWatch does. Every picture is saved in ``out/browser``."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations
from typing import Any, Final

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Dialog, Page, expect

from scale_to_zero.model.service_state import Hold, Phase
from scale_to_zero.web.panel import show_panel
from scale_to_zero.web.panel.reason_words import REASONS
from scripts.cloudwatch_frame import CloudWatchFrame, Event, Only, Settings
from scripts.control_panel_picture import FAILED, NOW, ports_at, staging
from tests.service_states import has_failed
from tests.unit.web.panel.let_through import ATTRIBUTES_IN_AWS_SAMPLES, IN_AWS_SAMPLES
from tests.unit.web.panel.scene import ARN, HOSTILE, HOUR, Scene
from tests.unit.web.panel.scene import NOW as SCENE_NOW

from .visitors import Visitors, take_picture

STRICT: Final = Only(IN_AWS_SAMPLES, ATTRIBUTES_IN_AWS_SAMPLES)
ALIKE: Final = 6
"""In levels of gray, of 255: how much two pictures of one disc can differ because of its position among the pixels."""
VIEWPORT: Final = {"viewport": {"width": 1352, "height": 600}}
PICTURES: Final[dict[str, tuple[Settings, str]]] = {
    "light": (Settings(offset="+01:00"), "en"),
    "dark": (Settings(offset="+01:00", theme="dark"), "en"),
    "french": (Settings(offset="+01:00"), "fr"),
    "french-dark": (Settings(offset="+01:00", theme="dark", width=1200), "fr"),
    "narrow": (Settings(width=800, params={"rows": 6, "row": 1}), "en"),
    "strict": (Settings(strict=STRICT), "en"),
}


def of_staging(language: str) -> Any:
    ports = ports_at(staging(), NOW)
    return lambda event: show_panel(ports, event, function_arn=ARN, language=language)


@contextmanager
def dashboard(scene: Scene, settings: Settings | None = None) -> Iterator[CloudWatchFrame]:
    """Serve a dashboard with the panel of these services."""

    def panel(event: Event) -> str:
        return scene.answers(event)

    with CloudWatchFrame({ARN: panel}, ARN, settings or Settings()) as frame:
        yield frame


def open_dashboard(frame: CloudWatchFrame, visitors: Visitors, confirms: bool = True) -> tuple[Page, list[str]]:
    """Open the dashboard in a browser, and confirm or decline every question. Return the page and the questions."""
    page, questions = visitors.new_page(**VIEWPORT), []

    def answer(dialog: Dialog) -> None:
        questions.append(dialog.message)
        if confirms:
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answer)
    page.goto(frame.url)
    expect(page.locator("body")).to_have_attribute("data-calls", "none")
    return page, questions


def row(page: Page, key: str) -> Any:
    return page.locator("tbody tr").filter(has=page.get_by_text(key, exact=True))


@pytest.mark.parametrize("name", PICTURES)
def test_every_service_is_completely_visible(name: str, visitors: Visitors) -> None:
    settings, language = PICTURES[name]
    with CloudWatchFrame({ARN: of_staging(language)}, ARN, settings) as frame:
        page, _ = open_dashboard(frame, visitors)
        take_picture(page, f"control-panel-{name}")
        assert page.locator("tbody tr:not(.s2z-why)").count() == settings.params.get("rows", 8)
        widths = page.locator(".cwdb-custom-inner").evaluate("inner => [inner.scrollWidth, inner.clientWidth]")
        assert widths[0] <= widths[1], "the panel is wider than its widget"
        wide = page.locator(".s2z-wide").evaluate("table => [table.scrollWidth, table.clientWidth]")
        assert wide[0] <= wide[1], "a button is visible only after scrolling"


def test_a_button_acts_after_a_confirmation_and_the_panel_shows_the_result(visitors: Visitors) -> None:
    scene = Scene()
    scene.has("web", Phase.ASLEEP)
    scene.has("api", Phase.AWAKE)
    with dashboard(scene) as frame:
        page, questions = open_dashboard(frame, visitors)
        row(page, "web").get_by_text("Wake", exact=True).click()
        expect(page.get_by_role("status")).to_have_text("web: as requested")
        expect(row(page, "web")).to_contain_text("Waking")
        assert questions == ["Wake web now?"]
        assert scene.calls == [("invoke_scale_up", {"service": "web"})]
        take_picture(page, "control-panel-woken")


def test_a_declined_confirmation_changes_nothing(visitors: Visitors) -> None:
    scene = Scene()
    scene.has("web", Phase.AWAKE)
    with dashboard(scene) as frame:
        page, questions = open_dashboard(frame, visitors, confirms=False)
        row(page, "web").get_by_text("Sleep", exact=True).click()
        assert questions == ["Put web to sleep now, without waiting until it is idle?"]
        assert (scene.calls, len(frame.events)) == ([], 1)


def test_every_button_of_a_row_does_what_it_says(visitors: Visitors) -> None:
    scene = Scene()
    scene.has("web", Phase.DRAINING, hold=Hold(SCENE_NOW + HOUR, "demo"))
    scene.has("api", Phase.AWAKE)
    with dashboard(scene) as frame:
        page, questions = open_dashboard(frame, visitors)
        row(page, "web").get_by_text("Release").click()
        expect(row(page, "web")).not_to_contain_text("demo")
        row(page, "web").get_by_text("Keep awake").click()
        expect(row(page, "web")).to_contain_text("12:00")
        row(page, "api").get_by_text("Sleep").click()
        expect(row(page, "api")).to_contain_text("will be put to sleep")
        row(page, "web").get_by_text("Wake", exact=True).click()
        expect(row(page, "web")).to_contain_text("Waking")
    assert scene.calls == [
        ("invoke_scale_up", {"service": "web", "release": True}),
        ("invoke_scale_up", {"service": "web", "hold_minutes": 120, "reason": "control panel"}),
        ("invoke_scale_to_zero", {"service": "api", "action": "sleep", "force": False}),
        ("invoke_scale_up", {"service": "web"}),
    ]
    assert len(questions) == 4


@pytest.mark.parametrize("strict", [None, STRICT], ids=["lenient", "strict"])
def test_a_button_and_a_refresh_keep_the_page_of_the_table(strict: Only | None, visitors: Visitors) -> None:
    """This also holds if CloudWatch allows only what AWS's own samples use."""
    scene = Scene()
    for number in range(30):
        scene.has(f"s{number:02}", Phase.ASLEEP)
    with dashboard(scene, Settings(params={"rows": 10}, strict=strict)) as frame:
        page, questions = open_dashboard(frame, visitors)
        page.get_by_text("Next ›").click()
        expect(row(page, "s10")).to_be_visible()
        assert questions == []
        row(page, "s10").get_by_text("Wake", exact=True).click()
        expect(row(page, "s10")).to_contain_text("Waking")
        page.get_by_title("Refresh").click()
        expect(page.locator(".s2z-notice")).to_have_count(0)
        expect(row(page, "s10")).to_contain_text("Waking")
        assert len(scene.calls) == 1
        page.get_by_text("‹ Previous").click()
        expect(row(page, "s00")).to_be_visible()
        take_picture(page, f"control-panel-pages-{'strict' if strict else 'lenient'}")


def test_a_refusal_is_shown_above_the_table(visitors: Visitors) -> None:
    scene = Scene()
    scene.has("web", Phase.AWAKE)
    scene.refuses = "web is held awake until 2026-03-02 12:00:00 UTC (demo); release it first"
    with dashboard(scene, Settings(theme="dark")) as frame:
        page, _ = open_dashboard(frame, visitors)
        row(page, "web").get_by_text("Sleep", exact=True).click()
        expect(page.get_by_role("alert")).to_have_text(scene.refuses)
        take_picture(page, "control-panel-refused")


def test_hostile_texts_are_shown_unchanged_and_run_nothing(visitors: Visitors) -> None:
    scene = Scene()
    texts = [text for text in HOSTILE if "\ud800" not in text]
    for text in texts:
        scene.has(text, Phase.WAKING, wake=has_failed(text), hold=Hold(SCENE_NOW + HOUR, text))
    with dashboard(scene) as frame:
        page, questions = open_dashboard(frame, visitors)
        seen = page.locator(".cwdb-custom-inner").inner_text()
        assert [text for text in texts if text not in seen] == []
        assert page.locator(".cwdb-custom-inner :is(script, img, iframe)").count() == 0
        row(page, texts[0]).get_by_text("Release").click()
        expect(page.get_by_role("status")).to_have_text(f"{texts[0]}: as requested")
        assert len(questions) == 1
        take_picture(page, "control-panel-hostile")


def test_the_default_styles_of_cloudwatch_are_switched_off(visitors: Visitors) -> None:
    with CloudWatchFrame({ARN: of_staging("en")}, ARN, Settings()) as frame:
        page, _ = open_dashboard(frame, visitors)
        assert "defaults" not in (page.locator(".cwdb-custom-inner").get_attribute("class") or "")


def test_a_phase_is_recognisable_without_its_color(visitors: Visitors) -> None:
    """No two discs look the same in gray."""
    scene = Scene()
    for phase in Phase:
        scene.has(phase.value, phase)
    scene.has("failed", Phase.WAKING, wake=has_failed())
    scene.has("unseen", None)
    with dashboard(scene) as frame:
        page, _ = open_dashboard(frame, visitors)
        page.add_style_tag(content="html { filter: grayscale(1) }")
        take_picture(page, "control-panel-gray")
        discs = page.locator("tbody .s2z-disc").all()
        pictures = [Image.open(io.BytesIO(disc.screenshot())).convert("L").resize((16, 16)) for disc in discs]
        assert len(pictures) == 6
        for one, other in combinations(pictures, 2):
            assert ImageStat.Stat(ImageChops.difference(one, other)).mean[0] > ALIKE


def test_the_reason_from_ecs_is_shown_in_full(visitors: Visitors) -> None:
    for language, label in (("en", "Needs attention:"), ("fr", "À vérifier\N{NO-BREAK SPACE}:")):
        with CloudWatchFrame({ARN: of_staging(language)}, ARN, Settings()) as frame:
            page, _ = open_dashboard(frame, visitors)
            shown = page.locator(".s2z-why")
            expect(shown).to_have_text(f"{label} {REASONS[language]['wake_failed']} {FAILED}")
            assert shown.locator("span").get_attribute("lang") == "en"
            take_picture(page, f"control-panel-why-{language}")


class TestTheFrame:
    """The frame behaves as AWS documents CloudWatch. Otherwise the tests above would be meaningless."""

    @pytest.mark.parametrize(
        "html",
        [
            "<script>window.injected = true</script>",
            "<img src=x onerror='window.injected = true'>",
            "<a href='javascript:window.injected = true'>x</a>",
            "<iframe srcdoc='<script>parent.injected = true</script>'></iframe>",
        ],
    )
    def test_it_removes_everything_that_could_run(self, html: str, visitors: Visitors) -> None:
        with CloudWatchFrame({ARN: lambda _event: f"<p id=there>{html}</p>"}, ARN, Settings()) as frame:
            page, _ = open_dashboard(frame, visitors)
            inner = page.locator(".cwdb-custom-inner").inner_html()
            assert "there" in inner
            for hostile in ("script", "onerror", "javascript", "iframe"):
                assert hostile not in inner

    def test_its_own_styles_apply_to_html_that_does_not_switch_them_off(self, visitors: Visitors) -> None:
        with CloudWatchFrame({ARN: lambda _event: "<table><tr><td>x</td></tr></table>"}, ARN, Settings()) as frame:
            page, _ = open_dashboard(frame, visitors)
            assert "defaults" in (page.locator(".cwdb-custom-inner").get_attribute("class") or "")

    def test_with_a_list_only_the_elements_and_attributes_on_it_are_kept(self, visitors: Visitors) -> None:
        settings = Settings(strict=Only(frozenset({"p"}), frozenset({"class"})))
        html = "<p class=a title=b><b>bold</b></p>"
        with CloudWatchFrame({ARN: lambda _event: html}, ARN, settings) as frame:
            page, _ = open_dashboard(frame, visitors)
            assert page.locator(".cwdb-custom-inner").inner_html() == '<p class="a">bold</p>'
