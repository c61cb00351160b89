"""Short stories of a service with wake rules, each with one run at its heart. Tests then disturb that run."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from . import asks
from .asks import Response
from .days import Story
from .guests import browser, follow, program
from .passage import SET_CONDITIONS, SET_DESIRED_COUNT
from .runs import ESCORT, TICK, UNINSTALL, VISIT
from .scenes import (
    DRAINING_TICK,
    SECOND,
    SHOP,
    STOPPING_TICK,
    TASKS,
    begins_to_drain,
    falls_asleep,
    must_be_open,
    must_sleep,
)
from .simulation import Simulation
from .terraform import leave_for_good

SEND_ESCORT: Final = "send_escort"
OPENING_TICK: Final = 13
AT_EITHER_END: Final = 14
"""An escort makes a hundred calls, most of them the same two looks."""


def _until_it_drains(sim: Simulation) -> None:
    sim.minutes(DRAINING_TICK + 0.5)


def _until_it_is_stopped(sim: Simulation) -> None:
    sim.minutes(STOPPING_TICK + 0.5)


def _until_a_visitor_came(sim: Simulation) -> None:
    falls_asleep(sim)
    sim.after(timedelta(0), lambda: follow(sim, SHOP, asks.by_program(SHOP)))
    sim.minutes(1.5)


def _until_a_visitor_came_back(sim: Simulation) -> None:
    begins_to_drain(sim)
    sim.advance(40 * SECOND)
    sim.after(timedelta(0), lambda: follow(sim, SHOP, asks.by_program(SHOP)))
    sim.minutes(1.5)


def _until_a_tick_opens_the_way(sim: Simulation) -> None:
    """Whoever sees wakes through is lost, so that the ticks do it."""
    falls_asleep(sim)
    carry, sim.ports.escort = sim.ports.escort, lambda _keys: None
    sim.after(timedelta(0), lambda: sim.wake({"service": SHOP.key}))
    sim.minutes(2)
    sim.ports.escort = carry


def _until_it_leaves(sim: Simulation) -> None:
    falls_asleep(sim)
    sim.after(timedelta(0), lambda: leave_for_good(sim, SHOP))
    sim.minutes(2)


def _visitors_are_served(sim: Simulation) -> None:
    """A program and a browser come; whatever state it is in they get the application, and then it sleeps again."""
    served: list[Response] = []
    sim.after(timedelta(0), lambda: served.append(program(sim, SHOP, 0)))
    sim.after(SECOND, lambda: served.append(browser(sim, SHOP, 1)))
    sim.minutes(4)
    assert [response.by_application for response in served] == [True, True], sim.chronicle.trace()
    must_be_open(sim)
    sim.minutes(16)
    must_sleep(sim)


def _it_sleeps_and_visitors_are_served(sim: Simulation) -> None:
    sim.minutes(16)
    must_sleep(sim)
    _visitors_are_served(sim)


def _it_runs_for_good(sim: Simulation) -> None:
    sim.minutes(5)
    assert not sim.ports.table.services, sim.chronicle.trace()
    sim.minutes(30)
    assert sim.referee.desired(SHOP.name) == TASKS, sim.chronicle.trace()
    served: list[Response] = []
    sim.after(timedelta(0), lambda: served.append(sim.door.send(SHOP, asks.by_program(SHOP))))
    sim.minutes(1)
    assert [response.by_application for response in served] == [True], sim.chronicle.trace()


STORIES_WITH_WAKE_RULES: Final = {
    "drain": Story(TICK, DRAINING_TICK, SET_CONDITIONS, _until_it_drains, _it_sleeps_and_visitors_are_served, SHOP),
    "stop": Story(
        TICK, STOPPING_TICK, SET_DESIRED_COUNT, _until_it_is_stopped, _it_sleeps_and_visitors_are_served, SHOP
    ),
    "visit": Story(VISIT, 1, SEND_ESCORT, _until_a_visitor_came, _visitors_are_served, SHOP),
    "escort": Story(ESCORT, 1, SET_CONDITIONS, _until_a_visitor_came, _visitors_are_served, SHOP),
    "call back": Story(VISIT, 1, SET_CONDITIONS, _until_a_visitor_came_back, _visitors_are_served, SHOP),
    "open": Story(TICK, OPENING_TICK, SET_CONDITIONS, _until_a_tick_opens_the_way, _visitors_are_served, SHOP),
    "leave": Story(UNINSTALL, 1, SET_CONDITIONS, _until_it_leaves, _it_runs_for_good, SHOP),
}


def calls_to_disturb(story: Story) -> list[tuple[int, str]]:
    """The number and name of each call of its run; of a long one those at either end."""
    calls = list(enumerate(story.calls(), 1))
    return calls if len(calls) <= 2 * AT_EITHER_END else calls[:AT_EITHER_END] + calls[-AT_EITHER_END:]
