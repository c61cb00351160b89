"""Snapshots of services: what the table holds about each, and what ECS says about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scale_to_zero.model.configured import Service
from scale_to_zero.model.observed import NOT_OBSERVED, Missing, ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports


def snapshots_of(
    ports: Ports, services: Sequence[Service], stored: Stored, *, with_scalable_targets: bool = False
) -> list[Snapshot]:
    """Take a snapshot of each service, in the given order, with as few calls as AWS allows. Never raises.

    ``stored``: what the table holds. ``with_scalable_targets``: read the scalable target of every service, not only of
    those that are known to have one, or of which nothing is known.
    """
    names = [service.name for service in services]
    facts = ports.services.describe(names)
    wanted = names if with_scalable_targets else [name for name in names if _may_be_scaled(stored.states.get(name))]
    targets = ports.scalable_targets.read(wanted) if wanted else {}
    return [
        Snapshot(
            service,
            facts[service.name],
            stored.states.get(service.name),
            scalable_target=targets.get(service.name, NOT_OBSERVED),
            hold_all=stored.hold_all,
        )
        for service in services
    ]


def _may_be_scaled(state: ServiceState | None | Unknown) -> bool:
    return state is None or (isinstance(state, ServiceState) and state.scaling is not None)


def observed_again(ports: Ports, snapshot: Snapshot) -> Snapshot:
    """Return the snapshot with the present service state and what ECS says now. Raises ``CallFailed``."""
    state = ports.table.read(snapshot.service.name)
    return replace(snapshot, state=state, facts=described(ports, snapshot.service))


def described(ports: Ports, service: Service) -> ServiceFacts | Missing | Unknown:
    """Return what ECS says about one service now. Never raises."""
    return ports.services.describe([service.name])[service.name]
