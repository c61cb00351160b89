from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.local_aws.deployed import Deployed, deployed

WEB = "arn:aws:ecs:eu-west-3:123456789012:service/city/web"
CALLS = """
    import boto3
    from botocore.exceptions import ClientError

    def handler(event, context):
        for service, action, parameters in event:
            try:
                getattr(boto3.client(service), action)(**parameters)
            except ClientError as error:
                return error.response["Error"]["Code"].removesuffix("Exception")
        return "allowed"
"""
DENIED = "AccessDenied"


@pytest.fixture(scope="module")
def account() -> Iterator[Deployed]:
    with deployed() as created:
        created.deploy(CALLS)
        created.deploy("def handler(event, context):\n    return None", name="other")
        created.client("ecs").create_cluster(clusterName="city")
        created.client("dynamodb").create_table(
            TableName="table",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        yield created


@pytest.fixture(scope="module")
def rules(account: Deployed) -> dict[str, str]:
    """Create two listener rules of different owners, each tagged with its owner."""
    ec2, elbv2 = account.client("ec2"), account.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24")["Subnet"]["SubnetId"] for index in range(2)]
    balancer = elbv2.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    listener = elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[fixed])
    return {
        owner: elbv2.create_rule(
            ListenerArn=listener["Listeners"][0]["ListenerArn"],
            Priority=priority,
            Conditions=[{"Field": "path-pattern", "Values": ["/a"]}],
            Actions=[fixed],
            Tags=[{"Key": "owner", "Value": owner}],
        )["Rules"][0]["RuleArn"]
        for priority, owner in ((1, "us"), (2, "them"))
    }


def modify(rule_arn: str) -> tuple[str, str, dict[str, Any]]:
    condition = {"Field": "path-pattern", "Values": ["/b"]}
    return "elbv2", "modify_rule", {"RuleArn": rule_arn, "Conditions": [condition]}


def statement(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def outcome(account: Deployed, statements: list[dict[str, Any]], *calls: tuple[str, str, dict[str, Any]]) -> Any:
    """Return the outcome of calls by a function whose role has only these statements."""
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    account.client("iam").put_role_policy(RoleName="functions", PolicyName="policy", PolicyDocument=document)
    return account.invoke(calls).payload


def describe(*services: str) -> tuple[str, str, dict[str, Any]]:
    return "ecs", "describe_services", {"cluster": "city", "services": list(services)}


def put(item_id: str) -> tuple[str, str, dict[str, Any]]:
    update = {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "1"}}}
    return "dynamodb", "update_item", {"TableName": "table", "Key": {"id": {"S": item_id}}, **update}


def test_a_role_without_policies_allows_nothing(account: Deployed) -> None:
    assert outcome(account, [statement("sts:GetCallerIdentity")], describe("web")) == DENIED


def test_calls_of_other_clients_are_not_checked(account: Deployed) -> None:
    assert account.client("ecs").describe_services(cluster="city", services=["web"])["services"] == []


def test_a_policy_must_name_the_service(account: Deployed) -> None:
    allowed = [statement("ecs:DescribeServices", WEB)]
    assert outcome(account, allowed, describe("web")) == "allowed"
    assert outcome(account, allowed, describe("web", "api")) == DENIED
    assert outcome(account, [statement("ecs:*", WEB.replace("web", "*"))], describe("web", "api")) == "allowed"


def test_a_policy_can_name_a_cluster_in_a_condition(account: Deployed) -> None:
    def in_cluster(name: str) -> list[dict[str, Any]]:
        cluster = f"arn:aws:ecs:eu-west-3:123456789012:cluster/{name}"
        return [statement("ecs:ListTasks", Condition={"ArnEquals": {"ecs:cluster": cluster}})]

    tasks = ("ecs", "list_tasks", {"cluster": "city", "serviceName": "web"})
    assert outcome(account, in_cluster("city"), tasks) != DENIED
    assert outcome(account, in_cluster("town"), tasks) == DENIED


