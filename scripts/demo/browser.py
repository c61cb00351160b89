"""A person's browser: the machine's Chromium, without a window. Without Chromium, the page is saved as HTML."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import requests
from playwright.sync_api import sync_playwright

from scripts.chromium import ARGUMENTS, chromium
from scripts.demo.failure import DemoFailed
from scripts.demo.picture import FOLDER
from scripts.stamps import PROJECT

if TYPE_CHECKING:
    from playwright.sync_api import Page

SIZE: Final = {"width": 960, "height": 640}
SECONDS: Final = 30.0
LANGUAGE: Final = "en"


class Tab(Protocol):
    """One tab of the browser."""

    def visit(self, url: str) -> None:
        """Open an address, as a person does."""

    def heading(self) -> str:
        """Return the heading of the page."""

    def wait_for_application(self) -> None:
        """Wait, in real seconds, until the page has become the application. Raise if it does not."""

    def keep(self, name: str) -> Path:
        """Save the page as a file. Return its path, relative to the project."""


@contextmanager
def a_tab() -> Iterator[Tab]:
    """Open a tab of Chromium. Without Chromium, use an HTTP client instead."""
    program = chromium()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if program is None:
        yield WithoutBrowser()
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield ChromiumTab(browser.new_page(viewport=SIZE, locale=LANGUAGE))  # type: ignore[arg-type]
        browser.close()


class ChromiumTab:
    """A tab of the machine's Chromium."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._page.set_default_timeout(SECONDS * 1000)

    def visit(self, url: str) -> None:
        self._page.goto(url)

    def heading(self) -> str:
        return self._page.locator("h1").inner_text()

    def wait_for_application(self) -> None:
        self._page.locator("h1:not(#page h1)").wait_for()

    def keep(self, name: str) -> Path:
        file = FOLDER / f"{name}.png"
        self._page.screenshot(path=file)
        return file.relative_to(PROJECT)


class WithoutBrowser:
    """An HTTP client that sends a browser's headers and saves the page as HTML. It does not poll: it requests again."""

    def __init__(self) -> None:
        self._url = ""
        self._html = ""

    def visit(self, url: str) -> None:
        self._url = url
        headers = {"Accept": "text/html", "Accept-Language": LANGUAGE}
        self._html = requests.get(url, headers=headers, timeout=SECONDS).text

    def heading(self) -> str:
        return self._html.partition("<h1")[2].partition(">")[2].partition("</h1>")[0]

    def wait_for_application(self) -> None:
        self.visit(self._url)
        if 'id="page"' in self._html:
            raise DemoFailed("The waiting page must have become the application by now.")

    def keep(self, name: str) -> Path:
        file = FOLDER / f"{name}.html"
        file.write_text(self._html, encoding="utf-8")
        return file.relative_to(PROJECT)
