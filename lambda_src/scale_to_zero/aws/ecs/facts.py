"""The facts in an answer of ``DescribeServices``; the rest is dropped, since a tick reads many large answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from scale_to_zero.model.observed import TARGET_GROUP, ServiceFacts, TrafficSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_ecs.type_defs import (
        DeploymentTypeDef,
        LoadBalancerTypeDef,
        ServiceEventTypeDef,
        ServiceRegistryTypeDef,
        ServiceTypeDef,
        TaskSetTypeDef,
        VpcLatticeConfigurationTypeDef,
    )

CLASSIC_LOAD_BALANCER: Final = "classic load balancer"
CLOUD_MAP: Final = "Cloud Map registry"
SERVICE_CONNECT: Final = "Service Connect endpoint"
LATTICE_TARGET_GROUP: Final = "VPC Lattice target group"
REVISIONS_DESCRIBED_FROM: Final = datetime(2024, 10, 25, tzinfo=UTC)
"""ECS cannot describe service revisions created before this date (API reference, DescribeServiceRevisions)."""


class BalancedPort(NamedTuple):
    """A container's port to which a load balancer sends requests."""

    container_name: str
    container_port: int


def facts_of(service: ServiceTypeDef) -> ServiceFacts:
    """Reduce the description of one service to its facts.

    Raises ``KeyError`` if a count, the status or the ARN of a revision is absent.
    """
    event = _newest_event(service)
    return ServiceFacts(
        status=service["status"],
        scheduling_strategy=service["schedulingStrategy"],
        desired=service["desiredCount"],
        running=service["runningCount"],
        deployment_running=_deployment_running(service),
        deployed_at=_deployed_at(service),
        traffic_sources=frozenset(_traffic_sources(service)),
        live_target_groups=frozenset(_live_target_groups(service)),
        health_check_grace=timedelta(seconds=service.get("healthCheckGracePeriodSeconds") or 0),
        newest_event=event.get("message", "") if event else "",
        newest_event_at=event["createdAt"] if event else None,
        revisions=_revisions(service),
    )


def balanced_ports_of(service: ServiceTypeDef) -> frozenset[BalancedPort]:
    """Return the container ports that ECS registers in target groups, for the service and its task sets."""
    return frozenset(
        BalancedPort(balancer["containerName"], balancer["containerPort"])
        for balancer in _load_balancers(service)
        if "containerName" in balancer and "containerPort" in balancer
    )


def _deployment_running(service: ServiceTypeDef) -> bool:
    """Return whether tasks are being replaced: the newest deployment is in progress, or an older one still runs tasks.

    ECS can list an old deployment without tasks for days (medplum/medplum#10256). It does not count, because the tasks
    that it still tries to start serve no request. The newest task set counts: it may become PRIMARY later.
    """
    deployments = service.get("deployments", [])
    in_progress = any(
        deployment.get("status") == "PRIMARY" and deployment.get("rolloutState") == "IN_PROGRESS"
        for deployment in deployments
    )
    older = [one for one in deployments if one.get("status") != "PRIMARY"]
    second = [one for one in service.get("taskSets", []) if one.get("status") != "PRIMARY"]
    newest = max((one["createdAt"] for one in service.get("taskSets", []) if "createdAt" in one), default=None)
    is_deployed = any(one.get("createdAt") == newest and _wants_tasks(one) for one in second)
    both: list[DeploymentTypeDef | TaskSetTypeDef] = [*older, *second]
    return in_progress or is_deployed or any(_runs_tasks(one) for one in both)


def _runs_tasks(one: DeploymentTypeDef | TaskSetTypeDef) -> bool:
    # A count that ECS does not show must not be treated as zero.
    return "runningCount" not in one or one["runningCount"] > 0


def _wants_tasks(one: TaskSetTypeDef) -> bool:
    return one.get("pendingCount", 0) > 0 or one.get("computedDesiredCount", 0) > 0


