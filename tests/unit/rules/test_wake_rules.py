"""Which conditions each wake rule gets, and which problems of wake rules keep a service awake."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import Mode, ModuleRule
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Condition, Conditions, ListenerRule, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Backoff, Leaving, Phase, Stop
from scale_to_zero.rules.rule_positions import DISARMED, EVERYTHING
from scale_to_zero.rules.wake_rules import (
    RuleChange,
    after,
    all_wake_rules_armed,
    all_wake_rules_disarmed,
    conditions_when_armed,
    listener_arns,
    rule_changes,
    why_not_armed,
)
from tests.unit.listener import (
    DEFAULT_RULE,
    HTTPS,
    HTTPS_AS_DEFAULT,
    LISTENER,
    MONITOR,
    ON_THE_CITY,
    OWN_RULE,
    UPTIME_CHECK,
    WAKE_RULE,
    a_listener,
    a_rule,
    on,
    on_hosts,
    rule_arn,
)
from tests.unit.timeline import Timeline, a_service, a_service_woken_by_requests, at, in_phase

ARMED_PHASES = [Phase.DRAINING, Phase.ASLEEP, Phase.WAKING]
OTHERS_RULE = rule_arn("others")
FIVE_HOSTS = on_hosts(*(f"city-{number}.example.com" for number in range(5)))


# The conditions that the rules get.


@pytest.mark.parametrize("phase", ARMED_PHASES)
def test_the_wake_rule_of_a_service_that_is_not_awake_has_the_conditions_of_its_own_rule(phase: Phase) -> None:
    changes = rule_changes(a_service_woken_by_requests(), in_phase(phase), a_listener())
    assert changes == [RuleChange(WAKE_RULE, ON_THE_CITY)]


def test_the_only_condition_of_the_wake_rule_of_an_awake_service_is_a_host_that_cannot_exist() -> None:
    armed = a_listener(a_rule(WAKE_RULE, 90, ON_THE_CITY))
    changes = rule_changes(a_service_woken_by_requests(), in_phase(Phase.AWAKE), armed)
    assert changes == [RuleChange(WAKE_RULE, DISARMED)]


@pytest.mark.parametrize("phase", Phase)
def test_an_uptime_check_is_armed_in_every_phase_for_its_user_agents_only(phase: Phase) -> None:
    service = a_service_woken_by_requests(rules=(), uptime_checks=(MONITOR,))
    (change,) = rule_changes(service, in_phase(phase), a_listener())
    agents = on("http-header")._replace(values=frozenset({("User-Agent", "*Uptime*")}))
    assert change == RuleChange(UPTIME_CHECK, ON_THE_CITY | {agents})


@pytest.mark.parametrize("phase", Phase)
def test_an_uptime_check_of_a_service_that_leaves_is_disarmed_once_it_runs_again(phase: Phase) -> None:
    service = a_service_woken_by_requests(rules=(), uptime_checks=(MONITOR,))
    leaving = replace(in_phase(phase), leaving=Leaving(at("10:00")))
    changes = rule_changes(service, leaving, a_listener(a_rule(UPTIME_CHECK, 80, ON_THE_CITY)))
    assert (changes == [RuleChange(UPTIME_CHECK, DISARMED)]) == (phase is Phase.AWAKE)


@pytest.mark.parametrize("phase", Phase)
def test_a_service_in_dry_run_mode_has_neither_wake_rules_nor_uptime_checks_armed(phase: Phase) -> None:
    service = a_service_woken_by_requests(mode=Mode.DRY_RUN, uptime_checks=(MONITOR,))
    listener = a_listener(a_rule(WAKE_RULE, 90, ON_THE_CITY), a_rule(UPTIME_CHECK, 80, ON_THE_CITY))
    changes = rule_changes(service, in_phase(phase), listener)
    assert changes == [RuleChange(WAKE_RULE, DISARMED), RuleChange(UPTIME_CHECK, DISARMED)]


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.OFF])
def test_wake_rules_stay_armed_while_a_stop_is_under_way_though_the_mode_has_changed(mode: Mode) -> None:
    """The service still runs, and the stop would interrupt the requests that are routed to it."""
    service, armed = a_service_woken_by_requests(mode=mode), a_listener(a_rule(WAKE_RULE, 90, ON_THE_CITY))
    stopping = replace(in_phase(Phase.ASLEEP), stop=Stop(at("10:01")))
    assert rule_changes(service, stopping, armed) == []
    assert rule_changes(service, in_phase(Phase.ASLEEP), armed) == [RuleChange(WAKE_RULE, DISARMED)]


@pytest.mark.parametrize("phase", Phase)
def test_a_rule_with_the_right_conditions_is_not_changed(phase: Phase) -> None:
    service, listener = a_service_woken_by_requests(uptime_checks=(MONITOR,)), a_listener()
    listener = dict(after(rule_changes(service, in_phase(phase), listener), listener))
    assert rule_changes(service, in_phase(phase), listener) == []


def test_the_next_tick_copies_a_host_that_is_added_to_the_own_rule_of_a_sleeping_service() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests())
    timeline.tick("09:01")
    timeline.change_rule(OWN_RULE, conditions=on_hosts("new.example.com"))
    timeline.tick("09:02")
    assert timeline.armed


def test_only_our_own_rules_are_ever_changed() -> None:
    service = a_service_woken_by_requests(rules=(HTTPS, HTTPS_AS_DEFAULT), uptime_checks=(MONITOR,))
    for phase in Phase:
        assert {change.arn for change in rule_changes(service, in_phase(phase), a_listener())} <= {
            WAKE_RULE,
            UPTIME_CHECK,
        }


UNREADABLE = a_rule(OWN_RULE, 100, frozenset(), unreadable="its condition on sub-paths is of a kind no wake rule knows")


@pytest.mark.parametrize("current", [DISARMED, ON_THE_CITY])
def test_a_wake_rule_whose_armed_conditions_are_unknown_is_not_changed(current: Conditions) -> None:
    listener = a_listener(UNREADABLE, a_rule(WAKE_RULE, 90, current))
    assert rule_changes(a_service_woken_by_requests(), in_phase(Phase.ASLEEP), listener) == []


@pytest.mark.parametrize("own_rule", [UNREADABLE, a_rule(OWN_RULE, 100, FIVE_HOSTS)])
def test_an_uptime_check_whose_armed_conditions_are_unknown_is_disarmed(own_rule: ListenerRule) -> None:
    """It is no longer known which monitors it would answer."""
    service = a_service_woken_by_requests(rules=(), uptime_checks=(MONITOR,))
    changes = rule_changes(service, in_phase(Phase.AWAKE), a_listener(own_rule, a_rule(UPTIME_CHECK, 80, ON_THE_CITY)))
    assert changes == [RuleChange(UPTIME_CHECK, DISARMED)]


def test_a_wake_rule_whose_own_rule_is_gone_is_disarmed() -> None:
    """Its conditions may now be those of another service, or of none."""
    listener = a_listener(a_rule(WAKE_RULE, 90, ON_THE_CITY))
    del listener[OWN_RULE]
    changes = rule_changes(a_service_woken_by_requests(), in_phase(Phase.ASLEEP), listener)
    assert changes == [RuleChange(WAKE_RULE, DISARMED)]


def test_a_wake_rule_does_not_keep_conditions_that_another_service_has_by_now() -> None:
    others = a_rule(OTHERS_RULE, 95, ON_THE_CITY)
    listener = a_listener(UNREADABLE, others, a_rule(WAKE_RULE, 90, ON_THE_CITY))
    changes = rule_changes(a_service_woken_by_requests(), in_phase(Phase.ASLEEP), listener)
    assert changes == [RuleChange(WAKE_RULE, DISARMED)]


@pytest.mark.parametrize("phase", ARMED_PHASES)
def test_a_wake_rule_that_could_take_others_requests_is_never_armed(phase: Phase) -> None:
    listener = a_listener(
        a_rule(OTHERS_RULE, 95, frozenset({on("path-pattern", "/api/*")})), a_rule(WAKE_RULE, 90, ON_THE_CITY)
    )
    changes = rule_changes(a_service_woken_by_requests(), in_phase(phase), listener)
    assert changes == [RuleChange(WAKE_RULE, DISARMED)]


@pytest.mark.parametrize(
    "listener",
    [
        {WAKE_RULE: a_rule(WAKE_RULE, 90)},
        a_listener(a_rule(OWN_RULE, 100, frozenset(), unreadable="its condition on sub-paths is unknown")),
        a_listener(a_rule(OWN_RULE, 100, FIVE_HOSTS)),
    ],
    ids=["its own rule is gone", "its own rule cannot be taken over", "too many condition values"],
)
def test_unknown_armed_conditions_are_not_a_failed_call(listener: dict[str, ListenerRule]) -> None:
    """The configuration must change. A retry does not help."""
    conditions = conditions_when_armed(MONITOR, listener)
    assert isinstance(conditions, Unknown)
    assert not conditions.call_failed


def test_a_wake_rule_that_is_gone_is_not_changed() -> None:
    listener = a_listener()
    del listener[WAKE_RULE]
    assert rule_changes(a_service_woken_by_requests(), in_phase(Phase.ASLEEP), listener) == []


def test_no_rule_is_changed_for_a_service_without_wake_rules() -> None:
    assert rule_changes(a_service(), in_phase(Phase.ASLEEP), a_listener()) == []


@pytest.mark.parametrize(
    ("hosts", "paths", "conditions"),
    [
        ((), (), EVERYTHING),
        (("city.example.com",), (), ON_THE_CITY),
        (("city.example.com",), ("/shop/*",), ON_THE_CITY | {on("path-pattern", "/shop/*")}),
    ],
)
def test_the_rule_of_a_listeners_default_service_takes_the_configured_requests_or_all_requests(
    hosts: tuple[str, ...], paths: tuple[str, ...], conditions: Conditions
) -> None:
    rule = replace(HTTPS_AS_DEFAULT, host_headers=hosts, path_patterns=paths)
    assert conditions_when_armed(rule, a_listener()) == conditions


def test_a_rule_given_by_the_arn_of_the_listeners_default_rule_takes_all_requests() -> None:
    assert conditions_when_armed(replace(HTTPS, own_rule_arn=DEFAULT_RULE), a_listener()) == EVERYTHING


def test_an_uptime_check_at_the_listeners_default_takes_only_its_user_agents() -> None:
    conditions = conditions_when_armed(replace(MONITOR, own_rule_arn=None), a_listener())
    assert not isinstance(conditions, Unknown)
    assert {condition.field for condition in conditions} == {"http-header"}


def test_the_listeners_of_uptime_checks_are_also_observed() -> None:
    uptime_check = ModuleRule("monitor", UPTIME_CHECK, LISTENER.replace("city", "inner"))
    service = a_service_woken_by_requests(uptime_checks=(uptime_check,))
    assert listener_arns(service) == {LISTENER, LISTENER.replace("city", "inner")}


@pytest.mark.parametrize(("conditions", "armed", "disarmed"), [(ON_THE_CITY, True, False), (DISARMED, False, True)])
def test_only_its_wake_rules_make_a_service_armed_or_disarmed(
    conditions: Conditions, armed: bool, disarmed: bool
) -> None:
    service = a_service_woken_by_requests(uptime_checks=(MONITOR,))
    listener = a_listener(a_rule(WAKE_RULE, 90, conditions))
    assert (all_wake_rules_armed(service, listener), all_wake_rules_disarmed(service, listener)) == (armed, disarmed)


def test_a_wake_rule_with_other_conditions_than_the_own_rule_is_neither_armed_nor_disarmed() -> None:
    service, listener = a_service_woken_by_requests(), a_listener(a_rule(WAKE_RULE, 90, on_hosts("old.example.com")))
    assert (all_wake_rules_armed(service, listener), all_wake_rules_disarmed(service, listener)) == (False, False)


def test_one_armed_rule_of_two_makes_a_service_neither_armed_nor_disarmed() -> None:
    service = a_service_woken_by_requests(rules=(HTTPS, replace(HTTPS, name="http", arn=UPTIME_CHECK)))
    listener = a_listener(a_rule(WAKE_RULE, 90, ON_THE_CITY))
    assert (all_wake_rules_armed(service, listener), all_wake_rules_disarmed(service, listener)) == (False, False)


# Problems of wake rules.


def without(arn: str) -> dict[str, ListenerRule]:
    listener = a_listener()
    del listener[arn]
    return listener


WAKE_RULE_PROBLEMS = {
    "its own rule is gone": (without(OWN_RULE), "correct rule_arn of https"),
    "its wake rule is gone": (without(WAKE_RULE), "apply the Terraform module again"),
    "its own rule makes visitors sign in": (
        a_listener(a_rule(OWN_RULE, 100, ON_THE_CITY, authenticates=True)),
        "set ask_before_waking",
    ),
    "its wake rule comes after its own": (
        a_listener(a_rule(WAKE_RULE, 110)),
        "give it priority 99, which is free",
    ),
    "its own rule cannot be taken over": (
        a_listener(a_rule(OWN_RULE, 100, frozenset(), unreadable="its condition on sub-paths is unknown")),
        "use listener_arn with host_headers for https",
    ),
    "its wake rule would take the requests of a rule between": (
        a_listener(a_rule(OTHERS_RULE, 95, frozenset({on("path-pattern", "/other/*")}))),
        "give it priority 99, which is free",
    ),
}


@pytest.mark.parametrize(("listener", "cure"), WAKE_RULE_PROBLEMS.values(), ids=list(WAKE_RULE_PROBLEMS))
def test_a_service_that_no_request_could_wake_stays_awake_and_the_fix_is_reported(
    listener: dict[str, ListenerRule], cure: str
) -> None:
    timeline = Timeline.awake_since("09:00", service=a_service_woken_by_requests(), rules=listener)
    decisions = timeline.ticks("09:01", "10:00")
    assert {(d.action, d.reason, d.warning) for d in decisions} == {(Action.STAY, Reason.WAKE_RULE_PROBLEM, True)}
    assert cure in decisions[0].sentence


@pytest.mark.parametrize(("listener", "cure"), WAKE_RULE_PROBLEMS.values(), ids=list(WAKE_RULE_PROBLEMS))
def test_a_draining_service_that_no_request_could_wake_is_awake_again(
    listener: dict[str, ListenerRule], cure: str
) -> None:
    timeline = Timeline.draining_since_six_past_ten()
    timeline.rules = listener
    decision = timeline.tick("10:07")
    assert (decision.reason, decision.warning, timeline.phase) == (Reason.NEEDED_WHILE_DRAINING, True, Phase.AWAKE)
    assert cure in decision.sentence


@pytest.mark.parametrize(("listener", "cure"), WAKE_RULE_PROBLEMS.values(), ids=list(WAKE_RULE_PROBLEMS))
def test_a_sleeping_service_with_a_wake_rule_problem_is_reported(listener: dict[str, ListenerRule], cure: str) -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests(), rules=listener).save_state(
        stopped=None
    )
    decision = timeline.tick("10:00")
    assert (decision.action, decision.reason, decision.warning) == (Action.STAY, Reason.WAKE_RULE_PROBLEM, True)
    assert cure in decision.sentence


@pytest.mark.parametrize(
    "listener", [listener for listener, _ in WAKE_RULE_PROBLEMS.values()], ids=list(WAKE_RULE_PROBLEMS)
)
def test_the_wake_rule_problem_of_a_sleeping_service_in_dry_run_mode_is_not_reported(
    listener: dict[str, ListenerRule],
) -> None:
    """The rules are never armed."""
    in_dry_run = a_service_woken_by_requests(mode=Mode.DRY_RUN)
    timeline = Timeline.asleep_since("09:00", service=in_dry_run, rules=listener).save_state(stopped=None)
    assert timeline.tick("10:00").reason is Reason.ASLEEP


SHARES = WAKE_RULE_PROBLEMS["its wake rule would take the requests of a rule between"][0]


def test_a_sleeping_service_whose_wake_rule_could_take_others_requests_is_woken() -> None:
    """Its rule is disarmed to protect the other service, so its own visitors would find no service."""
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests(), rules=SHARES).save_state(
        stopped=at("09:00")
    )
    decision = timeline.tick("10:00")
    assert (decision.action, decision.reason, decision.warning) == (Action.WAKE, Reason.WAKE_RULE_PROBLEM, True)
    assert "give it priority 99, which is free" in decision.sentence
    assert timeline.phase is Phase.WAKING
    assert not timeline.armed


def test_a_sleeping_service_whose_own_rule_cannot_be_read_is_woken_once_another_rule_is_between() -> None:
    """Until then, its wake rule keeps its conditions."""
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests()).save_state(stopped=at("09:00"))
    timeline.tick("09:01")
    timeline.change_rule(OWN_RULE, unreadable="its condition on path-pattern has RegexValues")
    assert (timeline.tick("09:02").action, timeline.armed) == (Action.STAY, True)
    others = a_rule(OTHERS_RULE, 95, frozenset({on("path-pattern", "/api/*")}))
    timeline.rules = a_listener(UNREADABLE, others, a_rule(WAKE_RULE, 90, ON_THE_CITY))
    decision = timeline.tick("09:03")
    assert (decision.action, decision.reason) == (Action.WAKE, Reason.WAKE_RULE_PROBLEM)
    assert "rule with priority 95" in decision.sentence


def test_a_sleeping_service_whose_wake_rule_is_too_late_is_woken() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests()).save_state(stopped=at("09:00"))
    timeline.tick("09:01")
    timeline.rules = a_listener(a_rule(OWN_RULE, 85, ON_THE_CITY), a_rule(WAKE_RULE, 90, ON_THE_CITY))
    decision = timeline.tick("09:02")
    assert (decision.action, decision.reason) == (Action.WAKE, Reason.WAKE_RULE_PROBLEM)
    assert "comes after its own rule" in decision.sentence


def test_the_sentence_names_the_rule_for_which_the_service_is_woken() -> None:
    www = replace(HTTPS, name="www", arn=rule_arn("wake-www"))
    service = a_service_woken_by_requests(rules=(www, HTTPS))
    timeline = Timeline.asleep_since("09:00", service=service, rules=SHARES).save_state(stopped=at("09:00"))
    assert "its wake rule https could take requests" in timeline.tick("10:00").sentence


def test_a_service_with_a_wake_rule_problem_is_not_woken_during_the_backoff_of_failed_wakes() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests(), rules=SHARES)
    timeline.save_state(stopped=at("09:00"), backoff=Backoff(at("10:05")))
    assert timeline.tick("10:04").action is Action.STAY
    assert timeline.tick("10:05").action is Action.WAKE


def test_a_service_that_was_stopped_by_hand_is_not_woken_for_its_rules() -> None:
    timeline = Timeline.asleep_since("09:00", service=a_service_woken_by_requests(), rules=SHARES).save_state(
        stopped=None
    )
    assert timeline.tick("10:00").action is Action.STAY


def test_the_wake_rule_problem_of_an_awake_service_in_dry_run_mode_is_reported() -> None:
    service = a_service_woken_by_requests(mode=Mode.DRY_RUN)
    timeline = Timeline.awake_since("09:00", service=service, rules=without(OWN_RULE))
    assert timeline.tick("10:00").reason is Reason.WAKE_RULE_PROBLEM


def test_with_ask_before_waking_the_services_own_rule_may_make_visitors_sign_in() -> None:
    signing_in = a_listener(a_rule(OWN_RULE, 100, ON_THE_CITY, authenticates=True))
    assert why_not_armed(a_service_woken_by_requests(ask_before_waking=True), signing_in) is None


def test_a_default_rule_that_makes_visitors_sign_in_is_also_refused() -> None:
    service = a_service_woken_by_requests(rules=(HTTPS_AS_DEFAULT,))
    problem = why_not_armed(service, a_listener(a_rule(DEFAULT_RULE, None, frozenset(), authenticates=True)))
    assert problem is not None
    assert "ask_before_waking" in problem


def test_five_condition_values_are_not_too_many() -> None:
    assert why_not_armed(a_service_woken_by_requests(), a_listener(a_rule(OWN_RULE, 100, FIVE_HOSTS))) is None


# Wildcards: AWS allows five in each rule.

ON_SIX_WILDCARDS = on_hosts("*.*.example.com") | {on("path-pattern", "*/a*/b*", "?")}
THREE_AGENTS = ("*UptimeRobot*", "*Pingdom*", "*Site24x7*")


def test_user_agents_that_make_too_many_wildcards_with_the_services_own_rule_are_reported() -> None:
    """Terraform cannot count the wildcards, because it does not know the conditions of the service's own rule."""
    uptime_check = replace(MONITOR, user_agents=THREE_AGENTS[:2])
    service, own = (
        a_service_woken_by_requests(uptime_checks=(uptime_check,)),
        a_rule(OWN_RULE, 100, on_hosts("*.example.*")),
    )
    problem = why_not_armed(service, a_listener(own))
    assert problem == (
        "monitor would need 6 wildcards together with the service's own rule, but AWS allows 5; split its user agents "
        "over several uptime checks"
    )
    assert rule_changes(service, in_phase(Phase.AWAKE), a_listener(own)) == []
    assert why_not_armed(service, a_listener(a_rule(OWN_RULE, 100, on_hosts("*.example.com")))) is None


