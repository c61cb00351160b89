"""The table in memory: a few dictionaries and the ports over them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from scale_to_zero.model.configured import Service, ServiceName, WaitingPage
from scale_to_zero.model.errors import StateChanged, failure
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.service_state import Explanation, HoldAll, Lease, ServiceState
from scale_to_zero.model.stored import Stored

if TYPE_CHECKING:
    from .in_memory import InMemoryPorts


class WaitingRequests(NamedTuple):
    """The number of requests that wait for the wake that was first requested at an instant."""

    waiting_since: datetime
    requests: int


class Read(NamedTuple):
    """A service state as it was last read, and what it was composed of."""

    stored: ServiceState
    beside: tuple[datetime | None, datetime | None, int]
    state: ServiceState


@dataclass
class TableItems:
    """The content of the table. ``unreadable``: sentences about unreadable items.

    ``hold_all``: the hold of every service; ``Unknown`` is an item that cannot be read.
    ``wake_target_groups``: by ARN, the key of the service. ``leases``: by service and kind, when a lease ends.
    """

    services: dict[str, Service] = field(default_factory=dict)
    states: dict[ServiceName, ServiceState] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    wake_target_groups: dict[str, str] = field(default_factory=dict)
    waiting_page: WaitingPage = field(default_factory=WaitingPage)
    leases: dict[tuple[ServiceName, Lease], datetime] = field(default_factory=dict)
    waiting_requests: dict[ServiceName, WaitingRequests] = field(default_factory=dict)
    notified: dict[ServiceName, int] = field(default_factory=dict)
    explanations: dict[ServiceName, Explanation] = field(default_factory=dict)
    hold_all: HoldAll | Unknown | None = None
    _read: dict[ServiceName, Read] = field(default_factory=dict)

    def delete_state(self, name: ServiceName) -> None:
        """Delete a service's state item with all its attributes."""
        self.states.pop(name, None)
        self.waiting_requests.pop(name, None)
        self.notified.pop(name, None)
        self.explanations.pop(name, None)
        for lease in Lease:
            self.leases.pop((name, lease), None)

    def with_leases(self, state: ServiceState) -> ServiceState:
        """Return a service state as it is read: with the attributes that leases and notifications write."""
        name = state.name
        beside = (
            self.leases.get((name, Lease.START_WATCHER)),
            self.leases.get((name, Lease.WATCHER)),
            self.notified.get(name, 0),
        )
        known = self._read.get(name)
        if known is None or known.stored is not state or known.beside != beside:
            sent, watched, notified = beside
            read = replace(state, watcher_expected_until=sent, watcher_until=watched, notified=notified)
            known = self._read[name] = Read(state, beside, read)
        return known.state


