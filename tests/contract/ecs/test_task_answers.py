"""Possible answers of Amazon ECS about tasks, word for word."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from scale_to_zero.model.observed import TaskTimes, Unknown
from tests.contract.answers import ECS
from tests.contract.moto_stage import MotoStage
from tests.contract.scripted_aws import Parameters, aws_error
from tests.contract.stage import MINUTE, NOW, SECOND, WEB

PROTECTION = "ecs.GetTaskProtection"


def a_task(number: int, **fields: Any) -> dict[str, Any]:
    return {"taskArn": f"{ECS}:task/city-guided-cluster/{number:032x}", "desiredStatus": "RUNNING", **fields}


def a_stopped_task(number: int, reason: str = "", **fields: Any) -> dict[str, Any]:
    """Return a stopped task. A higher number means a later stop."""
    stopped = {"desiredStatus": "STOPPED", "stoppedReason": reason, "stoppedAt": NOW + number * SECOND}
    return a_task(number, **stopped | fields)


def lists(moto: MotoStage, desired: str, tasks: list[dict[str, Any]]) -> None:
    """Let ECS list and describe these tasks, a hundred a page."""
    by_arn = {task["taskArn"]: task for task in tasks}
    arns = list(by_arn)

    def list_tasks(parameters: Parameters) -> dict[str, Any]:
        assert (parameters["cluster"], parameters["serviceName"], parameters["desiredStatus"]) == (*WEB, desired)
        start = int(parameters.get("nextToken", 0))
        more = {"nextToken": str(start + 100)} if start + 100 < len(arns) else {}
        return {"taskArns": arns[start : start + 100], **more}

    moto.scripted.answer("ecs.ListTasks", list_tasks)
    moto.scripted.answer(
        "ecs.DescribeTasks", lambda parameters: {"tasks": [by_arn[arn] for arn in parameters["tasks"]]}
    )


def protection(arn: str, until: datetime | None = None, on: bool = True) -> dict[str, Any]:
    expires = {} if until is None else {"expirationDate": until}
    return {"taskArn": arn, "protectionEnabled": on, **expires}


class TestProtection:
    @pytest.mark.parametrize(
        ("of_one", "is_protected"),
        [
            ({"protectionEnabled": True}, True),
            ({"protectionEnabled": True, "expirationDate": NOW + SECOND}, True),
            ({"protectionEnabled": True, "expirationDate": NOW}, False),
            ({"protectionEnabled": False, "expirationDate": NOW + SECOND}, False),
            ({"protectionEnabled": False}, False),
            ({}, False),
        ],
    )
    def test_protection_is_valid_while_it_is_on_and_has_not_expired(
        self, moto: MotoStage, of_one: dict[str, Any], is_protected: bool
    ) -> None:
        lists(moto, "RUNNING", [a_task(1)])
        moto.scripted.answer(PROTECTION, {"protectedTasks": [{"taskArn": "arn", **of_one}]})
        assert moto.ports.services.protected(WEB) is is_protected

    def test_a_call_reads_the_protection_of_a_hundred_tasks_and_the_last_task_is_read_too(
        self, moto: MotoStage
    ) -> None:
        tasks = [a_task(number) for number in range(230)]
        last = tasks[-1]["taskArn"]
        lists(moto, "RUNNING", tasks)
        moto.scripted.answer(
            PROTECTION,
            lambda parameters: {"protectedTasks": [protection(arn, on=arn == last) for arn in parameters["tasks"]]},
        )
        assert moto.ports.services.protected(WEB) is True
        assert [len(call["tasks"]) for call in moto.scripted.called(PROTECTION)] == [100, 100, 30]

    def test_without_tasks_there_is_no_call(self, moto: MotoStage) -> None:
        lists(moto, "RUNNING", [])
        assert moto.ports.services.protected(WEB) is False
        assert not moto.scripted.called(PROTECTION)

    def test_a_task_that_is_gone_protects_nothing(self, moto: MotoStage) -> None:
        lists(moto, "RUNNING", [a_task(1)])
        moto.scripted.answer(PROTECTION, {"protectedTasks": [], "failures": [{"arn": "arn", "reason": "MISSING"}]})
        assert moto.ports.services.protected(WEB) is False

    def test_with_any_other_failure_the_protection_is_unknown_although_no_other_task_is_protected(
        self, moto: MotoStage
    ) -> None:
        lists(moto, "RUNNING", [a_task(1), a_task(2)])
        answer = {"protectedTasks": [protection("arn", on=False)], "failures": [{"arn": "arn", "reason": "ODD"}]}
        moto.scripted.answer(PROTECTION, answer)
        assert moto.ports.services.protected(WEB) == Unknown(f"ecs:GetTaskProtection of {WEB} failed: ODD")

    def test_a_denied_call_names_the_permission(self, moto: MotoStage) -> None:
        lists(moto, "RUNNING", [a_task(1)])
        moto.scripted.answer(PROTECTION, aws_error("AccessDeniedException", "not authorized"))
        unseen = moto.ports.services.protected(WEB)
        assert isinstance(unseen, Unknown)
        assert unseen.why.endswith("allow ecs:GetTaskProtection in the function's role")


class TestTaskTimes:
    def test_all_times_are_those_of_the_task_that_has_progressed_furthest(self, moto: MotoStage) -> None:
        first = {"createdAt": NOW, "pullStoppedAt": NOW + 3 * MINUTE, "startedAt": NOW + 4 * MINUTE}
        second = {"createdAt": NOW + SECOND, "pullStoppedAt": NOW + MINUTE, "startedAt": NOW + 2 * MINUTE}
        lists(moto, "RUNNING", [a_task(1, **first), a_task(2, **second), a_task(3, createdAt=NOW)])
        assert moto.ports.services.task_times(WEB) == TaskTimes(NOW + SECOND, NOW + MINUTE, NOW + 2 * MINUTE)

    def test_of_tasks_that_only_have_their_image_the_first_one_to_have_it_is_used(self, moto: MotoStage) -> None:
        pulled = [a_task(n, createdAt=NOW, pullStoppedAt=NOW + n * MINUTE) for n in (2, 1)]
        lists(moto, "RUNNING", [a_task(3, createdAt=NOW - MINUTE), *pulled])
        assert moto.ports.services.task_times(WEB) == TaskTimes(NOW, NOW + MINUTE)


class TestStopReasons:
    def reasons(self, moto: MotoStage, *tasks: dict[str, Any]) -> tuple[str, ...] | Unknown:
        lists(moto, "STOPPED", list(tasks))
        return moto.ports.services.stop_reasons(WEB)

    def test_the_reason_of_a_container_is_added_to_the_reason_of_its_task(self, moto: MotoStage) -> None:
        killed = "OutOfMemoryError: Container killed due to memory usage"
        containers = [
            {"name": "app", "reason": killed, "exitCode": 137},
            {"name": "proxy", "exitCode": 0},
            {"name": "agent", "exitCode": 2},
        ]
        stopped = a_stopped_task(1, "Essential container in task exited", containers=containers)
        assert self.reasons(moto, stopped) == (
            f"Essential container in task exited (app: {killed}, exit code 137; agent: exit code 2)",
        )

    def test_a_container_that_repeats_the_reason_of_its_task_adds_nothing(self, moto: MotoStage) -> None:
        reason = "CannotPullContainerError: no such image"
        stopped = a_stopped_task(1, f"{reason}\n", containers=[{"name": "app", "reason": reason}])
        assert self.reasons(moto, stopped) == (reason,)

    def test_a_task_without_a_reason_has_the_reason_of_its_container(self, moto: MotoStage) -> None:
        silent = a_stopped_task(1, containers=[])
        stopped = a_stopped_task(2, containers=[{"name": "app", "exitCode": 3}])
        assert self.reasons(moto, silent, stopped) == ("app: exit code 3",)

    def test_a_long_reason_is_cut(self, moto: MotoStage) -> None:
        reasons = self.reasons(moto, a_stopped_task(1, "x" * 1_000))
        assert reasons == ("x" * 299 + "…",)

    def test_a_task_that_is_still_stopping_is_ordered_by_the_beginning_of_its_stop(self, moto: MotoStage) -> None:
        stopping = a_stopped_task(1, "stopping", stoppingAt=NOW + MINUTE)
        del stopping["stoppedAt"]
        starting = a_stopped_task(2, "never started", createdAt=NOW - MINUTE)
        del starting["stoppedAt"]
        assert self.reasons(moto, starting, a_stopped_task(3, "stopped"), stopping) == (
            "stopping",
            "stopped",
            "never started",
        )

    def test_tasks_that_ecs_stopped_for_a_lower_desired_count_are_skipped(self, moto: MotoStage) -> None:
        scaled_in = a_stopped_task(2, "Scaling activity initiated by (deployment ecs-svc/1)")
        assert self.reasons(moto, a_stopped_task(1, "Failed"), scaled_in) == ("Failed",)

    def test_of_very_many_stopped_tasks_only_300_are_described(self, moto: MotoStage) -> None:
        reasons = self.reasons(moto, *(a_stopped_task(number, "Failed") for number in range(450)))
        assert reasons == ("Failed",)
        assert [len(call["tasks"]) for call in moto.scripted.called("ecs.DescribeTasks")] == [100, 100, 100]
