"""Services: each call that creates, changes, deletes or describes one also uses the world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException, ServiceNotFoundException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends

from local_aws.api_call import AwsError
from local_aws.patching import Patches
from simulator.world import (
    DeploymentDescription,
    NoSuchService,
    ServiceDescription,
    ServiceStatus,
    TargetGroupBinding,
    World,
)

from .service_revisions import current_revisions, gateway_ports
from .service_settings import deploying, save_all, save_changes

MOST_SERVICES_DESCRIBED: Final = 10
"""The most services in one call of DescribeServices (bc ecs DescribeServices)."""


def create_in_the_world(patches: Patches, world: World) -> None:
    """Start a new service's tasks, and refuse a taken name or a target group without a load balancer, as AWS does."""

    def make(moto: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
        def create_service(self: Any) -> ActionResult:
            request = self._get_params()
            bindings = _bindings(request.get("loadBalancers", []), self.current_account, self.region)
            _refuse_taken_name(world, request)
            _refuse_controllers(request)
            service = moto(self).result["service"]  # type: ignore[index]
            save_all(service, request)
            world.create_service(
                service.cluster_name,
                service.name,
                service.desired_count,
                bindings,
                task_definition=service.task_definition,
                health_check_grace=timedelta(seconds=service.health_check_grace_period_seconds),
                gateway_connectors=gateway_ports(service),
            )
            return ActionResult({"service": _shown(service, world)})

        return create_service

    patches.replace(EC2ContainerServiceResponse, "create_service", make)


def update_in_the_world(patches: Patches, world: World) -> None:
    """Begin a deployment, as AWS does, if a setting of tasks changes or if forced, not if only the count changes."""

    def make(moto: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
        def update_service(self: Any) -> ActionResult:
            request = self._get_params()
            if "loadBalancers" in request:
                raise AwsError("NotModelled", "not modelled: ecs.UpdateService with loadBalancers")
            known = _active(self.ecs_backend, world, request.get("cluster", "default"), request["service"])
            before = deploying(known)
            service = moto(self).result["service"]  # type: ignore[index]
            service.task_definition = self.ecs_backend.describe_task_definition(service.task_definition).arn
            save_changes(service, request)
            cluster, name = service.cluster_name, service.name
            world.set_health_check_grace(cluster, name, timedelta(seconds=service.health_check_grace_period_seconds))
            if "desiredCount" in request:
                world.set_desired_count(cluster, name, request["desiredCount"])
            if request.get("forceNewDeployment") or deploying(service) != before:
                world.start_deployment(cluster, name, service.task_definition, gateway_ports(service))
            return ActionResult({"service": _shown(service, world)})

        return update_service

    patches.replace(EC2ContainerServiceResponse, "update_service", make)


def delete_in_the_world(patches: Patches, world: World) -> None:
    """Drain a deleted service until its tasks are stopping, as AWS does; then it becomes INACTIVE."""

    def make(moto: Callable[..., Any]) -> Callable[..., Any]:
        def delete_service(self: Any, cluster_name: str, service_name: str, force: bool) -> Any:
            known = _active(self, world, cluster_name, service_name)
            _show(known, world)
            service = moto(self, cluster_name, known.name, force)
            world.delete_service(service.cluster_name, service.name, force=True)
            return _shown(service, world)

        return delete_service

    patches.replace(EC2ContainerServiceBackend, "delete_service", make)


def describe_from_the_world(patches: Patches, world: World) -> None:
    """Show running and starting tasks, deployments and events, as AWS does, of at most ten services in one call."""

    def make(moto: Callable[..., tuple[list[Any], list[Any]]]) -> Callable[..., tuple[list[Any], list[Any]]]:
        def describe_services(self: Any, cluster_str: str, names: Sequence[str]) -> tuple[list[Any], list[Any]]:
            if not names:
                raise InvalidParameterException("Services cannot be empty.")
            if len(names) > MOST_SERVICES_DESCRIBED:
                raise InvalidParameterException("Services cannot have more than 10 elements.")
            services, failures = moto(self, cluster_str, names)
            return [_shown(service, world) for service in services], failures

        return describe_services

    patches.replace(EC2ContainerServiceBackend, "describe_services", make)


def list_those_not_deleted(patches: Patches, world: World) -> None:
    """Leave draining and inactive services out of ListServices, as AWS does (bc ecs DeleteService)."""

    def make(moto: Callable[..., list[str]]) -> Callable[..., list[str]]:
        def list_services(self: Any, *args: Any, **kwargs: Any) -> list[str]:
            active = {service.arn for service in self.services.values() if _is_active(world, service)}
            return [arn for arn in moto(self, *args, **kwargs) if arn in active]

        return list_services

    patches.replace(EC2ContainerServiceBackend, "list_services", make)


def count_in_clusters(patches: Patches, world: World) -> None:
    """Count a cluster's active services, its running and its pending tasks, as AWS does."""

    def make(moto: Callable[..., tuple[list[Any], list[Any]]]) -> Callable[..., tuple[list[Any], list[Any]]]:
        def describe_clusters(self: Any, *args: Any, **kwargs: Any) -> tuple[list[Any], list[Any]]:
            clusters, failures = moto(self, *args, **kwargs)
            for cluster in clusters:
                services = [service for service in world.services() if service.cluster == cluster.name]
                cluster.active_services_count = sum(one.status is ServiceStatus.ACTIVE for one in services)
                cluster.running_tasks_count = sum(service.running for service in services)
                cluster.pending_tasks_count = sum(service.pending for service in services)
            return clusters, failures

        return describe_clusters

    patches.replace(EC2ContainerServiceBackend, "describe_clusters", make)


def _bindings(load_balancers: Sequence[Mapping[str, Any]], account: str, region: str) -> list[TargetGroupBinding]:
    bindings = []
    for one in load_balancers:
        if "targetGroupArn" not in one:
            raise AwsError("NotModelled", "not modelled: services behind a Classic Load Balancer")
        group = one["targetGroupArn"]
        bindings.append(TargetGroupBinding(_load_balancer(group, account, region), group, one["containerPort"]))
    return bindings


def _load_balancer(target_group_arn: str, account: str, region: str) -> str:
    group = elbv2_backends[account][region].target_groups.get(target_group_arn)
    if group is None:
        raise InvalidParameterException(f"Unable to retrieve target group {target_group_arn}.")
    if not group.load_balancer_arns:
        raise InvalidParameterException(
            f"The target group with targetGroupArn {target_group_arn} does not have an associated load balancer."
        )
    return str(group.load_balancer_arns[0])


def _refuse_taken_name(world: World, request: Mapping[str, Any]) -> None:
    cluster = request.get("cluster", "default").split("/")[-1]
    taken = {(service.cluster, service.name) for service in world.services()}
    if (cluster, request["serviceName"]) in taken:
        raise InvalidParameterException("Creation of service was not idempotent.")


def _refuse_controllers(request: Mapping[str, Any]) -> None:
    controller = request.get("deploymentController", {}).get("type", "ECS")
    if controller != "ECS":
        raise AwsError("NotModelled", f"not modelled: deployment controller {controller}")


def _active(backend: Any, world: World, cluster: str, name_or_arn: str) -> Any:
    service = backend._get_service(cluster, name_or_arn)
    if not _is_active(world, service):
        raise ServiceNotActive
    return service


def _is_active(world: World, service: Any) -> bool:
    try:
        return world.describe_service(service.cluster_name, service.name).status is ServiceStatus.ACTIVE
    except NoSuchService as missing:
        raise ServiceNotFoundException from missing


class ServiceNotActive(InvalidParameterException):
    """The error for a deleted service (bc ecs ServiceNotActiveException)."""

    code = "ServiceNotActiveException"

    def __init__(self) -> None:
        super().__init__("Service was not ACTIVE.")


def _shown(service: Any, world: World) -> Any:
    _show(service, world)
    return service


def _show(service: Any, world: World) -> None:
    seen = world.describe_service(service.cluster_name, service.name)
    service.status = seen.status.value
    service.desired_count = seen.desired
    service.running_count = seen.running
    service.pending_count = seen.pending
    service.created_at = seen.created_at
    service.deployments = [_deployment(service, deployment) for deployment in seen.deployments]
    service.events = _events(seen)
    service.current_service_revisions = current_revisions(service, seen)


def _events(seen: ServiceDescription) -> list[Mapping[str, Any]]:
    return [{"id": event.id, "createdAt": event.created_at, "message": event.message} for event in seen.events]


def _deployment(service: Any, deployment: DeploymentDescription) -> Mapping[str, Any]:
    return {
        "id": deployment.id,
        "status": deployment.status,
        "taskDefinition": deployment.task_definition,
        "desiredCount": deployment.desired,
        "runningCount": deployment.running,
        "pendingCount": deployment.pending,
        "failedTasks": deployment.failed_tasks,
        "createdAt": deployment.created_at,
        "updatedAt": deployment.updated_at,
        "rolloutState": deployment.rollout_state.value,
        "rolloutStateReason": deployment.rollout_state_reason,
        "launchType": service.launch_type,
        "platformVersion": service.platform_version,
        "networkConfiguration": service.network_configuration,
        "serviceConnectConfiguration": service.service_connect_configuration,
        "vpcLatticeConfigurations": service.vpc_lattice_configurations,
    }
