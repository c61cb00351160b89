"""Operators and accidents at random times. Each kind has its own frequency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.observed import ServiceFacts, TrafficSource
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.rules.rule_positions import DISARMED
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT, REQUEST_COUNT
from simulator.account import LISTENER, host_of
from simulator.terraform import Terraform
from simulator.world import CrashesAfterStart, ImagePullFails, NoCapacity, SlowStart, StartFault
from simulator.world.scalable_targets import NOTHING_SUSPENDED

from . import scaled_services
from .promise_tracker import A_GATEWAY_CONNECTOR, TASKS_ARE_UNHEALTHY, TASKS_DO_NOT_START
from .simulation import Simulation

METRICS_ARE_LATE: Final = "metrics are late"
USUAL_DELAY: Final = timedelta(minutes=2)
SUSPENSIONS: Final = (NOTHING_SUSPENDED, NOTHING_SUSPENDED, scaled_services.IN_SUSPENDED)
CLOUD_MAP: Final = TrafficSource("Cloud Map registry", "arn:aws:servicediscovery:eu-west-3:123456789012:service/srv-1")


@dataclass(frozen=True)
class Happening:
    """Something that happens at random times. ``every``: the average time between two of them."""

    every: timedelta
    happens: Callable[[Operators], None]


class Operators:
    """Everything other than requests of clients that happens to one service."""

    def __init__(self, sim: Simulation, service: Service) -> None:
        self.sim = sim
        self.random = sim.random
        self.service = service
        self._terraform = Terraform(sim, service, lambda: timedelta(seconds=self.random.uniform(1, 20)))
        self._left = False
        for happening in HAPPENINGS:
            self._later(happening)

    @property
    def name(self) -> ServiceName:
        """The name of the service."""
        return self.service.name

    def _later(self, happening: Happening) -> None:
        def happens() -> None:
            self._later(happening)
            if not self._left:
                happening.happens(self)

        self.sim.after(happening.every * self.random.expovariate(1), happens)

    def for_a_while(self, begin: Callable[[], None], end: Callable[[], None], minutes: float = 30) -> None:
        """Let something begin now and end later."""
        begin()
        self.sim.after(MINUTE * self.random.expovariate(1 / minutes), end)

    def set_count(self) -> None:
        """Let an operator set the desired count."""
        self.sim.set_by_hand(self.name, self.random.choice([0, 0, 1, 1, 2, 3]))

    def deploy(self) -> None:
        """Let an operator deploy the service."""
        self.sim.deploy(self.name)

    def wake(self) -> None:
        """Let an operator or a schedule wake services."""
        payloads: list[dict[str, object]] = [
            {},
            {"service": self.service.key},
            {"services": [self.service.key], "wait": True},
        ]
        payload = self.random.choice(payloads)
        for _ in range(self.random.choice([1, 1, 1, 3])):
            self.sim.after(timedelta(seconds=self.random.random()), lambda: self._wake(payload))

    def _wake(self, payload: dict[str, object]) -> None:
        if not payload or self.service.key in self.sim.ports.table.services:
            self.sim.wake(payload)

    def hold(self) -> None:
        """Let an operator or a schedule hold the service for a while. Some holds are released before they end."""
        minutes = 1 + round(self.random.expovariate(1 / 60))
        self._wake({"service": self.service.key, "hold_minutes": minutes, "reason": "demo"})
        if self.random.random() < 0.4:
            release = {"service": self.service.key, "release": True}
            self.sim.after(minutes * MINUTE * self.random.random(), lambda: self._wake(dict(release)))

    def hold_all(self) -> None:
        """Hold every service for a while, as during an incident. Some holds are released before they end."""
        lasts = MINUTE * (1 + self.random.expovariate(1 / 60))
        self.sim.hold_all(lasts)
        if self.random.random() < 0.4:
            self.sim.after(lasts * self.random.random(), lambda: self.sim.hold_all(None))

    def put_to_sleep(self) -> None:
        """Let an operator put the service to sleep, sometimes by force, and sometimes twice."""
        payload = {"service": self.service.key, "action": "sleep", "force": self.random.random() < 0.3}
        for _ in range(self.random.choice([1, 1, 2])):
            self.sim.after(timedelta(seconds=self.random.uniform(0, 3)), lambda: self._put_to_sleep(payload))

    def _put_to_sleep(self, payload: dict[str, object]) -> None:
        if self.service.key in self.sim.ports.table.services:
            self.sim.sleep(payload)

    def duplicate_tick(self) -> None:
        """Let EventBridge deliver an event twice."""
        self.sim.tick()

    def lose_state(self) -> None:
        """Let an operator delete the service's state item from the table."""
        self.sim.lose_state(self.name)

    def leave(self) -> None:
        """Remove the service from the module, and add it again later."""
        self._left = True

        def return_to_module() -> None:
            self._left = False
            self._terraform.apply(self.service)

        self.sim.after(timedelta(minutes=self.random.uniform(3, 60)), return_to_module)
        self._terraform.apply(None)

    def change_settings(self) -> None:
        """Apply the module with other settings for a while."""
        changed = replace(
            self.service,
            mode=self.random.choice([Mode.ACT, Mode.ACT, Mode.DRY_RUN, Mode.OFF]),
            idle=self.random.choice([1, 5, 5, 12]) * MINUTE,
            awake_count=self.random.choice([None, None, 1, 2]),
        )
        self.for_a_while(lambda: self._configure(changed), lambda: self._configure(self.service), 60)

    def _configure(self, service: Service) -> None:
        if not self._left and service.key in self.sim.ports.table.services:
            self._terraform.apply(service)

    def change_hosts(self) -> None:
        """Let an operator change the hosts of the service's own rules, below the module's rules."""
        more = ["www.example.com"] if self.random.random() < 0.5 else []
        if self.service.wake_on_request is not None:
            self.sim.tracker.disturb(self.name)
            self.sim.record.note("%s: its own rules get the hosts %s", self.name, more)
            self.sim.routing.set_hosts(self.service, host_of(self.service), *more)

    def change_a_wake_rule(self) -> None:
        """Let an operator change a rule of the module."""
        on_request = self.service.wake_on_request
        if on_request is None or self.service.key not in self.sim.ports.table.services:
            return
        rule = self.random.choice(on_request.rules)
        assert rule.own_rule_arn is not None
        own = self.sim.ports.listeners.rules(LISTENER)[rule.own_rule_arn]
        conditions = self.random.choice([DISARMED, own.conditions])
        self.sim.tracker.disturb(self.name)
        self.sim.record.note("%s: an operator sets %s to %s", self.name, rule.name, conditions)
        self.sim.ports.listeners.set_conditions(rule.arn, conditions)

    def protect_a_task(self) -> None:
        """Let the application protect a task because it is busy."""
        duration = MINUTE * self.random.expovariate(1 / 20)
        self.sim.record.note("%s: a task is protected for %s", self.name, duration)
        self._hindered(
            "a task is protected",
            lambda: self.sim.ports.protected_until.update({self.name: self.sim.world.now + duration}),
            lambda: self.sim.ports.protected_until.pop(self.name, None),
        )

    def fail_to_start(self) -> None:
        """Let tasks fail to start, or start slowly, for a while."""
        slow = SlowStart(timedelta(minutes=self.random.uniform(1, 9)))
        faults: list[StartFault] = [ImagePullFails(), CrashesAfterStart(), NoCapacity(), slow]
        fault = self.random.choice(faults)
        self._hindered(
            TASKS_DO_NOT_START,
            lambda: self.sim.world.set_start_fault(*self.name, fault),
            lambda: self.sim.world.set_start_fault(*self.name, None),
        )

    def fail_checks(self) -> None:
        """Let tasks fail their health checks for a while."""
        self._hindered(
            TASKS_ARE_UNHEALTHY,
            lambda: self.sim.world.set_passes_health_checks(*self.name, False),
            lambda: self.sim.world.set_passes_health_checks(*self.name, True),
        )

    def kill_a_task(self) -> None:
        """Kill a random task that runs."""
        tasks = [task for task in self.sim.world.tasks(*self.name) if task.has_containers]
        if tasks:
            self.sim.tracker.disturb(self.name)
            self.sim.world.kill_task(self.random.choice(tasks).id)

    def add_traffic_source(self) -> None:
        """Let an operator add a traffic source that the module does not watch."""

        def seen_as(facts: ServiceFacts) -> ServiceFacts:
            return replace(facts, traffic_sources=facts.traffic_sources | {CLOUD_MAP})

        def close() -> None:
            self.sim.ports.seen_as.pop(self.name, None)

        def begin() -> None:
            self.sim.ports.seen_as[self.name] = seen_as

        self._hindered("a traffic source is unwatched", begin, close)

    def connect_a_gateway(self) -> None:
        """Let an operator deploy the service with a gateway connector, and later without one."""
        if A_GATEWAY_CONNECTOR not in self.sim.tracker.of(self.name).hindered:
            self.for_a_while(lambda: self.sim.deploy(self.name, ["http"]), lambda: self.sim.deploy(self.name, []))

    def change_scaling(self) -> None:
        """Let the service have a scalable target, or let an operator, Terraform or a scheduled action change it."""
        if self.sim.scaled.target(self.name) is None:
            self.sim.scaled.register(self.name, self.random.choice([1, 1, 2]), 3, self.random.choice(SUSPENSIONS))
        else:
            self.random.choice(list(scaled_services.VARIANTS.values()))(self.sim.scaled, self.name)

    def withhold_health(self) -> None:
        """Withhold the HealthyHostCount of one target group for a while."""
        world = self.sim.world
        if not self.service.target_group_arns:
            return
        arn = self.random.choice(self.service.target_group_arns)
        self._hindered(
            "HealthyHostCount is withheld",
            lambda: world.withhold_metric(HEALTHY_HOST_COUNT, arn),
            lambda: world.publish_metric_again(HEALTHY_HOST_COUNT, arn),
        )

    def _hindered(self, what: str, begin: Callable[[], object], end: Callable[[], object]) -> None:
        if what in self.sim.tracker.of(self.name).hindered:
            return

        def begins() -> None:
            self.sim.record.note("%s: %s", self.name, what)
            self.sim.tracker.hinder(self.name, what)
            begin()

        def ends() -> None:
            self.sim.record.note("%s: no longer: %s", self.name, what)
            self.sim.tracker.no_longer_hinder(self.name, what)
            end()

        self.for_a_while(begins, ends)


