"""Which requests meet the conditions of listener rules, and whether two sets of conditions have requests in common.

A request meets a rule if it meets all conditions, each by at least one value. Hosts, headers and query strings are
compared without regard to case, paths and methods with regard to case (botocore, elbv2 RuleCondition). Pure.
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
"""The fields of which every request has one value, and whose conditions are patterns."""
IN_ANY_CASE: Final = frozenset({"host-header", "http-header", "query-string"})


@lru_cache(maxsize=CACHE_SIZE)
def same_requests(one: Conditions, other: Conditions) -> bool:
    """Return whether two sets are equal, without regard to case in the fields of ``IN_ANY_CASE``."""
    return _in_small_letters(one) == _in_small_letters(other)


@lru_cache(maxsize=CACHE_SIZE)
def may_both_be_met(one: Conditions, other: Conditions) -> bool:
    """Return whether some request can meet both sets. A field on which only one has a condition excludes nothing."""
    return all(_may_both(condition, against) for condition in one for against in other)


@lru_cache(maxsize=CACHE_SIZE)
def surely_met(conditions: Conditions, by: Conditions) -> bool:
    """Return whether every request that meets ``by`` also meets ``conditions``; ``False`` if this is not certain."""
    needed, given = _in_small_letters(conditions), _in_small_letters(by)
    return all(
        _is_met_by_all(wanted) or any(wanted.field == one.field and _takes_all(wanted, one) for one in given)
        for wanted in needed
    )


def parts_of(conditions: Conditions) -> Iterator[Conditions]:
    """Split the requests by host and path: each part has one value of each, and all the other conditions."""
    apart = [one for one in conditions if one.field in OF_PATTERNS]
    together = conditions.difference(apart)
    for values in product(*(sorted(one.values) for one in apart)):
        yield together | {Condition(one.field, frozenset({value})) for one, value in zip(apart, values, strict=True)}


def wildcards_of(conditions: Conditions) -> int:
    """Count the wildcards as AWS does: in all values together, and in the keys of query strings."""
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
    """Return whether every request meets a condition: each has a host and a path, and a path begins with a slash."""
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
"""The fields of which a request has only one value, with functions that say if one value can meet two conditions.

A request can have several headers, even of one name, and several query parameters, one for each condition. So
conditions on them never exclude each other, and neither do conditions on a field that is unknown here.
"""
