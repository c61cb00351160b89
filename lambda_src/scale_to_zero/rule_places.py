"""Where the rules of ours stand among the others of their listeners, and whose requests they would take. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

from .model import Condition, Conditions, ListenerRule, Service, WakeRule

DISARMED_HOST: Final = "disarmed.scale-to-zero.invalid"
"""No name ends in .invalid (RFC 2606); only who sends it on purpose meets a disarmed rule."""
DISARMED: Final[Conditions] = frozenset({Condition("host-header", frozenset({("", DISARMED_HOST)}))})
EVERYTHING: Final[Conditions] = frozenset({Condition("path-pattern", frozenset({("", "*")}))})

SeenRules = Mapping[str, ListenerRule]
"""Rules by ARN, as Elastic Load Balancing has them now."""


def rules_of(service: Service) -> Iterator[WakeRule]:
    """Every rule of ours that belongs to a service, wake rules and probes."""
    if service.wake_on_request is not None:
        yield from service.wake_on_request.rules
        yield from service.wake_on_request.probes


def own_rule(rule: WakeRule, seen: SeenRules) -> ListenerRule | None:
    """The rule of the service that a rule of ours stands before: the one it names, else the default of its listener."""
    if rule.own_rule_arn is not None:
        return seen.get(rule.own_rule_arn)
    return next((r for r in seen.values() if r.priority is None and _listener_of(r.arn) == rule.listener_arn), None)


def priority_swallowed(
    service: Service, ours: ListenerRule, own: ListenerRule, conditions: Conditions, seen: SeenRules
) -> int | None:
    """The last priority between a wake rule and the service's own whose every request it would take while armed."""
    of_this_service = {arn for rule in rules_of(service) for arn in (rule.arn, rule.own_rule_arn)}
    between = [
        other.priority
        for other in seen.values()
        if other.priority is not None
        and (ours.priority is None or other.priority > ours.priority)
        and (own.priority is None or other.priority < own.priority)
        and _listener_of(other.arn) == _listener_of(ours.arn)
        and other.arn not in of_this_service
        and other.conditions != DISARMED
        and _all_pass(other.conditions, conditions)
    ]
    return max(between, default=None)


def _all_pass(requests: Conditions, conditions: Conditions) -> bool:
    """Whether whatever meets the one set of conditions surely meets the other one too."""
    return all(
        any(theirs.field == wanted.field and _values_pass(theirs, wanted) for theirs in requests)
        for wanted in conditions - EVERYTHING
    )


def _values_pass(theirs: Condition, wanted: Condition) -> bool:
    return all(
        any(name == of and (value == pattern or fnmatchcase(value, pattern)) for of, pattern in wanted.values)
        for name, value in theirs.values
    )


def _listener_of(rule_arn: str) -> str:
    return rule_arn.rpartition("/")[0].replace(":listener-rule/", ":listener/", 1)
