"""Plays a history: brings the service into its situation, lets the operations begin, and checks how it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Final

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.rules.draining import LONGEST_DRAINING
from scale_to_zero.rules.wake_times import deadline_of
from simulator.account import a_service, woken_by_requests
from simulator.fault_injection import NoFaults
from simulator.http import Response
from simulator.world import ImagePullFails, SlowStart, Suspension
from tests.service_states import lease_of
from tests.simulation.patient_clients import program
from tests.simulation.promise_tracker import TASKS_DO_NOT_START
from tests.simulation.scaled_services import IN_SUSPENDED
from tests.simulation.scenes import DRAINING_TICK, STOPPING_TICK, TASKS
from tests.simulation.simulation import QUICK_WORLD, Simulation

from .history import Denial, FaultKind, History, Kind, Scaled, Situation
from .history_faults import HistoryFaults
from .operations import Scene

PLAIN: Final = a_service("web")
WITH_WAKE_RULES: Final = woken_by_requests(a_service("shop"))
AT_ONCE: Final = timedelta(0)
MINUTES_WITH_FAULTS: Final = 4
"""Faults strike for this long after the moment."""
DENIED_MINUTES: Final = 16
"""Calls are denied for this long, so that the deadline of a wake and the longest time of draining pass."""
ENDLESS: Final = timedelta(seconds=2147483647)
"""The longest health-check grace period that ECS takes (Amazon ECS API reference, UpdateService)."""
MOST_MINUTES_OF_TERRAFORM: Final = 60
"""An invocation hangs for at most 15 minutes, and is repeated."""
MOST_MINUTES_OF_A_MARK: Final = 25
MINUTES_TO_SETTLE: Final = 10
MINUTES_OF_AN_HOUR: Final = 60
TICKS_UNTIL_IT_ENDS: Final = 3
"""The two ticks that the promise allows, and one more for the minute that has begun."""
MINUTES_TO_SLEEP: Final = 16

REGISTERED_AS: Final = {
    Scaled.FROM_ONE: (1, Suspension()),
    Scaled.FROM_TWO: (2, Suspension()),
    Scaled.IN_SUSPENDED: (1, IN_SUSPENDED),
}


@dataclass(frozen=True)
class Played:
    """How a history went. ``broken_promise``: the promise that did not hold, and what led to it; empty if all held.

    ``begun``: the operations that began. ``struck``: the kinds of faults that calls met, each with the kind of run that
    made the call. ``denied``: what was denied, if a call was denied.
    """

    broken_promise: str
    begun: tuple[Kind, ...]
    struck: frozenset[tuple[FaultKind, str]]
    denied: Denial = Denial.NOTHING


def play(history: History) -> Played:
    """Play a history. The checker and the tracker check every step. The same history always goes the same way."""
    timings = replace(
        QUICK_WORLD, rule_propagation=timedelta(seconds=history.rule_propagation), longest_retry=timedelta(minutes=1)
    )
    service = WITH_WAKE_RULES if history.woken_by_requests else PLAIN
    fault_plan = None
    broken_promise = ""
    with Simulation(timings=timings) as sim:
        grace = ENDLESS if history.endless_grace else timedelta(0)
        scene = Scene(sim, service, Random(f"{history.moment}"), grace, history.scaled)
        try:
            LEADS_TO[history.situation](scene)
            fault_plan = HistoryFaults(
                history,
                sim.runs_begun,
                lambda one: sim.after(AT_ONCE, partial(scene.begin, one)),
                lambda: sim.world.now,
            )
            sim.fault_plan = fault_plan
            if history.slower_start and history.situation is not Situation.FAILED:
                sim.world.set_start_fault(*service.name, SlowStart(timedelta(seconds=history.slower_start)))
            for operation in history.operations:
                after = timedelta(seconds=history.moment + operation.after)
                sim.after(after, partial(scene.begin, operation))
            sim.minutes(MINUTES_WITH_FAULTS)
            if history.denied:
                _must_pass(scene, fault_plan, DENIED_MINUTES + (MINUTES_OF_AN_HOUR if history.endless_grace else 0))
            _must_end_well(scene)
        except AssertionError as error:
            broken_promise = str(error)
    struck = frozenset(fault_plan.struck if fault_plan else ())
    return Played(
        broken_promise,
        tuple(scene.begun),
        struck,
        history.denied if fault_plan and fault_plan.denied else Denial.NOTHING,
    )


def _must_pass(scene: Scene, fault_plan: HistoryFaults, minutes: int) -> None:
    """Check that each phase with a time limit ends while calls are denied, though no call can observe the service."""
    sim, name = scene.sim, scene.service.name
    managed_since = sim.world.now
    for _ in range(minutes):
        sim.minutes(1)
        state, configured = sim.state(name), sim.checker.service(name)
        acts = configured is not None and configured.mode is Mode.ACT and sim.ticking and not scene.terraform.is_busy
        if state is None or not acts or state.leaving is not None:
            managed_since = sim.world.now
            continue
        late = sim.world.now - max(_ends_at(state) or sim.world.now, fault_plan.struck_at, managed_since)
        if late > TICKS_UNTIL_IT_ENDS * MINUTE:
            raise AssertionError(f"{name} has been {state.phase} {late} too long: {state}\n{sim.record.trace()}")


def _ends_at(state: ServiceState) -> datetime | None:
    """Return when the phase ends by itself at the latest; ``None`` if it has no limit."""
    if state.phase is Phase.WAKING and not state.failed:
        return deadline_of(state)
    if state.phase is Phase.DRAINING:
        return state.since + LONGEST_DRAINING
    if state.phase is Phase.ASLEEP and state.wake_requested is not None:
        return lease_of(state) or state.wake_requested
    return None


def _must_end_well(scene: Scene) -> None:
    """Check the end, some minutes after the last fault: clients reach the service, and it can be woken."""
    sim, service = scene.sim, scene.service
    sim.fault_plan = NoFaults()
    sim.world.set_start_fault(*service.name, None)
    if TASKS_DO_NOT_START in sim.tracker.of(service.name).hindered:
        sim.tracker.no_longer_hinder(service.name, TASKS_DO_NOT_START)
    for _ in range(MOST_MINUTES_OF_TERRAFORM):
        if not scene.terraform.is_busy:
            break
        sim.minutes(1)
    for _ in range(MOST_MINUTES_OF_A_MARK):
        if not _is_marked(scene):
            break
        sim.minutes(1)
    sim.minutes(MINUTES_TO_SETTLE)
    _must_be_reachable(scene)
    configured = sim.checker.service(service.name)
    if configured is not None and configured.mode is Mode.ACT and not _has_left_for_the_module(scene):
        _must_serve(scene, configured)
    sim.minutes(MINUTES_TO_SLEEP)
    _must_be_reachable(scene)


def _must_be_reachable(scene: Scene) -> None:
    """Check that clients reach a service that the module no longer wakes: it runs, unless it was stopped by hand."""
    sim, service, name = scene.sim, scene.service, scene.service.name
    configured = sim.checker.service(name)
    if _is_marked(scene) and not _has_left_for_the_module(scene):
        raise AssertionError(f"{name} stays in the module, but is still marked as leaving\n{sim.record.trace()}")
    if scene.destroyed and configured is not None:
        raise AssertionError(f"{name} could not leave\n{sim.record.trace()}")
    if configured is not None and configured.mode is Mode.ACT and not _has_left_for_the_module(scene):
        return
    stop = sim.record.last(name, stop=True)
    if sim.checker.desired(name) == 0 and stop is not None and not stop.by_hand:
        raise AssertionError(f"{name} stays at zero after {stop.by} stopped it\n{sim.record.trace()}")
    target, wanted = sim.scaled.target(name), sim.scaled.wanted.get(name, frozenset())
    if target is not None and sim.checker.desired(name) > 0 and target.suspended not in wanted:
        raise AssertionError(f"{name} is no longer managed, but its scaling is {target}\n{sim.record.trace()}")
    facts = sim.ports.facts(name)
    if service.wake_on_request is not None and facts is not None and facts.running > 0:
        served: list[Response] = []
        sim.after(timedelta(0), lambda: served.append(program(sim, service)))
        sim.minutes(1)
        if not all(response.by_application for response in served):
            raise AssertionError(f"{name} runs, but its clients do not reach it: {served}\n{sim.record.trace()}")


def _is_marked(scene: Scene) -> bool:
    """Return whether a configured service is marked as leaving. A tick removes the mark if the uninstall was killed."""
    state = scene.sim.state(scene.service.name)
    return state is not None and state.leaving is not None and scene.sim.checker.service(state.name) is not None


def _has_left_for_the_module(scene: Scene) -> bool:
    """Return whether the uninstall was killed right after its last write, which Terraform treats as a failure.

    The service runs, is skipped, and is reported after an hour.
    """
    state = scene.sim.state(scene.service.name)
    done = state is not None and state.leaving is not None and state.leaving.done
    return done and scene.terraform.failed_to_delete


def _must_serve(scene: Scene, service: Service) -> None:
    """Check that a client is served if requests wake the service; otherwise check that a wake succeeds."""
    sim = scene.sim
    served: list[Response] = []
    if service.wake_on_request is not None:
        sim.after(timedelta(0), lambda: served.append(program(sim, service)))
    else:
        sim.after(timedelta(0), lambda: sim.wake({"service": service.key}))
    sim.minutes(1)
    runs = sim.checker.desired(service.name) > 0
    sim.minutes(4)
    if not runs or not all(response.by_application for response in served):
        state = sim.state(service.name)
        raise AssertionError(f"{service.name} does not serve: {served}, {state}\n{sim.record.trace()}")


def _new(scene: Scene) -> None:
    scene.sim.add_service(scene.service, desired=TASKS, health_check_grace=scene.health_check_grace)
    if scene.scaled:
        minimum, suspended = REGISTERED_AS[scene.scaled]
        scene.sim.scaled.register(scene.service.name, minimum, 3, suspended)


def _used(scene: Scene) -> None:
    _new(scene)
    scene.sim.minutes(2.8)
    scene.sim.now_or_fail(lambda: scene.sim.request(scene.service))
    scene.sim.minutes(0.2)


def _idle(scene: Scene) -> None:
    _new(scene)
    scene.sim.minutes((DRAINING_TICK if scene.service.wake_on_request else STOPPING_TICK) - 1)


def _about_to_stop(scene: Scene) -> None:
    _new(scene)
    scene.sim.minutes(STOPPING_TICK - 1)


def _asleep(scene: Scene) -> None:
    _new(scene)
    for _ in range(MINUTES_TO_SLEEP):
        scene.sim.minutes(1)
        state = scene.sim.state(scene.service.name)
        if state is not None and state.phase is Phase.ASLEEP:
            return
    raise AssertionError(f"{scene.service.name} did not fall asleep\n{scene.sim.record.trace()}")


def _awake_again(scene: Scene) -> None:
    _asleep(scene)
    scene.sim.now_or_fail(lambda: scene.sim.wake({"service": scene.service.key}))
    scene.sim.minutes(4)


def _waking(scene: Scene) -> None:
    _asleep(scene)
    scene.sim.after(timedelta(seconds=45), lambda: scene.sim.wake({"service": scene.service.key}))
    scene.sim.minutes(1)


def _failed(scene: Scene) -> None:
    _asleep(scene)
    sim, name = scene.sim, scene.service.name
    sim.tracker.hinder(name, TASKS_DO_NOT_START)
    sim.world.set_start_fault(*name, ImagePullFails())
    sim.after(timedelta(0), lambda: sim.wake({"service": scene.service.key}))
    sim.minutes(6)


LEADS_TO: Final[Mapping[Situation, Callable[[Scene], None]]] = {
    Situation.NEW: _new,
    Situation.USED: _used,
    Situation.IDLE: _idle,
    Situation.ABOUT_TO_STOP: _about_to_stop,
    Situation.AWAKE_AGAIN: _awake_again,
    Situation.ASLEEP: _asleep,
    Situation.WAKING: _waking,
    Situation.FAILED: _failed,
}
