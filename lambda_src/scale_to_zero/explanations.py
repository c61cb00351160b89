"""Why a service is as it is: told when that begins, changes and ends, and hourly while it needs attention. Pure.

A tick remembers what it tells, so that the API, the control panel and the other functions can show it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from .attention import attention
from .memory import Explanation, Memory, Phase
from .model import Decision, Mode, Snapshot, Unknown
from .reasons import Reason

TOLD_AGAIN_AFTER: Final = timedelta(hours=1)
LONGEST_SENTENCE: Final = 2000
"""Characters; two refusals of AWS, which are the longest, have some hundred each."""

LASTING: Final = frozenset({Reason.NO_TARGET_GROUPS, Reason.DEPLOYMENT_RUNNING, Reason.WOULD_SLEEP})
"""Reasons without a warning that may last, and that nothing else shows: without them one would wonder why a service is
not asleep."""


class Step(StrEnum):
    """What has become of an explanation."""

    BEGAN = "began"
    CHANGED = "changed"
    LASTS = "lasts"
    ENDED = "ended"


@dataclass(frozen=True)
class Telling:
    """What is to be remembered, ``None``: nothing any more; and what is to be logged, ``None``: nothing."""

    remembered: Explanation | None
    step: Step | None


def explanation(snapshot: Snapshot, decision: Decision, phase: Phase | None, now: datetime) -> Explanation | None:
    """What there is to explain about a service after a tick; ``None`` if nothing is. ``phase``: as the tick left it."""
    needed = attention(snapshot, decision, now)
    if needed is not None:
        reason, sentence = needed
        return Explanation(reason.value, sentence[:LONGEST_SENTENCE], True, now, now, phase)
    if decision.reason in LASTING and snapshot.service.mode is not Mode.OFF:
        return Explanation(decision.reason.value, decision.sentence[:LONGEST_SENTENCE], False, now, now, phase)
    return None


def telling(before: Explanation | None, after: Explanation | None, now: datetime) -> Telling | None:
    """What to remember and to log, where ``before`` was told last and ``after`` is so now; ``None`` if nothing is."""
    if before is None or after is None:
        return None if before == after else Telling(after, Step.ENDED if after is None else Step.BEGAN)
    lasting = replace(after, since=before.since if after.reason == before.reason else now)
    if (after.reason, after.sentence) != (before.reason, before.sentence):
        return Telling(lasting, Step.CHANGED)
    if after.needs_attention and now - before.logged >= TOLD_AGAIN_AFTER:
        return Telling(lasting, Step.LASTS)
    unlogged = replace(lasting, logged=before.logged)
    return None if unlogged == before else Telling(unlogged, None)


def still_so(told: Explanation | None, memory: Memory | Unknown | None) -> Explanation | None:
    """What was told of a service, unless its phase has changed since."""
    phase = memory.phase if isinstance(memory, Memory) else None
    return told if told is not None and told.phase is phase else None
