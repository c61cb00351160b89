"""The ports in memory, over a ``World`` and a table that is a few dictionaries.

The contract tests hold them to the same words as the ports on AWS. They are not safe for threads: the executor in them
runs everything at once where it is asked to.

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

from local_aws.world import (
    NoSuchService,
    ServiceDescription,
    TargetHealth,
    TargetState,
    TaskStatus,
    World,
    load_balancer_dimension,
    target_group_dimension,
)
from local_aws.world.metrics import Metric, StatusCode
from scale_to_zero.model import (
    TARGET_GROUP,
    Entrance,
    Missing,
    Service,
    ServiceFacts,
    ServiceName,
    Target,
    Unknown,
)
from scale_to_zero.ports import CallFailed, Ports, Series, SeriesKey, StateMetric

from .faults import Fault, Faults, RunCutOff
from .table import InMemoryMemories, Table

LOAD_BALANCING: Final = "AWS/ApplicationELB"
STATISTICS: Final = {"RequestCount": "Sum", "HealthyHostCount": "Maximum"}
MINUTE: Final = timedelta(minutes=1)
WITHOUT_ADDRESS: Final = frozenset({TaskStatus.PROVISIONING})

P = ParamSpec("P")
R = TypeVar("R")


class InMemoryPorts:
    """Every port over one world. Change its public attributes to change what the ports see.

    ``scalable_targets``: services registered with Application Auto Scaling.
    ``seen_as``: by service, what turns the world's facts into those ``describe`` answers (a DAEMON, a new entrance).
    ``sleep``: what waiting does; by default the world moves on. ``clock_ahead``: what the clock shows too much.
    """

    def __init__(
        self, world: World, services: Iterable[Service] = (), metric_namespace: str = "CityGuided/ECS"
    ) -> None:
        self.world = world
        self.table = Table({service.key: service for service in services})
        self.metric_namespace = metric_namespace
        self.scalable_targets: set[ServiceName] = set()
        self.seen_as: dict[ServiceName, Callable[[ServiceFacts], ServiceFacts]] = {}
        self.sleep: Callable[[float], None] = lambda seconds: world.advance(timedelta(seconds=seconds))
        self.faults = Faults()
        self.clock_ahead = timedelta(0)

    def gathered(self) -> Ports:
        """The ports as the shell takes them."""
        return Ports(
            services=InMemoryServices(self),
            target_groups=InMemoryTargetGroups(self),
            metrics=InMemoryMetrics(self),
            scalable_targets=InMemoryScalableTargets(self),
            memories=InMemoryMemories(self),
            clock=lambda: self.world.now + self.clock_ahead,
            sleep=self._sleep,
            executor=InOrder(),
        )

    def _sleep(self, seconds: float) -> None:
        self.sleep(seconds)

    def minutes_of(self, key: SeriesKey, start: datetime) -> frozenset[datetime]:
        """The minutes from ``start`` on for which a series can be read now."""
        store, now = self.world.metrics, self.world.now
        dimensions = dimensions_of(*key.pair)
        return frozenset(store.datapoints(LOAD_BALANCING, key.metric_name, dimensions, start, now, MINUTE, "Sum", now))

    def facts(self, name: ServiceName) -> ServiceFacts | None:
        """What ECS would say of a service, ``None`` if there is no such service."""
        try:
            description = self.world.describe_service(*name)
        except NoSuchService:
            return None
        facts = _facts(description)
        seen_as = self.seen_as.get(name)
        return seen_as(facts) if seen_as else facts

    def of_one_run(self, faults: Faults, sleep: Callable[[float], None]) -> InMemoryPorts:
        """The same world and table as one run of a function meets them: with faults and waiting of its own."""
        ports = copy(self)
        ports.faults, ports.sleep, ports.seen_as = faults, sleep, dict(self.seen_as)
        return ports

    @contextmanager
    def changing(self, name: str, subject: object, value: object = None) -> Iterator[None]:
        """A call that changes something; its effect stands inside, and happens unless the call fails before."""
        fault = self.faults.of(name, subject, value)
        if fault is Fault.REFUSED:
            raise CallFailed(f"{name} of {subject} was refused")
        if fault is Fault.CUT_OFF_BEFORE:
            raise RunCutOff
        yield
        if fault is Fault.ANSWER_LOST:
            raise CallFailed(f"{name} of {subject} was not answered")
        if fault is Fault.CUT_OFF_AFTER:
            raise RunCutOff

    def unseen(self, name: str, subject: object) -> Unknown | None:
        """Why a call that only looks fails, ``None`` if it does not."""
        fault = self.faults.of(name, subject)
        if fault in (Fault.CUT_OFF_BEFORE, Fault.CUT_OFF_AFTER):
            raise RunCutOff
        return Unknown(f"{name} of {subject} was not answered") if fault else None


class InMemoryServices:
    """``Services`` over a world."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def describe(self, names: Collection[ServiceName]) -> Mapping[ServiceName, ServiceFacts | Missing | Unknown]:
        return {name: self._ports.unseen("describe", name) or self._facts(name) for name in names}

    def set_desired_count(self, name: ServiceName, desired: int) -> None:
        with self._ports.changing("set_desired_count", name, desired):
            try:
                self._ports.world.set_desired_count(*name, desired)
            except NoSuchService as error:
                raise CallFailed(f"there is no service {name}") from error

    def wanted_targets(self, name: ServiceName) -> frozenset[Target] | Unknown:
        unseen = self._ports.unseen("wanted_targets", name)
        if unseen:
            return unseen
        try:
            self._ports.world.describe_service(*name)
        except NoSuchService:
            return Unknown(f"there is no service {name}")
        return frozenset(
            Target(task.ip, binding.port)
            for task in self._ports.world.tasks(*name, desired_status=TaskStatus.RUNNING)
            if task.last_status not in WITHOUT_ADDRESS
            for binding in task.bindings
        )

    def _facts(self, name: ServiceName) -> ServiceFacts | Missing:
        try:
            description = self._ports.world.describe_service(*name)
        except NoSuchService:
            return Missing(f"there is no service {name}")
        facts = _facts(description)
        return self._ports.seen_as[name](facts) if name in self._ports.seen_as else facts


