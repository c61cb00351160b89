"""A tick that was slow, or came twice, never acts on what another tick knows better."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from .days import TASKS, WEB
from .runs import TICK, Planned, Trouble
from .simulation import START, Simulation


@pytest.mark.parametrize("known_before", [False, True], ids=["first activity ever", "activity known before"])
def test_a_slow_tick_does_not_pass_over_activity_that_a_duplicate_saw(known_before: bool) -> None:
    """The slow tick reads the metrics at 08:08:50; the request of 08:07:05 can be read from 08:09:00 on."""
    with Simulation(tick_second=50.0) as sim:
        sim.add_service(replace(WEB, idle=timedelta(minutes=5)), desired=TASKS)
        if known_before:
            sim.at(START + timedelta(minutes=0, seconds=40), lambda: sim.request(WEB))
        sim.at(START + timedelta(minutes=7, seconds=5), lambda: sim.request(WEB))
        slow = Planned(TICK, 9, 14, Trouble(lasts=timedelta(seconds=45)))
        sim.weather = slow
        sim.at(START + timedelta(minutes=9, seconds=20), sim.tick)
        sim.minutes(13)
        assert slow.happened
        assert sim.referee.desired(WEB.name) == TASKS
