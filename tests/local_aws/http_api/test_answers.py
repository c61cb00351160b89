"""What a client of an HTTP API gets for a function's result, also for one that is not a valid answer."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from local_aws.api_call import AwsError
from local_aws.load_balancing import Returned
from tests.local_aws.http_api.http_apis import ACCOUNT, REGION, HttpApi, http_api

MEGABYTE = 1024 * 1024
INTERNAL_SERVER_ERROR = '{"message":"Internal Server Error"}'


@pytest.fixture(scope="module")
def shared_api() -> Iterator[HttpApi]:
    with http_api() as shared_api:
        shared_api.routes("ANY /", "GET /pets/{id}")
        yield shared_api


@pytest.fixture
def api(shared_api: HttpApi) -> HttpApi:
    """Return one API for all tests, which differ only in what functions return."""
    shared_api.functions.events.clear()
    shared_api.functions.returned = {"statusCode": 200}
    shared_api.permit(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{shared_api.id}/*")
    return shared_api


# The answer


def test_the_client_gets_status_headers_cookies_and_body_as_the_function_returned_them(api: HttpApi) -> None:
    api.functions.returned = {
        "statusCode": 202,
        "headers": {"content-type": "application/problem+json", "Location": "/services/web%20one", "Retry-After": "5"},
        "cookies": ["a=1", "b=2; Secure"],
        "body": '{"né":1}',
    }
    answer = api.get()
    assert (answer.status_code, answer.text) == (202, '{"né":1}')
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.headers["Location"], answer.headers["Retry-After"]) == ("/services/web%20one", "5")
    assert answer.headers.get_list("Set-Cookie") == ["a=1", "b=2; Secure"]


def test_a_body_in_base64_is_sent_decoded(api: HttpApi) -> None:
    body = base64.b64encode(b"\x89PNG\x00").decode()
    api.functions.returned = {"statusCode": 200, "body": body, "isBase64Encoded": True}
    assert api.get().content == b"\x89PNG\x00"


def test_an_answer_without_a_content_type_is_text(api: HttpApi) -> None:
    api.functions.returned = {"statusCode": 200, "body": "plain"}
    assert api.get().headers.get_list("Content-Type") == ["text/plain; charset=utf-8"]


def test_headers_about_the_connection_are_ignored(api: HttpApi) -> None:
    given = {"Connection": "upgrade", "Transfer-Encoding": "gzip", "Content-Length": "1", "X-Kept": "yes"}
    api.functions.returned = {"statusCode": 200, "headers": given, "body": "whole"}
    answer = api.get()
    assert (answer.text, answer.headers["Content-Length"], answer.headers["X-Kept"]) == ("whole", "5", "yes")
    assert "Transfer-Encoding" not in answer.headers


@pytest.mark.parametrize("returned", [b'{"services":{"web":"awake"}}', b'["a"]', b'"text"', b"null", b"12"])
def test_an_answer_without_a_status_code_is_a_json_body(api: HttpApi, returned: bytes) -> None:
    api.functions.returned = Returned(returned)
    answer = api.get()
    assert (answer.status_code, answer.content) == (200, returned)
    assert answer.headers["Content-Type"] == "application/json"


def test_head_is_answered_without_the_body(api: HttpApi) -> None:
    api.functions.returned = {"statusCode": 200, "body": "left out"}
    url = urlsplit(api.url)
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\n\r\n")
        sent = connection.makefile("rb").read()
    assert sent.startswith(b"HTTP/1.1 200 OK\r\n")
    assert sent.endswith(b"\r\n\r\n")


# Invalid answers


@pytest.mark.parametrize(
    "payload",
    [
        b'{"statusCode": "200"}',
        b'{"statusCode": null}',
        b'{"statusCode": true}',
        b'{"statusCode": 0}',
        b'{"statusCode": 600}',
        b'{"statusCode": 200, "body": {"a": 1}}',
        b'{"statusCode": 200, "body": "no base64!", "isBase64Encoded": true}',
        b'{"statusCode": 200, "headers": [1]}',
        b'{"statusCode": 200, "headers": {"X": 1}}',
        b'{"statusCode": 200, "headers": {"X": "a\\r\\nSet-Cookie: b"}}',
        b'{"statusCode": 200, "headers": {"X": "\\u20ac"}}',
        b'{"statusCode": 200, "headers": {"X Y": "a"}}',
        b'{"statusCode": 200, "cookies": "a=1"}',
        b'{"statusCode": 200, "cookies": ["a=1\\r\\nX: 1"]}',
    ],
)
def test_a_malformed_answer_is_an_internal_server_error(api: HttpApi, payload: bytes) -> None:
    api.functions.returned = Returned(payload)
    answer = api.get()
    assert (answer.status_code, answer.text) == (500, INTERNAL_SERVER_ERROR)


@pytest.mark.parametrize(
    "returned",
    [
        Returned(b'{"errorType": "ValueError"}', failed=True),
        Returned(b'{"errorType": "Sandbox.Timedout"}', failed=True),
        Returned(b'{"statusCode": 200}', failed=True),
        AwsError("ResourceNotFoundException", "Function not found", 404),
    ],
    ids=["error", "time-out of its own", "error like an answer", "deleted"],
)
def test_a_request_that_the_function_cannot_answer_is_an_internal_server_error(api: HttpApi, returned: Any) -> None:
    api.functions.returned = returned
    answer = api.get()
    assert (answer.status_code, answer.text) == (500, INTERNAL_SERVER_ERROR)


def test_a_throttled_function_makes_the_service_unavailable(api: HttpApi) -> None:
    api.functions.returned = AwsError("TooManyRequestsException", "Rate Exceeded.", 429)
    answer = api.get()
    assert (answer.status_code, answer.text) == (503, '{"message":"Service Unavailable"}')


@pytest.mark.parametrize(
    ("pattern", "status"),
    [
        ("{api}/*", 200),
        ("{api}/*/*/pets/*", 200),
        ("{api}/$default/GET/pets/{{id}}", 200),
        ("{api}/*/POST/pets/*", 500),
        ("{api}/prod/*", 500),
        ("another/*", 500),
    ],
)
def test_the_policy_of_the_function_must_allow_the_route_to_invoke_it(api: HttpApi, pattern: str, status: int) -> None:
    api.permit(f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{pattern.format(api=api.id)}")
    assert api.get("/pets/1").status_code == status
    assert len(api.functions.events) == (status == 200)


# The limits


def test_the_body_of_a_request_can_have_ten_megabytes_and_not_more(api: HttpApi) -> None:
    # Lambda accepts only six megabytes, so no function is invoked below the limit either; only the log differs.
    refused = api.send("POST", "/", content=b"x" * (10 * MEGABYTE + 1))
    assert (refused.status_code, refused.text) == (413, '{"message":"Request Entity Too Large"}')
    assert api.functions.events == []


@pytest.mark.parametrize(("megabytes", "status"), [(5, 200), (6, 413)])
def test_an_event_of_a_function_can_have_six_megabytes(api: HttpApi, megabytes: int, status: int) -> None:
    assert api.send("POST", "/", content=b"x" * (megabytes * MEGABYTE)).status_code == status
    assert len(api.functions.events) == (status == 200)


@pytest.mark.parametrize(("characters", "status"), [(9_000, 200), (10_240, 431)])
def test_the_request_line_and_the_headers_can_have_ten_kilobytes(api: HttpApi, characters: int, status: int) -> None:
    assert api.get(headers={"X-Long": "x" * characters}).status_code == status
    assert len(api.functions.events) == (status == 200)
