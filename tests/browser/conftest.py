"""One headless Chromium for all tests of a process; each test has contexts of its own in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from scripts.chromium import ARGUMENTS, chromium

from .visitors import Visitors
from .waiting_server import WaitingServer

PATIENCE_MS = 30_000
"""Longer than a page without JavaScript waits before it goes on."""
EXAMPLES_ARE_HERE = "--host-resolver-rules=MAP *.example 127.0.0.1"
"""Sites that are not on this machine, as far as the browser knows."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium()
    if program is None and os.environ.get("CI"):
        pytest.fail("CI needs Chromium on the PATH: install Debian's package chromium.", pytrace=False)
    if program is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, EXAMPLES_ARE_HERE])
        expect.set_options(timeout=PATIENCE_MS)
        yield started
        started.close()


@pytest.fixture
def visitors(browser: Browser) -> Iterator[Visitors]:
    """Whoever comes in this test; nothing on any of their pages may have gone wrong."""
    with ExitStack() as leaving:
        visitors = Visitors(browser, leaving)
        yield visitors
        assert visitors.complaints == []


@pytest.fixture
def server() -> Iterator[WaitingServer]:
    with WaitingServer() as serving:
        yield serving
