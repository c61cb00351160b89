"""What is reported about every service at one instant: the rows of the API and of the control panel. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.quantities import HOUR
from scale_to_zero.model.service_state import Explanation, Hold, HoldAll, Phase, ServiceState
from scale_to_zero.model.stored import NOTHING_STORED, Stored

from .explanations import still_so, trouble_of
from .holds import current_hold, held_with_all, later_hold
from .time_asleep import asleep_today, time_asleep
from .wake_times import usual_from_request


@dataclass(frozen=True)
class Overview:
    """One service, as its service state shows it; ``None`` means not known, or not the case.

    ``phase``: ``None`` for a service that was never observed. ``explanation``: why the service is in its present state,
    if the newest tick reported it. ``trouble``: what an operator should check: the explanation, or why the service
    state cannot be read, or why the wake failed; empty if there is nothing to check.
    ``hold``: its own hold, only while in force; ``held_with_all``: the hold of all services, likewise.
    ``usual_wake``: how long its wakes usually take; ``expected``: how much of it is left of the wake under way, never
    below zero (``wake_times``).
    ``asleep_today``: on the UTC day so far. ``saved``: USD that its tasks would have cost while it slept.
    """

    service: Service
    phase: Phase | None = None
    failed: bool = False
    since: datetime | None = None
    last_activity: datetime | None = None
    hold: Hold | None = None
    sleep_requested: bool = False
    usual_wake: timedelta | None = None
    expected: timedelta | None = None
    asleep_today: timedelta | None = None
    saved: float | None = None
    trouble: str = ""
    explanation: Explanation | None = None
    held_with_all: HoldAll | None = None

    @property
    def held(self) -> Hold | None:
        """What keeps it awake for longest: its own hold, or the hold of all services."""
        return later_hold(self.hold, self.held_with_all)

    @property
    def acted_on(self) -> bool:
        """Whether this module may wake it and put it to sleep."""
        return self.service.mode is Mode.ACT


def overviews(stored: Stored, now: datetime) -> tuple[Overview, ...]:
    """Return every configured service, sorted by key."""
    return tuple(overview(service, stored.states.get(service.name), now, stored) for service in stored.services)


def overview(
    service: Service, state: ServiceState | Unknown | None, now: datetime, stored: Stored = NOTHING_STORED
) -> Overview:
    """Return one service. ``stored``: what else the table holds about it; ``state`` may be newer."""
    stored_explanation = stored.explanations.get(service.name)
    explanation = None if service.mode is Mode.OFF else still_so(stored_explanation, state)
    trouble = trouble_of(explanation)
    with_all = held_with_all(service, state if isinstance(state, ServiceState) else None, stored.hold_all, now)
    if state is None:
        return Overview(service, trouble=trouble, explanation=explanation, held_with_all=with_all)
    if isinstance(state, Unknown):
        why = trouble or state.why
        return Overview(service, trouble=why, explanation=explanation, held_with_all=with_all)
    task_hours = time_asleep(state, now).task_time / HOUR
    return Overview(
        service,
        phase=state.phase,
        failed=state.failed,
        since=state.since,
        last_activity=state.last_activity,
        hold=current_hold(state, now),
        sleep_requested=state.sleep_requested is not None,
        usual_wake=state.usual_wake,
        expected=usual_from_request(state, now, now) if state.phase is Phase.WAKING else None,
        asleep_today=asleep_today(state, now),
        saved=None if service.hourly_cost is None else task_hours * service.hourly_cost,
        trouble=trouble or (state.wake_under_way.cause if state.wake_under_way is not None else ""),
        explanation=explanation,
        held_with_all=with_all,
    )
