"""Where the rules of ours stand among the others of their listeners, and whose requests they would take. Pure.

A rule of ours is to stand directly before the service's own rule. Whatever stands between the two loses to it the
requests that meet both, as soon as it is armed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .model import Condition, Conditions, ListenerRule, Service, WakeRule
from .rule_conditions import may_both_be_met, parts_of, same_requests, surely_met

DISARMED_HOST: Final = "disarmed.scale-to-zero.invalid"
"""No name ends in .invalid (RFC 2606); only who sends it on purpose meets a disarmed rule."""
DISARMED: Final[Conditions] = frozenset({Condition("host-header", frozenset({("", DISARMED_HOST)}))})
EVERYTHING: Final[Conditions] = frozenset({Condition("path-pattern", frozenset({("", "*")}))})
AFTER_ALL: Final = 50_001
"""Where the default rule stands: 50,000 is the last priority that another one can have (botocore elbv2 CreateRule)."""

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


@dataclass(frozen=True)
class Reach:
    """Some of the requests that a rule of ours takes while armed, and the priority of the service's own rule for them.

    What stands after ``until`` does not get them anyway.
    """

    conditions: Conditions
    until: int


def misplaced(service: Service, rule: WakeRule, conditions: Conditions, seen: SeenRules) -> str | None:
    """Why a rule of ours would not do where it stands, with a free priority that would; ``None`` if it would do.

    ``conditions``: what it is armed with.
    """
    ours, reaches = _priority(seen[rule.arn]), _reaches(service, rule, conditions, seen)
    before = min(reach.until for reach in reaches)
    taken_from = _last_sharing(service, rule, reaches, seen, after=ours)
    if ours > before:
        wrong = "comes after its own rule"
    elif taken_from is not None:
        wrong = f"could take requests of the rule with priority {taken_from}"
    else:
        return None
    last = _last_sharing(service, rule, reaches, seen, after=0) or 0
    before = min([before, *_wake_rules_after(service, rule, seen)])
    return f"{wrong}; {_cure(rule, seen, after=last, before=before)}"


def takes_from(service: Service, rule: WakeRule, conditions: Conditions, seen: SeenRules) -> bool:
    """Whether a rule of ours with these conditions could take requests of a rule between it and the service's own."""
    ours, reaches = _priority(seen[rule.arn]), _reaches(service, rule, conditions, seen)
    return _last_sharing(service, rule, reaches, seen, after=ours) is not None


def _reaches(service: Service, rule: WakeRule, conditions: Conditions, seen: SeenRules) -> list[Reach]:
    """What a rule of ours takes, apart by what of it each of the service's own rules would else take.

    For a rule given by its listener that is the default, or one that another rule of ours names: a probe of a health
    path takes what the rules named by the wake rules would take.
    """
    if rule.own_rule_arn is not None:
        own = seen.get(rule.own_rule_arn)
        return [Reach(conditions, _priority(own))] if own is not None else [Reach(conditions, AFTER_ALL)]
    named = {one.own_rule_arn for one in rules_of(service) if one.own_rule_arn is not None}
    own_rules = [seen[arn] for arn in named if arn in seen and _listener_of(arn) == rule.listener_arn]
    return [Reach(part, _first_taking(part, own_rules)) for part in parts_of(conditions)]


def _first_taking(conditions: Conditions, rules: Iterable[ListenerRule]) -> int:
    """The first priority at which one of the rules takes all requests that meet the conditions."""
    taking = (one for one in rules if not one.unreadable and surely_met(one.conditions, by=conditions))
    return min(map(_priority, taking), default=AFTER_ALL)


def _last_sharing(
    service: Service, rule: WakeRule, reaches: Sequence[Reach], seen: SeenRules, *, after: int
) -> int | None:
    """The last priority ``after`` this one at which another's rule would lose requests to a rule of ours."""
    of_this_service = {arn for one in rules_of(service) for arn in (one.arn, one.own_rule_arn)}
    until = max(reach.until for reach in reaches)
    others = [
        other
        for other in seen.values()
        if other.priority is not None
        and after < other.priority < until
        and _listener_of(other.arn) == rule.listener_arn
        and other.arn not in of_this_service
        and not same_requests(other.conditions, DISARMED)
    ]
    sharing = (
        _priority(other)
        for other in others
        if any(
            _priority(other) < reach.until and may_both_be_met(other.conditions, reach.conditions) for reach in reaches
        )
    )
    return max(sharing, default=None)


def _wake_rules_after(service: Service, rule: WakeRule, seen: SeenRules) -> Iterator[int]:
    """The priorities of the wake rules that a probe has to come before; none for a wake rule."""
    wake = service.wake_on_request
    if wake is None or rule not in wake.probes:
        return
    for one in wake.rules:
        if one.arn in seen and one.listener_arn == rule.listener_arn:
            yield _priority(seen[one.arn])


def _cure(rule: WakeRule, seen: SeenRules, *, after: int, before: int) -> str:
    taken = {other.priority for other in seen.values() if _listener_of(other.arn) == rule.listener_arn}
    free = next((priority for priority in range(before - 1, after, -1) if priority not in taken), None)
    if rule.own_rule_arn is None:
        if free is None:
            return f"give it hosts or paths of its own, since no priority is free after {after} and before {before}"
        return f"give it priority {free}, which is free, or hosts or paths of its own"
    if free is None:
        return f"no priority is free after {after} and before {before}: give the rules of the listener other ones"
    return f"give it priority {free}, which is free"


def _priority(rule: ListenerRule) -> int:
    return AFTER_ALL if rule.priority is None else rule.priority


def _listener_of(rule_arn: str) -> str:
    return rule_arn.rpartition("/")[0].replace(":listener-rule/", ":listener/", 1)
