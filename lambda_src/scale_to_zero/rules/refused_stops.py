"""Undoing a stop that ECS refused: the service state is restored, except for what other runs wrote. Pure."""

from __future__ import annotations

from datetime import datetime

from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import ServiceState

from . import phases
from .phase_changes import with_change_recorded


def stop_refused(service: Service, before: ServiceState, stored: ServiceState, why: str, now: datetime) -> Decision:
    """Undo a stop that certainly did not happen.

    ``before``: the state on which the stop was decided. ``stored``: as the table holds it now, with the lease of the
    stop and what other runs recorded meanwhile. ``why``: ECS's refusal as text.

    The service runs, so a service that drained is awake, also for a wake that was recorded meanwhile. A failed wake
    that was about to be abandoned continues. A request to sleep is cancelled: otherwise each tick would try the stop
    again, and no tick would check whether a waking service is ready.
    If ECS shows zero tasks nevertheless, the next tick treats this as a stop by an operator: visitors wake the service,
    and a service that leaves the module is started again.
    """
    running, undone = phases.undo_stop(before, stored, now)
    sentence = f"{service.key} keeps running, because it could not be stopped: {why}"
    decision = Decision(Action.SAVE_STATE, Reason.STOP_REFUSED, sentence, undone, warning=True)
    return with_change_recorded(running, decision, now)
