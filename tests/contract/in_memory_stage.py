"""Scenes in a world with moving time, observed through the ports in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Service, ServiceName, WaitingPage
from scale_to_zero.model.observed import Conditions, ListenerRule, Pair, Target
from scale_to_zero.model.scaling import Suspension
from simulator import world
from simulator.ports.faults import Fault
from simulator.ports.in_memory import InMemoryPorts
from simulator.world import Timings, World

from . import world_scenes
from .stage import NAMESPACE, NOW, PORT

ACCOUNT: Final = "arn:aws:elasticloadbalancing:eu-west-3:123456789012"
LOAD_BALANCER: Final = f"{ACCOUNT}:loadbalancer/app/city-guided/50dc6c495c0c9188"


class InMemoryStage:
    """A stage that sets scenes in a ``World``."""

    def __init__(self) -> None:
        # Long enough ago that services can settle and metrics are visible at the stage's present.
        self._world = World(seed=1, start=NOW - timedelta(hours=1), timings=Timings(jitter=0))
        self._in_memory = InMemoryPorts(self._world, metric_namespace=NAMESPACE)
        self._watchers: list[tuple[str, ...]] = []
        self._in_memory.watcher = lambda keys: self._watchers.append(tuple(keys))
        self._listeners = self._rules = 0
        self.ports = self._in_memory.gathered()

    def create_target_group(self, name: str, *, load_balanced: bool = True) -> str:
        arn = f"{ACCOUNT}:targetgroup/{name}/73e2d6bc24d8a067"
        self._world.attach_target_group(arn, LOAD_BALANCER if load_balanced else None)
        return arn

    def pair(self, target_group_arn: str) -> Pair:
        return Pair(LOAD_BALANCER, target_group_arn)

    def create_service(self, name: ServiceName, desired: int = 0, target_groups: Sequence[str] = ()) -> None:
        bindings = [(None, arn, PORT) for arn in target_groups]
        self._world.create_service(*name, desired=desired, target_groups=bindings)

    def run_tasks(self, name: ServiceName, count: int) -> frozenset[Target]:
        return world_scenes.run_tasks(self._world, name, count)

    def stop_one_task(self, name: ServiceName) -> Target:
        return world_scenes.stop_one_task(self._world, name)

    def protect_tasks(self, name: ServiceName, until: datetime) -> None:
        self._in_memory.protected_until[name] = until

    def fail_a_task(self, name: ServiceName, reason: str) -> None:
        world_scenes.fail_a_task(self._world, name, reason)

    def create_listener(self) -> str:
        self._listeners += 1
        arn = f"{ACCOUNT}:listener/app/city-guided/50dc6c495c0c9188/{self._listeners}"
        default = ListenerRule(self._new_rule_arn(arn), None, frozenset())
        self._in_memory.listeners.put(arn, default)
        return arn

    def create_rule(self, listener_arn: str, priority: int, conditions: Conditions) -> str:
        rule = ListenerRule(self._new_rule_arn(listener_arn), priority, conditions)
        self._in_memory.listeners.put(listener_arn, rule)
        return rule.arn

    def _new_rule_arn(self, listener_arn: str) -> str:
        self._rules += 1
        return f"{listener_arn.replace(':listener/', ':listener-rule/')}/{self._rules}"

    def register_scalable_target(
        self, name: ServiceName, minimum: int = 1, maximum: int = 2, suspended: Suspension | None = None
    ) -> None:
        of_world = None if suspended is None else world.Suspension(*suspended)
        self._world.scaling.register(*name, minimum, maximum, of_world)

    def scale_by_forecast(self, name: ServiceName) -> None:
        self._in_memory.forecasting.add(name)

    def publish_minute(self, metric_name: str, pair: Pair, minute: datetime, *values: float) -> None:
        world_scenes.publish_minute(self._world, metric_name, pair, minute, *values)

    def published(self, metric_name: str, dimensions: dict[str, str], minute: datetime) -> float | None:
        return world_scenes.published(self._world, NAMESPACE, metric_name, dimensions, minute)

    def configure(self, service: Service) -> None:
        self._in_memory.table.services[service.key] = service

    def configure_wake_target_group(self, arn: str, key: str) -> None:
        self._in_memory.table.wake_target_groups[arn] = key

    def configure_waiting_page(self, page: WaitingPage) -> None:
        self._in_memory.table.waiting_page = page

    def delete_state(self, name: ServiceName) -> None:
        self._in_memory.table.delete_state(name)

    def watchers_started(self) -> list[tuple[str, ...]]:
        return self._watchers

    def refuse(self, call: str) -> None:
        self._in_memory.faults.fail(call, Fault.FORBIDDEN)

    def deploy(self, name: ServiceName, gateway_connectors: Sequence[str] = ()) -> None:
        self._world.start_deployment(*name, gateway_connectors=gateway_connectors)

    def desired(self, name: ServiceName) -> int:
        return self._world.describe_service(*name).desired

    def request(self, pair: Pair) -> None:
        self._world.request(*pair)

    def pass_time(self, duration: timedelta) -> datetime:
        self._world.advance(duration)
        return self._world.now
