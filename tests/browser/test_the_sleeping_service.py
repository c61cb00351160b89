"""A sleeping service, deployed by real Terraform, as people see it; every picture is kept in ``out/browser``."""

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
"""Virtual seconds per real second: a wake takes two real ones."""
ECS_SAYS: Final = "CannotPullContainerError: pull image manifest has been retried 1 time(s)"
NOT_LOCALHOST: Final = "shop.example"
"""Browsers tell plain HTTP sites, unless they are on this machine, nothing of where a request comes from."""


@pytest.fixture(scope="module")
def opened() -> Iterator[Site]:
    hosts = {name: [f"{name}.localhost", f"{name}.example"] for name in ("city", "shop", "broken")}
    with site({"city": {}, "shop": {"ask_before_waking": True}, "broken": {}}, hosts=hosts) as opened:
        opened.propagate_rules_in(1)
        # Once, so that it is known how long a wake takes.
        opened.wake("city")
        yield opened


def is_the_application(page: Page) -> dict[str, Any]:
    """What the application says of the request it was asked."""
    expect(page.locator("pre")).to_contain_text('"task"')
    told: dict[str, Any] = json.loads(page.inner_text("pre"))
    return told


def heading(page: Page) -> str:
    return page.inner_text("h1")


def stand_still(page: Page) -> None:
    """Let no time pass for what the page does by itself, until it is told to ``look_again``."""
    page.clock.install(time=0)
    page.clock.pause_at(1000)


def look_again(page: Page) -> dict[str, Any]:
    """Let a page whose time ``stand_still`` has stopped ask once more how things stand; return what it is told."""
    with page.expect_response("**") as polled:
        page.clock.run_for(15_000)
    told: dict[str, Any] = polled.value.json()
    return told


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


@pytest.mark.parametrize("who", VISITORS)
def test_the_sleeping_service_becomes_the_application_by_itself(who: str, opened: Site, visitors: Visitors) -> None:
    opened.put_to_sleep("city")
    settings, words = VISITORS[who]
    # Without JavaScript Chromium takes a refresh of an address with a fragment for a jump within the page.
    fragment = "#map" if settings.get("java_script_enabled", True) else ""
    page, url = visitors.come(**settings), opened.url(f"{WHERE}{fragment}", host="city.localhost")
    stand_still(page)
    answer = page.goto(url)
    assert answer is not None
    assert (answer.status, answer.headers["cache-control"]) == (503, "no-store")
    assert heading(page) == words
    times = page.inner_text("#times")
    assert re.fullmatch(r".* 0\ss.* 1\d\ss.*", times), "it says how long it takes at once"
    take_picture(page, f"sleeping-{who}")
    page.clock.resume()
    # Without JavaScript the page comes again after as many real seconds as a wake takes virtual ones.
    with opened.aws.running(SPEED if settings.get("java_script_enabled", True) else 1):
        told = is_the_application(page)
    assert page.url == url
    assert f"{told['path']}?{told['query']}" == WHERE
    assert (told["service"], told["method"]) == ("city", "GET")
    take_picture(page, f"awake-{who}")


def test_everybody_who_waits_is_told_how_far_it_is(opened: Site, visitors: Visitors) -> None:
    opened.put_to_sleep("city")
    first = visitors.come()
    first.goto(opened.url(host="city.localhost"))
    opened.aws.advance(timedelta(seconds=8))
    second = visitors.come()
    stand_still(second)
    second.goto(opened.url(host="city.localhost"))
    shown = second.inner_text("#times")
    assert shown.startswith("Started 8\N{NO-BREAK SPACE}s ago, usually takes about 1"), shown
    take_picture(second, "sleeping-half-way")
    second.clock.resume()
    with opened.aws.running(SPEED):
        for page in (first, second):
            is_the_application(page)


@pytest.mark.parametrize("host", ["shop.localhost", NOT_LOCALHOST])
def test_the_button_wakes_it(host: str, opened: Site, visitors: Visitors) -> None:
    opened.put_to_sleep("shop")
    page = visitors.come()
    page.goto(opened.url(WHERE, host))
    assert heading(page) == "This service is asleep"
    take_picture(page, "sleeping-asks")
    opened.aws.advance(2 * MINUTE)
    assert opened.service("shop").desired() == 0, "looking at it wakes nothing"
    page.get_by_role("button", name="Wake it up").click()
    expect(page.locator("h1")).to_have_text("Waking up")
    take_picture(page, "sleeping-asked")
    with opened.aws.running(SPEED):
        told = is_the_application(page)
    assert (told["method"], f"{told['path']}?{told['query']}") == ("GET", WHERE)


