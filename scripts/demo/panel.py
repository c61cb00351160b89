"""The dashboard's control panel in the demo: the answers of the deployed function, in a frame like CloudWatch's."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from playwright.sync_api import Dialog, Page, sync_playwright

from scripts.chromium import ARGUMENTS, chromium
from scripts.cloudwatch_frame import CloudWatchFrame, Settings
from scripts.demo.failure import DemoFailed
from scripts.demo.picture import FOLDER
from scripts.demo.service_client import ServiceClient
from scripts.stamps import PROJECT

SIZE: Final = {"width": 1352, "height": 420}
MILLISECONDS: Final = 30_000
NOT_READ: Final = re.compile(r"<style>.*?</style>|<cwdb-action.*?</cwdb-action>|<[^>]*>", re.DOTALL)
BUTTON: Final = re.compile(r'<a class="btn">(?P<label>[^<]*)</a><cwdb-action [^>]*>(?P<payload>[^<]*)</cwdb-action>')


class Panel(Protocol):
    """The control panel as a person sees it."""

    def press(self, action: str) -> str:
        """Press the button that sends this action, confirm, and return its label. Raise ``DemoFailed`` without one."""

    def text(self) -> str:
        """Return the text of the panel, in one line."""

    def keep(self, name: str) -> Path:
        """Save the panel as a file. Return its path, relative to the project."""


@contextmanager
def the_panel(client: ServiceClient) -> Iterator[Panel]:
    """Open the panel in Chromium. Without Chromium, use the function's answers themselves."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    program = chromium()
    if program is None:
        yield AnswersOnly(client)
        return
    arn = client.subject.panel_function_arn
    frame = CloudWatchFrame({arn: client.show_panel}, arn, Settings(title="staging: control panel", offset="+01:00"))
    with frame, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
        page.set_default_timeout(MILLISECONDS)
        page.on("dialog", _confirm)
        page.goto(frame.url)
        page.locator("table").first.wait_for()
        yield InChromium(page, client)
        browser.close()


def _confirm(dialog: Dialog) -> None:
    dialog.accept()


class InChromium:
    """A dashboard in the machine's Chromium."""

    def __init__(self, page: Page, client: ServiceClient) -> None:
        self._page = page
        self._client = client

    def press(self, action: str) -> str:
        label, _ = _button(self._client.show_panel({}), action)
        self._page.get_by_text(label, exact=True).click()
        self._page.locator("body[data-calls=none]").wait_for()
        return label

    def text(self) -> str:
        return " ".join(self._page.locator(".cwdb-custom-inner").inner_text().split())

    def keep(self, name: str) -> Path:
        file = FOLDER / f"{name}.png"
        self._page.screenshot(path=file, full_page=True)
        return file.relative_to(PROJECT)


class AnswersOnly:
    """The answers of the panel's function, which it calls as CloudWatch does. It saves their HTML."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client
        self._html = client.show_panel({})

    def press(self, action: str) -> str:
        label, payload = _button(self._html, action)
        self._html = self._client.show_panel(payload)
        return label

    def text(self) -> str:
        return " ".join(html.unescape(NOT_READ.sub(" ", self._html)).split())

    def keep(self, name: str) -> Path:
        file = FOLDER / f"{name}.html"
        file.write_text(self._html, encoding="utf-8")
        return file.relative_to(PROJECT)


def _button(shown: str, action: str) -> tuple[str, Mapping[str, Any]]:
    for found in BUTTON.finditer(shown):
        payload = json.loads(html.unescape(found["payload"]))
        if payload.get("action") == action:
            return html.unescape(found["label"]), payload
    raise DemoFailed(f"The control panel must have a button for the action {action}, but has none.")
