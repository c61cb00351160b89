"""Changes of a listener's rules: what the API shows, and when a change applies to requests, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_aws import LocalAws, Timings
from local_aws.listener_limits import MOST_RULES, MOST_TARGET_GROUPS
from tests.local_aws.account import REGION, Account, account, fixed, forward, forward_weighted, redirect
from tests.simulator.worlds import SECOND


@pytest.fixture
def aws() -> Iterator[Account]:
    with account() as created:
        yield created


@pytest.fixture
def listener(aws: Account) -> str:
    return aws.listener(fixed("404", "default"))


def host(*values: str) -> Any:
    return {"Field": "host-header", "HostHeaderConfig": {"Values": list(values)}}


def path(*values: str) -> Any:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": list(values)}}


def user_agent(*values: str) -> Any:
    return {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "User-Agent", "Values": list(values)}}


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\)")


def answered(aws: Account, path: str = "/a") -> str:
    return aws.get(path).text


def default_rule(aws: Account, listener: str) -> str:
    [default] = [rule for rule in aws.elbv2.describe_rules(ListenerArn=listener)["Rules"] if rule["IsDefault"]]
    return default["RuleArn"]


def second_load_balancer(aws: Account) -> str:
    [front] = aws.elbv2.describe_load_balancers(LoadBalancerArns=[aws.load_balancer])["LoadBalancers"]
    subnets = [zone["SubnetId"] for zone in front["AvailabilityZones"]]
    return aws.elbv2.create_load_balancer(Name="second", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]


# When a change applies to requests


@pytest.mark.parametrize("seconds", [5, 20])
def test_the_previous_setting_applies_to_requests_until_a_change_has_propagated(
    aws: Account, listener: str, seconds: int
) -> None:
    rule = aws.rule(listener, 1, [path("/a")], fixed("200", "rule"))
    aws.world.listener_rules.propagation = seconds * SECOND
    aws.elbv2.modify_rule(RuleArn=rule, Conditions=[path("/b")])
    [shown] = aws.elbv2.describe_rules(RuleArns=[rule])["Rules"]
    assert shown["Conditions"][0]["Values"] == ["/b"], "the API must show the new setting at once"
    assert (answered(aws, "/a"), answered(aws, "/b")) == ("rule", "default")
    aws.pass_time((seconds - 1) * SECOND)
    assert (answered(aws, "/a"), answered(aws, "/b")) == ("rule", "default")
    aws.pass_time(SECOND)
    assert (answered(aws, "/a"), answered(aws, "/b")) == ("default", "rule")


def test_without_a_delay_a_change_applies_to_requests_at_once(aws: Account, listener: str) -> None:
    rule = aws.rule(listener, 1, [path("/a")], fixed("200", "rule"))
    assert answered(aws) == "rule"
    aws.elbv2.modify_rule(RuleArn=rule, Conditions=[path("/b")])
    assert (answered(aws, "/a"), answered(aws, "/b")) == ("default", "rule")


def test_every_kind_of_change_applies_after_the_delay(aws: Account, listener: str) -> None:
    first = aws.rule(listener, 1, [path("/a")], fixed("200", "first"))
    second = aws.rule(listener, 2, [path("/a")], fixed("200", "second"))
    aws.world.listener_rules.propagation = 5 * SECOND

    def seen_before_and_after(path: str = "/a") -> tuple[str, str]:
        before = answered(aws, path)
        aws.pass_time(5 * SECOND)
        return before, answered(aws, path)

    aws.elbv2.modify_rule(RuleArn=first, Actions=[fixed("200", "changed")])
    assert seen_before_and_after() == ("first", "changed")
    priorities: Any = [{"RuleArn": first, "Priority": 2}, {"RuleArn": second, "Priority": 1}]
    aws.elbv2.set_rule_priorities(RulePriorities=priorities)
    assert seen_before_and_after() == ("changed", "second")
    aws.elbv2.delete_rule(RuleArn=second)
    assert seen_before_and_after() == ("second", "changed")
    aws.rule(listener, 1, [path("/new")], fixed("200", "new"))
    assert seen_before_and_after("/new") == ("default", "new")
    aws.elbv2.modify_listener(ListenerArn=listener, DefaultActions=[fixed("404", "other default")])
    assert seen_before_and_after("/") == ("default", "other default")


def test_a_deleted_target_group_is_unavailable_while_its_deleted_rule_still_applies(
    aws: Account, listener: str
) -> None:
    group = aws.function_group()
    rule = aws.rule(listener, 1, [path("/a")], forward(group))
    aws.world.listener_rules.propagation = 5 * SECOND
    aws.elbv2.delete_rule(RuleArn=rule)
    aws.elbv2.delete_target_group(TargetGroupArn=group)
    assert aws.get("/a").status_code == 503


def test_the_delay_of_changes_is_a_setting_of_local_aws() -> None:
    timings = Timings(rule_propagation=timedelta(seconds=20))
    assert LocalAws(timings=timings).world.listener_rules.propagation == 20 * SECOND


# What the API shows


@pytest.mark.parametrize(
    ("field", "config", "value"),
    [("host-header", "HostHeaderConfig", "a.example"), ("path-pattern", "PathPatternConfig", "/a")],
)
@pytest.mark.parametrize("in_the_new_form", [True, False])
def test_hosts_and_paths_are_shown_in_both_forms(
    aws: Account, listener: str, field: str, config: str, value: str, in_the_new_form: bool
) -> None:
    values = {"Values": [value]}
    condition: Any = {"Field": field, **({config: values} if in_the_new_form else values)}
    rule = aws.rule(listener, 1, [condition], fixed("200", "rule"))
    for change in (lambda: None, lambda: aws.elbv2.modify_rule(RuleArn=rule, Conditions=[condition])):
        change()
        [shown] = aws.elbv2.describe_rules(RuleArns=[rule])["Rules"]
        assert shown["Conditions"] == [{"Field": field, **values, config: values}]


def test_rules_can_swap_priorities_in_one_call(aws: Account, listener: str) -> None:
    one, two = (aws.rule(listener, number, [path("/a")], fixed("200", str(number))) for number in (1, 2))
    three = aws.rule(listener, 3, [path("/a")], fixed("200", "3"))
    swapped: Any = [{"RuleArn": one, "Priority": 2}, {"RuleArn": two, "Priority": 1}]
    aws.elbv2.set_rule_priorities(RulePriorities=swapped)
    assert answered(aws) == "2"
    taken: Any = [{"RuleArn": one, "Priority": 3}]
    with refused("PriorityInUse"):
        aws.elbv2.set_rule_priorities(RulePriorities=taken)
    twice: Any = [{"RuleArn": one, "Priority": 7}, {"RuleArn": three, "Priority": 7}]
    with pytest.raises(ClientError, match="7"):
        aws.elbv2.set_rule_priorities(RulePriorities=twice)


def test_a_default_rule_can_be_changed_only_with_its_listener(aws: Account, listener: str) -> None:
    default = default_rule(aws, listener)
    with refused("OperationNotPermitted"):
        aws.elbv2.modify_rule(RuleArn=default, Conditions=[path("/a")])
    with refused("OperationNotPermitted"):
        aws.elbv2.delete_rule(RuleArn=default)
    with refused("OperationNotPermitted"):
        aws.elbv2.set_rule_priorities(RulePriorities=[{"RuleArn": default, "Priority": 1}])
    with refused("RuleNotFound"):
        aws.elbv2.delete_rule(RuleArn=default[:-16] + "0" * 16)


# What AWS refuses


def test_a_load_balancer_can_have_a_hundred_rules_without_default_rules(aws: Account, listener: str) -> None:
    other = aws.elbv2.create_listener(
        LoadBalancerArn=aws.load_balancer, Protocol="HTTP", Port=81, DefaultActions=[fixed("404", "other")]
    )["Listeners"][0]["ListenerArn"]
    assert MOST_RULES == 100
    for number in range(1, 51):
        aws.rule(listener, number, [path("/a")], fixed("200", "rule"))
        last = aws.rule(other, number, [path("/a")], fixed("200", "rule"))
    with refused("TooManyRules"):
        aws.rule(listener, 51, [path("/a")], fixed("200", "rule"))
    aws.elbv2.delete_rule(RuleArn=last)
    aws.rule(listener, 51, [path("/a")], fixed("200", "rule"))


def test_a_load_balancer_can_have_a_hundred_target_groups_each_counted_once(aws: Account, listener: str) -> None:
    assert MOST_TARGET_GROUPS == 100
    groups = [_group_of_functions(aws, f"group-{number}") for number in range(MOST_TARGET_GROUPS + 1)]
    fives = [groups[start : start + 5] for start in range(0, MOST_TARGET_GROUPS, 5)]
    rules = [aws.rule(listener, number, [path("/a")], forward(*five)) for number, five in enumerate(fives, 1)]
    extra = groups[-1]
    with refused("TooManyUniqueTargetGroupsPerLoadBalancer"):
        aws.rule(listener, 90, [path("/a")], forward(extra))
    with refused("TooManyUniqueTargetGroupsPerLoadBalancer"):
        aws.elbv2.modify_listener(ListenerArn=listener, DefaultActions=[forward(extra)])
    aws.rule(listener, 91, [path("/a")], forward(*fives[0]))
    aws.elbv2.modify_rule(RuleArn=rules[1], Actions=[forward(*fives[1][:4], extra)])
    aws.elbv2.modify_rule(RuleArn=rules[1], Conditions=[path("/b")])


def test_an_action_can_have_five_target_groups(aws: Account, listener: str) -> None:
    groups = [_group_of_functions(aws, f"group-{number}") for number in range(6)]
    with refused("ValidationError"):
        aws.rule(listener, 1, [path("/a")], forward(*groups))
    rule = aws.rule(listener, 1, [path("/a")], forward(*groups[:5]))
    with refused("ValidationError"):
        aws.elbv2.modify_rule(RuleArn=rule, Actions=[forward_weighted(dict.fromkeys(groups, 1))])


def test_a_target_group_belongs_to_one_load_balancer_at_a_time(aws: Account, listener: str) -> None:
    group = aws.target_group("web")
    rule = aws.rule(listener, 1, [path("/a")], forward(group))
    wanted: Any = {"LoadBalancerArn": second_load_balancer(aws), "Protocol": "HTTP", "Port": 80}
    with refused("TargetGroupAssociationLimit"):
        aws.elbv2.create_listener(**wanted, DefaultActions=[forward(group)])
    aws.elbv2.delete_rule(RuleArn=rule)
    aws.elbv2.create_listener(**wanted, DefaultActions=[forward(group)])


@pytest.mark.parametrize("field", [host("a.example"), path("/a")])
def test_a_rule_can_have_one_condition_of_most_kinds(aws: Account, listener: str, field: Any) -> None:
    with refused("ValidationError"):
        aws.rule(listener, 1, [field, field], fixed("200", "rule"))
    rule = aws.rule(listener, 1, [field], fixed("200", "rule"))
    with refused("ValidationError"):
        aws.elbv2.modify_rule(RuleArn=rule, Conditions=[field, field])


def test_a_rule_can_have_several_conditions_on_headers_but_none_on_the_host_header(aws: Account, listener: str) -> None:
    aws.rule(listener, 1, [user_agent("*Bot*"), user_agent("*Monitor*")], fixed("200", "both"))
    headers = {"User-Agent": "Monitor and Bot"}
    assert (aws.get(headers=headers).text, aws.get(headers={"User-Agent": "Bot"}).text) == ("both", "default")
    on_host: Any = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "Host", "Values": ["a"]}}
    with refused("ValidationError"):
        aws.rule(listener, 2, [on_host], fixed("200", "rule"))


def test_calls_that_are_not_modelled_are_refused(aws: Account, listener: str) -> None:
    regular: Any = {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/a"]}}
    with pytest.raises(ClientError, match="not modelled: rule conditions with regular expressions"):
        aws.rule(listener, 1, [regular], fixed("200", "rule"))
    rewrite: Any = [{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "a", "Replace": "b"}]}}]
    with pytest.raises(ClientError, match="not modelled: listener rules with transforms"):
        aws.elbv2.create_rule(
            ListenerArn=listener, Priority=1, Conditions=[path("/a")], Actions=[redirect()], Transforms=rewrite
        )


@pytest.mark.parametrize("change", ["create_rule", "modify_rule", "create_listener", "modify_listener"])
def test_an_action_that_is_not_modelled_is_refused_when_it_is_set(aws: Account, listener: str, change: str) -> None:
    tokens: Any = {
        "Type": "jwt-validation",
        "JwtValidationConfig": {"JwksEndpoint": "https://id.example", "Issuer": "i"},
    }
    actions: Any = [{**tokens, "Order": 1}, {**fixed("200", "checked"), "Order": 2}]
    wanted: dict[str, Any] = {
        "create_rule": {"ListenerArn": listener, "Priority": 2, "Conditions": [path("/b")], "Actions": actions},
        "modify_rule": {"RuleArn": aws.rule(listener, 1, [path("/a")], fixed("200", "rule")), "Actions": actions},
        "create_listener": {
            "LoadBalancerArn": aws.load_balancer,
            "Protocol": "HTTP",
            "Port": 81,
            "DefaultActions": actions,
        },
        "modify_listener": {"ListenerArn": listener, "DefaultActions": actions},
    }
    with pytest.raises(ClientError, match="not modelled: jwt-validation actions"):
        getattr(aws.elbv2, change)(**wanted[change])


def test_a_load_balancer_that_is_not_modelled_is_refused_when_it_is_created(aws: Account) -> None:
    subnets = aws.elbv2.describe_load_balancers()["LoadBalancers"][0]["AvailabilityZones"]
    with pytest.raises(ClientError, match="not modelled: load balancers of type network"):
        aws.elbv2.create_load_balancer(Name="other", Subnets=[one["SubnetId"] for one in subnets], Type="network")


def test_default_rules_have_arns_in_the_form_of_aws(listener: str, aws: Account) -> None:
    prefix, _, digits = default_rule(aws, listener).rpartition("/")
    assert prefix == listener.replace(":listener/", ":listener-rule/")
    assert prefix.startswith(f"arn:aws:elasticloadbalancing:{REGION}:")
    assert len(bytes.fromhex(digits)) == 8


def _group_of_functions(aws: Account, name: str) -> str:
    return aws.elbv2.create_target_group(Name=name, TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
