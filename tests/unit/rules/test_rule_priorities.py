"""Where our rules must stand among the other rules of a listener, and which priority they can have."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scale_to_zero.model.configured import ModuleRule
from scale_to_zero.model.observed import Conditions, ListenerRule
from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.rule_positions import DISARMED
from scale_to_zero.rules.wake_rules import RuleChange, rule_changes, why_not_armed
from tests.unit.listener import (
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
from tests.unit.timeline import a_service_woken_by_requests, in_phase

OTHERS_RULE = rule_arn("others")
ON_THE_API = frozenset({on("path-pattern", "/api/*")})


@pytest.mark.parametrize(
    ("others", "taken_from"),
    [
        (a_rule(OTHERS_RULE, 95, ON_THE_API), True),
        (a_rule(OTHERS_RULE, 95, ON_THE_CITY), True),
        (a_rule(OTHERS_RULE, 95, ON_THE_CITY | ON_THE_API), True),
        (a_rule(OTHERS_RULE, 95, on_hosts("CITY.example.com")), True),
        (a_rule(OTHERS_RULE, 95, on_hosts("city.example.com", "other.example.com")), True),
        (a_rule(OTHERS_RULE, 95, frozenset({on("http-request-method", "POST")})), True),
        (a_rule(OTHERS_RULE, 95, frozenset({on("source-ip", "10.0.0.0/8")})), True),
        (a_rule(OTHERS_RULE, 95, Conditions(), unreadable="its condition on path-pattern has RegexValues"), True),
        (a_rule(OTHERS_RULE, 95, on_hosts("other.example.com"), unreadable="it has RegexValues for paths"), False),
        (a_rule(OTHERS_RULE, 95, on_hosts("other.example.com")), False),
        (a_rule(OTHERS_RULE, 95, on_hosts("other.example.com") | ON_THE_API), False),
        (a_rule(OTHERS_RULE, 95, DISARMED), False),
        (a_rule(OTHERS_RULE, 89, ON_THE_CITY), False),
        (a_rule(OTHERS_RULE, 101, ON_THE_CITY), False),
        (a_rule(OTHERS_RULE.replace("/city/", "/inner/"), 95, ON_THE_CITY), False),
    ],
)
def test_a_wake_rule_must_take_no_request_of_a_rule_between_it_and_the_services_own_rule(
    others: ListenerRule, taken_from: bool
) -> None:
    problem = why_not_armed(a_service_woken_by_requests(), a_listener(others))
    sentence = (
        "its wake rule https could take requests of the rule with priority 95; give it priority 99, which is free"
    )
    assert problem == (sentence if taken_from else None)


@pytest.mark.parametrize(
    ("own", "others", "taken_from"),
    [
        (on_hosts("*.example.com"), ON_THE_CITY, True),
        (on_hosts("*.example.org"), ON_THE_CITY, False),
        (on_hosts("*.example.org"), on_hosts("city.*.org"), True),
        (frozenset({on("path-pattern", "*shop*")}), on_hosts("shop.example.com"), True),
        (frozenset({on("path-pattern", "/shop/*")}), ON_THE_API, False),
        (frozenset({on("path-pattern", "/shop/*")}), frozenset({on("path-pattern", "*.png")}), True),
        (frozenset({on("path-pattern", "/a[b]")}), frozenset({on("path-pattern", "/ab")}), False),
        (frozenset({on("http-request-method", "GET")}), frozenset({on("http-request-method", "POST")}), False),
    ],
)
def test_a_rule_that_shares_no_requests_may_be_before_the_services_own_rule(
    own: Conditions, others: Conditions, taken_from: bool
) -> None:
    listener = a_listener(a_rule(OWN_RULE, 100, own), a_rule(OTHERS_RULE, 95, others))
    assert (why_not_armed(a_service_woken_by_requests(), listener) is not None) is taken_from


@pytest.mark.parametrize(
    ("further", "cure"),
    [
        ([], "give it priority 99, which is free"),
        ([98, 99], "give it priority 97, which is free"),
        ([96, 97, 98, 99], "no priority is free after 95 and before 100: give the listener's rules other priorities"),
    ],
)
def test_the_sentence_names_a_priority_that_is_free(further: list[int], cure: str) -> None:
    apart = [a_rule(rule_arn(f"apart-{number}"), number, on_hosts("apart.example.com")) for number in further]
    listener = a_listener(a_rule(OTHERS_RULE, 95, ON_THE_API), *apart)
    problem = why_not_armed(a_service_woken_by_requests(), listener)
    assert problem is not None
    assert problem.endswith(f"; {cure}")


INNER = LISTENER.replace("/city/", "/inner/")


def test_rules_at_another_listener_of_the_same_service_are_independent() -> None:
    """The own rules, wake rules and priorities at port 80 do not depend on those at port 443."""
    inner = replace(HTTPS, name="http", arn=rule_arn("wake").replace("/city/", "/inner/"), listener_arn=INNER)
    inner = replace(inner, own_rule_arn=OWN_RULE.replace("/city/", "/inner/"))
    at_inner = [a_rule(inner.arn, 10), a_rule(str(inner.own_rule_arn), 20, ON_THE_CITY)]
    taken = [
        a_rule(rule_arn(f"t-{n}").replace("/city/", "/inner/"), n, on_hosts("apart.example.com")) for n in (89, 99)
    ]
    service = a_service_woken_by_requests(rules=(HTTPS, inner), uptime_checks=(health(),))
    listener = a_listener(*at_inner, *taken)
    assert why_not_armed(service, listener) is None
    between = a_listener(*at_inner, *taken, a_rule(OTHERS_RULE, 85, frozenset({on("http-request-method", "GET")})))
    assert "give it priority 89, which is free" in str(why_not_armed(service, between))


def test_the_named_priority_is_after_every_rule_whose_requests_the_wake_rule_could_take() -> None:
    others = [a_rule(rule_arn(f"others-{number}"), number, ON_THE_API) for number in (91, 98, 95)]
    problem = why_not_armed(a_service_woken_by_requests(), a_listener(*others))
    assert problem is not None
    assert "the rule with priority 98; give it priority 99" in problem


def test_a_wake_rule_that_is_too_late_gets_no_priority_before_a_rule_whose_requests_it_could_take() -> None:
    others = [a_rule(rule_arn(f"apart-{n}"), n, on_hosts("apart.example.com")) for n in (98, 99)]
    listener = a_listener(a_rule(WAKE_RULE, 110), a_rule(OTHERS_RULE, 97, ON_THE_API), *others)
    problem = why_not_armed(a_service_woken_by_requests(), listener)
    assert problem == (
        "its wake rule https comes after its own rule; no priority is free after 97 and before 100: give the "
        "listener's rules other priorities"
    )


@pytest.mark.parametrize("phase", Phase)
def test_an_uptime_check_that_could_take_others_requests_is_not_armed(phase: Phase) -> None:
    """It would answer the monitors of others all the time, not only while its own service is asleep."""
    service = a_service_woken_by_requests(rules=(), uptime_checks=(MONITOR,))
    listener = a_listener(a_rule(OTHERS_RULE, 95, ON_THE_API), a_rule(UPTIME_CHECK, 80, ON_THE_CITY))
    assert rule_changes(service, in_phase(phase), listener) == [RuleChange(UPTIME_CHECK, DISARMED)]


def test_the_named_priority_of_an_uptime_check_is_before_the_wake_rules_of_its_service() -> None:
    listener = a_listener(
        a_rule(OTHERS_RULE, 85, ON_THE_API), a_rule(rule_arn("apart"), 89, on_hosts("apart.example.com"))
    )
    problem = why_not_armed(a_service_woken_by_requests(uptime_checks=(MONITOR,)), listener)
    assert problem is not None
    assert problem.endswith("give it priority 88, which is free")


def test_a_wake_rule_can_be_armed_at_a_named_priority() -> None:
    listener = a_listener(a_rule(OTHERS_RULE, 95, ON_THE_API), a_rule(WAKE_RULE, 99))
    assert why_not_armed(a_service_woken_by_requests(), listener) is None


def test_a_wake_rule_for_everything_must_be_after_all_other_rules() -> None:
    service = a_service_woken_by_requests(rules=(HTTPS_AS_DEFAULT,))
    others = a_rule(OTHERS_RULE, 95, on_hosts("other.example.com"))
    problem = why_not_armed(service, a_listener(others))
    assert problem is not None
    assert problem.endswith("priority 100; give it priority 50000, which is free, or its own hosts or paths")
    assert why_not_armed(service, a_listener(others, a_rule(WAKE_RULE, 101))) is None


def test_disarmed_rules_of_other_services_may_be_after_a_wake_rule_for_everything() -> None:
    service = a_service_woken_by_requests(rules=(HTTPS_AS_DEFAULT,))
    listener = a_listener(a_rule(WAKE_RULE, 101), a_rule(OTHERS_RULE, 102, DISARMED))
    assert why_not_armed(service, listener) is None


def test_rules_of_the_same_service_may_take_each_others_requests() -> None:
    service = a_service_woken_by_requests(rules=(HTTPS, replace(HTTPS_AS_DEFAULT, name="rest", arn=UPTIME_CHECK)))
    assert why_not_armed(service, a_listener()) is None


# Uptime checks that are given by their listener. Their own rules are those that the wake rules name.

ANY_PATH = on("path-pattern", "/*")


def health(hosts: tuple[str, ...] = ("city.example.com",), agents: tuple[str, ...] = ()) -> ModuleRule:
    paths = () if agents else ("/health",)
    return replace(MONITOR, own_rule_arn=None, host_headers=hosts, path_patterns=paths, user_agents=agents)


@pytest.mark.parametrize(
    ("others", "taken_from"),
    [
        (a_rule(OTHERS_RULE, 110, on_hosts("*.example.com")), False),
        (a_rule(OTHERS_RULE, 85, on_hosts("*.example.com") | {on("http-request-method", "GET")}), True),
        (a_rule(OTHERS_RULE, 85, on_hosts("inner.example.com")), False),
    ],
)
def test_an_uptime_check_given_by_its_listener_takes_no_request_of_rules_after_the_services_own_rule(
    others: ListenerRule, taken_from: bool
) -> None:
    """The service's own rule would get these requests first."""
    service = a_service_woken_by_requests(uptime_checks=(health(),))
    problem = why_not_armed(service, a_listener(others))
    assert (problem is not None) is taken_from
    assert problem is None or "give it priority 89, which is free" in problem