@pytest.mark.parametrize("host", ["shop.localhost", NOT_LOCALHOST])
def test_another_sites_button_wakes_nothing(host: str, opened: Site, visitors: Visitors) -> None:
    opened.put_to_sleep("shop")
    page = visitors.come()
    page.route(
        "http://evil.example/",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f'<form method="post" action="{opened.url(host=host)}">'
            '<button name="ecs-scale-to-zero" value="wake">Win</button></form>',
        ),
    )
    page.goto("http://evil.example/")
    page.get_by_role("button").click()
    expect(page.locator("pre")).to_contain_text("presses the button")
    opened.aws.advance(2 * MINUTE)
    assert opened.service("shop").desired() == 0


def test_a_crawler_and_a_page_that_is_left_open_wake_nothing(opened: Site, visitors: Visitors) -> None:
    opened.put_to_sleep("shop")
    url = opened.url(WHERE, host="shop.localhost")
    page = visitors.come()
    stand_still(page)
    page.goto(url)
    for _ in range(5):
        assert look_again(page)["state"] == "asks"
        crawler = {"Host": "shop.localhost", "User-Agent": "Googlebot/2.1", "Accept": "text/html"}
        assert httpx.get(opened.url(WHERE), headers=crawler).status_code == 503
        opened.aws.advance(MINUTE)
    assert opened.service("shop").desired() == 0
    assert heading(page) == "This service is asleep"


def test_a_failing_wake_is_told_in_ecs_own_words_and_rests_before_the_next_attempt(
    opened: Site, visitors: Visitors
) -> None:
    opened.put_to_sleep("broken")
    opened.aws.world.set_start_fault(CLUSTER, "broken", ImagePullFails())
    url = opened.url(WHERE, host="broken.localhost")
    waiting = visitors.come()
    stand_still(waiting)
    waiting.goto(url)
    assert heading(waiting) == "Waking up"

    opened.aws.advance(7 * MINUTE)  # past its deadline, five minutes after it was asked
    look_again(waiting)
    expect(waiting.locator("h1")).to_have_text("Not ready in time")
    expect(waiting.locator("#cause")).to_contain_text(ECS_SAYS)
    take_picture(waiting, "sleeping-failed")

    for _ in range(120):  # nobody asks any more
        if opened.service("broken").desired() == 0:
            break
        opened.aws.advance(timedelta(seconds=5))
    assert opened.service("broken").desired() == 0
    later = visitors.come()
    stand_still(later)
    later.goto(url)
    assert heading(later) == "It could not be started"
    expect(later.locator("#cause")).to_contain_text(ECS_SAYS)
    expect(later.locator("#times")).to_have_text(re.compile("made in (30|2[0-9])\N{NO-BREAK SPACE}s"))
    take_picture(later, "sleeping-rests")
    opened.aws.advance(timedelta(seconds=10))
    assert opened.service("broken").desired() == 0, "a request does not wake it before"

    opened.aws.world.set_start_fault(CLUSTER, "broken", None)
    opened.aws.advance(timedelta(seconds=30))
    later.clock.resume()
    later.get_by_role("link", name="Try again").click()
    expect(later.locator("h1")).to_have_text("Waking up")
    with opened.aws.running(SPEED):
        told = is_the_application(later)
    assert f"{told['path']}?{told['query']}" == WHERE


def test_a_page_that_was_left_open_over_a_failed_wake_says_so_however_late_it_asks(
    opened: Site, visitors: Visitors
) -> None:
    opened.put_to_sleep("broken")
    opened.aws.world.set_start_fault(CLUSTER, "broken", ImagePullFails())
    page = visitors.come()
    stand_still(page)
    page.goto(opened.url(WHERE, host="broken.localhost"))
    opened.aws.advance(40 * MINUTE)
    assert opened.service("broken").desired() == 0, "it was given up"
    look_again(page)
    expect(page.locator("h1")).to_have_text("It could not be started")
    expect(page.locator("#cause")).to_contain_text(ECS_SAYS)
    take_picture(page, "sleeping-left-open")
    opened.aws.world.set_start_fault(CLUSTER, "broken", None)
    page.clock.resume()
    page.get_by_role("link", name="Try again").click()
    with opened.aws.running(SPEED):
        is_the_application(page)


@pytest.mark.parametrize("target", ["//evil.example/x", "/\\evil.example", "/.//evil.example"])
def test_a_path_that_looks_like_a_host_leads_a_browser_nowhere_else(
    target: str, opened: Site, visitors: Visitors
) -> None:
    opened.put_to_sleep("city")
    page = visitors.come()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{opened.url('', host='city.localhost')}{target}")
    assert heading(page) == "Waking up"
    with opened.aws.running(SPEED):
        assert is_the_application(page)["service"] == "city"
    assert all(url.startswith((opened.url("/", host="city.localhost"), "data:")) for url in asked)
