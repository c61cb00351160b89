"""One headless Chromium for all tests of a process. Each test has its own contexts in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from scripts.chromium import ARGUMENTS
from tests.missing_programs import require_chromium

from .visitors import Visitors
from .waiting_server import WaitingServer

PATIENCE_MS = 30_000
"""Longer than a page without JavaScript waits before it goes on."""
EXAMPLES_ARE_HERE = "--host-resolver-rules=MAP *.example 127.0.0.1"
"""Sites that the browser does not treat as sites on this machine."""


@pytest.fixture(scope="session", autouse=True)
def browser() -> Iterator[Browser]:
    """Start Chromium before all other fixtures, so that without Chromium nothing else is set up."""
    program = require_chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, EXAMPLES_ARE_HERE])
        expect.set_options(timeout=PATIENCE_MS)
        yield started
        started.close()


@pytest.fixture
def visitors(browser: Browser) -> Iterator[Visitors]:
    """Return the visitors of this test. Fail if any of their pages had an error or a warning."""
    with ExitStack() as leaving:
        visitors = Visitors(browser, leaving)
        yield visitors
        assert visitors.complaints == []


@pytest.fixture
def server() -> Iterator[WaitingServer]:
    with WaitingServer() as serving:
        yield serving
