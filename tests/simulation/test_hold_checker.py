"""Broken promises about holds, requests to sleep and notifications are noticed.

Each test removes a rule, and the scenario must fail.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

import scale_to_zero.actions.act
import scale_to_zero.actions.notifying
import scale_to_zero.commands.sleep
import scale_to_zero.commands.wake
import scale_to_zero.rules.decide
import scale_to_zero.rules.draining
import scale_to_zero.rules.going_to_zero
import scale_to_zero.tick.run
from scale_to_zero.actions.notifying import SavedState, due
from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, Phase, PhaseChange, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules.decide import decide
from scale_to_zero.rules.decide_sleep import decide_sleep
from scale_to_zero.rules.decide_wake import decide_wake
from scale_to_zero.rules.draining import needed_while_draining
from scale_to_zero.rules.going_to_zero import kept_on_request
from scale_to_zero.rules.phase_changes import with_change_recorded
from scale_to_zero.rules.vetoes import Running
from scale_to_zero.web.visitor import visit
from simulator import http
from simulator.fault_injection import CallFault, NoFaults, Planned, Refusing
from simulator.ports import table
from simulator.runs import TICK
from simulator.simulation import START
from simulator.world import NoCapacity

from .patient_clients import follow
from .scenarios import SCENARIOS, STOPPING_TICK, TASKS, WEB
from .scenes import SECOND, SHOP, fallen_asleep, propagating
from .simulation import Simulation

Change = Callable[[Snapshot, Decision, datetime], Decision]


@pytest.fixture
def ticks_decide(monkeypatch: pytest.MonkeyPatch) -> Callable[[Reason, Change], None]:
    """Change each decision that has this reason, in ticks and in runs for a request to sleep."""

    def arrange(reason: Reason, change: Change) -> None:
        def changed(snapshot: Snapshot, now: datetime) -> Decision:
            decision = decide(snapshot, now)
            if decision.reason is not reason or decision.action is Action.OBSERVE:
                return decision
            assert isinstance(snapshot.state, ServiceState)
            return with_change_recorded(snapshot.state, change(snapshot, decision, now), now)

        monkeypatch.setattr(scale_to_zero.tick.run, "decide", changed)

    return arrange


def asleep_instead(snapshot: Snapshot, decision: Decision, now: datetime) -> Decision:
    assert isinstance(snapshot.state, ServiceState)
    asleep = replace(snapshot.state, phase=Phase.ASLEEP, stopped=now, last_activity=now)
    return replace(decision, action=Action.SLEEP, state=asleep, desired=0)


def stay_instead(_snapshot: Snapshot, decision: Decision, _now: datetime) -> Decision:
    return replace(decision, action=Action.STAY, state=None, desired=None)


def saving(**changes: object) -> Change:
    """Return a function that replaces a decision with one that saves these changes."""

    def save(snapshot: Snapshot, decision: Decision, _now: datetime) -> Decision:
        assert isinstance(snapshot.state, ServiceState)
        changed = replace(snapshot.state, **changes)  # type: ignore[arg-type]
        return replace(decision, action=Action.SAVE_STATE, state=changed, desired=None)

    return save


def awake(sim: Simulation, service: Service = WEB) -> None:
    sim.add_service(service, desired=TASKS)
    sim.minutes(2)


def held(sim: Simulation, service: Service = WEB) -> None:
    awake(sim, service)
    hold(sim, service)


def hold(sim: Simulation, service: Service = WEB) -> None:
    sim.now_or_fail(lambda: sim.wake({"service": service.key, "hold_minutes": 60}))


def request_sleep(sim: Simulation, service: Service = WEB, *, force: bool = False) -> None:
    sim.now_or_fail(lambda: sim.sleep({"service": service.key, "action": "sleep", "force": force}))


# Holds


def test_a_stop_of_a_held_service_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    ticks_decide(Reason.HELD, asleep_instead)
    with Simulation() as sim:
        held(sim)
        with pytest.raises(AssertionError, match=r"begins to stop .*, which is held"):
            sim.minutes(20)


def test_a_hold_that_is_lifted_without_a_request_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    ticks_decide(Reason.HELD, saving(hold=None))
    with Simulation() as sim:
        held(sim)
        with pytest.raises(AssertionError, match=r"lifts the hold of .* without a request to lift it"):
            sim.minutes(20)


def test_a_hold_that_is_shortened_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        scale_to_zero.commands.wake, "decide_wake", lambda snapshot, now, hold: _held(decide_wake(snapshot, now), hold)
    )
    with Simulation() as sim:
        held(sim)
        with pytest.raises(AssertionError, match="lifts the hold of"):
            sim.now_or_fail(lambda: sim.wake({"service": "web", "hold_minutes": 1}))


def _held(decision: Decision, hold: Hold) -> Decision:
    assert decision.state is not None
    return replace(decision, state=replace(decision.state, hold=hold))


def test_a_held_service_that_stays_at_zero_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.rules.decide, "current_hold", lambda _state, _now: None)
    with Simulation() as sim:
        sim.add_service(WEB, desired=0)
        sim.minutes(2)
        state = sim.state(WEB.name)
        assert state is not None
        sim.ports.table.states[WEB.name] = replace(state, hold=Hold(START + 60 * MINUTE))
        with pytest.raises(AssertionError, match="is held, but its desired count is 0"):
            sim.minutes(10)


def test_a_held_service_that_never_becomes_awake_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    ticks_decide(Reason.READY, stay_instead)
    with Simulation() as sim:
        sim.ports.watcher = lambda _keys: None
        sim.add_service(WEB, desired=0)
        sim.minutes(2)
        hold(sim)
        with pytest.raises(AssertionError, match="is held, but not awake"):
            sim.minutes(15)


# Sleep on request


def test_a_request_to_sleep_that_no_operator_made_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    ticks_decide(Reason.RECENTLY_ACTIVE, saving(sleep_requested=START))
    with Simulation() as sim, pytest.raises(AssertionError, match="tick 2 saves a request for"):
        awake(sim)


def test_a_request_to_sleep_that_was_made_at_another_time_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def long_ago(snapshot: Snapshot, now: datetime, *, force: bool) -> Decision:
        return decide_sleep(snapshot, now - 5 * MINUTE, force=force)

    monkeypatch.setattr(scale_to_zero.commands.sleep, "decide_sleep", long_ago)
    with Simulation() as sim:
        awake(sim)
        with pytest.raises(AssertionError, match=r"saves a request for .* to sleep at 07:57"):
            request_sleep(sim)


@pytest.mark.parametrize(("minutes", "noticed"), [(11.2, "too long ago"), (30, "still has a request to sleep of")])
def test_a_request_to_sleep_that_never_ends_is_noticed(
    monkeypatch: pytest.MonkeyPatch, minutes: float, noticed: str
) -> None:
    monkeypatch.setattr(scale_to_zero.rules.going_to_zero, "LONGEST_REQUEST", timedelta(days=1))
    with Simulation() as sim:
        awake(sim)
        busy_for(sim, minutes * MINUTE)
        request_sleep(sim)
        with pytest.raises(AssertionError, match=noticed):
            sim.minutes(40)


def busy_for(sim: Simulation, duration: timedelta, service: Service = WEB) -> None:
    """Protect a task for a while, so that the service cannot be stopped until then."""
    sim.tracker.hinder(service.name, "a task is protected")
    sim.ports.protected_until[service.name] = sim.world.now + duration
    sim.after(duration, lambda: sim.tracker.no_longer_hinder(service.name, "a task is protected"))


def test_a_stop_on_request_of_a_service_whose_wake_was_requested_after_that_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def keep_request(snapshot: Snapshot, now: datetime, hold: Hold | None) -> Decision:
        assert isinstance(snapshot.state, ServiceState)
        decision = decide_wake(snapshot, now, hold)
        assert decision.state is not None
        still = replace(decision.state, sleep_requested=snapshot.state.sleep_requested)
        return replace(decision, state=still)

    monkeypatch.setattr(scale_to_zero.commands.wake, "decide_wake", keep_request)
    with Simulation() as sim:
        awake(sim)
        busy_for(sim, 3 * MINUTE)
        request_sleep(sim)
        sim.minutes(1)
        sim.now_or_fail(lambda: sim.wake({"service": "web"}))
        with pytest.raises(AssertionError, match=r"begins to stop .*, though its wake was requested at"):
            sim.minutes(10)


def test_a_wake_that_waits_for_a_stop_and_is_dropped_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def drop_wake(
        ports: Ports, snapshot: Snapshot, _facts: ServiceFacts, _leased: ServiceState, _lease: datetime
    ) -> ServiceState:
        state = ports.table.read(snapshot.service.name)
        assert state is not None
        return ports.table.write(replace(state, stop=None))

    monkeypatch.setattr(scale_to_zero.actions.act, "_end_lease", drop_wake)
    number = SCENARIOS["sleep"].number_of_key_call()
    with Simulation() as sim:
        meanwhile = lambda: sim.after(SECOND, lambda: sim.wake({"service": "web"}))  # noqa: E731
        sim.fault_plan = Planned(TICK, STOPPING_TICK, number, CallFault(lasts=20 * SECOND), meanwhile)
        sim.add_service(WEB, desired=TASKS)
        with pytest.raises(AssertionError, match=r"tick 9 drops the requested wake of"):
            sim.minutes(STOPPING_TICK + 5)


def observing(**seen: object) -> Callable[[Running], Decision | None]:
    """Let a run that puts an awake service to sleep on request observe something other than the facts."""

    def changed(one: Running) -> Decision | None:
        snapshot = replace(one.snapshot, **seen)  # type: ignore[arg-type]
        return kept_on_request(replace(one, snapshot=snapshot, facts=replace(one.facts, deployment_running=False)))

    return changed


def deployed(sim: Simulation) -> None:
    sim.world.set_start_fault(*WEB.name, NoCapacity())
    sim.deploy(WEB.name)


def with_a_busy_task(sim: Simulation) -> None:
    sim.ports.protected_until[WEB.name] = START + timedelta(days=1)


def scaled(sim: Simulation) -> None:
    """Register the service. Call this after the request to sleep, which a minimum of 0 would refuse."""
    sim.scaled.register(WEB.name, 0, 3)


@pytest.mark.parametrize(
    ("arrange", "seen", "noticed"),
    [
        (deployed, {}, "while a deployment ran"),
        (with_a_busy_task, {"protected": False}, "while a task was protected, or without reading that"),
        (scaled, {"scalable_target": None}, "which Application Auto Scaling itself stops"),
    ],
)
def test_a_stop_on_request_that_must_not_happen_is_noticed(
    monkeypatch: pytest.MonkeyPatch, arrange: Callable[[Simulation], None], seen: dict[str, object], noticed: str
) -> None:
    with Simulation() as sim:
        awake(sim)
        busy_for(sim, 1.5 * MINUTE)
        request_sleep(sim)
        arrange(sim)
        monkeypatch.setattr(scale_to_zero.rules.draining, "kept_on_request", observing(**seen))
        with pytest.raises(AssertionError, match=noticed):
            sim.minutes(3)


def test_a_stop_on_request_before_the_wake_rules_are_in_force_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.rules.going_to_zero, "RULE_PROPAGATION", timedelta(0))
    with Simulation(timings=propagating(20)) as sim:
        awake(sim, SHOP)
        request_sleep(sim, SHOP)
        with pytest.raises(AssertionError, match="while its wake rule group-0 was not in force"):
            request_sleep(sim, SHOP)


def test_a_stop_on_request_of_a_service_that_a_client_requested_after_that_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answered_but_not_saved(service: Service, state: ServiceState, now: datetime) -> Decision:
        return replace(needed_while_draining(service, state, now), state=state)

    monkeypatch.setattr(visit, "needed_while_draining", answered_but_not_saved)
    monkeypatch.setattr(visit, "disarm_wake_rules", lambda _ports, _service, state: state)
    with Simulation() as sim:
        awake(sim, SHOP)
        request_sleep(sim, SHOP)
        sim.advance(10 * SECOND)
        sim.after(timedelta(0), lambda: sim.load_balancer.send(SHOP, http.by_program(SHOP)))
        with pytest.raises(AssertionError, match="after a request for it"):
            sim.minutes(2)


def test_a_request_to_a_waking_service_that_is_not_saved_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request to sleep arrives, then a client's request, which is not saved."""
    monkeypatch.setattr(visit.Visit, "_cancel_sleep", lambda _visit, _state: None)
    with Simulation() as sim:
        fallen_asleep(sim, SHOP)
        sim.world.set_start_fault(*SHOP.name, NoCapacity())
        sim.now_or_fail(lambda: sim.wake({"service": SHOP.key}))
        request_sleep(sim, SHOP)
        sim.advance(5 * SECOND)
        sim.after(timedelta(0), lambda: follow(sim, SHOP, http.by_program(SHOP)))
        with pytest.raises(AssertionError, match="after a request for it"):
            sim.minutes(2)


