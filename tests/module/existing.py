"""ECS services behind a load balancer that exist before the module, created without Terraform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from local_aws import LocalAws
from tests.module.applied import Subject, client

CLUSTER: Final = "city"
BETWEEN_PRIORITIES: Final = 100
"""The distance between the priorities of existing rules, so that other rules fit between them."""


@dataclass(frozen=True)
class Existing:
    """One load balancer. Requests that match no rule go to the first service, which has no rule."""

    cluster_name: str
    load_balancer_arn: str
    listener_arn: str
    target_group_arns: dict[str, str]
    rule_arns: dict[str, str]

    def entry(self, service: str) -> dict[str, Any]:
        """Return the service's entry in the module's ``services``."""
        return {
            "cluster_name": self.cluster_name,
            "service_name": service,
            "load_balancer_arn": self.load_balancer_arn,
            "target_group_arns": [self.target_group_arns[service]],
        }

    def subject(self, aws: LocalAws, service: str) -> Subject:
        """Return the service as a person sees it."""
        return Subject(aws, self.cluster_name, service, self.load_balancer_arn)


def existing_services(
    aws: LocalAws,
    target_groups: Mapping[str, str],
    cluster: str = CLUSTER,
    load_balancer: str = CLUSTER,
    hosts: Mapping[str, Sequence[str]] | None = None,
    paths: Mapping[str, Sequence[str]] | None = None,
) -> Existing:
    """Create a cluster with these services, each without tasks, behind the target group that is named for it.

    Each service except the first has its own rule, with priority 100, 200 and so on. The rule is for its ``hosts`` or
    its ``paths``, or else for the paths that begin with its name.
    """
    ec2, elbv2, ecs = client(aws, "ec2"), client(aws, "elbv2"), client(aws, "ecs")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{index}.0/24", AvailabilityZone=f"eu-west-3{zone}")["Subnet"]
        for index, zone in enumerate("ab")
    ]
    subnet_ids = [subnet["SubnetId"] for subnet in subnets]
    front = elbv2.create_load_balancer(Name=load_balancer, Subnets=subnet_ids)["LoadBalancers"][0]["LoadBalancerArn"]
    groups = {}
    for service, name in target_groups.items():
        group = elbv2.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
        groups[service] = group["TargetGroups"][0]["TargetGroupArn"]
    forwards = {service: [{"Type": "forward", "TargetGroupArn": arn}] for service, arn in groups.items()}
    first, *others = forwards
    listener = elbv2.create_listener(LoadBalancerArn=front, Protocol="HTTP", Port=80, DefaultActions=forwards[first])
    listener_arn = listener["Listeners"][0]["ListenerArn"]
    rule_arns = {}
    for index, service in enumerate(others, 1):
        if hosts and service in hosts:
            condition = {"Field": "host-header", "HostHeaderConfig": {"Values": list(hosts[service])}}
        else:
            patterns = list((paths or {}).get(service, [f"/{service}*"]))
            condition = {"Field": "path-pattern", "PathPatternConfig": {"Values": patterns}}
        rule = elbv2.create_rule(
            ListenerArn=listener_arn,
            Priority=BETWEEN_PRIORITIES * index,
            Conditions=[condition],
            Actions=forwards[service],
        )
        rule_arns[service] = rule["Rules"][0]["RuleArn"]
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": "nginx", "portMappings": [{"containerPort": 80}]}],
    )
    for service, arn in groups.items():
        ecs.create_service(
            cluster=cluster,
            serviceName=service,
            taskDefinition="web",
            launchType="FARGATE",
            desiredCount=0,
            networkConfiguration={"awsvpcConfiguration": {"subnets": subnet_ids, "securityGroups": []}},
            loadBalancers=[{"targetGroupArn": arn, "containerName": "web", "containerPort": 80}],
        )
    return Existing(cluster, front, listener_arn, groups, rule_arns)
