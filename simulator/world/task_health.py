"""What the target groups say of one task."""

from __future__ import annotations

from .target_groups import TargetGroups, TargetState
from .tasks import Task, TaskStatus


def group_where_unhealthy(task: Task, target_groups: TargetGroups) -> str | None:
    """Return the first target group in which a task is unhealthy, ``None`` if there is none."""
    for binding in task.bindings:
        for target in target_groups.health(binding.target_group_arn):
            if target.task_id == task.id and target.state is TargetState.UNHEALTHY:
                return binding.target_group_arn
    return None


def is_ready(task: Task, target_groups: TargetGroups) -> bool:
    """Return whether a task runs, and is healthy in every target group that a load balancer sends requests to."""
    if task.last_status is not TaskStatus.RUNNING:
        return False
    return all(
        target.state in (TargetState.HEALTHY, TargetState.UNUSED)
        for binding in task.bindings
        for target in target_groups.health(binding.target_group_arn)
        if target.task_id == task.id
    )