@pytest.mark.parametrize(
    ("own", "uptime_check"),
    [
        (ON_THE_CITY | {ANY_PATH}, health(agents=("*Uptime*",))),
        (ON_THE_CITY | {ANY_PATH}, health()),
        (on_hosts("*.example.com"), health(hosts=("*.city.example.com",))),
        (on_hosts("city.example.com", "www.example.com"), health(hosts=("city.example.com", "www.example.com"))),
    ],
)
def test_a_catch_all_after_the_services_own_rule_loses_no_request_to_an_uptime_check_given_by_its_listener(
    own: Conditions, uptime_check: ModuleRule
) -> None:
    others = a_rule(OTHERS_RULE, 200, frozenset({ANY_PATH}))
    service = a_service_woken_by_requests(uptime_checks=(uptime_check,))
    assert why_not_armed(service, a_listener(a_rule(OWN_RULE, 100, own), others)) is None


def test_two_own_rules_of_a_service_together_may_take_all_requests_of_an_uptime_check_given_by_its_listener() -> None:
    www = replace(HTTPS, name="www", arn=rule_arn("wake-www"), own_rule_arn=rule_arn("own-www"))
    service = a_service_woken_by_requests(
        rules=(HTTPS, www), uptime_checks=(health(hosts=("city.example.com", "www.example.com")),)
    )
    listener = a_listener(
        a_rule(rule_arn("wake-www"), 101),
        a_rule(rule_arn("own-www"), 102, on_hosts("www.example.com")),
        a_rule(OTHERS_RULE, 200, on_hosts("*.example.com")),
    )
    assert why_not_armed(service, listener) is None
    between = a_rule(OTHERS_RULE, 99, on_hosts("www.*"))
    assert "the rule with priority 99" in str(why_not_armed(service, {**listener, OTHERS_RULE: between}))


