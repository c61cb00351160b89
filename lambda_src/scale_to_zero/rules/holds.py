"""Holds, which keep one service, or all services, awake until an instant. Pure."""

from __future__ import annotations

from datetime import datetime

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import Snapshot, Unknown
from scale_to_zero.model.quantities import date_and_time, iso_with_offset
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Hold, HoldAll, Phase, ServiceState


def current_hold(state: ServiceState, now: datetime) -> Hold | None:
    """Return the service's own hold if it is in force now."""
    return state.hold if state.hold is not None and now < state.hold.until else None


def current_hold_all(hold: HoldAll | Unknown | None, now: datetime) -> HoldAll | None:
    """Return the hold of all services if it is known to be in force now."""
    return hold if isinstance(hold, HoldAll) and now < hold.until else None


def holding_all(snapshot: Snapshot, now: datetime) -> HoldAll | Unknown | None:
    """Return the hold of all services if it holds this one now. It holds services in mode ``act`` only."""
    if snapshot.service.mode is not Mode.ACT:
        return None
    hold = snapshot.hold_all
    return hold if isinstance(hold, Unknown) else current_hold_all(hold, now)


def stays_stopped(state: ServiceState, hold: HoldAll) -> bool:
    """Return whether a service was set to zero in ECS after the hold of all services began: then it stays at zero."""
    return state.phase is Phase.ASLEEP and state.stopped is None and state.since > hold.since


def kept_with_all(snapshot: Snapshot, now: datetime) -> Decision | None:
    """Keep a running service awake if all services are held, or if it is unknown whether they are."""
    key, hold = snapshot.service.key, holding_all(snapshot, now)
    if isinstance(hold, Unknown):
        return Decision(Action.STAY, Reason.HOLD_ALL_UNKNOWN, f"{key} stays awake: {hold.why}", warning=True)
    return hold and Decision(Action.STAY, Reason.HELD, f"{key} is {hold_all_text(hold)}")


def kept_by_hold(snapshot: Snapshot, state: ServiceState, now: datetime) -> Decision | None:
    """Keep a running service awake if it is held, alone or with all others; report the hold that ends later."""
    own, of_all = current_hold(state, now), holding_all(snapshot, now)
    if own is None or (isinstance(of_all, HoldAll) and of_all.until > own.until):
        return kept_with_all(snapshot, now)
    return Decision(Action.STAY, Reason.HELD, f"{snapshot.service.key} is {hold_text(own)}")


def held_until(snapshot: Snapshot, state: ServiceState) -> datetime | None:
    """Return when the newest known hold of a service ends, or ended; ``None`` if there is none."""
    of_all = snapshot.hold_all if snapshot.service.mode is Mode.ACT else None
    return max((hold.until for hold in (state.hold, of_all) if isinstance(hold, Hold | HoldAll)), default=None)


def held_with_all(
    service: Service, state: ServiceState | None, hold: HoldAll | Unknown | None, now: datetime
) -> HoldAll | None:
    """Return the hold of all services if it is known to hold this one now."""
    of_all = current_hold_all(hold, now) if service.mode is Mode.ACT else None
    return None if of_all is None or (state is not None and stays_stopped(state, of_all)) else of_all


def later_hold(own: Hold | None, of_all: HoldAll | None) -> Hold | None:
    """Return what holds one service for longest: its own hold, or the hold of all services."""
    if of_all is None or (own is not None and own.until >= of_all.until):
        return own
    return Hold(of_all.until, of_all.reason)


def later_of(state: ServiceState, hold: Hold, now: datetime) -> Hold:
    """Return the hold that ends later: the one in force, or ``hold``."""
    in_force = current_hold(state, now)
    return hold if in_force is None else max(in_force, hold, key=lambda one: one.until)


def hold_text(hold: Hold | HoldAll) -> str:
    """Write a hold as text: until when, and why if a reason was given."""
    return f"held awake {_until(hold)}"


def as_answered(hold: Hold | HoldAll) -> dict[str, str]:
    """Return a hold in the form of the functions' answers."""
    return {"until": iso_with_offset(hold.until), "reason": hold.reason}


def hold_all_text(hold: HoldAll) -> str:
    """Write the hold of all services as text, in the same form."""
    return f"held awake with all services {_until(hold)}"


def _until(hold: Hold | HoldAll) -> str:
    because = f" ({hold.reason})" if hold.reason else ""
    return f"until {date_and_time(hold.until)}{because}"
