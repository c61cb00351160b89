"""The times of starting tasks, and the reasons why tasks stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from scale_to_zero.model.observed import TaskTimes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_ecs.type_defs import ContainerTypeDef, TaskTypeDef

REASONS: Final = 5
# Some reasons repeat whole answers of a registry; the important sentence comes first.
REASON_LENGTH: Final = 300
# The reason of a task that ECS stopped because the desired count was lowered, which is not a failure.
NO_FAILURE: Final = "Scaling activity initiated by"

FAR_FUTURE: Final = datetime.max.replace(tzinfo=UTC)
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


def task_times_of(tasks: Iterable[TaskTypeDef]) -> TaskTimes:
    """Return the times of the task that has progressed furthest, or first if several have; none without tasks."""
    times = [TaskTimes(task.get("createdAt"), task.get("pullStoppedAt"), task.get("startedAt")) for task in tasks]
    return min(times, key=lambda of_one: [instant or FAR_FUTURE for instant in reversed(of_one)], default=TaskTimes())


def stop_reasons_of(tasks: Iterable[TaskTypeDef]) -> tuple[str, ...]:
    """Return why tasks stopped: newest first, each reason once, at most five."""
    reasons = (_reason(task) for task in sorted(tasks, key=_stopped_at, reverse=True) if _task_has_failed(task))
    return tuple(dict.fromkeys(reason for reason in reasons if reason))[:REASONS]


def _task_has_failed(task: TaskTypeDef) -> bool:
    return not task.get("stoppedReason", "").startswith(NO_FAILURE)


def _stopped_at(task: TaskTypeDef) -> datetime:
    return task.get("stoppedAt") or task.get("stoppingAt") or task.get("createdAt") or LONG_AGO


def _reason(task: TaskTypeDef) -> str:
    said = " ".join(task.get("stoppedReason", "").split())
    of_containers = "; ".join(_of_containers(task.get("containers", []), said))
    whole = f"{said} ({of_containers})" if said and of_containers else said or of_containers
    return whole if len(whole) <= REASON_LENGTH else whole[: REASON_LENGTH - 1] + "…"


def _of_containers(containers: Iterable[ContainerTypeDef], said: str) -> Iterator[str]:
    for container in containers:
        reason = " ".join(container.get("reason", "").split())
        exit_code = container.get("exitCode")
        parts = [reason] if reason and reason != said else []
        parts += [f"exit code {exit_code}"] if exit_code else []
        if parts:
            yield f"{container.get('name', 'a container')}: {', '.join(parts)}"
