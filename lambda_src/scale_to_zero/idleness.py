"""When a running service is idle, and everything that keeps one from being called so. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from . import phases
from .counted import counted
from .deployments import kept_by_deployment
from .holds import kept_by_hold
from .memory import Memory, Phase
from .model import (
    TARGET_GROUP,
    Action,
    Decision,
    Entrance,
    NotAsked,
    Service,
    ServiceFacts,
    Snapshot,
    Traffic,
    Unknown,
    Want,
    observe,
)
from .reasons import Reason
from .traffic import USUAL_METRIC_DELAY

SETTLING_OF_LATE_METRICS: Final = timedelta(minutes=3)
"""When late metrics catch up, several minutes of one metric can appear before those of another."""


def unused(snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime) -> Decision:
    """Put a running service to sleep if all of it can be seen and none of it is used; else say what keeps it."""
    needed = needed_as_far_as_known(snapshot, facts, memory, now, snapshot.service.idle)
    if needed is not None:
        return needed
    assert isinstance(snapshot.traffic, Traffic)
    return _idle_if_metrics_complete(snapshot, memory, snapshot.traffic, now)


def needed_as_far_as_known(
    snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime, quiet: timedelta
) -> Decision | None:
    """What keeps a running service, as far as metrics that may be late can tell, or what to look at to know it.

    ``quiet``: for how long nothing may have been known of any use. ``None`` if nothing is known to keep it.
    """
    service = snapshot.service
    held = kept_by_hold(snapshot, memory, now)
    if held is not None:
        return held
    deployed = kept_by_deployment(service, facts, memory, now)
    if deployed is not None:
        return deployed
    unwatched = _kept_by_unwatched(service, facts.entrances)
    if unwatched is not None:
        return unwatched
    if not service.target_group_arns:
        sentence = f"{service.key} stays awake: without target groups nothing shows whether it is used"
        return Decision(Action.STAY, Reason.NO_TARGET_GROUPS, sentence)
    quiet_since = last_needed(memory)
    if now < quiet_since + quiet:
        sentence = f"{service.key} was needed at {quiet_since:%H:%M:%S} and cannot be idle yet"
        return Decision(Action.STAY, Reason.RECENTLY_ACTIVE, sentence)
    return _known_to_be_used(snapshot, facts, memory, now, quiet)


def last_needed(memory: Memory) -> datetime:
    """From when a running service's idleness counts: its last activity, its last wake, or when somebody asked.

    That it began to drain is no sign of need; what was known of it until then was noted as its last activity.
    """
    since = None if memory.phase is Phase.DRAINING and memory.last_activity else memory.since
    return max(filter(None, (since, memory.last_activity, memory.asked)))


def _known_to_be_used(
    snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime, quiet: timedelta
) -> Decision | None:
    service, traffic = snapshot.service, snapshot.traffic
    if isinstance(traffic, NotAsked):
        return observe(Reason.MAY_BE_IDLE, f"{service.key} may be idle", Want.REQUESTS)
    if isinstance(traffic, Unknown):
        sentence = f"{service.key} stays awake: its traffic could not be seen: {traffic.why}"
        return Decision(Action.STAY, Reason.TRAFFIC_UNKNOWN, sentence, warning=True)
    if traffic.newest_request is not None and now < traffic.newest_request + quiet:
        sentence = f"{service.key} is in use: it had a request in the minute before {traffic.newest_request:%H:%M:%S}"
        noted = replace(memory, last_activity=traffic.newest_request)
        return Decision(Action.NOTE_ACTIVITY, Reason.IN_USE, sentence, noted)
    if isinstance(snapshot.scalable_target, NotAsked):
        sentence = f"{service.key} may be idle; is it a scalable target?"
        return observe(Reason.MAY_BE_IDLE, sentence, Want.SCALABLE_TARGET)
    if isinstance(snapshot.scalable_target, Unknown):
        sentence = f"{service.key} stays awake: {snapshot.scalable_target.why}"
        return Decision(Action.STAY, Reason.SCALABLE_TARGET_UNKNOWN, sentence, warning=True)
    if snapshot.scalable_target:
        return left_to_auto_scaling(service)
    return _kept_by_a_gateway(snapshot, facts)


def _kept_by_a_gateway(snapshot: Snapshot, facts: ServiceFacts) -> Decision | None:
    """Whether an ECS Gateway sends requests to it, which no target group counts, or what to look at to know it.

    Only its revisions show that, and they take a call of their own; so this is asked last.
    """
    service, gateways = snapshot.service, snapshot.gateways
    if service.ignore_other_traffic or not facts.revisions:
        return None
    if isinstance(gateways, NotAsked):
        sentence = f"{service.key} may be idle; does a gateway send requests to it?"
        return observe(Reason.MAY_BE_IDLE, sentence, Want.GATEWAYS)
    if isinstance(gateways, Unknown):
        sentence = (
            f"{service.key} stays awake: its gateway connectors could not be seen: {gateways.why}; "
            "set ignore_other_traffic if it has none"
        )
        return Decision(Action.STAY, Reason.TRAFFIC_UNKNOWN, sentence, warning=True)
    return _kept_by_unwatched(service, gateways)


def left_to_auto_scaling(service: Service) -> Decision:
    """A scalable target is reported and left alone."""
    sentence = f"{service.key} is left alone: Application Auto Scaling looks after its count; deregister it first"
    return Decision(Action.LEAVE_ALONE, Reason.SCALABLE_TARGET, sentence, warning=True)


def _idle_if_metrics_complete(snapshot: Snapshot, memory: Memory, traffic: Traffic, now: datetime) -> Decision:
    service = snapshot.service
    not_clear = not_seen_clearly(snapshot, memory, traffic, now) or seen_too_short(
        service, memory, traffic, now, service.idle
    )
    if not_clear is not None:
        return not_clear
    seen_until = traffic.watermark if isinstance(traffic.watermark, datetime) else now
    quiet_since = max(filter(None, (last_needed(memory), traffic.newest_request, traffic.seen_from)))
    if seen_until < quiet_since + service.idle:
        sentence = (
            f"{service.key} shows no requests since {quiet_since:%H:%M:%S}, but the metrics are complete only until "
            f"{seen_until:%H:%M:%S}"
        )
        return Decision(Action.STAY, Reason.METRICS_BEHIND, sentence)
    settling = still_settling(service, memory, now)
    if settling is not None:
        return settling
    return asleep_unless_protected(snapshot, memory, int((seen_until - quiet_since) / timedelta(minutes=1)), now)


def not_seen_clearly(snapshot: Snapshot, memory: Memory, traffic: Traffic, now: datetime) -> Decision | None:
    """What of the metrics is unknown or late, so that nothing may be stopped, or what to look at; ``None`` if clear."""
    if isinstance(traffic.watermark, NotAsked):
        sentence = f"{snapshot.service.key} shows no requests; are the metrics complete?"
        return observe(Reason.MAY_BE_IDLE, sentence, Want.METRICS)
    if not traffic.silent:
        return None
    return _silent_with_targets(snapshot, memory, traffic, now) or _targetless_for_long(snapshot, memory, traffic, now)


def seen_too_short(
    service: Service, memory: Memory, traffic: Traffic, now: datetime, quiet: timedelta
) -> Decision | None:
    """Whether what was seen without a gap is shorter than the time in which nobody may have come.

    The missing minutes may be late: when they come, those of one metric can come before those of another.
    """
    if now < traffic.seen_from + quiet:
        sentence = f"{service.key} shows no requests, but is seen without a gap only since {traffic.seen_from:%H:%M:%S}"
        return Decision(Action.REMEMBER, Reason.METRICS_BEHIND, sentence, replace(memory, metrics_late=now))
    return None


def still_settling(service: Service, memory: Memory, now: datetime) -> Decision | None:
    """Whether late metrics may still be catching up."""
    if memory.metrics_late is not None and now - memory.metrics_late < SETTLING_OF_LATE_METRICS:
        sentence = f"{service.key} shows no requests, but its metrics were late and may still be catching up"
        return Decision(Action.STAY, Reason.METRICS_BEHIND, sentence)
    return None


def asleep_unless_protected(snapshot: Snapshot, memory: Memory, quiet_minutes: int, now: datetime) -> Decision:
    """Stop an idle service, unless one of its tasks says that it is busy."""
    protected = kept_by_protection(snapshot, memory, now)
    if protected is not None:
        return protected
    service, traffic = snapshot.service, snapshot.traffic
    assert isinstance(traffic, Traffic)
    sentence = f"{service.key} goes to zero: no request for {counted(quiet_minutes, 'minute')}"
    known = replace(memory, last_activity=last_activity_known(memory, traffic))
    asleep = phases.fall_asleep(known, now, stopped=now)
    return Decision(Action.SLEEP, Reason.IDLE, sentence, asleep, desired=0)


def kept_by_protection(snapshot: Snapshot, memory: Memory, now: datetime) -> Decision | None:
    """Whether one of its tasks says that it is busy, or what to look at to know it; ``None`` if none does.

    Task scale-in protection is how an application tells of work that no metric shows: a WebSocket, a long job.
    """
    service, protected = snapshot.service, snapshot.protected
    if isinstance(protected, NotAsked):
        return observe(Reason.MAY_BE_IDLE, f"{service.key} may be idle; is a task busy?", Want.PROTECTION)
    if isinstance(protected, Unknown):
        sentence = f"{service.key} stays awake: {protected.why}"
        return Decision(Action.STAY, Reason.PROTECTION_UNKNOWN, sentence, warning=True)
    if protected:
        sentence = f"{service.key} is in use: one of its tasks is protected from being stopped"
        noted = replace(memory, last_activity=now)
        return Decision(Action.NOTE_ACTIVITY, Reason.TASK_PROTECTED, sentence, noted)
    return None


def last_activity_known(memory: Memory, traffic: Traffic) -> datetime:
    """Never ``None``: only against an instant can the table tell that another run recorded a newer activity."""
    return max(filter(None, (memory.last_activity, traffic.newest_request)), default=last_needed(memory))


def _silent_with_targets(snapshot: Snapshot, memory: Memory, traffic: Traffic, now: datetime) -> Decision | None:
    """Without ``HealthyHostCount`` a target group is known to be unused only if it has no targets.

    AWS publishes ``HealthyHostCount`` as long as targets are registered (ELB user guide, ALB metrics),
    so targets without it mean that CloudWatch is late, and then requests are as invisible as health.
    """
    service = snapshot.service
    if isinstance(snapshot.targets, NotAsked):
        sentence = f"{service.key} shows neither requests nor health; does it have targets?"
        return observe(Reason.MAY_BE_IDLE, sentence, Want.TARGETS)
    late = replace(memory, metrics_late=now)
    for arn in sorted(traffic.silent):
        has_targets = snapshot.targets.get(arn, Unknown(f"the targets of {arn} were not asked for"))
        if isinstance(has_targets, Unknown):
            sentence = f"{service.key} stays awake: {has_targets.why}"
            return Decision(Action.REMEMBER, Reason.TRAFFIC_UNKNOWN, sentence, late, warning=True)
        if has_targets:
            sentence = (
                f"{service.key} stays awake: target group {arn} has targets, but its HealthyHostCount is missing or "
                f"more than {counted(USUAL_METRIC_DELAY // timedelta(minutes=1), 'minute')} late; the next tick looks "
                "again; if this lasts, check HealthyHostCount in CloudWatch and the AWS Health Dashboard"
            )
            late = replace(late, targetless_since=None)
            return Decision(Action.REMEMBER, Reason.METRICS_BEHIND, sentence, late, warning=True)
    return None


def _targetless_for_long(snapshot: Snapshot, memory: Memory, traffic: Traffic, now: datetime) -> Decision | None:
    """Whether the silent target groups, which have no targets now, may have had some within the idle window.

    Only memory tells that. What was noted before the service was last needed, or before each of them was silent, is of
    no use any more.
    """
    service, since = snapshot.service, memory.targetless_since
    without_targets = ", ".join(sorted(traffic.silent))
    outdated = since is None or since < last_needed(memory)
    if since is None or outdated or (traffic.silent_since is not None and since <= traffic.silent_since):
        minutes = counted(round(service.idle / timedelta(minutes=1)), "minute")
        sentence = f"{service.key} has no targets in {without_targets}; it may sleep if that is still so in {minutes}"
        noted = replace(memory, targetless_since=now)
        return Decision(Action.REMEMBER, Reason.RECENTLY_ACTIVE, sentence, noted)
    if now < since + service.idle:
        sentence = f"{service.key} is known to have no targets in {without_targets} only since {since:%H:%M:%S}"
        return Decision(Action.STAY, Reason.RECENTLY_ACTIVE, sentence)
    return None


def _kept_by_unwatched(service: Service, entrances: frozenset[Entrance]) -> Decision | None:
    unwatched = entrances - {Entrance(TARGET_GROUP, arn) for arn in service.target_group_arns}
    if service.ignore_other_traffic or not unwatched:
        return None
    names = ", ".join(str(entrance) for entrance in sorted(unwatched))
    sentence = (
        f"{service.key} stays awake: nobody watches {names}; add it to target_group_arns if it is a target group, "
        "or set ignore_other_traffic"
    )
    return Decision(Action.STAY, Reason.UNWATCHED_ENTRANCE, sentence, warning=True)
