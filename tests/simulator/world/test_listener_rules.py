from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.world import ListenerRules, Timings, World
from tests.simulator.worlds import SECOND, START

LISTENER = "listener"
RULE = "rule"


def world(propagation: int) -> World:
    built = World(seed=1, start=START, timings=Timings(jitter=0, rule_propagation=propagation * SECOND))
    built.listener_rules.replace(LISTENER, {"default": "application", RULE: "disarmed"})
    return built


def met(rules: ListenerRules, after: timedelta | None = None) -> object:
    return rules.met(LISTENER, None if after is None else START + after).get(RULE)


@pytest.mark.parametrize("propagation", [5, 20])
def test_the_previous_setting_applies_until_the_change_has_propagated(propagation: int) -> None:
    moved = world(propagation)
    rules = moved.listener_rules
    rules.put(LISTENER, RULE, "armed")
    assert rules.set_now(LISTENER)[RULE] == "armed"
    assert met(rules) == "disarmed"
    moved.advance((propagation - 1) * SECOND)
    assert met(rules) == "disarmed"
    moved.advance(SECOND)
    assert met(rules) == "armed"


def test_without_a_delay_a_change_applies_at_once() -> None:
    rules = world(0).listener_rules
    rules.put(LISTENER, RULE, "armed")
    assert met(rules) == "armed"


def test_the_setting_for_a_later_request_can_be_read_before() -> None:
    rules = world(5).listener_rules
    rules.put(LISTENER, RULE, "armed")
    assert [met(rules, seconds * SECOND) for seconds in (0, 4, 5, 60)] == ["disarmed", "disarmed", "armed", "armed"]


def test_several_changes_apply_one_after_the_other() -> None:
    moved = world(5)
    rules = moved.listener_rules
    for setting in ("armed", "disarmed", "armed again"):
        rules.put(LISTENER, RULE, setting)
        moved.advance(2 * SECOND)
    assert [met(rules, seconds * SECOND) for seconds in (6, 7, 8, 9)] == [
        "armed",
        "disarmed",
        "disarmed",
        "armed again",
    ]


def test_a_shorter_delay_does_not_let_a_later_change_apply_before_an_earlier_one() -> None:
    moved = world(20)
    rules = moved.listener_rules
    rules.put(LISTENER, RULE, "armed")
    rules.propagation = timedelta(0)
    rules.put(LISTENER, RULE, "disarmed again")
    moved.advance(19 * SECOND)
    assert met(rules) == "disarmed"
    moved.advance(SECOND)
    assert met(rules) == "disarmed again"


def test_a_new_rule_and_a_deleted_one_take_as_long_as_a_change() -> None:
    moved = world(5)
    rules = moved.listener_rules
    rules.put(LISTENER, "new", "setting")
    rules.remove(LISTENER, RULE)
    assert rules.set_now(LISTENER).keys() == {"default", "new"}
    assert rules.met(LISTENER).keys() == {"default", RULE}
    moved.advance(5 * SECOND)
    assert rules.met(LISTENER).keys() == {"default", "new"}


def test_a_setting_that_stays_the_same_is_not_a_change() -> None:
    moved = world(5)
    rules = moved.listener_rules
    rules.put(LISTENER, RULE, "armed")
    moved.advance(4 * SECOND)
    rules.replace(LISTENER, {"default": "application", RULE: "armed"})
    moved.advance(SECOND)
    assert met(rules) == "armed"


def test_a_deleted_listener_is_gone_at_once() -> None:
    rules = world(5).listener_rules
    assert rules.set_now(LISTENER).keys() == {"default", RULE}
    rules.forget_listener(LISTENER)
    assert rules.listener_arns == ()
    with pytest.raises(LookupError, match="no listener"):
        rules.met(LISTENER)
    with pytest.raises(LookupError, match="no listener"):
        rules.set_now(LISTENER)
    with pytest.raises(LookupError, match="no listener"):
        rules.remove(LISTENER, RULE)
