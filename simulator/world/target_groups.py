"""Target groups and the health of their targets, as Elastic Load Balancing shows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from .timeline import Timeline


class TargetState(StrEnum):
    """The states of a target, with the API's names."""

    UNUSED = "unused"
    INITIAL = "initial"
    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    DRAINING = "draining"


_REASONS: Final = {
    TargetState.UNUSED: ("Target.NotInUse", "Target group is not configured to receive traffic from the load balancer"),
    TargetState.INITIAL: ("Elb.InitialHealthChecking", "Initial health checks in progress"),
    TargetState.HEALTHY: (None, None),
    TargetState.UNHEALTHY: ("Target.FailedHealthChecks", "Health checks failed"),
    TargetState.DRAINING: ("Target.DeregistrationInProgress", "Target deregistration is in progress"),
}


class TargetHealth(NamedTuple):
    """One target as DescribeTargetHealth shows it, and the task behind it.

    ``answers``: whether the task's application answers requests. A task that has just died does not answer, even
    while its target is still reported healthy.
    """

    ip: str
    port: int
    task_id: str
    state: TargetState
    answers: bool

    @property
    def reason(self) -> str | None:
        """ELB's reason code, ``None`` for a healthy target."""
        return _REASONS[self.state][0]

    @property
    def description(self) -> str | None:
        """ELB's reason in words, ``None`` for a healthy target."""
        return _REASONS[self.state][1]


@dataclass
class _Target:
    ip: str
    port: int
    task_id: str
    passes_checks: bool
    state: TargetState = TargetState.INITIAL
    alive: bool = True
    checks_begun: int = 0

    def health(self) -> TargetHealth:
        answers = self.alive and self.passes_checks and self.state is not TargetState.INITIAL
        return TargetHealth(self.ip, self.port, self.task_id, self.state, answers)


@dataclass
class _Group:
    deregistration: timedelta
    load_balancer_arn: str | None = None
    targets: list[_Target] = field(default_factory=list)
    picked: int = 0


class TargetGroups:
    """Every target group. ``on_health_change`` is called with a task's id when its target becomes (un)healthy."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._groups: dict[str, _Group] = {}
        self.on_health_change: Callable[[str], None] = lambda _task_id: None

    @property
    def arns(self) -> tuple[str, ...]:
        """The ARN of every target group."""
        return tuple(self._groups)

    def load_balancer(self, arn: str) -> str | None:
        """Return the load balancer that a target group belongs to, ``None`` if it belongs to none."""
        return self._group(arn).load_balancer_arn

    def configure(self, arn: str, deregistration: timedelta) -> None:
        """Set the deregistration delay; it applies to later deregistrations."""
        self._group(arn).deregistration = deregistration

    def attach(self, arn: str, load_balancer_arn: str | None) -> None:
        """Set the load balancer that sends requests to the group; with ``None`` the group's targets are unused."""
        group = self._group(arn)
        if group.load_balancer_arn == load_balancer_arn:
            return
        group.load_balancer_arn = load_balancer_arn
        for target in group.targets:
            if target.state is not TargetState.DRAINING:
                self._begin(group, target)

    def forget(self, arn: str) -> None:
        """Delete a target group with all its targets."""
        self._groups.pop(arn, None)

    def register(self, arn: str, ip: str, port: int, task_id: str, passes_checks: bool) -> None:
        """Add a task's address to the group."""
        target = _Target(ip, port, task_id, passes_checks)
        group = self._group(arn)
        group.targets.append(target)
        self._begin(group, target)

    def set_passes_checks(self, task_id: str, passes_checks: bool) -> None:
        """Let a task pass or fail its health checks from now on; its state changes after the usual number of checks."""
        for group in self._groups.values():
            for target in group.targets:
                if target.task_id == task_id and target.passes_checks is not passes_checks:
                    target.passes_checks = passes_checks
                    if target.state in (TargetState.HEALTHY, TargetState.UNHEALTHY):
                        self._check(target)

    def task_died(self, task_id: str) -> None:
        """Record that a task's address no longer answers; its health checks have not noticed yet."""
        for group in self._groups.values():
            for target in group.targets:
                if target.task_id == task_id:
                    target.alive = False

    def deregister(self, arn: str, port: int, task_id: str, when_gone: Callable[[], None]) -> None:
        """Remove a task: its target is unchanged for a moment, then drains, then is gone."""
        group = self._group(arn)
        target = next((one for one in group.targets if (one.task_id, one.port) == (task_id, port)), None)
        if target is None:
            when_gone()
            return
        if group.load_balancer_arn is None:
            self._remove(group, target, when_gone)
            return
        timings = self._timeline.timings
        self._timeline.after(
            self._timeline.about(timings.target_stays_healthy), lambda: self._drain(group, target, when_gone)
        )

    def health(self, arn: str) -> tuple[TargetHealth, ...]:
        """Return every target of the group, including draining ones."""
        group = self._groups.get(arn)
        return tuple(target.health() for target in group.targets) if group else ()

    def states(self, arn: str) -> list[TargetState]:
        """Return the state of every target of the group, including draining ones."""
        group = self._groups.get(arn)
        return [target.state for target in group.targets] if group else []

    def pick(self, load_balancer_arn: str, arn: str) -> TargetHealth | None:
        """Choose a target for a request: healthy targets in turn, or, as ELB fails open, targets that are not healthy.

        ``None`` if no target is registered, or the group does not belong to this load balancer.
        """
        group = self._groups.get(arn)
        if group is None or group.load_balancer_arn != load_balancer_arn:
            return None
        healthy = [target for target in group.targets if target.state is TargetState.HEALTHY]
        candidates = healthy or [target for target in group.targets if target.state is not TargetState.DRAINING]
        if not candidates:
            return None
        group.picked += 1
        return candidates[group.picked % len(candidates)].health()

    def _group(self, arn: str) -> _Group:
        group = self._groups.get(arn)
        if group is None:
            group = self._groups[arn] = _Group(self._timeline.timings.deregistration)
        return group

    def _begin(self, group: _Group, target: _Target) -> None:
        # Only targets that a load balancer uses are checked (ud ELB, target health status).
        target.checks_begun += 1
        target.state = TargetState.UNUSED
        if group.load_balancer_arn is not None:
            target.state = TargetState.INITIAL
            self._check(target)

    def _check(self, target: _Target) -> None:
        target.checks_begun += 1
        this_check = target.checks_begun
        timings = self._timeline.timings
        self._timeline.after(self._timeline.about(timings.health_check), lambda: self._end_check(target, this_check))

    def _end_check(self, target: _Target, this_check: int) -> None:
        if target.checks_begun != this_check or target.state is TargetState.DRAINING:
            return
        target.state = TargetState.HEALTHY if target.passes_checks else TargetState.UNHEALTHY
        self.on_health_change(target.task_id)

    def _drain(self, group: _Group, target: _Target, when_gone: Callable[[], None]) -> None:
        target.state = TargetState.DRAINING
        self._timeline.after(group.deregistration, lambda: self._remove(group, target, when_gone))

    @staticmethod
    def _remove(group: _Group, target: _Target, when_gone: Callable[[], None]) -> None:
        if target in group.targets:
            group.targets.remove(target)
        when_gone()
