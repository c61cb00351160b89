"""Scenes on moto, observed through the ports on AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property, partial
from typing import Any, Final
from unittest.mock import patch

import boto3
from moto import mock_aws

from scale_to_zero.actions.notification_events import event_detail
from scale_to_zero.aws import build_ports
from scale_to_zero.aws.clients import Clients
from scale_to_zero.aws.table.state_items import state_id
from scale_to_zero.model.configured import Service, ServiceName, WaitingPage
from scale_to_zero.model.observed import Conditions, Pair, Target
from scale_to_zero.model.scaling import Suspension

from .answers import a_condition, a_forecast, a_scaling_policy, a_suspended_state
from .scripted_aws import Parameters, ScriptedAws, aws_error
from .stage import MINUTE, NAMESPACE, NOW, PORT
from .terraform_items import config_item, waiting_page_item, wake_target_group_item

TABLE: Final = "staging-scale-to-zero"
SCALE_UP: Final = "staging-scale-up"
INSTANCE: Final = "staging"

NOT_FOUND: Final[Any] = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}

# The AWS call with which each call of a port begins.
OPERATIONS: Final = {
    "describe": "ecs.DescribeServices",
    "set_desired_count": "ecs.UpdateService",
    "gateways": "ecs.DescribeServiceRevisions",
    "wanted_targets": "ecs.ListTasks",
    "protected": "ecs.ListTasks",
    "task_times": "ecs.ListTasks",
    "stop_reasons": "ecs.ListTasks",
    "read_rules": "elasticloadbalancing.DescribeRules",
    "set_conditions": "elasticloadbalancing.ModifyRule",
    "load_balancers": "elasticloadbalancing.DescribeTargetGroups",
    "healthy_targets": "elasticloadbalancing.DescribeTargetHealth",
    "has_targets": "elasticloadbalancing.DescribeTargetHealth",
    "read_metrics": "cloudwatch.GetMetricData",
    "publish": "cloudwatch.PutMetricData",
    "read_scalable_targets": "application-autoscaling.DescribeScalableTargets",
    "suspend_scaling": "application-autoscaling.RegisterScalableTarget",
    "scales_by_forecast": "application-autoscaling.DescribeScalingPolicies",
    "read_all": "dynamodb.Scan",
    "read_services": "dynamodb.BatchGetItem",
    "read": "dynamodb.GetItem",
    "read_hold_all": "dynamodb.GetItem",
    "write": "dynamodb.UpdateItem",
    "hold_all": "dynamodb.PutItem",
    "release_all": "dynamodb.DeleteItem",
    "record_activity": "dynamodb.TransactWriteItems",
    "record_notified": "dynamodb.UpdateItem",
    "explain": "dynamodb.UpdateItem",
    "take_lease": "dynamodb.UpdateItem",
    "add_waiting_request": "dynamodb.UpdateItem",
    "remove_waiting_request": "dynamodb.UpdateItem",
    "service_of": "dynamodb.GetItem",
    "waiting_page": "dynamodb.GetItem",
    "start_watcher": "lambda.Invoke",
    "invoke_scale_up": "lambda.Invoke",
    "invoke_scale_to_zero": "lambda.Invoke",
}


class Moto:
    """One moto with its clients, which take long to make. It is ``reset`` before each stage."""

    def __init__(self, mock: Any) -> None:
        self._mock = mock
        self.ec2 = boto3.client("ec2")
        self.ecs = boto3.client("ecs")
        self.elbv2 = boto3.client("elbv2")
        self.cloudwatch = boto3.client("cloudwatch")
        self.autoscaling = boto3.client("application-autoscaling")
        self.dynamodb = boto3.client("dynamodb")
        self.clients = Clients()
        self.scripted = ScriptedAws(self.clients)

    def reset(self) -> None:
        """Delete all resources and all scripted answers."""
        self._mock.reset()
        self.scripted.reset()


@contextmanager
def running_moto() -> Iterator[Moto]:
    """Run moto in this process. It is not thread-safe, so the ports make their parallel calls one by one."""
    with mock_aws() as mock, patch("scale_to_zero.aws.batches.PARALLEL_CALLS", 1):
        yield Moto(mock)


class MotoStage:
    """A stage that sets scenes in a moto that was reset."""

    def __init__(self, moto: Moto) -> None:
        self.scripted = moto.scripted
        self._ec2, self._ecs, self._elbv2 = moto.ec2, moto.ecs, moto.elbv2
        self._cloudwatch, self._autoscaling, self._dynamodb = moto.cloudwatch, moto.autoscaling, moto.dynamodb
        self._target_groups_of: dict[ServiceName, Sequence[str]] = {}
        self._dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        self.ports = build_ports(
            instance=INSTANCE,
            table_name=TABLE,
            metric_namespace=NAMESPACE,
            scale_up_function=SCALE_UP,
            scale_to_zero_function="staging-scale-to-zero",
            event_detail=partial(event_detail, instance=INSTANCE, language="en"),
            clock=lambda: NOW,
            sleep=lambda _seconds: None,
            clients=moto.clients,
        )
        # moto does not know GetTaskProtection, and runs Lambda functions in containers.
        self._protected_until: datetime | None = None
        self.scripted.answer("ecs.GetTaskProtection", self._task_protection)
        self.scripted.answer("lambda.Invoke", {"StatusCode": 202})

    @cached_property
    def _subnets(self) -> list[str]:
        return [subnet["SubnetId"] for subnet in self._ec2.describe_subnets()["Subnets"]]

    @cached_property
    def _load_balancer(self) -> str:
        created = self._elbv2.create_load_balancer(Name="city-guided", Subnets=self._subnets)
        return created["LoadBalancers"][0]["LoadBalancerArn"]

    @cached_property
    def _task_definition(self) -> str:
        container: Any = {"name": "app", "image": "app", "memory": 512, "portMappings": [{"containerPort": PORT}]}
        self._ecs.register_task_definition(family="app", networkMode="awsvpc", containerDefinitions=[container])
        return "app"

    def create_target_group(self, name: str, *, load_balanced: bool = True) -> str:
        vpc = self._ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        created = self._elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
        arn = created["TargetGroups"][0]["TargetGroupArn"]
        if load_balanced:
            self._listen({"Type": "forward", "TargetGroupArn": arn})
        return arn

    def create_listener(self) -> str:
        return self._listen(NOT_FOUND)

    def create_rule(self, listener_arn: str, priority: int, conditions: Conditions) -> str:
        described: list[Any] = [a_condition(condition) for condition in conditions]
        created = self._elbv2.create_rule(
            ListenerArn=listener_arn, Priority=priority, Conditions=described, Actions=[NOT_FOUND]
        )
        return created["Rules"][0]["RuleArn"]

    def _listen(self, action: Any) -> str:
        taken = self._elbv2.describe_listeners(LoadBalancerArn=self._load_balancer)["Listeners"]
        created = self._elbv2.create_listener(
            LoadBalancerArn=self._load_balancer,
            Protocol="HTTP",
            Port=8000 + len(taken),
            DefaultActions=[action],
        )
        return created["Listeners"][0]["ListenerArn"]

    def pair(self, target_group_arn: str) -> Pair:
        return Pair(self._load_balancer, target_group_arn)

    def create_service(self, name: ServiceName, desired: int = 0, target_groups: Sequence[str] = ()) -> None:
        self._ecs.create_cluster(clusterName=name.cluster_name)
        self._ecs.create_service(
            cluster=name.cluster_name,
            serviceName=name.service_name,
            taskDefinition=self._task_definition,
            desiredCount=desired,
            loadBalancers=[
                {"targetGroupArn": arn, "containerName": "app", "containerPort": PORT} for arn in target_groups
            ],
        )
        self._target_groups_of[name] = target_groups

    def run_tasks(self, name: ServiceName, count: int) -> frozenset[Target]:
        # moto starts no tasks for a service, and lists all tasks of the cluster as the service's.
        self._ecs.update_service(cluster=name.cluster_name, service=name.service_name, desiredCount=count)
        tasks = self._ecs.run_task(
            cluster=name.cluster_name,
            taskDefinition=self._task_definition,
            launchType="FARGATE",
            count=count,
            networkConfiguration={"awsvpcConfiguration": {"subnets": self._subnets[:1], "securityGroups": []}},
        )["tasks"]
        targets = frozenset(_target(task) for task in tasks)
        for arn in self._target_groups_of[name]:
            self._elbv2.register_targets(
                TargetGroupArn=arn, Targets=[{"Id": target.id, "Port": target.port} for target in targets]
            )
        return targets

    def stop_one_task(self, name: ServiceName) -> Target:
        arn = self._ecs.list_tasks(cluster=name.cluster_name, desiredStatus="RUNNING")["taskArns"][0]
        return _target(self._ecs.stop_task(cluster=name.cluster_name, task=arn)["task"])

    def protect_tasks(self, name: ServiceName, until: datetime) -> None:
        self._protected_until = until

    def _task_protection(self, parameters: Parameters) -> dict[str, Any]:
        until = self._protected_until
        on = {"protectionEnabled": False} if until is None else {"protectionEnabled": True, "expirationDate": until}
        return {"protectedTasks": [{"taskArn": arn, **on} for arn in parameters["tasks"]], "failures": []}

    def fail_a_task(self, name: ServiceName, reason: str) -> None:
        arn = self._ecs.list_tasks(cluster=name.cluster_name, desiredStatus="RUNNING")["taskArns"][0]
        self._ecs.stop_task(cluster=name.cluster_name, task=arn, reason=reason)

    def register_scalable_target(
        self, name: ServiceName, minimum: int = 1, maximum: int = 2, suspended: Suspension | None = None
    ) -> None:
        state: Any = {} if suspended is None else {"SuspendedState": a_suspended_state(suspended)}
        self._autoscaling.register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=f"service/{name}",
            ScalableDimension="ecs:service:DesiredCount",
            MinCapacity=minimum,
            MaxCapacity=maximum,
            **state,
        )

    def scale_by_forecast(self, name: ServiceName) -> None:
        # moto does not know predictive scaling.
        policy = a_scaling_policy(name, PredictiveScalingPolicyConfiguration=a_forecast("ForecastAndScale"))
        self.scripted.answer(
            "application-autoscaling.DescribeScalingPolicies",
            lambda parameters: {
                "ScalingPolicies": [policy] if parameters["ResourceId"] == policy["ResourceId"] else []
            },
        )

    def publish_minute(self, metric_name: str, pair: Pair, minute: datetime, *values: float) -> None:
        dimensions = [
            {"Name": "LoadBalancer", "Value": pair.load_balancer_arn.partition(":loadbalancer/")[2]},
            {"Name": "TargetGroup", "Value": pair.target_group_arn.rpartition(":")[2]},
        ]
        data: list[Any] = [
            {"MetricName": metric_name, "Dimensions": dimensions, "Timestamp": minute, "Value": value}
            for value in values
        ]
        self._cloudwatch.put_metric_data(Namespace="AWS/ApplicationELB", MetricData=data)

    def published(self, metric_name: str, dimensions: dict[str, str], minute: datetime) -> float | None:
        # Not GetMetricStatistics: moto answers it also for sets of dimensions that were never published.
        query: Any = {
            "Id": "published",
            "MetricStat": {
                "Metric": {
                    "Namespace": NAMESPACE,
                    "MetricName": metric_name,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                },
                "Period": 60,
                "Stat": "Average",
            },
        }
        (found,) = self._cloudwatch.get_metric_data(
            MetricDataQueries=[query], StartTime=minute, EndTime=minute + MINUTE
        )["MetricDataResults"]
        return found["Values"][0] if found["Values"] else None

    def configure(self, service: Service) -> None:
        self.put_item(config_item(service))

    def configure_wake_target_group(self, arn: str, key: str) -> None:
        self.put_item(wake_target_group_item(arn, key))

    def configure_waiting_page(self, page: WaitingPage) -> None:
        self.put_item(waiting_page_item(page))

    def delete_state(self, name: ServiceName) -> None:
        self._dynamodb.delete_item(TableName=TABLE, Key={"id": {"S": state_id(name)}})

    def watchers_started(self) -> list[tuple[str, ...]]:
        invocations = self.scripted.called("lambda.Invoke")
        assert all((call["FunctionName"], call["InvocationType"]) == (SCALE_UP, "Event") for call in invocations)
        payloads = [json.loads(call["Payload"]) for call in invocations]
        assert all(payload == {"services": payload["services"], "watcher": True} for payload in payloads)
        return [tuple(payload["services"]) for payload in payloads]

    def refuse(self, call: str) -> None:
        self.scripted.answer(OPERATIONS[call], aws_error("AccessDeniedException", "not authorized"))

    # For tests of the table's own format

    def put_item(self, item: dict[str, Any]) -> None:
        """Put an item as another writer would."""
        self._dynamodb.put_item(TableName=TABLE, Item=item)

    def set_attribute(self, item_id: str, attribute: str, value: dict[str, Any]) -> None:
        """Change one attribute as another writer would."""
        self._dynamodb.update_item(
            TableName=TABLE,
            Key={"id": {"S": item_id}},
            UpdateExpression="SET #attribute = :value",
            ExpressionAttributeNames={"#attribute": attribute},
            ExpressionAttributeValues={":value": value},
        )

    def item(self, item_id: str) -> dict[str, Any]:
        """Return an item as it is stored."""
        return dict(self._dynamodb.get_item(TableName=TABLE, Key={"id": {"S": item_id}}).get("Item", {}))


def _target(task: Any) -> Target:
    details = {detail["name"]: detail["value"] for detail in task["attachments"][0]["details"]}
    return Target(details["privateIPv4Address"], PORT)
