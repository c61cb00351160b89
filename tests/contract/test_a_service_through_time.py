from __future__ import annotations

from datetime import timedelta

from scale_to_zero.model.metrics import Series, SeriesKey
from scale_to_zero.model.observed import Pair, ServiceFacts, Unknown

from .stage import MINUTE, WEB, MovingStage

SETTLED = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def facts(stage: MovingStage) -> ServiceFacts:
    described = stage.ports.services.describe([WEB])[WEB]
    assert isinstance(described, ServiceFacts)
    return described


def ready(stage: MovingStage, arn: str) -> bool:
    """Return whether a healthy target of a wanted task is in the target group."""
    healthy = stage.ports.target_groups.healthy_targets(arn)
    wanted = stage.ports.services.wanted_targets(WEB)
    assert not isinstance(healthy, Unknown)
    assert not isinstance(wanted, Unknown)
    return bool(healthy & wanted)


def running_service(stage: MovingStage, tasks: int = 1) -> str:
    arn = stage.create_target_group("web")
    stage.create_service(WEB, target_groups=[arn])
    stage.pass_time(SETTLED)
    stage.run_tasks(WEB, tasks)
    return arn


class TestThroughTime:
    def test_a_wake_is_requested_then_running_then_ready(self, moving_stage: MovingStage) -> None:
        arn = moving_stage.create_target_group("web")
        moving_stage.create_service(WEB, target_groups=[arn])
        moving_stage.pass_time(SETTLED)
        moving_stage.ports.services.set_desired_count(WEB, 1)
        seen: list[tuple[int, int, bool]] = []
        for _ in range(90):
            found = facts(moving_stage)
            step = (found.desired, found.running, ready(moving_stage, arn))
            if step not in seen:
                seen.append(step)
            moving_stage.pass_time(SECOND)
        assert seen == [(1, 0, False), (1, 1, False), (1, 1, True)]

    def test_changing_the_count_of_a_settled_service_is_no_deployment(self, moving_stage: MovingStage) -> None:
        running_service(moving_stage)
        assert not facts(moving_stage).deployment_running
        moving_stage.ports.services.set_desired_count(WEB, 0)
        for _ in range(20):
            moving_stage.pass_time(SECOND)
            assert not facts(moving_stage).deployment_running

    def test_a_deployment_runs_until_its_tasks_have_replaced_the_old_ones(self, moving_stage: MovingStage) -> None:
        running_service(moving_stage)
        began = moving_stage.pass_time(timedelta(0))
        moving_stage.deploy(WEB)
        seen: list[tuple[int, bool]] = []
        for _ in range(2 * SETTLED // SECOND):
            found = facts(moving_stage)
            assert found.deployed_at == began
            step = (found.running, found.deployment_running)
            if step not in seen:
                seen.append(step)
            moving_stage.pass_time(SECOND)
        assert seen == [(1, True), (2, True), (1, False)]

    def test_changing_the_count_does_not_change_the_instant_of_the_deployment(self, moving_stage: MovingStage) -> None:
        running_service(moving_stage)
        deployed_at = facts(moving_stage).deployed_at
        assert deployed_at is not None
        moving_stage.ports.services.set_desired_count(WEB, 2)
        moving_stage.pass_time(SETTLED)
        assert facts(moving_stage).deployed_at == deployed_at

    def test_a_stopped_service_is_never_ready_although_its_last_target_is_still_healthy(
        self, moving_stage: MovingStage
    ) -> None:
        arn = running_service(moving_stage)
        assert ready(moving_stage, arn)
        moving_stage.stop_one_task(WEB)
        assert moving_stage.ports.target_groups.healthy_targets(arn) != frozenset()
        assert not ready(moving_stage, arn)

    def test_requests_and_healthy_hosts_are_read_once_their_minute_is_visible(self, moving_stage: MovingStage) -> None:
        pair = moving_stage.pair(running_service(moving_stage))
        now = moving_stage.pass_time(timedelta(0))
        minute = now.replace(second=0, microsecond=0) + MINUTE
        moving_stage.pass_time(minute - now)
        for _ in range(3):
            moving_stage.request(pair)
        assert read(moving_stage, "RequestCount", pair, minute) == {}
        now = moving_stage.pass_time(4 * MINUTE)
        assert read(moving_stage, "RequestCount", pair, minute) == {minute: 3.0}
        assert read(moving_stage, "HealthyHostCount", pair, minute)[minute] == 1.0

    def test_the_newest_event_is_read(self, moving_stage: MovingStage) -> None:
        running_service(moving_stage)
        assert "has reached a steady state" in facts(moving_stage).newest_event


def read(stage: MovingStage, metric_name: str, pair: Pair, start: object) -> dict[object, float]:
    now = stage.pass_time(timedelta(0))
    key = SeriesKey(metric_name, pair)
    series = stage.ports.metrics.read([key], now - 10 * MINUTE, now)[key]
    assert isinstance(series, Series)
    return {minute: value for minute, value in series.points.items() if minute == start}
