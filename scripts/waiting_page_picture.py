"""The waiting page of ``examples/staging`` as a PNG: ``python -m scripts.waiting_page_picture FILE``.

Real Terraform deploys the example. A visitor opens the page while its service wakes for the second time, so that
the usual wake time is known.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright
from rich.console import Console

from local_aws import LocalAws
from scripts.chromium import ARGUMENTS, NO_CHROMIUM, chromium
from scripts.demo.deployment import staging
from scripts.demo.service_client import ServiceClient
from scripts.stamps import PROJECT

START: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
LONGEST_WAY_TO_ZERO: Final = 20
"""Minutes."""
SHOWN_AFTER: Final = timedelta(seconds=24)
SIZE: Final = {"width": 1280, "height": 800}


class NoPicture(Exception):
    """The picture cannot be taken. The message is one sentence that says why."""


def take_picture(file: Path) -> None:
    """Deploy, let the service sleep and wake, and save the page. Raise ``NoPicture``, or what ``staging`` raises."""
    program = chromium()
    if program is None:
        raise NoPicture(NO_CHROMIUM)
    with LocalAws(seed=1, start=START) as aws, staging(aws, Console(stderr=True)) as (_, client):
        aws.advance(MINUTE)
        client.scale_up({})
        aws.advance(5 * MINUTE)
        _wait_for_zero(aws, client)
        client.request()
        aws.advance(SHOWN_AFTER)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            page = browser.new_page(viewport=SIZE, device_scale_factor=2, locale="en")  # type: ignore[arg-type]
            page.goto(client.url)
            page.screenshot(path=file, animations="disabled")
            browser.close()


def _wait_for_zero(aws: LocalAws, client: ServiceClient) -> None:
    for _ in range(LONGEST_WAY_TO_ZERO):
        if client.observe(aws.now()).desired == 0:
            aws.advance(6 * MINUTE)
            return
        aws.advance(MINUTE)
    raise NoPicture(f"The service did not go to zero within {LONGEST_WAY_TO_ZERO} minutes.")


if __name__ == "__main__":
    take_picture(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "docs" / "images" / "waiting-page.png")
