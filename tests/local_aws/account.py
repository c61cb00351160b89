"""An account for tests: moto in this process through boto3, the world beside it, and real HTTP in front."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from moto import mock_aws

from local_aws import ecs, listener_rules, scaling, target_groups
from local_aws.api_call import AwsError
from local_aws.load_balancing import LoadBalancers, Returned
from local_aws.patching import Patches
from simulator.world import Timings, World

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling import ApplicationAutoScalingClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import ServiceTypeDef
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient

REGION = "eu-west-3"
CLUSTER = "city-guided-cluster"
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
TIMINGS = Timings(jitter=0, rule_propagation=timedelta(0))


class Functions:
    """A replacement for Lambda. ``returned``: the result of every function. ``events``: the events they got."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.returned: Returned | AwsError | dict[str, Any] = {"statusCode": 200}

    def invoke(self, function_arn: str, payload: bytes) -> Returned:
        """Record the event, and return or raise what ``returned`` holds."""
        self.events.append(json.loads(payload))
        if isinstance(self.returned, AwsError):
            raise self.returned
        if isinstance(self.returned, Returned):
            return self.returned
        return Returned(json.dumps(self.returned).encode())


@dataclass(frozen=True)
class Account:
    """One account with a cluster, a load balancer, its listener, and a target group that nothing uses yet."""

    world: World
    ecs: ECSClient
    elbv2: ElasticLoadBalancingv2Client
    lambda_: LambdaClient
    autoscaling: ApplicationAutoScalingClient
    load_balancers: LoadBalancers
    load_balancer: str
    vpc: str
    role: str
    functions: Functions

    def target_group(self, name: str) -> str:
        """Create a target group that drains for half a minute."""
        group = self.elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc, TargetType="ip")[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        self.elbv2.modify_target_group_attributes(
            TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]
        )
        return group

    def function(self, name: str = "wake") -> str:
        """Create a function whose code does not matter."""
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("module.py", "")
        created = self.lambda_.create_function(
            FunctionName=name,
            Role=self.role,
            Runtime="python3.13",
            Handler="module.h",
            Code={"ZipFile": code.getvalue()},
        )
        return created["FunctionArn"]

    def permit(self, function: str, group_pattern: str = "*", account: str = "123456789012") -> None:
        """Allow target groups with this name pattern to invoke a function."""
        self.lambda_.add_permission(
            FunctionName=function,
            StatementId="load-balancers",
            Action="lambda:InvokeFunction",
            Principal="elasticloadbalancing.amazonaws.com",
            SourceArn=f"arn:aws:elasticloadbalancing:{REGION}:123456789012:targetgroup/{group_pattern}/*",
            SourceAccount=account,
        )

    def function_group(self, name: str = "functions", function: str | None = None, several_values: bool = True) -> str:
        """Create a target group with one function that it is allowed to invoke."""
        [group] = self.elbv2.create_target_group(Name=name, TargetType="lambda")["TargetGroups"]
        arn = group["TargetGroupArn"]
        if several_values:
            setting: Any = {"Key": "lambda.multi_value_headers.enabled", "Value": "true"}
            self.elbv2.modify_target_group_attributes(TargetGroupArn=arn, Attributes=[setting])
        if function is None:
            function = self.function()
            self.permit(function)
        self.elbv2.register_targets(TargetGroupArn=arn, Targets=[{"Id": function}])
        return arn

    def listener(self, *actions: Any) -> str:
        """Create the listener with its default actions, and open its port."""
        listener = self.elbv2.create_listener(
            LoadBalancerArn=self.load_balancer, Protocol="HTTP", Port=80, DefaultActions=list(actions)
        )["Listeners"][0]["ListenerArn"]
        self.load_balancers.follow()
        return listener

    def rule(self, listener: str, priority: int, conditions: list[Any], *actions: Any) -> str:
        """Create a rule."""
        return self.elbv2.create_rule(
            ListenerArn=listener, Priority=priority, Conditions=conditions, Actions=list(actions)
        )["Rules"][0]["RuleArn"]

    def service(self, name: str, group: str | None = None, desired: int = 1, **settings: Any) -> ServiceTypeDef:
        """Create a service, behind a target group if one is named."""
        self.ecs.register_task_definition(
            family=name,
            containerDefinitions=[{"name": "web", "image": "nginx", "memory": 128}],
            cpu="256",
            memory="512",
        )
        behind = [{"targetGroupArn": group, "containerName": "web", "containerPort": 80}] if group else []
        created: Any = self.ecs.create_service(
            cluster=CLUSTER,
            serviceName=name,
            taskDefinition=name,
            desiredCount=desired,
            loadBalancers=behind,  # type: ignore[arg-type]
            **settings,
        )
        return created["service"]  # type: ignore[no-any-return]

    def described(self, name: str) -> ServiceTypeDef:
        """Describe one service."""
        [service] = self.ecs.describe_services(cluster=CLUSTER, services=[name])["services"]
        return service

    def health(self, group: str) -> list[str]:
        """Return the states of a group's targets."""
        answer = self.elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return [target["TargetHealth"]["State"] for target in answer]

    def pass_time(self, duration: timedelta = timedelta(minutes=2)) -> None:
        """Let virtual time pass."""
        self.world.advance(duration)

    def get(self, path: str = "/", **settings: Any) -> httpx.Response:
        """Send a request to the load balancer."""
        return self.send("GET", path, **settings)

    def send(self, method: str, path: str, **settings: Any) -> httpx.Response:
        """Send a request to the load balancer."""
        url = self.load_balancers.url(self.load_balancer) + path
        # Without certificates: no request here needs them, and loading them takes longer than a request.
        return httpx.request(method, url, timeout=10, verify=False, **settings)


