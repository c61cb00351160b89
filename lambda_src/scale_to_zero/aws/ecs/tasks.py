"""The calls of Amazon ECS about the tasks of one service; each raises ``CallFailed``."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from scale_to_zero.aws.batches import in_batches
from scale_to_zero.aws.errors import explained
from scale_to_zero.model.errors import CallFailed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mypy_boto3_ecs.literals import DesiredStatusType
    from mypy_boto3_ecs.type_defs import FailureTypeDef, ProtectedTaskTypeDef, TaskTypeDef

    from scale_to_zero.aws.clients import Clients
    from scale_to_zero.model.configured import ServiceName

LIST: Final = "ecs:ListTasks"
DESCRIBE: Final = "ecs:DescribeTasks"
PROTECTION: Final = "ecs:GetTaskProtection"

# Limits of the API reference: DescribeTasks and GetTaskProtection, DescribeContainerInstances.
TASKS_PER_CALL: Final = 100
INSTANCES_PER_CALL: Final = 100
# A service that keeps failing leaves many stopped tasks in an hour; this many are enough to show the cause.
STOPPED_TASKS: Final = 300


class TaskCalls:
    """Lists and describes tasks."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def wanted(self, name: ServiceName) -> list[TaskTypeDef]:
        """Describe the tasks that ECS wants running."""
        # Between the two calls ECS may have begun to stop a task.
        return [task for task in self._described(name, self._arns(name, "RUNNING")) if _is_wanted(task)]

    def stopped(self, name: ServiceName) -> list[TaskTypeDef]:
        """Describe the tasks that ECS stops or that stopped by themselves, as far as ECS still shows them."""
        return self._described(name, islice(self._arns(name, "STOPPED"), STOPPED_TASKS))

    def any_protected(self, name: ServiceName, now: datetime) -> bool:
        """Return whether any task has scale-in protection now."""
        for batch in in_batches(self._arns(name, "RUNNING"), TASKS_PER_CALL):
            with explained(PROTECTION, str(name)):
                response = self._clients.ecs.get_task_protection(cluster=name.cluster_name, tasks=batch)
            _refuse_failures(PROTECTION, name, response.get("failures", []))
            if any(_is_protected(task, now) for task in response.get("protectedTasks", [])):
                return True
        return False

    def instance_ids(self, cluster_name: str, tasks: Iterable[TaskTypeDef]) -> dict[str, str]:
        """Read the EC2 instance ID of each container instance; none if the tasks run on no container instance."""
        arns = [task["containerInstanceArn"] for task in tasks if "containerInstanceArn" in task]
        instance_ids: dict[str, str] = {}
        for batch in in_batches(arns, INSTANCES_PER_CALL):
            with explained("ecs:DescribeContainerInstances", f"cluster {cluster_name}"):
                response = self._clients.ecs.describe_container_instances(
                    cluster=cluster_name, containerInstances=batch
                )
                for instance in response.get("containerInstances", []):
                    instance_ids[instance["containerInstanceArn"]] = instance["ec2InstanceId"]
        return instance_ids

    def _arns(self, name: ServiceName, desired: DesiredStatusType) -> Iterable[str]:
        pages = self._clients.ecs.get_paginator("list_tasks").paginate(
            cluster=name.cluster_name, serviceName=name.service_name, desiredStatus=desired
        )
        with explained(LIST, str(name)):
            for page in pages:
                yield from page["taskArns"]

    def _described(self, name: ServiceName, arns: Iterable[str]) -> list[TaskTypeDef]:
        tasks: list[TaskTypeDef] = []
        for batch in in_batches(arns, TASKS_PER_CALL):
            with explained(DESCRIBE, str(name)):
                response = self._clients.ecs.describe_tasks(cluster=name.cluster_name, tasks=batch)
            _refuse_failures(DESCRIBE, name, response.get("failures", []))
            tasks.extend(response.get("tasks", []))
        return tasks


def _is_wanted(task: TaskTypeDef) -> bool:
    return task.get("desiredStatus") == "RUNNING"


def _is_protected(task: ProtectedTaskTypeDef, now: datetime) -> bool:
    expires = task.get("expirationDate")
    return task.get("protectionEnabled", False) and (expires is None or expires > now)


def _refuse_failures(operation: str, name: ServiceName, failures: Iterable[FailureTypeDef]) -> None:
    # A missing task stopped after it was listed, and ECS no longer shows it.
    for failure in failures:
        if failure.get("reason") != "MISSING":
            raise CallFailed(f"{operation} of {name} failed: {failure.get('reason', 'no reason')}")