class InMemoryTargetGroups:
    """``TargetGroups`` over a world."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def load_balancers(self, target_group_arns: Collection[str]) -> Mapping[str, str | None | Unknown]:
        return {arn: self._load_balancer(arn) for arn in target_group_arns}

    def has_targets(self, target_group_arn: str) -> bool | Unknown:
        targets = self._targets("has_targets", target_group_arn)
        if isinstance(targets, Unknown):
            return targets
        return any(target.state is not TargetState.DRAINING for target in targets)

    def healthy_targets(self, target_group_arn: str) -> frozenset[Target] | Unknown:
        targets = self._targets("healthy_targets", target_group_arn)
        if isinstance(targets, Unknown):
            return targets
        return frozenset(Target(target.ip, target.port) for target in targets if target.state is TargetState.HEALTHY)

    def _targets(self, call: str, target_group_arn: str) -> tuple[TargetHealth, ...] | Unknown:
        unseen = self._ports.unseen(call, target_group_arn)
        if unseen:
            return unseen
        try:
            self._ports.world.load_balancer(target_group_arn)
        except LookupError as error:
            return Unknown(str(error))
        return self._ports.world.target_health(target_group_arn)

    def _load_balancer(self, arn: str) -> str | None | Unknown:
        unseen = self._ports.unseen("load_balancers", arn)
        if unseen:
            return unseen
        try:
            return self._ports.world.load_balancer(arn)
        except LookupError as error:
            return Unknown(str(error))


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
            return Unknown(f"{key.pair.load_balancer_arn} is no Application Load Balancer", call_failed=False)
        dimensions = dimensions_of(*key.pair)
        trouble = store.trouble.get(Metric.of(LOAD_BALANCING, key.metric_name, dimensions))
        if trouble not in (None, StatusCode.COMPLETE):
            return Unknown(f"{key.metric_name} of {key.pair.target_group_arn} is not complete: {trouble}")
        statistic = STATISTICS[key.metric_name]
        return Series(store.datapoints(LOAD_BALANCING, key.metric_name, dimensions, start, end, MINUTE, statistic, now))


class InMemoryScalableTargets:
    """``ScalableTargets`` over a set of names."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def registered(self, names: Collection[ServiceName]) -> Mapping[ServiceName, bool | Unknown]:
        return {name: self._ports.unseen("registered", name) or name in self._ports.scalable_targets for name in names}


class InOrder(Executor):
    """Runs each call where and when it is submitted, so that one seed gives one history."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result is to meet it
            future.set_exception(error)
        return future


def dimensions_of(load_balancer_arn: str, target_group_arn: str) -> dict[str, str]:
    """The dimensions of a pair's metrics."""
    return {
        "LoadBalancer": load_balancer_dimension(load_balancer_arn),
        "TargetGroup": target_group_dimension(target_group_arn),
    }


def _facts(description: ServiceDescription) -> ServiceFacts:
    arns = [binding.target_group_arn for binding in description.bindings]
    in_progress = any(deployment.rollout_state == "IN_PROGRESS" for deployment in description.deployments)
    return ServiceFacts(
        status=description.status.value,
        scheduling_strategy="REPLICA",
        desired=description.desired,
        running=description.running,
        deployment_running=in_progress or len(description.deployments) > 1,
        entrances=frozenset(Entrance(TARGET_GROUP, arn) for arn in arns),
        live_target_groups=frozenset(frozenset({arn}) for arn in arns),
        health_check_grace=description.health_check_grace,
        newest_event=description.events[0].message if description.events else "",
        newest_event_at=description.events[0].created_at if description.events else None,
    )
