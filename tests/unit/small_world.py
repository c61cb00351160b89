"""A world with so few requests that a test can try all of them, and short rules of the kinds that operators have.

A request has one host, path, method and address, and any number of header lines and parameters.
"""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_address, ip_network
from itertools import chain, combinations, product
from random import Random

from scale_to_zero.model.observed import Condition, Conditions
from tests.unit.listener import on

LETTERS = "ab"
LONGEST_PATTERN = 3
FIELDS = ("host-header", "path-pattern", "http-request-method", "source-ip", "http-header", "query-string")
METHODS = ("GET", "POST", "PUT")
BLOCKS = ("10.0.0.0/30", "10.0.0.0/31", "10.0.0.2/32", "fd00::/127", "fd00::1/128")
NAMES = ("X-A", "x-b")


def texts_of(letters: str) -> list[str]:
    lengths = range(2 * LONGEST_PATTERN + 1)
    return ["".join(text) for length in lengths for text in product(letters, repeat=length)]


NAMED = [(name, value) for name in ("x-a", "x-b") for value in LETTERS]
SOME_NAMED = list(chain.from_iterable(combinations(NAMED, number) for number in range(len(NAMED) + 1)))
REQUESTS: dict[str, list[object]] = {  # for each field, every value that a request can have in it
    "host-header": list(texts_of(LETTERS)),
    "path-pattern": list(texts_of("abA")),
    "http-request-method": list(METHODS),
    "source-ip": ["10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::", "fd00::1"],
    "http-header": list(SOME_NAMED),
    "query-string": list(SOME_NAMED),
}


@cache
def matches(pattern: str, text: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text) is not None


def meets(condition: Condition, had: object) -> bool:
    """Return whether a request with ``had`` in the condition's field meets it. One matching value is enough."""
    match condition.field, had:
        case "host-header", str(host):
            return any(matches(value.lower(), host.lower()) for _, value in condition.values)
        case "path-pattern", str(path):
            return any(matches(value, path) for _, value in condition.values)
        case "http-request-method", str(method):
            return ("", method) in condition.values
        case "source-ip", str(address):
            return any(ip_address(address) in ip_network(block) for _, block in condition.values)
        case (("http-header" | "query-string"), tuple(lines)):
            return any(
                name.lower() in ("", of) and matches(value.lower(), has)
                for name, value in condition.values
                for of, has in lines
            )
        case other:
            raise ValueError(f"no request has {other}")


@cache
def values_that_meet(condition: Condition) -> frozenset[int]:
    return frozenset(number for number, had in enumerate(REQUESTS[condition.field]) if meets(condition, had))


def some_request_meets(*sets: Conditions) -> bool:
    """Return whether one request of the small world meets all sets: in each field, one value meets all conditions."""
    for field, every in REQUESTS.items():
        required = [values_that_meet(one) for conditions in sets for one in conditions if one.field == field]
        if not frozenset(range(len(every))).intersection(*required):
            return False
    return True


# Short rules of the kinds that operators have.


def a_pattern(random: Random) -> str:
    return "".join(random.choices("abA*?", weights=[4, 4, 1, 2, 1], k=random.randint(1, LONGEST_PATTERN)))


def a_condition(random: Random, field: str) -> Condition:
    number = random.choice([1, 1, 1, 2, 3])
    match field:
        case "host-header" | "path-pattern":
            return on(field, *(a_pattern(random) for _ in range(number)))
        case "http-request-method":
            return on(field, *random.choices(METHODS, k=number))
        case "source-ip":
            return on(field, *random.choices(BLOCKS, k=number))
        case "http-header":
            name = random.choice(NAMES)
            return Condition(field, frozenset((name, random.choice([*LETTERS, "A", "?", "*"])) for _ in range(number)))
        case _:
            keys = [*NAMES, ""]
            values = frozenset((random.choice(keys), random.choice([*LETTERS, "?", "*"])) for _ in range(number))
            return Condition(field, values)


def some_conditions(random: Random) -> Conditions:
    fields = random.sample(FIELDS, k=random.choice([1, 1, 2, 2, 3]))
    repeated = [field for field in fields if field in ("http-header", "query-string") and random.random() < 0.3]
    return frozenset(a_condition(random, field) for field in (*fields, *repeated))
