"""Holds, schedules, sleep now, the HTTP API, notifications, alarms and metrics, as Terraform deploys them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import pytest

from local_aws import LocalAws
from simulator.world.faults import ImagePullFails
from tests.local_aws.http_api.http_apis import signed
from tests.module.applied import MINUTE, START, Applied, Subject, applying, client
from tests.module.existing import Existing, existing_services
from tests.module.remains import what_is_there
from tests.module.site import QUICK

SCHEDULED: Final = {"morning": {"cron": "cron(30 9 ? * MON-FRI *)", "timezone": "Europe/Paris", "minutes": 60}}
"""Half an hour after these tests begin, on a Monday in winter: 8:30 UTC."""
PLATFORM: Final = "platform@example.com"
PATIENCE_SECONDS: Final = 60


@dataclass(frozen=True)
class Controlled:
    aws: LocalAws
    applied: Applied
    existing: Existing
    services: dict[str, Any]
    outputs: Mapping[str, Any]

    def service(self, name: str) -> Subject:
        return self.existing.subject(self.aws, name)

    def invoke(self, function: str, payload: Mapping[str, object]) -> dict[str, Any]:
        """Invoke one of the functions. Its name is in an output."""
        answer = client(self.aws, "lambda").invoke(
            FunctionName=self.outputs[f"{function}_function_name"], Payload=json.dumps(payload).encode()
        )
        read: dict[str, Any] = json.loads(answer["Payload"].read())
        return read

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Call the HTTP API, signed."""
        url = self.aws.http_api_url(self.outputs["api_url"]) + path
        content = b"" if body is None else json.dumps(body).encode()
        headers = signed(method, url, content, headers={"Content-Type": "application/json"} if content else {})
        return httpx.request(method, url, content=content, headers=headers, timeout=PATIENCE_SECONDS)

    def state(self, name: str) -> Any:
        """Return the service as the API answers it."""
        answer = self.call("GET", f"/services/{name}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def minutes_until(self, instant: datetime) -> None:
        self.aws.advance(max(timedelta(0), instant - self.aws.now()))

    def put_to_sleep(self, name: str) -> None:
        self.service(name).fall_asleep()

    def sum_of(self, metric: str, **dimensions: str) -> float:
        """Return the sum of a metric's values of the last day."""
        answer = client(self.aws, "cloudwatch").get_metric_statistics(
            Namespace="CityGuided/ECS",
            MetricName=metric,
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
            StartTime=self.aws.now() - timedelta(days=1),
            EndTime=self.aws.now() + MINUTE,
            Period=86400,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in answer["Datapoints"]))

    def letters(self) -> list[str]:
        return [letter.text for letter in self.aws.topics.mail if letter.token is None]


@pytest.fixture(scope="module")
def controlled() -> Iterator[Controlled]:
    with LocalAws(seed=1, start=START, timings=QUICK) as aws, applying(aws, "tests/module/controlled") as applied:
        existing = existing_services(aws, {name: name for name in ("web", "tours", "shop")})
        services = {name: existing.entry(name) for name in ("web", "tours", "shop")}
        services["tours"] |= {"schedules": SCHEDULED, "hourly_cost": 0.05}
        services["shop"] |= {"schedules": SCHEDULED}
        applied.apply(services=services)
        aws.topics.confirm(PLATFORM)
        aws.advance(2 * MINUTE)
        yield Controlled(aws, applied, existing, services, applied.outputs()["module"])


def test_a_schedule_wakes_all_its_services_at_its_time_in_its_time_zone_and_holds_them(controlled: Controlled) -> None:
    aws = controlled.aws
    controlled.minutes_until(START.replace(hour=8, minute=29, second=30))
    assert (controlled.service("tours").desired(), controlled.service("shop").desired()) == (0, 0)
    aws.advance(2 * MINUTE)
    for name in ("tours", "shop"):
        assert controlled.state(name)["phase"] == "awake"
        assert controlled.state(name)["hold"] == {"until": "2026-01-05T09:30:00Z", "reason": "morning"}
    aws.advance(15 * MINUTE)
    assert controlled.service("tours").desired() == 1, "it is held, so it must stay awake without requests"
    schedules = client(aws, "scheduler").list_schedules()["Schedules"]
    assert len(schedules) == 1, "services with the same times must share a schedule"


def test_a_hold_by_the_lambda_api_wakes_and_keeps_awake_until_it_is_released(controlled: Controlled) -> None:
    answer = controlled.invoke("scale_up", {"service": "web", "hold_minutes": 120, "reason": "démo"})
    web = answer["services"]["web"]
    assert (web["phase"], web["hold"]["reason"]) == ("waking", "démo")
    controlled.aws.advance(20 * MINUTE)
    assert controlled.state("web")["phase"] == "awake"
    assert controlled.invoke("scale_up", {"service": "web", "release": True})["services"]["web"]["hold"] is None
    controlled.aws.advance(10 * MINUTE)
    assert controlled.service("web").desired() == 0


