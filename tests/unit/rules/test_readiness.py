"""Ready means a healthy target of a wanted task in every live target group."""

from __future__ import annotations

from dataclasses import replace

from scale_to_zero.model.observed import Readiness, ServiceFacts, Target, Unknown
from scale_to_zero.rules.readiness import judge_readiness
from tests.unit.timeline import TARGET_GROUP_ARN, at, running_facts

NEW = Target("10.0.0.7", 8080)
DYING = Target("10.0.0.3", 8080)
GREEN = TARGET_GROUP_ARN.replace("web", "green")


def readiness_with(
    healthy: dict[str, frozenset[Target] | Unknown],
    facts: ServiceFacts | None = None,
    wanted: frozenset[Target] | Unknown = frozenset({NEW}),
    stopped: str | None = None,
    healthy_since: str | None = None,
) -> Readiness | Unknown:
    return judge_readiness(
        facts or running_facts(),
        wanted,
        healthy,
        now=at("10:00:30"),
        stopped=at(stopped) if stopped else None,
        healthy_since=at(healthy_since) if healthy_since else None,
    )


def is_ready(readiness: Readiness | Unknown) -> bool:
    return isinstance(readiness, Readiness) and readiness.ready


def test_a_healthy_target_of_a_wanted_task_makes_a_service_ready() -> None:
    assert readiness_with({TARGET_GROUP_ARN: frozenset({NEW})}) == Readiness(ready=True, healthy=True)


def test_a_dying_task_that_is_still_healthy_does_not_make_a_service_ready() -> None:
    assert not is_ready(readiness_with({TARGET_GROUP_ARN: frozenset({DYING})}))


def test_an_empty_target_group_does_not_make_a_service_ready() -> None:
    assert not is_ready(readiness_with({TARGET_GROUP_ARN: frozenset()}))


def test_every_live_target_group_needs_a_healthy_target() -> None:
    facts = replace(running_facts(), live_target_groups=frozenset({frozenset({TARGET_GROUP_ARN}), frozenset({GREEN})}))
    assert not is_ready(readiness_with({TARGET_GROUP_ARN: frozenset({NEW}), GREEN: frozenset()}, facts))
    assert is_ready(readiness_with({TARGET_GROUP_ARN: frozenset({NEW}), GREEN: frozenset({NEW})}, facts))


def test_one_target_group_of_a_blue_green_pair_is_enough() -> None:
    facts = replace(running_facts(), live_target_groups=frozenset({frozenset({TARGET_GROUP_ARN, GREEN})}))
    assert is_ready(readiness_with({TARGET_GROUP_ARN: frozenset(), GREEN: frozenset({NEW})}, facts))


def test_health_that_cannot_be_observed_is_unknown() -> None:
    assert isinstance(readiness_with({TARGET_GROUP_ARN: Unknown("throttled")}), Unknown)


def test_tasks_that_cannot_be_observed_are_unknown() -> None:
    assert isinstance(readiness_with({TARGET_GROUP_ARN: frozenset({NEW})}, wanted=Unknown("throttled")), Unknown)


def test_within_a_minute_after_a_stop_health_must_be_unbroken_for_fifteen_seconds() -> None:
    healthy: dict[str, frozenset[Target] | Unknown] = {TARGET_GROUP_ARN: frozenset({NEW})}
    assert not is_ready(readiness_with(healthy, stopped="10:00:00"))
    assert not is_ready(readiness_with(healthy, stopped="10:00:00", healthy_since="10:00:16"))
    assert is_ready(readiness_with(healthy, stopped="10:00:00", healthy_since="10:00:15"))
    assert is_ready(readiness_with(healthy, stopped="09:59:30"))


def test_a_service_that_waits_only_for_unbroken_health_is_healthy() -> None:
    readiness = readiness_with({TARGET_GROUP_ARN: frozenset({NEW})}, stopped="10:00:00")
    assert isinstance(readiness, Readiness)
    assert (readiness.ready, readiness.healthy) == (False, True)


def test_without_target_groups_the_running_count_must_reach_the_desired_count() -> None:
    facts = replace(running_facts(2), live_target_groups=frozenset())
    assert is_ready(readiness_with({}, facts))
    assert not is_ready(readiness_with({}, replace(facts, running=1)))


def test_a_service_with_a_desired_count_of_zero_is_never_ready() -> None:
    assert not is_ready(readiness_with({}, replace(running_facts(0), live_target_groups=frozenset())))
