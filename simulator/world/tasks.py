"""Tasks, from PROVISIONING to STOPPED."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final, NamedTuple

from .faults import CrashesAfterStart, ImagePullFails, SlowStart, StartFault
from .target_groups import TargetGroups
from .timeline import Timeline


class TaskStatus(StrEnum):
    """The states of a task's life, with the API's names (ud ECS, task lifecycle)."""

    PROVISIONING = "PROVISIONING"
    PENDING = "PENDING"
    ACTIVATING = "ACTIVATING"
    RUNNING = "RUNNING"
    DEACTIVATING = "DEACTIVATING"
    STOPPING = "STOPPING"
    DEPROVISIONING = "DEPROVISIONING"
    STOPPED = "STOPPED"


STARTING: Final = frozenset({TaskStatus.PROVISIONING, TaskStatus.PENDING, TaskStatus.ACTIVATING})
_UP: Final = frozenset({TaskStatus.ACTIVATING, TaskStatus.RUNNING})


class TargetGroupBinding(NamedTuple):
    """One entry of a service's ``loadBalancers``: its tasks register at this group, with this container port.

    ``load_balancer_arn``: the load balancer that sends requests to the group, ``None`` if none does (yet).
    """

    load_balancer_arn: str | None
    target_group_arn: str
    port: int


@dataclass
class Task:
    """One task, with the field names of DescribeTasks. Only this module changes the fields."""

    id: str
    cluster: str
    service: str
    deployment_id: str
    task_definition: str
    ip: str
    bindings: tuple[TargetGroupBinding, ...]
    created_at: datetime
    last_status: TaskStatus = TaskStatus.PROVISIONING
    desired_status: TaskStatus = TaskStatus.RUNNING
    pull_started_at: datetime | None = None
    pull_stopped_at: datetime | None = None
    started_at: datetime | None = None
    stopping_at: datetime | None = None
    execution_stopped_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_code: str | None = None
    stopped_reason: str | None = None
    exit_code: int | None = None
    protected_until: datetime | None = None

    def is_protected(self, now: datetime) -> bool:
        """Return whether scale-in protection is on; it ends by itself."""
        return self.protected_until is not None and now < self.protected_until

    @property
    def wanted(self) -> bool:
        """Whether ECS wants the task to run (``desiredStatus``)."""
        return self.desired_status is TaskStatus.RUNNING

    @property
    def has_containers(self) -> bool:
        """Whether its containers are up and have not yet received the signal to end."""
        return self.last_status in _UP or self.last_status is TaskStatus.DEACTIVATING


class Tasks:
    """Every task; a stopped task is kept for an hour. ``on_change`` is called when a task runs or stops."""

    def __init__(self, timeline: Timeline, target_groups: TargetGroups) -> None:
        self._timeline = timeline
        self._target_groups = target_groups
        self._tasks: dict[str, Task] = {}
        self._by_service: defaultdict[tuple[str, str], dict[str, Task]] = defaultdict(dict)
        self._addresses = 0
        self.on_change: Callable[[Task], None] = lambda _task: None

    def all(self) -> Iterable[Task]:
        """Return every task, oldest first."""
        return self._tasks.values()

    def of(self, cluster: str, service: str) -> tuple[Task, ...]:
        """Return the tasks of one service, oldest first."""
        return tuple(self._by_service.get((cluster, service), {}).values())

    def get(self, task_id: str) -> Task | None:
        """Return one task, ``None`` if it never existed or is no longer kept."""
        return self._tasks.get(task_id)

    def start(
        self,
        cluster: str,
        service: str,
        deployment_id: str,
        task_definition: str,
        bindings: tuple[TargetGroupBinding, ...],
        fault: StartFault | None,
        passes_checks: bool,
    ) -> Task:
        """Start one task. ``fault``: what fails while it starts."""
        timeline = self._timeline
        task = Task(
            id=f"{timeline.random.getrandbits(128):032x}",
            cluster=cluster,
            service=service,
            deployment_id=deployment_id,
            task_definition=task_definition,
            ip=self._next_address(),
            bindings=bindings,
            created_at=timeline.now,
        )
        self._tasks[task.id] = task
        self._by_service[cluster, service][task.id] = task
        whole = timeline.about(timeline.timings.task_start)
        pull = whole * _PULL_SHARE + (fault.by if isinstance(fault, SlowStart) else timedelta(0))
        pull_starts = timeline.now + whole * (_PROVISIONING_SHARE + _PENDING_SHARE)
        self._step(task, timeline.now + whole * _PROVISIONING_SHARE, lambda: self._pend(task))
        self._step(task, pull_starts, lambda: self._pull(task))
        if isinstance(fault, ImagePullFails):
            self._step(task, pull_starts + pull, lambda: self._fail_to_start(task, fault))
            return task
        self._step(task, pull_starts + pull, lambda: self._activate(task, passes_checks))
        self._step(task, pull_starts + pull + whole * _ACTIVATING_SHARE, lambda: self._run(task, fault))
        return task

    def stop(self, task: Task, code: str, reason: str) -> None:
        """Stop a task as ECS does: deregister it, wait for the draining, send SIGTERM, release its address."""
        task.desired_status = TaskStatus.STOPPED
        task.stop_code, task.stopped_reason = code, reason
        if task.last_status not in _UP:
            task.stopping_at = self._timeline.now
            self._deprovision(task)
            return
        task.last_status = TaskStatus.DEACTIVATING
        self._deregister(task, when_gone=lambda: self._terminate(task))

    def die(self, task: Task, code: str, reason: str, exit_code: int | None) -> None:
        """End a task's containers, although ECS did not stop them."""
        if task.last_status not in _UP:
            return
        task.desired_status = TaskStatus.STOPPED
        task.stop_code, task.stopped_reason, task.exit_code = code, reason, exit_code
        task.stopping_at = task.execution_stopped_at = self._timeline.now
        self._target_groups.task_died(task.id)
        self._deregister(task, when_gone=lambda: None)
        self._deprovision(task)

    def _step(self, task: Task, instant: datetime, step: Callable[[], None]) -> None:
        self._timeline.at(instant, lambda: step() if task.wanted else None)

    def _pend(self, task: Task) -> None:
        task.last_status = TaskStatus.PENDING

    def _pull(self, task: Task) -> None:
        task.pull_started_at = self._timeline.now

    def _fail_to_start(self, task: Task, fault: ImagePullFails) -> None:
        self.stop(task, "TaskFailedToStart", fault.reason)

    def _activate(self, task: Task, passes_checks: bool) -> None:
        task.pull_stopped_at = self._timeline.now
        task.last_status = TaskStatus.ACTIVATING
        for binding in task.bindings:
            self._target_groups.register(binding.target_group_arn, task.ip, binding.port, task.id, passes_checks)

    def _run(self, task: Task, fault: StartFault | None) -> None:
        task.last_status = TaskStatus.RUNNING
        task.started_at = self._timeline.now
        if isinstance(fault, CrashesAfterStart):
            self._timeline.after(
                fault.after, lambda: self.die(task, "EssentialContainerExited", fault.reason, fault.exit_code)
            )
        self.on_change(task)

    def _deregister(self, task: Task, when_gone: Callable[[], None]) -> None:
        remaining = set(task.bindings)
        if not remaining:
            when_gone()

        def one_gone(binding: TargetGroupBinding) -> None:
            remaining.discard(binding)
            if not remaining:
                when_gone()

        for binding in tuple(remaining):
            self._target_groups.deregister(binding.target_group_arn, binding.port, task.id, partial(one_gone, binding))

    def _terminate(self, task: Task) -> None:
        timeline = self._timeline
        task.last_status = TaskStatus.STOPPING
        task.stopping_at = timeline.now
        timeline.after(timeline.about(timeline.timings.task_stop), lambda: self._end_execution(task))
        self.on_change(task)

    def _end_execution(self, task: Task) -> None:
        task.execution_stopped_at = self._timeline.now
        task.exit_code = 0
        self._target_groups.task_died(task.id)
        self._deprovision(task)

    def _deprovision(self, task: Task) -> None:
        timeline = self._timeline
        task.last_status = TaskStatus.DEPROVISIONING
        timeline.after(timeline.about(timeline.timings.deprovisioning), lambda: self._end(task))
        self.on_change(task)

    def _end(self, task: Task) -> None:
        task.last_status = TaskStatus.STOPPED
        task.stopped_at = self._timeline.now
        self._timeline.after(self._timeline.timings.stopped_tasks_kept, lambda: self._forget(task))
        self.on_change(task)

    def _forget(self, task: Task) -> None:
        del self._tasks[task.id]
        del self._by_service[task.cluster, task.service][task.id]

    def _next_address(self) -> str:
        self._addresses = self._addresses % _ADDRESSES + 1
        return f"10.0.{self._addresses // 250}.{self._addresses % 250 + 4}"


# AWS does not document how the time of a start is divided; pulling the image takes most of it.
_PROVISIONING_SHARE: Final = 0.2
_PENDING_SHARE: Final = 0.1
_PULL_SHARE: Final = 0.6
_ACTIVATING_SHARE: Final = 0.1
_ADDRESSES: Final = 60_000
