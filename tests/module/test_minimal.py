"""``examples/minimal``, unchanged, applied to a service that exists before the module and after it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from local_aws import LocalAws
from tests.module.applied import MINUTE, START, Applied, Subject, applying, client
from tests.module.existing import existing_services
from tests.module.remains import MADE_BY_EVERY_INSTANCE, what_is_there

SERVICE = "city-guided-service"
TASKS = 2


@dataclass(frozen=True)
class Minimal:
    aws: LocalAws
    applied: Applied
    service: Subject


@pytest.fixture(scope="module")
def minimal() -> Iterator[Minimal]:
    """Apply the example to a service with two running tasks."""
    with LocalAws(seed=1, start=START) as aws, applying(aws, "examples/minimal") as applied:
        existing = existing_services(
            aws, {SERVICE: "city-guided-web"}, cluster="city-guided-cluster", load_balancer="city-guided-alb"
        )
        service = existing.subject(aws, SERVICE)
        client(aws, "ecs").update_service(cluster=existing.cluster_name, service=SERVICE, desiredCount=TASKS)
        aws.advance(2 * MINUTE)
        applied.apply()
        yield Minimal(aws, applied, service)


def test_applying_does_not_change_the_service_and_a_second_plan_is_empty(minimal: Minimal) -> None:
    assert (minimal.service.desired(), minimal.service.running()) == (TASKS, TASKS)
    assert minimal.applied.planned_changes() == []


def test_an_idle_service_sleeps_and_comes_back_with_the_tasks_it_had(minimal: Minimal) -> None:
    minimal.service.fall_asleep()
    assert minimal.applied.planned_changes() == []
    function = minimal.applied.outputs()["scale_up_function_name"]
    answer = client(minimal.aws, "lambda").invoke(FunctionName=function)
    assert json.loads(answer["Payload"].read())["services"]["web"]["desired"] == TASKS
    minimal.aws.advance(4 * MINUTE)  # five health checks every half minute, the default of target groups
    assert minimal.service.request() == 200
    assert (minimal.service.desired(), minimal.service.running()) == (TASKS, TASKS)
    assert minimal.applied.planned_changes() == []


def test_destroying_leaves_the_service_running_and_nothing_of_the_module(minimal: Minimal) -> None:
    assert set(what_is_there(minimal.aws)) == MADE_BY_EVERY_INSTANCE
    changes = minimal.aws.calls["ecs.UpdateService"]
    minimal.applied.destroy()
    assert what_is_there(minimal.aws) == {}
    assert minimal.aws.calls["ecs.UpdateService"] == changes
    minimal.aws.advance(20 * MINUTE)
    assert (minimal.service.desired(), minimal.service.running()) == (TASKS, TASKS)
    assert minimal.service.request() == 200
