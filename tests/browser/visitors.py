"""Visitors with a browser, and the errors and warnings of their browsers."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Final

from playwright.sync_api import Browser, ConsoleMessage, Page

from scripts.stamps import PROJECT

PICTURES: Final = PROJECT / "out" / "browser"
# Chromium logs every answer of 400 and above to the console. The waiting page is such an answer.
STATUS_ON_THE_CONSOLE: Final = "Failed to load resource: "


class Visitors:
    """Visitors, each with their own browser context.

    ``complaints``: uncaught exceptions, and errors and warnings on the console, such as violations of the content
    security policy.
    """

    def __init__(self, browser: Browser, leaving: ExitStack) -> None:
        self._browser = browser
        self._leaving = leaving
        self.complaints: list[str] = []

    def new_page(self, **settings: Any) -> Page:
        """Return a new visitor's empty page. ``settings``: as for Playwright's ``new_context``."""
        context = self._browser.new_context(**{"viewport": {"width": 960, "height": 640}, "locale": "en", **settings})
        self._leaving.callback(context.close)
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(STATUS_ON_THE_CONSOLE):
            self.complaints.append(message.text)


def take_picture(page: Page, name: str) -> None:
    """Save what the visitor sees as ``out/browser/NAME.png``."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True, animations="disabled")
