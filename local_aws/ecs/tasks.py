"""The calls that list and describe the world's tasks. Only the world starts and stops tasks here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException, ServiceNotFoundException
from moto.ecs.responses import EC2ContainerServiceResponse

from local_aws.api_call import AwsError
from local_aws.patching import Patches
from simulator.world import Task, TaskStatus, World

MOST_TASKS_DESCRIBED: Final = 100
"""The most tasks in one call of DescribeTasks, and in one answer of ListTasks (bc ecs)."""


def list_from_the_world(patches: Patches, world: World) -> None:
    """List the tasks with desired status RUNNING, or STOPPED if the call names it (bc ecs ListTasks.desiredStatus)."""

    def make(_moto: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
        def list_tasks(self: Any) -> ActionResult:
            request = self._get_params()
            _refuse_filters(request)
            cluster = self.ecs_backend._get_cluster(request.get("cluster", "default"))
            service = request.get("serviceName")
            name = service and service.split("/")[-1]
            if name and f"{cluster.name}:{name}" not in self.ecs_backend.services:
                raise ServiceNotFoundException
            desired = TaskStatus(request.get("desiredStatus", "RUNNING"))
            arns = [task_arn(self, task) for task in world.tasks(cluster.name, name, desired)]
            start, size = int(request.get("nextToken", 0)), int(request.get("maxResults", MOST_TASKS_DESCRIBED))
            page: dict[str, Any] = {"taskArns": arns[start : start + size]}
            if start + size < len(arns):
                page["nextToken"] = str(start + size)
            return ActionResult(page)

        return list_tasks

    patches.replace(EC2ContainerServiceResponse, "list_tasks", make)


def describe_from_the_world(patches: Patches, world: World) -> None:
    """Report a task's state, its times, its address and why it stopped, as AWS does until an hour after its end."""

    def make(_moto: Callable[..., ActionResult]) -> Callable[..., ActionResult]:
        def describe_tasks(self: Any) -> ActionResult:
            request = self._get_params()
            cluster = self.ecs_backend._get_cluster(request.get("cluster", "default"))
            wanted: Sequence[str] = request.get("tasks", [])
            if not wanted:
                raise InvalidParameterException("Tasks cannot be empty.")
            if len(wanted) > MOST_TASKS_DESCRIBED:
                raise InvalidParameterException("Tasks cannot have more than 100 elements.")
            tasks, failures = [], []
            for id_or_arn in wanted:
                task = world.task(id_or_arn.split("/")[-1])
                if task is None or task.cluster != cluster.name:
                    failures.append({"arn": id_or_arn, "reason": "MISSING"})
                else:
                    tasks.append(_described(self, cluster, task))
            return ActionResult({"tasks": tasks, "failures": failures})

        return describe_tasks

    patches.replace(EC2ContainerServiceResponse, "describe_tasks", make)


def _refuse_filters(request: Mapping[str, Any]) -> None:
    for name in ("containerInstance", "family", "launchType", "startedBy"):
        if name in request:
            raise AwsError("NotModelled", f"not modelled: ecs.ListTasks with {name}")


def task_arn(response: Any, task: Task) -> str:
    """Return the ARN of a task, in the account and region of a request."""
    return f"arn:aws:ecs:{response.region}:{response.current_account}:task/{task.cluster}/{task.id}"


def _described(response: Any, cluster: Any, task: Task) -> Mapping[str, Any]:
    definition = response.ecs_backend.describe_task_definition(task.task_definition)
    service = response.ecs_backend.services[f"{task.cluster}:{task.service}"]
    described = {
        "taskArn": task_arn(response, task),
        "clusterArn": cluster.arn,
        "taskDefinitionArn": task.task_definition,
        "group": f"service:{task.service}",
        "startedBy": task.deployment_id,
        "launchType": service.launch_type,
        "platformVersion": service.platform_version,
        "availabilityZone": f"{response.region}a",
        "connectivity": "CONNECTED",
        "cpu": definition.cpu,
        "memory": definition.memory,
        "lastStatus": task.last_status.value,
        "desiredStatus": task.desired_status.value,
        "healthStatus": "UNKNOWN",
        "createdAt": task.created_at,
        "pullStartedAt": task.pull_started_at,
        "pullStoppedAt": task.pull_stopped_at,
        "startedAt": task.started_at,
        "stoppingAt": task.stopping_at,
        "executionStoppedAt": task.execution_stopped_at,
        "stoppedAt": task.stopped_at,
        "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason,
        "attachments": [_network_interface(task)],
        "containers": [_container(task, container) for container in definition.container_definitions],
    }
    return {name: value for name, value in described.items() if value is not None}


def _network_interface(task: Task) -> Mapping[str, Any]:
    return {
        "id": f"eni-attachment-{task.id}",
        "type": "ElasticNetworkInterface",
        "status": "DELETED" if task.stopped_at else "ATTACHED",
        "details": [{"name": "privateIPv4Address", "value": task.ip}],
    }


def _container(task: Task, definition: Mapping[str, Any]) -> Mapping[str, Any]:
    container: dict[str, Any] = {
        "name": definition["name"],
        "image": definition["image"],
        "lastStatus": _container_status(task),
        "networkInterfaces": [{"privateIpv4Address": task.ip}],
    }
    if task.exit_code is not None:
        container["exitCode"] = task.exit_code
    if task.stop_code == "TaskFailedToStart":
        container["reason"] = task.stopped_reason
    return container


def _container_status(task: Task) -> str:
    if task.last_status in (TaskStatus.DEPROVISIONING, TaskStatus.STOPPED):
        return "STOPPED"
    return "RUNNING" if task.has_containers or task.last_status is TaskStatus.STOPPING else "PENDING"