def test_a_request_to_sleep_that_is_ignored_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    ticks_decide(Reason.SLEEP_REQUESTED, stay_instead)
    with Simulation() as sim:
        awake(sim)
        request_sleep(sim)
        with pytest.raises(AssertionError, match="is not asleep, though a request to sleep was recorded at"):
            sim.minutes(10)


# Notifications


def test_a_change_that_is_not_saved_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_to_zero.rules.decide, "with_change_recorded", lambda _state, decision, _now: decision)
    with Simulation() as sim:
        awake(sim)
        with pytest.raises(AssertionError, match="from awake to asleep, and saves None"):
            sim.minutes(15)


def test_a_saved_change_that_changes_nothing_is_noticed(ticks_decide: Callable[[Reason, Change], None]) -> None:
    change = PhaseChange(2, START, Phase.AWAKE, Phase.ASLEEP, Reason.IDLE)
    ticks_decide(Reason.RECENTLY_ACTIVE, saving(changes=(change,)))
    with Simulation() as sim, pytest.raises(AssertionError, match=r"saves a change of .*, but nothing changes"):
        awake(sim)


@pytest.fixture
def notify_instead(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[list[PhaseChange]], Any]], None]:
    """Let every run send other notifications instead of those that are due."""

    def arrange(change: Callable[[list[PhaseChange]], Any]) -> None:
        def changed(kept: SavedState, now: datetime, *, only_own: bool) -> Sequence[PhaseChange]:
            sent: Sequence[PhaseChange] = change(due(kept, now, only_own=only_own))
            return sent

        monkeypatch.setattr(scale_to_zero.actions.notifying, "due", changed)

    return arrange


