"""What is observed of a service's tasks: their protection, how far they have started, and why they stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.model.observed import TaskTimes, Unknown
from tests.contract.stage import MINUTE, SECOND, WEB, MovingStage, Stage


class TestProtection:
    def test_a_task_with_protection_is_protected_until_the_protection_expires(self, stage: Stage) -> None:
        stage.create_service(WEB, target_groups=[stage.create_target_group("web")])
        stage.run_tasks(WEB, 2)
        assert stage.ports.services.protected(WEB) is False
        now = stage.ports.clock()
        stage.protect_tasks(WEB, now + MINUTE)
        assert stage.ports.services.protected(WEB) is True
        stage.protect_tasks(WEB, now)
        assert stage.ports.services.protected(WEB) is False

    def test_a_service_without_tasks_has_none_protected(self, stage: Stage) -> None:
        stage.create_service(WEB)
        stage.protect_tasks(WEB, stage.ports.clock() + MINUTE)
        assert stage.ports.services.protected(WEB) is False


class TestTaskTimes:
    def test_a_service_without_tasks_has_no_times(self, stage: Stage) -> None:
        stage.create_service(WEB)
        assert stage.ports.services.task_times(WEB) == TaskTimes()

    def test_the_parts_of_a_start_come_in_order(self, moving_stage: MovingStage) -> None:
        stage = moving_stage
        stage.create_service(WEB)
        requested = stage.pass_time(timedelta(0))
        stage.ports.services.set_desired_count(WEB, 2)
        seen: list[TaskTimes] = []
        for _ in range(120):
            stage.pass_time(SECOND)
            times = stage.ports.services.task_times(WEB)
            assert not isinstance(times, Unknown)
            if times not in seen:
                seen.append(times)
        ended = stage.pass_time(timedelta(0))
        assert [[part is not None for part in times] for times in seen if times.created] == [
            [True, False, False],
            [True, True, False],
            [True, True, True],
        ]
        created, pulled, started = seen[-1]
        assert created
        assert pulled
        assert started
        assert requested <= created < pulled < started <= ended

    def test_stopping_tasks_have_no_times(self, moving_stage: MovingStage) -> None:
        moving_stage.create_service(WEB)
        moving_stage.run_tasks(WEB, 1)
        moving_stage.ports.services.set_desired_count(WEB, 0)
        moving_stage.pass_time(5 * SECOND)
        assert moving_stage.ports.services.task_times(WEB) == TaskTimes()


class TestStopReasons:
    def test_a_service_whose_tasks_run_has_no_reasons(self, stage: Stage) -> None:
        stage.create_service(WEB, target_groups=[stage.create_target_group("web")])
        stage.run_tasks(WEB, 1)
        assert stage.ports.services.stop_reasons(WEB) == ()

    def test_a_task_that_failed_has_the_reason_that_ecs_gives(self, stage: Stage) -> None:
        stage.create_service(WEB, target_groups=[stage.create_target_group("web")])
        stage.run_tasks(WEB, 1)
        stage.fail_a_task(WEB, "Essential container in task exited")
        reasons = stage.ports.services.stop_reasons(WEB)
        assert not isinstance(reasons, Unknown)
        (reason,) = reasons
        assert reason.startswith("Essential container in task exited")

    def test_reasons_are_ordered_newest_first_and_each_occurs_once_with_the_exit_code(
        self, moving_stage: MovingStage
    ) -> None:
        moving_stage.create_service(WEB)
        moving_stage.run_tasks(WEB, 1)
        for reason in ("First", "Second", "First", "Third"):
            moving_stage.fail_a_task(WEB, reason)
            moving_stage.pass_time(5 * MINUTE)
        assert moving_stage.ports.services.stop_reasons(WEB) == tuple(
            f"{reason} (app: exit code 1)" for reason in ("Third", "First", "Second")
        )

    def test_there_are_no_more_than_five_reasons(self, moving_stage: MovingStage) -> None:
        moving_stage.create_service(WEB)
        moving_stage.run_tasks(WEB, 1)
        for number in range(7):
            moving_stage.fail_a_task(WEB, f"Reason {number}")
            moving_stage.pass_time(5 * MINUTE)
        reasons = moving_stage.ports.services.stop_reasons(WEB)
        assert not isinstance(reasons, Unknown)
        assert [reason.split(" (")[0] for reason in reasons] == [f"Reason {number}" for number in (6, 5, 4, 3, 2)]

    def test_tasks_that_were_stopped_for_a_lower_desired_count_have_not_failed(self, moving_stage: MovingStage) -> None:
        moving_stage.create_service(WEB)
        moving_stage.run_tasks(WEB, 1)
        moving_stage.ports.services.set_desired_count(WEB, 0)
        moving_stage.pass_time(5 * MINUTE)
        assert moving_stage.ports.services.stop_reasons(WEB) == ()


@pytest.mark.parametrize("call", ["protected", "task_times", "stop_reasons"])
class TestUnknown:
    def test_the_tasks_of_a_missing_service_are_unknown(self, stage: Stage, call: str) -> None:
        assert isinstance(getattr(stage.ports.services, call)(WEB), Unknown)

    def test_tasks_that_cannot_be_observed_are_unknown_and_a_fault(self, stage: Stage, call: str) -> None:
        stage.create_service(WEB)
        stage.refuse(call)
        unseen = getattr(stage.ports.services, call)(WEB)
        assert isinstance(unseen, Unknown)
        assert unseen.call_failed
        assert "city-guided-service" in unseen.why
