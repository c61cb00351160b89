"""``examples/staging``, applied once. Each test leaves the service at zero and Terraform's state unchanged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from local_aws import InvocationType, LocalAws
from tests.module.applied import MINUTE, START, Applied, Subject, applying, aws_cli, client
from tests.module.remains import MADE_BY_EVERY_INSTANCE, MADE_BY_STAGING, MADE_FOR_VISITORS, what_is_there
from tests.module.watched import newest, shown, watch

EVENING = START.replace(hour=20)
"""After the office hours of the example's schedule, and hours before the day that ``test_a_whole_day`` observes."""
IDLE = 5 * MINUTE
LATEST_STOP = 9 * MINUTE
"""Five minutes idle, two until the metrics can be read, one for the watermark's minute, and one until the next tick."""


@dataclass(frozen=True)
class Staging:
    aws: LocalAws
    applied: Applied
    outputs: Any
    service: Subject


@pytest.fixture(scope="module")
def staging() -> Iterator[Staging]:
    with LocalAws(seed=1, start=EVENING) as aws, applying(aws, "examples/staging") as applied:
        applied.apply()
        outputs = applied.outputs()
        service = Subject(aws, outputs["cluster_name"], outputs["service_name"], outputs["load_balancer_arn"])
        yield Staging(aws, applied, outputs, service)


def test_applying_starts_nothing_and_a_second_plan_is_empty(staging: Staging) -> None:
    assert staging.service.desired() == 0
    assert staging.applied.planned_changes() == []


def test_scale_to_zero_runs_every_virtual_minute_with_eventbridges_event(staging: Staging) -> None:
    before = len(staging.aws.invocations)
    staging.aws.advance(5 * MINUTE)
    runs = staging.aws.invocations[before:]
    assert [run.function_name for run in runs] == [staging.outputs["scale_to_zero_function_name"]] * 5
    assert [after.started - run.started for run, after in pairwise(runs)] == [MINUTE] * 4
    assert {run.payload["detail-type"] for run in runs} == {"Scheduled Event"}
    assert [run.error for run in runs] == [None] * 5
    assert staging.aws.failed_invocations == []


def test_the_aws_cli_wakes_the_service_and_waits_until_it_is_ready(staging: Staging, tmp_path: Path) -> None:
    staging.service.fall_asleep()
    response = tmp_path / "response.json"
    function = staging.outputs["scale_up_function_name"]
    metadata = aws_cli(
        staging.aws, "lambda", "invoke", "--function-name", function, "--payload", '{"wait": true}', str(response)
    )
    assert metadata["StatusCode"] == 200
    assert "FunctionError" not in metadata
    woken = json.loads(response.read_text())["services"]["web"]
    assert (woken["phase"], woken["desired"]) == ("awake", 1)
    # A changed rule takes effect some seconds later.
    staging.aws.advance(timedelta(seconds=10))
    assert staging.service.request() == 200


def test_the_aws_cli_wakes_the_service_without_waiting(staging: Staging, tmp_path: Path) -> None:
    staging.service.fall_asleep()
    function = staging.outputs["scale_up_function_name"]
    metadata = aws_cli(
        staging.aws,
        *("lambda", "invoke", "--invocation-type", "Event", "--function-name", function),
        *("--payload", "{}", str(tmp_path / "response.json")),
    )
    assert metadata["StatusCode"] == 202
    staging.aws.advance(2 * MINUTE)
    assert staging.aws.invocations[-1].error is None
    assert any(
        run.invocation_type is InvocationType.EVENT and run.function_name == function for run in staging.aws.invocations
    )
    assert staging.service.request() == 200


def test_a_wrong_payload_is_refused_in_one_sentence_and_changes_nothing(staging: Staging) -> None:
    staging.service.fall_asleep()
    answer = client(staging.aws, "lambda").invoke(
        FunctionName=staging.outputs["scale_up_function_name"], Payload='{"service": "nobody"}'
    )
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "PayloadRefused"
    assert staging.service.desired() == 0


def test_a_plan_is_empty_while_the_service_sleeps_and_while_it_is_awake(staging: Staging) -> None:
    staging.service.fall_asleep()
    assert staging.applied.planned_changes() == []
    staging.service.start_by_hand()
    staging.aws.advance(2 * MINUTE)
    assert staging.service.running() == 1
    assert staging.applied.planned_changes() == []


def test_a_task_that_stops_has_two_minutes_to_finish_its_requests(staging: Staging) -> None:
    answer = client(staging.aws, "elbv2").describe_target_group_attributes(
        TargetGroupArn=staging.outputs["target_group_arn"]
    )
    attributes = {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}
    assert attributes["deregistration_delay.timeout_seconds"] == "120"


@pytest.fixture(params=["every_tick", "off"])
def state_metrics(staging: Staging, request: pytest.FixtureRequest) -> Iterator[str]:
    """Apply staging with this ``state_metrics``, and afterwards without it again."""
    setting: str = request.param
    if setting == "every_tick":
        yield setting
        return
    configuration = Path(staging.applied.terraform.tfdir) / "main.tf"
    as_it_was = configuration.read_text(encoding="utf-8")
    opening = 'module "scale_to_zero" {\n'
    assert as_it_was.count(opening) == 1
    configuration.write_text(as_it_was.replace(opening, f'{opening}  state_metrics = "{setting}"\n'), encoding="utf-8")
    staging.applied.apply()
    yield setting
    configuration.write_text(as_it_was, encoding="utf-8")
    staging.applied.apply()


