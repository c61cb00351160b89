"""A run with the answers that it got. The checkers read them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from scale_to_zero.model.configured import Service, ServiceName
from scale_to_zero.model.metrics import SeriesKey
from simulator.runs import Run

from .awake_request import AwakeRequest


@dataclass(frozen=True)
class Described:
    """What ECS answered when a run described a service."""

    at: datetime
    desired: int
    deployment_running: bool
    unwatched: bool
    deployed_at: datetime


@dataclass
class CheckedRun(Run):
    """A run, and the answers that it got.

    ``services``: the configurations when it read them. ``readable``: for each series, the minutes that could be read
    when it last read them; ``None`` if it got no answer. ``without_targets``: the target groups that had no targets
    when it read them. ``targetless_before``: for each group that had targets again, since when it had none before.
    ``busy``: whether a task was protected when it read the task protection.
    ``waits_for_wake``: the wake for which it was last added to the waiting requests. ``lifts_holds``: whether it must
    lift holds. ``read_hold_all_at``: when it last read the hold of all services. ``awake_request``: what the client
    of a visit requested.
    """

    without_targets: set[str] = field(default_factory=set)
    targetless_before: dict[str, datetime] = field(default_factory=dict)
    described: dict[ServiceName, Described] = field(default_factory=dict)
    readable: dict[SeriesKey, frozenset[datetime] | None] = field(default_factory=dict)
    services: dict[ServiceName, Service] = field(default_factory=dict)
    busy: dict[ServiceName, bool] = field(default_factory=dict)
    waits_for_wake: datetime | None = None
    lifts_holds: bool = False
    read_hold_all_at: datetime | None = None
    awake_request: AwakeRequest | None = None

    def as_it_is(self) -> Self:
        """Return a copy that later answers do not change."""
        return replace(super().as_it_is(), described=dict(self.described))
