"""Which decisions say that a service needs attention. The reason alone decides this, except for a few reasons."""

from __future__ import annotations

from typing import Final

from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.reasons import Reason

ALWAYS: Final = frozenset(
    {
        # Something could not be observed.
        Reason.HOLD_ALL_UNKNOWN,
        Reason.STATE_UNREADABLE,
        Reason.NOT_SEEN,
        Reason.PROTECTION_UNKNOWN,
        Reason.READINESS_UNKNOWN,
        Reason.SCALABLE_TARGET_UNKNOWN,
        Reason.TRAFFIC_UNKNOWN,
        Reason.WAKE_RULES_UNKNOWN,
        # Something must be changed, in the configuration or in AWS.
        Reason.DAEMON,
        Reason.PREDICTIVE_SCALING,
        Reason.SERVICE_MISSING,
        Reason.SERVICE_NOT_ACTIVE,
        Reason.UNWATCHED_TRAFFIC_SOURCE,
        Reason.WAKE_RULE_PROBLEM,
        # Something did not succeed.
        Reason.DEPLOYMENT_NOT_ENDING,
        Reason.DRAINED_TOO_LONG,
        Reason.STOP_REFUSED,
        Reason.WAKE_FAILED,
        Reason.WAKE_ABANDONED,
    }
)
SOMETIMES: Final = frozenset(
    {
        Reason.LEAVING,  # if leaving takes too long
        Reason.METRICS_BEHIND,  # if the metrics are late
        Reason.NEEDED_WHILE_DRAINING,  # if the reason it is needed for warns
        Reason.SLEEP_ABANDONED,  # if the reason it waited for warns
        Reason.WAKING,  # past the deadline
    }
)


def assert_warns_if_attention_is_needed(decision: Decision) -> None:
    """Check the warning of a decision. A decision that only wants to observe more never warns."""
    if decision.reason not in SOMETIMES:
        expected = decision.reason in ALWAYS and decision.action is not Action.OBSERVE
        assert decision.warning is expected, f"{decision.reason}: {decision.sentence}"