def test_sleep_now_stops_a_service_in_use_and_is_refused_under_a_hold(controlled: Controlled) -> None:
    controlled.invoke("scale_up", {"service": "web", "hold_minutes": 30, "reason": "démo"})
    controlled.aws.advance(2 * MINUTE)
    refused = controlled.invoke("scale_to_zero", {"service": "web", "action": "sleep"})
    assert refused["services"]["web"]["refused"]
    assert "(démo)" in refused["services"]["web"]["message"]
    assert controlled.service("web").desired() == 1
    answer = controlled.invoke("scale_to_zero", {"service": "web", "action": "sleep", "force": True})
    assert answer["services"]["web"]["phase"] == "asleep"
    assert controlled.service("web").desired() == 0


def test_the_api_wakes_a_service_and_says_where_to_poll_until_it_is_awake(controlled: Controlled) -> None:
    controlled.put_to_sleep("web")
    accepted = controlled.call("POST", "/services/web/wake")
    assert (accepted.status_code, accepted.headers["Location"]) == (202, "/services/web")
    phases = []
    for _ in range(60):
        phases.append(controlled.call("GET", accepted.headers["Location"]).json()["phase"])
        if phases[-1] == "awake":
            break
        controlled.aws.advance(timedelta(seconds=5))
    assert phases[0] == "waking"
    assert phases[-1] == "awake"
    assert controlled.call("POST", "/services/web/wake").status_code == 200


def test_the_api_holds_refuses_to_sleep_releases_and_puts_to_sleep(controlled: Controlled) -> None:
    held = controlled.call("PUT", "/services/web/hold", {"minutes": 90, "reason": "review"})
    assert (held.status_code, held.json()["hold"]["reason"]) == (200, "review")
    refused = controlled.call("POST", "/services/web/sleep")
    assert (refused.status_code, refused.headers["Content-Type"]) == (409, "application/problem+json")
    assert "(review)" in refused.json()["detail"]
    assert controlled.call("DELETE", "/services/web/hold").json()["hold"] is None
    assert controlled.call("POST", "/services/web/sleep").status_code in (200, 202)
    assert controlled.service("web").desired() == 0


def test_all_services_are_held_by_one_call_and_released_by_another(controlled: Controlled) -> None:
    controlled.put_to_sleep("web")
    until = controlled.aws.now().replace(microsecond=0) + timedelta(hours=2)
    held = controlled.call("PUT", "/hold", {"hold_all_until": until.isoformat(), "reason": "incident 42"})
    assert (held.status_code, held.json()["hold_all"]["reason"]) == (200, "incident 42"), held.text
    controlled.aws.advance(20 * MINUTE)
    assert {name: controlled.service(name).desired() for name in controlled.services} == dict.fromkeys(
        controlled.services, 1
    )
    refused = controlled.call("POST", "/services/web/sleep", {"force": True})
    assert (refused.status_code, "incident 42" in refused.text) == (409, True)
    assert controlled.sum_of("HeldAll", Instance="controlled") >= 19
    assert controlled.invoke("scale_up", {"hold_all_until": None})["hold_all"] is None
    assert controlled.call("GET", "/services").json()["hold_all"] is None
    controlled.aws.advance(10 * MINUTE)
    assert controlled.service("web").desired() == 0


def test_the_api_lists_all_services_and_answers_404_for_others(controlled: Controlled) -> None:
    assert [one["service"] for one in controlled.call("GET", "/services").json()["services"]] == [
        "shop",
        "tours",
        "web",
    ]
    unknown = controlled.call("GET", "/services/unknown")
    assert (unknown.status_code, unknown.headers["Content-Type"]) == (404, "application/problem+json")
    nowhere = controlled.call("GET", "/nowhere")
    assert (nowhere.status_code, nowhere.headers["Content-Type"]) == (404, "application/problem+json")


def test_the_api_refuses_requests_without_a_signature(controlled: Controlled) -> None:
    url = controlled.aws.http_api_url(controlled.outputs["api_url"])
    for method, path in (("GET", "/services"), ("POST", "/services/web/wake"), ("GET", "/nowhere")):
        assert httpx.request(method, url + path, timeout=PATIENCE_SECONDS).status_code == 403


def test_the_access_log_of_the_api_has_the_route_and_no_secret(controlled: Controlled) -> None:
    controlled.call("GET", "/services?limit=1")
    logs = client(controlled.aws, "logs")
    [group] = [
        one["logGroupName"] for one in logs.describe_log_groups()["logGroups"] if "/apigateway/" in one["logGroupName"]
    ]
    lines = [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]
    assert json.loads(lines[-1])["route"] == "GET /services"
    assert not any("AWS4-HMAC" in line or "limit=1" in line for line in lines)