def forward(*groups: str) -> Any:
    """Make a forward action to one target group, or to several with equal weights."""
    if len(groups) == 1:
        return {"Type": "forward", "TargetGroupArn": groups[0]}
    return forward_weighted(dict.fromkeys(groups, 1))


def forward_weighted(weights: dict[str, int]) -> Any:
    """Make a forward action by weight."""
    weighted = [{"TargetGroupArn": group, "Weight": weight} for group, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}


def fixed(status: str, body: str) -> Any:
    """Make a fixed response in plain text."""
    response = {"StatusCode": status, "MessageBody": body, "ContentType": "text/plain"}
    return {"Type": "fixed-response", "FixedResponseConfig": response}


def redirect(**config: str) -> Any:
    """Make a redirect, by default a permanent one."""
    return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **config}}


@contextmanager
def account() -> Iterator[Account]:
    """Set up an account, and undo everything at the end."""
    patches, lock = Patches(), threading.RLock()
    with mock_aws():
        world = World(seed=1, start=START, timings=TIMINGS)
        ecs.install(patches, world)
        scaling.install(patches, world)
        target_groups.install(patches, world)
        listener_rules.install(patches, world)
        functions = Functions()
        load_balancers = LoadBalancers(world, lock, "123456789012", REGION, 1, functions.invoke)
        try:
            yield _account(world, load_balancers, functions)
        finally:
            load_balancers.close()
            patches.undo()


@dataclass(frozen=True)
class _Clients:
    ec2: EC2Client
    elbv2: ElasticLoadBalancingv2Client
    ecs: ECSClient
    lambda_: LambdaClient
    iam: IAMClient
    autoscaling: ApplicationAutoScalingClient


@cache
def _clients() -> _Clients:
    client = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION).client
    scaling_client = client("application-autoscaling")
    return _Clients(client("ec2"), client("elbv2"), client("ecs"), client("lambda"), client("iam"), scaling_client)


def _account(world: World, load_balancers: LoadBalancers, functions: Functions) -> Account:
    clients = _clients()
    vpc = clients.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        clients.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("ab")
    ]
    created = clients.elbv2.create_load_balancer(
        Name="front", Subnets=[subnet["Subnet"]["SubnetId"] for subnet in subnets]
    )
    clients.ecs.create_cluster(clusterName=CLUSTER)
    load_balancer = created["LoadBalancers"][0]["LoadBalancerArn"]
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = clients.iam.create_role(RoleName="functions", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    return Account(
        world,
        clients.ecs,
        clients.elbv2,
        clients.lambda_,
        clients.autoscaling,
        load_balancers,
        load_balancer,
        vpc,
        role,
        functions,
    )