def _deployed_at(service: ServiceTypeDef) -> datetime | None:
    # If deployments consist of task sets, each deployment begins with a new task set, which becomes PRIMARY at its end.
    primary = [one for one in service.get("deployments", []) if one.get("status") == "PRIMARY"]
    both: list[DeploymentTypeDef | TaskSetTypeDef] = [*primary, *service.get("taskSets", [])]
    return max((one["createdAt"].astimezone(UTC) for one in both if "createdAt" in one), default=None)


def _newest_event(service: ServiceTypeDef) -> ServiceEventTypeDef | None:
    # ECS lists the newest event first, but its documentation does not guarantee this.
    dated = [event for event in service.get("events", []) if "createdAt" in event]
    return max(dated, key=lambda event: event["createdAt"], default=None)


def _revisions(service: ServiceTypeDef) -> frozenset[str]:
    # A revision is never newer than its deployment. Revisions that ECS cannot describe are older than ECS Gateway
    # (2026), so they have no gateway connector.
    begun = [deployment.get("createdAt") for deployment in service.get("deployments", [])]
    if begun and all(at is not None and at < REVISIONS_DESCRIBED_FROM for at in begun):
        return frozenset()
    return frozenset(revision["arn"] for revision in service.get("currentServiceRevisions", []))


def _traffic_sources(service: ServiceTypeDef) -> Iterator[TrafficSource]:
    for balancer in _load_balancers(service):
        yield from _load_balancer_sources(balancer)
    for registry in _registries(service):
        yield TrafficSource(CLOUD_MAP, registry.get("registryArn", ""))
    for deployment in service.get("deployments", []):
        yield from _service_connect_sources(deployment)
        for lattice in deployment.get("vpcLatticeConfigurations", []):
            yield from _lattice_sources(lattice)


def _live_target_groups(service: ServiceTypeDef) -> Iterator[frozenset[str]]:
    # If deployments consist of task sets, the primary one has the traffic; the service's own entry can be outdated.
    primary = [task_set for task_set in service.get("taskSets", []) if task_set.get("status") == "PRIMARY"]
    owners: Sequence[ServiceTypeDef | TaskSetTypeDef] = primary or [service]
    for owner in owners:
        for balancer in owner.get("loadBalancers", []):
            alternatives = frozenset(
                traffic_source.name
                for traffic_source in _load_balancer_sources(balancer)
                if traffic_source.kind == TARGET_GROUP
            )
            if alternatives:
                yield alternatives


def _load_balancers(service: ServiceTypeDef) -> Iterator[LoadBalancerTypeDef]:
    yield from service.get("loadBalancers", [])
    for task_set in service.get("taskSets", []):
        yield from task_set.get("loadBalancers", [])


def _registries(service: ServiceTypeDef) -> Iterator[ServiceRegistryTypeDef]:
    yield from service.get("serviceRegistries", [])
    for task_set in service.get("taskSets", []):
        yield from task_set.get("serviceRegistries", [])


def _load_balancer_sources(balancer: LoadBalancerTypeDef) -> Iterator[TrafficSource]:
    if "targetGroupArn" in balancer:
        yield TrafficSource(TARGET_GROUP, balancer["targetGroupArn"])
    alternate = balancer.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
    if alternate:
        yield TrafficSource(TARGET_GROUP, alternate)
    if "loadBalancerName" in balancer:
        yield TrafficSource(CLASSIC_LOAD_BALANCER, balancer["loadBalancerName"])


def _service_connect_sources(deployment: DeploymentTypeDef) -> Iterator[TrafficSource]:
    # Without ``services`` it is only a client: it reaches other services, but no service reaches it.
    configuration = deployment.get("serviceConnectConfiguration")
    if configuration and configuration.get("enabled"):
        for offered in configuration.get("services", []):
            yield TrafficSource(SERVICE_CONNECT, offered.get("discoveryName") or offered.get("portName", ""))


def _lattice_sources(configuration: VpcLatticeConfigurationTypeDef) -> Iterator[TrafficSource]:
    alternate = configuration.get("advancedConfiguration", {}).get("alternateTargetGroupArn")
    for arn in (configuration.get("targetGroupArn"), alternate):
        if arn:
            yield TrafficSource(LATTICE_TARGET_GROUP, arn)
