"""An apply replaces a service's own listener rule and the module's rules with it. They are armed again at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from local_aws import LocalAws
from tests.module.applied import MINUTE, START, Applied, Subject, applying, client
from tests.module.existing import Existing, existing_services
from tests.module.site import DISARMED, QUICK

HOST: Final = "city.example"
UPTIME_CHECK, WAKE_RULE, OWN_RULE = "80", "90", "100"


@dataclass
class ReplacedRules:
    """One service, woken by requests to its own rule. A new ``revision`` makes Terraform replace that rule."""

    aws: LocalAws
    applied: Applied
    existing: Existing
    service: Subject
    revision: int = 0

    @property
    def variables(self) -> dict[str, Any]:
        return {
            "service": self.existing.entry("city"),
            "listener": {"arn": self.existing.listener_arn},
            "revision": self.revision,
        }

    def replace_own_rule(self) -> None:
        """Apply a change that replaces the service's own rule, while no time passes and no tick runs."""
        before = self.rules()
        self.revision += 1
        self.applied.apply(**self.variables)
        after = self.rules()
        assert all(before[priority]["RuleArn"] != after[priority]["RuleArn"] for priority in before), (
            "a rule was not replaced"
        )

    def rules(self) -> dict[str, Any]:
        """Return the rules by priority, as DescribeRules shows them."""
        rules = client(self.aws, "elbv2").describe_rules(ListenerArn=self.existing.listener_arn)["Rules"]
        return {rule["Priority"]: rule for rule in rules if not rule["IsDefault"]}

    def conditions(self, priority: str) -> dict[str, list[str]]:
        """Return the values of a rule's conditions by field."""
        conditions = self.rules()[priority]["Conditions"]
        return {one["Field"]: one.get("Values") or one["HttpHeaderConfig"]["Values"] for one in conditions}

    def visit(self, accept: str = "application/json") -> httpx.Response:
        """Send a request, as a program or as a browser."""
        url = self.aws.load_balancer_url(self.existing.load_balancer_arn)
        return httpx.get(url, headers={"Host": HOST, "Accept": accept}, timeout=60, verify=False)


@pytest.fixture(scope="module")
def replaced() -> Iterator[ReplacedRules]:
    with (
        LocalAws(seed=1, start=START, timings=QUICK) as aws,
        applying(aws, "tests/module/replaced") as applied,
    ):
        existing = existing_services(aws, {"city": "city"})
        created = ReplacedRules(aws, applied, existing, existing.subject(aws, "city"))
        applied.apply(**created.variables)
        yield created


def test_while_the_service_sleeps_visitors_get_the_waiting_page_right_after_the_apply(replaced: ReplacedRules) -> None:
    replaced.aws.advance(3 * MINUTE)
    assert replaced.conditions(WAKE_RULE) == {"host-header": [HOST]}
    replaced.replace_own_rule()
    assert replaced.conditions(WAKE_RULE) == {"host-header": [HOST]}
    assert replaced.conditions(UPTIME_CHECK) == {"host-header": [HOST], "http-header": ["UptimeRobot*"]}
    answer = replaced.visit("text/html")
    assert answer.status_code == 503
    assert "text/html" in answer.headers["content-type"]
    assert "city" in answer.text
    assert replaced.applied.planned_changes(**replaced.variables) == []


def test_while_the_service_is_awake_its_visitors_are_not_diverted(replaced: ReplacedRules) -> None:
    replaced.aws.advance(MINUTE)
    assert replaced.visit().json()["service"] == "city"
    replaced.replace_own_rule()
    assert replaced.conditions(WAKE_RULE) == DISARMED
    assert replaced.conditions(UPTIME_CHECK) == {"host-header": [HOST], "http-header": ["UptimeRobot*"]}
    assert replaced.visit().json()["service"] == "city"
