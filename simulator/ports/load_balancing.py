"""Target groups of a ``World``, and the rules of listeners, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Conditions, ListenerRule, Target, Unknown
from simulator.world import TargetHealth, TargetState, World

if TYPE_CHECKING:
    from .in_memory import InMemoryPorts

SETTINGS_KEPT: Final = 20


class Setting(NamedTuple):
    """The conditions that a rule was set to, when, and from when on they apply to requests."""

    at: datetime
    counts_from: datetime
    conditions: Conditions


class Listeners:
    """The rules of every listener, with a world's propagation. ``changes``: by rule, its settings, newest last."""

    def __init__(self, world: World) -> None:
        self.changes: dict[str, list[Setting]] = {}
        self._world = world
        self._rules = world.listener_rules

    def put(self, listener_arn: str, *rules: ListenerRule) -> None:
        """Add rules to a listener, or replace rules that have the same ARN."""
        for rule in rules:
            self._put(listener_arn, rule)

    def remove(self, listener_arn: str, *rule_arns: str) -> None:
        """Delete rules. Raises ``LookupError`` for an unknown rule."""
        for arn in rule_arns:
            self._rules.remove(listener_arn, arn)
            self.changes.pop(arn, None)

    def rules(self, listener_arn: str) -> Mapping[str, ListenerRule]:
        """Return the rules of one listener, as they were last set. Raises ``LookupError`` for an unknown listener."""
        return self._rules.set_now(listener_arn)

    def met(self, listener_arn: str) -> Mapping[str, ListenerRule]:
        """Return the rules of one listener that apply to requests now. Raises ``LookupError`` for an unknown one."""
        return self._rules.met(listener_arn)

    def set_conditions(self, rule_arn: str, conditions: Conditions) -> None:
        """Change a rule's conditions. Raises ``LookupError`` for an unknown rule."""
        for listener_arn in self._rules.listener_arns:
            rule = self._rules.set_now(listener_arn).get(rule_arn)
            if rule is not None:
                self._put(listener_arn, replace(rule, conditions=conditions))
                return
        raise LookupError(f"There is no rule {rule_arn}.")

    def _put(self, listener_arn: str, rule: ListenerRule) -> None:
        known = self.changes.setdefault(rule.arn, [])
        if not known or known[-1].conditions != rule.conditions:
            delay = self._rules.propagation if listener_arn in self._rules.listener_arns else timedelta(0)
            known.append(Setting(self._world.now, self._world.now + delay, rule.conditions))
            del known[:-SETTINGS_KEPT]
        self._rules.put(listener_arn, rule.arn, rule)


class InMemoryListenerRules:
    """``ListenerRules`` over ``Listeners``."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def read(self, listener_arns: Collection[str]) -> Mapping[str, Mapping[str, ListenerRule] | Unknown]:
        return {arn: self._rules(arn) for arn in sorted(set(listener_arns))}

    def set_conditions(self, rule_arn: str, conditions: Conditions) -> None:
        with self._ports.changing("set_conditions", rule_arn, conditions):
            try:
                self._ports.listeners.set_conditions(rule_arn, conditions)
            except LookupError as error:
                raise CallFailed(str(error)) from error

    def _rules(self, listener_arn: str) -> Mapping[str, ListenerRule] | Unknown:
        unseen = self._ports.unseen("read_rules", listener_arn)
        if unseen:
            return unseen
        try:
            return self._ports.listeners.rules(listener_arn)
        except LookupError as error:
            return Unknown(str(error))


class InMemoryTargetGroups:
    """``TargetGroups`` over a world."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def load_balancers(self, target_group_arns: Collection[str]) -> Mapping[str, str | None | Unknown]:
        return {arn: self._load_balancer(arn) for arn in target_group_arns}

    def has_targets(self, target_group_arn: str) -> bool | Unknown:
        targets = self._targets("has_targets", target_group_arn)
        if isinstance(targets, Unknown):
            return targets
        return any(target.state is not TargetState.DRAINING for target in targets)

    def healthy_targets(self, target_group_arn: str) -> frozenset[Target] | Unknown:
        targets = self._targets("healthy_targets", target_group_arn)
        if isinstance(targets, Unknown):
            return targets
        return frozenset(Target(target.ip, target.port) for target in targets if target.state is TargetState.HEALTHY)

    def _targets(self, call: str, target_group_arn: str) -> tuple[TargetHealth, ...] | Unknown:
        unseen = self._ports.unseen(call, target_group_arn)
        if unseen:
            return unseen
        try:
            self._ports.world.load_balancer(target_group_arn)
        except LookupError as error:
            return Unknown(str(error))
        return self._ports.world.target_health(target_group_arn)

    def _load_balancer(self, arn: str) -> str | None | Unknown:
        unseen = self._ports.unseen("load_balancers", arn)
        if unseen:
            return unseen
        try:
            return self._ports.world.load_balancer(arn)
        except LookupError as error:
            return Unknown(str(error))
