"""All services are held at any moment of any history: none is stopped until the hold ends, and all are awake soon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

import pytest

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from simulator.account import a_service, woken_by_requests
from tests.seeds import seed_of_commit

from .simulation import Simulation

HISTORIES = 60
PLAIN, ROUTED = a_service("plain"), woken_by_requests(a_service("routed"))
HELD = a_service("held")
DRY_RUN = replace(a_service("observed"), mode=Mode.DRY_RUN)
ACTED_ON = (PLAIN, ROUTED, HELD)
A_TICK_AND_A_START = 4
"""Minutes: a stop under way ends, the tick after it wakes the service, and its tasks start."""
LONG_IDLE = 30
"""Minutes in which a service without requests falls asleep, with or without wake rules."""


def service_state(sim: Simulation, service: Service) -> ServiceState:
    state = sim.state(service.name)
    assert state is not None
    return state


def some_history(sim: Simulation, random: Random, until: datetime) -> None:
    """Begin random requests, wakes, requests to sleep and duplicate ticks until an instant."""
    for service in ACTED_ON:
        for _ in range(random.randint(0, 6)):
            # A request by force would lift the service's own hold.
            forced = service is not HELD and random.random() < 0.5
            to_sleep = {"service": service.key, "action": "sleep", "force": forced}
            begins: list[Callable[[], object]] = [
                partial(sim.request, service),
                partial(sim.request, service),
                partial(sim.wake, {"service": service.key}),
                partial(sim.sleep, to_sleep),
                sim.tick,
            ]
            sim.at(sim.world.now + random.random() * (until - sim.world.now), random.choice(begins))


def must_all_run(sim: Simulation) -> None:
    for service in ACTED_ON:
        assert sim.checker.desired(service.name) > 0, f"{service.key} sleeps\n{sim.record.trace()}"
        assert service_state(sim, service).phase is Phase.AWAKE, f"{service.key} is not awake\n{sim.record.trace()}"


def must_sleep_but(sim: Simulation, *awake: Service) -> None:
    for service in ACTED_ON:
        runs = sim.checker.desired(service.name) > 0
        assert runs is (service in awake), f"{service.key}\n{sim.record.trace()}"


@pytest.mark.parametrize("number", range(HISTORIES))
def test_nothing_sleeps_while_all_are_held_and_everything_does_afterwards(number: int) -> None:
    seed = seed_of_commit() * HISTORIES + number
    random = Random(seed)
    with Simulation(seed) as sim:
        for service in (*ACTED_ON, DRY_RUN):
            sim.add_service(service)
        moment = sim.world.now + timedelta(minutes=random.uniform(1, 40))
        own_hold_ends = moment + timedelta(minutes=random.randint(1, 120))
        some_history(sim, random, moment + 20 * MINUTE)
        held_minutes = round((own_hold_ends - sim.world.now) / MINUTE)
        if random.random() < 0.7:
            sim.at(
                moment - timedelta(seconds=random.uniform(0, 40)),
                partial(sim.wake, {"service": HELD.key, "hold_minutes": held_minutes, "reason": "demo"}),
            )
        lasts = timedelta(minutes=random.randint(15, 90))
        sim.at(moment, partial(sim.hold_all, lasts))
        sim.advance(moment - sim.world.now)
        sim.minutes(A_TICK_AND_A_START)
        held = service_state(sim, HELD).hold
        released_early = random.random() < 0.5
        held_for = round(lasts / MINUTE * (random.uniform(0.4, 0.9) if released_early else 1)) - A_TICK_AND_A_START - 1
        for _ in range(held_for):
            must_all_run(sim)
            sim.minutes(1)
        assert service_state(sim, HELD).hold == held, "the service's own hold is not changed"
        if released_early:
            sim.now_or_fail(partial(sim.hold_all, None))
        sim.minutes(LONG_IDLE)
        if held is not None and held.until > sim.world.now:
            must_sleep_but(sim, HELD)
            sim.advance(held.until - sim.world.now)
        sim.minutes(LONG_IDLE if held is not None else 0)
        must_sleep_but(sim)


def test_a_service_that_an_operator_stops_meanwhile_stays_stopped_until_the_next_command_wakes_it() -> None:
    with Simulation() as sim:
        for service in ACTED_ON:
            sim.add_service(service)
        sim.minutes(2)
        sim.now_or_fail(lambda: sim.hold_all(60 * MINUTE))
        sim.minutes(2)
        sim.set_by_hand(PLAIN.name, 0)
        sim.minutes(20)
        assert sim.checker.desired(PLAIN.name) == 0
        assert service_state(sim, PLAIN).phase is Phase.ASLEEP
        sim.now_or_fail(lambda: sim.hold_all(60 * MINUTE))
        sim.minutes(3)
        must_all_run(sim)


@pytest.mark.parametrize("service", [PLAIN, ROUTED])
def test_a_stop_of_a_service_that_is_held_with_all_is_noticed(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it were not noticed, the random histories would prove nothing."""
    monkeypatch.setattr("scale_to_zero.rules.idleness.kept_by_hold", lambda *_: None)
    monkeypatch.setattr("scale_to_zero.tick.acts.current_hold_all", lambda *_: None)
    with Simulation() as sim:
        sim.add_service(service)
        sim.minutes(1)
        sim.now_or_fail(lambda: sim.hold_all(60 * MINUTE))
        with pytest.raises(AssertionError, match=r"while all are held|is held, but not awake"):
            sim.minutes(30)


def test_a_service_that_is_held_with_all_and_stays_asleep_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scale_to_zero.rules.decide._woken_with_all", lambda *_: None)
    monkeypatch.setattr("scale_to_zero.commands.hold_all.request_wakes", lambda *_args, **_more: [])
    with Simulation() as sim:
        sim.add_service(PLAIN)
        sim.minutes(20)
        assert sim.checker.desired(PLAIN.name) == 0
        sim.now_or_fail(lambda: sim.hold_all(60 * MINUTE))
        with pytest.raises(AssertionError, match="is held, but its desired count is 0"):
            sim.minutes(10)
