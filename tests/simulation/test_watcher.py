"""One run at a time watches each wake. If that run fails, another run watches the wake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scale_to_zero.model.configured import Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from simulator import http
from simulator.fault_injection import NO_FAULT, CallFault, NoFaults, Planned
from simulator.http import Response
from simulator.ports.faults import Call, Fault
from simulator.routing import ClientRequest
from simulator.runs import TICK, WATCHER, Run
from simulator.simulation import START
from simulator.world import SlowStart

from .patient_clients import follow, program
from .promise_tracker import TASKS_DO_NOT_START
from .scenes import (
    SECOND,
    SHOP,
    STOPPING_TICK,
    TASKS,
    fallen_asleep,
    must_be_disarmed,
    must_sleep,
    phase_of,
    propagating,
    starts,
    stops,
)
from .simulation import Simulation

LEASE = 20 * SECOND
calls_until_it_is_disarmed = st.one_of(st.integers(1, 10), st.integers(11, 120), st.integers(121, 130))
"""A watcher makes about 130 calls. The first calls differ from each other, the last calls disarm the rules."""


@dataclass
class CountingObservations(NoFaults):
    """Counts how often each watcher reads ECS."""

    observations: Counter[int] = field(default_factory=Counter)

    def call_fault(self, run: Run, call: Call) -> CallFault:
        """Count the call; return no fault."""
        if run.kind == WATCHER and call.name == "describe":
            self.observations[run.number] += 1
        return NO_FAULT


def one_request(sim: Simulation) -> None:
    """Send a request, and do not repeat it."""
    sim.after(timedelta(0), lambda: follow(sim, SHOP, http.by_program(SHOP)))


def disarmed_time(sim: Simulation) -> datetime:
    state = sim.state(SHOP.name)
    assert state is not None
    disarmed = state.routing_restored_at
    assert disarmed is not None, sim.record.trace()
    return disarmed


@settings(max_examples=12)
@given(call=calls_until_it_is_disarmed, death=st.sampled_from([Fault.CUT_OFF_BEFORE, Fault.CUT_OFF_AFTER]))
@example(call=4, death=Fault.CUT_OFF_BEFORE)
@example(call=4, death=Fault.CUT_OFF_AFTER)
def test_the_ticks_finish_the_wake_of_a_dead_watcher_without_another_request(call: int, death: Fault) -> None:
    """They act as soon as its lease has ended. If it died before it recorded the wake, no wake follows."""
    with Simulation() as sim:
        fallen_asleep(sim)
        plan = Planned(WATCHER, 1, call, CallFault(death))
        sim.fault_plan = plan
        one_request(sim)
        sim.minutes(4)
        assert plan.happened
        recorded = call > 4 or (call == 4 and death is Fault.CUT_OFF_AFTER)
        if recorded:
            must_be_disarmed(sim)
            assert starts(sim) == 1
        else:
            must_sleep(sim)


@settings(max_examples=8)
@given(call=calls_until_it_is_disarmed)
def test_the_next_requests_take_over_the_wake_of_a_dead_watcher(call: int) -> None:
    with Simulation(timings=propagating(0)) as sim:
        fallen_asleep(sim)
        sim.fault_plan = Planned(WATCHER, 1, call, CallFault(Fault.CUT_OFF_BEFORE))
        sim.ticking = False
        requested_at = sim.world.now
        served: list[datetime] = []

        def send_request() -> None:
            assert program(sim, SHOP).by_application
            served.append(sim.world.now)

        sim.after(timedelta(0), send_request)
        sim.minutes(4)
        assert served[0] - requested_at <= MINUTE + LEASE + 20 * SECOND, sim.record.trace()
        assert starts(sim) == 1


def test_only_one_of_many_watchers_observes() -> None:
    """Lambda may deliver an event twice, and callers may wake the service too. The other watchers find the lease taken:
    they end, or read only the service state.
    """
    fault_plan = CountingObservations()
    with Simulation(fault_plan=fault_plan) as sim:
        fallen_asleep(sim)
        start = sim.ports.watcher
        sim.ports.watcher = lambda keys: [start(keys) for _ in range(5)]  # type: ignore[assignment]
        one_request(sim)
        sim.minutes(2)
        must_be_disarmed(sim)
        assert starts(sim) == 1
        watching, *others = sorted(fault_plan.observations.values(), reverse=True)
        assert watching > 20
        assert len(others) == 4
        assert max(others) < 10, "they read ECS when they began, not while the service started"


@pytest.mark.parametrize("late", [2, 14, 16, 60, 119])
def test_a_watcher_that_begins_late_wakes_the_service_once_and_serves_its_client(late: int) -> None:
    with Simulation() as sim:
        fallen_asleep(sim)
        start = sim.ports.watcher
        first: list[Sequence[str]] = []

        def slow_for_the_first(keys: Sequence[str]) -> None:
            if first:
                start(keys)
                return
            first.append(keys)
            sim.after(late * SECOND, lambda: start(keys))

        sim.ports.watcher = slow_for_the_first
        served: list[Response] = []
        sim.after(timedelta(0), lambda: served.append(program(sim, SHOP)))
        sim.minutes(4)
        assert [response.by_application for response in served] == [True]
        assert starts(sim) == 1
        must_be_disarmed(sim)


def test_the_ticks_watch_a_wake_longer_than_any_run() -> None:
    slow = replace(SHOP, wake_deadline=30 * MINUTE)
    with Simulation() as sim:
        fallen_asleep(sim, slow)
        sim.world.set_start_fault(*SHOP.name, SlowStart(20 * MINUTE))
        sim.tracker.hinder(SHOP.name, TASKS_DO_NOT_START)
        one_request(sim)
        sim.minutes(20)
        assert phase_of(sim) is Phase.WAKING
        sim.minutes(3)
        must_be_disarmed(sim)


@pytest.mark.parametrize("stop_takes", [1, 20, 45])
def test_a_request_during_a_slow_stop_is_served_by_the_wake_that_follows_it(stop_takes: int) -> None:
    """Because of the lease, the run that stops the service also starts the recorded wake, after the stop."""
    with Simulation() as sim:
        sim.fault_plan = Planned(TICK, STOPPING_TICK, 19, CallFault(lasts=stop_takes * SECOND))
        sim.add_service(SHOP, desired=TASKS)
        stop_begins = START + (STOPPING_TICK - 1) * MINUTE + 10.4 * SECOND
        served: list[Response] = []
        sim.at(stop_begins, lambda: served.append(program(sim, SHOP)))
        sim.minutes(STOPPING_TICK + 3)
        assert [response.by_application for response in served] == [True], sim.record.trace()
        changes = [change.after for change in sim.record.changes[SHOP.name]]
        assert changes == [0, TASKS]


@settings(max_examples=20)
@given(milliseconds=st.integers(-60, 460), make_request=st.sampled_from([http.by_program, http.by_browser]))
def test_a_request_at_the_time_of_the_stop_either_prevents_it_or_wakes_the_service(
    milliseconds: int, make_request: Callable[[Service], ClientRequest]
) -> None:
    with Simulation(timings=propagating(0)) as sim:
        sim.add_service(SHOP, desired=TASKS)
        tick = START + (STOPPING_TICK - 1) * MINUTE + 10 * SECOND
        served: list[Response] = []

        def send_request() -> None:
            follow(sim, SHOP, make_request(SHOP))
            served.append(program(sim, SHOP))

        sim.at(tick + timedelta(milliseconds=milliseconds), send_request)
        sim.minutes(STOPPING_TICK + 2)
        assert [response.by_application for response in served] == [True], sim.record.trace()
        assert (stops(sim), starts(sim)) in ((0, 0), (1, 1))
        must_be_disarmed(sim)
