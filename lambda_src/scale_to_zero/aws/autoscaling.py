"""Application Auto Scaling: which services are scalable targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Unknown

from .batches import in_batches, in_parallel
from .errors import explained, unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from scale_to_zero.model.configured import ServiceName

    from .clients import Clients

# One page of the answer has this many.
RESOURCES_PER_CALL: Final = 50


class AwsScalableTargets:
    """``ScalableTargets`` on Application Auto Scaling."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def registered(self, names: Collection[ServiceName]) -> Mapping[ServiceName, bool | Unknown]:
        """Read fifty services per call, several calls in parallel."""
        answers: dict[ServiceName, bool | Unknown] = {}
        for answer in in_parallel(self._read, in_batches(names, RESOURCES_PER_CALL)):
            answers.update(answer)
        return answers

    def _read(self, names: list[ServiceName]) -> dict[ServiceName, bool | Unknown]:
        pages = self._clients.autoscaling.get_paginator("describe_scalable_targets").paginate(
            ServiceNamespace="ecs",
            ResourceIds=[f"service/{name}" for name in names],
            ScalableDimension="ecs:service:DesiredCount",
        )
        try:
            with explained("application-autoscaling:DescribeScalableTargets", "ECS services"):
                found = {target["ResourceId"] for page in pages for target in page["ScalableTargets"]}
        except CallFailed as failure:
            return dict.fromkeys(names, unknown(failure))
        return {name: f"service/{name}" in found for name in names}
