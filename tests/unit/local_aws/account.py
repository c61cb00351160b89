"""An account as the shell tests see it: moto in this process through boto3, the world beside it, real HTTP in front."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import httpx
from moto import mock_aws

from local_aws import ecs, target_groups
from local_aws.load_balancing import LoadBalancers
from local_aws.patching import Patches
from local_aws.world import Timings, World

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import ServiceTypeDef
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client

REGION = "eu-west-3"
CLUSTER = "city-guided-cluster"
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
TIMINGS = Timings(jitter=0)


@dataclass(frozen=True)
class Account:
    """One account with a cluster, a load balancer, its listener, and a target group that nothing uses yet."""

    world: World
    ecs: ECSClient
    elbv2: ElasticLoadBalancingv2Client
    load_balancers: LoadBalancers
    load_balancer: str
    vpc: str

    def target_group(self, name: str) -> str:
        """Create a target group that drains for half a minute."""
        group = self.elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc, TargetType="ip")[
            "TargetGroups"
        ][0]["TargetGroupArn"]
        self.elbv2.modify_target_group_attributes(
            TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}]
        )
        return group

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
        """The states of a group's targets."""
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
        return httpx.request(method, self.load_balancers.url(self.load_balancer) + path, timeout=10, **settings)


def forward(*groups: str) -> Any:
    """A forward action to one target group, or to several with equal weights."""
    if len(groups) == 1:
        return {"Type": "forward", "TargetGroupArn": groups[0]}
    return forward_weighted(dict.fromkeys(groups, 1))


def forward_weighted(weights: dict[str, int]) -> Any:
    """A forward action by weight."""
    weighted = [{"TargetGroupArn": group, "Weight": weight} for group, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}


def fixed(status: str, body: str) -> Any:
    """A fixed response in plain text."""
    response = {"StatusCode": status, "MessageBody": body, "ContentType": "text/plain"}
    return {"Type": "fixed-response", "FixedResponseConfig": response}


@contextmanager
def account() -> Iterator[Account]:
    """Set one up, and put everything back."""
    patches, lock = Patches(), threading.RLock()
    with mock_aws():
        world = World(seed=1, start=START, timings=TIMINGS)
        ecs.install(patches, world)
        target_groups.install(patches, world)
        load_balancers = LoadBalancers(world, lock, "123456789012", REGION, seed=1)
        try:
            yield _furnished(world, load_balancers)
        finally:
            load_balancers.close()
            patches.undo()


@cache
def _clients() -> tuple[EC2Client, ElasticLoadBalancingv2Client, ECSClient]:
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    return session.client("ec2"), session.client("elbv2"), session.client("ecs")


def _furnished(world: World, load_balancers: LoadBalancers) -> Account:
    ec2, elbv2, containers = _clients()
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")
        for number, zone in enumerate("ab")
    ]
    created = elbv2.create_load_balancer(Name="front", Subnets=[subnet["Subnet"]["SubnetId"] for subnet in subnets])
    containers.create_cluster(clusterName=CLUSTER)
    load_balancer = created["LoadBalancers"][0]["LoadBalancerArn"]
    return Account(world, containers, elbv2, load_balancers, load_balancer, vpc)