class InMemoryTable:
    """``Table`` over a table in memory."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def read_all(self) -> Stored:
        self._read_call("read_all", None)
        table = self._ports.table
        return self._stored(table.services, table.states.keys() | table.explanations.keys(), table.unreadable)

    def read_services(self, keys: Collection[str], names: Collection[ServiceName] = ()) -> Stored:
        self._read_call("read_services", tuple(keys))
        configured = self._ports.table.services.keys() & set(keys)
        wanted = {self._ports.table.services[key].name for key in configured} | set(names)
        # Unreadable items belong to other services here.
        return self._stored(configured, wanted, [])

    def _stored(self, keys: Collection[str], names: Collection[ServiceName], unreadable: list[str]) -> Stored:
        table = self._ports.table
        services = tuple(table.services[key] for key in sorted(keys))
        states = {name: table.with_leases(state) for name, state in table.states.items() if name in names}
        explanations = {name: one for name, one in table.explanations.items() if name in names}
        unread = [table.hold_all.why] if isinstance(table.hold_all, Unknown) else []
        return Stored(services, states, tuple(sorted(unreadable + unread)), explanations, table.hold_all)

    def read(self, name: ServiceName) -> ServiceState | None:
        self._read_call("read", name)
        stored = self._ports.table.states.get(name)
        return stored and self._ports.table.with_leases(stored)

    def write(self, state: ServiceState) -> ServiceState:
        with self._ports.changing("write", state.name, state):
            states = self._ports.table.states
            stored = states.get(state.name)
            if not takes_effect(state, stored):
                raise StateChanged(f"the service state of {state.name} was written since it was read")
            kept = state.last_activity or (stored.last_activity if stored else None)
            states[state.name] = replace(state, version=state.version + 1, last_activity=kept)
        return replace(state, version=state.version + 1)

    def write_hold_all(self, hold: HoldAll | None) -> None:
        with self._ports.changing("release_all" if hold is None else "hold_all", None, hold):
            self._ports.table.hold_all = hold

    def read_hold_all(self) -> HoldAll | Unknown | None:
        self._read_call("read_hold_all", None)
        return self._ports.table.hold_all

    def record_activity(self, activity: Mapping[ServiceName, datetime]) -> None:
        if not activity:
            return
        with self._ports.changing("record_activity", None):
            states = self._ports.table.states
            for name, instant in activity.items():
                stored = states.get(name)
                if stored and (stored.last_activity is None or stored.last_activity < instant):
                    states[name] = replace(stored, last_activity=instant)

    def record_notified(self, name: ServiceName, version: int) -> None:
        with self._ports.changing("record_notified", name, version):
            notified = self._ports.table.notified
            if name in self._ports.table.states:
                notified[name] = max(version, notified.get(name, 0))

    def explain(self, name: ServiceName, explanation: Explanation | None, *, known: bool) -> None:
        with self._ports.changing("explain", name):
            table = self._ports.table
            if known and name not in table.states:
                return
            table.explanations.pop(name, None)
            if explanation is not None:
                table.explanations[name] = explanation

    def take_lease(self, name: ServiceName, lease: Lease, until: datetime, mine: datetime | None = None) -> bool:
        with self._ports.changing("take_lease", name, lease):
            leases = self._ports.table.leases
            ends = leases.get((name, lease))
            free = ends is None or ends <= self._ports.clock() or ends == mine
            if free:
                leases[name, lease] = until
        return free

    def add_waiting_request(self, name: ServiceName, waiting_since: datetime, most: int) -> bool:
        with self._ports.changing("add_waiting_request", name, waiting_since):
            waiting_requests, count = self._ports.table.waiting_requests.get(name), self._waiting(name, waiting_since)
            free = count < most and (waiting_requests is None or waiting_requests.waiting_since <= waiting_since)
            if free:
                self._ports.table.waiting_requests[name] = WaitingRequests(waiting_since, count + 1)
        return free

    def remove_waiting_request(self, name: ServiceName, waiting_since: datetime) -> None:
        with self._ports.changing("remove_waiting_request", name, waiting_since):
            count = self._waiting(name, waiting_since)
            if count:
                self._ports.table.waiting_requests[name] = WaitingRequests(waiting_since, count - 1)

    def _waiting(self, name: ServiceName, waiting_since: datetime) -> int:
        waiting_requests = self._ports.table.waiting_requests.get(name)
        return waiting_requests.requests if waiting_requests and waiting_requests.waiting_since == waiting_since else 0

    def _read_call(self, call: str, subject: object) -> None:
        unseen = self._ports.unseen(call, subject)
        if unseen:
            raise failure(unseen.why, forbidden=unseen.forbidden)


class InMemoryConfiguration:
    """``Configuration`` over a table in memory, without a cache, so that every change is seen at once."""

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


def takes_effect(state: ServiceState, stored: ServiceState | None) -> bool:
    """Return whether a write of this service state over the stored one succeeds."""
    return state.version == (stored.version if stored else 0) and not _is_older(state, stored)


def _is_older(state: ServiceState, stored: ServiceState | None) -> bool:
    """Return whether the stored activity is later than the activity in this service state."""
    if stored is None or stored.last_activity is None or state.last_activity is None:
        return False
    return state.last_activity < stored.last_activity
