"""The ports in memory, over a ``World`` and a table that consists of a few dictionaries.

The same contract tests run on them and on the ports on AWS. They are not safe for threads: their executor runs each
call at once in the caller's thread.

    ports = InMemoryPorts(world, [Service("web", ServiceName("cluster", "web"), ...)])
    ports.faults.fail("set_desired_count", Fault.ANSWER_LOST, times=1)
    run_tick(ports.gathered(), ...)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from copy import copy
from datetime import datetime, timedelta
from typing import Final, ParamSpec, TypeVar

from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.errors import CallFailed, CallForbidden, CallRefused
from scale_to_zero.model.metrics import Series, SeriesKey, StateMetric
from scale_to_zero.model.notification import Notification
from scale_to_zero.model.observed import ServiceFacts, Unknown
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.ports import Ports
from simulator.world import NoSuchService, ServiceDescription, World
from simulator.world.measurements import metric_of_pair
from simulator.world.metrics import StatusCode

from .faults import Fault, FaultOf, Faults, RunCutOff
from .load_balancing import InMemoryListenerRules, InMemoryTargetGroups, Listeners
from .reporting import DatedMeasure, InMemoryFunctions, InMemoryMeasures, InMemoryNotifications, Invoke, no_answer
from .scaling import InMemoryScalableTargets
from .services import InMemoryServices, facts_of
from .table import InMemoryConfiguration, InMemoryTable, TableItems

STATISTICS: Final = {"RequestCount": "Sum", "HealthyHostCount": "Maximum"}

P = ParamSpec("P")
R = TypeVar("R")


class InMemoryPorts:
    """Every port over one world. Change its public attributes to change what the ports see.

    ``forecasting``: services that a predictive scaling policy may change. It has no effect in the world.
    ``listeners``: the rules of every listener. ``protected_until``: by service, when the protection of its tasks ends.
    ``watcher``: called with service keys to start a watcher; by default it does nothing (``faults`` records the call).
    ``sent_notifications`` and ``measured``: the notifications and measures that were sent, oldest first.
    ``invoke_scale_up``, ``invoke_scale_to_zero``: return what these functions answer.
    ``seen_as``: by service, changes the facts before ``describe`` returns them (to a DAEMON, a new traffic source).
    ``sleep``: called to wait; by default the world's time passes. ``clock_ahead``: how far the clock is ahead.
    """

    def __init__(
        self, world: World, services: Iterable[Service] = (), metric_namespace: str = "CityGuided/ECS"
    ) -> None:
        self.world = world
        self.table = TableItems({service.key: service for service in services})
        self.metric_namespace = metric_namespace
        self.forecasting: set[ServiceName] = set()
        self.listeners = Listeners(world)
        self.protected_until: dict[ServiceName, datetime] = {}
        self.watcher: Callable[[Sequence[str]], None] = lambda _keys: None
        self.seen_as: dict[ServiceName, Callable[[ServiceFacts], ServiceFacts]] = {}
        self.sleep: Callable[[float], None] = lambda seconds: world.advance(timedelta(seconds=seconds))
        self.sent_notifications: list[Notification] = []
        self.measured: list[DatedMeasure] = []
        self.invoke_scale_up: Invoke = no_answer
        self.invoke_scale_to_zero: Invoke = no_answer
        self.faults = Faults()
        self._fault_of: FaultOf = self.faults.of
        self.clock_ahead = timedelta(0)
        self._facts: dict[ServiceName, tuple[ServiceDescription, ServiceFacts]] = {}

    def gathered(self) -> Ports:
        """Return the ports in the form that the functions take."""
        return Ports(
            services=InMemoryServices(self),
            target_groups=InMemoryTargetGroups(self),
            listener_rules=InMemoryListenerRules(self),
            metrics=InMemoryMetrics(self),
            scalable_targets=InMemoryScalableTargets(self),
            table=InMemoryTable(self),
            configuration=InMemoryConfiguration(self),
            watchers=InMemoryWatchers(self),
            notifications=InMemoryNotifications(self),
            measures=InMemoryMeasures(self),
            functions=InMemoryFunctions(self),
            clock=self.clock,
            sleep=self._sleep,
            executor=InOrder(),
        )

    def clock(self) -> datetime:
        """Return the present time by the functions' clock."""
        return self.world.now + self.clock_ahead

    def _sleep(self, seconds: float) -> None:
        self.sleep(seconds)

    def minutes_of(self, key: SeriesKey, start: datetime) -> frozenset[datetime]:
        """Return the minutes from ``start`` on for which a series can be read now."""
        store, now = self.world.metrics, self.world.now
        metric = metric_of_pair(key.metric_name, *key.pair)
        return frozenset(store.minutes_of(metric, start, now, now))

    def facts(self, name: ServiceName) -> ServiceFacts | None:
        """Return what ECS says of a service, ``None`` if there is no such service."""
        try:
            description = self.world.describe_service(*name)
        except NoSuchService:
            return None
        known = self._facts.get(name)
        if known is None or known[0] is not description:
            known = self._facts[name] = description, facts_of(description)
        facts = known[1]
        seen_as = self.seen_as.get(name)
        return seen_as(facts) if seen_as else facts

    def of_one_run(self, fault_of: FaultOf, sleep: Callable[[float], None]) -> InMemoryPorts:
        """Return ports over the same world and table for one run of a function, with the run's faults and waiting."""
        ports = copy(self)
        ports._fault_of, ports.sleep, ports.seen_as = fault_of, sleep, dict(self.seen_as)
        return ports

    @contextmanager
    def changing(self, name: str, subject: object, value: object = None) -> Iterator[None]:
        """Make a call that changes something. The ``with`` body is its effect; it runs unless the call fails before."""
        fault = self._fault_of(name, subject, value)
        if fault is Fault.REFUSED:
            raise CallRefused(f"{name} of {subject} was refused")
        if fault is Fault.FORBIDDEN:
            raise CallForbidden(f"{name} of {subject} is denied; allow it in the function's role")
        if fault is Fault.LOST:
            raise CallFailed(f"{name} of {subject} did not reach AWS")
        if fault is Fault.CUT_OFF_BEFORE:
            raise RunCutOff
        yield
        if fault is Fault.ANSWER_LOST:
            raise CallFailed(f"{name} of {subject} was not answered")
        if fault is Fault.CUT_OFF_AFTER:
            raise RunCutOff

    def unseen(self, name: str, subject: object) -> Unknown | None:
        """Return why a call that only reads fails, ``None`` if it succeeds."""
        fault = self._fault_of(name, subject, None)
        if fault is None:
            return None
        if fault in (Fault.CUT_OFF_BEFORE, Fault.CUT_OFF_AFTER):
            raise RunCutOff
        if fault is Fault.FORBIDDEN:
            return Unknown(f"{name} of {subject} is denied; allow it in the function's role", forbidden=True)
        return Unknown(f"{name} of {subject} was not answered")


