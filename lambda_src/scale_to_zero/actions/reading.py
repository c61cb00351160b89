"""What a run reads from the table: the items of the services that it needs, or the whole table at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from scale_to_zero.model.configured import KEY, Service, ServiceName
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports

MOST_BY_KEY: Final = 100
"""Reading more services one by one costs more than reading the whole table."""


def read_named(ports: Ports, keys: Collection[str] | None) -> Stored:
    """Read the services with these keys, ``None``: all. Raises ``CallFailed``.

    If one is not found, all are read, because a refusal names the services that exist.
    """
    if keys is None or len(keys) > MOST_BY_KEY or not all(KEY.fullmatch(key) for key in keys):
        return ports.table.read_all()
    stored = ports.table.read_services(keys)
    found = {service.key for service in stored.services}
    return stored if found.issuperset(keys) else ports.table.read_all()


def read_again(ports: Ports, services: Sequence[Service]) -> Stored:
    """Read these services again, or all if there are many; some may have left. Raises ``CallFailed``."""
    if len(services) > MOST_BY_KEY:
        return ports.table.read_all()
    return ports.table.read_services([one.key for one in services], [one.name for one in services])


def read_states(ports: Ports, names: Collection[ServiceName]) -> Mapping[ServiceName, ServiceState | Unknown]:
    """Read the states of these services, and possibly of others. Raises ``CallFailed``."""
    stored = ports.table.read_all() if len(names) > MOST_BY_KEY else ports.table.read_services((), names)
    return stored.states
