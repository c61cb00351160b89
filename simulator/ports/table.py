"""The table in memory: a few dictionaries, and the ports over them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from scale_to_zero.model.configured import Service, ServiceName, WaitingPage
from scale_to_zero.model.errors import MemoryChanged, failure
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Errand, Explanation, HoldAll, Memory
from scale_to_zero.model.stored import Stored

if TYPE_CHECKING:
    from .in_memory import InMemoryPorts


class WaitingRequests(NamedTuple):
    """How many requests wait for the wake that was first requested at an instant."""

    wake: datetime
    requests: int


class Read(NamedTuple):
    """A service state as it was last read, with what it was put together from."""

    stored: Memory
    beside: tuple[datetime | None, datetime | None, int]
    memory: Memory


@dataclass
class Table:
    """What DynamoDB would hold. ``broken`` are sentences about unreadable items.

    ``hold_all``: what holds every service; ``Unknown`` is an item that cannot be read.
    ``wake_target_groups``: by ARN, the key of the service. ``claims``: by service and kind, when a lease ends.
    """

    services: dict[str, Service] = field(default_factory=dict)
    memories: dict[ServiceName, Memory] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    wake_target_groups: dict[str, str] = field(default_factory=dict)
    waiting_page: WaitingPage = field(default_factory=WaitingPage)
    claims: dict[tuple[ServiceName, Errand], datetime] = field(default_factory=dict)
    held: dict[ServiceName, WaitingRequests] = field(default_factory=dict)
    announced: dict[ServiceName, int] = field(default_factory=dict)
    explanations: dict[ServiceName, Explanation] = field(default_factory=dict)
    hold_all: HoldAll | Unknown | None = None
    _read: dict[ServiceName, Read] = field(default_factory=dict)

    def delete_memory(self, name: ServiceName) -> None:
        """Delete a service's state item, with everything that is in it."""
        self.memories.pop(name, None)
        self.held.pop(name, None)
        self.announced.pop(name, None)
        self.explanations.pop(name, None)
        for errand in Errand:
            self.claims.pop((name, errand), None)

    def with_claims(self, memory: Memory) -> Memory:
        """A service state as it is read: with what leases and notifications write beside it."""
        name = memory.name
        beside = (
            self.claims.get((name, Errand.SEND_ESCORT)),
            self.claims.get((name, Errand.ESCORT)),
            self.announced.get(name, 0),
        )
        known = self._read.get(name)
        if known is None or known.stored is not memory or known.beside != beside:
            sent, escorted, announced = beside
            read = replace(memory, escort_sent_until=sent, escorted_until=escorted, announced=announced)
            known = self._read[name] = Read(memory, beside, read)
        return known.memory


