"""One site for all tests of this tier in a process. Each test puts the services to sleep that it sends requests to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.module.site import Site, site

from .clients import CLIENTS

MONITOR: Final = "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"
OTHER_ORIGIN: Final = "https://app.example.com"


@pytest.fixture(scope="package")
def running_site() -> Iterator[Site]:
    options: dict[str, dict[str, Any]] = {
        "shop": {"ask_before_waking": True},
        "monitored": {},
        **{name: {} for name in CLIENTS},
        "city": {"cors_origins": [OTHER_ORIGIN]},
    }
    # With these paths its rule has the five wildcards that AWS allows.
    paths = {"city": ["/", "/tours*", "*evil*", "*Set-Cookie*"]}
    with site(options, paths=paths, monitors={"monitored": ["*UptimeRobot*"]}) as running_site:
        yield running_site


@pytest.fixture
def visited(running_site: Site) -> Site:
    """Return the site. Changed rules take effect at once, unless the test sets another delay."""
    running_site.propagate_rules_in(0)
    return running_site
