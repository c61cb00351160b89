from __future__ import annotations

from typing import Any

import pytest

from local_aws.api_call import AwsError
from local_aws.listener_rules import Rule
from local_aws.load_balancing.requests import HttpRequest
from local_aws.load_balancing.rules import actions_for

DEFAULT = Rule(None, [], [{"Type": "default"}])


def rule(priority: int, *conditions: dict[str, Any], action: str = "rule") -> Rule:
    return Rule(priority, conditions, [{"Type": action}])


def path(*patterns: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}


def host(*patterns: str) -> dict[str, Any]:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(patterns)}}


def header(name: str, *patterns: str) -> dict[str, Any]:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": name, "Values": list(patterns)}}


def query(*values: dict[str, str]) -> dict[str, Any]:
    return {"Field": "query-string", "QueryStringConfig": {"Values": list(values)}}


def chosen(
    *rules: Rule,
    host: str = "any.example",
    path: str = "/",
    method: str = "GET",
    query: str = "",
    headers: tuple[tuple[str, str], ...] = (),
    source_ip: str = "127.0.0.1",
) -> Any:
    request = HttpRequest(method, path, query, (("Host", host), *headers), source_ip)
    [action] = actions_for([DEFAULT, *rules], request)
    return action["Type"]


def test_rules_are_tried_in_numerical_order_of_their_priorities() -> None:
    rules = (rule(20, path("/*"), action="twentieth"), rule(3, path("/*"), action="third"))
    assert chosen(*rules, path="/a") == "third"


def test_the_default_rule_comes_last() -> None:
    assert chosen(rule(50_000, path("/a"))) == "default"
    assert chosen(rule(50_000, path("/a")), path="/a") == "rule"


@pytest.mark.parametrize(
    ("pattern", "sent", "matches"),
    [
        ("/api/*", "/api/a/b", True),
        ("/api/*", "/api/", True),
        ("/api/*", "/api", False),
        ("/img/?.png", "/img/a.png", True),
        ("/img/?.png", "/img/ab.png", False),
        ("/img/?.png", "/img/aXpng", False),
        ("/api", "/API", False),
        ("/[a]", "/a", False),
    ],
)
def test_path_patterns_respect_case_and_have_two_wildcards(pattern: str, sent: str, matches: bool) -> None:
    assert (chosen(rule(1, path(pattern)), path=sent) == "rule") is matches


@pytest.mark.parametrize(
    ("pattern", "sent", "matches"),
    [
        ("guide.example", "GUIDE.example", True),
        ("*.example", "paris.guide.example", True),
        ("*.example", "example", False),
        ("guide.example", "guide-example", False),
    ],
)
def test_host_patterns_ignore_case(pattern: str, sent: str, matches: bool) -> None:
    assert (chosen(rule(1, host(pattern)), host=sent) == "rule") is matches


def test_every_condition_of_a_rule_must_hold_by_one_of_its_values() -> None:
    both = rule(1, host("a.example", "b.example"), path("/x"))
    assert chosen(both, host="b.example", path="/x") == "rule"
    assert chosen(both, host="b.example", path="/y") == "default"
    assert chosen(both, host="c.example", path="/x") == "default"


def test_values_in_the_old_form_count_too() -> None:
    assert chosen(rule(1, {"Field": "path-pattern", "Values": ["/a"]}), path="/a") == "rule"


@pytest.mark.parametrize("port", ["", ":8080"])
def test_the_port_does_not_belong_to_the_host(port: str) -> None:
    assert chosen(rule(1, host("guide.example")), host=f"guide.example{port}") == "rule"


@pytest.mark.parametrize(
    ("sent", "matches"),
    [
        ((("user-agent", "UptimeRobot/2.0"),), True),
        ((("User-Agent", "Pingdom"), ("User-Agent", "uptimerobot")), True),
        ((("User-Agent", "Mozilla"),), False),
        ((("Via", "UptimeRobot"),), False),
        ((), False),
    ],
)
def test_headers_ignore_case_and_match_by_any_of_their_values(sent: tuple[tuple[str, str], ...], matches: bool) -> None:
    assert (chosen(rule(1, header("User-Agent", "UptimeRobot*", "Uptime?")), headers=sent) == "rule") is matches


def test_a_method_matches_exactly() -> None:
    only = rule(1, {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET", "HEAD"]}})
    assert [chosen(only, method=method) for method in ("HEAD", "POST", "get")] == ["rule", "default", "default"]


@pytest.mark.parametrize(
    ("wanted", "sent", "matches"),
    [
        ({"Key": "version", "Value": "v1"}, "a=b&VERSION=V1", True),
        ({"Key": "version", "Value": "v1"}, "version=v2", False),
        ({"Key": "ver*", "Value": "v?"}, "version=v2", True),
        ({"Value": "beta"}, "x=beta", True),
        ({"Value": "beta"}, "beta=x", False),
        ({"Value": "a\\*b"}, "x=a*b", True),
        ({"Value": "a\\*b"}, "x=aab", False),
        ({"Key": "a", "Value": "b c"}, "a=b%20c", False),
        ({"Key": "a", "Value": "*"}, "", False),
    ],
)
def test_a_query_matches_by_any_parameter_without_decoding(wanted: dict[str, str], sent: str, matches: bool) -> None:
    assert (chosen(rule(1, query({"Key": "never", "Value": "never"}, wanted)), query=sent) == "rule") is matches


@pytest.mark.parametrize(("address", "expected"), [("10.1.2.3", "rule"), ("11.0.0.1", "default"), ("::1", "rule")])
def test_a_source_address_matches_by_its_block(address: str, expected: str) -> None:
    blocks = {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8", "::1/128"]}}
    assert chosen(rule(1, blocks), source_ip=address, headers=(("X-Forwarded-For", "10.0.0.1"),)) == expected


def test_the_actions_of_a_rule_are_in_their_order() -> None:
    several = Rule(1, [], [{"Type": "forward", "Order": 2}, {"Type": "authenticate-oidc", "Order": 1}])
    actions = actions_for([DEFAULT, several], HttpRequest("GET", "/"))
    assert [action["Type"] for action in actions] == ["authenticate-oidc", "forward"]


def test_a_condition_that_is_not_modelled_is_refused_by_name() -> None:
    with pytest.raises(AwsError, match="not modelled: rule conditions on moon-phase"):
        chosen(rule(1, {"Field": "moon-phase"}))
