"""The actions of a listener for a request (ud ELB, listener rules)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any

from local_aws.listener_rules import Rule

from .conditions import holds
from .requests import HttpRequest


def actions_for(rules: Iterable[Rule], request: HttpRequest) -> Sequence[Mapping[str, Any]]:
    """Return the actions, in their order, of the first rule whose conditions all hold.

    Rules are tried by priority, the default rule last. Raises ``AwsError`` for a condition that is not modelled.
    """
    for rule in sorted(rules, key=lambda rule: inf if rule.priority is None else rule.priority):
        if all(holds(condition, request) for condition in rule.conditions):
            return sorted(rule.actions, key=lambda action: int(action.get("Order", 0)))
    raise LookupError("Every listener has a default rule, and this one has none.")