def test_an_uptime_check_needs_its_own_hosts_or_paths_if_no_priority_is_possible() -> None:
    others = a_rule(OTHERS_RULE, 200, on_hosts("inner.example.com"))
    problem = why_not_armed(a_service_woken_by_requests(uptime_checks=(health(hosts=()),)), a_listener(others))
    assert problem == (
        "its uptime check monitor could take requests of the rule with priority 200; give it its own hosts or "
        "paths, because no priority is free after 200 and before 90"
    )


BY_LISTENER = replace(HTTPS_AS_DEFAULT, host_headers=("city.example.com",))
REGEX = "its condition on path-pattern has RegexValues"


@pytest.mark.parametrize("unreadable", ["", REGEX])
def test_a_rule_that_sends_requests_only_to_the_service_is_its_own_rule_though_it_is_not_named(unreadable: str) -> None:
    service = a_service_woken_by_requests(rules=(BY_LISTENER,))
    own = a_rule(OWN_RULE, 100, ON_THE_CITY, unreadable=unreadable, forwards_to=frozenset(service.target_group_arns))
    assert why_not_armed(service, a_listener(own)) is None
    problem = why_not_armed(service, a_listener(own, a_rule(WAKE_RULE, 110)))
    assert str(problem).startswith("its wake rule https comes after its own rule; give it priority 99, which is free")
    shared = replace(own, forwards_to=own.forwards_to | {"another service's"})
    assert "could take requests of the rule with priority 100" in str(why_not_armed(service, a_listener(shared)))


