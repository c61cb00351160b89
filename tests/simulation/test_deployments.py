"""A deployment is activity: a test of the new version right after the deployment finds the service awake."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import scale_to_zero.rules.draining
from scale_to_zero.model.observed import ServiceFacts
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from simulator.simulation import START
from simulator.world import NoCapacity

from .scenarios import WEB
from .scenes import SHOP, TASKS, armed, begins_to_drain, phase_of
from .simulation import Simulation

SECOND = timedelta(seconds=1)
A_RUN_TAKES = SECOND


def stopped_at(sim: Simulation) -> datetime:
    stop = sim.record.last(WEB.name, stop=True)
    assert stop is not None, sim.record.trace()
    return stop.at


def end_of_deployment(sim: Simulation) -> datetime:
    """Return when the newest deployment ended; fail if it still runs."""
    [newest] = sim.world.describe_service(*WEB.name).deployments
    assert newest.rollout_state == "COMPLETED"
    return newest.updated_at


def deployed_after(sim: Simulation, second: int) -> None:
    """Add a service without requests that is deployed once and later goes to zero."""
    sim.add_service(WEB, desired=TASKS)
    sim.at(START + second * SECOND, lambda: sim.deploy(WEB.name))


@settings(max_examples=12)
@given(second=st.integers(0, 400))
@example(second=300)
@example(second=42)
def test_the_window_begins_at_the_first_tick_after_the_end(second: int) -> None:
    with Simulation() as sim:
        deployed_after(sim, second)
        sim.minutes(30)
        after_its_end = stopped_at(sim) - end_of_deployment(sim)
        assert WEB.idle <= after_its_end <= WEB.idle + sim.world.timings.metric_delay + 2 * MINUTE + A_RUN_TAKES


@settings(max_examples=8)
@given(second=st.integers(60, 200), missed=st.integers(2, 30))
@example(second=100, missed=10)
def test_an_end_that_no_tick_observed_is_followed_by_the_whole_window(second: int, missed: int) -> None:
    """A tick observes the beginning. The ticks stop a minute after the beginning, and start again minutes later."""
    with Simulation() as sim:
        deployed_after(sim, second)
        sim.advance(second * SECOND + 65 * SECOND)
        sim.ticking = False
        sim.minutes(missed)
        sim.ticking = True
        sim.tracker.disturb(WEB.name)
        back = sim.world.now
        sim.minutes(20)
        assert stopped_at(sim) - max(back, end_of_deployment(sim)) >= WEB.idle


def test_a_service_that_was_just_created_gets_its_whole_window() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS, deploying=True)
        sim.minutes(20)
        assert stopped_at(sim) - end_of_deployment(sim) >= WEB.idle


def test_a_service_with_wake_rules_drains_only_after_its_window() -> None:
    with Simulation() as sim:
        sim.add_service(SHOP, desired=TASKS)
        sim.deploy(SHOP.name)
        sim.minutes(3)
        [newest] = sim.world.describe_service(*SHOP.name).deployments
        while phase_of(sim) is Phase.AWAKE:
            sim.minutes(1)
        assert sim.world.now - newest.updated_at >= SHOP.idle


def test_a_service_that_is_deployed_while_it_drains_is_disarmed_and_drains_again_after_its_window() -> None:
    with Simulation() as sim:
        sim.add_service(SHOP, desired=TASKS)
        begins_to_drain(sim)
        sim.deploy(SHOP.name)
        sim.minutes(1)
        assert (phase_of(sim), armed(sim)) == (Phase.AWAKE, {False})
        sim.minutes(4)
        assert phase_of(sim) is Phase.AWAKE


def test_a_deployment_during_a_watched_wake_is_followed_by_the_whole_window() -> None:
    """The deployment still runs when the watcher finds the service ready, and no tick observes its end."""
    with Simulation() as sim:
        sim.add_service(WEB, desired=0)
        sim.minutes(1)
        sim.after(timedelta(0), lambda: sim.wake({"service": WEB.key, "wait": True}))
        sim.after(10 * SECOND, lambda: sim.deploy(WEB.name))
        sim.after(11 * SECOND, lambda: setattr(sim, "ticking", False))
        sim.minutes(10)
        state = sim.state(WEB.name)
        assert state is not None
        assert (state.phase, state.deployment_since is not None) == (Phase.AWAKE, True)
        assert state.since < end_of_deployment(sim)
        sim.ticking = True
        sim.tracker.disturb(WEB.name)
        back = sim.world.now
        sim.minutes(20)
        assert stopped_at(sim) - back >= WEB.idle


def test_a_deployment_that_never_ends_keeps_it_awake() -> None:
    with Simulation() as sim:
        sim.add_service(WEB, desired=TASKS)
        sim.minutes(1)
        sim.world.set_start_fault(*WEB.name, NoCapacity())
        sim.deploy(WEB.name)
        sim.minutes(8 * 60)
        assert sim.record.last(WEB.name, stop=True) is None


def ignores_deployments(_facts: ServiceFacts, state: ServiceState, _needed: datetime, _now: datetime) -> ServiceState:
    """Return the state unchanged, so that a deployment has no effect once it is over."""
    return state


def test_a_stop_within_the_window_of_a_deployment_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.rules.draining, "with_deployment", ignores_deployments)
    with Simulation() as sim:
        deployed_after(sim, 300)
        with pytest.raises(AssertionError, match=r"stopped .* after the end of a deployment"):
            sim.minutes(20)


def test_a_stop_within_the_window_of_a_deployment_that_no_tick_observed_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scale_to_zero.rules.draining, "with_deployment", ignores_deployments)
    with Simulation() as sim:
        deployed_after(sim, 300)
        sim.at(START + 295 * SECOND, lambda: setattr(sim, "ticking", False))
        sim.at(START + 500 * SECOND, lambda: setattr(sim, "ticking", True))
        with pytest.raises(AssertionError, match=r"stopped .* after the beginning of a deployment"):
            sim.minutes(20)
