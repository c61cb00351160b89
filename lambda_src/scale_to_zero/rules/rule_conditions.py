"""What sets of conditions of listener rules demand of requests, and whether some, all or none can meet two sets. Pure.

All conditions of a rule have to be met, each by any one of its values; hosts, headers and query strings are compared
without regard to case, paths and methods with it (botocore, elbv2 RuleCondition).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from ipaddress import ip_network
from itertools import chain, product
from typing import Final

from scale_to_zero.model.observed import Condition, Conditions

from .wildcards import CACHE_SIZE, contains, share_a_text, wildcards_in

OF_PATTERNS: Final = frozenset({"host-header", "path-pattern"})
"""The fields that every request has one value of, and that conditions have patterns for."""
IN_ANY_CASE: Final = frozenset({"host-header", "http-header", "query-string"})


@lru_cache(maxsize=CACHE_SIZE)
def same_requests(one: Conditions, other: Conditions) -> bool:
    """Whether two sets are the same but for the case of letters where that does not matter."""
    return _in_small_letters(one) == _in_small_letters(other)


@lru_cache(maxsize=CACHE_SIZE)
def may_both_be_met(one: Conditions, other: Conditions) -> bool:
    """Whether some request can meet both sets; a field that one of them has no condition on excludes nothing."""
    return all(_may_both(condition, against) for condition in one for against in other)


@lru_cache(maxsize=CACHE_SIZE)
def surely_met(conditions: Conditions, by: Conditions) -> bool:
    """Whether every request that meets ``by`` meets ``conditions`` too; ``False`` also where that cannot be known."""
    needed, given = _in_small_letters(conditions), _in_small_letters(by)
    return all(
        _is_met_by_all(wanted) or any(wanted.field == one.field and _takes_all(wanted, one) for one in given)
        for wanted in needed
    )


def parts_of(conditions: Conditions) -> Iterator[Conditions]:
    """The same requests, apart by host and path: each part has one of their values, and all the other conditions."""
    apart = [one for one in conditions if one.field in OF_PATTERNS]
    together = conditions.difference(apart)
    for values in product(*(sorted(one.values) for one in apart)):
        yield together | {Condition(one.field, frozenset({value})) for one, value in zip(apart, values, strict=True)}


def wildcards_of(conditions: Conditions) -> int:
    """How many wildcards AWS counts in all values together, those in the keys of query strings too."""
    return sum(_wildcards_in(condition.field, text) for condition in conditions for text in chain(*condition.values))


def _wildcards_in(field: str, text: str) -> int:
    escaped = text.count("\\*") + text.count("\\?") if field == "query-string" else 0
    return wildcards_in(text) - escaped


def _may_both(one: Condition, other: Condition) -> bool:
    share = SHARE.get(one.field)
    if share is None or one.field != other.field:
        return True
    return any(share(value, against) for _, value in one.values for _, against in other.values)


def _is_met_by_all(condition: Condition) -> bool:
    """Every request has a host and a path, and every path begins with a slash."""
    met = {"*", "/*"} if condition.field == "path-pattern" else {"*"}
    return condition.field in OF_PATTERNS and any(value in met for _, value in condition.values)


def _takes_all(wanted: Condition, given: Condition) -> bool:
    if wanted.field not in OF_PATTERNS:
        return given.values <= wanted.values
    return all(any(contains(pattern, value) for _, pattern in wanted.values) for _, value in given.values)


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
never exclude each other. Nor does a field that is unknown here.
"""
