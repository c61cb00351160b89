"""A run as the judges see it: what it was told when it asked."""

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
    """What was so when a run asked ECS about a service."""

    at: datetime
    desired: int
    deployment_running: bool
    unwatched: bool
    deployed_at: datetime


@dataclass
class CheckedRun(Run):
    """A run, and what it was told: ``services`` as they were configured when it read them.

    ``readable``: by series the minutes that could be read when it last asked, ``None`` if it was not answered.
    ``without_targets``: the target groups that had no targets when it asked.
    ``busy``: whether a task was protected when it asked.
    ``place``: the wake for which it last asked for a place among the requests held. ``lifts_holds``: holds are to be
    lifted by it. ``read_hold_all_at``: when it last read what holds every service. ``wish``: of a visit, what it asks.
    """

    without_targets: set[str] = field(default_factory=set)
    described: dict[ServiceName, Described] = field(default_factory=dict)
    readable: dict[SeriesKey, frozenset[datetime] | None] = field(default_factory=dict)
    services: dict[ServiceName, Service] = field(default_factory=dict)
    busy: dict[ServiceName, bool] = field(default_factory=dict)
    waits_for_wake: datetime | None = None
    lifts_holds: bool = False
    read_hold_all_at: datetime | None = None
    awake_request: AwakeRequest | None = None

    def as_it_is(self) -> Self:
        """A copy, which does not follow what the run is told afterwards."""
        return replace(super().as_it_is(), described=dict(self.described))
