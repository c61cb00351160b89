"""EventBridge Scheduler: schedules fire at virtual instants and invoke their functions asynchronously.

moto keeps schedules and groups; this module makes them fire. A schedule fires at the first second of its minute (AWS:
within that minute), or, with a flexible time window, at an instant of the window that the seed chooses. As on AWS, the
schedule assumes its execution role. If the role is gone, does not trust EventBridge Scheduler or does not allow the
invocation, nothing runs.

Targets other than Lambda functions, input with Scheduler's placeholders, start and end dates, dead-letter queues,
customer managed keys and deletion after completion are not modelled, and are refused when they are put. So every
failure is one that AWS would not retry, and a retry policy has no effect.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, Final

from moto.scheduler.models import scheduler_backends

from simulator.world import RateSchedule, Schedule, schedule

from .account import ACCOUNT_ID, REGION
from .api_call import ApiCall, AwsError
from .clock import Clock, Timer
from .execution_roles import obstacle, trusts_scheduler
from .failed_invocations import FailedInvocations
from .lambda_runtime import LambdaService

CHANGES: Final = ("CreateSchedule", "UpdateSchedule", "DeleteSchedule", "DeleteScheduleGroup")
"""The actions after which ``follow`` must read the schedules again."""

UNMODELLED: Final = ("StartDate", "EndDate", "KmsKeyArn")
MODELLED_TARGET: Final = frozenset({"Arn", "RoleArn", "Input", "RetryPolicy"})

_Key = tuple[str, str]


@dataclass
class _Followed:
    expression: str
    timezone: str
    schedule: Schedule
    timer: Timer | None = None


class Schedules:
    """The schedules of every group, which fire in virtual time."""

    def __init__(
        self,
        clock: Clock,
        lock: AbstractContextManager[Any],
        functions: LambdaService,
        seed: int,
        failed: FailedInvocations,
    ) -> None:
        self._failed = failed
        self._clock = clock
        self._api_lock = lock
        self._functions = functions
        self._random = Random(f"schedules {seed}")
        self._followed: dict[_Key, _Followed] = {}

    def check(self, call: ApiCall) -> None:
        """Refuse schedules that AWS would refuse or that would never fire here. Raises ``AwsError``."""
        if call.name in {"scheduler.CreateSchedule", "scheduler.UpdateSchedule"}:
            _check_modelled(call.parameters)
            try:
                schedule(call.parameters["ScheduleExpression"], _timezone(call.parameters), self._clock.now())
            except ValueError as wrong:
                raise AwsError("ValidationException", f"Invalid Schedule Expression: {wrong}") from wrong
            with self._api_lock:
                _check_role(call.parameters)

    def follow(self) -> None:
        """Start timers for schedules that are new or enabled again, and stop the timers of those gone or disabled.

        A schedule with a changed expression or time zone is counted from now.
        """
        with self._api_lock:
            enabled = {(one.group_name, one.name): one for one in _all() if one.state == "ENABLED"}
            for key in [key for key in self._followed if key not in enabled]:
                self._forget(key)
            for key, one in enabled.items():
                followed = self._followed.get(key)
                written = (one.schedule_expression, one.schedule_expression_timezone)
                if followed is None or (followed.expression, followed.timezone) != written:
                    self._forget(key)
                    self._begin(key, *written)

    def _begin(self, key: _Key, expression: str, timezone: str) -> None:
        now = self._clock.now()
        followed = self._followed[key] = _Followed(expression, timezone, schedule(expression, timezone, now))
        if isinstance(followed.schedule, RateSchedule):
            # Without a StartDate it "starts invoking immediately" (Scheduler User Guide, "Rate-based schedules").
            followed.timer = self._clock.at(now, lambda: self._fall_due(key))
        else:
            self._await_next(key, followed)

    def _await_next(self, key: _Key, followed: _Followed) -> None:
        due = followed.schedule.next_after(self._clock.now())
        followed.timer = self._clock.at(due, lambda: self._fall_due(key)) if due is not None else None

    def _forget(self, key: _Key) -> None:
        followed = self._followed.pop(key, None)
        if followed is not None and followed.timer is not None:
            followed.timer.cancel()

    def _fall_due(self, key: _Key) -> None:
        with self._api_lock:
            followed = self._followed.get(key)
            one = _find(key)
            if followed is None or one is None:
                return
            self._await_next(key, followed)
            window = timedelta(minutes=one.flexible_time_window.get("MaximumWindowInMinutes") or 0)
        if window:
            late = self._random.random() * window
            self._clock.at(self._clock.now() + late, lambda: self._fire(key))
        else:
            self._fire(key)

    def _fire(self, key: _Key) -> None:
        with self._api_lock:
            one = _find(key)
            if one is None or one.state != "ENABLED":
                return
            target = dict(one.target)
            reason = obstacle(one.group_name, target)
        if reason is None:
            try:
                self._functions.invoke_event(target["Arn"], json.loads(target["Input"]))
                return
            except AwsError as error:
                reason = str(error)
        self._failed.add(self._clock.now(), f"schedule/{'/'.join(key)}", target["Arn"], reason)


def _all() -> list[Any]:
    groups = scheduler_backends[ACCOUNT_ID][REGION].schedule_groups.values()
    return [one for group in groups for one in group.schedules.values()]


def _find(key: _Key) -> Any:
    return next((one for one in _all() if (one.group_name, one.name) == key), None)


def _timezone(parameters: Mapping[str, Any]) -> str:
    return str(parameters.get("ScheduleExpressionTimezone") or "UTC")


def _check_modelled(parameters: Mapping[str, Any]) -> None:
    target = parameters["Target"]
    unmodelled = [name for name in UNMODELLED if parameters.get(name)]
    unmodelled += [f"Target.{name}" for name in target.keys() - MODELLED_TARGET if target[name]]
    if parameters.get("ActionAfterCompletion", "NONE") != "NONE":
        unmodelled.append("ActionAfterCompletion")
    if ":lambda:" not in target["Arn"] or ":aws-sdk:" in target["Arn"]:
        unmodelled.append(target["Arn"])
    if "<aws.scheduler." in target.get("Input", ""):
        unmodelled.append("<aws.scheduler...> in Target.Input")
    if not target.get("Input"):
        unmodelled.append("a target without Input")
    if unmodelled:
        raise AwsError("NotModelled", f"not modelled: schedules with {', '.join(sorted(unmodelled))}")
    try:
        json.loads(target["Input"])
    except ValueError as wrong:
        # For functions it "must be a well-formed JSON" (Scheduler API reference, Target).
        raise AwsError("ValidationException", f"The Input of a Lambda function must be JSON: {wrong}") from wrong


def _check_role(parameters: Mapping[str, Any]) -> None:
    """Check that Scheduler can assume the role, as AWS does when a schedule is created or changed."""
    if not trusts_scheduler(parameters["Target"]["RoleArn"], parameters.get("GroupName") or "default"):
        message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
        raise AwsError("ValidationException", message)
