"""The event of a Lambda function behind a load balancer, and the visitor's answer, over real HTTP."""

from __future__ import annotations

import base64
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from local_aws.api_call import AwsError
from local_aws.load_balancing import Returned
from simulator.world import target_group_dimension
from tests.local_aws.account import START, Account, account, forward
from tests.simulator.worlds import MINUTE

MEGABYTE = 1024 * 1024


@pytest.fixture
def aws() -> Iterator[Account]:
    with account() as created:
        yield created


@pytest.fixture
def group(aws: Account) -> str:
    """Create a listener whose only target is a function that gets every value of headers and parameters."""
    group = aws.function_group()
    aws.listener(forward(group))
    return group


@pytest.fixture
def single_values(aws: Account) -> str:
    """Create a listener whose only target is a function that gets one value of each, as by AWS's default."""
    group = aws.function_group(several_values=False)
    aws.listener(forward(group))
    return group


def send_raw(aws: Account, method: str, target: str, *headers: tuple[str, str], body: bytes = b"") -> int:
    """Send a request line and headers that ordinary clients do not send; return the status."""
    connection = http.client.HTTPConnection(urlsplit(aws.load_balancers.url("front")).netloc, timeout=10)
    connection._validate_path = lambda url: None  # type: ignore[attr-defined]
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in (*headers, ("Content-Length", str(len(body)))):
        connection.putheader(name, value)
    connection.endheaders(body)
    status = connection.getresponse().status
    connection.close()
    return status


def event_of(aws: Account) -> dict[str, Any]:
    """Return the event of the function's only invocation."""
    [event] = aws.functions.events
    assert isinstance(event, dict)
    return event


def requests_counted(aws: Account, group: str) -> float:
    dimensions = {"LoadBalancer": aws.load_balancer.partition(":loadbalancer/")[2]}
    dimensions["TargetGroup"] = target_group_dimension(group)
    aws.pass_time(5 * MINUTE)
    points = aws.world.metrics.datapoints(
        "AWS/ApplicationELB", "RequestCount", dimensions, START, aws.world.now, MINUTE, "Sum", aws.world.now
    )
    return sum(points.values())


# The event


def test_the_function_gets_the_request_with_its_client_and_target_group(aws: Account, group: str) -> None:
    aws.send("PUT", "/guide?lang=fr", headers={"Host": "guide.example", "User-Agent": "Someone/1.0"})
    event = event_of(aws)
    assert event.keys() == {
        "requestContext",
        "httpMethod",
        "path",
        "multiValueQueryStringParameters",
        "multiValueHeaders",
        "body",
        "isBase64Encoded",
    }
    assert event["requestContext"] == {"elb": {"targetGroupArn": group}}
    assert (event["httpMethod"], event["path"]) == ("PUT", "/guide")
    assert event["multiValueQueryStringParameters"] == {"lang": ["fr"]}
    headers = event["multiValueHeaders"]
    assert (headers["host"], headers["user-agent"]) == (["guide.example"], ["Someone/1.0"])
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == (["127.0.0.1"], ["http"])
    assert headers["x-forwarded-port"] == ["80"]
    assert headers["x-amzn-trace-id"][0].startswith("Root=1-")
    assert (event["body"], event["isBase64Encoded"]) == ("", False)


@pytest.mark.usefixtures("group")
def test_with_several_values_all_of_them_arrive_in_order(aws: Account) -> None:
    send_raw(aws, "GET", "/?a=1&b=&a=2&c", ("X-Tag", "one"), ("x-tag", "two"))
    event = event_of(aws)
    assert event["multiValueHeaders"]["x-tag"] == ["one", "two"]
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""], "c": [""]}
    assert not {"headers", "queryStringParameters"} & event.keys()


@pytest.mark.usefixtures("single_values")
def test_without_several_values_the_last_one_wins(aws: Account) -> None:
    send_raw(aws, "GET", "/?a=1&b=3&a=2", ("X-Tag", "one"), ("x-tag", "two"))
    event = event_of(aws)
    assert event["headers"]["x-tag"] == "two"
    assert event["queryStringParameters"] == {"a": "2", "b": "3"}
    assert not {"multiValueHeaders", "multiValueQueryStringParameters"} & event.keys()


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize(
    "path", ["/saint%20denis", "/%2e%2e/%2F", "/%0d%0aX:1", "//evil.example/a", "/\\evil.example", "/a//b/../c"]
)
def test_paths_arrive_unchanged(aws: Account, path: str) -> None:
    assert send_raw(aws, "GET", path) == 200
    assert event_of(aws)["path"] == path


@pytest.mark.usefixtures("group")
def test_parameters_arrive_without_decoding(aws: Account) -> None:
    send_raw(aws, "GET", "/?q=a%20b+c&n%C3%A9e=%26&x=a?b=c")
    assert event_of(aws)["multiValueQueryStringParameters"] == {
        "q": ["a%20b+c"],
        "n%C3%A9e": ["%26"],
        "x": ["a?b=c"],
    }