def test_a_policy_names_a_service_revision_or_its_cluster_in_a_condition(account: Deployed) -> None:
    def in_cluster(name: str) -> list[dict[str, Any]]:
        cluster = f"arn:aws:ecs:eu-west-3:123456789012:cluster/{name}"
        return [statement("ecs:DescribeServiceRevisions", Condition={"ArnEquals": {"ecs:cluster": cluster}})]

    web, api = (f"arn:aws:ecs:eu-west-3:123456789012:service-revision/city/{name}/1" for name in ("web", "api"))
    revisions = ("ecs", "describe_service_revisions", {"serviceRevisionArns": [web, api]})
    assert outcome(account, in_cluster("city"), revisions) == "allowed"
    assert outcome(account, in_cluster("town"), revisions) == DENIED
    assert outcome(account, [statement("ecs:DescribeServiceRevisions", web)], revisions) == DENIED
    every = web.replace("web/1", "*")
    assert outcome(account, [statement("ecs:DescribeServiceRevisions", every)], revisions) == "allowed"


def test_leading_keys_limit_the_items_that_can_be_written(account: Deployed) -> None:
    table = "arn:aws:dynamodb:eu-west-3:123456789012:table/table"
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["state#*"]}}
    allowed = [statement("dynamodb:UpdateItem", table, Condition=condition)]
    assert outcome(account, allowed, put("state#city/web")) == "allowed"
    assert outcome(account, allowed, put("config#web")) == DENIED


def test_items_that_are_read_together_are_limited_by_their_table_and_all_their_keys(account: Deployed) -> None:
    def reading(*ids: str) -> tuple[str, str, dict[str, Any]]:
        keys = [{"id": {"S": item_id}} for item_id in ids]
        return "dynamodb", "batch_get_item", {"RequestItems": {"table": {"Keys": keys, "ConsistentRead": True}}}

    table = "arn:aws:dynamodb:eu-west-3:123456789012:table/table"
    allowed = [statement("dynamodb:BatchGetItem", table)]
    assert outcome(account, allowed, reading("config#web", "state#city/web")) == "allowed"
    assert outcome(account, [statement("dynamodb:GetItem", table)], reading("config#web")) == DENIED
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["state#*"]}}
    only_state = [statement("dynamodb:BatchGetItem", table, Condition=condition)]
    assert outcome(account, only_state, reading("state#city/web")) == "allowed"
    assert outcome(account, only_state, reading("config#web", "state#city/web")) == DENIED


def test_a_transaction_needs_the_permissions_of_its_actions(account: Deployed) -> None:
    update = {
        "TableName": "table",
        "Key": {"id": {"S": "1"}},
        "UpdateExpression": "SET a = :a",
        "ExpressionAttributeValues": {":a": {"S": "1"}},
    }
    transaction = ("dynamodb", "transact_write_items", {"TransactItems": [{"Update": update}]})
    assert outcome(account, [statement("dynamodb:UpdateItem")], transaction) == "allowed"
    assert outcome(account, [statement("dynamodb:PutItem")], transaction) == DENIED


@pytest.mark.parametrize(("namespace", "expected"), [("City/ECS", "allowed"), ("AnotherOne", DENIED)])
def test_metrics_can_be_put_only_into_the_allowed_namespace(account: Deployed, namespace: str, expected: str) -> None:
    condition = {"StringEquals": {"cloudwatch:namespace": "City/ECS"}}
    datum = {"MetricName": "m", "Value": 1.0}
    call = ("cloudwatch", "put_metric_data", {"Namespace": namespace, "MetricData": [datum]})
    assert outcome(account, [statement("cloudwatch:PutMetricData", Condition=condition)], call) == expected


def test_actions_of_load_balancing_have_iams_name_of_the_service(account: Deployed) -> None:
    call: tuple[str, str, dict[str, Any]] = ("elbv2", "describe_target_groups", {})
    assert outcome(account, [statement("elasticloadbalancing:DescribeTargetGroups")], call) == "allowed"
    assert outcome(account, [statement("elasticloadbalancing:DescribeTargetHealth")], call) == DENIED


