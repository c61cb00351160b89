"""Conversion of a listener rule's conditions between Elastic Load Balancing's form and the model's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from scale_to_zero.model.observed import Condition, Conditions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mypy_boto3_elbv2.type_defs import RuleConditionOutputTypeDef, RuleConditionUnionTypeDef

CONFIGS: Final[Mapping[str, str]] = {
    "host-header": "HostHeaderConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "path-pattern": "PathPatternConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
"""The fields that a condition can have, each with the member of the API that contains its values."""

UNDERSTOOD: Final = frozenset({"Values", "HttpHeaderName"})


class NotUnderstood(Exception):
    """A condition that cannot be taken over completely; the message says which and why."""


def conditions_of(described: Iterable[RuleConditionOutputTypeDef]) -> tuple[Conditions, str]:
    """Read the conditions of a rule, and why some cannot be taken over; that is empty if all can.

    The conditions that were read show which requests the rule does not get. A rule with only these would get more
    requests than the rule itself.
    """
    read: set[Condition] = set()
    unreadable = ""
    for condition in described:
        try:
            read.add(_condition(cast("Mapping[str, Any]", condition)))
        except NotUnderstood as error:
            unreadable = unreadable or str(error)
    return frozenset(read), unreadable


def as_requested(conditions: Conditions) -> list[RuleConditionUnionTypeDef]:
    """Write conditions for ``ModifyRule``, always in the same order."""
    ordered = sorted(conditions, key=lambda condition: (condition.field, sorted(condition.values)))
    return [
        cast("RuleConditionUnionTypeDef", {"Field": field, CONFIGS[field]: part})
        for condition in ordered
        for field, part in _parts(condition)
    ]


def _condition(condition: Mapping[str, Any]) -> Condition:
    field = condition.get("Field", "")
    if field not in CONFIGS:
        raise NotUnderstood(f"a wake rule cannot copy its condition {field or 'without a field'}")
    # For hosts and paths the values are also next to the config; in older answers only there.
    config = condition.get(CONFIGS[field]) or {}
    beyond = sorted(name for name, value in {**condition, **config}.items() if value and _unexpected(name, field))
    if beyond:
        raise NotUnderstood(f"its condition on {field} has {', '.join(beyond)}, which a wake rule cannot copy")
    values = frozenset(_named(field, config, config.get("Values") or condition.get("Values") or ()))
    if not values:
        raise NotUnderstood(f"its condition on {field} has no values that a wake rule can copy")
    return Condition(field, values)


def _unexpected(name: str, field: str) -> bool:
    return name not in UNDERSTOOD and name not in ("Field", CONFIGS[field])


def _named(field: str, config: Mapping[str, Any], values: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for value in values:
        if field == "query-string":
            yield value.get("Key", ""), value.get("Value", "")
        else:
            yield config.get("HttpHeaderName", "") if field == "http-header" else "", value


def _parts(condition: Condition) -> Iterator[tuple[str, dict[str, Any]]]:
    values = sorted(condition.values)
    if condition.field == "query-string":
        keyed = [({"Key": key} if key else {}) | {"Value": value} for key, value in values]
        yield condition.field, {"Values": keyed}
    elif condition.field == "http-header":
        yield condition.field, {"HttpHeaderName": values[0][0], "Values": [value for _, value in values]}
    else:
        yield condition.field, {"Values": [value for _, value in values]}
