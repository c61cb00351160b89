"""A sleeping service, deployed by real Terraform, as visitors see it. Every picture is saved in ``out/browser``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from playwright.sync_api import Page, expect

from simulator.world.faults import ImagePullFails
from tests.module.applied import MINUTE
from tests.module.existing import CLUSTER
from tests.module.site import Site, site

from .visitors import Visitors, take_picture

WHERE: Final = "/tours?city=orl%C3%A9ans&city=paris"
SPEED: Final = 10.0
"""Virtual seconds per real second. A wake takes two real seconds."""
ECS_SAYS: Final = "CannotPullContainerError: pull image manifest has been retried 1 time(s)"
FAILED_BUT_NOT_ABANDONED: Final = timedelta(minutes=6, seconds=30)
"""A wake's deadline is five minutes after its first request. The next tick, at most six minutes after the request,
reports the failure. The metrics allow no tick to abandon the wake earlier than seven minutes after the request."""
NOT_LOCALHOST: Final = "shop.example"
"""Browsers do not tell a plain HTTP site where a request comes from, unless the site is on this machine."""


@pytest.fixture(scope="module")
def running_site() -> Iterator[Site]:
    hosts = {name: [f"{name}.localhost", f"{name}.example"] for name in ("city", "shop", "failing")}
    with site({"city": {}, "shop": {"ask_before_waking": True}, "failing": {}}, hosts=hosts) as running:
        running.propagate_rules_in(1)
        # One wake, so that the usual wake time is known.
        running.wake("city")
        yield running


@pytest.fixture
def without_image(running_site: Site) -> Iterator[None]:
    """Let the tasks of a sleeping service fail to start, because their image cannot be pulled."""
    running_site.put_to_sleep("failing")
    running_site.aws.world.set_start_fault(CLUSTER, "failing", ImagePullFails())
    yield
    running_site.aws.world.set_start_fault(CLUSTER, "failing", None)
    running_site.aws.advance(MINUTE)  # the backoff after a failed wake is over, whatever failed in the test


def is_the_application(page: Page) -> dict[str, Any]:
    """Wait for the application, and return what it answers about its request."""
    expect(page.locator("pre")).to_contain_text('"task"')
    shown: dict[str, Any] = json.loads(page.inner_text("pre"))
    return shown


def heading(page: Page) -> str:
    return page.inner_text("h1")


def stand_still(page: Page) -> None:
    """Stop the page's clock until ``poll_once``, so that the page does nothing by itself."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def poll_once(page: Page) -> dict[str, Any]:
    """Let a page that ``stand_still`` stopped poll the status once, and return the answer."""
    with page.expect_response("**") as polled:
        page.clock.run_for(15_000)
    shown: dict[str, Any] = polled.value.json()
    return shown


VISITORS: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "english": ({}, "Waking up"),
    "french": ({"locale": "fr-FR"}, "Réveil en cours"),
    "dark": ({"color_scheme": "dark"}, "Waking up"),
    "french-dark-phone": (
        {
            "locale": "fr-FR",
            "color_scheme": "dark",
            "viewport": {"width": 360, "height": 640},
            "device_scale_factor": 2,
        },
        "Réveil en cours",
    ),
    "without-javascript": ({"java_script_enabled": False}, "Waking up"),
}


@pytest.mark.parametrize("kind", VISITORS)
def test_the_sleeping_service_becomes_the_application_by_itself(
    kind: str, running_site: Site, visitors: Visitors
) -> None:
    running_site.put_to_sleep("city")
    settings, words = VISITORS[kind]
    # Without JavaScript Chromium treats a refresh of an address with a fragment as a jump within the page.
    fragment = "#map" if settings.get("java_script_enabled", True) else ""
    page, url = visitors.new_page(**settings), running_site.url(f"{WHERE}{fragment}", host="city.localhost")
    stand_still(page)
    answer = page.goto(url)
    assert answer is not None
    assert (answer.status, answer.headers["cache-control"]) == (503, "no-store")
    assert heading(page) == words
    times = page.inner_text("#times")
    assert re.fullmatch(r".* 0\ss.* 1\d\ss.*", times), "the page must show at once how long a wake takes"
    take_picture(page, f"sleeping-{kind}")
    page.clock.resume()
    # Without JavaScript the page reloads after as many real seconds as a wake takes virtual seconds.
    with running_site.aws.running(SPEED if settings.get("java_script_enabled", True) else 1):
        shown = is_the_application(page)
    assert page.url == url
    assert f"{shown['path']}?{shown['query']}" == WHERE
    assert (shown["service"], shown["method"]) == ("city", "GET")
    take_picture(page, f"awake-{kind}")


def test_every_waiting_page_shows_the_progress(running_site: Site, visitors: Visitors) -> None:
    running_site.put_to_sleep("city")
    first = visitors.new_page()
    first.goto(running_site.url(host="city.localhost"))
    running_site.aws.advance(timedelta(seconds=8))
    second = visitors.new_page()
    stand_still(second)
    second.goto(running_site.url(host="city.localhost"))
    shown = second.inner_text("#times")
    assert shown.startswith("Started 8\N{NO-BREAK SPACE}s ago, usually takes about 1"), shown
    take_picture(second, "sleeping-half-way")
    second.clock.resume()
    with running_site.aws.running(SPEED):
        for page in (first, second):
            is_the_application(page)