def test_a_notification_of_every_change_is_mailed_in_the_modules_language(controlled: Controlled) -> None:
    controlled.put_to_sleep("web")
    before = len(controlled.letters())
    controlled.invoke("scale_up", {"service": "web"})
    controlled.aws.advance(2 * MINUTE)
    controlled.put_to_sleep("web")
    mailed = [text for text in controlled.letters()[before:] if "web" in text]
    assert len(mailed) == 2, mailed
    assert "controlled: web est éveillé, " in mailed[0]
    assert "controlled: web est endormi\N{NO-BREAK SPACE}: il n'a pas été utilisé pendant " in mailed[1]


def test_a_wake_and_a_sleep_are_measured_for_the_service_and_for_the_instance(controlled: Controlled) -> None:
    controlled.put_to_sleep("web")
    web = {"Service": "web", "Cluster": controlled.existing.cluster_name}
    before = {name: controlled.sum_of(name, **web) for name in ("WakeCount", "WakeDuration", "AwakeDuration")}
    controlled.invoke("scale_up", {"service": "web"})
    controlled.aws.advance(3 * MINUTE)
    controlled.put_to_sleep("web")
    controlled.aws.advance(5 * MINUTE)
    assert controlled.sum_of("WakeCount", **web) == before["WakeCount"] + 1
    took = controlled.sum_of("WakeDuration", **web) - before["WakeDuration"]
    assert 5 <= took <= 30
    assert controlled.sum_of("AwakeDuration", **web) > before["AwakeDuration"]
    assert controlled.sum_of("WakeCount", Instance="controlled") >= controlled.sum_of("WakeCount", **web)
    parts = ("accepted", "created", "pulled", "started", "healthy", "disarmed")
    whole = sum(controlled.sum_of("WakeDuration", **web, Part=part) for part in parts)
    assert whole == pytest.approx(controlled.sum_of("WakeDuration", **web), abs=0.1)


def test_everything_that_needs_a_person_has_an_alarm_and_each_alarm_notifies_the_topic(
    controlled: Controlled,
) -> None:
    alarms = client(controlled.aws, "cloudwatch").describe_alarms()["MetricAlarms"]
    ends = {alarm["AlarmName"].removeprefix("controlled-eu-west-3-").removeprefix("controlled-") for alarm in alarms}
    for needed in (
        "ticks-missing",
        "failed-wake",
        "slow-wake",
        "running-though-asleep",
        "deployment-not-ending",
    ):
        assert any(end.endswith(needed) for end in ends), (needed, ends)
    for function in ("scale-to-zero", "scale-up", "api", "panel"):
        assert any(end.endswith(f"{function}-failing") for end in ends), (function, ends)
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(controlled.outputs["notifications_topic_arn"],)}


def test_the_control_panel_of_the_deployed_zip_shows_every_service(controlled: Controlled) -> None:
    answer = client(controlled.aws, "lambda").invoke(
        FunctionName=controlled.outputs["panel_function_arn"], Payload=json.dumps({"widgetContext": {}}).encode()
    )
    html = json.loads(answer["Payload"].read())
    assert all(name in html for name in ("web", "tours", "shop"))


def test_a_notification_of_a_failed_wake_is_mailed_with_the_reason_from_ecs(controlled: Controlled) -> None:
    controlled.put_to_sleep("web")
    before = len(controlled.letters())
    cause = 'CannotPullContainerError: "city/guide:v2" is neither in C:\\images\nnor in "docker.io"'
    cluster = controlled.existing.cluster_name
    controlled.aws.world.set_start_fault(cluster, "web", ImagePullFails(cause))
    controlled.invoke("scale_up", {"service": "web"})
    controlled.aws.advance(8 * MINUTE)
    [mailed] = [text for text in controlled.letters()[before:] if "controlled: web" in text]
    assert "web ne s'est pas réveillé" in mailed
    assert "'city/guide:v2' is neither in C:/images nor in 'docker.io'" in mailed
    controlled.aws.world.set_start_fault(cluster, "web", None)
    controlled.aws.advance(15 * MINUTE)


def test_a_second_plan_is_empty_after_holds_and_schedules(controlled: Controlled) -> None:
    assert controlled.applied.planned_changes(services=controlled.services) == []


def test_destroying_brings_sleeping_services_back_and_leaves_nothing(controlled: Controlled) -> None:
    controlled.put_to_sleep("web")
    with controlled.aws.running(speed=20):
        controlled.applied.destroy(services=controlled.services)
    assert controlled.service("web").desired() == 1
    assert what_is_there(controlled.aws) == {}
