"""One run of a function in virtual time, which is cut off at its limit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Self

from scale_to_zero.model.configured import ServiceName

from .routing import ClientKind

TICK: Final = "tick"
SCALE_UP: Final = "scale_up"
WATCHER: Final = "watcher"
SLEEP: Final = "sleep"
UNINSTALL: Final = "uninstall"
VISIT: Final = "visit"
TIME_LIMITS: Final = {
    TICK: timedelta(seconds=60),
    SCALE_UP: timedelta(seconds=900),
    WATCHER: timedelta(seconds=900),
    SLEEP: timedelta(seconds=60),
    UNINSTALL: timedelta(seconds=900),
    VISIT: timedelta(seconds=60),
}
"""The functions' time-outs, as the Terraform module sets them."""
SCALE_TO_ZERO_RUNS: Final = frozenset({TICK, SLEEP})
"""The kinds of runs of the scale-to-zero function."""


@dataclass
class Run:
    """One run of a function.

    ``disturbed``: the services that its faults concerned; ``None`` stands for every service.
    ``visited`` and ``client``: for a visit, the service that was visited and the kind of visitor.
    ``answer``: what the function answered. ``failed``: why it failed. ``ends_at``: when it is cut off.
    """

    kind: str
    number: int
    begun: datetime
    calls: int = 0
    clock_ahead: timedelta = timedelta(0)
    disturbed: set[ServiceName | None] = field(default_factory=set)
    visited: ServiceName | None = None
    client: ClientKind | None = None
    answer: object = None
    failed: Exception | None = None
    ends_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Set the time limit of its function."""
        self.ends_at = self.begun + TIME_LIMITS[self.kind]

    @property
    def ends_at_by_its_clock(self) -> datetime:
        """When the run is cut off by its own clock."""
        return self.ends_at + self.clock_ahead

    def is_fault_free(self, name: ServiceName) -> bool:
        """Return whether the run had no fault that could concern this service."""
        return not self.disturbed & {None, name}

    def as_it_is(self) -> Self:
        """Return a copy, which later changes of the run do not change."""
        return replace(self, disturbed=set(self.disturbed))

    def __str__(self) -> str:
        """Return the run's name in the trace."""
        return f"{self.kind} {self.number}"
