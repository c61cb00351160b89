"""A stop that ECS refused is undone: the service state is again what it was before, but for what others wrote. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .memory import Memory, Phase
from .model import Action, Decision, Service
from .phase_changes import noted
from .reasons import Reason
from .wake_times import requested_again


def stop_refused(service: Service, before: Memory, stored: Memory, why: str, now: datetime) -> Decision:
    """Undo a stop that surely did not happen.

    ``before``: what was decided on. ``stored``: as the table has it now, with the lease of the stop; it tells what
    others recorded meanwhile. ``why``: ECS's refusal in words.

    The service runs, so what drained is awake, and a wake that was recorded meanwhile finds it awake. A failed wake
    that was to be given up goes on as it was. A request to sleep is over, for else each tick
    would try again, and nobody would look whether what wakes is ready.
    Should ECS show zero tasks all the same, the next tick takes that for somebody else's stop: visitors wake such a
    service, and one that leaves the module is brought back.
    """
    running = replace(
        before,
        sleep_requested=None,
        version=stored.version,
        last_activity=stored.last_activity,
        hold=stored.hold,
        announced=stored.announced,
        leaving=stored.leaving,
        escort_sent_until=stored.escort_sent_until,
        escorted_until=stored.escorted_until,
    )
    undone = running
    if running.phase is Phase.DRAINING:
        undone = replace(running, phase=Phase.AWAKE, since=now, armed=None)
    if stored.wake_requested is not None:
        undone = _requested(undone, stored.wake_requested)
    sentence = f"{service.key} runs on: ECS refused to stop it: {why}"
    decision = Decision(Action.REMEMBER, Reason.STOP_REFUSED, sentence, undone, warning=True)
    return noted(running, decision, now)


def _requested(undone: Memory, requested: datetime) -> Memory:
    if undone.phase is Phase.WAKING:
        return requested_again(undone, requested)
    return replace(undone, asked=requested)
