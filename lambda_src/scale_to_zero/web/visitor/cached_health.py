"""The health that is shown to monitors, cached for ten seconds.

Any client can pose as a monitor. If each request called Elastic Load Balancing, a few requests a second would use up
the rate of the whole account, and the module could no longer see whether a wake is ready.
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
    """``TargetGroups`` that reads the healthy targets of each group at most every ten seconds."""

    def __init__(self, target_groups: TargetGroups, clock: Clock) -> None:
        self._target_groups = target_groups
        self._clock = clock
        self._seen: dict[str, tuple[Health, datetime]] = {}

    def load_balancers(self, target_group_arns: Collection[str]) -> Mapping[str, str | None | Unknown]:
        """Read without the cache."""
        return self._target_groups.load_balancers(target_group_arns)

    def has_targets(self, target_group_arn: str) -> bool | Unknown:
        """Read without the cache."""
        return self._target_groups.has_targets(target_group_arn)

    def healthy_targets(self, target_group_arn: str) -> Health:
        """Return the result of the last ten seconds, even if it is ``Unknown``, else read it now."""
        now = self._clock()
        seen = self._seen.get(target_group_arn)
        if seen is None or now - seen[1] >= CACHED_FOR:
            seen = self._seen[target_group_arn] = (self._target_groups.healthy_targets(target_group_arn), now)
        return seen[0]
