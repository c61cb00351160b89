"""A module that wakes a service on request, applied by the real Terraform, through one whole life of the service."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx

from local_aws import LocalAws, Timings
from tests.module.applied import MINUTE, START, Applied, Subject, applying, aws_cli
from tests.module.existing import existing_services
from tests.module.remains import what_is_there

SERVICE: Final = "web"
TIMINGS: Final = Timings(
    scheduling=timedelta(seconds=2),
    task_start=timedelta(seconds=25),
    health_check=timedelta(seconds=5),
    rule_propagation=timedelta(0),
)
"""A wake takes about 32 seconds: longer than a visitor's request waits, and less than ``"wait": true`` waits."""


def test_the_module_is_applied_and_a_service_sleeps_and_wakes_until_it_is_destroyed(tmp_path: Path) -> None:
    with LocalAws(seed=1, start=START, timings=TIMINGS) as aws, applying(aws, "tests/module/visited") as applied:
        existing = existing_services(aws, {SERVICE: SERVICE})
        service = existing.subject(aws, SERVICE)
        rule = {"listener_arn": existing.listener_arn, "path_patterns": ["/*"], "priority": 10}
        services = {SERVICE: {**existing.entry(SERVICE), "wake_on_request": {"rules": {"http": rule}}}}

        applied.apply(services=services)
        assert applied.planned_changes(services=services) == []

        service.fall_asleep()
        assert applied.planned_changes(services=services) == [], "asleep"

        _wake_from_the_command_line(aws, applied, tmp_path / "response.json")
        assert service.request() == 200

        service.fall_asleep()
        _wake_by_a_visit(aws, service)
        assert applied.planned_changes(services=services) == [], "awake"

        applied.destroy(services=services)
        assert what_is_there(aws) == {}
        aws.advance(20 * MINUTE)
        assert (service.desired(), service.running()) == (1, 1)
        assert _is_served(_visit(aws, service))


def _wake_from_the_command_line(aws: LocalAws, applied: Applied, response: Path) -> None:
    function, payload = applied.outputs()["scale_up_function_name"], json.dumps({"service": SERVICE, "wait": True})
    answer = aws_cli(aws, "lambda", "invoke", "--function-name", function, "--payload", payload, str(response))
    assert "FunctionError" not in answer, response.read_text()
    assert json.loads(response.read_text())["services"][SERVICE]["phase"] == "awake"


def _wake_by_a_visit(aws: LocalAws, service: Subject) -> None:
    answer = _visit(aws, service)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    aws.advance(MINUTE)
    assert _is_served(_visit(aws, service))


def _visit(aws: LocalAws, service: Subject) -> httpx.Response:
    """Send a GET as an API client does, over real HTTP."""
    url = aws.load_balancer_url(service.load_balancer)
    return httpx.get(url, headers={"Accept": "application/json"}, timeout=60, verify=False)


def _is_served(answer: httpx.Response) -> bool:
    """Return whether the application itself answered."""
    return answer.status_code == 200 and bool(answer.json()["service"] == SERVICE)
