"""The kind of a client is known from its request alone."""

from __future__ import annotations

import re
import time
from typing import Final
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.configured import ModuleRule
from scale_to_zero.web.visitor.kinds import RequestKind, allowed_origin, kind_of
from scale_to_zero.web.visitor.request import Request, read_request
from tests.unit.listener import LISTENER, MONITOR, UPTIME_CHECK, woken_by_requests
from tests.unit.web.visitor.scene import OUR_OWN_PAGE, Event, an_event

HOST: Final = "city.example.com"
WAKE = woken_by_requests(uptime_checks=(MONITOR,), cors_origins=(OUR_OWN_PAGE,))


def kind_from(event: Event) -> RequestKind:
    return kind_of(read_request(event), WAKE)


@pytest.mark.parametrize(
    ("recorded", "kind"),
    [
        ("browser_navigates", RequestKind.BROWSER),
        ("browser_asks_for_head", RequestKind.BROWSER),
        ("browser_posts_a_form", RequestKind.CLIENT),
        ("crawler", RequestKind.BROWSER),
        ("single_values", RequestKind.BROWSER),
        ("page_polls", RequestKind.POLL),
        ("button", RequestKind.BUTTON),
        ("button_over_http", RequestKind.BUTTON),
        ("button_from_another_site", RequestKind.CLIENT),
        ("curl", RequestKind.CLIENT),
        ("curl_posts_json", RequestKind.CLIENT),
        ("curl_uploads_a_picture", RequestKind.CLIENT),
        ("fetch_from_another_origin", RequestKind.CLIENT),
        ("options", RequestKind.CLIENT),
        ("preflight", RequestKind.PREFLIGHT),
        ("preflight_of_an_unknown_origin", RequestKind.CLIENT),
        ("uptime_robot", RequestKind.UPTIME_CHECK),
    ],
)
def test_the_kind_of_each_recorded_request(recorded: str, kind: RequestKind) -> None:
    assert kind_from(an_event(recorded)) is kind


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html", RequestKind.BROWSER),
        ("TEXT/HTML;level=1;q=0.4 , */*", RequestKind.BROWSER),
        ("application/json", RequestKind.CLIENT),
        ("*/*", RequestKind.CLIENT),
        ("text/*", RequestKind.CLIENT),
        ("text/htmlx, atext/html", RequestKind.CLIENT),
        ("", RequestKind.CLIENT),
        ("application/vnd.ecs-scale-to-zero.status+json", RequestKind.POLL),
        ("text/html, application/vnd.ecs-scale-to-zero.status+json;q=1", RequestKind.POLL),
    ],
)
def test_the_accept_header_distinguishes_a_browser_a_poll_and_a_program(accept: str, kind: RequestKind) -> None:
    assert kind_from(an_event("curl", headers={"accept": accept})) is kind


def test_a_header_that_occurs_twice_is_read_as_one_list() -> None:
    event = an_event("curl")
    event["multiValueHeaders"]["accept"] = ["image/png", "text/html"]
    assert kind_from(event) is RequestKind.BROWSER


def test_only_a_get_request_is_a_poll() -> None:
    assert kind_from(an_event("page_polls", httpMethod="POST")) is RequestKind.CLIENT
    assert kind_from(an_event("page_polls", httpMethod="HEAD")) is RequestKind.CLIENT


@settings(max_examples=20)
@example(site="none")
@given(site=st.sampled_from(["cross-site", "same-site", "SAME-ORIGIN"]) | st.text(min_size=1))
def test_the_button_can_only_be_pressed_on_our_own_page(site: str) -> None:
    expected = RequestKind.BUTTON if site == "same-origin" else RequestKind.CLIENT
    assert kind_from(an_event("button", headers={"sec-fetch-site": site})) is expected


@settings(max_examples=20)
@given(media_type=st.sampled_from(["text/plain", "multipart/form-data", "application/json", ""]) | st.text())
def test_the_button_sends_a_form(media_type: str) -> None:
    assert kind_from(an_event("button", headers={"content-type": media_type})) is RequestKind.CLIENT


@settings(max_examples=50)
@example(origin="http://city.example.com")
@example(origin="http://city.example.com:8080.evil.example.net")
@example(origin="http://evil@city.example.com:8080")
@given(
    origin=st.sampled_from(["null", "", "city.example.com:8080", "http://evil.example.net"])
    | st.builds(
        "http://{}{}{}".format, st.text(max_size=3), st.sampled_from([HOST, f"{HOST}:8080"]), st.text(max_size=3)
    )
)
def test_the_origin_must_be_the_requested_host_if_a_browser_does_not_name_the_site(origin: str) -> None:
    expected = RequestKind.BUTTON if origin == f"http://{HOST}:8080" else RequestKind.CLIENT
    assert kind_from(an_event("button_over_http", headers={"origin": origin})) is expected


def test_a_post_request_without_an_origin_is_not_the_button() -> None:
    event = an_event("button_over_http")
    del event["multiValueHeaders"]["origin"]
    assert kind_from(event) is RequestKind.CLIENT
    del event["multiValueHeaders"]["host"]
    assert kind_from(event) is RequestKind.CLIENT


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_the_button_sends_a_post_request(method: str) -> None:
    assert kind_from(an_event("button", httpMethod=method)) is not RequestKind.BUTTON


