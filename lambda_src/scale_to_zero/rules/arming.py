"""Since when the wake rules of a running service are known to be armed. Pure.

A service that drains or wakes is stopped only by metrics that are complete beyond that instant. Requests that reached
the service before it appear only in the metrics. Others can disarm a rule at any time, so every tick compares the rules
it reads with what is recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.observed import Snapshot
from scale_to_zero.model.service_state import Phase, ServiceState

from .rule_positions import SeenRules
from .wake_rules import all_wake_rules_armed

RECORDED_IN: Final = frozenset({Phase.DRAINING, Phase.WAKING})
"""The phases in which a service runs while its wake rules are armed."""


def arming_has_lapsed(snapshot: Snapshot, state: ServiceState) -> bool:
    """Return whether a wake rule is not armed, although all of them are recorded as armed."""
    if state.armed is None or snapshot.service.wake_on_request is None or not isinstance(snapshot.rules, Mapping):
        return False
    return state.phase in RECORDED_IN and not all_wake_rules_armed(snapshot.service, snapshot.rules)


def arming_is_complete(service: Service, state: ServiceState, seen: SeenRules) -> bool:
    """Return whether all wake rules are armed, and this is not recorded yet."""
    return state.phase in RECORDED_IN and state.armed is None and all_wake_rules_armed(service, seen)