@pytest.mark.usefixtures("group")
def test_connection_headers_do_not_arrive(aws: Account) -> None:
    send_raw(aws, "GET", "/", ("Connection", "keep-alive"), ("Keep-Alive", "timeout=5"), ("Upgrade", "h2c"))
    assert not {"connection", "keep-alive", "upgrade"} & event_of(aws)["multiValueHeaders"].keys()


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain; charset=utf-8"},
        {"Content-Type": "Application/JSON"},
        {"Content-Type": "application/javascript"},
        {"Content-Type": "application/xml;a=b"},
    ],
)
def test_a_body_of_text_arrives_as_text(aws: Account, headers: dict[str, str]) -> None:
    aws.send("POST", "/", content="né".encode(), headers=headers)
    event = event_of(aws)
    assert (event["body"], event["isBase64Encoded"]) == ("né", False)


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/octet-stream"},
        {"Content-Type": "multipart/form-data; boundary=b"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain", "Content-Encoding": "gzip"},
        {},
    ],
)
def test_any_other_body_arrives_in_base64(aws: Account, headers: dict[str, str]) -> None:
    aws.send("POST", "/", content=b"\x00\xffa", headers=headers)
    event = event_of(aws)
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"\x00\xffa", True)


@pytest.mark.usefixtures("group")
def test_a_body_in_chunks_arrives_whole(aws: Account) -> None:
    aws.send("POST", "/", content=iter([b"one, ", b"two"]), headers={"Content-Type": "text/plain"})
    assert event_of(aws)["body"] == "one, two"


# The limits


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream"])
def test_the_body_of_a_request_can_have_one_megabyte_and_not_more(aws: Account, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    assert aws.send("POST", "/", content=b"x" * MEGABYTE, headers=headers).status_code == 200
    refused = aws.send("POST", "/", content=b"x" * (MEGABYTE + 1), headers=headers)
    assert (refused.status_code, refused.headers["Server"]) == (413, "awselb/2.0")
    assert len(aws.functions.events) == 1


@pytest.mark.usefixtures("group")
def test_a_body_in_chunks_is_refused_beyond_one_megabyte_too(aws: Account) -> None:
    assert aws.send("POST", "/", content=iter([b"x" * MEGABYTE, b"x"])).status_code == 413
    assert aws.functions.events == []


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, 502)])
def test_an_answer_can_have_one_megabyte_of_json_and_not_more(aws: Account, over: int, status: int) -> None:
    frame = len(json.dumps({"statusCode": 200, "body": ""}))
    aws.functions.returned = {"statusCode": 200, "body": "x" * (MEGABYTE - frame + over)}
    assert aws.get().status_code == status


@pytest.mark.usefixtures("group")
def test_a_websocket_is_refused_and_the_function_is_not_invoked(aws: Account) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "WebSocket", "Sec-WebSocket-Version": "13"}
    assert aws.get(headers=upgrade).status_code == 400
    assert aws.functions.events == []


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize(
    "returned",
    [
        Returned(b'{"errorType": "ValueError"}', failed=True),
        Returned(b'{"errorType": "Sandbox.Timedout"}', failed=True),
        Returned(b'{"statusCode": 200}', failed=True),
        AwsError("TooManyRequestsException", "Rate Exceeded.", 429),
        AwsError("ResourceNotFoundException", "Function not found", 404),
    ],
    ids=["error", "time-out", "error like an answer", "throttled", "deleted"],
)
def test_a_request_that_the_function_cannot_answer_is_a_bad_gateway(aws: Account, returned: Any) -> None:
    aws.functions.returned = returned
    answer = aws.get()
    assert (answer.status_code, answer.headers["Server"]) == (502, "awselb/2.0")
    assert "502 Bad Gateway" in answer.text


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize(
    "payload",
    [
        b"no json",
        b"null",
        b'["statusCode"]',
        b"{}",
        b'{"statusCode": "200"}',
        b'{"statusCode": true}',
        b'{"statusCode": 100}',
        b'{"statusCode": 600}',
        b'{"statusCode": 200, "statusDescription": "OK"}',
        b'{"statusCode": 200, "statusDescription": "200 OK\\r\\nX: 1"}',
        b'{"statusCode": 200, "body": {"a": 1}}',
        b'{"statusCode": 200, "body": "no base64!", "isBase64Encoded": true}',
        b'{"statusCode": 200, "multiValueHeaders": [1]}',
        b'{"statusCode": 200, "multiValueHeaders": {"X": "one"}}',
        b'{"statusCode": 200, "multiValueHeaders": {"X": [1]}}',
        b'{"statusCode": 200, "multiValueHeaders": {"X": ["a\\r\\nSet-Cookie: b"]}}',
        b'{"statusCode": 200, "multiValueHeaders": {"X": ["\\u20ac"]}}',
        b'{"statusCode": 200, "multiValueHeaders": {"X Y": ["a"]}}',
    ],
)
def test_a_malformed_answer_is_a_bad_gateway(aws: Account, payload: bytes) -> None:
    aws.functions.returned = Returned(payload)
    assert aws.get().status_code == 502


# The answer


