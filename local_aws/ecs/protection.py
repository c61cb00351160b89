"""Scale-in protection of tasks, kept in the world (bc ecs GetTaskProtection, UpdateTaskProtection)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.responses import EC2ContainerServiceResponse

from local_aws.patching import Patches
from simulator.world import Task, TaskStatus, World

from .tasks import task_arn

MOST_TASKS_READ: Final = 100
MOST_TASKS_CHANGED: Final = 10

DEFAULT_MINUTES: Final = 120
LONGEST_MINUTES: Final = 2_880


def read_from_the_world(patches: Patches, world: World) -> None:
    """Report for each task whether and until when it is protected, as AWS does; an unknown task is reported missing."""

    def make(_moto: None) -> Callable[..., ActionResult]:
        def get_task_protection(self: Any) -> ActionResult:
            known, failures = _find(self, world, MOST_TASKS_READ)
            return ActionResult({"protectedTasks": [_shown(self, task, world) for task in known], "failures": failures})

        return get_task_protection

    patches.replace(EC2ContainerServiceResponse, "get_task_protection", make)


def change_in_the_world(patches: Patches, world: World) -> None:
    """Protect running tasks of services for two hours, or for the minutes in the call, as AWS does."""

    def make(_moto: None) -> Callable[..., ActionResult]:
        def update_task_protection(self: Any) -> ActionResult:
            request = self._get_params()
            minutes = request.get("expiresInMinutes", DEFAULT_MINUTES)
            if not 1 <= minutes <= LONGEST_MINUTES:
                raise InvalidParameterException(f"expiresInMinutes must be between 1 and {LONGEST_MINUTES}.")
            known, failures = _find(self, world, MOST_TASKS_CHANGED)
            until = world.now + timedelta(minutes=minutes) if request["protectionEnabled"] else None
            changed = []
            for task in known:
                if task.last_status is TaskStatus.RUNNING:
                    world.protect_task(task.id, until)
                    changed.append(_shown(self, task, world))
                else:
                    failures.append({"arn": task_arn(self, task), "reason": "TASK_NOT_VALID"})
            return ActionResult({"protectedTasks": changed, "failures": failures})

        return update_task_protection

    patches.replace(EC2ContainerServiceResponse, "update_task_protection", make)


def _find(response: Any, world: World, most: int) -> tuple[list[Task], list[Mapping[str, Any]]]:
    request = response._get_params()
    cluster = response.ecs_backend._get_cluster(request.get("cluster", "default"))
    wanted = request.get("tasks") or []
    if not wanted:
        raise InvalidParameterException("Tasks cannot be empty.")
    if len(wanted) > most:
        raise InvalidParameterException(f"Tasks cannot have more than {most} elements.")
    known: list[Task] = []
    failures: list[Mapping[str, Any]] = []
    for id_or_arn in wanted:
        task = world.task(id_or_arn.split("/")[-1])
        if task is None or task.cluster != cluster.name:
            failures.append({"arn": id_or_arn, "reason": "MISSING"})
        else:
            known.append(task)
    return known, failures


def _shown(response: Any, task: Task, world: World) -> Mapping[str, Any]:
    protected = task.is_protected(world.now)
    expires = {"expirationDate": task.protected_until} if protected else {}
    return {"taskArn": task_arn(response, task), "protectionEnabled": protected, **expires}
