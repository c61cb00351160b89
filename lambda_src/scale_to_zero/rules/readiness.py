"""When a waking service may be called awake. Pure.

A target counts only if it belongs to a task that ECS wants running, because the target of a stopping task still appears
healthy for some seconds. Within a minute after a stop, such a target counts only after 15 seconds of unbroken health.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.observed import Readiness, ServiceFacts, Target, Unknown
from scale_to_zero.model.quantities import counted

SHORTLY_AFTER_A_STOP: Final = timedelta(minutes=1)
UNBROKEN_HEALTH: Final = timedelta(seconds=15)


def judge_readiness(
    facts: ServiceFacts,
    wanted: frozenset[Target] | Unknown,
    healthy: Mapping[str, frozenset[Target] | Unknown],
    *,
    now: datetime,
    stopped: datetime | None,
    healthy_since: datetime | None = None,
) -> Readiness | Unknown:
    """Return whether a service is ready, and what it waits for if not.

    ``wanted``: the targets of the tasks that ECS wants running. ``healthy``: the healthy targets of each target group,
    by ARN. ``healthy_since``: since when the caller has seen it healthy without a break, ``None`` if it observes once.
    """
    if facts.desired == 0:
        return Readiness(ready=False, waits_for="its desired count to be set")
    if not facts.live_target_groups:
        ready = facts.running >= facts.desired
        return Readiness(ready, "" if ready else counted(facts.desired - facts.running, "more running task"))
    if isinstance(wanted, Unknown):
        return wanted
    if not wanted:
        return Readiness(ready=False, waits_for="a running task")
    for alternatives in sorted(sorted(group) for group in facts.live_target_groups):
        seen = [healthy[arn] for arn in alternatives]
        if any(not isinstance(targets, Unknown) and targets & wanted for targets in seen):
            continue
        unseen = next((targets for targets in seen if isinstance(targets, Unknown)), None)
        return unseen or Readiness(ready=False, waits_for=f"a healthy target in {' or '.join(alternatives)}")
    if stopped is not None and now - stopped < SHORTLY_AFTER_A_STOP:
        unbroken = now - (healthy_since or now)
        if unbroken < UNBROKEN_HEALTH:
            waits_for = "unbroken health, because it was stopped less than a minute ago"
            return Readiness(ready=False, waits_for=waits_for, healthy=True)
    return Readiness(ready=True, healthy=True)