class InMemoryMemories:
    """``Memories`` over a table in memory."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def read_all(self) -> Stored:
        self._read_call("read_all", None)
        table = self._ports.table
        return self._stored(table.services, table.memories.keys() | table.explanations.keys(), table.broken)

    def read_services(self, keys: Collection[str], names: Collection[ServiceName] = ()) -> Stored:
        self._read_call("read_services", tuple(keys))
        configured = self._ports.table.services.keys() & set(keys)
        wanted = {self._ports.table.services[key].name for key in configured} | set(names)
        # What cannot be read is of other services here.
        return self._stored(configured, wanted, [])

    def _stored(self, keys: Collection[str], names: Collection[ServiceName], broken: list[str]) -> Stored:
        table = self._ports.table
        services = tuple(table.services[key] for key in sorted(keys))
        memories = {name: table.with_claims(memory) for name, memory in table.memories.items() if name in names}
        explanations = {name: one for name, one in table.explanations.items() if name in names}
        unread = [table.hold_all.why] if isinstance(table.hold_all, Unknown) else []
        return Stored(services, memories, tuple(sorted(broken + unread)), explanations, table.hold_all)

    def read(self, name: ServiceName) -> Memory | None:
        self._read_call("read", name)
        stored = self._ports.table.memories.get(name)
        return stored and self._ports.table.with_claims(stored)

    def write(self, memory: Memory) -> Memory:
        with self._ports.changing("write", memory.name, memory):
            memories = self._ports.table.memories
            stored = memories.get(memory.name)
            if not takes_effect(memory, stored):
                raise MemoryChanged(f"the state of {memory.name} was written since it was read")
            kept = memory.last_activity or (stored.last_activity if stored else None)
            memories[memory.name] = replace(memory, version=memory.version + 1, last_activity=kept)
        return replace(memory, version=memory.version + 1)

    def hold_all(self, hold: HoldAll | None) -> None:
        with self._ports.changing("release_all" if hold is None else "hold_all", None, hold):
            self._ports.table.hold_all = hold

    def read_hold_all(self) -> HoldAll | Unknown | None:
        self._read_call("read_hold_all", None)
        return self._ports.table.hold_all

    def note_activity(self, activity: Mapping[ServiceName, datetime]) -> None:
        if not activity:
            return
        with self._ports.changing("note_activity", None):
            memories = self._ports.table.memories
            for name, instant in activity.items():
                stored = memories.get(name)
                if stored and (stored.last_activity is None or stored.last_activity < instant):
                    memories[name] = replace(stored, last_activity=instant)

    def note_announced(self, name: ServiceName, version: int) -> None:
        with self._ports.changing("note_announced", name, version):
            announced = self._ports.table.announced
            if name in self._ports.table.memories:
                announced[name] = max(version, announced.get(name, 0))

    def explain(self, name: ServiceName, explanation: Explanation | None, *, known: bool) -> None:
        with self._ports.changing("explain", name):
            table = self._ports.table
            if known and name not in table.memories:
                return
            table.explanations.pop(name, None)
            if explanation is not None:
                table.explanations[name] = explanation

    def claim(self, name: ServiceName, errand: Errand, until: datetime, mine: datetime | None = None) -> bool:
        with self._ports.changing("claim", name, errand):
            claims = self._ports.table.claims
            ends = claims.get((name, errand))
            free = ends is None or ends <= self._ports.clock() or ends == mine
            if free:
                claims[name, errand] = until
        return free

    def hold_request(self, name: ServiceName, wake: datetime, most: int) -> bool:
        with self._ports.changing("hold_request", name, wake):
            held, count = self._ports.table.held.get(name), self._held(name, wake)
            free = count < most and (held is None or held.wake <= wake)
            if free:
                self._ports.table.held[name] = WaitingRequests(wake, count + 1)
        return free

    def release_request(self, name: ServiceName, wake: datetime) -> None:
        with self._ports.changing("release_request", name, wake):
            count = self._held(name, wake)
            if count:
                self._ports.table.held[name] = WaitingRequests(wake, count - 1)

    def _held(self, name: ServiceName, wake: datetime) -> int:
        held = self._ports.table.held.get(name)
        return held.requests if held and held.wake == wake else 0

    def _read_call(self, call: str, subject: object) -> None:
        unseen = self._ports.unseen(call, subject)
        if unseen:
            raise failure(unseen.why, forbidden=unseen.forbidden)


class InMemoryConfiguration:
    """``Configuration`` over a table in memory; it keeps nothing, so that every change is seen at once."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def service_of(self, wake_target_group_arn: str) -> Service | None:
        self._read_call("service_of", wake_target_group_arn)
        key = self._ports.table.wake_target_groups.get(wake_target_group_arn)
        return None if key is None else self._ports.table.services.get(key)

    def waiting_page(self) -> WaitingPage:
        self._read_call("waiting_page", None)
        return self._ports.table.waiting_page

    def _read_call(self, call: str, subject: object) -> None:
        unseen = self._ports.unseen(call, subject)
        if unseen:
            raise failure(unseen.why, forbidden=unseen.forbidden)


def takes_effect(memory: Memory, stored: Memory | None) -> bool:
    """Whether a write of this service state over what is stored now succeeds."""
    return memory.version == (stored.version if stored else 0) and not _is_older(memory, stored)


def _is_older(memory: Memory, stored: Memory | None) -> bool:
    """Whether a later activity is recorded than the one this service state was decided on."""
    if stored is None or stored.last_activity is None or memory.last_activity is None:
        return False
    return memory.last_activity < stored.last_activity
