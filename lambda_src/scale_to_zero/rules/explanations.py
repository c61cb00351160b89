"""Explanations: why a service is in its present state.

An explanation is reported when it begins, changes and ends, and every hour while the service needs attention. A tick
saves what it reports, so that the API, the control panel and the other functions can show it. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scale_to_zero.model.configured import Mode
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.observed import Snapshot, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Explanation, Phase, ServiceState

from .attention import Attention, attention

LOGGED_AGAIN_AFTER: Final = timedelta(hours=1)
LONGEST_SENTENCE: Final = 2000
"""Characters. The longest sentences contain two refusals by AWS, of some hundred characters each."""

LASTING: Final = frozenset(
    {
        Reason.DEPLOYMENT_RUNNING,
        Reason.LEFT_TO_AUTO_SCALING,
        Reason.NO_TARGET_GROUPS,
        Reason.SCALING_NOT_SUSPENDED,
        Reason.TASK_PROTECTED,
        Reason.WOULD_SLEEP,
    }
)
"""Reasons without a warning that may last and that nothing else shows. They explain why a service is not asleep."""

HAPPENS_AT_ONE_TICK: Final[frozenset[str]] = frozenset(
    {
        Attention.SCALING_SUSPENDED_AGAIN,
        Reason.DRAINED_TOO_LONG,
        Reason.NEEDED_WHILE_DRAINING,
        Reason.SLEEP_ABANDONED,
        Reason.STOP_REFUSED,
        Reason.WAKE_ABANDONED,
    }
)
SHOWN_FOR: Final = timedelta(hours=1)
"""How long an event of one tick is shown: an alarm that notifies an operator links to it."""

CHECKED_WHEN_IDLE: Final = frozenset(
    {
        Reason.LEFT_TO_AUTO_SCALING,
        Reason.METRICS_BEHIND,
        Reason.PROTECTION_UNKNOWN,
        Reason.PREDICTIVE_SCALING,
        Reason.SCALABLE_TARGET_UNKNOWN,
        Reason.TASK_PROTECTED,
        Reason.TRAFFIC_UNKNOWN,
        Reason.UNWATCHED_TRAFFIC_SOURCE,
        Reason.WAKE_RULES_UNKNOWN,
    }
)
NOT_IDLE: Final = frozenset(
    {Reason.COUNT_CHANGED, Reason.DEPLOYMENT_ENDED, Reason.HELD, Reason.IN_USE, Reason.RECENTLY_ACTIVE}
)
"""While a service is not idle, no run checks again what was found while it was idle."""
CHECKED_LAST: Final = frozenset({Reason.PREDICTIVE_SCALING})
NOT_KNOWN_TO_BE_IDLE: Final = frozenset({Reason.DRAINING, Reason.METRICS_BEHIND})
"""While the metrics are not complete, no run checks again what it checks last, because that takes a call for each
service."""
REPORTED_UNCHECKED_FOR: Final = timedelta(hours=2)
"""How long after it was last logged such an explanation is reported without a new observation."""


class ExplanationEvent(StrEnum):
    """What one tick finds about an explanation, since the tick before."""

    BEGAN = "began"
    CHANGED = "changed"
    LASTS = "lasts"
    ENDED = "ended"


@dataclass(frozen=True)
class ExplanationChange:
    """What must be saved (``None``: that there is nothing to explain) and what must be logged (``None``: nothing)."""

    saved: Explanation | None
    step: ExplanationEvent | None


def explanation(
    snapshot: Snapshot, decision: Decision, state: ServiceState | None, now: datetime
) -> Explanation | None:
    """Return what one tick explains about a service, ``None`` if nothing. ``state``: as the tick left it."""
    phase = _phase_of(state)
    needed = attention(snapshot, decision, state, now)
    if needed is not None:
        reason, sentence = needed
        return Explanation(reason.value, sentence[:LONGEST_SENTENCE], True, now, now, phase)
    if decision.reason in LASTING and snapshot.service.mode is not Mode.OFF:
        return Explanation(decision.reason.value, decision.sentence[:LONGEST_SENTENCE], False, now, now, phase)
    return None


def is_kept(before: Explanation, decision: Decision, state: ServiceState | None, now: datetime) -> bool:
    """Return whether to keep what was reported before, if a tick finds nothing that needs attention."""
    if still_so(before, state) is None:
        return False
    if before.reason in HAPPENS_AT_ONE_TICK:
        return now - before.since < SHOWN_FOR
    unchecked = decision.reason in NOT_IDLE or (
        before.reason in CHECKED_LAST and decision.reason in NOT_KNOWN_TO_BE_IDLE
    )
    unseen = before.reason in CHECKED_WHEN_IDLE and unchecked
    return unseen and now - before.logged < REPORTED_UNCHECKED_FOR


def explanation_change(
    before: Explanation | None, after: Explanation | None, now: datetime
) -> ExplanationChange | None:
    """Return what to save and log, ``None`` if nothing. ``before``: the last report; ``after``: what the tick found."""
    if before is None:
        return None if after is None else ExplanationChange(after, ExplanationEvent.BEGAN)
    if after is None:
        return ExplanationChange(None, ExplanationEvent.ENDED)
    lasting = replace(after, since=before.since if after.reason == before.reason else now)
    if before.needs_attention and not after.needs_attention:
        return ExplanationChange(lasting, ExplanationEvent.ENDED)
    if after.reason != before.reason or (after.needs_attention and after.sentence != before.sentence):
        return ExplanationChange(lasting, ExplanationEvent.CHANGED)
    if after.needs_attention and now - before.logged >= LOGGED_AGAIN_AFTER:
        return ExplanationChange(lasting, ExplanationEvent.LASTS)
    unlogged = replace(lasting, logged=before.logged)
    return None if unlogged == before else ExplanationChange(unlogged, None)


def still_so(known: Explanation | None, state: ServiceState | Unknown | None) -> Explanation | None:
    """Return what was reported about a service, ``None`` if its phase has changed since."""
    return known if known is not None and known.phase is _phase_of(state) else None


def trouble_of(known: Explanation | None) -> str:
    """Return what an operator should check, empty if there is nothing to check."""
    return known.sentence if known is not None and known.needs_attention else ""


def _phase_of(state: ServiceState | Unknown | None) -> Phase | None:
    return state.phase if isinstance(state, ServiceState) else None
