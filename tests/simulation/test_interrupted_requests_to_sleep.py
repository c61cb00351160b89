"""A request to sleep is cut off, or overlapped, at each of its calls in turn: it sleeps all the same, and once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from scale_to_zero.memory import Phase
from scale_to_zero.model import Service

from .days import TASKS, WEB, Story
from .faults import Fault
from .passage import SET_CONDITIONS, SET_DESIRED_COUNT
from .runs import HANGING, SLEEP, Planned, Trouble
from .scenes import SECOND, SHOP, phase_of
from .simulation import Simulation
from .wishes import asleep_please, held_until


def _until_it_is_asked_to_sleep(sim: Simulation, service: Service) -> None:
    sim.minutes(2.8)
    sim.now_or_fail(lambda: sim.request(service))
    sim.after(timedelta(0), lambda: sim.sleep(asleep_please(service)))
    sim.advance(15 * SECOND)


def _it_sleeps_and_wakes(sim: Simulation, service: Service) -> None:
    """A run that was cut off before it recorded anything promised nothing: whoever asked asks again."""
    sim.minutes(3)
    if phase_of(sim, service) is not Phase.ASLEEP:
        sim.now_or_fail(lambda: sim.sleep(asleep_please(service)))
        sim.minutes(2.5)
    assert (sim.referee.desired(service.name), phase_of(sim, service)) == (0, Phase.ASLEEP), sim.chronicle.trace()
    sim.now_or_fail(lambda: sim.wake({"service": service.key}))
    sim.minutes(4)
    assert (sim.referee.desired(service.name), phase_of(sim, service)) == (TASKS, Phase.AWAKE), sim.chronicle.trace()


def story(service: Service, heart: str) -> Story:
    return Story(
        SLEEP,
        1,
        heart,
        partial(_until_it_is_asked_to_sleep, service=service),
        partial(_it_sleeps_and_wakes, service=service),
        service,
    )


REQUESTS = {"at once": story(WEB, SET_DESIRED_COUNT), "draining first": story(SHOP, SET_CONDITIONS)}
CALLS = [(name, number, call) for name, told in REQUESTS.items() for number, call in enumerate(told.calls(), 1)]
INTERRUPTIONS = {
    "cut-off-before": Trouble(Fault.CUT_OFF_BEFORE),
    "cut-off-after": Trouble(Fault.CUT_OFF_AFTER),
    "answer-lost": Trouble(Fault.ANSWER_LOST),
    "so-slow-that-the-run-is-cut-off": HANGING,
    "given-up-but-done-later": Trouble(Fault.REFUSED, lasts=8 * SECOND, effect_after=40 * SECOND),
}


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
@pytest.mark.parametrize(("name", "number", "call"), CALLS)
def test_a_request_that_is_interrupted_anywhere_is_completed_by_the_ticks(
    name: str, number: int, call: str, interruption: str
) -> None:
    plan = Planned(SLEEP, 1, number, INTERRUPTIONS[interruption])
    REQUESTS[name].tell(lambda _sim: plan)
    assert plan.happened


def a_tick(sim: Simulation, _service: Service) -> None:
    sim.tick()


def the_same_request(sim: Simulation, service: Service) -> None:
    sim.sleep(asleep_please(service))


@pytest.mark.parametrize("other", [a_tick, the_same_request])
@pytest.mark.parametrize("pause", [timedelta(milliseconds=90), 20 * SECOND], ids=["a few calls", "much longer"])
@pytest.mark.parametrize(("name", "number", "call"), CALLS)
def test_whatever_overlaps_a_request_it_sleeps_once(
    name: str, number: int, call: str, pause: timedelta, other: Callable[[Simulation, Service], None]
) -> None:
    told = REQUESTS[name]

    def planned(sim: Simulation) -> Planned:
        meanwhile = lambda: sim.after(timedelta(0), lambda: other(sim, told.service))  # noqa: E731
        return Planned(SLEEP, 1, number, Trouble(lasts=pause), meanwhile)

    told.tell(planned)


@pytest.mark.parametrize("pause", [timedelta(milliseconds=90), 20 * SECOND], ids=["a few calls", "much longer"])
@pytest.mark.parametrize(("name", "number", "call"), CALLS)
def test_a_hold_that_comes_during_a_request_is_kept(name: str, number: int, call: str, pause: timedelta) -> None:
    """Whichever of the two is recorded first: the hold lifts the request, or the request is refused."""
    service = REQUESTS[name].service
    with Simulation() as sim:
        meanwhile = lambda: sim.after(timedelta(0), lambda: sim.wake({"service": service.key, "hold_minutes": 20}))  # noqa: E731
        sim.weather = Planned(SLEEP, 1, number, Trouble(lasts=pause), meanwhile)
        sim.add_service(service, desired=TASKS)
        _until_it_is_asked_to_sleep(sim, service)
        sim.minutes(6)
        assert phase_of(sim, service) is Phase.AWAKE, sim.chronicle.trace()
        assert held_until(sim, service) is not None
        sim.minutes(25)
        assert phase_of(sim, service) is Phase.ASLEEP, sim.chronicle.trace()
