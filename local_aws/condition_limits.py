"""What AWS refuses of the conditions of a listener rule, and moto does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from .api_call import ApiCall, AwsError

RULE_VALUES: Final = 5
"""Condition values of a listener rule, of all its conditions together (ELB User Guide, "Quotas for your ALBs")."""

RULE_WILDCARDS: Final = 6
"""Wildcards of a listener rule (same page)."""


def check(call: ApiCall) -> None:
    """Refuse a rule with more condition values or wildcards than AWS takes. Raises ``AwsError``."""
    values = [value for condition in call.parameters.get("Conditions") or () for value in _values(condition)]
    if len(values) > RULE_VALUES:
        raise AwsError("ValidationError", f"A rule can only have '{RULE_VALUES}' condition values")
    if sum(value.count("*") + value.count("?") for value in values) > RULE_WILDCARDS:
        raise AwsError("ValidationError", f"A rule can only have '{RULE_WILDCARDS}' condition wildcards")


def _values(condition: Mapping[str, Any]) -> Iterable[str]:
    """The values of a condition, which are in ``Values`` or in the configuration of its kind, never in both."""
    configurations = [value for name, value in condition.items() if name.endswith("Config") and value]
    for configuration in [condition, *configurations]:
        for value in configuration.get("Values") or ():
            yield value if isinstance(value, str) else f"{value.get('Key', '')}={value['Value']}"
