"""Recording every change of phase in the service state, so that a notification is sent for each. Pure.

The record is written together with the phase. If a run ends before it sends the notification, the next tick sends it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from scale_to_zero.model.decided import Decision
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange, ServiceState

from .idleness import last_needed
from .time_asleep import time_asleep

MOST_CHANGES: Final = 20
"""If notifications fail for a long time, their changes must not fill the table's item, which has at most 400 KB."""


def with_change_recorded(before: ServiceState | None, decision: Decision, now: datetime) -> Decision:
    """Return the decision with the change of phase that it makes, if any, recorded in its service state.

    A service without an earlier state has no change of phase.
    """
    if before is None or decision.state is None:
        return decision
    return replace(decision, state=with_change(before, decision.state, decision.reason, now))


def with_change(before: ServiceState, after: ServiceState, reason: Reason, now: datetime) -> ServiceState:
    """Return the service state that replaces ``before``, with the change of phase between the two."""
    failed = after.failed and not before.failed
    if after.phase is before.phase and not failed:
        return after
    if reason is Reason.READY and before.phase is Phase.ASLEEP and before.stop is not None:
        return _never_stopped(before, after)
    change = PhaseChange(
        version=before.version + 1,
        at=now,
        before=before.phase,
        after=after.phase,
        reason=reason,
        failed=failed,
        began=_began(before, after, reason),
        cause=after.wake_under_way.cause if failed and after.wake_under_way is not None else "",
        quiet_since=_quiet_since(before, after) if after.phase is Phase.ASLEEP else None,
    )
    pending = tuple(one for one in before.changes if one.version > before.notified)
    after = replace(after, changes=(*pending, change)[-MOST_CHANGES:], awake_since=_awake_since(before, after, now))
    return replace(after, time_asleep=time_asleep(before, now)) if before.phase is Phase.ASLEEP else after


def _never_stopped(before: ServiceState, after: ServiceState) -> ServiceState:
    """Remove the change to ``asleep``, not yet notified: the stop did not happen, and the service is still awake."""
    if not before.changes or before.changes[-1].after is not Phase.ASLEEP:
        return after
    return replace(after, changes=before.changes[:-1], awake_since=before.changes[-1].began)


def _quiet_since(before: ServiceState, after: ServiceState) -> datetime:
    """Return since when no use is known. Only ``after`` has activity found during a hold or just before the stop."""
    return max(filter(None, (last_needed(before), after.last_activity)))


def _began(before: ServiceState, after: ServiceState, reason: Reason) -> datetime | None:
    if reason is Reason.READY:
        return after.wake.first_requested_at if after.wake is not None else None
    if before.wake_under_way is not None:
        return before.wake_under_way.first_requested_at
    if after.phase is Phase.ASLEEP:
        return before.awake_since
    # A wake that had not begun ends when the service is started for another reason.
    return before.wake_requested if after.phase is Phase.AWAKE else None


def _awake_since(before: ServiceState, after: ServiceState, now: datetime) -> datetime | None:
    """Return since when a service is awake. A draining service is still awake; a waking one is not awake yet."""
    if after.phase not in (Phase.AWAKE, Phase.DRAINING):
        return None
    if before.phase in (Phase.AWAKE, Phase.DRAINING):
        return before.awake_since
    return now
