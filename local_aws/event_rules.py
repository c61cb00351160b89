"""EventBridge rules with ``rate()`` fire at virtual instants and invoke their functions asynchronously.

moto keeps rules and targets; this module makes them fire. ``event_bus`` applies rules with a pattern, but this module
decides which rules and targets can be put: ``rate()`` rules with Lambda functions as targets, and rules with a pattern
with SNS topics as targets. Everything else is not modelled, and is refused when it is put.

As on AWS, a function must permit EventBridge to invoke it. If it does not, nothing runs, and the failed invocation
is only counted (EventBridge User Guide, "Using resource-based policies").
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any, Final
from uuid import UUID

from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import lambda_backends
from moto.events.models import Rule, events_backends

from simulator.world import RateSchedule, rate

from . import event_patterns, input_transformer
from .account import ACCOUNT_ID, REGION
from .api_call import ApiCall, AwsError
from .clock import Clock, Timer
from .failed_invocations import FailedInvocations
from .function_policies import permits
from .lambda_runtime import LambdaService

CHANGES: Final = ("PutRule", "DeleteRule", "EnableRule", "DisableRule")
"""The actions after which ``follow`` must read the rules again."""

MODELLED_TARGET: Final[Mapping[str, frozenset[str]]] = {
    "lambda": frozenset({"Id", "Arn", "Input"}),
    "sns": frozenset({"Id", "Arn", "InputTransformer"}),
}
"""The attributes of a target, by its service. A retry policy is accepted for both and has no effect: only a missing
permission makes an invocation fail, and EventBridge does not retry it.
"""


@dataclass
class _Followed:
    expression: str
    schedule: RateSchedule
    timer: Timer


class EventRules:
    """The ``rate()`` rules of the default event bus, which fire in virtual time."""

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
        self._random = Random(f"events {seed}")
        self._followed: dict[str, _Followed] = {}

    def check(self, call: ApiCall) -> None:
        """Refuse rules and targets that would never fire here. Raises ``AwsError``."""
        if call.name == "events.PutRule":
            _check_rule(call.parameters)
        elif call.name == "events.PutTargets":
            with self._api_lock:
                rule = next((rule for rule in self._rules() if rule.name == call.parameters["Rule"]), None)
            for target in call.parameters.get("Targets", ()):
                _check_target(target, rule)

    def follow(self) -> None:
        """Start timers for rules that are new or enabled again, and stop the timers of rules that are gone or disabled.

        A rule with a changed expression is counted from now.
        """
        with self._api_lock:
            self._follow()

    def _follow(self) -> None:
        enabled = {
            rule.name: rule.scheduled_expression
            for rule in self._rules()
            if rule.state == "ENABLED" and rule.scheduled_expression
        }
        for name in [name for name in self._followed if name not in enabled]:
            self._followed.pop(name).timer.cancel()
        for name, expression in enabled.items():
            followed = self._followed.get(name)
            if followed is not None and followed.expression == expression:
                continue
            if followed is not None:
                followed.timer.cancel()
            schedule = RateSchedule(rate(expression), self._clock.now())
            self._followed[name] = _Followed(expression, schedule, self._timer(name, schedule))

    def _timer(self, name: str, schedule: RateSchedule) -> Timer:
        return self._clock.at(schedule.next_after(self._clock.now()), lambda: self._fire(name))

    def _fire(self, name: str) -> None:
        instant = self._clock.now()
        with self._api_lock:
            followed = self._followed.get(name)
            if followed is None:
                return
            followed.timer = self._timer(name, followed.schedule)
            rule = next(rule for rule in self._rules() if rule.name == name)
            targets = [dict(target) for target in rule.targets]
        for target in targets:
            reason = self._invoke(rule, target, instant)
            if reason is not None:
                self._failed.add(instant, name, target["Arn"], reason)

    def _invoke(self, rule: Rule, target: Mapping[str, Any], instant: datetime) -> str | None:
        """Invoke a target; return why if that was not possible, otherwise ``None``."""
        with self._api_lock:
            try:
                function = lambda_backends[ACCOUNT_ID][REGION].get_function(target["Arn"])
            except UnknownFunctionException:
                return "There is no such function."
            permitted = permits(function, "events.amazonaws.com", rule.arn)
        if not permitted:
            return "The function's policy does not permit this rule to invoke it."
        payload = json.loads(target["Input"]) if target.get("Input") else self._event(rule, instant)
        try:
            self._functions.invoke_event(target["Arn"], payload)
        except AwsError as error:
            return str(error)
        return None

    def _event(self, rule: Rule, instant: datetime) -> dict[str, Any]:
        """Make the event of a rule that is due (EventBridge User Guide, "Scheduled events")."""
        return {
            "version": "0",
            "id": str(UUID(int=self._random.getrandbits(128), version=4)),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT_ID,
            "time": instant.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [rule.arn],
            "detail": {},
        }

    def _rules(self) -> list[Rule]:
        bus = events_backends[ACCOUNT_ID][REGION].event_buses["default"]
        return list(bus.rules.values())


def _check_rule(parameters: Mapping[str, Any]) -> None:
    expression, pattern = parameters.get("ScheduleExpression"), parameters.get("EventPattern")
    if parameters.get("EventBusName", "default") != "default":
        raise AwsError("NotModelled", "not modelled: events.PutRule on another event bus than the default one")
    if pattern and expression:
        raise AwsError("NotModelled", "not modelled: events.PutRule with a pattern and a schedule in one rule")
    if pattern:
        event_patterns.check(pattern)
        return
    if expression and expression.startswith("cron("):
        raise AwsError("NotModelled", "not modelled: events.PutRule with cron()")
    try:
        rate(expression or "")
    except ValueError:
        raise AwsError("ValidationException", "Parameter ScheduleExpression is not valid.") from None


def _check_target(target: Mapping[str, Any], rule: Rule | None) -> None:
    """Refuse a target that would get nothing here; moto refuses it if the rule does not exist."""
    arn = target["Arn"]
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    wanted = "lambda" if rule is None or rule.scheduled_expression else "sns"
    if service != wanted:
        kind = "a rate()" if wanted == "lambda" else "a pattern"
        raise AwsError("NotModelled", f"not modelled: events.PutTargets with {arn} for a rule with {kind}")
    unmodelled = {name for name, value in target.items() if value} - MODELLED_TARGET[service] - {"RetryPolicy"}
    if unmodelled:
        raise AwsError("NotModelled", f"not modelled: events.PutTargets with {', '.join(sorted(unmodelled))}")
    if target.get("InputTransformer"):
        input_transformer.check(target["InputTransformer"])