def test_a_wake_rule_may_have_as_many_wildcards_as_aws_accepted_for_the_services_own_rule() -> None:
    """One page of AWS says six, another says five. AWS accepts again what it has accepted once."""
    listener = a_listener(a_rule(OWN_RULE, 100, ON_SIX_WILDCARDS))
    assert why_not_armed(a_service_woken_by_requests(), listener) is None
    assert rule_changes(a_service_woken_by_requests(), in_phase(Phase.ASLEEP), listener) == [
        RuleChange(WAKE_RULE, ON_SIX_WILDCARDS)
    ]


def test_another_cure_than_splitting_is_reported_for_a_single_user_agent() -> None:
    service = a_service_woken_by_requests(uptime_checks=(MONITOR,))
    problem = why_not_armed(service, a_listener(a_rule(OWN_RULE, 100, FIVE_HOSTS)))
    assert problem is not None
    assert problem.endswith("give it listener_arn and fewer hosts or paths instead of rule_arn")


def test_wildcards_in_the_keys_of_query_strings_count_and_escaped_wildcards_do_not() -> None:
    keyed = frozenset({Condition("query-string", frozenset({("*utm*", "a*")}))})
    escaped = frozenset({Condition("query-string", frozenset({("", "\\*\\*\\?*")}))})
    uptime_check = replace(MONITOR, user_agents=("*A*", "b*"))
    service = a_service_woken_by_requests(uptime_checks=(uptime_check,))
    assert "would need 6 wildcards" in str(why_not_armed(service, a_listener(a_rule(OWN_RULE, 100, keyed))))
    assert why_not_armed(service, a_listener(a_rule(OWN_RULE, 100, escaped))) is None


