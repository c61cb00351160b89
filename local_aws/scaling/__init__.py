"""Application Auto Scaling of ECS services: moto keeps the records, the world scales.

Modelled are scalable targets, target tracking policies of requests, of CPU and of single custom metrics, and scheduled
actions. Policies of memory and predictive policies are kept and described, without effect: the world has no metric for
memory, and makes no forecasts. Step scaling, metric math, start and end times, and services other than ECS are refused
as not modelled.
"""

from __future__ import annotations

from local_aws.patching import Patches
from simulator.world import World

from . import policies, scheduled_actions, targets


def install(patches: Patches, world: World) -> None:
    """Apply every patch."""
    targets.register_in_the_world(patches, world)
    targets.deregister_in_the_world(patches, world)
    targets.describe_from_the_world(patches, world)
    policies.put_in_the_world(patches, world)
    policies.delete_in_the_world(patches, world)
    policies.describe(patches, world)
    scheduled_actions.put_in_the_world(patches, world)
    scheduled_actions.delete_in_the_world(patches, world)
    scheduled_actions.describe(patches, world)
