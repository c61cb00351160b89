"""The behaviour of services that requests wake, in every phase."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.module.applied import MINUTE, client
from tests.module.remains import what_is_there
from tests.module.site import DISARMED, LONGEST_WAY_TO_ZERO, Site, site

OLD_HOST, NEW_HOST = "city.example", "paris.example"
PATIENCE_SECONDS = 60


def get(site: Site, path: str = "/", host: str = "127.0.0.1") -> httpx.Response:
    url, headers = site.url(path), {"Host": host}
    return httpx.get(url, headers=headers, follow_redirects=True, timeout=PATIENCE_SECONDS, verify=False)


def for_hosts(*hosts: str) -> Any:
    return [{"Field": "host-header", "HostHeaderConfig": {"Values": list(hosts)}}]


@dataclass
class Crowd:
    """Visitors one after the other, and their answers: the status, and whether the visitor was redirected."""

    answers: list[tuple[int, bool]] = field(default_factory=list)


@contextmanager
def visited_meanwhile(site: Site, path: str) -> Iterator[Crowd]:
    """Let visitors send requests all the time, while a virtual minute passes every six seconds."""
    crowd, over = Crowd(), threading.Event()

    def visit() -> None:
        while not over.wait(0.05):
            answer = get(site, path)
            crowd.answers.append((answer.status_code, bool(answer.history)))

    visiting = threading.Thread(target=visit)
    with site.aws.running(speed=10):
        visiting.start()
        try:
            yield crowd
        finally:
            over.set()
            visiting.join()


@dataclass(frozen=True)
class Installed:
    site: Site
    crowd: Crowd


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """Apply the module while visitors use ``tours``. Changed rules take effect after three seconds."""
    with site({"city": {}, "tours": {}}, hosts={"city": [OLD_HOST]}, installed=False) as created:
        created.propagate_rules_in(3)
        created.service("tours").start_by_hand()
        created.aws.advance(2 * MINUTE)
        with visited_meanwhile(created, "/tours") as crowd:
            created.apply()
        created.aws.advance(2 * MINUTE)
        yield Installed(created, crowd)


@pytest.fixture
def woken(installed: Installed) -> Site:
    return installed.site


def test_installing_the_module_over_a_service_in_use_diverts_no_visitor(installed: Installed) -> None:
    assert len(installed.crowd.answers) > 20
    assert set(installed.crowd.answers) == {(200, False)}


def test_the_function_is_never_invoked_for_a_health_check(woken: Site) -> None:
    groups = client(woken.aws, "elbv2").describe_target_groups()["TargetGroups"]
    of_functions = [group for group in groups if group["TargetType"] == "lambda"]
    assert [group["HealthCheckEnabled"] for group in of_functions] == [False] * len(woken.services)


def test_a_plan_is_empty_in_every_phase_of_a_service(woken: Site) -> None:
    woken.put_to_sleep("city")
    assert woken.planned_changes() == [], "asleep"
    get(woken, host=OLD_HOST)
    woken.aws.advance(timedelta(seconds=3))
    assert woken.service("city").desired() == 1
    assert woken.service("city").running() == 0
    assert woken.planned_changes() == [], "waking"
    woken.aws.advance(MINUTE)
    assert woken.wake_rule("city") == DISARMED
    assert woken.planned_changes() == [], "awake"
    woken.let_drain("city")
    assert woken.planned_changes() == [], "draining"


def test_applying_again_over_a_sleeping_service_leaves_it_asleep_and_its_rule_armed(woken: Site) -> None:
    woken.put_to_sleep("city")
    woken.apply()
    woken.aws.advance(2 * MINUTE)
    assert woken.service("city").desired() == 0
    assert woken.wake_rule("city") == {"host-header": [OLD_HOST]}


def test_new_hosts_of_a_sleeping_services_own_rule_take_effect_within_a_tick(woken: Site) -> None:
    woken.put_to_sleep("city")
    own_rule, elbv2 = woken.existing.rule_arns["city"], client(woken.aws, "elbv2")
    elbv2.modify_rule(RuleArn=own_rule, Conditions=for_hosts(NEW_HOST, "*.paris.example"))
    woken.aws.advance(MINUTE)
    assert set(woken.wake_rule("city")["host-header"]) == {NEW_HOST, "*.paris.example"}
    assert woken.planned_changes() == []
    woken.aws.advance(MINUTE)
    assert get(woken, host="www.paris.example").status_code in (200, 503)
    woken.aws.advance(MINUTE)
    assert get(woken, host=NEW_HOST).json()["service"] == "city"
    elbv2.modify_rule(RuleArn=own_rule, Conditions=for_hosts(OLD_HOST))


def test_a_rule_that_shares_requests_with_a_service_keeps_it_awake_until_its_wake_rule_comes_after_that_rule(
    woken: Site,
) -> None:
    woken.wake("city")
    elbv2, wake_rule = client(woken.aws, "elbv2"), woken.services["city"]["wake_on_request"]["rules"]["http"]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "the API"}}
    on_the_api: Any = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}]
    [api] = elbv2.create_rule(
        ListenerArn=woken.existing.listener_arn, Priority=95, Conditions=on_the_api, Actions=[answer]
    )["Rules"]
    woken.aws.advance(LONGEST_WAY_TO_ZERO)
    assert woken.service("city").desired() == 1
    wake_rule["priority"] = 99
    woken.apply()
    woken.put_to_sleep("city")
    assert get(woken, "/api/tours", host=OLD_HOST).text == "the API"
    assert woken.service("city").desired() == 0
    elbv2.delete_rule(RuleArn=api["RuleArn"])
    wake_rule["priority"] = 90
    woken.apply()


def test_removing_wake_on_request_from_a_service_in_use_loses_no_visitor(woken: Site) -> None:
    woken.wake("tours")
    woken.aws.advance(timedelta(seconds=5))  # until the change of its rule has taken effect
    entry = woken.services["tours"].pop("wake_on_request")
    with visited_meanwhile(woken, "/tours") as without:
        woken.apply()
    woken.services["tours"]["wake_on_request"] = entry
    with visited_meanwhile(woken, "/tours") as again:
        woken.apply()
    assert len(without.answers + again.answers) > 20
    assert set(without.answers + again.answers) == {(200, False)}


def test_after_wake_on_request_is_removed_a_sleeping_service_can_still_be_woken_by_hand(woken: Site) -> None:
    woken.put_to_sleep("tours")
    entry = woken.services["tours"].pop("wake_on_request")
    woken.apply()
    assert woken.planned_changes() == []
    assert get(woken, "/tours").status_code == 503
    answer = client(woken.aws, "lambda").invoke(
        FunctionName=woken.applied.outputs()["scale_up_function_name"], Payload='{"service": "tours", "wait": true}'
    )
    assert "FunctionError" not in answer
    assert get(woken, "/tours").json()["service"] == "tours"
    woken.services["tours"]["wake_on_request"] = entry
    woken.apply()


def test_destroying_the_module_brings_sleeping_services_back_and_leaves_no_rule_of_the_module(woken: Site) -> None:
    woken.put_to_sleep("city", "tours")
    woken.applied.destroy(services=woken.services)
    rules = client(woken.aws, "elbv2").describe_rules(ListenerArn=woken.existing.listener_arn)["Rules"]
    assert [rule["Priority"] for rule in rules] == ["100", "200", "default"]
    groups = client(woken.aws, "elbv2").describe_target_groups()["TargetGroups"]
    assert {group["TargetGroupName"] for group in groups} == {"home", "city", "tours"}
    assert what_is_there(woken.aws) == {}
    woken.aws.advance(20 * MINUTE)
    assert [woken.service(name).running() for name in ("city", "tours")] == [1, 1]
    assert get(woken, host=OLD_HOST).json()["service"] == "city"
