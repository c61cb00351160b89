"""A few services of one world, looked after by the very functions that are deployed, in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Final, Self

from scale_to_zero.errors import CallFailed
from scale_to_zero.memory import Hold, Memory, Phase, ServiceName
from scale_to_zero.model import Mode, Service
from scale_to_zero.payload import PayloadRefused, WakeRequest, named_services, read_wake_request
from scale_to_zero.ports import Ports
from scale_to_zero.quantities import MINUTE
from scale_to_zero.reading import read_named
from scale_to_zero.scale_up import carry_out, run_scale_up
from scale_to_zero.sleep import run_sleep
from scale_to_zero.tick import TickFailed, run_tick
from scale_to_zero.uninstall import UninstallFailed, read_uninstall, uninstall
from scale_to_zero.wake import Progress, WakeFailed, answer
from simulator.http import by_program
from simulator.ports.faults import RunCutOff
from simulator.ports.in_memory import InMemoryPorts
from simulator.record import BY_HAND, Chronicle, LogLines
from simulator.routing import Routing
from simulator.runs import (
    ESCORT,
    SLEEP,
    TICK,
    TIME_LIMITS,
    UNINSTALL,
    USUAL_DELIVERY,
    VISIT,
    WAKE,
    FairWeather,
    Run,
    Weather,
)
from simulator.turns import Turns
from simulator.world import Timings, World

from .door import Door
from .guests import follow
from .house import LONGEST_HOLD
from .passage import Passage
from .referee import OLDEST_ANSWER, Referee
from .terraform import payload_of_terraform
from .watch import A_GATEWAY_CONNECTOR, PromiseBroken, Watch

START: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
RECORDED_SOON: Final = timedelta(seconds=5)
"""So soon an escort has recorded the wish it was sent for."""
QUICK_WORLD: Final = Timings(deregistration=timedelta(seconds=30))


class Simulation:
    """One world with its functions, its referee and its watch. Use it in a ``with`` statement.

    ``weather``: what happens to calls; change it at any time. ``answers``: those of wakes, newest last.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        weather: Weather | None = None,
        timings: Timings = QUICK_WORLD,
        start: datetime = START,
        tick_second: float = 10.0,
    ) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.world = World(seed, start, timings)
        self.ports = InMemoryPorts(self.world)
        self.chronicle = Chronicle(lambda: self.world.now)
        self.watch = Watch(self.ports, self.chronicle)
        self.referee = Referee(self.ports, self.chronicle, self.watch)
        self.turns = Turns(self.world)
        self._passage = Passage(
            self.ports, self.turns, self.chronicle, self.referee, self.watch, weather or FairWeather()
        )
        self.answers: list[Mapping[str, object]] = []
        self.ticking = True
        self.known_services: list[Service] = []
        self._numbers = dict.fromkeys(TIME_LIMITS, 0)
        self.is_closing = False
        self.routing = Routing(self.ports)
        self.door = Door(self, self.routing)
        self.ports.escort = self._send_escort
        self._lost_at: dict[ServiceName, datetime] = {}
        self.turns.at(start + timedelta(seconds=tick_second), self._tick_every_minute)

    def __enter__(self) -> Self:
        """Begin."""
        self._log = LogLines(self.chronicle)
        self._log.begin()
        return self

    def __exit__(self, *error: object) -> None:
        """End every run."""
        self.is_closing = True
        self.turns.__exit__(None, None, None)
        self._log.end()

    @property
    def weather(self) -> Weather:
        """What happens to calls."""
        return self._passage.weather

    @weather.setter
    def weather(self, weather: Weather) -> None:
        self._passage.weather = weather

    # What there is

    def add_service(
        self,
        service: Service,
        desired: int = 1,
        health_check_grace: timedelta = timedelta(0),
        *,
        deploying: bool = False,
    ) -> None:
        """Hand a service to the module that ECS has for long, or, where it is ``deploying``, that was just created."""
        bindings = [(service.load_balancer_arn, arn, 8080) for arn in service.target_group_arns]
        self.world.create_service(
            *service.name, desired, bindings, health_check_grace=health_check_grace, deploying=deploying
        )
        self.known_services.append(service)
        self.configure(service)
        self.watch.count_by_hand(service.name, desired)

    def configure(self, service: Service) -> None:
        """Apply the module with this configuration of a service."""
        self.chronicle.note("configured: %s", service)
        self.routing.build(service)
        self.ports.table.services[service.key] = service
        self.watch.disturb(service.name)
        self.watch.deployments.forget(service.name)
        if service.mode is not Mode.ACT:
            self.watch.of(service.name).asked = None

    def leave(self, name: ServiceName) -> None:
        """Apply the module without a service: its configuration is deleted."""
        self.chronicle.note("%s has left the module", name)
        table = self.ports.table
        for service in table.services.values():
            if service.name == name:
                self.routing.destroy(service)
        table.services = {key: service for key, service in table.services.items() if service.name != name}
        self.watch.disturb(name)
        self.watch.deployments.forget(name)

    def lose_memory(self, name: ServiceName) -> None:
        """Somebody deletes a service's item from the table."""
        self.chronicle.note("the memory of %s is lost", name)
        self.ports.table.delete_memory(name)
        self._lost_at[name] = self.world.now
        self.watch.forgotten(name)
        self.referee.news.lost(name)

    def memory(self, name: ServiceName) -> Memory | None:
        """What is remembered of a service."""
        return self.ports.table.memories.get(name)

    # What people do

    def request(self, service: Service, group: int = 0) -> bool:
        """Send a request; say whether a target was chosen for it. One with wake rules is asked as programs ask."""
        if service.wake_on_request is not None:
            return follow(self, service, by_program(service, group)).by_application
        arn = service.target_group_arns[group]
        load_balancer = self.world.load_balancer(arn)
        assert load_balancer is not None
        met = self.world.request(load_balancer, arn) is not None
        self.chronicle.note("request at %s%s", service.key, "" if met else ": no target")
        if met:
            self.chronicle.request(arn)
        return met

    def set_by_hand(self, name: ServiceName, desired: int) -> None:
        """``aws ecs update-service --desired-count``."""
        before = self.referee.desired(name)
        self.world.set_desired_count(*name, desired)
        self.chronicle.count_changes(name, before, desired, BY_HAND)
        self.watch.count_by_hand(name, desired)

    def deploy(self, name: ServiceName, gateway_connectors: Sequence[str] | None = None) -> None:
        """``aws ecs update-service --force-new-deployment``, with other gateway connectors if some are named."""
        self.chronicle.note("deployment of %s begins", name)
        self.world.start_deployment(*name, gateway_connectors=gateway_connectors)
        if gateway_connectors is not None:
            hinder = self.watch.hinder if gateway_connectors else self.watch.no_longer_hinder
            hinder(name, A_GATEWAY_CONNECTOR)
        self.watch.disturb(name)

    # What runs

    def tick(self) -> Run:
        """One run of scale-to-zero, now."""
        run = self.new_run(TICK)
        try:
            with self.running(run) as ports:
                run_tick(ports, publish=False, ends_at=run.ends_at_by_its_clock)
        except (TickFailed, CallFailed) as failed:
            self._failed(run, failed)
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

    def sleep(self, payload: Mapping[str, object]) -> Run:
        """One run of scale-to-zero, now, that is asked to put services to sleep; being refused is no fault."""
        run = self.new_run(SLEEP)
        run.lifts_holds = payload.get("force") is True
        named = [payload["service"]] if "service" in payload else payload.get("services")
        asked = [one for one in self.ports.table.services.values() if isinstance(named, list) and one.key in named]
        for service in asked:
            self.watch.wake_begins(service.name)
        try:
            with self.running(run) as ports:
                told = run_sleep(ports, payload, ends_at=run.ends_at_by_its_clock)
                self.chronicle.note("%s was answered: %s", run, told)
                self.answers.append(told)
                for service in asked:
                    if _was_stopped(told, service):
                        self.watch.stopped_on_request(service.name)
        except PayloadRefused as refused:
            self.chronicle.note("%s was refused: %s", run, refused)
        except (WakeFailed, CallFailed) as failed:
            self._failed(run, failed)
        finally:
            for service in asked if not self.is_closing else ():
                memory = self.memory(service.name)
                if memory is not None and memory.sleep_requested is not None:
                    self.watch.asked_to_sleep(service.name)
        return run

    def wake(self, payload: Mapping[str, object] | None = None, kind: str = WAKE) -> Run:
        """One run of scale-up, now: with a payload of a person's, or as an escort."""
        run = self.new_run(kind)
        progress: list[Progress] = []
        held_before: dict[ServiceName, Hold] = {}
        asked: tuple[Service, ...] = ()
        try:
            with self.running(run) as ports:
                stored = read_named(ports, named_services(payload or {}))
                request = read_wake_request(payload or {}, stored.services, stored.broken, longest_hold=LONGEST_HOLD)
                asked = () if request.release else request.services
                memories = {one.name: self.memory(one.name) for one in request.services}
                held_before = {name: memory.hold for name, memory in memories.items() if memory and memory.hold}
                self._expect(run, request)
                progress = carry_out(
                    ports, request, stored, began=run.begun + run.clock_ahead, ends_at=run.ends_at_by_its_clock
                )
                told = answer(progress, run.begun + run.clock_ahead, stored)
                if kind == WAKE:
                    self.answers.append(told)
                self.chronicle.note("%s was answered: %s", run, told)
        except (WakeFailed, CallFailed) as failed:
            self._failed(run, failed)
        except PayloadRefused as refused:
            if kind == WAKE:
                raise
            self.chronicle.note("%s was refused: %s", run, refused)
        finally:
            for service in asked if kind == WAKE and not self.is_closing else ():
                self.watch.wished(service.name, asked=False)
                self._promise(run, service)
        for step in progress:
            self._judge_holds(run, request, step, held_before.get(step.service.name))
            if step.fault and not run.troubled:
                raise PromiseBroken(f"{run} failed though nothing was wrong: {step.message}")
        return run

    def hold_all(self, lasts: timedelta | None) -> Run:
        """One run of scale-up, now, that holds every service for so long, or, without it, releases them."""
        run = self.new_run(WAKE)
        until = None if lasts is None else self.world.now + lasts
        payload = {"hold_all_until": until and until.isoformat(), "reason": "incident"}
        services = list(self.ports.table.services.values())
        for service in services:
            self.watch.wake_begins(service.name)
            if until is not None:
                self.watch.wished(service.name)
        try:
            with self.running(run) as ports:
                told = run_scale_up(ports, payload, longest_hold=LONGEST_HOLD, ends_at=run.ends_at_by_its_clock)
                self.chronicle.note("%s was answered: %s", run, told)
        except (PayloadRefused, CallFailed) as failed:
            self._failed(run, failed)
        finally:
            for service in services if not self.is_closing else ():
                self.watch.wake_begins(service.name)
                if until is not None:
                    self.watch.wished(service.name, asked=False)
                    self._promise(run, service)
        return run

    def _judge_holds(self, run: Run, request: WakeRequest, step: Progress, before: Hold | None) -> None:
        """Judge what the caller was told of a hold, and that a release that met no trouble has lifted it."""
        name, memory = step.service.name, self.memory(step.service.name)
        if step.fault or step.refused:
            return
        if request.hold is not None:
            self.referee.of_holds.judge_answer(run, name, request.hold)
        stood = before is not None and before.until > self.world.now + run.clock_ahead
        if request.release and stood and not run.troubled and memory is not None and memory.hold == before:
            raise PromiseBroken(f"{name} was released by {run}, and is still held: {before}")

    def _expect(self, run: Run, request: WakeRequest) -> None:
        run.lifts_holds = request.release
        for service in request.services:
            self.watch.wake_begins(service.name)
            if request.release:
                continue
            if run.kind == WAKE:
                self.watch.wished(service.name)
            else:  # it ends only with the wake itself
                self.after(RECORDED_SOON, partial(self._promise, run, service))

    def _send_escort(self, keys: Sequence[str]) -> None:
        """Lambda takes the call at once and starts a run of scale-up soon; in a storm much later, or never."""
        delivery = self.weather.delivery()
        if delivery != USUAL_DELIVERY:
            self.chronicle.note(
                "the escort for %s %s", keys, f"begins only after {delivery}" if delivery else "is lost"
            )
            for service in self.ports.table.services.values():
                if service.key in keys:
                    self.watch.disturb(service.name)
        if delivery is not None:
            self.after(delivery, lambda: self.wake({"services": list(keys), "escort": True}, ESCORT))

    def uninstall(self, service: Service, mode_before: Mode | None = None) -> bool:
        """What Terraform does when a service leaves, or its mode changes; say whether it worked."""
        return self.invoke_as_terraform(service, "delete" if mode_before is None else "update", mode_before)

    def invoke_as_terraform(self, service: Service, action: str, mode_before: Mode | None = None) -> bool:
        """One run of scale-up as ``aws_lambda_invocation`` starts it; say whether it worked.

        Only where the memory of a stop was lost, and the mode is not ``act``, nobody can know who stopped the service.
        """
        run = self.new_run(UNINSTALL)
        run.services[service.name] = service
        self.watch.disturb(service.name)
        try:
            with self.running(run) as ports:
                asked = read_uninstall(payload_of_terraform(service, mode_before, action))
                answered = uninstall(ports, asked, ends_at=run.ends_at_by_its_clock)
                self.chronicle.note("%s was answered: %s", run, answered)
        except UninstallFailed as failed:
            self._failed(run, failed)
            return False
        if asked.leaves:
            self.watch.left(service.name)
        if asked.leaves or asked.released:
            self._must_run(run, service)
        return True

    def _must_run(self, run: Run, service: Service) -> None:
        stop = self.chronicle.last(service.name, stop=True)
        if self.referee.desired(service.name) > 0 or stop is None or stop.by_hand:
            return
        lost = self._lost_at.get(service.name)
        if lost is None or lost < stop.at - MINUTE or service.mode is Mode.ACT:
            raise PromiseBroken(f"{run} left {service.name} at zero, though {stop.by} had stopped it")

    # Time

    def advance(self, duration: timedelta) -> None:
        """Let time pass. A broken promise is raised with the seed and what happened before."""
        try:
            self.turns.run_until(self.world.now + duration)
        except (PromiseBroken, Exception) as error:
            raise AssertionError(f"seed {self.seed}: {error!r}\n{self.chronicle.trace()}") from error

    def minutes(self, minutes: float) -> None:
        """Let some minutes pass."""
        self.advance(minutes * MINUTE)

    def at(self, instant: datetime, begin: Callable[[], object]) -> None:
        """Let something begin at an instant."""
        self.turns.at(instant, begin)

    def after(self, duration: timedelta, begin: Callable[[], object]) -> None:
        """Let something begin after a duration."""
        self.at(self.world.now + duration, begin)

    def now_or_fail(self, begin: Callable[[], object]) -> None:
        """Let something happen now, and end, before anything else is told."""
        ended: list[bool] = []

        def whole() -> None:
            begin()
            ended.append(True)

        self.after(timedelta(0), whole)
        while not ended:
            self.advance(timedelta(seconds=1))

    def _tick_every_minute(self) -> None:
        self.turns.at(self.world.now + MINUTE, self._tick_every_minute)
        if self.ticking:
            self.tick()

    @property
    def runs_begun(self) -> Mapping[str, int]:
        """How many runs of each kind have begun so far."""
        return dict(self._numbers)

    def new_run(self, kind: str) -> Run:
        """A run that begins now."""
        self._numbers[kind] += 1
        return Run(kind, self._numbers[kind], self.world.now)

    @contextmanager
    def running(self, run: Run) -> Iterator[Ports]:
        """Begin and end a run; inside it the ports are as it meets them."""
        if run.kind != VISIT:
            self.chronicle.note("%s begins", run)
        ports = self._passage.ports_of(run)
        cut_off = False
        try:
            yield ports.gathered()
        except RunCutOff:
            cut_off = True
            if not self.is_closing:
                self.chronicle.note("%s was cut off", run)
                self.watch.disturb(run.visited)
            raise
        finally:
            self.referee.ends(run, cut_off=cut_off)

    def _failed(self, run: Run, error: Exception) -> None:
        self.chronicle.note("%s failed: %s", run, error)
        if not run.troubled:
            raise PromiseBroken(f"{run} failed though nothing was wrong: {error}") from error

    def _promise(self, run: Run, service: Service) -> None:
        """A wish that was recorded is a promise, whatever became of the run."""
        memory = self.memory(service.name)
        asked = [memory.asked, memory.wake_requested] if memory else []
        recorded = any(instant is not None and instant >= run.begun + run.clock_ahead for instant in asked)
        stop = self.chronicle.last(service.name, stop=True)
        # A stop that ECS did not show yet cannot be told from one that came afterwards.
        taken_back = stop is not None and stop.by_hand and stop.at >= run.begun - OLDEST_ANSWER
        configured = self.referee.service(service.name)
        if recorded and not taken_back and configured is not None and configured.mode is Mode.ACT:
            self.watch.asked_to_wake(service.name, run.begun)


def _was_stopped(told: Mapping[str, object], service: Service) -> bool:
    """Whether an answer says that its own run has stopped a service, which is later than any request before it."""
    services = told["services"]
    assert isinstance(services, dict)
    one = services[service.key]
    return bool(one["phase"] == Phase.ASLEEP and one["message"].endswith("goes to zero: somebody asked for it"))
