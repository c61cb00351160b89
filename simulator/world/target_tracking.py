"""Target tracking: when a scaling policy scales a service, and to how many tasks.

The model, with its sources (Application Auto Scaling User Guide, "Target tracking scaling policies", unless another is
named):

* AWS creates two CloudWatch alarms for each policy. The metric must be above the target for 3 minutes to scale out, and
  below 90 % of the target for 15 minutes to scale in. The numbers are not documented; the alarms that AWS creates show
  them.
* Scaling out is proportional: a metric at twice its target doubles the tasks. At zero tasks one datapoint is enough
  (ECS Developer Guide, "Target tracking scaling policies").
* Missing datapoints never scale: the newest minutes must all have one.
* Several policies: the largest capacity wins. To scale in, each policy that may scale in must be ready to.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final, NamedTuple

from .metrics import MINUTE, Metric, MetricStore

MINUTES_ABOVE: Final = 3
MINUTES_BELOW: Final = 15
SCALE_IN_BELOW: Final = 0.9
"""The fraction of the target below which a metric scales in."""

OLDEST: Final = timedelta(minutes=5)
"""How old the newest datapoint of a metric may be. CloudWatch's alarms look back a little further than they need."""

DEFAULT_COOLDOWN: Final = timedelta(seconds=300)
"""The cooldowns of a policy of an ECS service that names none (User Guide, "Define cooldown periods")."""


@dataclass(frozen=True)
class TargetTracking:
    """A target tracking policy, which keeps a metric near ``target``. ``scales_in``: whether it may also scale in."""

    metric: Metric
    target: float
    statistic: str = "Average"
    scale_out_cooldown: timedelta = DEFAULT_COOLDOWN
    scale_in_cooldown: timedelta = DEFAULT_COOLDOWN
    scales_in: bool = True


class Tracked(NamedTuple):
    """A policy with its newest datapoints: consecutive minutes, newest first; none if the metric has no recent ones."""

    name: str
    policy: TargetTracking
    values: Sequence[float]


def track(name: str, policy: TargetTracking, metrics: MetricStore, now: datetime) -> Tracked:
    """Read the newest datapoints of a policy's metric. The present minute is not over, so it is left out."""
    start = now - OLDEST - MINUTES_BELOW * MINUTE
    found = metrics.datapoints_of(policy.metric, start, now - MINUTE, MINUTE, policy.statistic, now)
    minute = max(found, default=start)
    values: list[float] = []
    while minute in found and (values or minute >= now - OLDEST):
        values.append(found[minute])
        minute -= MINUTE
    return Tracked(name, policy, values)


def scaled_out(tracked: Tracked, count: int) -> int | None:
    """Return the count to which a policy scales out, ``None`` if it does not. ``count``: the count that it judges."""
    policy, newest = tracked.policy, tracked.values[: MINUTES_ABOVE if count else 1]
    if len(newest) < (MINUTES_ABOVE if count else 1) or min(newest) <= policy.target:
        return None
    return max(count + 1, ceil(count * newest[0] / policy.target))


def scaled_in(tracked: Collection[Tracked], count: int) -> int | None:
    """Return the count to which all policies together scale in, ``None`` if one is not ready, or none may scale in."""
    proposed = [_lower(one, count) for one in tracked if one.policy.scales_in]
    ready = [lower for lower in proposed if lower is not None]
    if not proposed or len(ready) < len(proposed):
        return None
    return max(ready) if max(ready) < count else None


def _lower(tracked: Tracked, count: int) -> int | None:
    policy, newest = tracked.policy, tracked.values[:MINUTES_BELOW]
    if len(newest) < MINUTES_BELOW or max(newest) >= SCALE_IN_BELOW * policy.target:
        return None
    return ceil(count * max(newest) / policy.target)
