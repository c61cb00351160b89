"""A slow or duplicate tick never overrides a newer observation of another tick."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from scale_to_zero.actions.notification_texts import ChangeKind
from scale_to_zero.model.quantities import MINUTE
from simulator import http
from simulator.fault_injection import CallFault, Planned
from simulator.runs import TICK
from simulator.simulation import START

from .commands import notified_changes
from .patient_clients import follow
from .scenarios import TASKS, WEB
from .scenes import SECOND, SHOP, draining
from .simulation import Simulation


@pytest.mark.parametrize("known_before", [False, True], ids=["first activity ever", "activity known before"])
def test_a_slow_tick_does_not_overlook_activity_that_a_duplicate_observed(known_before: bool) -> None:
    """The slow tick reads the metrics at 08:08:50; the request of 08:07:05 can be read from 08:09:00 on."""
    with Simulation(tick_second=50.0) as sim:
        sim.add_service(replace(WEB, idle=timedelta(minutes=5)), desired=TASKS)
        if known_before:
            sim.at(START + timedelta(minutes=0, seconds=40), lambda: sim.request(WEB))
        sim.at(START + timedelta(minutes=7, seconds=5), lambda: sim.request(WEB))
        slow = Planned(TICK, 9, 15, CallFault(lasts=timedelta(seconds=45)))
        sim.fault_plan = slow
        sim.at(START + timedelta(minutes=9, seconds=20), sim.tick)
        sim.minutes(13)
        assert slow.happened
        assert sim.checker.desired(WEB.name) == TASKS


def test_a_tick_that_is_delivered_twice_notifies_twice_of_what_a_client_changed() -> None:
    """Simulated month 930016 found this: neither tick can read which notification the other one is about to send."""
    with Simulation() as sim:
        draining(sim)
        sim.after(30 * SECOND, lambda: follow(sim, SHOP, http.by_program(SHOP)))
        sim.after(2 * MINUTE - timedelta(milliseconds=480), sim.tick)
        sim.minutes(3)
        assert notified_changes(sim, SHOP) == [ChangeKind.DRAINS, ChangeKind.STAYS_AWAKE, ChangeKind.STAYS_AWAKE], (
            sim.record.trace()
        )
