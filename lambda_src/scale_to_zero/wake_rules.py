"""What each wake rule should be: armed or disarmed, with which conditions, and what forbids arming it. Pure.

A wake rule stands above the service's own rule. Armed, it has that rule's conditions as they are now and sends requests
to the wake function; disarmed, its only condition is a host nobody can have, and requests fall through to the
service's own rule. Nothing of the user's is ever changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .memory import Memory, Phase
from .model import Condition, Conditions, ListenerRule, Mode, Service, Unknown, WakeRule
from .rule_places import DISARMED, EVERYTHING, SeenRules, own_rule, priority_swallowed, rules_of

ARMED_PHASES: Final = frozenset({Phase.DRAINING, Phase.ASLEEP, Phase.WAKING})
MOST_CONDITION_VALUES: Final = 5
"""Of one rule (Elastic Load Balancing user guide, quotas)."""


@dataclass(frozen=True)
class RuleChange:
    """The conditions one of our rules is to be given."""

    arn: str
    conditions: Conditions


def listener_arns(service: Service) -> frozenset[str]:
    """The listeners at which a service has rules of ours."""
    return frozenset(rule.listener_arn for rule in rules_of(service))


def conditions_when_armed(rule: WakeRule, seen: SeenRules) -> Conditions | Unknown:
    """The conditions of an armed rule: those of the service's own rule now, and of a probe its user agents too."""
    if rule.own_rule_arn is None:
        named = {"host-header": rule.host_headers, "path-pattern": rule.path_patterns}
        conditions = frozenset(_of_texts(field, values) for field, values in named.items() if values) or EVERYTHING
    else:
        own = seen.get(rule.own_rule_arn)
        if own is None:
            why = f"the service's own rule {rule.own_rule_arn} is gone; correct rule_arn of {rule.name}"
            return Unknown(why, call_failed=False)
        if own.unreadable:
            return Unknown(f"{own.unreadable}; use listener_arn with host_headers for {rule.name}", call_failed=False)
        conditions = own.conditions or EVERYTHING
    if rule.user_agents:
        agents = Condition("http-header", frozenset(("User-Agent", pattern) for pattern in rule.user_agents))
        conditions = (conditions - EVERYTHING) | {agents}
    if sum(len(condition.values) for condition in conditions) > MOST_CONDITION_VALUES:
        why = f"{rule.name} would need more than {MOST_CONDITION_VALUES} condition values, AWS's limit; name fewer"
        return Unknown(why, call_failed=False)
    return conditions


def why_not_armed(service: Service, seen: SeenRules) -> str | None:
    """Why a wake rule of a service cannot be armed or would not do its work, with the cure; ``None`` if all can."""
    wake = service.wake_on_request
    assert wake is not None
    for rule in wake.rules:
        ours = seen.get(rule.arn)
        if ours is None:
            return f"its wake rule {rule.name} is gone; apply the Terraform module again"
        conditions = conditions_when_armed(rule, seen)
        if isinstance(conditions, Unknown):
            return conditions.why
        own = own_rule(rule, seen)
        if own is None:
            continue
        if own.authenticates and not wake.ask_before_waking:
            return f"its own rule makes visitors sign in, and {rule.name} would not; set ask_before_waking"
        if own.priority is not None and ours.priority is not None and ours.priority > own.priority:
            return f"its wake rule {rule.name} comes after its own rule; give it a priority below {own.priority}"
        swallowed = priority_swallowed(service, ours, own, conditions, seen)
        if swallowed is not None:
            return (
                f"its wake rule {rule.name} would take all requests of the rule with priority {swallowed}; "
                f"give it a priority above {swallowed}{'' if rule.own_rule_arn else ', or hosts or paths of its own'}"
            )
    return next(filter(None, (_why_probe_idles(probe, seen) for probe in wake.probes)), None)


def _why_probe_idles(probe: WakeRule, seen: SeenRules) -> str | None:
    """Why a monitor would reach the service, and keep it awake, past its probe; with the cure."""
    ours = seen.get(probe.arn)
    if ours is None:
        return f"its probe {probe.name} is gone; apply the Terraform module again"
    conditions = conditions_when_armed(probe, seen)
    if isinstance(conditions, Unknown):
        return conditions.why
    own = own_rule(probe, seen)
    if own is not None and own.priority is not None and ours.priority is not None and ours.priority > own.priority:
        return f"its probe {probe.name} comes after its own rule; give it a priority below {own.priority}"
    return None


def all_armed(service: Service, seen: SeenRules) -> bool:
    """Whether every wake rule of a service has the conditions it is to have while armed."""
    wake = service.wake_on_request
    assert wake is not None
    return all(
        rule.arn in seen and seen[rule.arn].conditions == conditions_when_armed(rule, seen) for rule in wake.rules
    )


def all_disarmed(service: Service, seen: SeenRules) -> bool:
    """Whether no wake rule of a service takes requests."""
    wake = service.wake_on_request
    assert wake is not None
    return all(rule.arn not in seen or seen[rule.arn].conditions == DISARMED for rule in wake.rules)


def rule_changes(service: Service, memory: Memory, seen: SeenRules) -> list[RuleChange]:
    """What must change so that wake rules are armed unless the service is awake, and probes always.

    The probes of a service that leaves are disarmed once it runs again: nothing would answer them afterwards.
    A rule whose armed conditions cannot be told is left as it is.
    """
    wake = service.wake_on_request
    if wake is None:
        return []
    acts = service.mode is Mode.ACT
    wanted = [(rule, acts and memory.phase in ARMED_PHASES) for rule in wake.rules]
    runs_for_good = memory.leaving is not None and memory.phase is Phase.AWAKE
    wanted += [(probe, acts and not runs_for_good) for probe in wake.probes]
    changes = []
    for rule, armed in wanted:
        ours = seen.get(rule.arn)
        conditions = conditions_when_armed(rule, seen) if armed else DISARMED
        if ours is not None and not isinstance(conditions, Unknown) and ours.conditions != conditions:
            changes.append(RuleChange(rule.arn, conditions))
    return changes


def after(changes: list[RuleChange], seen: SeenRules) -> SeenRules:
    """The rules as they are once the changes are made."""
    changed = {change.arn: change.conditions for change in changes}
    return {arn: rule if arn not in changed else _with(rule, changed[arn]) for arn, rule in seen.items()}


def _with(rule: ListenerRule, conditions: Conditions) -> ListenerRule:
    return ListenerRule(rule.arn, rule.priority, conditions, rule.authenticates, rule.unreadable)


def _of_texts(field: str, values: tuple[str, ...]) -> Condition:
    return Condition(field, frozenset(("", value) for value in values))
