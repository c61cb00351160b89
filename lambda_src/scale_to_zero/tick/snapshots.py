"""Snapshots of services: what the table holds about each, and what ECS says about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scale_to_zero.model.configured import Service
from scale_to_zero.model.observed import Missing, ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports


def snapshots_of(
    ports: Ports, services: Sequence[Service], stored: Stored, *, with_scalable_targets: bool = False
) -> list[Snapshot]:
    """Take a snapshot of each service, in the given order, with as few calls as AWS allows. Never raises.

    ``stored``: what the table holds. ``with_scalable_targets``: also read whether each service is a scalable target.
    """
    names = [service.name for service in services]
    facts = ports.services.describe(names)
    snapshots = [
        Snapshot(service, facts[service.name], stored.states.get(service.name), hold_all=stored.hold_all)
        for service in services
    ]
    if not with_scalable_targets:
        return snapshots
    registered = ports.scalable_targets.registered(names)
    return [replace(one, scalable_target=registered[one.service.name]) for one in snapshots]


def observed_again(ports: Ports, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with the present service state and what ECS says now. Raises ``CallFailed``."""
    state = ports.table.read(snapshot.service.name)
    return replace(snapshot, state=state, facts=described(ports, snapshot.service))


def described(ports: Ports, service: Service) -> ServiceFacts | Missing | Unknown:
    """Return what ECS says about one service now. Never raises."""
    return ports.services.describe([service.name])[service.name]