def test_configured_hosts_and_paths_have_no_more_wildcards_than_aws_accepts() -> None:
    rule = replace(HTTPS_AS_DEFAULT, path_patterns=("*a*", "*b*", "*c*"))
    problem = why_not_armed(a_service_woken_by_requests(rules=(rule,)), a_listener(a_rule(WAKE_RULE, 101)))
    assert problem == "https would need 6 wildcards, but AWS allows 5; use fewer, or split it into several rules"


# The case of letters, which AWS ignores in hosts and headers.


@pytest.mark.parametrize(
    ("configured", "answered"),
    [("Guide.Example.com", "guide.example.com"), ("guide.example.com", "Guide.Example.com")],
)
def test_a_rule_is_armed_whatever_the_case_of_the_hosts_that_aws_returns(configured: str, answered: str) -> None:
    rule = replace(HTTPS_AS_DEFAULT, host_headers=(configured,))
    service, listener = (
        a_service_woken_by_requests(rules=(rule,)),
        a_listener(a_rule(WAKE_RULE, 90, on_hosts(answered))),
    )
    assert all_wake_rules_armed(service, listener)
    assert rule_changes(service, in_phase(Phase.ASLEEP), listener) == []


def test_a_rule_is_disarmed_whatever_the_case_of_the_host_that_aws_returns() -> None:
    listener = a_listener(a_rule(WAKE_RULE, 90, on_hosts("Disarmed.Scale-To-Zero.Invalid")))
    assert all_wake_rules_disarmed(a_service_woken_by_requests(), listener)
    assert rule_changes(a_service_woken_by_requests(), in_phase(Phase.AWAKE), listener) == []


