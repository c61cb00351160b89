"""The waiting page becomes the application by itself, and does no harm until then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect
from werkzeug.wrappers import Request, Response

from scale_to_zero.web.status import ShownState, Status

from .visitors import Visitors, take_picture
from .waiting_server import WaitingServer, application, as_json

WAKING = Status("web", ShownState.WAKING, timedelta(seconds=50), timedelta(seconds=60), retry_after=1, polls=True)
READY = Status("web", ShownState.READY, retry_after=1, polls=True)
CAUSE = "CannotPullContainerError: no such image"
PATIENCE_MS = 10 * 60 * 1000
"""Longer than a page continues without polling."""


def is_the_application(page: Page) -> None:
    expect(page.locator("h1")).to_have_text("Bonjour Paris")


def wait_for_polls(server: WaitingServer, page: Page, count: int) -> None:
    before = len(server.polls())
    while len(server.polls()) < before + count:
        # If the page no longer polls, this wait reaches its own time limit.
        page.wait_for_event("response", timeout=10_000)


def test_the_page_becomes_the_application_by_itself(server: WaitingServer, visitors: Visitors) -> None:
    server.status = WAKING
    page = visitors.new_page()
    page.goto(f"{server.url}/tours?city=paris#map")
    wait_for_polls(server, page, 1)
    assert page.inner_text("h1") == "Waking up"
    server.application = application
    is_the_application(page)
    assert page.url == f"{server.url}/tours?city=paris#map"
    assert [visit.target for visit in server.visits()] == ["/tours?city=paris"] * 2
    take_picture(page, "the-application")


def test_the_page_becomes_the_application_before_the_rule_is_disarmed(
    server: WaitingServer, visitors: Visitors
) -> None:
    server.status = WAKING
    page = visitors.new_page()
    page.goto(server.url)
    # The function answers polls from its cache. Any other request waits until routing is restored.
    server.application = lambda request: as_json(READY) if server.seen[-1].polls else application(request)
    is_the_application(page)


def test_without_javascript_the_page_becomes_the_application_too(server: WaitingServer, visitors: Visitors) -> None:
    server.status = WAKING
    page = visitors.new_page(java_script_enabled=False)
    page.goto(f"{server.url}/tours?city=paris")
    page.wait_for_event("load")
    server.application = application
    is_the_application(page)
    assert {seen.target for seen in server.seen} == {"/tours?city=paris"}
    assert server.polls() == []


def test_polls_differ_from_visits_and_leave_the_query_out(server: WaitingServer, visitors: Visitors) -> None:
    server.status = WAKING
    page = visitors.new_page()
    page.goto(f"{server.url}/tours/é%2F?token=secret")
    wait_for_polls(server, page, 2)
    assert {(poll.method, poll.target) for poll in server.polls()} == {("GET", "/tours/%C3%A9%2F")}


@pytest.mark.parametrize("path", ["//evil.example/x", "///evil.example", "/%5Cevil.example", "/.//evil.example"])
def test_a_path_that_resembles_a_host_leads_to_no_other_host(
    path: str, server: WaitingServer, visitors: Visitors
) -> None:
    server.status = Status("web", ShownState.NEEDS_CONFIRMATION, polls=True)
    page = visitors.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(server.url + path)
    wait_for_polls(server, page, 1)
    server.status = WAKING
    page.get_by_role("button").click()
    page.wait_for_load_state()
    server.application = application
    is_the_application(page)
    assert all(url.startswith((f"{server.url}/", "data:")) for url in requested)
    assert len({seen.target for seen in server.seen}) == 1


def test_the_button_wakes_and_the_page_then_continues_as_a_visit(server: WaitingServer, visitors: Visitors) -> None:
    server.status = Status("web", ShownState.NEEDS_CONFIRMATION, polls=False)
    page = visitors.new_page()
    page.goto(f"{server.url}/tours?city=paris")
    server.status = WAKING
    page.get_by_role("button", name="Wake it up").click()
    expect(page.locator("h1")).to_have_text("Waking up")
    server.application = application
    is_the_application(page)
    visits = [(visit.method, visit.target, visit.form) for visit in server.visits()]
    assert visits == [
        ("GET", "/tours?city=paris", {}),
        ("POST", "/tours?city=paris", {"ecs-scale-to-zero": "wake"}),
        ("GET", "/tours?city=paris", {}),
    ]


def test_an_open_page_with_a_wake_button_does_not_wake_the_service(server: WaitingServer, visitors: Visitors) -> None:
    server.status = Status("web", ShownState.NEEDS_CONFIRMATION, retry_after=1, polls=True)
    pages = [visitors.new_page(), visitors.new_page(java_script_enabled=False)]
    pages[0].clock.install()
    for page in pages:
        page.goto(server.url)
    for _ in range(3):
        with pages[0].expect_response("**"):
            pages[0].clock.run_for(16_000)
    assert len(server.polls()) >= 3
    assert [visit.method for visit in server.visits()] == ["GET", "GET"]


@pytest.mark.parametrize("state", [ShownState.FAILED, ShownState.BACKOFF])
def test_a_failed_wake_is_shown_with_its_cause_and_not_requested_again(
    state: ShownState, server: WaitingServer, visitors: Visitors
) -> None:
    server.status = WAKING
    page = visitors.new_page()
    page.clock.install()
    page.goto(server.url)
    server.status = Status("web", state, cause=CAUSE, retry_after=30)
    page.clock.run_for(3000)
    expect(page.locator("#cause")).to_have_text(CAUSE)
    expect(page.get_by_role("link", name="Try again")).to_be_visible()
    assert page.locator("progress").is_hidden()
    before = len(server.seen)
    page.clock.run_for(PATIENCE_MS)
    assert len(server.seen) == before
    take_picture(page, f"turned-{state}")


def test_without_javascript_a_forgotten_tab_does_not_try_a_failing_service_again(
    server: WaitingServer, visitors: Visitors
) -> None:
    server.status = Status("web", ShownState.BACKOFF, cause=CAUSE, retry_after=1)
    page = visitors.new_page(java_script_enabled=False)
    page.goto(server.url)
    assert page.locator("meta[http-equiv=refresh]").count() == 0
    server.application = application
    page.get_by_role("link", name="Try again").click()
    is_the_application(page)


def redirect_to_sign_in(request: Request) -> Response:
    if request.path == "/sign-in":
        return application(request)
    return Response(status=302, headers={"Location": "/sign-in"})


def refuse_the_accept_type(request: Request) -> Response:
    return application(request) if "text/html" in request.headers["Accept"] else Response("Not acceptable", 406)


@pytest.mark.parametrize("answering", [redirect_to_sign_in, refuse_the_accept_type])
def test_any_answer_of_the_application_itself_shows_that_it_is_ready(
    answering: Callable[[Request], Response], server: WaitingServer, visitors: Visitors
) -> None:
    server.status = WAKING
    page = visitors.new_page()
    page.goto(server.url)
    server.application = answering
    is_the_application(page)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_an_error_of_the_load_balancer_itself_does_not_replace_the_page(
    status: int, server: WaitingServer, visitors: Visitors
) -> None:
    server.status = WAKING
    page = visitors.new_page()
    page.clock.install()
    page.goto(server.url)
    server.application = lambda request: Response("<h1>Bad Gateway</h1>", status)
    with page.expect_response(lambda answer: answer.status == status):
        page.clock.run_for(3000)
    page.clock.run_for(500)
    assert page.inner_text("h1") == "Waking up"
    server.application = application
    page.clock.run_for(10_000)
    is_the_application(page)


def test_invalid_json_of_our_own_type_does_not_change_the_page(server: WaitingServer, visitors: Visitors) -> None:
    server.status = WAKING
    page = visitors.new_page()
    page.clock.install()
    page.goto(server.url)
    invalid = as_json(WAKING)
    invalid.data = b'{"state": "dancing"'
    server.application = lambda request: invalid
    with page.expect_response("**"):
        page.clock.run_for(3000)
    page.clock.run_for(500)
    assert page.inner_text("h1") == "Waking up"


def test_a_page_without_network_stays_and_becomes_the_application_when_the_network_is_back(
    server: WaitingServer, visitors: Visitors
) -> None:
    server.status = WAKING
    page = visitors.new_page()
    page.clock.install()
    page.goto(server.url)
    page.context.set_offline(True)
    for _ in range(20):
        page.clock.run_for(30_000)
    expect(page.locator("h1")).to_have_text("Not available right now")
    server.application = application
    page.context.set_offline(False)
    page.clock.run_for(3000)
    is_the_application(page)


def test_a_page_that_is_answered_repeatedly_reloads_at_most_every_two_seconds(
    server: WaitingServer, visitors: Visitors
) -> None:
    server.status = READY
    page = visitors.new_page()
    loaded: list[float] = []
    page.on("domcontentloaded", lambda shown: loaded.append(shown.evaluate("performance.timeOrigin")))
    page.goto(server.url)
    for _ in range(2):
        page.wait_for_event("domcontentloaded")
    pauses = [later - earlier for earlier, later in pairwise(loaded)]
    assert len(pauses) >= 1
    assert min(pauses) >= 2000


def test_a_hidden_tab_polls_less_often_and_polls_at_once_when_it_is_shown(
    server: WaitingServer, visitors: Visitors
) -> None:
    server.status = WAKING
    page = visitors.new_page()
    page.clock.install()
    page.add_init_script("Object.defineProperty(document, 'hidden', {get: () => window.away, configurable: true})")
    page.goto(server.url)
    page.evaluate("window.away = true")
    with page.expect_response("**"):
        page.clock.run_for(2500)
    page.clock.run_for(10_000)
    assert len(server.polls()) == 1
    with page.expect_response("**"):
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    assert len(server.polls()) == 2
