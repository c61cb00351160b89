from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Condition, Conditions, ListenerRule, Unknown
from tests.contract.drawn import on_one_stage
from tests.contract.stage import Stage

GONE = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/gone/0000000000000000/0000000000000000"


def condition(field: str, *values: str, name: str = "") -> Condition:
    return Condition(field, frozenset((name, value) for value in values))


HOSTS = condition("host-header", "app.example.com", "*.example.org")
PATHS = condition("path-pattern", "/shop/*", "/cart")
DISARMED = frozenset({condition("host-header", "disarmed.scale-to-zero.invalid")})
EVERY_FIELD = [
    HOSTS,
    PATHS,
    condition("http-header", "Pingdom*", "*UptimeRobot*", name="User-Agent"),
    condition("http-request-method", "GET", "HEAD"),
    Condition("query-string", frozenset({("version", "2"), ("", "beta")})),
    condition("source-ip", "10.0.0.0/8", "2001:db8::/32"),
]


def rules_of(stage: Stage, listener_arn: str) -> dict[str, ListenerRule]:
    rules = stage.ports.listener_rules.read([listener_arn])[listener_arn]
    assert not isinstance(rules, Unknown)
    return dict(rules)


some_values = st.sampled_from(EVERY_FIELD).flatmap(
    lambda whole: st.builds(
        Condition, st.just(whole.field), st.frozensets(st.sampled_from(sorted(whole.values)), min_size=1)
    )
)
conditions_of_a_rule = st.lists(some_values, min_size=1, max_size=3, unique_by=lambda one: one.field).map(frozenset)


@pytest.fixture
def listener(stage: Stage) -> str:
    return stage.create_listener()


@pytest.fixture
def rule(stage: Stage, listener: str) -> str:
    return stage.create_rule(listener, 90, DISARMED)


@on_one_stage(max_examples=10)
@given(conditions=conditions_of_a_rule)
def test_conditions_read_as_they_were_set(stage: Stage, listener: str, rule: str, conditions: Conditions) -> None:
    stage.ports.listener_rules.set_conditions(rule, conditions)
    assert rules_of(stage, listener)[rule] == ListenerRule(rule, 90, conditions)


class TestListenerRules:
    def test_a_listener_has_its_default_rule(self, stage: Stage) -> None:
        (default,) = rules_of(stage, stage.create_listener()).values()
        assert default == ListenerRule(default.arn, None, frozenset())

    def test_a_rule_is_read_with_priority_and_conditions(self, stage: Stage) -> None:
        listener = stage.create_listener()
        created = {}
        for priority, only in enumerate(EVERY_FIELD, start=90):
            arn = stage.create_rule(listener, priority, frozenset({only}))
            created[arn] = ListenerRule(arn, priority, frozenset({only}))
        rules = rules_of(stage, listener)
        assert {arn: rules[arn] for arn in created} == created

    def test_listeners_do_not_share_rules(self, stage: Stage) -> None:
        one, another = stage.create_listener(), stage.create_listener()
        arn = stage.create_rule(one, 1, frozenset({HOSTS}))
        assert arn in rules_of(stage, one)
        assert arn not in rules_of(stage, another)

    def test_all_pages_of_a_listener_with_many_rules_are_read(self, stage: Stage) -> None:
        listener = stage.create_listener()
        arns = {stage.create_rule(listener, number, DISARMED) for number in range(1, 61)}
        assert len(arns) == 60
        assert arns < set(rules_of(stage, listener))

    def test_other_rules_are_not_changed(self, stage: Stage) -> None:
        listener = stage.create_listener()
        ours, theirs = stage.create_rule(listener, 1, DISARMED), stage.create_rule(listener, 2, frozenset({HOSTS}))
        before = rules_of(stage, listener)
        stage.ports.listener_rules.set_conditions(ours, frozenset({HOSTS}))
        after = rules_of(stage, listener)
        assert {arn for arn in before if before[arn] != after[arn]} == {ours}
        assert after[theirs].conditions == after[ours].conditions

    def test_every_one_of_many_listeners_is_in_the_answer(self, stage: Stage) -> None:
        arns = [stage.create_listener() for _ in range(21)]
        assert set(stage.ports.listener_rules.read([*arns, *arns])) == set(arns)

    def test_an_empty_request_has_an_empty_answer(self, stage: Stage) -> None:
        assert stage.ports.listener_rules.read([]) == {}

    def test_a_listener_that_does_not_exist_is_unknown_and_hides_no_other(self, stage: Stage) -> None:
        listener = stage.create_listener()
        found = stage.ports.listener_rules.read([GONE, listener])
        assert isinstance(found[GONE], Unknown)
        assert not isinstance(found[listener], Unknown)

    def test_rules_that_cannot_be_read_are_unknown_and_a_fault(self, stage: Stage) -> None:
        listener = stage.create_listener()
        stage.refuse("read_rules")
        unseen = stage.ports.listener_rules.read([listener])[listener]
        assert isinstance(unseen, Unknown)
        assert unseen.call_failed
        assert listener in unseen.why

    def test_a_refused_change_does_not_change_the_rule_and_says_why(self, stage: Stage) -> None:
        listener = stage.create_listener()
        arn = stage.create_rule(listener, 90, DISARMED)
        stage.refuse("set_conditions")
        with pytest.raises(CallFailed, match="listener-rule"):
            stage.ports.listener_rules.set_conditions(arn, frozenset({HOSTS}))
        assert rules_of(stage, listener)[arn].conditions == DISARMED

    def test_a_rule_that_does_not_exist_cannot_be_changed(self, stage: Stage) -> None:
        with pytest.raises(CallFailed):
            stage.ports.listener_rules.set_conditions(GONE.replace(":listener/", ":listener-rule/") + "/0", DISARMED)
