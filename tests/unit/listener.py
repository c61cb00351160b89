"""The listener of a timeline: the service's own rule, our wake rule above it, and the listener's default."""

from __future__ import annotations

from dataclasses import replace

from scale_to_zero.model.configured import ModuleRule, WakeOnRequest
from scale_to_zero.model.observed import Condition, Conditions, ListenerRule
from scale_to_zero.rules.rule_positions import DISARMED

LISTENER = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/city/50dc6c495c0c9188/f2f7dc8efc522ab2"


def rule_arn(name: str) -> str:
    return f"{LISTENER.replace(':listener/', ':listener-rule/')}/{name}"


OWN_RULE = rule_arn("own")
WAKE_RULE = rule_arn("wake")
UPTIME_CHECK = rule_arn("uptime_check")
DEFAULT_RULE = rule_arn("default")
HTTPS = ModuleRule("https", WAKE_RULE, LISTENER, own_rule_arn=OWN_RULE)
HTTPS_AS_DEFAULT = replace(HTTPS, own_rule_arn=None)
MONITOR = ModuleRule("monitor", UPTIME_CHECK, LISTENER, own_rule_arn=OWN_RULE, user_agents=("*Uptime*",))


def woken_by_requests(**changes: object) -> WakeOnRequest:
    return replace(WakeOnRequest(rules=(HTTPS,)), **changes)  # type: ignore[arg-type]


def on(field: str, *values: str) -> Condition:
    return Condition(field, frozenset(("", value) for value in values))


def on_hosts(*hosts: str) -> Conditions:
    return frozenset({on("host-header", *hosts)})


ON_THE_CITY = on_hosts("city.example.com")


def a_rule(arn: str, priority: int | None, conditions: Conditions = DISARMED, **changes: object) -> ListenerRule:
    return replace(ListenerRule(arn, priority, conditions), **changes)  # type: ignore[arg-type]


def a_listener(*others: ListenerRule) -> dict[str, ListenerRule]:
    """Return the rules as Terraform creates them, ours disarmed; ``others`` are added, or replace rules by ARN."""
    rules = (
        a_rule(UPTIME_CHECK, 80),
        a_rule(WAKE_RULE, 90),
        a_rule(OWN_RULE, 100, ON_THE_CITY),
        a_rule(DEFAULT_RULE, None, frozenset()),
    )
    return {rule.arn: rule for rule in (*rules, *others)}