def test_a_listener_rule_can_be_changed_with_permission_for_it_or_for_its_tags(
    account: Deployed, rules: dict[str, str]
) -> None:
    ours, theirs = rules["us"], rules["them"]

    def only(**resource: str) -> list[dict[str, Any]]:
        tags = {f"aws:ResourceTag/{key}": value for key, value in resource.items()}
        return [statement("elasticloadbalancing:ModifyRule", Condition={"StringEquals": tags})]

    assert outcome(account, [statement("elasticloadbalancing:ModifyRule", ours)], modify(ours)) == "allowed"
    assert outcome(account, [statement("elasticloadbalancing:ModifyRule", ours)], modify(theirs)) == DENIED
    assert outcome(account, only(owner="us"), modify(ours)) == "allowed"
    assert outcome(account, only(owner="us"), modify(theirs)) == DENIED
    assert outcome(account, only(owner="us", stage="test"), modify(ours)) == DENIED
    delete = ("elbv2", "delete_rule", {"RuleArn": ours})
    assert outcome(account, only(owner="us"), delete) == DENIED


def test_protection_can_be_read_of_named_tasks_or_of_tasks_in_the_cluster(account: Deployed) -> None:
    call = ("ecs", "get_task_protection", {"cluster": "city", "tasks": ["a" * 32, "b" * 32]})
    task = "arn:aws:ecs:eu-west-3:123456789012:task/{cluster}/{id}"
    everything_in_city = [task.format(cluster="city", id="*")]
    one_of_them = [task.format(cluster="city", id="a" * 32)]
    assert outcome(account, [statement("ecs:GetTaskProtection", everything_in_city)], call) == "allowed"
    assert outcome(account, [statement("ecs:GetTaskProtection", one_of_them)], call) == DENIED
    assert outcome(account, [statement("ecs:UpdateTaskProtection", everything_in_city)], call) == DENIED
    cluster = {"ArnEquals": {"ecs:cluster": "arn:aws:ecs:eu-west-3:123456789012:cluster/town"}}
    assert outcome(account, [statement("ecs:GetTaskProtection", Condition=cluster)], call) == DENIED


def test_a_function_can_invoke_another_only_if_its_policy_names_it(account: Deployed) -> None:
    call = ("lambda", "invoke", {"FunctionName": "other"})
    arn = "arn:aws:lambda:eu-west-3:123456789012:function:other"
    assert outcome(account, [statement("lambda:InvokeFunction", arn)], call) == "allowed"
    assert outcome(account, [statement("lambda:InvokeFunction", f"{arn}s")], call) == DENIED


BUS = "arn:aws:events:eu-west-3:123456789012:event-bus/default"
OURS = {"events:source": "ours", "events:detail-type": "Phase Change"}


def put_events(*entries: dict[str, str]) -> tuple[str, str, dict[str, Any]]:
    whole = [{"Source": "ours", "DetailType": "Phase Change", "Detail": "{}", **entry} for entry in entries]
    return "events", "put_events", {"Entries": whole}


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (put_events({}), "allowed"),
        (put_events({}, {"Source": "theirs"}), DENIED),
        (put_events({"DetailType": "Anything"}), DENIED),
    ],
)
def test_every_event_must_have_an_allowed_source_and_type(account: Deployed, call: Any, expected: str) -> None:
    condition = {"StringEquals": OURS}
    assert outcome(account, [statement("events:PutEvents", BUS, Condition=condition)], call) == expected


def test_events_can_be_put_only_on_a_bus_that_the_policy_names(account: Deployed) -> None:
    assert outcome(account, [statement("events:PutEvents", BUS)], put_events({})) == "allowed"
    assert outcome(account, [statement("events:PutEvents", f"{BUS}-2")], put_events({})) == DENIED
    assert outcome(account, [statement("events:PutRule", BUS)], put_events({})) == DENIED


def test_a_deny_wins(account: Deployed) -> None:
    denied = {**statement("ecs:DescribeServices", WEB), "Effect": "Deny"}
    assert outcome(account, [statement("ecs:*"), denied], describe("web")) == DENIED