@pytest.mark.parametrize("host", ["shop.localhost", NOT_LOCALHOST])
def test_the_button_wakes_the_service(host: str, running_site: Site, visitors: Visitors) -> None:
    running_site.put_to_sleep("shop")
    page = visitors.new_page()
    page.goto(running_site.url(WHERE, host))
    assert heading(page) == "This service is asleep"
    take_picture(page, "sleeping-confirm")
    running_site.aws.advance(2 * MINUTE)
    assert running_site.service("shop").desired() == 0, "viewing the page must not wake the service"
    page.get_by_role("button", name="Wake it up").click()
    expect(page.locator("h1")).to_have_text("Waking up")
    take_picture(page, "sleeping-requested")
    with running_site.aws.running(SPEED):
        shown = is_the_application(page)
    assert (shown["method"], f"{shown['path']}?{shown['query']}") == ("GET", WHERE)


@pytest.mark.parametrize("host", ["shop.localhost", NOT_LOCALHOST])
def test_another_sites_button_wakes_nothing(host: str, running_site: Site, visitors: Visitors) -> None:
    running_site.put_to_sleep("shop")
    page = visitors.new_page()
    page.route(
        "http://evil.example/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method="post" action="{running_site.url(host=host)}">'
            '<button name="ecs-scale-to-zero" value="wake">Win</button></form>',
        ),
    )
    page.goto("http://evil.example/")
    page.get_by_role("button").click()
    expect(page.locator("pre")).to_contain_text("presses the button")
    running_site.aws.advance(2 * MINUTE)
    assert running_site.service("shop").desired() == 0


def test_a_crawler_and_an_open_page_wake_nothing(running_site: Site, visitors: Visitors) -> None:
    running_site.put_to_sleep("shop")
    url = running_site.url(WHERE, host="shop.localhost")
    page = visitors.new_page()
    stand_still(page)
    page.goto(url)
    for _ in range(5):
        assert poll_once(page)["state"] == "needs_confirmation"
        crawler = {"Host": "shop.localhost", "User-Agent": "Googlebot/2.1", "Accept": "text/html"}
        assert httpx.get(running_site.url(WHERE), headers=crawler).status_code == 503
        running_site.aws.advance(MINUTE)
    assert running_site.service("shop").desired() == 0
    assert heading(page) == "This service is asleep"


def test_a_failed_wake_is_shown_with_the_reason_from_ecs_and_is_followed_by_a_backoff(
    without_image: None, running_site: Site, visitors: Visitors
) -> None:
    url = running_site.url(WHERE, host="failing.localhost")
    waiting = visitors.new_page()
    stand_still(waiting)
    waiting.goto(url)
    assert heading(waiting) == "Waking up"

    running_site.aws.advance(FAILED_BUT_NOT_ABANDONED)
    poll_once(waiting)
    expect(waiting.locator("h1")).to_have_text("Not ready in time")
    expect(waiting.locator("#cause")).to_contain_text(ECS_SAYS)
    take_picture(waiting, "sleeping-failed")

    for _ in range(120):  # without a request
        if running_site.service("failing").desired() == 0:
            break
        running_site.aws.advance(timedelta(seconds=5))
    assert running_site.service("failing").desired() == 0
    later = visitors.new_page()
    stand_still(later)
    later.goto(url)
    assert heading(later) == "It could not be started"
    expect(later.locator("#cause")).to_contain_text(ECS_SAYS)
    expect(later.locator("#times")).to_have_text(re.compile("made in (30|2[0-9])\N{NO-BREAK SPACE}s"))
    take_picture(later, "sleeping-backoff")
    running_site.aws.advance(timedelta(seconds=10))
    assert running_site.service("failing").desired() == 0, "a request must not wake the service during the backoff"

    running_site.aws.world.set_start_fault(CLUSTER, "failing", None)
    running_site.aws.advance(timedelta(seconds=30))
    later.clock.resume()
    later.get_by_role("link", name="Try again").click()
    expect(later.locator("h1")).to_have_text("Waking up")
    with running_site.aws.running(SPEED):
        shown = is_the_application(later)
    assert f"{shown['path']}?{shown['query']}" == WHERE


def test_an_open_page_shows_a_failed_wake_even_if_it_polls_late(
    without_image: None, running_site: Site, visitors: Visitors
) -> None:
    page = visitors.new_page()
    stand_still(page)
    page.goto(running_site.url(WHERE, host="failing.localhost"))
    assert heading(page) == "Waking up"
    running_site.aws.advance(40 * MINUTE)
    assert running_site.service("failing").desired() == 0, "the wake must be abandoned by now"
    poll_once(page)
    expect(page.locator("h1")).to_have_text("It could not be started")
    expect(page.locator("#cause")).to_contain_text(ECS_SAYS)
    take_picture(page, "sleeping-left-open")
    running_site.aws.world.set_start_fault(CLUSTER, "failing", None)
    page.clock.resume()
    page.get_by_role("link", name="Try again").click()
    with running_site.aws.running(SPEED):
        is_the_application(page)


@pytest.mark.parametrize("target", ["//evil.example/x", "/\\evil.example", "/.//evil.example"])
def test_a_path_that_resembles_a_host_leads_a_browser_to_no_other_host(
    target: str, running_site: Site, visitors: Visitors
) -> None:
    running_site.put_to_sleep("city")
    page = visitors.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(f"{running_site.url('', host='city.localhost')}{target}")
    assert heading(page) == "Waking up"
    with running_site.aws.running(SPEED):
        assert is_the_application(page)["service"] == "city"
    assert all(url.startswith((running_site.url("/", host="city.localhost"), "data:")) for url in requested)