FORM_FIELDS: Final = st.sampled_from(["ecs-scale-to-zero", "Ecs-Scale-To-Zero", "other"]) | st.text(max_size=3)
FORM_VALUES: Final = st.sampled_from(["wake", "sleep", "Wake", "wake ", ""]) | st.text(max_size=3)


@settings(max_examples=60)
@example(body="ecs-scale-to-zero=sleep")
@example(body="other=wake")
@example(body="a=" + "b" * 2000 + "&ecs-scale-to-zero=wake")
@given(body=st.lists(st.tuples(FORM_FIELDS, FORM_VALUES), max_size=3).map(urlencode) | st.text())
def test_another_form_is_not_the_button(body: str) -> None:
    pressed = len(body) < 1000 and parse_qs(body).get("ecs-scale-to-zero", [])[:1] == ["wake"]
    expected = RequestKind.BUTTON if pressed else RequestKind.CLIENT
    assert kind_from(an_event("button", body=body, isBase64Encoded=False)) is expected


def test_the_button_is_also_recognised_by_a_text_body() -> None:
    assert kind_from(an_event("button", body="ecs-scale-to-zero=wake", isBase64Encoded=False)) is RequestKind.BUTTON


PATTERN_CHARACTERS: Final = "abAB*?[]!-\\ ."


class TestUptimeChecks:
    def is_uptime_check(self, check: ModuleRule, **request: object) -> bool:
        event = an_event("curl", **request)  # type: ignore[arg-type]
        return kind_of(read_request(event), woken_by_requests(uptime_checks=(check,))) is RequestKind.UPTIME_CHECK

    @settings(max_examples=100)
    @example(pattern="Site24x7 [eu]", filling="x", other_agent="Site24x7 e")
    @example(pattern="UptimeRobot", filling="", other_agent="UptimeRobot/2.0")
    @example(pattern="Pingdom?bot", filling=".", other_agent="Pingdom..bot")
    @example(pattern=r"back\slash", filling="", other_agent="backslash")
    @given(
        pattern=st.text(PATTERN_CHARACTERS, min_size=1),
        filling=st.text(PATTERN_CHARACTERS, max_size=2),
        other_agent=st.text(PATTERN_CHARACTERS),
    )
    def test_a_user_agent_matches_as_in_a_listener_rule(self, pattern: str, filling: str, other_agent: str) -> None:
        """``*`` matches any text, ``?`` one character, and the case does not matter."""
        check = ModuleRule("monitor", UPTIME_CHECK, LISTENER, user_agents=(pattern,))
        expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
        for agent in (pattern, pattern.replace("*", filling).replace("?", filling), other_agent):
            matches = re.fullmatch(expression, agent, re.IGNORECASE | re.DOTALL) is not None
            assert self.is_uptime_check(check, headers={"user-agent": agent.swapcase()}) is matches

    def test_all_conditions_must_be_met(self) -> None:
        check = ModuleRule(
            "monitor",
            UPTIME_CHECK,
            LISTENER,
            host_headers=("city.example.com", "*.city.example.com"),
            path_patterns=("/health", "/live/*"),
            user_agents=("*robot*",),
        )
        robot = {"user-agent": "a Robot"}
        assert self.is_uptime_check(check, path="/health", headers=robot)
        assert self.is_uptime_check(check, path="/live/7", headers={**robot, "host": "WWW.City.Example.com:443"})
        assert not self.is_uptime_check(check, path="/Health", headers=robot)
        assert not self.is_uptime_check(check, path="/health", headers={**robot, "host": "other.example.com"})
        assert not self.is_uptime_check(check, path="/health")

    def test_a_path_alone_makes_an_uptime_check_if_only_a_path_is_configured(self) -> None:
        check = ModuleRule("health", UPTIME_CHECK, LISTENER, path_patterns=("/health",))
        assert self.is_uptime_check(check, path="/health")
        assert not self.is_uptime_check(check, path="/")

    def test_a_hostile_user_agent_takes_no_longer_than_any_other_user_agent(self) -> None:
        """Patterns with several stars must not be tried in every combination."""
        check = ModuleRule("monitor", UPTIME_CHECK, LISTENER, user_agents=("*a*a*a*a*b",))
        began = time.process_time()
        assert not self.is_uptime_check(check, headers={"user-agent": "a" * 16_000})
        assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (OUR_OWN_PAGE, OUR_OWN_PAGE),
        ("HTTPS://APP.example.com", OUR_OWN_PAGE),
        ("https://app.example.com.evil.net", None),
        ("https://app.example.com, https://evil.net", None),
        ("http://app.example.com", None),
        ("null", None),
        ("", None),
    ],
)
def test_only_the_configured_origins_are_allowed_and_named_as_configured(origin: str, allowed: str | None) -> None:
    assert allowed_origin(Request("", "GET", "/", "", {"origin": (origin,)}), WAKE) == allowed


def test_an_options_request_of_our_own_page_that_is_not_a_preflight_is_the_request_of_a_program() -> None:
    event = an_event("preflight")
    del event["multiValueHeaders"]["access-control-request-method"]
    assert kind_from(event) is RequestKind.CLIENT
