"""Something else begins at each call of a run in turn, and overlaps it for a moment or nearly to its end."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest

from scale_to_zero.wake_rules import DISARMED

from . import asks
from .days import STORIES, TASKS, WEB
from .days_with_wake_rules import STORIES_WITH_WAKE_RULES, calls_to_disturb
from .guests import follow
from .runs import Planned, Trouble
from .scenes import SHOP
from .simulation import Simulation


def a_duplicate_tick(sim: Simulation) -> None:
    sim.after(timedelta(0), sim.tick)


def a_wake(sim: Simulation) -> None:
    sim.after(timedelta(0), lambda: sim.wake({"services": ["web"]}))


def a_wake_that_waits(sim: Simulation) -> None:
    sim.after(timedelta(0), lambda: sim.wake({"service": "web", "wait": True}))


def two_wakes_at_once(sim: Simulation) -> None:
    a_wake(sim)
    a_wake(sim)


def a_start_by_hand(sim: Simulation) -> None:
    sim.after(timedelta(0), lambda: sim.set_by_hand(WEB.name, TASKS))


def a_request(sim: Simulation) -> None:
    sim.after(timedelta(0), lambda: sim.request(WEB))


def a_deployment(sim: Simulation) -> None:
    sim.after(timedelta(0), lambda: sim.deploy(WEB.name))


MEANWHILE: dict[str, Callable[[Simulation], None]] = {
    "a duplicate tick": a_duplicate_tick,
    "a wake": a_wake,
    "a wake that waits": a_wake_that_waits,
    "two wakes at once": two_wakes_at_once,
    "a start by hand": a_start_by_hand,
    "a request": a_request,
    "a deployment": a_deployment,
}
PAUSES = {
    "one call": timedelta(milliseconds=30),
    "a few calls": timedelta(milliseconds=90),
    "a second": timedelta(seconds=1),
    "longer than the fast ones": timedelta(seconds=20),
    "to the next tick": timedelta(seconds=59.5),
}
CASES = [
    (story, number + 1, call, other)
    for story, told in STORIES.items()
    for number, call in enumerate(told.calls())
    for other in MEANWHILE
    if not (story == "uninstall" and other.startswith(("a wake", "two wakes")))
]


# Two pauses for each case, in turn; the next case has two others.
NAMES = list(PAUSES)
USUAL_CASES = [(*case, NAMES[(index + step) % len(NAMES)]) for index, case in enumerate(CASES) for step in (0, 2)]
EVERY_CASE = [(*case, pause) for case in CASES for pause in PAUSES]


@pytest.mark.parametrize(
    ("story", "number", "call", "other", "pause"), EVERY_CASE if os.environ.get("EVERY_PAUSE") else USUAL_CASES
)
def test_whatever_begins_during_a_run_is_served(story: str, number: int, call: str, other: str, pause: str) -> None:
    told = STORIES[story]

    def planned(sim: Simulation) -> Planned:
        return Planned(told.kind, told.number, number, Trouble(lasts=PAUSES[pause]), partial(MEANWHILE[other], sim))

    told.tell(planned)


def a_visitor(sim: Simulation) -> None:
    sim.after(timedelta(0), lambda: follow(sim, SHOP, asks.by_program(SHOP)))


def two_visitors_at_once(sim: Simulation) -> None:
    for group in (0, 1):
        sim.after(timedelta(0), partial(follow, sim, SHOP, asks.by_browser(SHOP, group)))


def a_wake_by_hand(sim: Simulation) -> None:
    sim.after(timedelta(0), lambda: sim.wake({"service": SHOP.key}))


def a_disarmed_rule(sim: Simulation) -> None:
    wake = SHOP.wake_on_request
    assert wake is not None

    def disarm() -> None:
        sim.watch.disturb(SHOP.name)
        with suppress(LookupError):  # it has left
            sim.ports.listeners.set_conditions(wake.rules[0].arn, DISARMED)

    sim.after(timedelta(0), disarm)


MEANWHILE_WITH_WAKE_RULES: dict[str, Callable[[Simulation], None]] = {
    "a duplicate tick": a_duplicate_tick,
    "a visitor": a_visitor,
    "two visitors at once": two_visitors_at_once,
    "a wake by hand": a_wake_by_hand,
    "a disarmed rule": a_disarmed_rule,
}
CASES_WITH_WAKE_RULES = [
    (story, number, call, other)
    for story, told in STORIES_WITH_WAKE_RULES.items()
    for number, call in calls_to_disturb(told)
    for other in MEANWHILE_WITH_WAKE_RULES
    if not (story == "leave" and other == "a wake by hand")
]


@pytest.mark.parametrize("pause", ["a few calls", "longer than the fast ones", "to the next tick"])
@pytest.mark.parametrize(("story", "number", "call", "other"), CASES_WITH_WAKE_RULES)
def test_whatever_begins_during_a_run_leaves_nobody_before_a_closed_door(
    story: str, number: int, call: str, other: str, pause: str
) -> None:
    told = STORIES_WITH_WAKE_RULES[story]

    def planned(sim: Simulation) -> Planned:
        meanwhile = partial(MEANWHILE_WITH_WAKE_RULES[other], sim)
        return Planned(told.kind, told.number, number, Trouble(lasts=PAUSES[pause]), meanwhile)

    told.tell(planned)
