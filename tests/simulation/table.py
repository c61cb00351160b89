"""The table in memory: a few dictionaries, and the port over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from scale_to_zero.model import Memory, Service, ServiceName
from scale_to_zero.ports import CallFailed, MemoryChanged, Stored

if TYPE_CHECKING:
    from .ports import InMemoryPorts


@dataclass
class Table:
    """What DynamoDB would hold. ``broken`` are sentences about items that cannot be read."""

    services: dict[str, Service] = field(default_factory=dict)
    memories: dict[ServiceName, Memory] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


class InMemoryMemories:
    """``Memories`` over a table in memory."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def read_all(self) -> Stored:
        self._look("read_all", None)
        table = self._ports.table
        services = tuple(table.services[key] for key in sorted(table.services))
        return Stored(services, dict(table.memories), tuple(sorted(table.broken)))

    def read(self, name: ServiceName) -> Memory | None:
        self._look("read", name)
        return self._ports.table.memories.get(name)

    def write(self, memory: Memory) -> Memory:
        with self._ports.changing("write", memory.name, memory):
            memories = self._ports.table.memories
            stored = memories.get(memory.name)
            if memory.version != (stored.version if stored else 0) or _is_older(memory, stored):
                raise MemoryChanged(f"the memory of {memory.name} was written since it was read")
            kept = memory.last_activity or (stored.last_activity if stored else None)
            memories[memory.name] = replace(memory, version=memory.version + 1, last_activity=kept)
        return replace(memory, version=memory.version + 1)

    def note_activity(self, activity: Mapping[ServiceName, datetime]) -> None:
        if not activity:
            return
        with self._ports.changing("note_activity", None):
            memories = self._ports.table.memories
            for name, instant in activity.items():
                stored = memories.get(name)
                if stored and (stored.last_activity is None or stored.last_activity < instant):
                    memories[name] = replace(stored, last_activity=instant)

    def forget(self, name: ServiceName) -> None:
        with self._ports.changing("forget", name):
            self._ports.table.memories.pop(name, None)

    def _look(self, call: str, subject: object) -> None:
        unseen = self._ports.unseen(call, subject)
        if unseen:
            raise CallFailed(unseen.why)


def _is_older(memory: Memory, stored: Memory | None) -> bool:
    """Whether somebody recorded a later activity than the one this memory was decided on."""
    if stored is None or stored.last_activity is None or memory.last_activity is None:
        return False
    return memory.last_activity < stored.last_activity
