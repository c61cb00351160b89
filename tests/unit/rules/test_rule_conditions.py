"""Whether one request can meet two sets of conditions, compared with trying every request of a small world."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from scale_to_zero.model.observed import Condition, Conditions
from scale_to_zero.rules.rule_conditions import may_both_be_met, same_requests, surely_met, wildcards_of
from tests.seeds import seed_of_commit
from tests.unit.listener import on, on_hosts
from tests.unit.small_world import (
    FIELDS,
    REQUESTS,
    a_condition,
    some_conditions,
    some_request_meets,
    values_that_meet,
)

PAIRS_TRIED = 5_000


def test_no_overlap_is_missed_and_false_alarms_are_rare() -> None:
    random = Random(seed_of_commit())
    found: Counter[tuple[bool, bool]] = Counter()
    for _ in range(PAIRS_TRIED):
        one, other = some_conditions(random), some_conditions(random)
        said = may_both_be_met(one, other)
        is_possible = some_request_meets(one, other)
        assert said or not is_possible, f"missed: {sorted(one)} and {sorted(other)}"
        assert said is may_both_be_met(other, one)
        found[said, is_possible] += 1
    apart = found[True, False] + found[False, False]
    assert min(apart, found[True, True]) > PAIRS_TRIED / 10, "too few pairs of one kind were tried"
    assert found[True, False] < 0.02 * apart


def test_there_are_no_false_alarms_if_each_field_has_one_condition() -> None:
    """Only a rule that no request can meet causes a false alarm, and it has two conditions on one field."""
    random = Random(seed_of_commit() + 1)
    for _ in range(PAIRS_TRIED):
        one, other = (
            frozenset(a_condition(random, field) for field in random.sample(FIELDS, k=random.randint(0, 3)))
            for _ in range(2)
        )
        assert may_both_be_met(one, other) is some_request_meets(one, other), f"{sorted(one)} and {sorted(other)}"


def every_request_meets(wider: Conditions, by: Conditions) -> bool:
    """Return whether each request of the small world that meets ``by`` meets ``wider``; true if none meets ``by``."""
    if not some_request_meets(by):
        return True
    for field, every in REQUESTS.items():
        had = frozenset(range(len(every))).intersection(*(values_that_meet(one) for one in by if one.field == field))
        if any(not had <= values_that_meet(one) for one in wider if one.field == field):
            return False
    return True


def test_conditions_that_are_surely_met_are_met_by_every_request() -> None:
    random = Random(seed_of_commit() + 2)
    said = 0
    for _ in range(PAIRS_TRIED):
        by = some_conditions(random)
        kept = [one for one in sorted(by) if random.random() < 0.7]
        wider = frozenset([*kept, *(some_conditions(random) if random.random() < 0.3 else [])])
        if surely_met(wider, by=by):
            said += 1
            assert every_request_meets(wider, by), f"{sorted(by)} does not surely meet {sorted(wider)}"
    assert said > PAIRS_TRIED / 3


CITY = on_hosts("city.example.com")


@pytest.mark.parametrize(
    ("wider", "by", "surely"),
    [
        (CITY, CITY | {on("path-pattern", "/health")}, True),
        (on_hosts("*.Example.com"), CITY, True),
        (frozenset(), CITY, True),
        (frozenset({on("path-pattern", "*")}), CITY, True),
        (on_hosts("city.example.com", "inner.example.com"), CITY, True),
        (CITY, on_hosts("city.example.com", "inner.example.com"), False),
        (CITY, frozenset({on("path-pattern", "/health")}), False),
        (on_hosts("?.example.com"), on_hosts("*.example.com"), False),
        (frozenset({on("http-request-method", "GET")}), frozenset({on("http-request-method", "get")}), False),
    ],
)
def test_whether_every_request_that_meets_one_set_also_meets_another(
    wider: Conditions, by: Conditions, surely: bool
) -> None:
    assert surely_met(wider, by=by) is surely


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        (CITY, frozenset({on("path-pattern", "/api/*")}), True),
        (CITY, on_hosts("inner.example.com"), False),
        (CITY, on_hosts("City.Example.COM"), True),
        (on_hosts("*.example.com"), CITY, True),
        (CITY, frozenset(), True),
        (frozenset(), frozenset(), True),
        (frozenset({on("path-pattern", "/API/*")}), frozenset({on("path-pattern", "/api/*")}), False),
        (CITY | {on("path-pattern", "/a/*")}, CITY | {on("path-pattern", "/b/*")}, False),
        (CITY | {on("http-request-method", "GET")}, CITY | {on("http-request-method", "POST", "GET")}, True),
        (CITY | {on("http-request-method", "GET")}, CITY | {on("http-request-method", "get")}, False),
        (frozenset({on("source-ip", "10.0.0.0/8")}), frozenset({on("source-ip", "10.1.2.3/32")}), True),
        (frozenset({on("source-ip", "10.0.0.0/8")}), frozenset({on("source-ip", "192.168.0.0/16")}), False),
        (frozenset({on("source-ip", "10.0.0.0/8")}), frozenset({on("source-ip", "::/0")}), False),
        (frozenset({on("source-ip", "10.0.0.1/8")}), frozenset({on("source-ip", "somewhere")}), True),
        (frozenset({on("sub-paths", "/a")}), frozenset({on("sub-paths", "/b")}), True),
    ],
)
def test_whether_one_request_can_meet_two_sets_as_operators_have_them(
    one: Conditions, other: Conditions, both: bool
) -> None:
    assert may_both_be_met(one, other) is both
    assert may_both_be_met(other, one) is both


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (on_hosts("Guide.Example.com"), on_hosts("guide.example.com"), True),
        (on_hosts("guide.example.com"), on_hosts("guide.example.org"), False),
        (frozenset({on("path-pattern", "/A")}), frozenset({on("path-pattern", "/a")}), False),
        (frozenset({on("http-request-method", "GET")}), frozenset({on("http-request-method", "get")}), False),
        (
            frozenset({Condition("http-header", frozenset({("User-Agent", "*Uptime*")}))}),
            frozenset({Condition("http-header", frozenset({("user-agent", "*uptime*")}))}),
            True,
        ),
        (CITY, CITY | {on("path-pattern", "*")}, False),
    ],
)
def test_sets_are_the_same_whatever_the_case_of_letters_that_aws_ignores(
    one: Conditions, other: Conditions, same: bool
) -> None:
    assert same_requests(one, other) is same


def test_wildcards_of_all_conditions_count_together() -> None:
    assert wildcards_of(on_hosts("*.example.com", "city.example.com") | {on("path-pattern", "/a?/*")}) == 3
