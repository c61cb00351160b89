"""Event patterns of EventBridge rules: which patterns are modelled, and which events match.

moto matches patterns as EventBridge does for values, lists of values, nested objects, and the operators below
(EventBridge User Guide, "Comparison operators"). Any other operator is refused when the rule is put.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from moto.events.models import Rule

from .api_call import AwsError

OPERATORS: Final[Mapping[str, tuple[type, ...]]] = {
    "anything-but": (str, int, float, list),
    "exists": (bool,),
    "prefix": (str,),
}
"""The operators that are modelled, with the types of their operand."""


def check(text: str) -> None:
    """Refuse a pattern that is wrong or not modelled. Raises ``AwsError``."""
    try:
        pattern = json.loads(text)
    except ValueError:
        raise _invalid("it is not JSON") from None
    if not isinstance(pattern, dict) or not pattern:
        raise _invalid("it must be a JSON object that is not empty")
    _check_object(pattern)


def matches(rule: Rule, event: Mapping[str, Any]) -> bool:
    """Return whether a rule has a pattern, and an event matches it."""
    pattern: Any = rule.event_pattern
    return bool(pattern.get_pattern()) and bool(pattern.matches_event(event))


def _check_object(pattern: Mapping[str, Any]) -> None:
    for name, value in pattern.items():
        if name.startswith("$"):
            raise AwsError("NotModelled", f"not modelled: {name} in an event pattern")
        if isinstance(value, dict):
            _check_object(value)
        elif isinstance(value, list) and value:
            for one in value:
                _check_value(name, one)
        else:
            raise _invalid(f"'{name}' must be an object, or an array that is not empty")


def _check_value(name: str, value: Any) -> None:
    if isinstance(value, list):
        raise _invalid(f"'{name}' must not have an array in its array")
    if not isinstance(value, dict):
        return
    operator, operand = next(iter(value.items())) if len(value) == 1 else ("", None)
    if not isinstance(operand, OPERATORS.get(operator, ())):
        raise AwsError("NotModelled", f"not modelled: {json.dumps(value)} in an event pattern")


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {why}.")
