"""What each wake rule should be: armed or disarmed, with which conditions, and what forbids arming it. Pure.

A wake rule precedes the service's own rule. While armed, it has the present conditions of that rule and sends requests
to the wake function. While disarmed, its only condition is a host that no client uses, and requests reach the service's
own rule. The user's own rules are never changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from scale_to_zero.model.configured import Mode, ModuleRule, Service
from scale_to_zero.model.observed import Condition, Conditions, ListenerRule, Unknown
from scale_to_zero.model.service_state import Phase, ServiceState

from .rule_conditions import same_requests, wildcards_of
from .rule_positions import DISARMED, EVERYTHING, SeenRules, misplaced, own_rule, rules_of

ARMED_PHASES: Final = frozenset({Phase.DRAINING, Phase.ASLEEP, Phase.WAKING})
MOST_CONDITION_VALUES: Final = 5
"""Of one rule (Elastic Load Balancing user guide, quotas)."""
MOST_WILDCARDS: Final = 5
"""Of one rule (Elastic Load Balancing user guide, condition types, which is newer than the six in its quotas)."""


@dataclass(frozen=True)
class RuleChange:
    """The new conditions of one of our rules."""

    arn: str
    conditions: Conditions


def listener_arns(service: Service) -> frozenset[str]:
    """Return the listeners that have our rules for a service."""
    return frozenset(rule.listener_arn for rule in rules_of(service))


def conditions_when_armed(rule: ModuleRule, seen: SeenRules) -> Conditions | Unknown:
    """Return the conditions of an armed rule: those of the service's own rule now, and its user agents, if any."""
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
    too_many = _too_many(rule, conditions)
    return conditions if too_many is None else Unknown(too_many, call_failed=False)


def _too_many(rule: ModuleRule, conditions: Conditions) -> str | None:
    """Return why AWS would refuse the conditions of an armed rule; it has accepted those of the service's own rule."""
    if rule.own_rule_arn is not None and not rule.user_agents:
        return None
    counted = {
        "condition values": (sum(len(condition.values) for condition in conditions), MOST_CONDITION_VALUES),
        "wildcards": (wildcards_of(conditions), MOST_WILDCARDS),
    }
    for what, (needed, most) in counted.items():
        if needed > most:
            with_own = " together with the service's own rule" if rule.own_rule_arn is not None else ""
            return f"{rule.name} would need {needed} {what}{with_own}, but AWS allows {most}; {_fewer(rule)}"
    return None


def _fewer(rule: ModuleRule) -> str:
    if rule.own_rule_arn is None:
        return "use fewer, or split it into several rules"
    if len(rule.user_agents) > 1:
        return "split its user agents over several uptime checks"
    return "give it listener_arn and fewer hosts or paths instead of rule_arn"


def why_not_armed(service: Service, seen: SeenRules) -> str | None:
    """Return why one of our rules cannot be armed or would not work, with the cure; ``None`` if all can and would.

    If a wake rule does not work, visitors get no answer, or the rule takes the visitors of others. If an uptime check
    does not work, its monitor reaches the service and keeps it awake.
    """
    problems = (_problem(service, rule, seen) for rule in rules_of(service))
    return next(filter(None, problems), None)


def _problem(service: Service, rule: ModuleRule, seen: SeenRules) -> str | None:
    kind = "uptime check" if rule in service.uptime_checks else "wake rule"
    if rule.arn not in seen:
        return f"its {kind} {rule.name} is gone; apply the Terraform module again"
    conditions = conditions_when_armed(rule, seen)
    if isinstance(conditions, Unknown):
        return conditions.why
    own = own_rule(rule, seen)
    on_request = service.wake_on_request
    confirms = on_request is not None and on_request.ask_before_waking
    if own is not None and own.authenticates and rule in service.wake_rules and not confirms:
        return f"its own rule makes visitors sign in, but wake rule {rule.name} does not; set ask_before_waking"
    wrong = misplaced(service, rule, conditions, seen)
    return wrong and f"its {kind} {rule.name} {wrong}"


