"""The stub's answers for Amazon ECS: services as large as a real service that has run for some time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .fleet import ACCOUNT, REGION, Fleet, Member

EVENTS_PER_SERVICE: Final = 100
"""DescribeServices shows the latest 100 events (botocore: ecs.Service.events), and a service that is stopped and
started daily has all 100. They are most of the answer: without them every figure would be too good."""
_CREATED: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def describe_services(fleet: Fleet, parameters: Mapping[str, Any]) -> dict[str, Any]:
    cluster = str(parameters["cluster"]).rpartition("/")[2]
    requested = [str(name).rpartition("/")[2] for name in parameters["services"]]
    if len(requested) > 10:
        raise ValueError("DescribeServices takes at most 10 services")
    found = [fleet.by_name[cluster, name] for name in requested if (cluster, name) in fleet.by_name]
    missing = [name for name in requested if (cluster, name) not in fleet.by_name]
    return {
        "services": [_service(member) for member in found],
        "failures": [{"arn": _arn("service", f"{cluster}/{name}"), "reason": "MISSING"} for name in missing],
    }


def describe_service_revisions(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Describe revisions without a gateway connector: no service has one."""
    arns = [str(arn) for arn in parameters["serviceRevisionArns"]]
    if len(arns) > 20:
        raise ValueError("DescribeServiceRevisions takes at most 20 revisions")
    revisions = [{"serviceRevisionArn": arn, "createdAt": _CREATED, "gatewayConnectors": []} for arn in arns]
    return {"serviceRevisions": revisions, "failures": []}


def update_service(fleet: Fleet, parameters: Mapping[str, Any]) -> dict[str, Any]:
    cluster = str(parameters["cluster"]).rpartition("/")[2]
    member = fleet.by_name[cluster, str(parameters["service"]).rpartition("/")[2]]
    return {"service": {**_service(member), "desiredCount": parameters["desiredCount"]}}


def _service(member: Member) -> dict[str, Any]:
    tasks = 1 if member.awake else 0
    name, cluster = member.service_name, member.cluster_name
    task_definition = _arn("task-definition", f"{name}:7")
    network = {
        "awsvpcConfiguration": {
            "subnets": ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"],
            "securityGroups": ["sg-0a1b2c3d4e5f60718"],
            "assignPublicIp": "DISABLED",
        }
    }
    return {
        "serviceArn": _arn("service", f"{cluster}/{name}"),
        "serviceName": name,
        "clusterArn": _arn("cluster", cluster),
        "loadBalancers": [
            {"targetGroupArn": member.target_group_arn, "containerName": "web", "containerPort": 8080},
        ],
        "serviceRegistries": [],
        "status": "ACTIVE",
        "desiredCount": tasks,
        "runningCount": tasks,
        "pendingCount": 0,
        "launchType": "FARGATE",
        "platformVersion": "LATEST",
        "platformFamily": "Linux",
        "taskDefinition": task_definition,
        "deploymentConfiguration": {
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "maximumPercent": 200,
            "minimumHealthyPercent": 100,
            "strategy": "ROLLING",
            "bakeTimeInMinutes": 0,
        },
        "deployments": [
            {
                "id": f"ecs-svc/{member.number:019d}",
                "status": "PRIMARY",
                "taskDefinition": task_definition,
                "desiredCount": tasks,
                "pendingCount": 0,
                "runningCount": tasks,
                "failedTasks": 0,
                "createdAt": _CREATED,
                "updatedAt": _CREATED,
                "launchType": "FARGATE",
                "platformVersion": "1.4.0",
                "platformFamily": "Linux",
                "networkConfiguration": network,
                "rolloutState": "COMPLETED",
                "rolloutStateReason": f"ECS deployment ecs-svc/{member.number:019d} completed.",
            }
        ],
        "currentServiceRevisions": [
            {
                "arn": _arn("service-revision", f"{cluster}/{name}/{member.number:019d}"),
                "requestedTaskCount": tasks,
                "runningTaskCount": tasks,
                "pendingTaskCount": 0,
            }
        ],
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
        "events": [_event(member, number) for number in range(EVENTS_PER_SERVICE)],
        "createdAt": _CREATED,
        "placementConstraints": [],
        "placementStrategy": [],
        "networkConfiguration": network,
        "healthCheckGracePeriodSeconds": 60,
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "createdBy": f"arn:aws:iam::{ACCOUNT}:role/deployer",
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "availabilityZoneRebalancing": "ENABLED",
    }


def _event(member: Member, number: int) -> dict[str, Any]:
    sentences = (
        f"(service {member.service_name}) has reached a steady state.",
        f"(service {member.service_name}) has stopped 1 running tasks: (task {number:032x}).",
        f"(service {member.service_name}) deregistered 1 targets in (target-group {member.target_group_arn})",
        f"(service {member.service_name}) registered 1 targets in (target-group {member.target_group_arn})",
        f"(service {member.service_name}) has started 1 tasks: (task {number:032x}).",
    )
    return {
        "id": f"0a1b2c3d-4e5f-6071-8293-{member.number * EVENTS_PER_SERVICE + number:012x}",
        "createdAt": _CREATED - timedelta(minutes=37 * number),
        "message": sentences[number % len(sentences)],
    }


def _arn(kind: str, name: str) -> str:
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:{kind}/{name}"