def test_a_path_in_another_case_is_another_path() -> None:
    rule = replace(HTTPS_AS_DEFAULT, path_patterns=("/Guide",))
    listener = a_listener(a_rule(WAKE_RULE, 90, frozenset({on("path-pattern", "/guide")})))
    assert not all_wake_rules_armed(a_service_woken_by_requests(rules=(rule,)), listener)


# Problems of uptime checks.

UPTIME_CHECK_PROBLEMS = {
    "its uptime check is gone": (
        without(UPTIME_CHECK),
        MONITOR,
        "its uptime check monitor is gone; apply the Terraform module again",
    ),
    "its uptime check is after the service's own rule": (
        a_listener(a_rule(UPTIME_CHECK, 110)),
        MONITOR,
        "its uptime check monitor comes after its own rule; give it priority 89, which is free",
    ),
    "its uptime check would take the requests of a rule between": (
        a_listener(a_rule(OTHERS_RULE, 85, frozenset({on("path-pattern", "/health")}))),
        MONITOR,
        "its uptime check monitor could take requests of the rule with priority 85; give it priority 89, which is free",
    ),
    "more condition values than AWS allows": (
        a_listener(),
        replace(MONITOR, user_agents=tuple(f"*monitor-{number}*" for number in range(5))),
        "would need 6 condition values together with the service's own rule, but AWS allows 5; split its user agents",
    ),
}


@pytest.mark.parametrize(
    ("listener", "uptime_check", "problem"), UPTIME_CHECK_PROBLEMS.values(), ids=UPTIME_CHECK_PROBLEMS
)
def test_a_service_with_an_uptime_check_problem_stays_awake_and_is_reported(
    listener: dict[str, ListenerRule], uptime_check: ModuleRule, problem: str
) -> None:
    service = a_service_woken_by_requests(uptime_checks=(uptime_check,))
    assert problem in str(why_not_armed(service, listener))
    timeline = Timeline.awake_since("09:00", service=service, rules=listener)
    decision = timeline.tick("10:00")
    assert (decision.action, decision.reason, decision.warning) == (Action.STAY, Reason.WAKE_RULE_PROBLEM, True)
