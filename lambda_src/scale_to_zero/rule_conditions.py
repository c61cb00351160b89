"""What sets of conditions of listener rules ask of requests, and whether some, all or none can meet two sets. Pure.

All conditions of a rule have to be met, each by any one of its values; hosts, headers and query strings are compared
without regard to case, paths and methods with it (botocore, elbv2 RuleCondition).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Final

from .model import Condition, Conditions
from .wildcards import share_a_text, wildcards_in

OF_PATTERNS: Final = frozenset({"host-header", "path-pattern"})
"""The fields that every request has one value of, and that conditions have patterns for."""
IN_ANY_CASE: Final = frozenset({"host-header", "http-header", "query-string"})


def same_requests(one: Conditions, other: Conditions) -> bool:
    """Whether two sets are the same but for the case of letters where that does not matter."""
    return _in_small_letters(one) == _in_small_letters(other)


def may_both_be_met(one: Conditions, other: Conditions) -> bool:
    """Whether some request can meet both sets; a field that one of them has no condition on excludes nothing."""
    return all(_may_both(condition, against) for condition in one for against in other)


def surely_met(conditions: Conditions, by: Conditions) -> bool:
    """Whether every request that meets ``by`` meets ``conditions`` too; ``False`` also where that cannot be told."""
    asked, given = _in_small_letters(conditions), _in_small_letters(by)
    return all(
        _is_met_by_all(wanted) or any(wanted.field == one.field and _takes_all(wanted, one) for one in given)
        for wanted in asked
    )


def wildcards_of(conditions: Conditions) -> int:
    """How many wildcards AWS counts in all values together."""
    return sum(wildcards_in(value) for condition in conditions for _, value in condition.values)


def _may_both(one: Condition, other: Condition) -> bool:
    share = SHARE.get(one.field)
    if share is None or one.field != other.field:
        return True
    return any(share(value, against) for _, value in one.values for _, against in other.values)


def _is_met_by_all(condition: Condition) -> bool:
    return condition.field in OF_PATTERNS and ("", "*") in condition.values


def _takes_all(wanted: Condition, given: Condition) -> bool:
    return all(value in wanted.values or _matches_one_of(value[1], wanted) for value in given.values)


def _matches_one_of(value: str, wanted: Condition) -> bool:
    """Whether a text without wildcards matches one of the patterns; a pattern is not compared with others."""
    if wanted.field not in OF_PATTERNS or wildcards_in(value):
        return False
    return any(share_a_text(value, pattern) for _, pattern in wanted.values)


def _share_a_host(one: str, other: str) -> bool:
    return share_a_text(one.lower(), other.lower())


def _share_a_method(one: str, other: str) -> bool:
    return one == other


def _share_an_address(one: str, other: str) -> bool:
    try:
        return ip_network(one, strict=False).overlaps(ip_network(other, strict=False))
    except ValueError:
        return True


def _in_small_letters(conditions: Conditions) -> Conditions:
    return frozenset(
        Condition(field, frozenset((name.lower(), value.lower()) for name, value in values))
        if field in IN_ANY_CASE
        else Condition(field, values)
        for field, values in conditions
    )


SHARE: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "host-header": _share_a_host,
    "path-pattern": share_a_text,
    "http-request-method": _share_a_method,
    "source-ip": _share_an_address,
}
"""The fields of which a request has one value only, each with whether one value can meet two conditions on it.

Of headers (of one name, too) and of query strings' parameters a request can have several, one for each condition: they
never exclude each other. Nor does a field that nobody here knows.
"""
