"""The addresses and ports under which ECS registers tasks in target groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scale_to_zero.aws.addresses import same_spelling
from scale_to_zero.model.observed import Target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskTypeDef

    from .facts import BalancedPort


def targets_of(
    tasks: Iterable[TaskTypeDef], ports: Iterable[BalancedPort], instance_ids: Mapping[str, str]
) -> frozenset[Target]:
    """Return the targets of these tasks, by the network mode of each task.

    A task with its own network interface (``awsvpc``) is registered by its address and the container's port;
    a task without one (``bridge``, ``host``) by its EC2 instance and the host's port.
    ``instance_ids``: the EC2 instance of each container instance. Raises ``KeyError`` if it is absent there.
    """
    return frozenset(target for task in tasks for port in ports for target in _targets(task, port, instance_ids))


def _targets(task: TaskTypeDef, port: BalancedPort, instance_ids: Mapping[str, str]) -> Iterator[Target]:
    addresses = set(_addresses(task))
    if addresses:
        for address in addresses:
            yield Target(address, port.container_port)
    elif "containerInstanceArn" in task and not _has_interface(task):
        instance_id = instance_ids[task["containerInstanceArn"]]
        for container in task.get("containers", []):
            if container.get("name") == port.container_name:
                for host_port in _host_ports(container, port.container_port):
                    yield Target(instance_id, host_port)


def _has_interface(task: TaskTypeDef) -> bool:
    # The interface is listed from the start, but it has no address before it is attached.
    return any(attachment.get("type") == "ElasticNetworkInterface" for attachment in task.get("attachments", []))


def _addresses(task: TaskTypeDef) -> Iterator[str]:
    for attachment in task.get("attachments", []):
        for detail in attachment.get("details", []):
            if detail.get("name") == "privateIPv4Address":
                yield detail["value"]
    for container in task.get("containers", []):
        for interface in container.get("networkInterfaces", []):
            if "privateIpv4Address" in interface:
                yield interface["privateIpv4Address"]
            if "ipv6Address" in interface:
                yield same_spelling(interface["ipv6Address"])


def _host_ports(container: ContainerTypeDef, container_port: int) -> Iterator[int]:
    bindings = container.get("networkBindings", [])
    if not bindings:  # in network mode ``host`` both ports are the same
        yield container_port
    for binding in bindings:
        if binding.get("containerPort") == container_port and "hostPort" in binding:
            yield binding["hostPort"]
