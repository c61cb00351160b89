"""What a request to put a service to sleep without waiting for idleness meets at once. Pure.

What becomes of it is decided by the rules of ``draining``, with an idle window of nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .holds import holding_all, standing_hold, stays_stopped, told, told_of_all
from .memory import Memory, Phase
from .model import Action, Decision, Service, Snapshot, Unknown
from .reasons import Reason


def refused_by_hold(service: Service, memory: Memory, now: datetime) -> str:
    """Why a service that is held may not be put to sleep, empty if it may."""
    hold = standing_hold(memory, now)
    if hold is None:
        return ""
    return f'{service.key} is {told(hold)}; release it first, or ask again with "force": true'


def refused_with_all(snapshot: Snapshot, memory: Memory, now: datetime) -> Decision | None:
    """Refuse to put a service to sleep while all are held, for the next tick would wake it; ``None`` if it may sleep.

    One that sleeps, and that no tick would wake, may go on doing so.
    """
    key, hold = snapshot.service.key, holding_all(snapshot, now)
    if hold is None or (memory.phase is Phase.ASLEEP and (isinstance(hold, Unknown) or stays_stopped(memory, hold))):
        return None
    if isinstance(hold, Unknown):
        sentence = f"{key} is not put to sleep: {hold.why}"
        return Decision(Action.LEAVE_ALONE, Reason.HOLD_ALL_UNKNOWN, sentence, warning=True)
    sentence = f'{key} is {told_of_all(hold)}; release all first, with "hold_all_until": null'
    return Decision(Action.LEAVE_ALONE, Reason.HELD, sentence)


def requested(service: Service, memory: Memory, now: datetime) -> Decision:
    """Note that somebody asked for it; a hold is lifted by that."""
    sentence = f"{service.key} is to be put to sleep: somebody asked for it"
    noted = replace(memory, sleep_requested=now, hold=None)
    return Decision(Action.REMEMBER, Reason.ASKED_TO_SLEEP, sentence, noted)
