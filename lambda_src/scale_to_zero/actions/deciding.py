"""Writing what is decided about one service, while other runs may write its service state too."""

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
"""Of runs that write at the same instant one succeeds per attempt; an attempt takes some 50 ms."""
SECONDS_BETWEEN_ATTEMPTS: Final = 1.0

Read = TypeVar("Read")
Decided = TypeVar("Decided", bound=Decision | ServiceState | None)


class Outcome(NamedTuple, Generic[Read, Decided]):
    """What was read last, what was decided on it, and the service state as it was written, if anything was."""

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
    """Decide and write the service state; where another run has written it meanwhile, read and decide again.

    What is written was decided on the very state that it replaces. Nothing else is changed: the caller acts on the
    outcome, so the service state always comes first.

    ``seen``: what the first decision is made on. ``decide``: answers the state to write, or a decision that has it;
    ``None``, or a decision without one, writes nothing. It is called once per attempt. ``observe_again``: reads anew.
    ``until``: an attempt a second until then; else there are 25 without a pause.

    Raises ``StateChanged`` where other runs were faster each time: nothing was written. Raises ``CallFailed`` where
    the table could not be read or written: it may have been written. What ``decide`` and ``observe_again`` raise is
    passed on.
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
    """Do as ``write_decided`` does, where the service state alone is decided on. ``state``: as it was last read."""
    return write_decided(ports, state, change, lambda: ports.table.read(name), until=until)
