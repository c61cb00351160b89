"""Which action a listener takes for a request (ud ELB, listener rules)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_aws.api_call import AwsError


@dataclass(frozen=True)
class Asked:
    """What of a request the conditions look at. ``host`` has no port, ``path`` no query."""

    host: str
    path: str


def action_for(rules: Iterable[Any], asked: Asked) -> Any:
    """The action of the first rule that matches, in the order of their priorities, the default rule last.

    Raises ``AwsError`` for a condition or a combination of actions that is not modelled.
    """
    for rule in sorted(rules, key=_order):
        if all(_matches(condition, asked) for condition in rule.conditions):
            return _only(rule.actions)
    raise LookupError("Every listener has a default rule, and this one has none.")


def _order(rule: Any) -> tuple[bool, int]:
    return (rule.is_default, 0 if rule.is_default else int(rule.priority))


def _only(actions: Sequence[Any]) -> Any:
    if len(actions) != 1:
        raise AwsError("NotModelled", "not modelled: rules with several actions")
    return actions[0]


def _matches(condition: Mapping[str, Any], asked: Asked) -> bool:
    match condition["Field"]:
        case "host-header":
            # Host names are compared without regard to case, paths with regard to it.
            return _any_matches(_values(condition, "HostHeaderConfig"), asked.host, re.IGNORECASE)
        case "path-pattern":
            return _any_matches(_values(condition, "PathPatternConfig"), asked.path, re.NOFLAG)
        case field:
            raise AwsError("NotModelled", f"not modelled: rule conditions on {field}")


def _values(condition: Mapping[str, Any], config: str) -> Sequence[str]:
    values: Sequence[str] = condition.get(config, {}).get("Values") or condition.get("Values", [])
    return values


def _any_matches(patterns: Sequence[str], text: str, flags: re.RegexFlag) -> bool:
    return any(re.fullmatch(_regular_expression(pattern), text, flags | re.DOTALL) for pattern in patterns)


def _regular_expression(pattern: str) -> str:
    """``*`` stands for any characters or none, ``?`` for exactly one."""
    return re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
