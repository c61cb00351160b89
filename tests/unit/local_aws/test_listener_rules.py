from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from local_aws.api_call import AwsError
from local_aws.load_balancing.rules import Asked, action_for

DEFAULT = SimpleNamespace(priority="default", is_default=True, conditions=[], actions=["default"])


def rule(priority: int | str, *conditions: dict[str, Any], action: str = "rule") -> Any:
    return SimpleNamespace(priority=priority, is_default=False, conditions=conditions, actions=[action])


def path(*patterns: str) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(patterns)}}


def host(*patterns: str) -> dict[str, Any]:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(patterns)}}


def chosen(*rules: Any, host: str = "any.example", path: str = "/") -> Any:
    return action_for([DEFAULT, *rules], Asked(host, path))


def test_rules_are_tried_in_the_order_of_their_priorities_as_numbers() -> None:
    rules = (rule("20", path("/*"), action="twentieth"), rule("3", path("/*"), action="third"))
    assert chosen(*rules, path="/a") == "third"


def test_the_default_comes_last() -> None:
    assert chosen(rule(50_000, path("/a"))) == "default"
    assert chosen(rule(50_000, path("/a")), path="/a") == "rule"


@pytest.mark.parametrize(
    ("pattern", "asked", "matches"),
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
def test_path_patterns_match_with_regard_to_case_and_know_two_wildcards(
    pattern: str, asked: str, matches: bool
) -> None:
    assert (chosen(rule(1, path(pattern)), path=asked) == "rule") is matches


@pytest.mark.parametrize(
    ("pattern", "asked", "matches"),
    [
        ("guide.example", "GUIDE.example", True),
        ("*.example", "paris.guide.example", True),
        ("*.example", "example", False),
        ("guide.example", "guide-example", False),
    ],
)
def test_host_patterns_match_without_regard_to_case(pattern: str, asked: str, matches: bool) -> None:
    assert (chosen(rule(1, host(pattern)), host=asked) == "rule") is matches


def test_every_condition_of_a_rule_must_hold_and_any_value_of_a_condition_may() -> None:
    both = rule(1, host("a.example", "b.example"), path("/x"))
    assert chosen(both, host="b.example", path="/x") == "rule"
    assert chosen(both, host="b.example", path="/y") == "default"
    assert chosen(both, host="c.example", path="/x") == "default"


def test_values_in_the_old_form_count_as_well() -> None:
    assert chosen(rule(1, {"Field": "path-pattern", "Values": ["/a"]}), path="/a") == "rule"


def test_a_condition_that_is_not_modelled_is_refused_by_name() -> None:
    with pytest.raises(AwsError, match="not modelled: rule conditions on source-ip"):
        chosen(rule(1, {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}))