def test_every_widget_shows_the_observed_values_while_asleep_and_while_awake(
    staging: Staging, state_metrics: str
) -> None:
    dashboard = staging.outputs["dashboard_name"]
    custom = staging.aws.calls["cloudwatch.PutMetricData"]

    staging.service.fall_asleep()
    staging.aws.advance(3 * MINUTE)  # until the tasks that still finish requests are gone
    asleep = watch(staging.service, [0, 0, 0])
    assert staging.service.running() == 0
    staging.aws.advance(MINUTE)
    assert newest(staging.aws, dashboard) == list(asleep.values())[-1]

    client(staging.aws, "ecs").update_service(
        cluster=staging.service.cluster_name, service=staging.service.service_name, desiredCount=2
    )
    staging.aws.advance(2 * MINUTE)
    awake = watch(staging.service, [3, 0, 1, 5])
    assert staging.service.running() == 2
    staging.aws.advance(MINUTE)
    assert newest(staging.aws, dashboard) == list(awake.values())[-1]

    assert shown(staging.aws, dashboard, [*asleep, *awake]) == asleep | awake
    assert (staging.aws.calls["cloudwatch.PutMetricData"] > custom) == (state_metrics == "every_tick")


# A day has three spells of requests. Before each a person wakes the service by the Lambda API. In the office hours of
# the example (8:00 to 19:00 in Paris, in winter) the service is held awake, with requests or without.
SPELLS = [(5 * 60, 60, 2), (13 * 60, 40, 4), (19 * 60 + 30, 60, 1)]
"""For each spell: the minute of the day when it begins, its length in minutes, and the minutes between requests."""
OFFICE = (7 * 60, 660)
AWAKE_FOR = 60 + 660 + 60
"""Minutes for which the service is needed: the first spell, the office hours with the second spell, and the third."""


@dataclass(frozen=True)
class Observation:
    """What was observed in one minute."""

    at: datetime
    desired: int
    running: int
    requested: bool
    status: int | None


def test_a_whole_day(staging: Staging) -> None:
    staging.service.fall_asleep()
    midnight = (staging.aws.now() + timedelta(days=1)).replace(hour=0, minute=0, second=30)
    staging.aws.advance(midnight - staging.aws.now())
    before = len(staging.aws.invocations)

    observations = [observe(staging, minute) for minute in range(24 * 60)]

    requests = [one.at for one in observations if one.requested]
    stops = [after.at for one, after in pairwise(observations) if one.desired > after.desired]
    ticks = [
        run
        for run in staging.aws.invocations[before:]
        if run.function_name == staging.outputs["scale_to_zero_function_name"]
    ]
    assert len(requests) >= 100
    assert {one.status for one in observations if one.requested} == {200}, "an awake service must answer requests"
    assert len(stops) == 3, "it must go to zero after the first spell, the office hours, and the last spell"
    closing = midnight.replace(second=0) + sum(OFFICE) * MINUTE
    assert timedelta(0) <= stops[1] - closing <= LATEST_STOP, "without requests it must sleep when the hold ends"
    for stop in (stops[0], stops[2]):
        last = max(request for request in requests if request < stop)
        assert IDLE < stop - last <= LATEST_STOP + MINUTE, "a minute more, since it is observed once a minute"
    assert len(ticks) == 24 * 60
    assert [run.error for run in ticks if run.error is not None] == []
    awake = sum(one.running for one in observations)
    assert AWAKE_FOR <= awake <= AWAKE_FOR + len(stops) * (LATEST_STOP // MINUTE + 3)
    # A tick publishes the state after its actions, half a minute before the observation.
    assert published_status(staging, midnight) == [float(one.desired > 0) for one in observations]


def observe(staging: Staging, minute: int) -> Observation:
    """Observe the service, play this minute's wake and requests, and let the minute pass."""
    described = staging.service.describe()
    requested, status = False, None
    for begins, lasting, every in SPELLS:
        if minute == begins - 2:
            client(staging.aws, "lambda").invoke(FunctionName=staging.outputs["scale_up_function_name"])
        if begins <= minute < begins + lasting and (minute - begins) % every == 0:
            requested, status = True, staging.service.request()
    seen = Observation(staging.aws.now(), described["desiredCount"], described["runningCount"], requested, status)
    staging.aws.advance(MINUTE)
    return seen


def published_status(staging: Staging, since: datetime) -> list[float]:
    """Return ``ServiceStatus`` for each minute of a day, as the requirements' command reads it."""
    answer = client(staging.aws, "cloudwatch").get_metric_statistics(
        Namespace=staging.outputs["metric_namespace"],
        MetricName="ServiceStatus",
        Dimensions=[
            {"Name": "Service", "Value": staging.service.service_name},
            {"Name": "Cluster", "Value": staging.service.cluster_name},
        ],
        StartTime=since.replace(second=0),
        EndTime=since.replace(second=0) + timedelta(days=1),
        Period=60,
        Statistics=["Maximum"],
    )
    points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
    return [point["Maximum"] for point in points]


def test_destroying_the_module_while_the_service_sleeps_brings_it_back_and_leaves_nothing(staging: Staging) -> None:
    staging.service.fall_asleep()
    assert set(what_is_there(staging.aws)) == MADE_BY_EVERY_INSTANCE | MADE_FOR_VISITORS | MADE_BY_STAGING
    before = len(staging.aws.invocations)
    with staging.aws.running(speed=60):  # Terraform waits until the tasks of the deleted service are gone
        staging.applied.destroy()
    uninstall = [
        run
        for run in staging.aws.invocations[before:]
        if run.function_name == staging.outputs["scale_up_function_name"]
    ]
    assert [(run.error, run.payload["tf"]["action"]) for run in uninstall] == [(None, "delete")]
    assert "started again" in uninstall[0].answer["message"]
    assert what_is_there(staging.aws) == {}
