"""A checked simulation: after every step the promises of the README hold, or it ends with ``PromiseBroken``."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import simulator.simulation
from scale_to_zero.commands.leaving import UninstallFailed
from scale_to_zero.commands.wake import WakeFailed
from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from scale_to_zero.rules.payload import PayloadRefused
from scale_to_zero.tick.run import TickFailed
from simulator.fault_injection import FaultPlan
from simulator.functions import asleep, scaled_up, tick
from simulator.http import Response, by_program
from simulator.ports.faults import Call, Fault
from simulator.routing import ClientRequest
from simulator.runs import SCALE_UP, SLEEP, TICK, UNINSTALL, Run
from simulator.simulation import START
from simulator.terraform import payload_of_terraform
from simulator.world import ScalingActivity, Timings

from .answer_checker import AnswerChecker
from .checked_run import CheckedRun
from .checked_wake import CheckedWake
from .patient_clients import follow
from .promise_checker import OLDEST_ANSWER, PromiseChecker
from .promise_tracker import A_GATEWAY_CONNECTOR, PromiseBroken, PromiseTracker
from .scaled_services import ScaledServices
from .scaling_checker import ScalingChecker

QUICK_WORLD: Final = Timings(deregistration=timedelta(seconds=30))


class Simulation(simulator.simulation.Simulation):
    """A simulation with its checker and its tracker. ``answers``: the answers to wakes and sleeps, newest last."""

    def __init__(
        self,
        seed: int = 0,
        *,
        fault_plan: FaultPlan | None = None,
        timings: Timings = QUICK_WORLD,
        start: datetime = START,
        tick_second: float = 10.0,
    ) -> None:
        super().__init__(
            seed, fault_plan=fault_plan, timings=timings, start=start, tick_second=tick_second, traced=True
        )
        self.random = Random(seed)
        self.tracker = PromiseTracker(self.ports, self.record)
        self.scaled = ScaledServices(self)
        scaling = ScalingChecker(self.ports, self.record, self.scaled)
        self.checker = PromiseChecker(self.ports, self.record, self.tracker, scaling)
        self.answers: list[Mapping[str, object]] = []
        self.known_services: list[Service] = []
        self._answer_checker = AnswerChecker(self)
        self._lost_at: dict[ServiceName, datetime] = {}

    # The services, and the commands of operators

    def add_service(
        self,
        service: Service,
        desired: int = 1,
        health_check_grace: timedelta = timedelta(0),
        *,
        deploying: bool = False,
    ) -> None:
        super().add_service(service, desired, health_check_grace, deploying=deploying)
        self.known_services.append(service)
        self.tracker.count_by_hand(service.name, desired)

    def configure(self, service: Service) -> None:
        super().configure(service)
        self.tracker.disturb(service.name)
        self.tracker.deployments.forget(service.name)
        if service.mode is not Mode.ACT:
            self.tracker.of(service.name).requested_at = None

    def leave(self, name: ServiceName) -> None:
        super().leave(name)
        self.tracker.disturb(name)
        self.tracker.deployments.forget(name)

    def lose_state(self, name: ServiceName) -> None:
        super().lose_state(name)
        self._lost_at[name] = self.world.now
        self.tracker.state_lost(name)
        self.scaled.state_lost(name)
        self.checker.notifications.lost(name)

    def request(self, service: Service, group: int = 0) -> bool:
        """Send a request; return whether a target got it. For a service with wake rules, send it as programs do."""
        if service.wake_on_request is not None:
            return follow(self, service, by_program(service, group)).by_application
        return super().request(service, group)

    def set_by_hand(self, name: ServiceName, desired: int) -> None:
        super().set_by_hand(name, desired)
        self.tracker.count_by_hand(name, desired)

    def deploy(self, name: ServiceName, gateway_connectors: Sequence[str] | None = None) -> None:
        super().deploy(name, gateway_connectors)
        if gateway_connectors is not None:
            hinder = self.tracker.hinder if gateway_connectors else self.tracker.no_longer_hinder
            hinder(name, A_GATEWAY_CONNECTOR)
        self.tracker.disturb(name)

    # Events for the checkers

    def call_meets(self, run: Run, call: Call, fault: Fault | None) -> None:
        self.checker.observe(_checked(run), call, fault)
        if fault is not None:
            # A call with a fault was recorded when it began, but it may take effect only now.
            for name in run.disturbed:
                self.tracker.disturb(name)

    def count_scaled(self, activity: ScalingActivity) -> None:
        self.scaled.moved(activity)

    def run_waits(self, run: Run, seconds: float) -> None:
        self.checker.observe_wait(_checked(run), seconds)

    def run_ends(self, run: Run, *, cut_off: bool) -> None:
        self.checker.ends(_checked(run), cut_off=cut_off)

    def disturbed(self, name: ServiceName | None) -> None:
        self.tracker.disturb(name)

    def visit_begins(self, run: Run, service: Service, request: ClientRequest) -> None:
        _checked(run).awake_request = self.tracker.add_awake_request(service, request, self.state(service.name))

    def answered(self, service: Service, request: ClientRequest, response: Response, run: Run | None) -> None:
        visit = None if run is None else _checked(run)
        if visit is not None and visit.awake_request is not None:
            visit.awake_request.answered = self.world.now
            self.tracker.awake_requested(service.name, is_new=False)
            visit.awake_request.fault_free = visit.is_fault_free(service.name)
        self._answer_checker.check(service, request, response, visit)

    def logged(self, run: Run | None, record: logging.LogRecord) -> None:
        if run is not None:
            self.checker.notifications.starts.logged(_checked(run), record)

    # Runs of the functions

    def new_run(self, kind: str) -> CheckedRun:
        return CheckedRun(kind, self.number_of_next_run(kind), self.world.now)

    def tick(self) -> CheckedRun:
        run = self.carry_out(self.new_run(TICK), tick)
        self._check_failure(run, TickFailed, CallFailed)
        for name, described in run.described.items():
            if described.deployment_running:
                self.tracker.deployment_seen(name)
            if described.deployment_running and run.is_fault_free(name):
                self.tracker.deployments.seen(name, described.deployed_at, described.at)
            if run.is_fault_free(name):
                self.tracker.fault_free_tick(name, run.begun)
                self._check_scaling(name)
        for service in self.ports.table.services.values():
            if run.is_fault_free(service.name):
                self.checker.notifications.fault_free_tick(service.name, run.begun)
        return run

    def _check_scaling(self, name: ServiceName) -> None:
        service, facts = self.checker.service(name), self.ports.facts(name)
        if service is None or facts is None or service.mode is Mode.OFF:
            return
        calm_ticks = self.tracker.of(name).calm_ticks
        if wrong := self.checker.scaling.not_put_back(service, self.state(name), facts, calm_ticks):
            raise PromiseBroken(wrong)

    def sleep(self, payload: Mapping[str, object]) -> CheckedRun:
        """Run scale-to-zero once, now, with a request to put services to sleep. A refused payload is not a fault."""
        run = self.new_run(SLEEP)
        run.lifts_holds = payload.get("force") is True
        named = [payload["service"]] if "service" in payload else payload.get("services")
        requested = [one for one in self.ports.table.services.values() if isinstance(named, list) and one.key in named]
        for service in requested:
            self.tracker.wake_begins(service.name)
        try:
            answer = self.carry_out(run, asleep(payload)).answer
            if isinstance(answer, Mapping):
                self.answers.append(answer)
                for service in requested:
                    if _was_stopped(answer, service):
                        self.tracker.stopped_on_request(service.name)
            if not isinstance(run.failed, PayloadRefused):
                self._check_failure(run, WakeFailed, CallFailed)
        finally:
            for service in requested if not self.is_closing else ():
                state = self.state(service.name)
                if state is not None and state.sleep_requested is not None:
                    self.tracker.sleep_recorded(service.name)
        return run

    def wake(self, payload: Mapping[str, object] | None = None, kind: str = SCALE_UP) -> CheckedRun:
        run = self.new_run(kind)
        wake = CheckedWake(self, run, payload or {})
        try:
            self.carry_out(run, wake)
            if kind == SCALE_UP and isinstance(run.answer, Mapping):
                self.answers.append(run.answer)
            if kind == SCALE_UP or not isinstance(run.failed, PayloadRefused):
                self._check_failure(run, WakeFailed, CallFailed)
        finally:
            for service in wake.requested_services if kind == SCALE_UP and not self.is_closing else ():
                self.tracker.awake_requested(service.name, is_new=False)
                self.expect_wake(run, service)
        wake.check()
        return run

    def hold_all(self, lasts: timedelta | None) -> CheckedRun:
        run = self.new_run(SCALE_UP)
        payload = self.hold_all_payload(lasts)
        services = list(self.ports.table.services.values())
        for service in services:
            self.tracker.wake_begins(service.name)
            if lasts is not None:
                self.tracker.awake_requested(service.name)
        try:
            self.carry_out(run, scaled_up(payload))
            self._check_failure(run, PayloadRefused, CallFailed)
        finally:
            for service in services if not self.is_closing else ():
                self.tracker.wake_begins(service.name)
                if lasts is not None:
                    self.tracker.awake_requested(service.name, is_new=False)
                    self.expect_wake(run, service)
        return run

    def invoke_as_terraform(self, service: Service, action: str, mode_before: Mode | None = None) -> bool:
        """Run scale-up once, as ``aws_lambda_invocation`` starts it; return whether it succeeded.

        If the service state was lost after a stop, and the mode is not ``act``, nothing shows who stopped the service.
        """
        run = self.new_run(UNINSTALL)
        run.services[service.name] = service
        self.tracker.disturb(service.name)
        self.carry_out(run, scaled_up(payload_of_terraform(service, mode_before, action)))
        self._check_failure(run, UninstallFailed)
        if run.failed is not None:
            return False
        leaves = action == "delete"
        if leaves:
            self.tracker.left(service.name)
        if leaves or (mode_before is Mode.ACT and service.mode is not Mode.ACT):
            self._must_run(run, service)
            self.checker.scaling.must_scale(run, service)
        return True

    def _must_run(self, run: Run, service: Service) -> None:
        stop = self.record.last(service.name, stop=True)
        if self.checker.desired(service.name) > 0 or stop is None or stop.by_hand:
            return
        lost = self._lost_at.get(service.name)
        if lost is None or lost < stop.at - MINUTE or service.mode is Mode.ACT:
            raise PromiseBroken(f"{run} left {service.name} at zero, but {stop.by} had stopped it")

    def advance(self, duration: timedelta) -> None:
        """Let time pass. If a promise is broken, raise it with the seed and with what happened before."""
        try:
            super().advance(duration)
        except (PromiseBroken, Exception) as error:
            raise AssertionError(f"seed {self.seed}: {error!r}\n{self.record.trace()}") from error

    def _check_failure(self, run: Run, *allowed: type[Exception]) -> None:
        """Check that a run failed only in one of these ways, and only after a fault."""
        if run.failed is None:
            return
        if not isinstance(run.failed, allowed):
            raise run.failed
        if not run.disturbed:
            raise PromiseBroken(f"{run} failed though there was no fault: {run.failed}") from run.failed

    def expect_wake(self, run: Run, service: Service) -> None:
        """Expect the wake that a run has recorded, even if the run failed."""
        state = self.state(service.name)
        requests = [state.requested_at, state.wake_requested] if state else []
        recorded = any(instant is not None and instant >= run.begun + run.clock_ahead for instant in requests)
        stop = self.record.last(service.name, stop=True)
        # A stop that ECS does not show yet cannot be distinguished from a later stop.
        taken_back = stop is not None and stop.by_hand and stop.at >= run.begun - OLDEST_ANSWER
        configured = self.checker.service(service.name)
        if recorded and not taken_back and configured is not None and configured.mode is Mode.ACT:
            self.tracker.wake_recorded(service.name, run.begun)


def _checked(run: Run) -> CheckedRun:
    assert isinstance(run, CheckedRun)
    return run


def _was_stopped(answer: Mapping[str, Any], service: Service) -> bool:
    """Return whether an answer says that its run has stopped a service, which ends every earlier request."""
    one = answer["services"][service.key]
    return bool(one["phase"] == Phase.ASLEEP and one["message"].endswith("goes to zero: this was requested"))
