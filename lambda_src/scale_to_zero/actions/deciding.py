"""Writing what is decided about one service while other runs may write its service state, too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Generic, NamedTuple, TypeVar

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.errors import StateChanged
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.ports import Ports

ATTEMPTS: Final = 25
"""If several runs write at the same instant, one succeeds per attempt; an attempt takes some 50 ms."""
SECONDS_BETWEEN_ATTEMPTS: Final = 1.0

Read = TypeVar("Read")
Decided = TypeVar("Decided", bound=Decision | ServiceState | None)


class Outcome(NamedTuple, Generic[Read, Decided]):
    """What was read last, what was decided about it, and the service state that was written, ``None`` if none was."""

    seen: Read
    decided: Decided
    written: ServiceState | None


def write_decided(
    ports: Ports,
    seen: Read,
    decide: Callable[[Read], Decided],
    observe_again: Callable[[], Read],
    *,
    until: datetime | None = None,
) -> Outcome[Read, Decided]:
    """Decide and write the service state; if another run has written it meanwhile, read and decide again.

    A written state was always decided on the state that it replaces. Nothing else is changed: the caller acts on the
    outcome, so the service state is always written first.

    ``seen``: what the first decision is made on. ``decide``: returns the state to write, or a decision with that state;
    ``None``, or a decision without a state, writes nothing. It is called once per attempt. ``observe_again``: reads
    again. ``until``: try once a second until this instant; if ``None``, try 25 times without a pause.

    Raises ``StateChanged`` if other runs were faster in every attempt: nothing was written. Raises ``CallFailed`` if
    the table could not be read or written: the state may have been written. Errors of ``decide`` and ``observe_again``
    are passed on.
    """
    attempts = 0
    while True:
        decided = decide(seen)
        state = decided.state if isinstance(decided, Decision) else decided
        if state is None:
            return Outcome(seen, decided, None)
        try:
            return Outcome(seen, decided, ports.table.write(state))
        except StateChanged as error:
            attempts += 1
            is_last = attempts == ATTEMPTS if until is None else ports.clock() >= until
            if is_last:
                raise StateChanged("its service state kept changing") from error
        if until is not None:
            ports.sleep(SECONDS_BETWEEN_ATTEMPTS)
        seen = observe_again()


def write_change(
    ports: Ports,
    name: ServiceName,
    state: ServiceState | None,
    change: Callable[[ServiceState | None], Decided],
    *,
    until: datetime | None = None,
) -> Outcome[ServiceState | None, Decided]:
    """Do the same as ``write_decided``, if the decision needs only the service state. ``state``: as last read."""
    return write_decided(ports, state, change, lambda: ports.table.read(name), until=until)
