"""What is read from the event of a load balancer, and which parts of it may come back in a ``Location``."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import requests
from hypothesis import example, given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter

from scale_to_zero.web.visitor.request import NotAVisit, Request, read_request
from tests.unit.web.visitor.scene import WAKE_TARGET_GROUP, Event, an_event

anything_but_text = st.none() | st.booleans() | st.integers() | st.lists(st.text(max_size=3), max_size=2)
# A lone surrogate is allowed in JSON.
texts = st.text(st.characters(exclude_categories=()), max_size=20)
NEEDED: Final = [
    ("requestContext",),
    ("requestContext", "elb"),
    ("requestContext", "elb", "targetGroupArn"),
    ("httpMethod",),
    ("path",),
]
OTHERS: Final = [
    {},
    {"version": "2.0", "rawPath": "/", "requestContext": {"http": {"method": "GET"}}},
    {"source": "aws.events", "detail-type": "Scheduled Event"},
]


class TestReading:
    def test_a_text_body_is_read_as_its_bytes(self) -> None:
        assert read_request(an_event("curl_posts_json")).body == '{"name": "Musée d’Orsay"}'.encode()

    def test_a_binary_body_is_decoded(self) -> None:
        assert read_request(an_event("curl_uploads_a_picture")).body == b"\x89PNG\r\n\x1a\n"

    @settings(max_examples=40)
    @example(body="no base64!")
    @example(body="a")
    @example(body="\u00e9\u00e9\u00e9\u00e9")
    @example(body="\ud800")
    @given(body=texts | anything_but_text)
    def test_a_body_that_cannot_be_decoded_has_no_form_fields(self, body: object) -> None:
        assert isinstance(read_request(an_event("button", body=body)).body, bytes)
        assert read_request(an_event("button", body=body)).form_field("ecs-scale-to-zero") == ""

    def test_header_names_are_compared_in_lower_case_and_values_are_kept(self) -> None:
        event = an_event("several_values")
        event["multiValueHeaders"] = {"Cookie": ["a=1", "b=2"], "COOKIE": ["c=3"], "Accept": ["*/*"]}
        request = read_request(event)
        assert request.headers["cookie"] == ("a=1", "b=2", "c=3")
        assert request.header("accept") == "*/*"

    def test_several_values_and_undecoded_parameters_give_the_same_query_again(self) -> None:
        assert read_request(an_event("several_values")).query == "tag=a&tag=b%26c&empty=&sp%20ace=1+2"

    def test_an_undecoded_path_is_left_undecoded(self) -> None:
        assert read_request(an_event("undecoded")).path == "/tours/mus%C3%A9e%2Fd%27orsay/;v=1"

    def test_single_value_headers_are_read_if_there_are_no_multi_value_headers(self) -> None:
        request = read_request(an_event("single_values"))
        assert (request.query, request.header("host")) == ("page=2", "city.example.com")

    @pytest.mark.parametrize(
        ("header", "host"),
        [
            ("City.Example.com", "city.example.com"),
            ("city.example.com:8080", "city.example.com"),
            ("city.example.com.", "city.example.com"),
            ("city.example.com.:443", "city.example.com"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("[2001:db8::1]:8080", "[2001:db8::1]"),
            ("", ""),
        ],
    )
    def test_the_host_is_read_without_its_port(self, header: str, host: str) -> None:
        assert read_request(an_event("curl", headers={"host": header})).host == host


def visit_with(part: tuple[str, ...], changes: Callable[[Event, str], object]) -> Event:
    """Return a visit with one part changed: ``changes`` gets the parent of the part, and its name."""
    event = parent = an_event("curl")
    *parents, name = part
    for one in parents:
        parent = parent[one]
    changes(parent, name)
    return event


@pytest.mark.parametrize("part", NEEDED, ids="/".join)
@settings(max_examples=6)
@given(value=anything_but_text)
def test_an_event_without_a_part_that_every_visit_has_is_not_a_visit(part: tuple[str, ...], value: object) -> None:
    for changes in (dict.pop, lambda parent, name: parent.update({name: value})):
        with pytest.raises(NotAVisit):
            read_request(visit_with(part, changes))


@settings(max_examples=20)
@given(event=st.sampled_from(OTHERS) | anything_but_text | texts)
def test_an_event_that_no_load_balancer_sends_is_not_a_visit(event: object) -> None:
    with pytest.raises(NotAVisit):
        read_request(event)


def location_of(path: str, query: str = "") -> str:
    return Request(WAKE_TARGET_GROUP, "GET", path, query, {}).same_location()


hostile_parts = st.sampled_from(
    [
        *("/", "//", "\\", ".", "..", "*", "?", "#", "@", ":", ":443", ":80"),
        *("\t", "\r\n", " ", "\x00", "%2e%2e", "%5c", "%2f"),
        *("é", "\u2215", "\uff0f", "\ud800", "\u2028"),
        *("http:", "https:", "javascript:alert(1)", "evil.example.net", "city.example.com"),
    ]
)
hostile_paths = st.lists(hostile_parts, max_size=6).map("".join) | texts
# What the path and the query of a URI may have (RFC 3986, 3.3 and 3.4), and the sign of an encoded character.
PATH_CHARACTERS: Final = string.ascii_letters + string.digits + "-._~%!$&'()*+,;=:@/"
QUERY_CHARACTERS: Final = PATH_CHARACTERS + "?"
LONG: Final = "//" + "evil." * 2000 + "net"
OURS = ("https", "city.example.com")


def host_by_whatwg(location: str) -> str:
    """Return where a browser goes (WHATWG URL, "basic URL parser" with a base whose scheme is special).

    A browser removes spaces and control characters at both ends, and tabs and line ends anywhere. After that, only two
    slashes, of either kind, begin another host, and only a scheme begins another URL.
    """
    stripped = location.strip("".join(map(chr, range(0x21))))
    for ignored in "\t\n\r":
        stripped = stripped.replace(ignored, "")
    elsewhere = stripped[:1] not in ("/", "\\") or stripped[1:2] in ("/", "\\")
    return "elsewhere" if elsewhere else OURS[1]


class Recorded(HTTPAdapter):
    """An adapter that redirects the first request of ``requests``, and records where the second one goes."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self._location = location
        self.went_to: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        assert request.url is not None
        self.went_to.append(request.url)
        response = requests.Response()
        response.request, response.url = request, request.url
        response.status_code = 307 if len(self.went_to) == 1 else 200
        response.headers["Location"] = self._location
        response._content = b""
        return response


