"""Service revisions: what each deployment of a service deploys (bc ecs DescribeServiceRevisions).

The world keeps only the revisions of the present deployments. AWS still describes earlier ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.responses import EC2ContainerServiceResponse

from local_aws.patching import Patches
from simulator.world import DeploymentDescription, NoSuchService, ServiceDescription, ServiceStatus, World

MOST_REVISIONS_DESCRIBED: Final = 20


def gateway_ports(service: Any) -> list[str]:
    """Return the ports of the gateway connectors that a service was created or updated with."""
    return [connector["portName"] for connector in service.gateway_connectors]


def current_revisions(service: Any, seen: ServiceDescription) -> list[Mapping[str, Any]]:
    """Return the revisions of a service's deployments, as DescribeServices lists them."""
    return [
        {
            "arn": _arn(service.arn, deployment),
            "requestedTaskCount": deployment.desired,
            "runningTaskCount": deployment.running,
            "pendingTaskCount": deployment.pending,
        }
        for deployment in seen.deployments
    ]


def describe_from_the_world(patches: Patches, world: World) -> None:
    """Describe revisions as AWS does, at most twenty in one call. No other call shows the gateway connectors."""

    def make(_moto: None) -> Callable[..., ActionResult]:
        def describe_service_revisions(self: Any) -> ActionResult:
            wanted = self._get_params().get("serviceRevisionArns") or []
            if not wanted:
                raise InvalidParameterException("Service revision ARNs cannot be empty.")
            if len(wanted) > MOST_REVISIONS_DESCRIBED:
                raise InvalidParameterException("Service revision ARNs cannot have more than 20 elements.")
            found = {arn: revision for arn in wanted for revision in _revisions(self, world, arn)}
            missing = [{"arn": arn, "reason": "MISSING"} for arn in wanted if arn not in found]
            return ActionResult({"serviceRevisions": list(found.values()), "failures": missing})

        return describe_service_revisions

    patches.replace(EC2ContainerServiceResponse, "describe_service_revisions", make)


def _revisions(response: Any, world: World, arn: str) -> Iterator[Mapping[str, Any]]:
    """Yield the revision with this ARN, if a present deployment has it."""
    prefix, _, path = arn.partition(":service-revision/")
    cluster, _, rest = path.partition("/")
    name = rest.partition("/")[0]
    service_arn = f"{prefix}:service/{cluster}/{name}"
    try:
        seen = world.describe_service(cluster, name)
    except NoSuchService:
        return
    if seen.status is ServiceStatus.INACTIVE:
        # AWS refuses the whole call. The message is quoted in tests of the AWS CLI, whose service monitor handles it.
        raise InvalidParameterException("Cannot call DescribeServiceRevisions for a service that is INACTIVE")
    for deployment in seen.deployments:
        if _arn(service_arn, deployment) == arn:
            yield {
                "serviceRevisionArn": arn,
                "serviceArn": service_arn,
                "clusterArn": response.ecs_backend._get_cluster(cluster).arn,
                "taskDefinition": deployment.task_definition,
                "createdAt": deployment.created_at,
                "gatewayConnectors": [{"portName": port} for port in deployment.gateway_connectors],
            }


def _arn(service_arn: str, deployment: DeploymentDescription) -> str:
    return f"{service_arn.replace(':service/', ':service-revision/')}/{deployment.revision}"
