"""The health that monitors get, kept for a moment.

Any client can pose as a monitor. If each of them called Elastic Load Balancing, a few requests a second would use up
the rate of a whole account, and no wake would be seen to be ready.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.observed import Target, Unknown
from scale_to_zero.ports import Clock, TargetGroups

CACHED_FOR: Final = timedelta(seconds=10)

Health = frozenset[Target] | Unknown


class CachedHealth:
    """``TargetGroups`` that reads the healthy targets of each group every ten seconds at most."""

    def __init__(self, target_groups: TargetGroups, clock: Clock) -> None:
        self._target_groups = target_groups
        self._clock = clock
        self._seen: dict[str, tuple[Health, datetime]] = {}

    def load_balancers(self, target_group_arns: Collection[str]) -> Mapping[str, str | None | Unknown]:
        """Read each time."""
        return self._target_groups.load_balancers(target_group_arns)

    def has_targets(self, target_group_arn: str) -> bool | Unknown:
        """Read each time."""
        return self._target_groups.has_targets(target_group_arn)

    def healthy_targets(self, target_group_arn: str) -> Health:
        """What was seen within ten seconds, be it that nothing could be seen, else what is seen now."""
        now = self._clock()
        seen = self._seen.get(target_group_arn)
        if seen is None or now - seen[1] >= CACHED_FOR:
            seen = self._seen[target_group_arn] = (self._target_groups.healthy_targets(target_group_arn), now)
        return seen[0]
