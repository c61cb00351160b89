"""When a running service is idle, and everything that keeps one from being called so. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from .model import (
    TARGET_GROUP,
    Action,
    Decision,
    Entrance,
    Memory,
    NotAsked,
    Phase,
    Service,
    ServiceFacts,
    Snapshot,
    Traffic,
    Unknown,
)
from .reasons import Reason

USUAL_METRIC_DELAY: Final = timedelta(minutes=4)
"""Exporters of ALB metrics hold back one to three minutes (Netflix/atlas#1300, influxdata/telegraf#10134).

What is later than this cannot be seen clearly, and nothing is stopped."""
SETTLING_OF_LATE_METRICS: Final = timedelta(minutes=3)
"""When late metrics catch up, several minutes of one metric can appear before those of another."""


def awake(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    """Decide about a service that is awake."""
    service = snapshot.service
    if memory.restore != facts.desired:
        sentence = f"{service.key} now has a desired count of {facts.desired}; a wake will restore it"
        return Decision(Action.REMEMBER, Reason.COUNT_CHANGED, sentence, replace(memory, restore=facts.desired))
    return unused(snapshot, facts, memory, now)


def unused(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    """Put a running service to sleep if all of it can be seen and none of it is used; else say what keeps it."""
    service = snapshot.service
    if facts.deployment_running:
        return Decision(Action.STAY, Reason.DEPLOYMENT_RUNNING, f"{service.key} stays awake: a deployment is running")
    unwatched = _unwatched_entrances(service, facts)
    if unwatched:
        names = ", ".join(str(entrance) for entrance in unwatched)
        sentence = (
            f"{service.key} stays awake: nobody watches {names}; add it to target_group_arns if it is a target group, "
            "or set ignore_other_traffic"
        )
        return Decision(Action.STAY, Reason.UNWATCHED_ENTRANCE, sentence, warning=True)
    if not service.target_group_arns:
        sentence = f"{service.key} stays awake: without target groups nothing shows whether it is used"
        return Decision(Action.STAY, Reason.NO_TARGET_GROUPS, sentence)
    quiet_since = last_needed(memory)
    if now < quiet_since + service.idle:
        sentence = f"{service.key} was needed at {quiet_since:%H:%M:%S} and cannot be idle yet"
        return Decision(Action.STAY, Reason.RECENTLY_ACTIVE, sentence)
    return _used_or_idle(snapshot, memory, now)


def last_needed(memory: Memory) -> datetime:
    """From when a running service's idleness counts: its last activity, its last wake, or when somebody asked."""
    return max(filter(None, (memory.since, memory.last_activity, memory.asked)))


def gone_asleep(memory: Memory, now: datetime) -> Memory:
    """The memory of a service that is at zero from now on; who stopped it is left as it was remembered."""
    return replace(
        memory,
        phase=Phase.ASLEEP,
        since=now,
        asked=None,
        deadline=None,
        failed=False,
        stopping_until=None,
        wake_requested=None,
        would_sleep_since=None,
        metrics_late=None,
    )


def _used_or_idle(snapshot: Snapshot, memory: Memory, now: datetime) -> Decision:
    service, traffic = snapshot.service, snapshot.traffic
    if isinstance(traffic, NotAsked):
        return Decision(Action.LOOK_AT_REQUESTS, Reason.MAY_BE_IDLE, f"{service.key} may be idle")
    if isinstance(traffic, Unknown):
        sentence = f"{service.key} stays awake: its traffic could not be seen: {traffic.why}"
        return Decision(Action.STAY, Reason.TRAFFIC_UNKNOWN, sentence, warning=True)
    if traffic.newest_request is not None and now < traffic.newest_request + service.idle:
        sentence = f"{service.key} is in use: it had a request in the minute before {traffic.newest_request:%H:%M:%S}"
        noted = replace(memory, last_activity=traffic.newest_request)
        return Decision(Action.NOTE_ACTIVITY, Reason.IN_USE, sentence, noted)
    if isinstance(snapshot.scalable_target, NotAsked):
        sentence = f"{service.key} may be idle; is it a scalable target?"
        return Decision(Action.LOOK_AT_SCALABLE_TARGET, Reason.MAY_BE_IDLE, sentence)
    if isinstance(snapshot.scalable_target, Unknown):
        sentence = f"{service.key} stays awake: {snapshot.scalable_target.why}"
        return Decision(Action.STAY, Reason.SCALABLE_TARGET_UNKNOWN, sentence, warning=True)
    if snapshot.scalable_target:
        return left_to_auto_scaling(service)
    return _idle_if_metrics_complete(snapshot, memory, traffic, now)


def left_to_auto_scaling(service: Service) -> Decision:
    """A scalable target is reported and left alone."""
    sentence = f"{service.key} is left alone: Application Auto Scaling looks after its count; deregister it first"
    return Decision(Action.LEAVE_ALONE, Reason.SCALABLE_TARGET, sentence, warning=True)


def _idle_if_metrics_complete(snapshot: Snapshot, memory: Memory, traffic: Traffic, now: datetime) -> Decision:
    service, watermark = snapshot.service, traffic.watermark
    if isinstance(watermark, NotAsked):
        sentence = f"{service.key} shows no requests; are the metrics complete?"
        return Decision(Action.LOOK_AT_WATERMARK, Reason.MAY_BE_IDLE, sentence)
    if traffic.without_health:
        veto = _absence_taken_at_its_word(snapshot, traffic)
        if veto is not None and veto.action is Action.STAY:
            # Its metrics are late, and will be catching up one day.
            return replace(veto, action=Action.REMEMBER, memory=replace(memory, metrics_late=now))
        if veto is not None:
            return veto
    quiet_since = max(filter(None, (last_needed(memory), traffic.newest_request, traffic.seen_from)))
    behind = (
        f"{service.key} shows no requests since {quiet_since:%H:%M:%S}, but the metrics are complete only until "
        f"{watermark:%H:%M:%S}"
    )
    if traffic.health_until is not None and now - traffic.health_until > USUAL_METRIC_DELAY:
        late = replace(memory, metrics_late=now)
        return Decision(Action.REMEMBER, Reason.METRICS_BEHIND, f"{behind}: they are late", late, warning=True)
    if watermark < quiet_since + service.idle:
        return Decision(Action.STAY, Reason.METRICS_BEHIND, behind)
    if memory.metrics_late is not None and now - memory.metrics_late < SETTLING_OF_LATE_METRICS:
        sentence = f"{service.key} shows no requests, but its metrics were late and may still be catching up"
        return Decision(Action.STAY, Reason.METRICS_BEHIND, sentence)
    return _idle(service, memory, traffic, int((watermark - quiet_since) / timedelta(minutes=1)), now)


def _absence_taken_at_its_word(snapshot: Snapshot, traffic: Traffic) -> Decision | None:
    """Without ``HealthyHostCount`` a target group is known to be unused only if it has no targets.

    AWS publishes ``HealthyHostCount`` as long as targets are registered (ELB user guide, ALB metrics),
    so targets without it mean that CloudWatch is late, and then requests are as invisible as health.
    """
    service = snapshot.service
    if isinstance(snapshot.targets, NotAsked):
        sentence = f"{service.key} shows neither requests nor health; does it have targets?"
        return Decision(Action.LOOK_AT_TARGETS, Reason.MAY_BE_IDLE, sentence)
    for arn in sorted(traffic.without_health):
        has_targets = snapshot.targets.get(arn, Unknown(f"the targets of {arn} were not asked for"))
        if isinstance(has_targets, Unknown):
            sentence = f"{service.key} stays awake: {has_targets.why}"
            return Decision(Action.STAY, Reason.TRAFFIC_UNKNOWN, sentence, warning=True)
        if has_targets:
            sentence = f"{service.key} stays awake: {arn} has targets, but no HealthyHostCount for too long to be late"
            return Decision(Action.STAY, Reason.TRAFFIC_UNKNOWN, sentence, warning=True)
    return None


def _idle(service: Service, memory: Memory, traffic: Traffic, quiet_minutes: int, now: datetime) -> Decision:
    sentence = f"{service.key} goes to zero: no request for {quiet_minutes} minutes"
    if traffic.without_health:
        sentence += ", taking the absence of HealthyHostCount at its word (metric_fallback_minutes)"
    # Never left out: only against an instant can the table tell that another run recorded a newer activity.
    last_activity = max(filter(None, (memory.last_activity, traffic.newest_request)), default=last_needed(memory))
    asleep = replace(gone_asleep(memory, now), stopped=now, last_activity=last_activity)
    return Decision(Action.SLEEP, Reason.IDLE, sentence, asleep, desired=0, warning=bool(traffic.without_health))


def _unwatched_entrances(service: Service, facts: ServiceFacts) -> list[Entrance]:
    if service.ignore_other_traffic:
        return []
    watched = {Entrance(TARGET_GROUP, arn) for arn in service.target_group_arns}
    return sorted(facts.entrances - watched)
