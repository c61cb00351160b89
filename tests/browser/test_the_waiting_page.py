"""What a person sees while the service does not run. Every picture is saved in ``out/browser``."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page

from scale_to_zero.model.configured import WaitingPage
from scale_to_zero.web.status import ShownState, Status

from .visitors import Visitors, take_picture
from .waiting_server import WaitingServer

LOGO = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 40'%3E"
    "%3Ccircle cx='20' cy='20' r='19' fill='%230f766e'/%3E"
    "%3Cpath d='M20 8l9 24-9-6-9 6z' fill='%23fff'/%3E%3C/svg%3E"
).replace(" ", "%20").replace("'", "%27")  # fmt: skip
OURS = WaitingPage(
    title="City Guided (staging)",
    accent_color="#0f766e",
    logo=LOGO,
    contact="Questions? The platform team answers in #staging.",
)
WAKING = Status("web", ShownState.WAKING, timedelta(seconds=12), timedelta(seconds=60), retry_after=30, polls=True)
CAUSE = (
    "(service city-guided-service) was unable to place a task. Reason: CannotPullContainerError: pull image manifest "
    "has been retried 7 time(s): failed to resolve ref public.ecr.aws/nginx/nginx:stabel-alpine: not found."
)
FAILED = Status("web", ShownState.FAILED, timedelta(seconds=340), timedelta(seconds=60), CAUSE, retry_after=30)
BACKOFF = Status("web", ShownState.BACKOFF, cause=CAUSE, retry_after=240)
CONFIRM = Status("web", ShownState.NEEDS_CONFIRMATION)
PHONE = {"viewport": {"width": 360, "height": 640}, "device_scale_factor": 2}

SCENES: dict[str, tuple[Status, WaitingPage, dict[str, Any]]] = {
    "waking-en": (WAKING, OURS, {}),
    "waking-fr": (WAKING, OURS, {"locale": "fr-FR"}),
    "waking-dark": (replace(WAKING, elapsed=timedelta(seconds=41)), OURS, {"color_scheme": "dark"}),
    "waking-dark-plain": (WAKING, WaitingPage(), {"color_scheme": "dark", "locale": "fr-FR"}),
    "waking-plain": (WAKING, WaitingPage(), {}),
    "waking-without-javascript": (WAKING, OURS, {"java_script_enabled": False}),
    "waking-first-time": (replace(WAKING, usual=None), OURS, {}),
    "waking-overdue": (replace(WAKING, elapsed=timedelta(seconds=95)), OURS, {}),
    "waking-phone": (WAKING, OURS, PHONE),
    "asleep-en": (Status("web", ShownState.ASLEEP, retry_after=5), OURS, {}),
    "asleep-fr": (Status("web", ShownState.ASLEEP, retry_after=5), OURS, {"locale": "fr-FR"}),
    "confirm-en": (CONFIRM, OURS, {}),
    "confirm-fr-dark": (CONFIRM, OURS, {"locale": "fr-FR", "color_scheme": "dark"}),
    "failed-en": (FAILED, OURS, {}),
    "failed-fr-phone": (FAILED, OURS, {"locale": "fr-FR", **PHONE}),
    "backoff-en": (BACKOFF, OURS, {}),
    "backoff-fr-dark": (BACKOFF, OURS, {"locale": "fr-FR", "color_scheme": "dark"}),
    "unavailable-en": (Status("web", ShownState.UNAVAILABLE, retry_after=5), OURS, {}),
    "ready-en": (Status("web", ShownState.READY), OURS, {}),
    "light-accent": (CONFIRM, replace(OURS, accent_color="#fc0", logo=None), {}),
}  # fmt: skip


def shown(page: Page) -> str:
    return page.inner_text("main")


@pytest.mark.parametrize("name", SCENES)
def test_every_scene_fits_and_sends_requests_to_its_server_only(
    name: str, server: WaitingServer, visitors: Visitors
) -> None:
    server.status, server.page, settings = SCENES[name]
    page = visitors.new_page(**settings)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(server.url)
    take_picture(page, name)
    assert {url for url in requested if not url.startswith("data:")} == {f"{server.url}/"}
    widths = (
        page.locator("html").evaluate("root => [root.scrollWidth, root.clientWidth]") if can_run(settings) else [0, 0]
    )
    assert widths[0] <= widths[1]
    assert page.title().endswith(server.page.title or "web")


def can_run(settings: dict[str, Any]) -> bool:
    return bool(settings.get("java_script_enabled", True))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "status",
    [
        *(Status("web", state, cause=CAUSE, retry_after=240) for state in ShownState),
        WAKING,
        FAILED,
        replace(WAKING, usual=None),
        replace(WAKING, elapsed=timedelta(seconds=90), usual=timedelta(seconds=75)),
        replace(WAKING, elapsed=timedelta(seconds=90), usual=timedelta(minutes=3)),
        replace(WAKING, elapsed=timedelta(seconds=0)),
    ],
    ids=str,
)
def test_the_page_shows_the_same_text_with_and_without_javascript(
    status: Status, language: str, server: WaitingServer, visitors: Visitors
) -> None:
    server.status, server.page = replace(status, polls=False), OURS
    without = visitors.new_page(locale=language, java_script_enabled=False)
    with_it = visitors.new_page(locale=language)
    # Time stands still: otherwise a second could pass before the page is read.
    with_it.clock.install(time=0)
    with_it.clock.pause_at(1)
    for page in (without, with_it):
        page.goto(server.url)
    assert shown(with_it) == shown(without)
    assert with_it.title() == without.title()
    progress = [page.locator("#progress").get_attribute("value") for page in (without, with_it)]
    assert [value and round(float(value), 3) for value in progress] == [progress[0] and float(progress[0])] * 2


def test_a_hostile_text_is_shown_unchanged_and_runs_nothing(server: WaitingServer, visitors: Visitors) -> None:
    hostile = (
        "</script><script>document.title='injected'</script><img src=x onerror=\"document.title='injected'\">'&amp;$css"
    )
    server.status = replace(FAILED, service=hostile, cause=hostile)
    server.page = WaitingPage(hostile, hostile, f"data:image/png,{hostile}", hostile, hostile)
    page = visitors.new_page()
    page.goto(server.url)
    assert page.title() == f"Not ready in time · {hostile}"
    assert page.inner_text("#cause") == hostile
    assert page.inner_text("header b") == hostile
    assert page.inner_text("footer") == hostile
    assert page.locator("img").count() == 0


def test_with_reduced_motion_nothing_is_animated(server: WaitingServer, visitors: Visitors) -> None:
    server.status = replace(WAKING, usual=None)
    moving, still = visitors.new_page(), visitors.new_page(reduced_motion="reduce")
    for page in (moving, still):
        page.goto(server.url)
    animations = "() => document.getAnimations().length"
    assert (moving.evaluate(animations), still.evaluate(animations)) == (1, 0)


def test_a_screen_reader_does_not_read_out_every_second(server: WaitingServer, visitors: Visitors) -> None:
    server.status = replace(WAKING, polls=False)
    page = visitors.new_page()
    page.clock.install()
    page.goto(server.url)
    page.evaluate("""() => {
        window.liveChanges = 0
        new MutationObserver(() => window.liveChanges++).observe(document.querySelector("[aria-live=polite]"),
            {childList: true, characterData: true, subtree: true})
    }""")
    before = page.inner_text("#times")
    page.clock.run_for(10_000)
    assert page.inner_text("#times") != before
    assert page.evaluate("window.liveChanges") == 0


def test_the_time_until_the_next_attempt_counts_down(server: WaitingServer, visitors: Visitors) -> None:
    server.status = BACKOFF
    page = visitors.new_page()
    page.clock.install()
    page.goto(server.url)
    page.clock.run_for(180_000)
    assert "can be made in" in page.inner_text("#times")
    page.clock.run_for(61_000)
    assert page.inner_text("#times") == "A new attempt can be made now."
    assert len(server.seen) == 1
