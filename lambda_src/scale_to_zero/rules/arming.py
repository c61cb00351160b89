"""Since when the wake rules of a running service are known to be armed. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from scale_to_zero.model.observed import Snapshot
from scale_to_zero.model.service_state import ServiceState

from .wake_rules import all_armed


def arming_has_lapsed(snapshot: Snapshot, state: ServiceState) -> bool:
    """Whether the rules of a draining service that were all armed are so no more."""
    if state.armed is None or snapshot.service.wake_on_request is None or not isinstance(snapshot.rules, Mapping):
        return False
    return not all_armed(snapshot.service, snapshot.rules)