@pytest.mark.usefixtures("group")
def test_the_visitor_gets_status_headers_and_body_as_the_function_returned_them(aws: Account) -> None:
    aws.functions.returned = {
        "statusCode": 503,
        "statusDescription": "503 Still Waking",
        "multiValueHeaders": {
            "Content-Type": ["text/html; charset=utf-8"],
            "Retry-After": ["5"],
            "Set-Cookie": ["a=1", "b=2"],
        },
        "body": "<p>né</p>",
    }
    answer = aws.get()
    assert (answer.status_code, answer.reason_phrase, answer.text) == (503, "Still Waking", "<p>né</p>")
    assert (answer.headers["Retry-After"], answer.headers["Content-Type"]) == ("5", "text/html; charset=utf-8")
    assert answer.headers.get_list("Set-Cookie") == ["a=1", "b=2"]


@pytest.mark.usefixtures("group")
@pytest.mark.parametrize("location", ["/a%20b?c=d", "/%5Cevil.example", "./", "https://elsewhere.example:443/"])
def test_a_redirect_is_sent_unchanged(aws: Account, location: str) -> None:
    aws.functions.returned = {"statusCode": 307, "multiValueHeaders": {"Location": [location]}}
    answer = aws.get()
    assert (answer.status_code, answer.headers["Location"]) == (307, location)


@pytest.mark.usefixtures("group")
def test_with_several_values_only_the_headers_with_several_values_count(aws: Account) -> None:
    aws.functions.returned = {"statusCode": 200, "headers": {"X": "a"}, "multiValueHeaders": {"Y": ["b"]}}
    headers = aws.get().headers
    assert ("X" in headers, "Y" in headers) == (False, True)


@pytest.mark.usefixtures("single_values")
def test_without_several_values_only_the_headers_with_one_value_count(aws: Account) -> None:
    aws.functions.returned = {"statusCode": 200, "headers": {"X": "a"}, "multiValueHeaders": {"Y": ["b"]}}
    headers = aws.get().headers
    assert ("X" in headers, "Y" in headers) == (True, False)


@pytest.mark.usefixtures("group")
def test_a_body_in_base64_is_sent_decoded(aws: Account) -> None:
    body = base64.b64encode(b"\x89PNG\x00").decode()
    aws.functions.returned = {"statusCode": 200, "body": body, "isBase64Encoded": True}
    assert aws.get().content == b"\x89PNG\x00"


@pytest.mark.usefixtures("group")
def test_headers_about_the_connection_are_ignored(aws: Account) -> None:
    given = {"Connection": ["upgrade"], "Transfer-Encoding": ["gzip"], "Content-Length": ["1"], "X-Kept": ["yes"]}
    aws.functions.returned = {"statusCode": 200, "multiValueHeaders": given, "body": "whole"}
    answer = aws.get()
    assert (answer.text, answer.headers["Content-Length"], answer.headers["X-Kept"]) == ("whole", "5", "yes")
    assert "Transfer-Encoding" not in answer.headers
    assert answer.headers["Connection"] != "upgrade"


@pytest.mark.usefixtures("group")
def test_the_load_balancer_adds_headers_that_the_function_does_not_set(aws: Account) -> None:
    answer = aws.get()
    assert (answer.headers["Server"], answer.headers["Content-Type"]) == ("awselb/2.0", "application/octet-stream")
    assert (answer.reason_phrase, answer.content) == ("OK", b"")


@pytest.mark.usefixtures("group")
def test_head_is_answered_without_the_body(aws: Account) -> None:
    aws.functions.returned = {"statusCode": 200, "body": "left out"}
    url = urlsplit(aws.load_balancers.url("front"))
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: guide.example\r\n\r\n")
        sent = connection.makefile("rb").read()
    assert sent.startswith(b"HTTP/1.1 200 OK\r\n")
    assert sent.endswith(b"\r\n\r\n")
    assert event_of(aws)["httpMethod"] == "HEAD"


# Whether the function is invoked


def test_a_request_that_reaches_the_function_is_counted_and_one_that_is_refused_is_not(
    aws: Account, group: str
) -> None:
    aws.get()
    aws.get(headers={"Upgrade": "websocket", "Connection": "Upgrade"})
    assert requests_counted(aws, group) == 1


def test_without_permission_the_function_is_not_invoked(aws: Account, group: str) -> None:
    [function] = [target["Target"]["Id"] for target in _health(aws, group)]
    aws.lambda_.remove_permission(FunctionName=function, StatementId="load-balancers")
    assert aws.get().status_code == 502
    assert aws.functions.events == []


def test_a_deleted_function_is_a_bad_gateway(aws: Account, group: str) -> None:
    [function] = [target["Target"]["Id"] for target in _health(aws, group)]
    aws.lambda_.delete_function(FunctionName=function)
    assert aws.get().status_code == 502


def test_a_group_without_a_function_is_unavailable(aws: Account, group: str) -> None:
    [function] = [target["Target"]["Id"] for target in _health(aws, group)]
    aws.elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": function}])
    assert aws.get().status_code == 503
    assert requests_counted(aws, group) == 0


def _health(aws: Account, group: str) -> Any:
    return aws.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
