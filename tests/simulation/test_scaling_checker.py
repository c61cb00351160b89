"""The scaling checker notices each broken promise: each test breaks the code, and the scenario must fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

import scale_to_zero.actions.act
import scale_to_zero.commands.leaving
import scale_to_zero.rules.going_to_zero
import scale_to_zero.rules.waking
import scale_to_zero.tick.keep_scaling
from scale_to_zero.model import scaling
from scale_to_zero.model.configured import Service
from scale_to_zero.model.observed import Snapshot
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules.scaling import being_put_back, scaled_by_forecast, scaling_must_be_put_back
from scale_to_zero.tick.keep_scaling import ScalingKeeper
from simulator.terraform import Terraform
from simulator.world import Suspension

from .scaled_scenes import falls_asleep, scaled
from .scaled_services import IN_SUSPENDED
from .scenarios import STOPPING_TICK, TASKS, WEB
from .simulation import Simulation


def asleep(sim: Simulation, service: Service = WEB, suspended: Suspension = IN_SUSPENDED) -> None:
    """Add a scaled service, and wait without requests until it sleeps."""
    scaled(sim, service, maximum=3, suspended=suspended)
    falls_asleep(sim)


def wake(sim: Simulation) -> None:
    sim.now_or_fail(lambda: sim.wake({"service": WEB.key}))


def write_nothing_before(_ports: Ports, _snapshot: Snapshot, record: ServiceState) -> ServiceState:
    return record


# Stops


def test_a_stop_without_a_suspension_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.actions.act, "must_be_suspended", lambda _target: False)
    with Simulation() as sim:
        scaled(sim)
        with pytest.raises(AssertionError, match=r"stopped .*, whose scaling can start it"):
            sim.minutes(STOPPING_TICK + 1)


@pytest.mark.parametrize("kind", Suspension._fields)
def test_a_stop_with_only_two_kinds_suspended_is_noticed(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Each of the three kinds can start a sleeping service."""
    monkeypatch.setattr(scale_to_zero.actions.act, "must_be_suspended", lambda _target: False)
    two = Suspension(**{other: other != kind for other in Suspension._fields})
    with Simulation() as sim:
        scaled(sim, suspended=two)
        with pytest.raises(AssertionError, match=r"stopped .*, whose scaling can start it"):
            sim.minutes(STOPPING_TICK + 1)


def test_a_stop_of_a_service_with_a_predictive_policy_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = scale_to_zero.rules.going_to_zero.BEFORE_SLEEP
    without = tuple(rule for rule in rules if rule is not scaled_by_forecast)
    monkeypatch.setattr(scale_to_zero.rules.going_to_zero, "BEFORE_SLEEP", without)
    with Simulation() as sim:
        scaled(sim)
        sim.scaled.forecast(WEB.name, 60 * MINUTE)
        with pytest.raises(AssertionError, match=r"stopped .*, which has a predictive policy"):
            sim.minutes(STOPPING_TICK + 1)


# Calls that register


def test_a_put_back_at_zero_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def due_at_zero(_snapshot: Snapshot, state: ServiceState, now: datetime) -> ServiceState | None:
        due = state.phase is Phase.ASLEEP and scaling_must_be_put_back(state)
        return being_put_back(state, now) if due else None

    def without_describing(ports: Ports, _snapshot: Snapshot, record: ServiceState) -> ServiceState:
        return ports.table.write(record)

    monkeypatch.setattr(scale_to_zero.tick.keep_scaling, "record_of_put_back", due_at_zero)
    monkeypatch.setattr(scale_to_zero.tick.keep_scaling, "write_put_back", without_describing)
    with Simulation() as sim:
        scaled(sim)
        with pytest.raises(AssertionError, match=r"changed the scaling of .* at zero, which starts it"):
            sim.minutes(STOPPING_TICK + 3)


