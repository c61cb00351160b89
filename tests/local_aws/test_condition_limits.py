"""The values that AWS accepts in the conditions of a rule, both of a new rule and of a changed one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.account import Account, account, fixed

ANY: Any = fixed("200", "rule")


def config(field: str, name: str, *values: Any, **more: str) -> Any:
    return {"Field": field, name: {"Values": list(values), **more}}


def host(*values: str) -> Any:
    return config("host-header", "HostHeaderConfig", *values)


def path(*values: str) -> Any:
    return config("path-pattern", "PathPatternConfig", *values)


def header(*values: str, name: str = "User-Agent") -> Any:
    return config("http-header", "HttpHeaderConfig", *values, HttpHeaderName=name)


def method(*values: str) -> Any:
    return config("http-request-method", "HttpRequestMethodConfig", *values)


def query(*values: dict[str, str]) -> Any:
    return config("query-string", "QueryStringConfig", *values)


def source(*values: str) -> Any:
    return config("source-ip", "SourceIpConfig", *values)


@pytest.fixture(scope="module")
def aws() -> Iterator[Account]:
    with account() as created:
        yield created


@pytest.fixture(scope="module")
def listener(aws: Account) -> str:
    return aws.listener(fixed("404", "default"))


def refusal(call: Callable[..., Any], **parameters: Any) -> str:
    """Return the error code of a call, empty if it succeeds."""
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return ""


def is_taken(aws: Account, listener: str, *conditions: Any) -> bool:
    """Return whether a rule can have these conditions; the answer must be the same for a new and a changed rule."""
    rule = aws.rule(listener, 1, [path("/")], ANY)
    new = {"ListenerArn": listener, "Priority": 2, "Actions": [ANY]}
    codes = {
        refusal(aws.elbv2.modify_rule, RuleArn=rule, Conditions=conditions),
        refusal(aws.elbv2.create_rule, **new, Conditions=conditions),
    }
    for one in aws.elbv2.describe_rules(ListenerArn=listener)["Rules"]:
        if not one["IsDefault"]:
            aws.elbv2.delete_rule(RuleArn=one["RuleArn"])
    assert codes in ({""}, {"ValidationError"})
    return codes == {""}


@pytest.mark.parametrize(
    ("conditions", "taken"),
    [
        ([path("/a", "/b", "/c"), host("a.example", "b.example")], True),
        ([path("/a", "/b", "/c"), host("a.example", "b.example"), method("GET")], False),
        ([query(*({"Value": value} for value in "abcde"))], True),
        ([query(*({"Value": value} for value in "abcdef"))], False),
        ([source("10.0.0.0/8"), header("a", "b"), header("c", name="X-Team"), path("/a"), host("a.example")], False),
    ],
)
def test_a_rule_can_have_five_values_in_all_its_conditions_together(
    aws: Account, listener: str, conditions: list[Any], taken: bool
) -> None:
    assert is_taken(aws, listener, *conditions) is taken


@pytest.mark.parametrize(
    ("conditions", "taken"),
    [
        ([path("/*/*/*/*/*")], True),
        ([path("/*/*/*/*/*/?")], False),
        ([{"Field": "path-pattern", "Values": ["/*/*/*/*/*/?"]}], False),
        ([host("*.example"), path("/*/??"), header("x*")], True),
        ([host("*.example"), path("/*/??"), header("*x*")], False),
        ([header("*UptimeRobot*", "*Pingdom*"), header("a*", name="X-Team")], True),
        ([header("*UptimeRobot*", "*Pingdom*"), header("*a*", name="X-Team")], False),
        ([query({"Key": "*", "Value": "????"})], True),
        ([query({"Key": "*?", "Value": "????"})], False),
        ([query({"Value": "\\*\\?????\\*"})], True),
    ],
)
def test_a_rule_can_have_five_wildcards_and_escaped_ones_of_a_query_do_not_count(
    aws: Account, listener: str, conditions: list[Any], taken: bool
) -> None:
    assert is_taken(aws, listener, *conditions) is taken


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("guide.example", True),
        ("Guide.Example.COM", True),
        ("*.example", True),
        ("a-?.example", True),
        ("a" * 120 + ".example", True),
        ("a" * 121 + ".example", False),
        ("example", False),
        ("*", False),
        ("10.0.0.5", False),
        ("app.example.*", False),
        ("app.dev1", False),
        ("app.example.", False),
        ("guide.example:8080", False),
        ("a_b.example", False),
        ("guide.éxample", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("old_form", [True, False])
def test_a_host_must_have_a_dot_and_only_letters_after_the_last_dot(
    aws: Account, listener: str, value: str, taken: bool, old_form: bool
) -> None:
    condition = {"Field": "host-header", "Values": [value]} if old_form else host(value)
    assert is_taken(aws, listener, condition) is taken


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        (path("/a-Z_0.$/~\"'@:+&*?"), True),
        (path("*"), True),
        (path("/a b"), False),
        (path("/caf%C3%A9"), False),
        (path("/é"), False),
        (path("/[a]"), False),
        (path("/" + "a" * 127), True),
        (path("/" + "a" * 128), False),
        (path(""), False),
        (header("Site24x7 [eu]/2.0 (!\"#$%&'+,:;<=>@^_`{|}~-)"), True),
        (header("a\\b"), False),
        (header("Überwachung"), False),
        (header("a" * 128), True),
        (header("a" * 129), False),
        (header(""), False),
        (header("a", name="X_Team.1"), True),
        (header("a", name="X-" + "a" * 39), False),
        (header("a", name="X Team"), False),
        (header("a", name=""), False),
        (method("GET", "M-SEARCH", "MY_OWN"), True),
        (method("get"), False),
        (method("G*"), False),
        (method("GETS!"), False),
        (method("A" * 41), False),
        (query({"Key": "version", "Value": "a%20b-_.$/~\"'@:+&()!,;="}), True),
        (query({"Value": "a b"}), False),
        (query({"Value": "[a]"}), False),
        (query({"Value": "a\\b"}), False),
        (query({"Key": "é", "Value": "a"}), False),
        (query({"Key": "a" * 128, "Value": "a" * 128}), True),
        (query({"Key": "a" * 129, "Value": "a"}), False),
        (query({"Value": ""}), False),
        (source("10.0.0.0/8", "2001:db8::/32", "10.0.0.5/32"), True),
        (source("10.0.0.5"), False),
        (source("10.0.0.*/32"), False),
        (source("10.0.0.0/33"), False),
    ],
)
def test_each_kind_of_condition_accepts_its_own_characters(
    aws: Account, listener: str, condition: Any, taken: bool
) -> None:
    assert is_taken(aws, listener, condition) is taken


def test_a_refusal_names_the_value(aws: Account, listener: str) -> None:
    with pytest.raises(ClientError, match=r"ValidationError.*'app\.dev1'"):
        aws.rule(listener, 1, [host("a.example", "app.dev1")], ANY)