def all_wake_rules_armed(service: Service, seen: SeenRules) -> bool:
    """Return whether every wake rule of a service has the conditions that it must have while armed."""
    return all(
        rule.arn in seen and _has(seen[rule.arn], conditions_when_armed(rule, seen)) for rule in service.wake_rules
    )


def all_wake_rules_disarmed(service: Service, seen: SeenRules) -> bool:
    """Return whether no wake rule of a service takes requests."""
    return all(rule.arn not in seen or _has(seen[rule.arn], DISARMED) for rule in service.wake_rules)


def _has(rule: ListenerRule, conditions: Conditions | Unknown) -> bool:
    return not isinstance(conditions, Unknown) and same_requests(rule.conditions, conditions)


def rule_changes(service: Service, state: ServiceState, seen: SeenRules) -> list[RuleChange]:
    """Return the changes after which wake rules are armed unless the service is awake, and uptime checks always.

    The uptime checks of a service that leaves are disarmed once it runs again: nothing would answer them afterwards.
    If the mode is no longer ``act``, a stop may still be under way. While it is, wake rules stay armed, because
    visitors would otherwise reach no target.
    """
    acts = service.mode is Mode.ACT
    may_be_stopped = acts or state.stop is not None
    wanted = [(rule, may_be_stopped and state.phase in ARMED_PHASES) for rule in service.wake_rules]
    runs_for_good = state.leaving is not None and state.phase is Phase.AWAKE
    wanted += [(uptime_check, acts and not runs_for_good) for uptime_check in service.uptime_checks]
    changes = []
    for rule, armed in wanted:
        ours = seen.get(rule.arn)
        if ours is None:
            continue
        conditions = _conditions_while_armed(service, rule, ours, seen) if armed else DISARMED
        if not _has(ours, conditions):
            changes.append(RuleChange(rule.arn, conditions))
    return changes


def _conditions_while_armed(service: Service, rule: ModuleRule, ours: ListenerRule, seen: SeenRules) -> Conditions:
    """Return the conditions for a rule that must be armed; it stays disarmed if its position is wrong."""
    conditions = _conditions_wanted(service, rule, ours, seen)
    return conditions if misplaced(service, rule, conditions, seen) is None else DISARMED


def _conditions_wanted(service: Service, rule: ModuleRule, ours: ListenerRule, seen: SeenRules) -> Conditions:
    """Return the conditions that a rule should have while armed, whatever its position.

    If they are unknown, a wake rule keeps its present ones for its visitors, as long as the service's own rule exists.
    """
    conditions = conditions_when_armed(rule, seen)
    if not isinstance(conditions, Unknown):
        return conditions
    return ours.conditions if rule in service.wake_rules and own_rule(rule, seen) is not None else DISARMED


def why_left_disarmed(service: Service, seen: SeenRules) -> str | None:
    """Return why a wake rule of a sleeping service is not armed; ``None`` if all are armed.

    Visitors of such a service reach no target. A wake rule does not count if the service's own rule is gone: nobody
    knows which requests it would take.
    """
    for rule in service.wake_rules:
        if rule.arn in seen:
            wrong = misplaced(service, rule, _conditions_wanted(service, rule, seen[rule.arn], seen), seen)
            if wrong is not None:
                return f"its wake rule {rule.name} {wrong}"
    return None


def after(changes: list[RuleChange], seen: SeenRules) -> SeenRules:
    """Return the rules as they are after the changes."""
    changed = {change.arn: change.conditions for change in changes}
    return {
        arn: rule if arn not in changed else replace(rule, conditions=changed[arn], unreadable="")
        for arn, rule in seen.items()
    }


def _of_texts(field: str, values: tuple[str, ...]) -> Condition:
    return Condition(field, frozenset(("", value) for value in values))
