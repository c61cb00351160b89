"""A few services of one world in virtual time, managed by the same functions that are deployed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Self, TypeVar

from greenlet import getcurrent, greenlet

from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules.payload import PayloadRefused

from . import http
from .calls import Calls
from .fault_injection import USUAL_DELIVERY, FaultPlan, NoFaults
from .functions import FAILURES, Function, asleep, scaled_up, tick
from .hooks import Hooks
from .load_balancer import LoadBalancer
from .ports.faults import RunCutOff
from .ports.in_memory import InMemoryPorts
from .record import BY_HAND, BY_SCALING, LogLines, Record
from .routing import Routing
from .runs import SCALE_UP, SLEEP, TICK, TIME_LIMITS, UNINSTALL, VISIT, WATCHER, Run
from .terraform import payload_of_terraform
from .turns import Turns
from .world import ScalingActivity, Timings, World

START: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
AnyRun = TypeVar("AnyRun", bound=Run)


class Simulation(Hooks):
    """One world with services and their functions, which tick every minute. Use it in a ``with`` statement.

    Use one at a time, because all functions of a process write into the same log.

    ``fault_plan``: what happens to calls; it may be changed at any time. ``ticking``: whether a tick runs each minute.
    ``traced``: whether a readable trace is kept, which takes a tenth of the time; without it, only warnings and
    errors of the functions' log are shown.
    A subclass overrides the methods of ``Hooks`` that it needs.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        fault_plan: FaultPlan | None = None,
        timings: Timings | None = None,
        start: datetime = START,
        tick_second: float = 10.0,
        traced: bool = False,
    ) -> None:
        self.seed = seed
        self.world = World(seed, start, timings)
        self.ports = InMemoryPorts(self.world)
        self.record = Record(lambda: self.world.now, traced)
        self.turns = Turns(self.world)
        self.routing = Routing(self.ports)
        self.load_balancer = LoadBalancer(self)
        self.ticking = True
        self.is_closing = False
        self._calls = Calls(self.ports, self.turns, self.record, self, fault_plan or NoFaults())
        self._numbers = dict.fromkeys(TIME_LIMITS, 0)
        self._under_way: dict[greenlet, Run] = {}
        self.ports.watcher = self._start_watcher
        self.world.scaling.on_activity = self._record_activity
        self.turns.at(start + timedelta(seconds=tick_second), self._tick_every_minute)

    def __enter__(self) -> Self:
        """Start to listen to the functions' log."""
        self._log = LogLines(self.record, self, self.current_run)
        self._log.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every run."""
        self.is_closing = True
        try:
            self.turns.__exit__(kind, error, trace)
        finally:
            self._log.end()

    @property
    def fault_plan(self) -> FaultPlan:
        """What happens to calls."""
        return self._calls.fault_plan

    @fault_plan.setter
    def fault_plan(self, fault_plan: FaultPlan) -> None:
        self._calls.fault_plan = fault_plan

    def _record_activity(self, activity: ScalingActivity) -> None:
        name = ServiceName(activity.cluster, activity.name)
        self.record.count_changes(name, activity.before, activity.after, f"{BY_SCALING}: {activity.cause}")
        self.count_scaled(activity)

    # What there is

    @property
    def under_way(self) -> tuple[Run, ...]:
        """The runs that have begun and not ended."""
        return tuple(self._under_way.values())

    def add_service(
        self,
        service: Service,
        desired: int = 1,
        health_check_grace: timedelta = timedelta(0),
        *,
        deploying: bool = False,
    ) -> None:
        """Create a service in ECS and configure the module for it.

        ``deploying``: its first deployment still runs; otherwise the service has existed for a long time.
        """
        bindings = [(service.load_balancer_arn, arn, 8080) for arn in service.target_group_arns]
        self.world.create_service(
            *service.name, desired, bindings, health_check_grace=health_check_grace, deploying=deploying
        )
        self.configure(service)

    def configure(self, service: Service) -> None:
        """Apply the module with this configuration of a service."""
        self.record.note("configured: %s", service)
        self.routing.build(service)
        self.ports.table.services[service.key] = service

    def leave(self, name: ServiceName) -> None:
        """Apply the module without a service: its configuration is deleted."""
        self.record.note("%s has left the module", name)
        table = self.ports.table
        for service in table.services.values():
            if service.name == name:
                self.routing.destroy(service)
        table.services = {key: service for key, service in table.services.items() if service.name != name}

    def lose_state(self, name: ServiceName) -> None:
        """Delete a service's item from the table."""
        self.record.note("the service state of %s is lost", name)
        self.ports.table.delete_state(name)

    def state(self, name: ServiceName) -> ServiceState | None:
        """Return the stored state of a service, ``None`` if there is none."""
        return self.ports.table.states.get(name)

    # What operators and clients do

    def request(self, service: Service, group: int = 0) -> bool:
        """Send a request, and return whether a target was chosen for it. With wake rules only runs can call this."""
        if service.wake_on_request is not None:
            return self.load_balancer.send(service, http.by_program(service, group)).by_application
        arn = service.target_group_arns[group]
        load_balancer = self.world.load_balancer(arn)
        assert load_balancer is not None
        met = self.world.request(load_balancer, arn) is not None
        self.record.note("request at %s%s", service.key, "" if met else ": no target")
        if met:
            self.record.request(arn)
        return met

    def set_by_hand(self, name: ServiceName, desired: int) -> None:
        """Set the desired count as ``aws ecs update-service --desired-count`` does."""
        before = self.world.describe_service(*name).desired
        self.world.set_desired_count(*name, desired)
        self.record.count_changes(name, before, desired, BY_HAND)

    def deploy(self, name: ServiceName, gateway_connectors: Sequence[str] | None = None) -> None:
        """Start a deployment as ``aws ecs update-service --force-new-deployment`` does.

        ``gateway_connectors``: its gateway connectors; with ``None`` they stay as they were.
        """
        self.record.note("deployment of %s begins", name)
        self.world.start_deployment(*name, gateway_connectors=gateway_connectors)

    # Runs. Each method raises ``RunCutOff`` if the run is cut off.

    def tick(self) -> Run:
        """Run scale-to-zero once, now."""
        return self.carry_out(self.new_run(TICK), tick)

    def sleep(self, payload: Mapping[str, object]) -> Run:
        """Run scale-to-zero once, now, with a request to put services to sleep."""
        return self.carry_out(self.new_run(SLEEP), asleep(payload))

    def wake(self, payload: Mapping[str, object] | None = None, kind: str = SCALE_UP) -> Run:
        """Run scale-up once, now: with an operator's payload, or as a watcher."""
        return self.carry_out(self.new_run(kind), scaled_up(payload or {}))

    def hold_all(self, lasts: timedelta | None) -> Run:
        """Run scale-up once, now, to hold every service for ``lasts``, or with ``None`` to release them."""
        return self.carry_out(self.new_run(SCALE_UP), scaled_up(self.hold_all_payload(lasts)))

    def hold_all_payload(self, lasts: timedelta | None) -> dict[str, object]:
        """Return the payload that holds every service for ``lasts`` from now, or with ``None`` releases them."""
        until = None if lasts is None else self.world.now + lasts
        return {"hold_all_until": until and until.isoformat(), "reason": "incident"}

    def uninstall(self, service: Service, mode_before: Mode | None = None) -> bool:
        """Invoke scale-up as Terraform does when a service leaves or its mode changes; return whether it succeeded."""
        return self.invoke_as_terraform(service, "delete" if mode_before is None else "update", mode_before)

    def invoke_as_terraform(self, service: Service, action: str, mode_before: Mode | None = None) -> bool:
        """Run scale-up once as ``aws_lambda_invocation`` starts it; return whether it succeeded."""
        payload = payload_of_terraform(service, mode_before, action)
        return self.carry_out(self.new_run(UNINSTALL), scaled_up(payload)).failed is None

    def carry_out(self, run: AnyRun, function: Function) -> AnyRun:
        """Let a run do its work, and keep its answer or why it failed. Raises ``RunCutOff``."""
        try:
            with self.running(run) as ports:
                run.answer = function(ports, run.ends_at_by_its_clock)
                if run.kind != TICK:
                    self.record.note("%s was answered: %s", run, run.answer)
        except PayloadRefused as refused:
            run.failed = refused
            self.record.note("%s was refused: %s", run, refused)
        except FAILURES as failed:
            run.failed = failed
            self.record.note("%s failed: %s", run, failed)
        return run

    def new_run(self, kind: str) -> Run:
        """Make a run that begins now."""
        return Run(kind, self.number_of_next_run(kind), self.world.now)

    def number_of_next_run(self, kind: str) -> int:
        """Count a run of this kind that begins now, and return its number."""
        self._numbers[kind] += 1
        return self._numbers[kind]

    @property
    def runs_begun(self) -> Mapping[str, int]:
        """How many runs of each kind have begun so far."""
        return dict(self._numbers)

    @contextmanager
    def running(self, run: Run) -> Iterator[Ports]:
        """Begin a run, yield its ports, and end it."""
        if run.kind != VISIT:
            self.record.note("%s begins", run)
        ports = self._calls.ports_of(run)
        here, cut_off = getcurrent(), False
        self._under_way[here] = run
        try:
            yield ports.gathered()
        except RunCutOff:
            cut_off = True
            if not self.is_closing:
                self.record.note("%s was cut off", run)
                self.disturbed(run.visited)
            raise
        finally:
            del self._under_way[here]
            self.run_ends(run, cut_off=cut_off)

    def current_run(self) -> Run | None:
        """Return the run that is under way now, ``None`` if none is."""
        return self._under_way.get(getcurrent())

    def _start_watcher(self, keys: Sequence[str]) -> None:
        """Accept the call at once, as Lambda does. A run of scale-up starts soon; with faults much later, or never."""
        delivery = self.fault_plan.delivery()
        if delivery != USUAL_DELIVERY:
            self.record.note("the watcher for %s %s", keys, f"begins only after {delivery}" if delivery else "is lost")
            for service in self.ports.table.services.values():
                if service.key in keys:
                    self.disturbed(service.name)
        if delivery is not None:
            self.after(delivery, lambda: self.wake({"services": list(keys), "watcher": True}, WATCHER))

    # Time

    def advance(self, duration: timedelta) -> None:
        """Let time pass."""
        self.turns.run_until(self.world.now + duration)

    def minutes(self, minutes: float) -> None:
        """Let some minutes pass."""
        self.advance(minutes * MINUTE)

    def at(self, instant: datetime, begin: Callable[[], object]) -> None:
        """Call ``begin`` at an instant."""
        self.turns.at(instant, begin)

    def after(self, duration: timedelta, begin: Callable[[], object]) -> None:
        """Call ``begin`` after a duration."""
        self.at(self.world.now + duration, begin)

    def now_or_fail(self, begin: Callable[[], object]) -> None:
        """Call ``begin`` now, and let time pass until it has ended."""
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
