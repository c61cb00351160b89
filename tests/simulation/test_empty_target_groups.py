"""A target group without targets: the idle color of a blue/green pair, or the group of a service whose tasks died."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.configured import Service
from scale_to_zero.model.quantities import MINUTE
from simulator.account import a_service, woken_by_requests
from simulator.simulation import START
from simulator.world import NoCapacity, Timings

from .promise_tracker import TASKS_DO_NOT_START
from .simulation import Simulation

PAIR = a_service("web", groups=2)
WOKEN = woken_by_requests(a_service("shop", groups=2))
DELAY = timedelta(minutes=2)
seconds = st.floats(0, 59.9).map(lambda second: round(second, 1))


def stops(sim: Simulation, service: Service = PAIR) -> list[datetime]:
    return [change.at for change in sim.record.changes.get(service.name, []) if change.is_stop]


def with_an_empty_color(sim: Simulation, service: Service = PAIR) -> None:
    """Add a service with tasks in the first target group only. The other group has a load balancer, but is empty."""
    busy, empty = service.target_group_arns
    sim.world.create_service(*service.name, 1, [(service.load_balancer_arn, busy, 8080)])
    sim.world.attach_target_group(empty, service.load_balancer_arn)
    sim.known_services.append(service)
    sim.configure(service)
    sim.tracker.count_by_hand(service.name, 1)


def used_for_twenty_minutes(sim: Simulation, service: Service) -> datetime:
    """Send requests for twenty minutes; return the end of the minute of the last request."""
    for number in range(1, 40):
        sim.at(START + number * MINUTE / 2, lambda: sim.request(service))
    return START + 20 * MINUTE


@settings(max_examples=15)
@given(tick_second=seconds, idle=st.integers(1, 30))
@example(tick_second=0.0, idle=5)
@example(tick_second=59.5, idle=1)
@example(tick_second=59.5, idle=30)
def test_with_an_empty_color_it_is_at_zero_after_two_idle_windows_and_the_delay_of_the_metrics(
    tick_second: float, idle: int
) -> None:
    """It is not at zero earlier than a service without an empty color."""
    service = replace(PAIR, idle=idle * MINUTE)
    with Simulation(tick_second=tick_second) as sim:
        with_an_empty_color(sim, service)
        last = used_for_twenty_minutes(sim, service)
        sim.minutes(20 + 2 * idle + 4)
        (stop,) = stops(sim)
        assert service.idle + DELAY <= stop - last <= 2 * service.idle + DELAY + timedelta(seconds=1)


@pytest.mark.parametrize("tick_second", [0.0, 10.0, 59.5])
def test_with_wake_rules_it_drains_a_few_minutes_more(tick_second: float) -> None:
    with Simulation(tick_second=tick_second) as sim:
        with_an_empty_color(sim, WOKEN)
        last = used_for_twenty_minutes(sim, WOKEN)
        sim.minutes(40)
        (stop,) = stops(sim, WOKEN)
        assert stop - last <= 2 * WOKEN.idle + DELAY + 3 * MINUTE


@pytest.mark.parametrize("service", [PAIR, WOKEN], ids=["plain", "woken by requests"])
def test_a_service_whose_tasks_died_is_at_zero_after_an_idle_window_without_targets(service: Service) -> None:
    with Simulation() as sim:
        sim.add_service(service)
        sim.minutes(3)
        sim.world.set_start_fault(*service.name, NoCapacity())
        died = sim.world.now
        for task in sim.world.tasks(*service.name):
            sim.world.kill_task(task.id)
        sim.minutes(20)
        (stop,) = stops(sim, service)
        assert service.idle <= stop - died <= 2 * service.idle + 2 * DELAY + 5 * MINUTE


@settings(max_examples=10)
@given(late=st.integers(5, 40), appears=st.integers(1, 12))
def test_a_target_of_the_empty_color_whose_metrics_are_late_stops_nothing(late: int, appears: int) -> None:
    """The other color is healthy all the time. Another service registers a task at the empty color."""
    with Simulation() as sim:
        with_an_empty_color(sim)
        _, empty = PAIR.target_group_arns
        sim.world.withhold_metric("HealthyHostCount", empty)
        sim.tracker.hinder(PAIR.name, "HealthyHostCount is withheld")

        def register() -> None:
            sim.world.create_service("tests", "green", 1, [(PAIR.load_balancer_arn, empty, 8080)])

        sim.at(START + appears * MINUTE, register)
        sim.minutes(appears + late)
        assert [stop for stop in stops(sim) if stop > START + (appears + 1) * MINUTE] == []


@settings(max_examples=25)
@given(
    lives=st.floats(2, 50),
    every=st.sampled_from([60, 75, 120, 180, 300]),
    tick_second=seconds,
    service=st.sampled_from([PAIR, WOKEN]),
    idle=st.integers(1, 10),
    late=st.sampled_from([2, 3]),
)
@example(lives=28.93, every=300, tick_second=29.7, service=WOKEN, idle=3, late=3)
@example(lives=8.74, every=180, tick_second=32.9, service=WOKEN, idle=2, late=3)
@example(lives=6.52, every=180, tick_second=18.9, service=WOKEN, idle=2, late=3)
def test_tasks_that_live_between_two_ticks_do_not_hide_their_requests(
    lives: float, every: int, tick_second: float, service: Service, idle: int, late: int
) -> None:
    """Each task gets a request as soon as its target is healthy. The checker checks that no stop follows too early."""
    service = replace(service, idle=idle * MINUTE)
    timings = Timings(deregistration=timedelta(seconds=5), metric_delay=DELAY)
    with Simulation(tick_second=tick_second, timings=timings) as sim:
        sim.add_service(service)
        sim.tracker.hinder(service.name, TASKS_DO_NOT_START)
        sim.minutes(2)
        sim.world.metrics.aws_delay = late * MINUTE
        sim.world.set_start_fault(*service.name, NoCapacity())
        kill(sim, service)
        for number in range(1, 60 * 60 // every):
            sim.at(START + number * timedelta(seconds=every), lambda: live(sim, service, lives))
        sim.minutes(60)


def kill(sim: Simulation, service: Service) -> None:
    for task in sim.world.tasks(*service.name):
        if task.has_containers:
            sim.world.kill_task(task.id)


def live(sim: Simulation, service: Service, lives: float) -> None:
    """Let one task start, get a request, and die."""
    sim.world.set_start_fault(*service.name, None)

    def request_once_healthy() -> None:
        if not any(one.state == "healthy" for one in sim.world.target_health(service.target_group_arns[0])):
            if sim.checker.desired(service.name):
                sim.after(timedelta(seconds=1), request_once_healthy)
            return
        sim.world.set_start_fault(*service.name, NoCapacity())
        sim.request(service)
        sim.after(timedelta(seconds=lives), lambda: kill(sim, service))

    sim.after(timedelta(seconds=1), request_once_healthy)
