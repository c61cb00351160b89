"""Which requests a listener rule takes in the simulation (ELB user guide, condition types)."""

from __future__ import annotations

import pytest

from scale_to_zero.model.observed import Condition
from simulator.routing import ClientKind, ClientRequest, takes


def condition(field: str, value: str, name: str = "") -> Condition:
    return Condition(field, frozenset({(name, value)}))


ASK = ClientRequest(ClientKind.PROGRAM, "Guide.example", "/tours/[1]", headers={"user-agent": "Site24x7 [EU]"})


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        (condition("host-header", "guide.EXAMPLE"), True),
        (condition("host-header", "*.example"), True),
        (condition("host-header", "guide?.example"), False),
        (condition("path-pattern", "/tours/[1]"), True),
        (condition("path-pattern", "/tours/[*"), True),
        (condition("path-pattern", "/tours/???"), True),
        (condition("path-pattern", "/Tours/*"), False),
        (condition("path-pattern", "/[t]ours/*"), False),
        (condition("path-pattern", "/[!a]*"), False),
        (condition("http-header", "site24x7 [eu]", name="User-Agent"), True),
        (condition("http-header", "SITE24x7*", name="USER-AGENT"), True),
        (condition("http-header", "Site24x7 e", name="User-Agent"), False),
    ],
)
def test_only_two_characters_are_wildcards(wanted: Condition, taken: bool) -> None:
    assert takes(frozenset({wanted}), ASK) is taken
