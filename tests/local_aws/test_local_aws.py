from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

from local_aws import LocalAws
from local_aws.api_surface import SURFACE
from tests.local_aws.deployed import MINUTE, START, Deployed, deployed


@pytest.fixture
def account() -> Iterator[Deployed]:
    with deployed() as created:
        yield created


@pytest.mark.parametrize(
    ("service", "action", "parameters", "name"),
    [
        ("ecs", "list_clusters", {}, "ecs.ListClusters"),
        ("lambda", "list_layers", {}, "lambda.ListLayers"),
        ("elbv2", "describe_ssl_policies", {}, "elbv2.DescribeSSLPolicies"),
        ("cloudwatch", "describe_alarm_history", {}, "cloudwatch.DescribeAlarmHistory"),
        ("sqs", "list_queues", {}, "sqs"),
        ("s3", "list_buckets", {}, "s3"),
        ("route53", "list_hosted_zones", {}, "route53"),
        ("autoscaling", "describe_auto_scaling_groups", {}, "autoscaling"),
        ("stepfunctions", "list_state_machines", {}, "states"),
        ("elb", "describe_load_balancers", {}, "elb"),
    ],
)
def test_a_call_that_is_not_modelled_is_refused_and_clients_do_not_retry_it(
    account: Deployed, service: str, action: str, parameters: dict[str, str], name: str
) -> None:
    with pytest.raises(ClientError, match=f"not modelled: {name}") as refused:
        getattr(account.client(service), action)(**parameters)
    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_every_modelled_action_exists() -> None:
    unknown = {
        f"{service}.{action}"
        for service, actions in SURFACE.items()
        for action in actions - set(get_service_model(service).operation_names)
    }
    assert unknown == set()


def test_an_unsigned_request_is_refused(account: Deployed) -> None:
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(f"{account.aws.endpoint_url}/moto-api/reset")
    assert refused.value.code == 403


def test_calls_are_counted(account: Deployed) -> None:
    account.client("ecs").create_cluster(clusterName="a")
    account.client("ecs").create_cluster(clusterName="b")
    assert account.aws.calls["ecs.CreateCluster"] == 2


def test_aws_records_the_virtual_instant(account: Deployed) -> None:
    account.aws.advance(timedelta(days=2))
    created = account.client("iam").create_role(RoleName="later", AssumeRolePolicyDocument="{}")["Role"]["CreateDate"]
    assert created == START + timedelta(days=2)


def test_the_process_has_real_time_afterwards() -> None:
    with deployed():
        assert datetime.now(UTC) == START
    assert datetime.now(UTC) != START


def test_only_one_account_is_open_at_a_time(account: Deployed) -> None:
    with pytest.raises(RuntimeError, match="leave it first"), LocalAws():
        pass


def test_an_account_begins_empty() -> None:
    with deployed() as first:
        first.client("ecs").create_cluster(clusterName="city")
    with deployed() as second, pytest.raises(ClientError):
        second.client("ecs").describe_services(cluster="city", services=["web"])


def test_many_clients_are_served_at_once(account: Deployed) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            iam, logs = account.client("iam"), account.client("logs")
            for index in range(5):
                iam.create_role(RoleName=f"role-{number}-{index}", AssumeRolePolicyDocument="{}")
                logs.create_log_group(logGroupName=f"/group/{number}/{index}")
        except BaseException as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert account.aws.calls["iam.CreateRole"] == 41
    assert len(account.client("logs").describe_log_groups()["logGroups"]) == 40


def test_no_call_is_answered_while_a_test_holds_the_lock(account: Deployed) -> None:
    ecs = account.client("ecs")
    with account.aws.lock:
        calling = threading.Thread(target=ecs.create_cluster, kwargs={"clusterName": "city"})
        calling.start()
        calling.join(0.3)
        assert calling.is_alive()
    calling.join(30)
    assert not calling.is_alive()


def test_time_runs_for_clients_that_wait(account: Deployed) -> None:
    account.every_minute(account.deploy("def handler(event, context):\n    return None"))
    ends = time.monotonic() + 30
    with account.aws.running(speed=1200):
        while account.aws.now() < START + 3 * MINUTE:
            assert time.monotonic() < ends, "time does not run"
            time.sleep(0.05)
    minutes = (account.aws.now() - START) // MINUTE
    assert account.started() == [START + minute * MINUTE for minute in range(1, minutes + 1)]


# Patches of moto


def test_a_functions_logging_configuration_is_kept(account: Deployed) -> None:
    account.deploy("", LoggingConfig={"LogFormat": "JSON", "SystemLogLevel": "WARN"})
    assert account.lambda_.get_function(FunctionName="function")["Configuration"]["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "WARN",
        "LogGroup": "/aws/lambda/function",
    }
    account.lambda_.update_function_configuration(FunctionName="function", LoggingConfig={"LogFormat": "Text"})
    assert account.lambda_.get_function_configuration(FunctionName="function")["LoggingConfig"] == {
        "LogFormat": "Text",
        "LogGroup": "/aws/lambda/function",
    }


def test_the_policies_for_service_roles_exist(account: Deployed) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    iam = account.client("iam")
    iam.attach_role_policy(RoleName="functions", PolicyArn=arn)
    [attached] = iam.list_attached_role_policies(RoleName="functions")["AttachedPolicies"]
    assert attached["PolicyArn"] == arn


def test_a_security_group_rule_that_names_a_group_keeps_its_description(account: Deployed) -> None:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="tasks", Description="Tasks.", VpcId=vpc)["GroupId"]
    pair = {"GroupId": group, "Description": "From each other."}
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [pair]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert [rule.get("Description") for rule in rules if not rule["IsEgress"]] == ["From each other."]


def test_moto_is_restored_afterwards() -> None:
    from moto.awslambda.models import LambdaFunction

    before = dict(vars(LambdaFunction))
    with deployed() as account:
        assert dict(vars(LambdaFunction)) != before
        assert json.dumps(account.aws.environment)
    assert dict(vars(LambdaFunction)) == before


def test_a_scalable_target_keeps_its_tags(account: Deployed) -> None:
    scaling = account.client("application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/city/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    account.client("ecs").create_cluster(clusterName="city")
    account.client("ecs").register_task_definition(
        family="web", containerDefinitions=[{"name": "web", "image": "nginx", "memory": 128}]
    )
    account.client("ecs").create_service(cluster="city", serviceName="web", taskDefinition="web", desiredCount=0)
    arn = scaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=2, Tags={"Project": "city"})
    scaling.register_scalable_target(**target, MaxCapacity=3)
    listed = scaling.list_tags_for_resource(ResourceARN=arn["ScalableTargetARN"])
    assert listed["Tags"] == {"Project": "city"}
    scaling.tag_resource(ResourceARN=arn["ScalableTargetARN"], Tags={"Stage": "test"})
    scaling.untag_resource(ResourceARN=arn["ScalableTargetARN"], TagKeys=["Project"])
    assert scaling.list_tags_for_resource(ResourceARN=arn["ScalableTargetARN"])["Tags"] == {"Stage": "test"}