class LateMetrics:
    """Late metrics: RequestCount is always up to a minute later than the rest, or all metrics are late for some time.

    In both cases the watermark stays correct: the requests of a minute can be read no later than
    ``HealthyHostCount`` of the minute after.
    """

    def __init__(self, sim: Simulation) -> None:
        self._sim = sim
        if sim.random.random() < 0.5:
            sim.world.make_metric_late(REQUEST_COUNT, timedelta(seconds=sim.random.choice([20, 50])))
        else:
            sim.after(self._pause(), self._fall_behind)

    def _pause(self) -> timedelta:
        return timedelta(hours=self._sim.random.expovariate(1 / 6))

    def _fall_behind(self) -> None:
        sim = self._sim
        delay = timedelta(minutes=sim.random.uniform(2, 25))
        sim.record.note("metrics are now %s late", delay)
        sim.world.metrics.aws_delay = delay
        for service in sim.known_services:
            sim.tracker.hinder(service.name, METRICS_ARE_LATE)
        sim.after(timedelta(minutes=sim.random.expovariate(1 / 20)), self._catch_up)

    def _catch_up(self) -> None:
        """Shorten the delay minute by minute, since no minute can be read before the minute before it."""
        sim = self._sim
        sim.world.metrics.aws_delay = max(USUAL_DELAY, sim.world.metrics.aws_delay - MINUTE)
        if sim.world.metrics.aws_delay > USUAL_DELAY:
            sim.after(MINUTE, self._catch_up)
            return
        sim.record.note("metrics have caught up")
        for service in sim.known_services:
            sim.tracker.no_longer_hinder(service.name, METRICS_ARE_LATE)
        sim.after(self._pause(), self._fall_behind)


