"""What is decided, as types."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .reasons import Reason
from .service_state import ServiceState


class Want(StrEnum):
    """A part of a snapshot that takes a call of its own to see.

    ``REQUESTS`` fills ``traffic`` as far as it takes to find use, ``METRICS`` with how far the metrics are complete.
    """

    REQUESTS = "requests"
    METRICS = "metrics"
    TARGETS = "targets"
    SCALABLE_TARGET = "scalable_target"
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

    ``state`` is what to write first (its ``version`` is the one it was read with).
    ``desired`` is the count to set in ECS, where the action is to sleep or wake.
    ``warning`` says that an operator should check. ``wants``: what to observe, where the action is to observe more.
    ``forbidden``: AWS forbids a call that the decision needs, or that an earlier one needed.
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
    """The decision to observe these parts of the snapshot first, and to decide again."""
    return Decision(Action.OBSERVE, reason, sentence, wants=frozenset(wants))
