"""The order of our rules among the other rules of their listeners, and whose requests they would take. Pure.

Our rule must come directly before the service's own rule. While it is armed, a rule between the two loses to it
the requests that meet both rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from scale_to_zero.model.configured import ModuleRule, Service
from scale_to_zero.model.observed import Condition, Conditions, ListenerRule

from .rule_conditions import may_both_be_met, parts_of, same_requests, surely_met

DISARMED_HOST: Final = "disarmed.scale-to-zero.invalid"
"""No name ends in .invalid (RFC 2606); only a request that names this host on purpose meets a disarmed rule."""
DISARMED: Final[Conditions] = frozenset({Condition("host-header", frozenset({("", DISARMED_HOST)}))})
EVERYTHING: Final[Conditions] = frozenset({Condition("path-pattern", frozenset({("", "*")}))})
AFTER_ALL: Final = 50_001
"""The default rule's priority: 50,000 is the last that another rule can have (botocore elbv2 CreateRule)."""

SeenRules = Mapping[str, ListenerRule]
"""Rules by ARN, as Elastic Load Balancing has them now."""


def rules_of(service: Service) -> tuple[ModuleRule, ...]:
    """Return all our rules for a service: its wake rules and uptime checks."""
    return service.wake_rules + service.uptime_checks


def own_rule(rule: ModuleRule, seen: SeenRules) -> ListenerRule | None:
    """Return the service's own rule after our rule: the one that our rule names, else the default of its listener."""
    if rule.own_rule_arn is not None:
        return seen.get(rule.own_rule_arn)
    return next((r for r in seen.values() if r.priority is None and _listener_of(r.arn) == rule.listener_arn), None)


class Reach(NamedTuple):
    """Some of the requests that our rule takes while armed, and the priority of the service's own rule for them.

    Rules after ``until`` never get these requests.
    """

    conditions: Conditions
    until: int


def misplaced(service: Service, rule: ModuleRule, conditions: Conditions, seen: SeenRules) -> str | None:
    """Return why the priority of our rule is wrong, with a free priority that is right; ``None`` if it is right.

    ``conditions``: the conditions of the rule while armed.
    """
    ours, own_rules = _priority(seen[rule.arn]), _own_rules(service, rule, seen)
    reaches = _reaches(rule, conditions, own_rules)
    before = min([*(reach.until for reach in reaches), *_taking_all(conditions, own_rules)])
    taken_from = _last_sharing(service, rule, reaches, seen, after=ours)
    if ours > before:
        wrong = "comes after its own rule"
    elif taken_from is not None:
        wrong = f"could take requests of the rule with priority {taken_from}"
    else:
        return None
    if rule.own_rule_arn is None and any(_taking_all(conditions, _others(service, rule, seen))):
        # After the other rule, our rule would never get a request.
        return f"{wrong}; set rule_arn to that rule if it is the service's own, or give it its own hosts or paths"
    after, before = _bounds(service, rule, seen, before)
    after = max(after, _last_sharing(service, rule, reaches, seen, after=0) or 0)
    return f"{wrong}; {_cure(rule, seen, after=after, before=before)}"


def _own_rules(service: Service, rule: ModuleRule, seen: SeenRules) -> list[ListenerRule]:
    """Return the service's own rules that our rule precedes.

    If our rule is given by its listener, these are the rules that any of our rules names and the rules that send
    requests only to the service: an uptime check of a health path takes what they would take. If there are none, our
    rule precedes the default rule of its listener.
    """
    if rule.own_rule_arn is not None:
        return [seen[rule.own_rule_arn]] if rule.own_rule_arn in seen else []
    named = {one.own_rule_arn for one in rules_of(service)}
    return [
        one
        for one in seen.values()
        if _listener_of(one.arn) == rule.listener_arn and (one.arn in named or _sends_to(service, one))
    ]


def _sends_to(service: Service, rule: ListenerRule) -> bool:
    """Return whether a rule sends its requests to this service and to no other."""
    return bool(rule.forwards_to) and rule.forwards_to.issubset(service.target_group_arns)


def _reaches(rule: ModuleRule, conditions: Conditions, own_rules: Sequence[ListenerRule]) -> list[Reach]:
    """Split the requests that our rule takes by the service's own rule that would get them otherwise."""
    if rule.own_rule_arn is not None:
        return [Reach(conditions, min(map(_priority, own_rules), default=AFTER_ALL))]
    readable = [one for one in own_rules if not one.unreadable]
    return [Reach(part, min(_taking_all(part, readable), default=AFTER_ALL)) for part in parts_of(conditions)]


def _taking_all(conditions: Conditions, rules: Iterable[ListenerRule]) -> Iterator[int]:
    """Return the priorities of the rules that, as far as known, take all requests that meet the conditions."""
    return (_priority(one) for one in rules if surely_met(one.conditions, by=conditions))


def _last_sharing(
    service: Service, rule: ModuleRule, reaches: Sequence[Reach], seen: SeenRules, *, after: int
) -> int | None:
    """Return the last priority ``after`` the given one at which another rule would lose requests to our rule."""
    until = max(reach.until for reach in reaches)
    sharing = (
        _priority(other)
        for other in _others(service, rule, seen, after=after, before=until)
        if any(
            _priority(other) < reach.until and may_both_be_met(other.conditions, reach.conditions) for reach in reaches
        )
    )
    return max(sharing, default=None)


def _others(
    service: Service, rule: ModuleRule, seen: SeenRules, *, after: int = 0, before: int = AFTER_ALL
) -> Iterator[ListenerRule]:
    """Yield the rules of others between two priorities at the listener of our rule, if they can take requests."""
    between = [other for other in seen.values() if after < _priority(other) < before]
    of_this_service = {arn for one in rules_of(service) for arn in (one.arn, one.own_rule_arn)} if between else ()
    for other in between:
        if other.arn in of_this_service or _sends_to(service, other):
            continue
        if _listener_of(other.arn) == rule.listener_arn and not same_requests(other.conditions, DISARMED):
            yield other


def _bounds(service: Service, rule: ModuleRule, seen: SeenRules, before: int) -> tuple[int, int]:
    """Return the priorities between which our rule may be: uptime checks precede the wake rules of their listener."""
    is_uptime_check = rule in service.uptime_checks
    others = service.wake_rules if is_uptime_check else service.uptime_checks
    existing = [_priority(seen[one.arn]) for one in others if one.arn in seen and one.listener_arn == rule.listener_arn]
    return (0, min([before, *existing])) if is_uptime_check else (max([0, *existing]), before)


def _cure(rule: ModuleRule, seen: SeenRules, *, after: int, before: int) -> str:
    taken = {other.priority for other in seen.values() if _listener_of(other.arn) == rule.listener_arn}
    free = next((priority for priority in range(before - 1, after, -1) if priority not in taken), None)
    if rule.own_rule_arn is None:
        if free is None:
            return f"give it its own hosts or paths, because no priority is free after {after} and before {before}"
        return f"give it priority {free}, which is free, or its own hosts or paths"
    if free is None:
        return f"no priority is free after {after} and before {before}: give the listener's rules other priorities"
    return f"give it priority {free}, which is free"


def _priority(rule: ListenerRule) -> int:
    return AFTER_ALL if rule.priority is None else rule.priority


def _listener_of(rule_arn: str) -> str:
    return rule_arn.rpartition("/")[0].replace(":listener-rule/", ":listener/", 1)
