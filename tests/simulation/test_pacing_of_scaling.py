"""Changes of scalable targets keep within a rate, and services that were woken come before those that are stopped."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from scale_to_zero.model.quantities import MINUTE, SECOND
from scale_to_zero.model.service_state import Phase
from scale_to_zero.tick.keep_scaling import PUT_BACK_PER_TICK, SCALING_RATE
from simulator.account import a_service

from .module_instance import ModuleInstance
from .scaled_services import ALL_SUSPENDED

SERVICES = [a_service(f"s{number:03}") for number in range(120)]


@pytest.fixture(scope="module")
def instance() -> ModuleInstance:
    """Return an instance whose services have all been put to sleep, because they were idle together."""
    instance = ModuleInstance(*SERVICES)
    for service in SERVICES:
        instance.world.scaling.register(*service.name, minimum=1, maximum=3)
    for _ in range(12):
        tick(instance)
    return instance


def tick(instance: ModuleInstance) -> timedelta:
    """Run a tick at the next minute, and return how long it took."""
    begun = instance.world.now
    instance.tick()
    took = instance.world.now - begun
    if took < MINUTE:
        instance.world.advance(MINUTE - took)
    return took


def calls(instance: ModuleInstance, *, suspends: bool) -> list[datetime]:
    return [
        one.at
        for one in instance.world.scaling.registrations
        if one.before is not None and (one.after.suspended == ALL_SUSPENDED) is suspends
    ]


def most_within(instants: list[datetime], window: timedelta) -> int:
    return max(sum(start <= one < start + window for one in instants) for start in instants)


def test_all_sleep_and_the_calls_that_suspend_keep_within_the_rate(instance: ModuleInstance) -> None:
    assert {instance.desired(service) for service in SERVICES} == {0}
    suspends = calls(instance, suspends=True)
    assert len(suspends) == len(SERVICES)
    for seconds in (1, 5, 20):
        allowed = SCALING_RATE.at_once + SCALING_RATE.a_second * seconds
        assert most_within(suspends, seconds * SECOND) <= allowed


def test_all_are_put_back_within_the_rate_and_no_tick_puts_back_more_than_its_share(instance: ModuleInstance) -> None:
    for first in range(0, len(SERVICES), 60):
        instance.wake({"services": [service.key for service in SERVICES[first : first + 60]]})
    took = []
    for _ in range(6):
        before = len(calls(instance, suspends=False))
        took.append(tick(instance))
        assert len(calls(instance, suspends=False)) - before <= PUT_BACK_PER_TICK
    put_back = calls(instance, suspends=False)
    assert len(put_back) == len(SERVICES)
    assert {instance.state(service.name).phase for service in SERVICES} == {Phase.AWAKE}
    assert most_within(put_back, 5 * SECOND) <= SCALING_RATE.at_once + 5 * SCALING_RATE.a_second
    assert max(took) < MINUTE


def test_services_that_were_woken_come_before_those_that_are_stopped() -> None:
    woken, idle = a_service("woken"), a_service("idle")
    instance = ModuleInstance(woken, idle)
    for service in (woken, idle):
        instance.world.scaling.register(*service.name, minimum=1, maximum=3)
    for _ in range(12):
        instance.world.request(str(idle.load_balancer_arn), idle.target_group_arns[0])
        tick(instance)
    assert (instance.desired(woken), instance.desired(idle)) == (0, 1)
    instance.wake({"service": "woken"})
    # No tick runs until one service is ready, and the other idle.
    instance.world.advance(9 * MINUTE)
    before = len(instance.world.scaling.registrations)
    tick(instance)
    changed = instance.world.scaling.registrations[before:]
    assert [(one.name, one.after.suspended == ALL_SUSPENDED) for one in changed] == [("woken", False), ("idle", True)]
