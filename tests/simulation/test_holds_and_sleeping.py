"""Holds and requests to sleep, where runs overlap, die and are many: what was asked last is what comes about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from local_aws.world import NoCapacity
from scale_to_zero.announcement_words import Change, change_of
from scale_to_zero.memory import Hold, Phase
from scale_to_zero.model import Mode, Service
from scale_to_zero.pace import SERVICE_UPDATE_RATE

from . import asks
from .asks import Response
from .city import a_service
from .days import STOPPING_TICK, STORIES, TASKS, WEB, Story, must_be_asleep, must_be_awake
from .faults import Call, Fault
from .guests import follow, program
from .passage import SET_CONDITIONS, SET_DESIRED_COUNT
from .ports import MINUTE
from .runs import HANGING, NO_TROUBLE, SLEEP, TICK, FairWeather, Planned, Run, Trouble
from .scenes import SECOND, SHOP, fallen_asleep, must_be_open, must_sleep, phase_of, propagating, starts, stops
from .simulation import START, Simulation
from .terraform import apply_settings, leave_for_good
from .watch import TASKS_DO_NOT_START


def awake(sim: Simulation, service: Service = WEB) -> None:
    """It runs, and somebody has just used it; with twenty seconds until the next tick."""
    sim.add_service(service, desired=TASKS)
    sim.minutes(2.8)
    sim.now_or_fail(lambda: sim.request(service))


def hold(sim: Simulation, minutes: int, service: Service = WEB) -> None:
    sim.now_or_fail(lambda: sim.wake({"service": service.key, "hold_minutes": minutes, "reason": "demo"}))


def release(sim: Simulation, service: Service = WEB) -> None:
    sim.now_or_fail(lambda: sim.wake({"service": service.key, "release": True}))


def sleep(sim: Simulation, service: Service = WEB, *, force: bool = False) -> None:
    sim.now_or_fail(lambda: sim.sleep({"service": service.key, "action": "sleep", "force": force}))


def told(sim: Simulation, service: Service = WEB) -> list[Change]:
    """What was announced of it, in order."""
    return [change_of(one.change) for one in sim.ports.announced if one.service.name == service.name]


def held_until(sim: Simulation, service: Service = WEB) -> datetime | None:
    memory = sim.memory(service.name)
    return memory.hold.until if memory and memory.hold else None


def must_be_held(sim: Simulation, service: Service = WEB) -> None:
    must_be_awake(sim)
    until = held_until(sim, service)
    assert until is not None, sim.chronicle.trace()
    assert until > sim.world.now, sim.chronicle.trace()


def last_stop(sim: Simulation, service: Service = WEB) -> datetime:
    stop = sim.chronicle.last(service.name, stop=True)
    assert stop is not None, sim.chronicle.trace()
    return stop.at


# A hold, from its beginning to its end


def test_an_idle_service_sleeps_when_its_hold_ends_and_not_before() -> None:
    with Simulation() as sim:
        awake(sim)
        hold(sim, 60)
        until = held_until(sim)
        assert until is not None
        sim.minutes(59)
        must_be_held(sim)
        sim.minutes(5)
        must_be_asleep(sim)
        assert timedelta(0) <= last_stop(sim) - until <= MINUTE + 2 * SECOND


def test_one_with_wake_rules_is_not_even_armed_before_its_hold_ends() -> None:
    with Simulation() as sim:
        awake(sim, SHOP)
        hold(sim, 60, SHOP)
        sim.minutes(59)
        must_be_open(sim)
        assert Change.DRAINS not in told(sim, SHOP)
        sim.minutes(6)
        must_sleep(sim)


def test_a_service_that_is_held_no_more_sleeps_as_any_idle_one() -> None:
    with Simulation() as sim:
        awake(sim)
        hold(sim, 600)
        sim.minutes(30)
        release(sim)
        must_be_awake(sim)
        sim.minutes(1.5)
        must_be_asleep(sim)


def test_a_hold_wakes_a_sleeping_service_and_calls_a_draining_one_back() -> None:
    with Simulation() as sim:
        awake(sim, SHOP)
        sleep(sim, SHOP)
        assert phase_of(sim) is Phase.DRAINING
        hold(sim, 20, SHOP)
        sim.minutes(0.1)
        must_be_open(sim)
        assert (starts(sim), stops(sim)) == (0, 0)
        sim.minutes(35)
        must_sleep(sim)
        hold(sim, 20, SHOP)
        sim.minutes(3)
        must_be_open(sim)


def test_a_hold_that_comes_between_a_ticks_reading_and_its_stop_wins() -> None:
    calls = STORIES["sleep"].calls()
    stop = calls.index(SET_DESIRED_COUNT)
    write = max(number for number, call in enumerate(calls[:stop]) if call == "write")
    for number in range(1, write + 2):
        with Simulation() as sim:
            begin = lambda sim=sim: sim.after(timedelta(0), lambda: sim.wake({"service": "web", "hold_minutes": 30}))  # noqa: E731
            sim.weather = Planned(TICK, STOPPING_TICK, number, Trouble(lasts=5 * SECOND), begin)
            sim.add_service(WEB, desired=TASKS)
            sim.minutes(STOPPING_TICK + 20)
            must_be_held(sim)
            assert stops(sim, WEB) == 0, f"call {number}"
            sim.minutes(12)
            must_be_asleep(sim)


def test_a_hold_that_comes_while_it_is_being_stopped_wakes_it_again() -> None:
    number = STORIES["sleep"].calls().index(SET_DESIRED_COUNT) + 1
    with Simulation() as sim:
        begin = lambda: sim.after(timedelta(0), lambda: sim.wake({"service": "web", "hold_minutes": 30}))  # noqa: E731
        sim.weather = Planned(TICK, STOPPING_TICK, number, Trouble(lasts=20 * SECOND), begin)
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(STOPPING_TICK + 20)
        must_be_held(sim)
        assert (stops(sim, WEB), starts(sim, WEB)) == (1, 1)


# A hundred at once


HUNDRED = [a_service(f"service-{number:02}") for number in range(100)]
KEYS = [service.key for service in HUNDRED]


@dataclass
class AtOnce(FairWeather):
    """Calls take no time, so that only waiting does."""

    def trouble(self, run: Run, call: Call) -> Trouble:
        """None, and no time."""
        return replace(NO_TROUBLE, lasts=timedelta(0))


@dataclass
class Throttling(FairWeather):
    """ECS takes no more updates than it says, and refuses the others."""

    left: float = SERVICE_UPDATE_RATE.at_once
    counted: datetime = START
    refused: int = 0
    now: Callable[[], datetime] = lambda: START

    def trouble(self, run: Run, call: Call) -> Trouble:
        """Refused where the bucket is empty."""
        if call.name != SET_DESIRED_COUNT:
            return NO_TROUBLE
        added = (self.now() - self.counted) / SECOND * SERVICE_UPDATE_RATE.a_second
        self.left, self.counted = min(SERVICE_UPDATE_RATE.at_once, self.left + added), self.now()
        if self.left < 1:
            self.refused += 1
            return Trouble(Fault.REFUSED)
        self.left -= 1
        return NO_TROUBLE


def hundred_asleep(sim: Simulation) -> None:
    for service in HUNDRED:
        sim.add_service(service, desired=0)
    sim.minutes(2)


def all_must_be_awake_and_held(sim: Simulation) -> None:
    memories = [sim.memory(service.name) for service in HUNDRED]
    assert {(memory.phase, memory.hold is not None) for memory in memories if memory} == {(Phase.AWAKE, True)}
    assert {sim.referee.desired(service.name) for service in HUNDRED} == {1}
    assert {starts(sim, service) for service in HUNDRED} == {1}


def test_a_hundred_services_that_are_held_together_start_at_the_rate_that_ecs_allows() -> None:
    with Simulation() as sim:
        hundred_asleep(sim)
        sim.weather = AtOnce()
        sim.now_or_fail(lambda: sim.wake({"services": KEYS, "hold_minutes": 60}))
        began = sim.world.now
        started = sorted(sim.chronicle.changes[service.name][0].at for service in HUNDRED)
        after = [(instant - started[0]) / SECOND for instant in started]
        assert after[:50] == [0] * 50
        assert after[50:] == pytest.approx([0.2 * number for number in range(1, 51)], abs=0.01)
        assert began - started[0] < 12 * SECOND
        sim.minutes(3)
        all_must_be_awake_and_held(sim)
        assert len(sim.ports.announced) == 200, "each woke and was awake, once"


def test_a_hundred_schedules_that_hold_a_service_each_at_the_same_minute_all_have_their_way() -> None:
    """Lambda begins a run for each, and none knows of the others; what ECS refuses, the ticks ask for again."""
    with Simulation() as sim:
        hundred_asleep(sim)
        sim.weather = throttling = Throttling(counted=sim.world.now, now=lambda: sim.world.now)
        for key in KEYS:
            sim.after(timedelta(0), partial(sim.wake, {"services": [key], "hold_minutes": 60, "scheduled": True}))
        sim.minutes(5)
        assert throttling.refused > 0
        all_must_be_awake_and_held(sim)


# A request to sleep


def test_a_service_in_use_goes_to_zero_at_once_and_whoever_needs_it_wakes_it_again() -> None:
    with Simulation() as sim:
        awake(sim)
        sleep(sim)
        must_be_asleep(sim)
        assert told(sim) == [Change.ASLEEP]
        sim.now_or_fail(lambda: sim.wake({"service": "web"}))
        sim.minutes(4)
        must_be_awake(sim)


def test_a_held_service_is_put_to_sleep_only_by_force() -> None:
    with Simulation() as sim:
        awake(sim)
        hold(sim, 60)
        sleep(sim)
        sim.minutes(3)
        must_be_held(sim)
        sleep(sim, force=True)
        must_be_asleep(sim)
        assert held_until(sim) is None
        sim.minutes(10)
        must_be_asleep(sim)


@pytest.mark.parametrize("service", [WEB, SHOP], ids=["at once", "draining first"])
@pytest.mark.parametrize("before", [0.1, 5, 19.5])
def test_several_people_ask_while_ticks_overlap_and_it_stops_once(service: Service, before: float) -> None:
    with Simulation() as sim:
        awake(sim, service)
        sim.advance((20 - before) * SECOND)
        for number in range(4):
            sim.after(number * 30 * timedelta(milliseconds=1), partial(sim.sleep, asleep_please(service)))
            sim.after(number * 40 * timedelta(milliseconds=1), sim.tick)
        sim.minutes(3)
        assert (sim.referee.desired(service.name), phase_of(sim, service)) == (0, Phase.ASLEEP)
        assert stops(sim, service) == 1


def asleep_please(service: Service, *, force: bool = False) -> dict[str, object]:
    return {"service": service.key, "action": "sleep", "force": force}


@pytest.mark.parametrize("second", [0, 1, 4, 15, 29, 31, 45, 60, 75, 79, 81, 90])
@pytest.mark.parametrize("propagation", [0, 3, 20])
def test_whoever_comes_at_any_second_after_the_request_is_served_without_an_error(
    second: int, propagation: int
) -> None:
    """By the service itself until the rules are in force, let through while it drains, woken for once it sleeps."""
    served: list[Response] = []
    with Simulation(timings=propagating(propagation)) as sim:
        awake(sim, SHOP)
        sleep(sim, SHOP)
        sim.after(second * SECOND, lambda: served.append(program(sim, SHOP)))
        sim.minutes(5)
        assert [response.by_application for response in served] == [True]
        if second >= propagation:
            must_be_open(sim)
        sim.minutes(20)
        must_sleep(sim)


def test_a_wake_that_goes_on_in_vain_is_stopped_when_somebody_asks() -> None:
    with Simulation() as sim:
        fallen_asleep(sim, SHOP)
        sim.world.set_start_fault(*SHOP.name, NoCapacity())
        sim.watch.hinder(SHOP.name, TASKS_DO_NOT_START)
        hold(sim, 60, SHOP)
        sim.minutes(10)
        sleep(sim, SHOP, force=True)
        must_sleep(sim)
        sim.minutes(10)
        must_sleep(sim)


@pytest.mark.parametrize("service", [WEB, SHOP], ids=["at once", "awake first"])
@pytest.mark.parametrize("seconds", [1, 10, 24, 40])
def test_an_escort_whose_service_is_put_to_sleep_ends_and_starts_nothing(service: Service, seconds: int) -> None:
    with Simulation() as sim:
        fallen_asleep(sim, service) if service is SHOP else fallen_asleep_without_rules(sim)
        sim.after(timedelta(0), lambda: sim.wake({"service": service.key}))
        sim.after(seconds * SECOND, lambda: sim.sleep(asleep_please(service)))
        sim.minutes(4)
        assert (sim.referee.desired(service.name), phase_of(sim, service)) == (0, Phase.ASLEEP), sim.chronicle.trace()
        assert starts(sim, service) == 1
        changes = told(sim, service)
        assert changes[-1] is Change.ASLEEP
        assert changes.count(Change.WAKES) == 1


def fallen_asleep_without_rules(sim: Simulation) -> None:
    sim.add_service(WEB, desired=TASKS)
    sim.minutes(11)
    must_be_asleep(sim)


def test_a_visitor_who_waits_while_somebody_asks_for_sleep_is_heard() -> None:
    """He came after the request, and the service is still starting: it goes on, and he is served."""
    served: list[Response] = []
    with Simulation() as sim:
        fallen_asleep(sim, SHOP)
        sim.now_or_fail(lambda: sim.wake({"service": SHOP.key}))
        sleep(sim, SHOP)
        sim.after(timedelta(0), lambda: follow(sim, SHOP, asks.by_program(SHOP)))
        sim.after(30 * SECOND, lambda: served.append(program(sim, SHOP)))
        sim.minutes(3)
        assert [response.by_application for response in served] == [True]
        must_be_open(sim)


# Runs that die, and runs that overlap, around a request to sleep


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


# A held service, and Terraform


def test_a_held_service_that_leaves_runs_for_good() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        fallen_asleep_again(sim)
        hold(sim, 60)
        sim.advance(5 * SECOND)
        sim.after(timedelta(0), lambda: leave_for_good(sim, WEB))
        sim.minutes(90)
        assert sim.referee.desired(WEB.name) == TASKS


def fallen_asleep_again(sim: Simulation) -> None:
    sim.minutes(11)
    must_be_asleep(sim)


@pytest.mark.parametrize("when", [5, 120], ids=["while it wakes", "when it is awake"])
def test_a_held_service_that_is_only_observed_from_now_on_is_left_running(when: int) -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        fallen_asleep_again(sim)
        hold(sim, 60)
        sim.advance(when * SECOND)
        sim.now_or_fail(lambda: apply_settings(sim, replace(WEB, mode=Mode.OBSERVE)))
        sim.minutes(90)
        assert sim.referee.desired(WEB.name) == TASKS
        sim.now_or_fail(lambda: apply_settings(sim, WEB))
        sim.minutes(12)
        must_be_asleep(sim)


def test_a_hold_outlasts_a_mode_in_which_nothing_is_done() -> None:
    with Simulation() as sim:
        awake(sim)
        hold(sim, 60)
        kept = Hold(sim.memory(WEB.name).hold.until, "demo")  # type: ignore[union-attr]
        sim.now_or_fail(lambda: apply_settings(sim, replace(WEB, mode=Mode.OBSERVE)))
        sim.minutes(20)
        sim.now_or_fail(lambda: apply_settings(sim, WEB))
        sim.minutes(20)
        assert sim.memory(WEB.name).hold == kept  # type: ignore[union-attr]
        must_be_awake(sim)