def followed_by_requests(location: str) -> str:
    session, adapter = requests.Session(), Recorded(location)
    session.trust_env = False
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.get("https://city.example.com/where/it/was?a=b")
    return adapter.went_to[1]


def followed_by_httpx(location: str) -> str:
    went_to: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        went_to.append(str(request.url))
        return httpx.Response(307 if len(went_to) == 1 else 200, headers={"Location": location})

    with httpx.Client(transport=httpx.MockTransport(answer), follow_redirects=True) as client:
        client.get("https://city.example.com/where/it/was?a=b")
    return went_to[1]


class TestAHostilePath:
    @settings(max_examples=150)
    @example(path="//evil.example.net")
    @example(path="/\\evil.example.net")
    @example(path="https:evil.example.net")
    @example(path="/a/..//evil.example.net")
    @example(path=LONG)
    @given(path=hostile_paths)
    def test_leads_to_no_other_host_by_the_rules_of_browsers_and_the_standard_library(self, path: str) -> None:
        assert host_by_whatwg(location_of(path)) == OURS[1]
        went = urlsplit(urljoin("https://city.example.com/where/it/was?a=b", location_of(path)))
        assert (went.scheme, went.netloc) == OURS

    @settings(max_examples=20)
    @example(path="//evil.example.net")
    @example(path="/\\evil.example.net")
    @example(path="https:evil.example.net")
    @example(path="/a/..//evil.example.net")
    @example(path=LONG)
    @given(path=hostile_paths)
    def test_leads_requests_and_httpx_to_no_other_host(self, path: str) -> None:
        for went in (urlsplit(followed_by_requests(location_of(path))), urlsplit(followed_by_httpx(location_of(path)))):
            assert (went.scheme, went.netloc) == OURS

    @settings(max_examples=100)
    @given(path=hostile_paths)
    def test_is_sent_as_printable_ascii_without_spaces(self, path: str) -> None:
        for location in (location_of(path), location_of("/", path)):
            assert location.isascii()
            assert location.isprintable()
            assert " " not in location


@pytest.mark.parametrize("location", ["//evil.example.net", "/\\evil.example.net", "/\t/evil.example.net", "https:x"])
def test_the_rules_of_browsers_notice_another_host(location: str) -> None:
    assert host_by_whatwg(location) == "elsewhere"


@settings(max_examples=60)
@example(path="tours/mus%C3%A9e%2Fd%27orsay/;v=1", query="q=caf%C3%A9%20au%20lait&next=%2F%2Fevil.example.net")
@example(path="100%", query="50%")
@given(path=st.text(PATH_CHARACTERS).filter(lambda path: not path.startswith("/")), query=st.text(QUERY_CHARACTERS))
def test_a_usual_path_and_query_come_back_exactly(path: str, query: str) -> None:
    assert location_of(f"/{path}", query) == f"/{path}" + (f"?{query}" if query else "")


@pytest.mark.parametrize("path", ["//host", "///host", "//host//x"])
def test_slashes_at_the_start_of_a_path_are_kept_when_a_client_follows_redirects(path: str) -> None:
    """However many redirects there are, the URL that the client resolves is redirected to itself."""
    for _ in range(3):
        assert urlsplit(urljoin("https://city.example.com/", location_of(path))).path == path


def test_a_recorded_request_is_redirected_to_the_same_url() -> None:
    assert read_request(an_event("undecoded")).same_location() == (
        "/tours/mus%C3%A9e%2Fd%27orsay/;v=1?q=caf%C3%A9%20au%20lait&next=%2F%2Fevil.example.net"
    )
