"""The event that a function behind an HTTP API gets: payload format 2.0."""

from __future__ import annotations

import base64
import http.client
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from local_aws.http_api.events import event
from local_aws.http_api.received import Received
from local_aws.http_api.routes import DEFAULT, Match
from local_aws.http_api.settings import Api
from local_aws.load_balancing.requests import HttpRequest
from tests.local_aws.http_api.http_apis import ACCOUNT, HttpApi, http_api

AN_INSTANT = datetime(2020, 3, 12, 19, 3, 58, 390_000, tzinfo=UTC)

# The example of the API Gateway Developer Guide ("Create AWS Lambda proxy integrations for HTTP APIs", 2.0), without
# the fields of mutual TLS and stage variables, and with headers in lower case, as AWS sends and documents them.
DOCUMENTED: dict[str, Any] = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/my/path",
    "rawQueryString": "parameter1=value1&parameter1=value2&parameter2=value",
    "cookies": ["cookie1", "cookie2"],
    "headers": {"header1": "value1", "header2": "value1,value2"},
    "queryStringParameters": {"parameter1": "value1,value2", "parameter2": "value"},
    "requestContext": {
        "accountId": "123456789012",
        "apiId": "api-id",
        "authorizer": {"jwt": {"claims": {"claim1": "value1", "claim2": "value2"}, "scopes": ["scope1", "scope2"]}},
        "domainName": "api-id.execute-api.eu-west-3.amazonaws.com",
        "domainPrefix": "api-id",
        "http": {
            "method": "POST",
            "path": "/my/path",
            "protocol": "HTTP/1.1",
            "sourceIp": "192.0.2.1",
            "userAgent": "agent",
        },
        "requestId": "id",
        "routeKey": "$default",
        "stage": "$default",
        "time": "12/Mar/2020:19:03:58 +0000",
        "timeEpoch": 1584039838390,
    },
    "body": "Hello from Lambda",
    "pathParameters": {"parameter1": "value1"},
    "isBase64Encoded": False,
}
ADDED_BY_API_GATEWAY = {
    "content-length",
    "content-type",
    "host",
    "user-agent",
    "x-amzn-trace-id",
    "x-forwarded-for",
    "x-forwarded-port",
    "x-forwarded-proto",
}


@pytest.fixture(scope="module")
def shared_api() -> Iterator[HttpApi]:
    with http_api() as shared_api:
        shared_api.routes("$default")
        yield shared_api


@pytest.fixture
def api(shared_api: HttpApi) -> HttpApi:
    shared_api.functions.events.clear()
    return shared_api


