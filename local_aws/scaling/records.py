"""moto's records of scalable targets, policies and scheduled actions, and the ECS services that they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar

from local_aws.api_call import AwsError
from simulator.world import World

NAMESPACE: Final = "ecs"
DIMENSION: Final = "ecs:service:DesiredCount"
MOST_DESCRIBED: Final = 50
"""How many records an answer has at most (bc application-autoscaling, MaxResults of each Describe call)."""

Record = TypeVar("Record")


class ScaledService(NamedTuple):
    """The ECS service that a scalable target is for."""

    cluster: str
    name: str


def service_of(request: Mapping[str, Any]) -> ScaledService:
    """Return the service that a request names. Raises ``AwsError`` unless it names the desired count of one."""
    if request["ServiceNamespace"] != NAMESPACE:
        raise AwsError("NotModelled", f"not modelled: scalable targets in {request['ServiceNamespace']}")
    kind, _, path = request["ResourceId"].partition("/")
    cluster, _, name = path.partition("/")
    if request["ScalableDimension"] != DIMENSION or kind != "service" or not name or "/" in name:
        message = "Unsupported service namespace, resource type or scalable dimension"
        raise AwsError("ValidationException", message)
    return ScaledService(cluster, name)


def without_target(request: Mapping[str, Any]) -> AwsError:
    """Return the error for a call that needs a scalable target."""
    return not_found("scalable target", request)


def not_found(what: str, request: Mapping[str, Any]) -> AwsError:
    """Return the error for something that does not exist."""
    of = f"service namespace: {request['ServiceNamespace']}, resource ID: {request['ResourceId']}"
    dimension = f"scalable dimension: {request['ScalableDimension']}"
    return AwsError("ObjectNotFoundException", f"No {what} found for {of}, {dimension}")


def agree_with_the_world(backend: Any, world: World) -> None:
    """Make moto's records equal to the world's: scheduled actions change bounds, a deleted service loses its target."""
    targets = backend.targets.get(DIMENSION, {})
    for resource_id, record in list(targets.items()):
        cluster, name = resource_id.split("/")[1:]
        target = world.scaling.target(cluster, name)
        if target is None:
            del targets[resource_id]
            forget(backend, resource_id)
            continue
        record.min_capacity, record.max_capacity = target.minimum, target.maximum
        record.suspended_state = {
            "DynamicScalingInSuspended": target.suspended.scale_in,
            "DynamicScalingOutSuspended": target.suspended.scale_out,
            "ScheduledScalingSuspended": target.suspended.scheduled,
        }


def forget(backend: Any, resource_id: str) -> None:
    """Delete the policies, with their alarms, and the scheduled actions of a scalable target."""
    for key, policy in list(backend.policies.items()):
        if policy.resource_id == resource_id:
            policy.delete_alarms(backend.account_id, backend.region_name)
            del backend.policies[key]
    backend.scheduled_actions = [one for one in backend.scheduled_actions if one.resource_id != resource_id]


def named(records: Sequence[Record], request: Mapping[str, Any], names: str, attribute: str) -> list[Record]:
    """Return the records that a Describe request asks for. ``names``: its parameter with the wanted names, if any."""
    wanted = request.get(names)
    same = (
        ("ServiceNamespace", "service_namespace"),
        ("ResourceId", "resource_id"),
        ("ScalableDimension", "scalable_dimension"),
    )
    return [
        record
        for record in records
        if all(request.get(key) in (None, getattr(record, attribute)) for key, attribute in same)
        and (not wanted or getattr(record, attribute) in wanted)
    ]


def page(records: Sequence[Record], request: Mapping[str, Any]) -> tuple[Sequence[Record], dict[str, str]]:
    """Return one page of records, and the answer's NextToken if there are more; moto repeats the second page."""
    start = int(request.get("NextToken") or 0)
    end = start + int(request.get("MaxResults") or MOST_DESCRIBED)
    return records[start:end], {"NextToken": str(end)} if end < len(records) else {}