def test_managed_policies_count_and_the_boundary_limits_them(account: Deployed) -> None:
    iam = account.client("iam")
    everything = json.dumps({"Version": "2012-10-17", "Statement": [statement("ecs:*")]})
    nothing = json.dumps({"Version": "2012-10-17", "Statement": [statement("s3:*")]})
    attached = iam.create_policy(PolicyName="ecs", PolicyDocument=everything)["Policy"]["Arn"]
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=nothing)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="functions", PolicyArn=attached)
    try:
        assert outcome(account, [statement("sts:*")], describe("web")) == "allowed"
        iam.put_role_permissions_boundary(RoleName="functions", PermissionsBoundary=boundary)
        assert outcome(account, [statement("sts:*")], describe("web")) == DENIED
    finally:
        iam.delete_role_permissions_boundary(RoleName="functions")
        iam.detach_role_policy(RoleName="functions", PolicyArn=attached)


def test_a_condition_that_is_not_modelled_is_refused(account: Deployed) -> None:
    odd = statement("ecs:*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    assert outcome(account, [odd], describe("web")) == "NotModelled"


SCALABLE_TARGETS = "arn:aws:application-autoscaling:eu-west-3:123456789012:scalable-target/*"
DESIRED_COUNT = {"application-autoscaling:scalable-dimension": "ecs:service:DesiredCount"}
OF_ECS = {"application-autoscaling:service-namespace": "ecs"}
REGISTER = "application-autoscaling:RegisterScalableTarget"


@pytest.fixture(scope="module")
def scaled(account: Deployed) -> str:
    """Register two services, each tagged with its owner, and return the ARN of our scalable target."""
    ecs, scaling = account.client("ecs"), account.client("application-autoscaling")
    ecs.register_task_definition(family="web", containerDefinitions=[{"name": "web", "image": "nginx", "memory": 128}])
    arns: dict[str, str] = {}
    for owner in ("us", "them"):
        ecs.create_service(cluster="city", serviceName=owner, taskDefinition="web", desiredCount=0)
        tags = {"owner": owner}
        target = scaling.register_scalable_target(**scalable(owner), MinCapacity=0, MaxCapacity=2, Tags=tags)
        arns[owner] = target["ScalableTargetARN"]
    return arns["us"]


def scalable(service: str) -> dict[str, Any]:
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/city/{service}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }


@pytest.mark.parametrize(
    ("resource", "condition", "expected"),
    [
        (SCALABLE_TARGETS, {"StringEquals": {**OF_ECS, **DESIRED_COUNT}}, ["allowed", "allowed"]),
        (SCALABLE_TARGETS, {"StringEquals": {"aws:ResourceTag/owner": "us"}}, ["allowed", DENIED]),
        (SCALABLE_TARGETS, {"StringEquals": {"application-autoscaling:service-namespace": "dynamodb"}}, [DENIED] * 2),
        (SCALABLE_TARGETS.replace("123456789012", "210987654321"), {}, [DENIED] * 2),
        ("one", {}, ["allowed", DENIED]),
    ],
)
def test_scaling_is_suspended_only_where_the_role_allows_it(
    account: Deployed, scaled: str, resource: str, condition: dict[str, Any], expected: list[str]
) -> None:
    allowed = [statement(REGISTER, scaled if resource == "one" else resource, Condition=condition)]
    suspended = {"SuspendedState": {"ScheduledScalingSuspended": True}}
    outcomes = [
        outcome(account, allowed, ("application-autoscaling", "register_scalable_target", scalable(owner) | suspended))
        for owner in ("us", "them")
    ]
    assert outcomes == expected


def test_scalable_targets_and_policies_are_described_on_every_resource(account: Deployed, scaled: str) -> None:
    calls = [
        ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"}),
        ("application-autoscaling", "describe_scaling_policies", {"ServiceNamespace": "ecs"}),
    ]
    reads = ["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"]
    assert outcome(account, [statement(reads)], *calls) == "allowed"
    assert outcome(account, [statement(reads, SCALABLE_TARGETS)], *calls[:1]) == DENIED
    assert outcome(account, [statement(reads[:1])], *calls) == DENIED