class InMemoryMetrics:
    """``Metrics`` over a world."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def read(self, keys: Collection[SeriesKey], start: datetime, end: datetime) -> Mapping[SeriesKey, Series | Unknown]:
        return {key: self._ports.unseen("read_metrics", key) or self._series(key, start, end) for key in keys}

    def publish(self, metrics: Sequence[StateMetric], at: datetime) -> None:
        with self._ports.changing("publish", None):
            for metric in metrics:
                self._ports.world.metrics.put(
                    self._ports.metric_namespace, metric.metric_name, dict(metric.dimensions), at, metric.value
                )

    def _series(self, key: SeriesKey, start: datetime, end: datetime) -> Series | Unknown:
        store, now = self._ports.world.metrics, self._ports.world.now
        if ":loadbalancer/app/" not in key.pair.load_balancer_arn:
            return Unknown(f"{key.pair.load_balancer_arn} is not an Application Load Balancer", call_failed=False)
        metric = metric_of_pair(key.metric_name, *key.pair)
        status = store.statuses.get(metric)
        if status not in (None, StatusCode.COMPLETE):
            return Unknown(f"{key.metric_name} of {key.pair.target_group_arn} is not complete: {status}")
        return Series(store.datapoints_of(metric, start, end, MINUTE, STATISTICS[key.metric_name], now))


class InMemoryWatchers:
    """``Watchers`` that call ``InMemoryPorts.watcher``."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def start(self, service_keys: Sequence[str]) -> None:
        with self._ports.changing("start_watcher", tuple(service_keys)):
            self._ports.watcher(service_keys)


class InOrder(Executor):
    """An executor that runs each call when it is submitted, so that the same seed gives the same history."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it is raised where the result is read
            future.set_exception(error)
        return future

    def map(
        self, fn: Callable[..., R], *iterables: Iterable[object], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[R]:
        """Make the calls at once, in order; an exception is raised when its result is read, as with threads."""
        outcomes: list[tuple[R, None] | tuple[None, Exception]] = []
        for arguments in zip(*iterables, strict=False):
            try:
                outcomes.append((fn(*arguments), None))
            except Exception as error:  # noqa: BLE001 - it is raised where the result is read
                outcomes.append((None, error))
        return map(_result, outcomes)


def _result(outcome: tuple[R, None] | tuple[None, Exception]) -> R:
    result, error = outcome
    if error is not None:
        raise error
    return result  # type: ignore[return-value]
