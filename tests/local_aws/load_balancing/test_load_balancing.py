from __future__ import annotations

import resource
import select
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from local_aws.listener_rules import Rule
from simulator.world import target_group_dimension
from tests.local_aws.account import CLUSTER, START, Account, account, fixed, forward, forward_weighted, redirect

MINUTE = timedelta(minutes=1)


@pytest.fixture
def aws() -> Iterator[Account]:
    with account() as created:
        yield created


def host(*patterns: str) -> dict[str, Any]:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(patterns)}}


def path(*patterns: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}


def user_agent(*patterns: str) -> dict[str, Any]:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "User-Agent", "Values": list(patterns)}}


def query(key: str, value: str) -> dict[str, Any]:
    return {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": key, "Value": value}]}}


def methods(*names: str) -> dict[str, Any]:
    return {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": list(names)}}


def source_ip(*blocks: str) -> dict[str, Any]:
    return {"Field": "source-ip", "SourceIpConfig": {"Values": list(blocks)}}


def requests_counted(aws: Account, group: str) -> float:
    dimensions = {"LoadBalancer": aws.load_balancer.partition(":loadbalancer/")[2]}
    dimensions["TargetGroup"] = target_group_dimension(group)
    aws.pass_time(5 * MINUTE)
    points = aws.world.metrics.datapoints(
        "AWS/ApplicationELB", "RequestCount", dimensions, START, aws.world.now, MINUTE, "Sum", aws.world.now
    )
    return sum(points.values())


def test_a_request_reaches_the_application_of_a_healthy_task_unchanged_and_is_counted(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group)
    aws.pass_time()
    answer = aws.send(
        "POST", "/guide/saint%20denis?lang=fr&q=a%20b", content="bonjour", headers={"Host": "guide.example"}
    )
    assert answer.status_code == 200
    echoed = answer.json()
    [task] = aws.world.tasks(CLUSTER, "web")
    assert (echoed["service"], echoed["task"], echoed["address"]) == ("web", task.id, task.ip)
    assert (echoed["method"], echoed["path"], echoed["query"]) == ("POST", "/guide/saint%20denis", "lang=fr&q=a%20b")
    assert echoed["body"] == "bonjour"
    assert echoed["headers"]["Host"] == "guide.example"
    assert requests_counted(aws, group) == 1


def test_the_application_gets_the_address_of_the_client(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group)
    aws.pass_time()
    headers = aws.get(headers={"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "gopher"}).json()["headers"]
    assert headers["X-Forwarded-For"] == "203.0.113.7, 127.0.0.1"
    assert (headers["X-Forwarded-Proto"], headers["X-Forwarded-Port"]) == ("http", "80")


def test_requests_are_spread_over_the_healthy_tasks(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group, desired=2)
    aws.pass_time()
    assert set(Counter(aws.get().json()["task"] for _ in range(4)).values()) == {2}


def test_a_group_without_targets_answers_503_and_counts_nothing(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group, desired=0)
    aws.pass_time()
    answer = aws.get()
    assert (answer.status_code, answer.headers["Server"]) == (503, "awselb/2.0")
    assert "503 Service Temporarily Unavailable" in answer.text
    assert requests_counted(aws, group) == 0


def test_a_group_whose_targets_all_drain_answers_503(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group)
    aws.pass_time()
    aws.ecs.update_service(cluster=CLUSTER, service="web", desiredCount=0)
    aws.pass_time(timedelta(seconds=20))
    assert aws.health(group) == ["draining"]
    assert aws.get().status_code == 503


def test_a_group_whose_targets_are_all_unhealthy_answers_502_and_counts_the_request(aws: Account) -> None:
    group = aws.target_group("web")
    aws.listener(forward(group))
    aws.service("web", group, healthCheckGracePeriodSeconds=3600)
    aws.pass_time()
    aws.world.set_passes_health_checks(CLUSTER, "web", passes=False)
    aws.pass_time()
    assert aws.get().status_code == 502
    assert requests_counted(aws, group) == 1


def test_requests_are_divided_by_weight_and_weight_zero_gets_none(aws: Account) -> None:
    first, second, third = (aws.target_group(name) for name in ("first", "second", "third"))
    aws.listener(forward_weighted({first: 3, second: 1, third: 0}))
    for name, group in (("first", first), ("second", second), ("third", third)):
        aws.service(name, group)
    aws.pass_time()
    answers = Counter(aws.get().json()["service"] for _ in range(40))
    assert answers.keys() == {"first", "second"}
    assert 20 <= answers["first"] <= 39


def test_a_weighted_group_without_targets_does_not_fail_over(aws: Account) -> None:
    full, empty = aws.target_group("full"), aws.target_group("empty")
    aws.listener(forward(full, empty))
    aws.service("full", full)
    aws.pass_time()
    assert set(Counter(aws.get().status_code for _ in range(40))) == {200, 503}


def test_a_fixed_response_is_answered_as_written(aws: Account) -> None:
    aws.listener(fixed("418", "a teapot"))
    answer = aws.get()
    assert (answer.status_code, answer.text, answer.headers["Content-Type"]) == (418, "a teapot", "text/plain")


@pytest.mark.parametrize(
    ("config", "location"),
    [
        ({"Protocol": "HTTPS", "Port": "443"}, "https://guide.example:443/a%20b/c?d=e&f"),
        ({"Host": "www.#{host}"}, "http://www.guide.example:80/a%20b/c?d=e&f"),
        ({"Path": "/new/#{path}"}, "http://guide.example:80/new/a%20b/c?d=e&f"),
        ({"Path": "/", "Query": "#{query}&g=h"}, "http://guide.example:80/?d=e&f&g=h"),
        ({"Path": "/#{protocol}/#{port}", "Query": "from=#{path}"}, "http://guide.example:80/HTTP/80?from=a%20b/c"),
    ],
)
def test_a_redirect_replaces_the_parts_it_names_and_keeps_the_others(
    aws: Account, config: dict[str, str], location: str
) -> None:
    aws.listener(redirect(**config))
    answer = aws.get("/a%20b/c?d=e&f", headers={"Host": "guide.example:8080"})
    assert (answer.status_code, answer.headers["Location"]) == (301, location)


def test_a_redirect_has_its_own_status_and_no_query_if_the_request_has_none(aws: Account) -> None:
    aws.listener(redirect(StatusCode="HTTP_302", Port="8443"))
    answer = aws.get("/", headers={"Host": "guide.example"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://guide.example:8443/")


@pytest.mark.parametrize(
    ("condition", "sent", "other"),
    [
        (host("*.guide.example"), {"headers": {"Host": "paris.guide.example"}}, {"headers": {"Host": "a.example"}}),
        (path("/shop/*"), {"path": "/shop/cart?x=1"}, {"path": "/?x=/shop/cart"}),
        (user_agent("*UptimeRobot*"), {"headers": {"User-Agent": "Mozilla (UptimeRobot/2.0)"}}, {}),
        (query("version", "2"), {"path": "/?version=2"}, {"path": "/?version=1"}),
        (methods("POST", "PUT"), {"method": "POST"}, {"method": "GET"}),
    ],
    ids=["host", "path", "header", "query", "method"],
)
def test_a_rule_takes_requests_that_match_its_condition(
    aws: Account, condition: Any, sent: dict[str, Any], other: dict[str, Any]
) -> None:
    listener = aws.listener(fixed("404", "default"))
    aws.rule(listener, 1, [condition], fixed("200", "rule"))
    assert [aws.send(**{"method": "GET", "path": "/", **one}).text for one in (sent, other)] == ["rule", "default"]


def test_a_rule_on_addresses_matches_the_address_of_the_connection(aws: Account) -> None:
    listener = aws.listener(fixed("404", "default"))
    aws.rule(listener, 1, [source_ip("203.0.113.0/24")], fixed("200", "far"))
    aws.rule(listener, 2, [source_ip("10.0.0.0/8", "127.0.0.0/8")], fixed("200", "near"))
    assert aws.get(headers={"X-Forwarded-For": "203.0.113.7"}).text == "near"


def test_a_rule_takes_a_request_only_if_all_its_conditions_hold(aws: Account) -> None:
    listener = aws.listener(fixed("404", "default"))
    aws.rule(listener, 1, [host("guide.example"), path("/a", "/b")], fixed("200", "rule"))
    sent = [("guide.example", "/b"), ("guide.example", "/c"), ("a.example", "/a")]
    assert [aws.get(path, headers={"Host": host}).text for host, path in sent] == ["rule", "default", "default"]


def test_a_visitor_without_a_session_must_sign_in_and_one_with_a_session_gets_the_next_action(
    aws: Account,
) -> None:
    oidc = {
        "Issuer": "https://id.example",
        "AuthorizationEndpoint": "https://id.example/authorize",
        "TokenEndpoint": "https://id.example/token",
        "UserInfoEndpoint": "https://id.example/user",
        "ClientId": "client",
        "ClientSecret": "secret",
    }
    listener = aws.listener(fixed("404", "default"))
    sign_in = {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": oidc}
    aws.rule(listener, 1, [path("/a")], sign_in, {**fixed("200", "signed in"), "Order": 2})
    refusal = aws.get("/a", headers={"Host": "guide.example"})
    assert refusal.status_code == 302
    where, _, sent = refusal.headers["Location"].partition("?")
    assert where == "https://id.example/authorize"
    assert parse_qs(sent)["redirect_uri"] == ["https://guide.example/oauth2/idpresponse"]
    assert aws.get("/a", headers={"Cookie": "AWSELBAuthSessionCookie-0=session"}).text == "signed in"


def test_an_action_and_a_condition_that_are_not_modelled_are_refused_by_name(aws: Account) -> None:
    listener = aws.listener(fixed("404", "default"))
    rule = Rule(1, [path("/a")], [{"Type": "jwt-validation"}])
    aws.world.listener_rules.put(listener, "of-tomorrow", rule)
    answer = aws.get("/a")
    assert (answer.status_code, answer.text) == (501, "not modelled: jwt-validation actions\n")
    aws.world.listener_rules.put(listener, "of-tomorrow", Rule(1, [{"Field": "moon-phase"}], []))
    answer = aws.get("/a")
    assert (answer.status_code, answer.text) == (501, "not modelled: rule conditions on moon-phase\n")


@pytest.fixture
def many_files() -> Iterator[None]:
    """Allow this process to hold both ends of a thousand connections."""
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


@pytest.mark.usefixtures("many_files")
def test_a_thousand_clients_can_send_requests_at_the_same_moment(aws: Account) -> None:
    aws.listener(fixed("200", "here"))
    address = "127.0.0.1", urlsplit(aws.load_balancers.url("front")).port
    connected = select.poll()
    with ExitStack() as stack:
        connections = [stack.enter_context(socket.socket()) for _ in range(1000)]
        for connection in connections:
            connection.setblocking(False)
            connection.connect_ex(address)
            connected.register(connection, select.POLLOUT)
        # If the queue is full, a client is not refused: its system retries by itself after a second.
        assert len(connected.poll(500)) == len(connections)
        for connection in connections:
            connection.settimeout(60)
            connection.sendall(b"GET / HTTP/1.1\r\nHost: guide.example\r\n\r\n")
        assert {connection.recv(15) for connection in connections} == {b"HTTP/1.1 200 OK"}


def test_a_deleted_listener_no_longer_listens(aws: Account) -> None:
    listener = aws.listener(fixed("200", "here"))
    url = aws.load_balancers.url("front")
    assert url.startswith("http://127.0.0.1:")
    assert httpx.get(url).text == "here"
    aws.elbv2.delete_listener(ListenerArn=listener)
    aws.load_balancers.follow()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    with pytest.raises(LookupError, match="no listener of a load balancer front"):
        aws.load_balancers.url("front")
