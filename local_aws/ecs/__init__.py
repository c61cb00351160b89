"""Amazon ECS: moto keeps the settings that were requested, the world decides what happens.

In moto a service never starts tasks, and its counts are at once the requested ones. Here moto keeps clusters, task
definitions and the settings of services; counts, deployments, events and tasks come from the world. Only one region is
modelled, so the world identifies a cluster by its name.
"""

from __future__ import annotations

from local_aws.patching import Patches
from simulator.world import World

from . import protection, service_revisions, services, tasks


def install(patches: Patches, world: World) -> None:
    """Apply every patch."""
    services.create_in_the_world(patches, world)
    services.update_in_the_world(patches, world)
    services.delete_in_the_world(patches, world)
    services.describe_from_the_world(patches, world)
    services.list_those_not_deleted(patches, world)
    services.count_in_clusters(patches, world)
    service_revisions.describe_from_the_world(patches, world)
    tasks.list_from_the_world(patches, world)
    tasks.describe_from_the_world(patches, world)
    protection.read_from_the_world(patches, world)
    protection.change_in_the_world(patches, world)
