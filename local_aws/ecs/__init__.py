"""Amazon ECS: moto keeps what was requested, the world says what has become of it.

moto has no life of tasks: a service never starts any, and its counts are what was requested, at once. Here clusters,
task definitions and the settings of services stay moto's; counts, deployments, events and tasks are the world's.
One region is modelled, so a cluster is known to the world by its name.
"""

from __future__ import annotations

from local_aws.patching import Patches
from simulator.world import World

from . import protection, service_revisions, services, tasks


def install(patches: Patches, world: World) -> None:
    """Put every patch in force."""
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
