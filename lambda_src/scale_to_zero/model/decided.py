"""What is decided, as types."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .reasons import Reason
from .service_state import ServiceState


class Want(StrEnum):
    """A part of a snapshot that takes a separate call to read.

    ``REQUESTS`` fills ``traffic`` with requests only, ``METRICS`` also with how far the metrics are complete.
    """

    REQUESTS = "requests"
    METRICS = "metrics"
    TARGETS = "targets"
    SCALABLE_TARGET = "scalable_target"
    SCALING_POLICIES = "scaling_policies"
    GATEWAYS = "gateways"
    READINESS = "readiness"
    PROTECTION = "protection"
    STOP_REASONS = "stop_reasons"
    TASK_TIMES = "task_times"


class Action(StrEnum):
    """What the shell must do for a decision.

    ``OBSERVE``: fill the parts of the snapshot that are wanted, and decide again.
    """

    SKIP = "skip"
    STAY = "stay"
    OBSERVE = "observe"
    SAVE_STATE = "save_state"
    RECORD_ACTIVITY = "record_activity"
    DRAIN = "drain"
    SLEEP = "sleep"
    WAKE = "wake"


@dataclass(frozen=True)
class Decision:
    """An action with its reason.

    ``state``: what to write first (with the ``version`` that was read). ``desired``: the count to set in ECS, if the
    action is ``SLEEP`` or ``WAKE``. ``warning``: an operator should check. ``wants``: what to observe, if the action is
    ``OBSERVE``. ``forbidden``: AWS forbids a call that this decision needs, or that an earlier one needed.
    """

    action: Action
    reason: Reason
    sentence: str
    state: ServiceState | None = None
    desired: int | None = None
    warning: bool = False
    wants: frozenset[Want] = frozenset()
    forbidden: bool = False


def observe_first(reason: Reason, sentence: str, *wants: Want) -> Decision:
    """Decide to observe these parts of the snapshot first, and to decide again."""
    return Decision(Action.OBSERVE, reason, sentence, wants=frozenset(wants))