def send_raw(api: HttpApi, target: str, *headers: tuple[str, str]) -> int:
    """Send a request line and headers that ordinary clients do not send; return the status."""
    connection = http.client.HTTPConnection(urlsplit(api.url).netloc, timeout=10)
    connection._validate_path = lambda url: None  # type: ignore[attr-defined]
    connection.putrequest("GET", target, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_documented_request_gives_the_documented_event() -> None:
    request = HttpRequest(
        "POST",
        "/my/path",
        DOCUMENTED["rawQueryString"],
        (
            ("Cookie", "cookie1; cookie2"),
            ("Header1", "value1"),
            ("Header2", "value1"),
            ("HEADER2", "value2"),
            ("User-Agent", "agent"),
        ),
        "192.0.2.1",
    )
    received = Received(request, b"Hello from Lambda", "HTTP/1.1", "id", AN_INSTANT)
    match = Match(DEFAULT, {"parameter1": "value1"})
    authorizer = DOCUMENTED["requestContext"]["authorizer"]
    made = event(
        received, Api("api-id", {}, {}), DEFAULT, match, authorizer, "Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e"
    )
    assert made["headers"].keys() == DOCUMENTED["headers"].keys() | ADDED_BY_API_GATEWAY
    assert made["headers"].items() >= DOCUMENTED["headers"].items()
    assert {**made, "headers": {}} == {**DOCUMENTED, "headers": {}}


def test_an_event_has_no_fields_for_parts_that_the_request_lacks(api: HttpApi) -> None:
    assert send_raw(api, "/") == 200
    event = api.event()
    assert event.keys() == {
        "version",
        "routeKey",
        "rawPath",
        "rawQueryString",
        "headers",
        "requestContext",
        "isBase64Encoded",
    }
    assert (event["rawQueryString"], event["isBase64Encoded"]) == ("", False)
    assert "authorizer" not in event["requestContext"]
    assert event["requestContext"]["http"]["userAgent"] == ""
    assert "content-type" not in event["headers"]


def test_loopback_is_replaced_by_the_host_of_the_api_with_tls(api: HttpApi) -> None:
    api.get(headers={"User-Agent": "Someone/1.0", "X-Forwarded-For": "192.0.2.9", "X-Forwarded-Proto": "gopher"})
    event = api.event()
    headers, context = event["headers"], event["requestContext"]
    assert (headers["host"], context["domainName"], context["domainPrefix"]) == (api.domain, api.domain, api.id)
    assert headers["x-forwarded-for"] == "192.0.2.9, 127.0.0.1"
    assert (headers["x-forwarded-port"], headers["x-forwarded-proto"]) == ("443", "https")
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert context["http"]["sourceIp"] == "127.0.0.1"
    assert (context["http"]["userAgent"], context["http"]["protocol"]) == ("Someone/1.0", "HTTP/1.1")
    assert (context["accountId"], context["apiId"]) == (ACCOUNT, api.id)
    assert (context["time"], context["timeEpoch"]) == ("05/Jan/2026:08:00:00 +0000", 1767600000000)


def test_the_event_has_the_request_id_that_the_client_gets(api: HttpApi) -> None:
    first, second = (api.get().headers["Apigw-Requestid"] for _ in range(2))
    ids = [event["requestContext"]["requestId"] for event in api.functions.events]
    assert ids == [first, second]
    assert first != second


def test_headers_with_several_values_are_joined_and_connection_headers_are_removed(api: HttpApi) -> None:
    send_raw(api, "/", ("X-Tag", "one"), ("x-tag", "two"), ("Connection", "keep-alive"), ("Keep-Alive", "timeout=5"))
    headers = api.event()["headers"]
    assert headers["x-tag"] == "one,two"
    assert not {"connection", "keep-alive"} & headers.keys()


def test_cookies_arrive_one_by_one_and_not_as_a_header(api: HttpApi) -> None:
    send_raw(api, "/", ("Cookie", "a=1; b=2"), ("Cookie", "c=3"))
    event = api.event()
    assert event["cookies"] == ["a=1", "b=2", "c=3"]
    assert "cookie" not in event["headers"]


def test_the_query_arrives_unchanged_and_its_parameters_decoded_and_joined(api: HttpApi) -> None:
    send_raw(api, "/?q=a%20b+c&n%C3%A9e=%26&q=d&empty=&bare")
    event = api.event()
    assert event["rawQueryString"] == "q=a%20b+c&n%C3%A9e=%26&q=d&empty=&bare"
    assert event["queryStringParameters"] == {"q": "a b c,d", "née": "&", "empty": "", "bare": ""}


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/saint%20denis", "/saint denis"),
        ("/a%2Fb", "/a/b"),
        ("//evil.example/a", "//evil.example/a"),
        ("/a%3Fb=c", "/a"),
        ("/%E2%82%AC", "/€"),
    ],
)
def test_the_path_arrives_decoded_and_cut_off_at_a_question_mark(api: HttpApi, target: str, path: str) -> None:
    assert send_raw(api, target) == 200
    event = api.event()
    assert (event["rawPath"], event["requestContext"]["http"]["path"]) == (path, path)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain; charset=utf-8"},
        {"Content-Type": "Application/JSON"},
        {"Content-Type": "application/problem+json"},
        {"Content-Type": "application/xml;a=b"},
        {},
    ],
)
def test_a_body_of_text_arrives_as_text(api: HttpApi, headers: dict[str, str]) -> None:
    api.send("POST", "/", content="né".encode(), headers=headers)
    event = api.event()
    assert (event["body"], event["isBase64Encoded"], event["headers"]["content-length"]) == ("né", False, "3")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/octet-stream"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain", "Content-Encoding": "gzip"},
    ],
)
def test_any_other_body_arrives_in_base64(api: HttpApi, headers: dict[str, str]) -> None:
    api.send("POST", "/", content=b"\x00\xffa", headers=headers)
    event = api.event()
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\x00\xffa", True)


def test_a_body_without_a_type_gets_the_type_text(api: HttpApi) -> None:
    api.send("POST", "/", content=b"a")
    assert api.event()["headers"]["content-type"] == "text/plain; charset=utf-8"


def test_a_body_in_chunks_arrives_whole(api: HttpApi) -> None:
    api.send("POST", "/", content=iter([b"one, ", b"two"]))
    event = api.event()
    assert (event["body"], event["headers"]["content-length"]) == ("one, two", "8")
    assert "transfer-encoding" not in event["headers"]
