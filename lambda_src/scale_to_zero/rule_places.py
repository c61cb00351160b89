"""Where the rules of ours stand among the others of their listeners, and whose requests they would take. Pure.

A rule of ours is to stand directly before the service's own rule. Whatever stands between the two loses to it the
requests that meet both, as soon as it is armed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from .model import Condition, Conditions, ListenerRule, Service, WakeRule
from .rule_conditions import may_both_be_met, same_requests, surely_met

DISARMED_HOST: Final = "disarmed.scale-to-zero.invalid"
"""No name ends in .invalid (RFC 2606); only who sends it on purpose meets a disarmed rule."""
DISARMED: Final[Conditions] = frozenset({Condition("host-header", frozenset({("", DISARMED_HOST)}))})
EVERYTHING: Final[Conditions] = frozenset({Condition("path-pattern", frozenset({("", "*")}))})
LAST_PRIORITY: Final = 50_000
"""The highest number a rule can have as its priority (botocore elbv2 CreateRule); the default rule comes after it."""

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


def misplaced(service: Service, rule: WakeRule, conditions: Conditions, seen: SeenRules) -> str | None:
    """Why a rule of ours would not do where it stands, with a free priority that would; ``None`` if it would do.

    ``conditions``: what it is armed with.
    """
    ours, own = seen[rule.arn], _first_own_rule(service, rule, conditions, seen)
    if own is None:
        return None
    taken_from = takes_from(service, rule, conditions, seen)
    if _priority(ours) > _priority(own):
        wrong, otherwise = "comes after its own rule", ""
    elif taken_from is not None:
        wrong = f"could take requests of the rule with priority {taken_from}"
        otherwise = "" if rule.own_rule_arn else ", or hosts or paths of its own"
    else:
        return None
    return f"{wrong}; {_cure(service, rule, conditions, own, seen)}{otherwise}"


def takes_from(service: Service, rule: WakeRule, conditions: Conditions, seen: SeenRules) -> int | None:
    """The last priority between a rule of ours and the service's own whose requests it could take while armed."""
    own = _first_own_rule(service, rule, conditions, seen)
    return _last_overlapping(service, conditions, own, seen, after=_priority(seen[rule.arn])) if own else None


def _first_own_rule(service: Service, rule: WakeRule, conditions: Conditions, seen: SeenRules) -> ListenerRule | None:
    """The first rule of the service's own that all requests of a rule of ours would else be taken by.

    For a probe given by its listener that may be the rule that a wake rule names: what comes after it never has them.
    """
    if rule.own_rule_arn is not None:
        return seen.get(rule.own_rule_arn)
    named = {one.own_rule_arn for one in rules_of(service) if one.own_rule_arn is not None}
    at_this_listener = [seen[arn] for arn in named if arn in seen and _listener_of(arn) == rule.listener_arn]
    default = own_rule(rule, seen)
    own = [one for one in at_this_listener if not one.unreadable and surely_met(one.conditions, by=conditions)]
    return min([*own, *([default] if default else [])], key=_priority, default=None)


def _cure(service: Service, rule: WakeRule, conditions: Conditions, own: ListenerRule, seen: SeenRules) -> str:
    """A priority after every rule whose requests it could take, and before the service's own and its wake rules."""
    after = _last_overlapping(service, conditions, own, seen, after=0) or 0
    limits = [_priority(own), *_wake_rules_after(service, rule, seen)]
    before = min(limit for limit in limits if limit > after)
    taken = {other.priority for other in seen.values() if _listener_of(other.arn) == _listener_of(own.arn)}
    free = next((priority for priority in range(before - 1, after, -1) if priority not in taken), None)
    if free is not None:
        return f"give it priority {free}, which is free"
    return f"no priority is free after {after} and before {before}: make room there"


def _wake_rules_after(service: Service, rule: WakeRule, seen: SeenRules) -> Iterator[int]:
    """The priorities of the wake rules that would take a probe's requests if they came first; none for a wake rule."""
    wake = service.wake_on_request
    if wake is None or rule not in wake.probes:
        return
    for one in wake.rules:
        if one.arn in seen and _listener_of(one.arn) == _listener_of(rule.arn):
            yield _priority(seen[one.arn])


def _last_overlapping(
    service: Service, conditions: Conditions, own: ListenerRule, seen: SeenRules, after: int
) -> int | None:
    """The last priority ``after`` this one and before the service's own rule where another's rule shares requests."""
    of_this_service = {arn for rule in rules_of(service) for arn in (rule.arn, rule.own_rule_arn)}
    overlapping = [
        other.priority
        for other in seen.values()
        if other.priority is not None
        and after < other.priority < _priority(own)
        and _listener_of(other.arn) == _listener_of(own.arn)
        and other.arn not in of_this_service
        and not same_requests(other.conditions, DISARMED)
        and may_both_be_met(other.conditions, conditions)
    ]
    return max(overlapping, default=None)


def _priority(rule: ListenerRule) -> int:
    return LAST_PRIORITY + 1 if rule.priority is None else rule.priority


def _listener_of(rule_arn: str) -> str:
    return rule_arn.rpartition("/")[0].replace(":listener-rule/", ":listener/", 1)
