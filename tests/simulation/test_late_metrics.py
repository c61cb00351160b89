"""CloudWatch is late, catches up in bursts, or lacks a minute: no service in use is stopped because of this."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT, REQUEST_COUNT
from simulator.simulation import START
from simulator.world import NoCapacity
from simulator.world.measurements import metric_of_pair

from .scenarios import TASKS, WEB
from .simulation import Simulation

USUAL_DELAY = timedelta(minutes=2)


def visit_every_minute(sim: Simulation, first: int, last: int) -> None:
    for minute in range(first, last):
        for group in range(len(WEB.target_group_arns)):
            sim.at(START + timedelta(minutes=minute, seconds=30), lambda group=group: sim.request(WEB, group))  # type: ignore[misc]


def stops(sim: Simulation) -> list[datetime]:
    return [change.at for change in sim.record.changes.get(WEB.name, []) if change.is_stop]


@settings(max_examples=8)
@given(minute=st.integers(1, 8))
def test_the_module_waits_for_a_minute_that_arrives_late(minute: int) -> None:
    """All metrics of one minute, which had a request, can be read only ten minutes later than usual."""
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.at(START + timedelta(minutes=minute, seconds=30), lambda: sim.request(WEB))

        def delay(duration: timedelta) -> None:
            sim.world.metrics.aws_delay = duration

        sim.at(START + timedelta(minutes=minute, seconds=59), lambda: delay(timedelta(minutes=12)))
        sim.at(START + timedelta(minutes=minute + 1, seconds=1), lambda: delay(USUAL_DELAY))
        sim.tracker.hinder(WEB.name, "a minute is late")
        sim.minutes(40)
        assert len(stops(sim)) == 1


@settings(max_examples=15)
@given(outage=st.integers(6, 25), behind=st.integers(0, 59))
def test_after_an_outage_health_may_arrive_before_the_requests(outage: int, behind: int) -> None:
    """All minutes of the outage become readable together, HealthyHostCount up to a minute before RequestCount."""
    begin, end = START + 5 * MINUTE, START + (5 + outage) * MINUTE
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        visit_every_minute(sim, 1, 5 + outage + 4)
        sim.tracker.hinder(WEB.name, "an outage of CloudWatch")
        for metric, since_end in ((HEALTHY_HOST_COUNT, 0), (REQUEST_COUNT, behind)):
            sim.at(begin + timedelta(seconds=1), lambda metric=metric: sim.world.withhold_metric(metric))  # type: ignore[misc]
            sim.at(end + timedelta(seconds=since_end), lambda metric=metric: _catch_up(sim, metric, begin))  # type: ignore[misc]
        sim.minutes(5 + outage + 6)
        assert stops(sim) == []
        sim.tracker.no_longer_hinder(WEB.name, "an outage of CloudWatch")
        sim.minutes(30)
        assert len(stops(sim)) == 1


def _catch_up(sim: Simulation, metric: str, begin: datetime) -> None:
    """Publish one value for each minute that was withheld: one request at each target group."""
    sim.world.publish_metric_again(metric)
    minute = begin
    while minute + MINUTE <= sim.world.now:
        for arn in WEB.target_group_arns:
            assert WEB.load_balancer_arn is not None
            sim.world.metrics.put_value(metric_of_pair(metric, WEB.load_balancer_arn, arn), minute, 1.0)
        minute += MINUTE


def test_the_late_metrics_of_a_target_group_count_though_another_one_has_no_targets() -> None:
    """The empty one may be the idle one of a blue/green pair. Requests begin while metrics are 14 minutes late."""
    busy, empty = WEB.target_group_arns
    with Simulation() as sim:
        sim.world.create_service(*WEB.name, TASKS, [(WEB.load_balancer_arn, busy, 8080)])
        sim.world.attach_target_group(empty, WEB.load_balancer_arn)
        sim.configure(WEB)
        sim.tracker.count_by_hand(WEB.name, TASKS)
        sim.tracker.hinder(WEB.name, "metrics are late")
        for minute in (*range(1, 11), *range(26, 50)):
            sim.at(START + timedelta(minutes=minute, seconds=30), lambda: sim.request(WEB))
        sim.minutes(14)
        sim.world.metrics.aws_delay = timedelta(minutes=14)
        sim.minutes(36)
        assert stops(sim) == []


def test_cloudwatch_fails_for_hours_and_nothing_is_stopped() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(3)
        sim.tracker.hinder(WEB.name, "an outage of CloudWatch")
        for metric in (HEALTHY_HOST_COUNT, REQUEST_COUNT):
            sim.world.withhold_metric(metric)
        sim.minutes(180)
        assert stops(sim) == []


def test_a_service_whose_tasks_died_is_stopped_after_an_idle_window_without_targets() -> None:
    """Its tasks died, and no others can be placed, so it has no metrics, and no client can use it."""
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(3)
        sim.world.set_start_fault(*WEB.name, NoCapacity())
        for task in sim.world.tasks(*WEB.name):
            if task.has_containers:
                sim.world.kill_task(task.id)
        sim.minutes(40)
        assert len(stops(sim)) == 1
