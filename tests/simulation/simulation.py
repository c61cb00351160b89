"""A simulation that is judged: after every step the promises of design 1 hold, or it ends with ``PromiseBroken``."""

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
from simulator.fault_injection import Weather
from simulator.functions import asleep, scaled_up, tick
from simulator.http import Response, by_program
from simulator.ports.faults import Call, Fault
from simulator.routing import Ask
from simulator.runs import SLEEP, TICK, UNINSTALL, WAKE, Run
from simulator.simulation import START
from simulator.terraform import payload_of_terraform
from simulator.world import Timings

from .answer_checker import Courtesy
from .checked_run import JudgedRun
from .checked_wake import JudgedWake
from .patient_clients import follow
from .promise_checker import OLDEST_ANSWER, Referee
from .promise_tracker import A_GATEWAY_CONNECTOR, PromiseBroken, Watch

QUICK_WORLD: Final = Timings(deregistration=timedelta(seconds=30))


class Simulation(simulator.simulation.Simulation):
    """A simulation with its referee and its watch. ``answers``: those of wakes and sleeps, newest last."""

    def __init__(
        self,
        seed: int = 0,
        *,
        weather: Weather | None = None,
        timings: Timings = QUICK_WORLD,
        start: datetime = START,
        tick_second: float = 10.0,
    ) -> None:
        super().__init__(seed, weather=weather, timings=timings, start=start, tick_second=tick_second, traced=True)
        self.random = Random(seed)
        self.watch = Watch(self.ports, self.record)
        self.referee = Referee(self.ports, self.record, self.watch)
        self.answers: list[Mapping[str, object]] = []
        self.known_services: list[Service] = []
        self._courtesy = Courtesy(self)
        self._lost_at: dict[ServiceName, datetime] = {}

    # What there is, and what people do

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
        self.watch.count_by_hand(service.name, desired)

    def configure(self, service: Service) -> None:
        super().configure(service)
        self.watch.disturb(service.name)
        self.watch.deployments.forget(service.name)
        if service.mode is not Mode.ACT:
            self.watch.of(service.name).asked = None

    def leave(self, name: ServiceName) -> None:
        super().leave(name)
        self.watch.disturb(name)
        self.watch.deployments.forget(name)

    def lose_memory(self, name: ServiceName) -> None:
        super().lose_memory(name)
        self._lost_at[name] = self.world.now
        self.watch.forgotten(name)
        self.referee.news.lost(name)

    def request(self, service: Service, group: int = 0) -> bool:
        """Send a request; say whether a target was chosen for it. One with wake rules is asked as programs ask."""
        if service.wake_on_request is not None:
            return follow(self, service, by_program(service, group)).by_application
        return super().request(service, group)

    def set_by_hand(self, name: ServiceName, desired: int) -> None:
        super().set_by_hand(name, desired)
        self.watch.count_by_hand(name, desired)

    def deploy(self, name: ServiceName, gateway_connectors: Sequence[str] | None = None) -> None:
        super().deploy(name, gateway_connectors)
        if gateway_connectors is not None:
            hinder = self.watch.hinder if gateway_connectors else self.watch.no_longer_hinder
            hinder(name, A_GATEWAY_CONNECTOR)
        self.watch.disturb(name)

    # What the judges are shown

    def call_meets(self, run: Run, call: Call, fault: Fault | None) -> None:
        self.referee.sees(_judged(run), call, fault)

    def run_waits(self, run: Run, seconds: float) -> None:
        self.referee.sees_waiting(_judged(run), seconds)

    def run_ends(self, run: Run, *, cut_off: bool) -> None:
        self.referee.ends(_judged(run), cut_off=cut_off)

    def disturbed(self, name: ServiceName | None) -> None:
        self.watch.disturb(name)

    def visit_begins(self, run: Run, service: Service, ask: Ask) -> None:
        _judged(run).wish = self.watch.wish(service, ask, self.memory(service.name))

    def answered(self, service: Service, ask: Ask, response: Response, run: Run | None) -> None:
        visit = None if run is None else _judged(run)
        if visit is not None and visit.wish is not None:
            visit.wish.answered = self.world.now
            self.watch.wished(service.name, asked=False)
            visit.wish.sound = visit.is_fault_free(service.name)
        self._courtesy.judge(service, ask, response, visit)

    def logged(self, run: Run | None, record: logging.LogRecord) -> None:
        if run is not None:
            self.referee.news.starts.logged(_judged(run), record)

    # What runs

    def new_run(self, kind: str) -> JudgedRun:
        return JudgedRun(kind, self.number_of_next_run(kind), self.world.now)

    def tick(self) -> JudgedRun:
        run = self.carry_out(self.new_run(TICK), tick)
        self._judge_failure(run, TickFailed, CallFailed)
        for name, described in run.described.items():
            if described.deployment_running:
                self.watch.deployment_seen(name)
            if described.deployment_running and run.is_fault_free(name):
                self.watch.deployments.seen(name, described.deployed_at, described.at)
            if run.is_fault_free(name):
                self.watch.fault_free_tick(name, run.begun)
        for service in self.ports.table.services.values():
            if run.is_fault_free(service.name):
                self.referee.news.fault_free_tick(service.name, run.begun)
        return run

    def sleep(self, payload: Mapping[str, object]) -> JudgedRun:
        """One run of scale-to-zero, now, that is asked to put services to sleep; being refused is no fault."""
        run = self.new_run(SLEEP)
        run.lifts_holds = payload.get("force") is True
        named = [payload["service"]] if "service" in payload else payload.get("services")
        asked = [one for one in self.ports.table.services.values() if isinstance(named, list) and one.key in named]
        for service in asked:
            self.watch.wake_begins(service.name)
        try:
            answer = self.carry_out(run, asleep(payload)).answer
            if isinstance(answer, Mapping):
                self.answers.append(answer)
                for service in asked:
                    if _was_stopped(answer, service):
                        self.watch.stopped_on_request(service.name)
            if not isinstance(run.failed, PayloadRefused):
                self._judge_failure(run, WakeFailed, CallFailed)
        finally:
            for service in asked if not self.is_closing else ():
                memory = self.memory(service.name)
                if memory is not None and memory.sleep_requested is not None:
                    self.watch.asked_to_sleep(service.name)
        return run

    def wake(self, payload: Mapping[str, object] | None = None, kind: str = WAKE) -> JudgedRun:
        run = self.new_run(kind)
        wake = JudgedWake(self, run, payload or {})
        try:
            self.carry_out(run, wake)
            if kind == WAKE and isinstance(run.answer, Mapping):
                self.answers.append(run.answer)
            if kind == WAKE or not isinstance(run.failed, PayloadRefused):
                self._judge_failure(run, WakeFailed, CallFailed)
        finally:
            for service in wake.asked if kind == WAKE and not self.is_closing else ():
                self.watch.wished(service.name, asked=False)
                self.promise(run, service)
        wake.judge()
        return run

    def hold_all(self, lasts: timedelta | None) -> JudgedRun:
        run = self.new_run(WAKE)
        payload = self.all_held(lasts)
        services = list(self.ports.table.services.values())
        for service in services:
            self.watch.wake_begins(service.name)
            if lasts is not None:
                self.watch.wished(service.name)
        try:
            self.carry_out(run, scaled_up(payload))
            self._judge_failure(run, PayloadRefused, CallFailed)
        finally:
            for service in services if not self.is_closing else ():
                self.watch.wake_begins(service.name)
                if lasts is not None:
                    self.watch.wished(service.name, asked=False)
                    self.promise(run, service)
        return run

    def invoke_as_terraform(self, service: Service, action: str, mode_before: Mode | None = None) -> bool:
        """One run of scale-up as ``aws_lambda_invocation`` starts it; say whether it worked.

        Only where the memory of a stop was lost, and the mode is not ``act``, nobody can know who stopped the service.
        """
        run = self.new_run(UNINSTALL)
        run.services[service.name] = service
        self.watch.disturb(service.name)
        self.carry_out(run, scaled_up(payload_of_terraform(service, mode_before, action)))
        self._judge_failure(run, UninstallFailed)
        if run.failed is not None:
            return False
        leaves = action == "delete"
        if leaves:
            self.watch.left(service.name)
        if leaves or (mode_before is Mode.ACT and service.mode is not Mode.ACT):
            self._must_run(run, service)
        return True

    def _must_run(self, run: Run, service: Service) -> None:
        stop = self.record.last(service.name, stop=True)
        if self.referee.desired(service.name) > 0 or stop is None or stop.by_hand:
            return
        lost = self._lost_at.get(service.name)
        if lost is None or lost < stop.at - MINUTE or service.mode is Mode.ACT:
            raise PromiseBroken(f"{run} left {service.name} at zero, though {stop.by} had stopped it")

    def advance(self, duration: timedelta) -> None:
        """Let time pass. A broken promise is raised with the seed and what happened before."""
        try:
            super().advance(duration)
        except (PromiseBroken, Exception) as error:
            raise AssertionError(f"seed {self.seed}: {error!r}\n{self.record.trace()}") from error

    def _judge_failure(self, run: Run, *allowed: type[Exception]) -> None:
        """A run may fail in these ways only, and only where something was wrong."""
        if run.failed is None:
            return
        if not isinstance(run.failed, allowed):
            raise run.failed
        if not run.troubled:
            raise PromiseBroken(f"{run} failed though nothing was wrong: {run.failed}") from run.failed

    def promise(self, run: Run, service: Service) -> None:
        """Watch that a request that a run has recorded is kept, whatever became of the run."""
        memory = self.memory(service.name)
        asked = [memory.asked, memory.wake_requested] if memory else []
        recorded = any(instant is not None and instant >= run.begun + run.clock_ahead for instant in asked)
        stop = self.record.last(service.name, stop=True)
        # A stop that ECS did not show yet cannot be told from one that came afterwards.
        taken_back = stop is not None and stop.by_hand and stop.at >= run.begun - OLDEST_ANSWER
        configured = self.referee.service(service.name)
        if recorded and not taken_back and configured is not None and configured.mode is Mode.ACT:
            self.watch.asked_to_wake(service.name, run.begun)


def _judged(run: Run) -> JudgedRun:
    assert isinstance(run, JudgedRun)
    return run


def _was_stopped(told: Mapping[str, Any], service: Service) -> bool:
    """Whether an answer says that its own run has stopped a service, which is later than any request before it."""
    one = told["services"][service.key]
    return bool(one["phase"] == Phase.ASLEEP and one["message"].endswith("goes to zero: somebody asked for it"))
