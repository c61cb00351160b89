"""Possible answers of Elastic Load Balancing about rules, and the contents of the calls, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Condition, ListenerRule, Unknown
from tests.contract.answers import BLUE, ELB, GREEN, a_rule
from tests.contract.moto_stage import MotoStage
from tests.contract.scripted_aws import AwsError, Parameters, aws_error

DESCRIBE = "elasticloadbalancing.DescribeRules"
MODIFY = "elasticloadbalancing.ModifyRule"
LISTENER = f"{ELB}:listener/app/city-guided/50dc6c495c0c9188/f2f7dc8efc522ab2"
RULE = f"{ELB}:listener-rule/app/city-guided/50dc6c495c0c9188/f2f7dc8efc522ab2/9683b2d02a6cabee"
HOST = {"Field": "host-header", "Values": ["a.example"], "HostHeaderConfig": {"Values": ["a.example"]}}


def only_rule(moto: MotoStage, *conditions: dict[str, Any], **fields: Any) -> ListenerRule:
    moto.scripted.answer(DESCRIBE, {"Rules": [a_rule(RULE, "10", *conditions, **fields)]})
    found = moto.ports.listener_rules.read([LISTENER])[LISTENER]
    assert not isinstance(found, Unknown)
    return found[RULE]


class TestConditions:
    @pytest.mark.parametrize(
        "described",
        [
            {"Field": "host-header", "Values": ["b.example", "a.example"]},
            {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example", "b.example"]}},
            {
                "Field": "host-header",
                "Values": ["a.example", "b.example"],
                "HostHeaderConfig": {"Values": ["b.example", "a.example"]},
            },
            {
                "Field": "host-header",
                "Values": ["a.example", "b.example"],
                "HostHeaderConfig": {"Values": []},
                "RegexValues": [],
            },
        ],
        ids=["beside", "in the config", "both", "an empty config"],
    )
    def test_values_are_read_from_any_field_and_in_any_order(self, moto: MotoStage, described: dict[str, Any]) -> None:
        rule = only_rule(moto, described)
        assert rule.conditions == {Condition("host-header", frozenset({("", "a.example"), ("", "b.example")}))}
        assert not rule.unreadable

    def test_two_conditions_on_one_header_stay_two(self, moto: MotoStage) -> None:
        header = {"HttpHeaderName": "X-Team", "Values": ["blue"]}
        both = [
            {"Field": "http-header", "HttpHeaderConfig": header},
            {"Field": "http-header", "HttpHeaderConfig": header | {"Values": ["green"]}},
        ]
        assert only_rule(moto, *both).conditions == {
            Condition("http-header", frozenset({("X-Team", "blue")})),
            Condition("http-header", frozenset({("X-Team", "green")})),
        }

    @pytest.mark.parametrize(
        ("described", "why"),
        [
            (
                {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/a"]}},
                "its condition on path-pattern has RegexValues, which a wake rule cannot copy",
            ),
            (
                {"Field": "host-header", "RegexValues": ["^a"]},
                "its condition on host-header has RegexValues, which a wake rule cannot copy",
            ),
            (
                {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a"], "RegexValues": ["^/b"]}},
                "its condition on path-pattern has RegexValues, which a wake rule cannot copy",
            ),
            (
                {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"], "IpAddressType": "ipv4"}},
                "its condition on source-ip has IpAddressType, which a wake rule cannot copy",
            ),
            (
                {"Field": "host-header", "HostHeaderConfig": {"Values": []}},
                "its condition on host-header has no values that a wake rule can copy",
            ),
            ({"Field": "cookie"}, "a wake rule cannot copy its condition cookie"),
            ({}, "a wake rule cannot copy its condition without a field"),
        ],
        ids=["regex", "regex beside", "regex and values", "unknown part", "no value", "unknown field", "no field"],
    )
    def test_a_rule_that_cannot_be_copied_completely_says_why_and_shows_the_conditions_that_can(
        self, moto: MotoStage, described: dict[str, Any], why: str
    ) -> None:
        rule = only_rule(moto, HOST, described)
        assert rule.unreadable == why
        assert rule.conditions == {Condition("host-header", frozenset({("", "a.example")}))}

    def test_an_unreadable_rule_hides_no_other(self, moto: MotoStage) -> None:
        other = RULE[:-1] + "f"
        rules = [a_rule(RULE, "1", {"Field": "cookie"}), a_rule(other, "2", HOST)]
        moto.scripted.answer(DESCRIBE, {"Rules": rules})
        found = moto.ports.listener_rules.read([LISTENER])[LISTENER]
        assert not isinstance(found, Unknown)
        assert found[other].conditions == {Condition("host-header", frozenset({("", "a.example")}))}


class TestActions:
    @pytest.mark.parametrize(
        ("kind", "signs_in"),
        [
            ("authenticate-oidc", True),
            ("authenticate-cognito", True),
            ("jwt-validation", True),
            ("redirect", False),
            ("fixed-response", False),
        ],
    )
    def test_a_rule_that_makes_visitors_sign_in_is_distinguished_from_others(
        self, moto: MotoStage, kind: str, signs_in: bool
    ) -> None:
        actions = [{"Type": kind, "Order": 1}, {"Type": "forward", "Order": 2}]
        assert only_rule(moto, HOST, Actions=actions).authenticates is signs_in

    @pytest.mark.parametrize(
        ("action", "groups"),
        [
            ({"Type": "forward", "TargetGroupArn": BLUE}, {BLUE}),
            ({"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": BLUE, "Weight": 1}]}}, {BLUE}),
            (
                {
                    "Type": "forward",
                    "TargetGroupArn": BLUE,
                    "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": BLUE}, {"TargetGroupArn": GREEN}]},
                },
                {BLUE, GREEN},
            ),
            ({"Type": "fixed-response"}, set()),
        ],
        ids=["one", "one in its config", "two", "none"],
    )
    def test_a_rule_has_the_target_groups_to_which_it_forwards(
        self, moto: MotoStage, action: dict[str, Any], groups: set[str]
    ) -> None:
        actions = [{"Type": "authenticate-oidc", "Order": 1}, {**action, "Order": 2}]
        assert only_rule(moto, HOST, Actions=actions).forwards_to == groups


class TestReading:
    def test_a_listener_is_read_page_by_page(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any]:
            assert parameters["ListenerArn"] == LISTENER
            number = int(parameters.get("Marker", 0))
            more = {"NextMarker": str(number + 1)} if number < 2 else {}
            return {"Rules": [a_rule(f"{RULE}{number}", str(number + 1), HOST)], **more}

        moto.scripted.answer(DESCRIBE, answer)
        found = moto.ports.listener_rules.read([LISTENER])[LISTENER]
        assert not isinstance(found, Unknown)
        assert [rule.priority for rule in found.values()] == [1, 2, 3]

    def test_a_listener_that_fails_on_a_later_page_is_unknown(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any] | AwsError:
            if "Marker" in parameters:
                return aws_error("Throttling", "Rate exceeded")
            return {"Rules": [a_rule(RULE, "1", HOST)], "NextMarker": "1"}

        moto.scripted.answer(DESCRIBE, answer)
        found = moto.ports.listener_rules.read([LISTENER])[LISTENER]
        assert isinstance(found, Unknown)
        assert found.why == (
            f"elasticloadbalancing:DescribeRules of {LISTENER} failed: Throttling: Rate exceeded; "
            "AWS limits the rate of these calls, and a later run retries"
        )

    def test_a_listener_that_is_named_twice_is_read_once(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, {"Rules": []})
        listeners = [LISTENER, LISTENER[:-1] + "1", LISTENER]
        found = moto.ports.listener_rules.read(listeners)
        described = [call["ListenerArn"] for call in moto.scripted.called(DESCRIBE)]
        assert described == list(found) == sorted(set(listeners))

    @pytest.mark.parametrize("missing", ["RuleArn", "Priority"])
    def test_a_rule_without_a_part_makes_its_listener_unknown(self, moto: MotoStage, missing: str) -> None:
        unreadable = {name: value for name, value in a_rule(RULE, "1", HOST).items() if name != missing}
        moto.scripted.answer(DESCRIBE, {"Rules": [unreadable]})
        found = moto.ports.listener_rules.read([LISTENER])[LISTENER]
        assert isinstance(found, Unknown)
        assert missing in found.why


class TestChanging:
    def test_conditions_are_written_in_the_form_for_several_values_and_always_in_the_same_order(
        self, moto: MotoStage
    ) -> None:
        moto.scripted.answer(MODIFY, {"Rules": []})
        conditions = frozenset(
            {
                Condition("source-ip", frozenset({("", "10.0.0.0/8")})),
                Condition("query-string", frozenset({("v", "2"), ("", "beta")})),
                Condition("http-request-method", frozenset({("", "GET")})),
                Condition("http-header", frozenset({("X-Team", "b"), ("X-Team", "a")})),
                Condition("path-pattern", frozenset({("", "/b"), ("", "/a")})),
                Condition("host-header", frozenset({("", "a.example")})),
            }
        )
        moto.ports.listener_rules.set_conditions(RULE, conditions)
        assert moto.scripted.called(MODIFY) == [
            {
                "RuleArn": RULE,
                "Conditions": [
                    {"Field": "host-header", "HostHeaderConfig": {"Values": ["a.example"]}},
                    {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Team", "Values": ["a", "b"]}},
                    {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
                    {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a", "/b"]}},
                    {
                        "Field": "query-string",
                        "QueryStringConfig": {"Values": [{"Value": "beta"}, {"Key": "v", "Value": "2"}]},
                    },
                    {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
                ],
            }
        ]

    def test_a_denied_change_names_the_permission(self, moto: MotoStage) -> None:
        moto.scripted.answer(MODIFY, aws_error("AccessDenied", "not authorized"))
        with pytest.raises(CallFailed, match="allow elasticloadbalancing:ModifyRule in the function's role"):
            moto.ports.listener_rules.set_conditions(RULE, frozenset({Condition("path-pattern", frozenset())}))