def test_a_suspension_after_the_stop_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stop is in order, but the run suspends the scaling once more while it still has the lease."""
    end_lease = scale_to_zero.actions.act._end_lease

    def suspend_again(ports: Ports, snapshot: Snapshot, *arguments: object) -> ServiceState:
        ports.scalable_targets.suspend(snapshot.service.name, scaling.ALL_SUSPENDED)
        return end_lease(ports, snapshot, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(scale_to_zero.actions.act, "_end_lease", suspend_again)
    with Simulation() as sim:
        scaled(sim)
        with pytest.raises(AssertionError, match=r"changed the scaling of .* at zero, which starts it"):
            sim.minutes(STOPPING_TICK + 1)


def test_a_suspension_by_a_run_that_does_not_stop_the_service_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = ScalingKeeper.keep

    def suspend_too(keeper: ScalingKeeper) -> None:
        keep(keeper)
        for name in keeper._report.states:
            keeper._ports.scalable_targets.suspend(name, scaling.ALL_SUSPENDED)

    monkeypatch.setattr(ScalingKeeper, "keep", suspend_too)
    with Simulation() as sim:
        scaled(sim)
        with pytest.raises(AssertionError, match=r"suspended the scaling of .*, which it does not stop"):
            sim.minutes(3)


# Wakes


@pytest.mark.parametrize("awake_count", [1, 9])
def test_a_wake_outside_the_bounds_is_noticed(monkeypatch: pytest.MonkeyPatch, awake_count: int) -> None:
    monkeypatch.setattr(scale_to_zero.rules.waking, "within_bounds", lambda count, _target: count)
    service = replace(WEB, awake_count=awake_count)
    with Simulation() as sim:
        scaled(sim, service, minimum=2, maximum=3)
        falls_asleep(sim)
        with pytest.raises(AssertionError, match=rf"starts {awake_count} tasks of .*, whose bounds are"):
            wake(sim)


# After a wake


def test_scaling_that_is_never_put_back_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.tick.keep_scaling, "record_of_put_back", lambda *_arguments: None)
    with Simulation() as sim:
        asleep(sim)
        wake(sim)
        with pytest.raises(AssertionError, match=r"is awake, but its scaling is not as its owner wants it"):
            sim.minutes(10)


def test_a_put_back_that_is_written_and_not_done_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.tick.keep_scaling, "put_scaling_back", lambda *_arguments: None)
    with Simulation() as sim:
        asleep(sim)
        wake(sim)
        with pytest.raises(AssertionError, match=r"is awake, but its scaling is not as its owner wants it"):
            sim.minutes(10)


@pytest.mark.parametrize("wrong", [scaling.NOTHING_SUSPENDED, scaling.Suspension(scale_in=True, scheduled=True)])
def test_a_put_back_of_another_suspension_is_noticed(
    monkeypatch: pytest.MonkeyPatch, wrong: scaling.Suspension
) -> None:
    def put_another_back(ports: Ports, service: Service, _written: ServiceState) -> None:
        ports.scalable_targets.suspend(service.name, wrong)

    monkeypatch.setattr(scale_to_zero.tick.keep_scaling, "put_scaling_back", put_another_back)
    with Simulation() as sim:
        asleep(sim, suspended=IN_SUSPENDED)
        wake(sim)
        with pytest.raises(AssertionError, match=r"gives .* the suspension"):
            sim.minutes(3)


def test_a_put_back_that_is_not_written_before_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.tick.keep_scaling, "write_put_back", write_nothing_before)
    with Simulation() as sim:
        asleep(sim)
        wake(sim)
        with pytest.raises(AssertionError, match=r"puts the scaling of .* back, but has not written this"):
            sim.minutes(3)


def test_a_record_with_another_suspension_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is put back agrees with the service state, but not with what the owner had suspended before the sleep."""

    def nothing_before(snapshot: Snapshot, state: ServiceState) -> ServiceState:
        return replace(state, scaling=scaling.Scaling(scaling.NOTHING_SUSPENDED))

    monkeypatch.setattr(scale_to_zero.rules.going_to_zero, "with_scaling_suspended", nothing_before)
    with Simulation() as sim:
        asleep(sim, suspended=IN_SUSPENDED)
        wake(sim)
        with pytest.raises(AssertionError, match=r"is awake, but its scaling is not as its owner wants it"):
            sim.minutes(10)


# Services that leave


def test_an_uninstall_that_leaves_the_scaling_suspended_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.commands.leaving, "_put_scaling_back", lambda *_arguments: None)
    with Simulation() as sim:
        asleep(sim)
        sim.after(timedelta(0), lambda: Terraform(sim, WEB).apply(None))
        with pytest.raises(AssertionError, match=r"uninstall 1 left the scaling of .* suspended"):
            sim.minutes(3)


def test_an_uninstall_that_puts_the_scaling_back_at_zero_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def bring_nothing_back(_ports: Ports, *_arguments: object) -> tuple[str, int]:
        return "it is said to run", TASKS

    monkeypatch.setattr(scale_to_zero.commands.leaving, "_bring_back", bring_nothing_back)
    with Simulation() as sim:
        asleep(sim)
        sim.after(timedelta(0), lambda: Terraform(sim, WEB).apply(None))
        with pytest.raises(AssertionError, match=r"changed the scaling of .* at zero, which starts it"):
            sim.minutes(3)