Notify = Callable[[Callable[[list[PhaseChange]], Any]], None]


def test_a_change_without_a_notification_is_noticed(notify_instead: Notify) -> None:
    notify_instead(lambda _due: [])
    with Simulation() as sim:
        awake(sim)
        with pytest.raises(AssertionError, match=r"no notification was sent of a change of .* at 08:08:10"):
            sim.minutes(20)


def test_a_notification_of_a_change_that_never_happened_is_noticed(notify_instead: Notify) -> None:
    notify_instead(lambda changes: [replace(change, version=change.version + 1) for change in changes])
    with Simulation() as sim:
        awake(sim)
        with pytest.raises(AssertionError, match="which was never saved"):
            sim.minutes(20)


def test_a_second_notification_of_a_change_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table.InMemoryTable, "record_notified", lambda _states, _name, _version: None)
    with Simulation() as sim:
        awake(sim)
        with pytest.raises(AssertionError, match="for the second time, though there was no fault"):
            sim.minutes(20)


def test_notifications_out_of_order_are_noticed(notify_instead: Notify) -> None:
    notify_instead(lambda changes: changes[::-1])
    with Simulation() as sim:
        awake(sim)
        sim.fault_plan = Refusing("notify")
        sim.minutes(12)
        sim.now_or_fail(lambda: sim.wake({"service": "web"}))
        sim.minutes(2)
        sim.fault_plan = NoFaults()
        with pytest.raises(AssertionError, match="after version"):
            sim.minutes(5)
