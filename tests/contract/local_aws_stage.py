"""Scenes in a world with moving time, behind moto, observed through the ports on AWS: local_aws without its server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from local_aws import cloudwatch, ecs, scaling, target_groups
from local_aws.patching import Patches
from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.observed import Pair, Target
from simulator.world import Timings, World

from . import world_scenes
from .answers import a_forecast
from .moto_stage import Moto, MotoStage
from .stage import NAMESPACE, NOW


class LocalAwsStage(MotoStage):
    """A stage that sets scenes through the API if AWS has a call for them, and otherwise in the world."""

    def __init__(self, moto: Moto, world: World) -> None:
        super().__init__(moto)
        self._world = world

    def run_tasks(self, name: ServiceName, count: int) -> frozenset[Target]:
        return world_scenes.run_tasks(self._world, name, count)

    def stop_one_task(self, name: ServiceName) -> Target:
        return world_scenes.stop_one_task(self._world, name)

    def fail_a_task(self, name: ServiceName, reason: str) -> None:
        world_scenes.fail_a_task(self._world, name, reason)

    def publish_minute(self, metric_name: str, pair: Pair, minute: datetime, *values: float) -> None:
        world_scenes.publish_minute(self._world, metric_name, pair, minute, *values)

    def published(self, metric_name: str, dimensions: dict[str, str], minute: datetime) -> float | None:
        return world_scenes.published(self._world, NAMESPACE, metric_name, dimensions, minute)

    def deploy(self, name: ServiceName, gateway_connectors: Sequence[str] = ()) -> None:
        self._ecs.update_service(
            cluster=name.cluster_name,
            service=name.service_name,
            forceNewDeployment=True,
            gatewayConnectors=[{"portName": port} for port in gateway_connectors],
        )

    def scale_by_forecast(self, name: ServiceName) -> None:
        configuration: Any = a_forecast("ForecastAndScale")
        self._autoscaling.put_scaling_policy(
            PolicyName="forecast",
            ServiceNamespace="ecs",
            ResourceId=f"service/{name}",
            ScalableDimension="ecs:service:DesiredCount",
            PolicyType="PredictiveScaling",
            PredictiveScalingPolicyConfiguration=configuration,
        )

    def desired(self, name: ServiceName) -> int:
        return self._world.describe_service(*name).desired

    def request(self, pair: Pair) -> None:
        self._world.request(*pair)

    def pass_time(self, duration: timedelta) -> datetime:
        self._world.advance(duration)
        return self._world.now


@contextmanager
def local_aws_stage(moto: Moto) -> Iterator[LocalAwsStage]:
    """Make a stage with its own world. Afterwards moto is as it was before."""
    world, patches = World(seed=1, start=NOW - timedelta(hours=1), timings=Timings(jitter=0)), Patches()
    moto.reset()
    try:
        ecs.install(patches, world)
        scaling.install(patches, world)
        target_groups.install(patches, world)
        cloudwatch.install(patches, world.metrics, lambda: world.now)
        yield LocalAwsStage(moto, world)
    finally:
        patches.undo()
