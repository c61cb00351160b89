from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.local_aws.deployed import Deployed, deployed

ECHO = "def handler(event, context):\n    return event"
# botocore checks some limits itself; AWS does not rely on that, and so LocalAws must check them too.
UNCHECKED = Config(parameter_validation=False, retries={"total_max_attempts": 1})


@pytest.fixture(scope="module")
def account() -> Iterator[Deployed]:
    with deployed() as created:
        created.deploy(ECHO)
        yield created


def policy(characters: int, spaces: int = 0) -> str:
    """Return a policy document with this many characters that count."""
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "arn:aws:ecs:*:*:"}],
        },
        separators=(",", ":"),
    )
    padded = text.replace("*:*:", "*:*:" + "x" * (characters - len(text)))
    return padded.replace("{", "{" + " " * spaces, 1)


def refused(error_code: str, call: Callable[..., Any], **parameters: Any) -> None:
    with pytest.raises(ClientError) as error:
        call(**parameters)
    assert error.value.response["Error"]["Code"] == error_code


def test_inline_policies_of_a_role_can_have_10240_characters_together(account: Deployed) -> None:
    iam = account.client("iam")
    put = {"RoleName": "functions"}
    iam.put_role_policy(**put, PolicyName="one", PolicyDocument=policy(6000, spaces=9000))
    iam.put_role_policy(**put, PolicyName="two", PolicyDocument=policy(4240))
    refused("LimitExceeded", iam.put_role_policy, **put, PolicyName="two", PolicyDocument=policy(4241))
    iam.put_role_policy(**put, PolicyName="one", PolicyDocument=policy(200))


def test_a_managed_policy_can_have_6144_characters(account: Deployed) -> None:
    iam = account.client("iam")
    arn = iam.create_policy(PolicyName="fits", PolicyDocument=policy(6144))["Policy"]["Arn"]
    refused("LimitExceeded", iam.create_policy, PolicyName="does-not", PolicyDocument=policy(6145))
    refused("LimitExceeded", iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy(6145))


def test_a_role_can_have_ten_managed_policies(account: Deployed) -> None:
    iam = account.client("iam")
    arns = [
        iam.create_policy(PolicyName=f"part-{part}", PolicyDocument=policy(200))["Policy"]["Arn"] for part in range(11)
    ]
    for arn in [*arns[:10], arns[0]]:
        iam.attach_role_policy(RoleName="functions", PolicyArn=arn)
    refused("LimitExceeded", iam.attach_role_policy, RoleName="functions", PolicyArn=arns[10])


def test_names_can_be_as_long_as_the_service_models_allow(account: Deployed) -> None:
    iam, events = account.client("iam"), account.client("events")
    iam.create_role(RoleName="r" * 64, AssumeRolePolicyDocument="{}")
    refused("ValidationError", iam.create_role, RoleName="r" * 65, AssumeRolePolicyDocument="{}")
    rule = {"ScheduleExpression": "rate(1 minute)", "State": "DISABLED"}
    events.put_rule(Name="n" * 64, **rule)
    refused("ValidationException", events.put_rule, Name="n" * 65, **rule)


def test_a_functions_name_can_have_64_characters(account: Deployed) -> None:
    account.deploy(ECHO, name="f" * 64)
    refused("ValidationException", account.deploy, code=ECHO, name="f" * 65)


def test_a_functions_timeout_can_be_900_seconds(account: Deployed) -> None:
    update = account.lambda_.update_function_configuration
    update(FunctionName="function", Timeout=900)
    refused("ValidationException", update, FunctionName="function", Timeout=901)


def test_environment_variables_can_have_4_kb_together(account: Deployed) -> None:
    update = account.lambda_.update_function_configuration
    fits = "x" * (4096 - len('{"A":""}'))
    update(FunctionName="function", Environment={"Variables": {"A": fits}})
    refused(
        "InvalidParameterValueException",
        update,
        FunctionName="function",
        Environment={"Variables": {"A": fits + "x"}},
    )


def test_a_functions_policy_can_have_20_kb(account: Deployed) -> None:
    account.deploy(ECHO, name="popular")

    def permit_all(statements: Iterable[int]) -> None:
        for statement in statements:
            permit(statement)

    def permit(statement: int) -> None:
        account.lambda_.add_permission(
            FunctionName="popular",
            StatementId=f"statement-{statement}",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=f"arn:aws:events:eu-west-3:123456789012:rule/{'x' * 150}{statement}",
        )

    permit_all(range(45))
    with pytest.raises(ClientError, match="final policy size"):
        permit_all(range(45, 70))


def error_of(call: Callable[..., Any], **parameters: Any) -> str:
    """Return the error of a call, empty if it succeeds."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("service", "action", "fixed", "name", "longest"),
    [
        ("ecs", "describe_services", {"cluster": "city"}, "services", 10),
        ("ecs", "describe_service_revisions", {}, "serviceRevisionArns", 20),
        ("ecs", "describe_tasks", {"cluster": "city"}, "tasks", 100),
        ("ecs", "describe_container_instances", {"cluster": "city"}, "containerInstances", 100),
        ("ecs", "get_task_protection", {"cluster": "city"}, "tasks", 100),
        ("ecs", "update_task_protection", {"cluster": "city", "protectionEnabled": True}, "tasks", 10),
        ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"}, "ResourceIds", 50),
        ("elbv2", "describe_tags", {}, "ResourceArns", 20),
    ],
)
def test_lists_can_be_as_long_as_aws_allows(
    account: Deployed, service: str, action: str, fixed: dict[str, Any], name: str, longest: int
) -> None:
    account.client("ecs").create_cluster(clusterName="city")
    call = partial(getattr(account.client(service), action), **fixed)
    too_many = [str(uuid4()) for _ in range(longest + 1)]
    refusal = f"{name} cannot be longer than {longest}|'{name}' failed .* less than or equal to {longest}"
    assert re.search(refusal, error_of(call, **{name: too_many}))
    assert not re.search(refusal, error_of(call, **{name: too_many[:-1]}))


def test_a_transaction_can_have_100_writes(account: Deployed) -> None:
    dynamodb: Any = account.client("dynamodb", config=UNCHECKED)
    dynamodb.create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )

    def write(items: int) -> None:
        puts = [{"Put": {"TableName": "table", "Item": {"id": {"S": str(item)}}}} for item in range(items)]
        dynamodb.transact_write_items(TransactItems=puts)

    write(100)
    refused("ValidationException", write, items=101)


def test_an_item_can_have_400_kb(account: Deployed) -> None:
    dynamodb = account.client("dynamodb")
    with pytest.raises(ClientError, match="Item size has exceeded"):
        dynamodb.put_item(TableName="table", Item={"id": {"S": "1"}, "text": {"S": "x" * 410_000}})


def test_a_request_with_metrics_can_have_one_megabyte(account: Deployed) -> None:
    metrics = [
        {"MetricName": f"m{index}", "Value": 1.0, "Dimensions": [{"Name": "d", "Value": "x" * 1000}]}
        for index in range(1000)
    ]
    cloudwatch = account.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="City", MetricData=metrics[:900])
    refused(
        "RequestEntityTooLarge", cloudwatch.put_metric_data, Namespace="City", MetricData=[*metrics, *metrics][:1000]
    )


def test_a_load_balancers_name_can_have_32_characters(account: Deployed) -> None:
    elbv2, ec2 = account.client("elbv2"), account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24")["Subnet"]["SubnetId"] for index in range(2)]
    elbv2.create_load_balancer(Name="b" * 32, Subnets=subnets)
    refused("ValidationError", elbv2.create_load_balancer, Name="b" * 33, Subnets=subnets)