def test_requests_that_an_unreadable_own_rule_might_not_take_belong_to_the_rules_after_it() -> None:
    """It is not known which requests a regular expression takes."""
    service = a_service_woken_by_requests(rules=(BY_LISTENER,))
    own = a_rule(OWN_RULE, 100, ON_THE_CITY, forwards_to=frozenset(service.target_group_arns))
    others = a_rule(OTHERS_RULE, 200, frozenset({on("http-request-method", "GET")}))
    assert why_not_armed(service, a_listener(own, others)) is None
    problem = why_not_armed(service, a_listener(replace(own, unreadable=REGEX), others))
    assert "could take requests of the rule with priority 200" in str(problem)


def test_two_rules_to_the_same_target_groups_belong_to_one_service_though_only_one_is_named() -> None:
    service = a_service_woken_by_requests()
    api = a_rule(OTHERS_RULE, 95, ON_THE_API, forwards_to=frozenset(service.target_group_arns))
    assert why_not_armed(service, a_listener(api)) is None


def test_no_priority_is_named_at_which_a_wake_rule_would_get_no_request() -> None:
    """A rule that is not named and forwards elsewhere takes all requests. It might be the service's own rule."""
    problem = why_not_armed(a_service_woken_by_requests(rules=(BY_LISTENER,)), a_listener())
    assert problem == (
        "its wake rule https could take requests of the rule with priority 100; set rule_arn to that rule if it "
        "is the service's own, or give it its own hosts or paths"
    )


def test_the_named_priority_of_a_wake_rule_is_after_the_uptime_checks_of_its_service() -> None:
    listener = a_listener(a_rule(OWN_RULE, 85, ON_THE_CITY))
    problem = why_not_armed(a_service_woken_by_requests(uptime_checks=(MONITOR,)), listener)
    assert problem == "its wake rule https comes after its own rule; give it priority 84, which is free"
    listener = a_listener(a_rule(OWN_RULE, 81, ON_THE_CITY))
    problem = why_not_armed(a_service_woken_by_requests(uptime_checks=(MONITOR,)), listener)
    assert problem is not None
    assert "no priority is free after 80 and before 81" in problem


def test_an_own_rule_that_cannot_be_read_is_not_known_to_take_requests_first() -> None:
    unreadable = a_rule(OWN_RULE, 100, frozenset(), unreadable="its condition on path-pattern has RegexValues")
    service = a_service_woken_by_requests(uptime_checks=(health(),), rules=())
    others = a_rule(OTHERS_RULE, 110, on_hosts("*.example.com"))
    assert why_not_armed(service, a_listener(unreadable, others)) is not None


def test_an_own_rule_whose_requests_all_go_to_another_own_rule_is_no_problem() -> None:
    first = replace(HTTPS, name="all", arn=rule_arn("wake-all"), own_rule_arn=rule_arn("own-all"))
    service = a_service_woken_by_requests(rules=(HTTPS, first))
    everything = a_rule(rule_arn("own-all"), 50, on_hosts("*.example.com"))
    assert why_not_armed(service, a_listener(everything, a_rule(rule_arn("wake-all"), 40))) is None


def test_priority_one_can_be_named() -> None:
    listener = a_listener(a_rule(OWN_RULE, 2, ON_THE_CITY))
    problem = why_not_armed(a_service_woken_by_requests(), listener)
    assert problem == "its wake rule https comes after its own rule; give it priority 1, which is free"


def test_a_rule_with_priority_one_that_takes_all_requests_is_found() -> None:
    others = [a_rule(OTHERS_RULE, 1, ON_THE_CITY), a_rule(OWN_RULE, 100, ON_THE_API)]
    problem = why_not_armed(a_service_woken_by_requests(rules=(BY_LISTENER,)), a_listener(*others))
    assert str(problem).endswith(
        "; set rule_arn to that rule if it is the service's own, or give it its own hosts or paths"
    )


def test_an_uptime_check_given_by_its_listener_must_also_be_before_the_services_own_rule() -> None:
    problem = why_not_armed(
        a_service_woken_by_requests(uptime_checks=(health(),)), a_listener(a_rule(UPTIME_CHECK, 110))
    )
    sentence = (
        "its uptime check monitor comes after its own rule; give it priority 89, which is free, or its own hosts or "
        "paths"
    )
    assert problem == sentence
