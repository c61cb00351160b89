"""A stop that ECS refused is undone: the service state is again what it was before, but for what others wrote. Pure."""

from __future__ import annotations

from datetime import datetime

from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import ServiceState

from . import phases
from .phase_changes import with_change_recorded


def stop_refused(service: Service, before: ServiceState, stored: ServiceState, why: str, now: datetime) -> Decision:
    """Undo a stop that surely did not happen.

    ``before``: what was decided on. ``stored``: as the table has it now, with the lease of the stop; it has what
    others recorded meanwhile. ``why``: ECS's refusal as text.

    The service runs, so what drained is awake, and a wake that was recorded meanwhile finds it awake. A failed wake
    that was about to be abandoned goes on as it was. A request to sleep is over, since otherwise each tick
    would try again, and none would check whether what wakes is ready.
    If ECS shows zero tasks all the same, the next tick treats that as a stop by an operator: visitors wake such a
    service, and one that leaves the module is brought back.
    """
    running, undone = phases.undo_stop(before, stored, now)
    sentence = f"{service.key} runs on: ECS refused to stop it: {why}"
    decision = Decision(Action.SAVE_STATE, Reason.STOP_REFUSED, sentence, undone, warning=True)
    return with_change_recorded(running, decision, now)
