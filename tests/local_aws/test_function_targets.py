"""Functions as targets: the API calls that register and show them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.account import Account, account


@pytest.fixture
def aws() -> Iterator[Account]:
    with account() as created:
        yield created


def group_of_functions(aws: Account, name: str = "functions") -> str:
    [group] = aws.elbv2.create_target_group(Name=name, TargetType="lambda")["TargetGroups"]
    return group["TargetGroupArn"]


def register(aws: Account, group: str, *functions: str) -> None:
    aws.elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": function} for function in functions])


def refused(code: str) -> Any:
    return pytest.raises(ClientError, match=rf"\({code}\)")


def attributes(aws: Account, group: str) -> dict[str, str]:
    attributes = aws.elbv2.describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    return {one["Key"]: one["Value"] for one in attributes}


def permit(aws: Account, function: str, **statement: str) -> None:
    allowed: Any = {"Action": "lambda:InvokeFunction", "Principal": "elasticloadbalancing.amazonaws.com", **statement}
    aws.lambda_.add_permission(FunctionName=function, StatementId="load-balancers", **allowed)


def test_a_registered_function_is_shown_as_not_checked(aws: Account) -> None:
    function = aws.function()
    aws.permit(function)
    group = aws.function_group(function=function)
    [target] = aws.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    assert target["Target"]["Id"] == function
    assert target["TargetHealth"]["State"] == "unavailable"
    assert target["TargetHealth"]["Reason"] == "Target.HealthCheckDisabled"


def test_a_function_that_is_not_registered_is_shown_as_unused(aws: Account) -> None:
    group = aws.function_group()
    [target] = aws.elbv2.describe_target_health(TargetGroupArn=group, Targets=[{"Id": "another"}])[
        "TargetHealthDescriptions"
    ]
    assert target["TargetHealth"]["Reason"] == "Target.NotRegistered"


def test_a_deregistered_function_is_gone(aws: Account) -> None:
    function = aws.function()
    aws.permit(function)
    group = aws.function_group(function=function)
    aws.elbv2.deregister_targets(TargetGroupArn=group, Targets=[{"Id": function}])
    assert aws.health(group) == []


def test_a_group_can_have_one_function(aws: Account) -> None:
    one, another = aws.function("one"), aws.function("another")
    for function in (one, another):
        aws.permit(function)
    group = group_of_functions(aws)
    register(aws, group, one)
    register(aws, group, one)
    with refused("TooManyTargets"):
        register(aws, group, another)


def test_a_function_must_allow_load_balancers_to_invoke_it_before_it_is_registered(aws: Account) -> None:
    function = aws.function()
    group = group_of_functions(aws)
    with refused("AccessDenied"):
        register(aws, group, function)
    aws.permit(function)
    register(aws, group, function)
    assert aws.health(group) == ["unavailable"]


@pytest.mark.parametrize(
    ("statement", "permitted"),
    [
        ({}, True),
        ({"SourceAccount": "123456789012"}, True),
        ({"SourceArn": "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/wake-*/*"}, True),
        ({"SourceArn": "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/*"}, True),
        ({"SourceArn": "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/other-*/*"}, False),
        ({"SourceArn": "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/*"}, False),
        ({"SourceArn": "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/wake-???/*"}, True),
        ({"SourceArn": "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/[w]ake-*/*"}, False),
        ({"SourceAccount": "999999999999"}, False),
        ({"SourceAccount": "12345678901?"}, False),
        ({"Principal": "events.amazonaws.com"}, False),
        ({"Action": "lambda:GetFunction"}, False),
        ({"PrincipalOrgID": "o-a1b2c3d4e5"}, False),
    ],
)
def test_a_permission_applies_only_to_groups_that_meet_all_its_conditions(
    aws: Account, statement: dict[str, str], permitted: bool
) -> None:
    function = aws.function()
    permit(aws, function, **statement)
    group = group_of_functions(aws, "wake-web")
    if permitted:
        register(aws, group, function)
    else:
        with refused("AccessDenied"):
            register(aws, group, function)
    assert aws.health(group) == ["unavailable"] * permitted


def test_an_unknown_function_cannot_be_registered(aws: Account) -> None:
    with refused("AccessDenied"):
        register(aws, group_of_functions(aws), "arn:aws:lambda:eu-west-3:123456789012:function:absent")


def test_a_group_of_functions_has_one_attribute_which_is_off_by_default(aws: Account) -> None:
    group = group_of_functions(aws)
    assert attributes(aws, group) == {"lambda.multi_value_headers.enabled": "false"}
    aws.elbv2.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": "lambda.multi_value_headers.enabled", "Value": "true"}]
    )
    assert attributes(aws, group) == {"lambda.multi_value_headers.enabled": "true"}


def test_attributes_of_the_other_kind_of_group_are_refused(aws: Account) -> None:
    delay: Any = {"Key": "deregistration_delay.timeout_seconds", "Value": "5"}
    with refused("InvalidConfigurationRequest"):
        aws.elbv2.modify_target_group_attributes(TargetGroupArn=group_of_functions(aws), Attributes=[delay])
    multi: Any = {"Key": "lambda.multi_value_headers.enabled", "Value": "true"}
    with refused("InvalidConfigurationRequest"):
        aws.elbv2.modify_target_group_attributes(TargetGroupArn=aws.target_group("web"), Attributes=[multi])


def test_functions_are_not_checked_unless_checks_are_enabled(aws: Account) -> None:
    [group] = aws.elbv2.describe_target_groups(TargetGroupArns=[group_of_functions(aws)])["TargetGroups"]
    assert not group["HealthCheckEnabled"]
    assert (group["HealthCheckIntervalSeconds"], group["HealthCheckTimeoutSeconds"]) == (35, 30)


def test_unknown_groups_and_calls_that_are_not_modelled_are_refused(aws: Account) -> None:
    with pytest.raises(ClientError, match="not modelled: health checks of Lambda functions"):
        aws.elbv2.create_target_group(Name="checked", TargetType="lambda", HealthCheckEnabled=True)
    unchecked = aws.elbv2.create_target_group(Name="unchecked", TargetType="lambda", HealthCheckEnabled=False)
    with pytest.raises(ClientError, match="not modelled: health checks of Lambda functions"):
        aws.elbv2.modify_target_group(
            TargetGroupArn=unchecked["TargetGroups"][0]["TargetGroupArn"], HealthCheckEnabled=True
        )
    with pytest.raises(ClientError, match="not modelled: targets registered by hand"):
        register(aws, aws.target_group("web"), "10.0.0.9")
    with refused("TargetGroupNotFound"):
        register(aws, group_of_functions(aws) + "0", "any")