HAPPENINGS: Final = (
    Happening(timedelta(hours=4), Operators.set_count),
    Happening(timedelta(hours=9), Operators.deploy),
    Happening(timedelta(hours=2), Operators.wake),
    Happening(timedelta(hours=8), Operators.hold),
    Happening(timedelta(hours=5), Operators.put_to_sleep),
    Happening(timedelta(hours=1), Operators.duplicate_tick),
    Happening(timedelta(hours=40), Operators.lose_state),
    Happening(timedelta(hours=14), Operators.leave),
    Happening(timedelta(hours=14), Operators.change_settings),
    Happening(timedelta(hours=14), Operators.fail_to_start),
    Happening(timedelta(hours=20), Operators.change_hosts),
    Happening(timedelta(hours=14), Operators.change_a_wake_rule),
    Happening(timedelta(hours=14), Operators.protect_a_task),
    Happening(timedelta(hours=20), Operators.fail_checks),
    Happening(timedelta(hours=8), Operators.kill_a_task),
    Happening(timedelta(hours=20), Operators.add_traffic_source),
    Happening(timedelta(hours=20), Operators.connect_a_gateway),
    Happening(timedelta(hours=9), Operators.change_scaling),
    Happening(timedelta(hours=12), Operators.withhold_health),
    Happening(timedelta(hours=40), Operators.hold_all),
)
