"""The rules that keep a running service from going to zero, each of which answers for itself. Pure.

``going_to_zero`` has their order.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Action, Decision, Want, observe_first
from scale_to_zero.model.observed import TARGET_GROUP, NotObserved, Traffic, TrafficSource, Unknown
from scale_to_zero.model.quantities import clock_time, in_minutes
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState

from .deployments import kept_by_deployment
from .holds import kept_by_hold
from .traffic import USUAL_METRIC_DELAY
from .vetoes import Running

SETTLING_OF_LATE_METRICS: Final = timedelta(minutes=3)
"""When late metrics catch up, several minutes of one metric can appear before those of another."""


def last_needed(state: ServiceState) -> datetime:
    """From when a running service's idleness counts: its last activity, its last wake, or its last request for a wake.

    That it began to drain is no sign of need; what was known of it until then was recorded as its last activity.
    """
    since = None if state.phase is Phase.DRAINING and state.last_activity else state.since
    return max(filter(None, (since, state.last_activity, state.requested_at)))


def held(one: Running) -> Decision | None:
    """It is held awake, by itself or with all services."""
    return kept_by_hold(one.snapshot, one.state, one.at)


def deploying(one: Running) -> Decision | None:
    """A deployment runs."""
    return kept_by_deployment(one.service, one.facts, one.state, one.at)


def unwatched(one: Running) -> Decision | None:
    """It has a traffic source that the module does not watch."""
    return _kept_by_unwatched(one.service, one.facts.traffic_sources)


def without_target_groups(one: Running) -> Decision | None:
    """Nothing shows whether it is used."""
    if one.service.target_group_arns:
        return None
    sentence = f"{one.service.key} stays awake: without target groups nothing shows whether it is used"
    return Decision(Action.STAY, Reason.NO_TARGET_GROUPS, sentence)


def recently_needed(one: Running) -> Decision | None:
    """By its service state it cannot be idle yet."""
    quiet_since = last_needed(one.state)
    if one.at >= quiet_since + one.window:
        return None
    sentence = f"{one.service.key} was needed at {clock_time(quiet_since)} and cannot be idle yet"
    return Decision(Action.STAY, Reason.RECENTLY_ACTIVE, sentence)


def in_use(one: Running) -> Decision | None:
    """The metrics, which may be late, show a request within the window."""
    traffic = _requests(one)
    if isinstance(traffic, Decision):
        return traffic
    newest = traffic.newest_request
    if newest is None or one.at >= newest + one.window:
        return None
    sentence = f"{one.service.key} is in use: it had a request in the minute before {clock_time(newest)}"
    return Decision(Action.RECORD_ACTIVITY, Reason.IN_USE, sentence, replace(one.state, last_activity=newest))


def scaled_by_others(one: Running) -> Decision | None:
    """Application Auto Scaling manages its count."""
    service, scalable = one.service, one.snapshot.scalable_target
    if isinstance(scalable, NotObserved):
        sentence = f"{service.key} may be idle; is it a scalable target?"
        return observe_first(Reason.MAY_BE_IDLE, sentence, Want.SCALABLE_TARGET)
    if isinstance(scalable, Unknown):
        sentence = f"{service.key} stays awake: {scalable.why}"
        return Decision(Action.STAY, Reason.SCALABLE_TARGET_UNKNOWN, sentence, warning=True)
    return skipped_as_scalable_target(service) if scalable else None


def behind_a_gateway(one: Running) -> Decision | None:
    """An ECS Gateway sends requests to it, which no target group counts.

    Only its revisions show that, and they take a call of their own; so this is observed last.
    """
    service, gateways = one.service, one.snapshot.gateways
    if service.ignore_other_traffic or not one.facts.revisions:
        return None
    if isinstance(gateways, NotObserved):
        sentence = f"{service.key} may be idle; does a gateway send requests to it?"
        return observe_first(Reason.MAY_BE_IDLE, sentence, Want.GATEWAYS)
    if isinstance(gateways, Unknown):
        sentence = (
            f"{service.key} stays awake: its gateway connectors could not be seen: {gateways.why}; "
            "set ignore_other_traffic if it has none"
        )
        return Decision(Action.STAY, Reason.TRAFFIC_UNKNOWN, sentence, warning=True)
    return _kept_by_unwatched(service, gateways)


def unread_metrics(one: Running) -> Decision | None:
    """It is not known yet how far the metrics are complete; the rules after this one rely on it."""
    traffic = one.snapshot.traffic
    if not isinstance(traffic, Traffic) or not isinstance(traffic.watermark, NotObserved):
        return None
    return observe_first(
        Reason.MAY_BE_IDLE, f"{one.service.key} shows no requests; are the metrics complete?", Want.METRICS
    )


def late_metrics(one: Running) -> Decision | None:
    """A target group shows no ``HealthyHostCount``, but has targets.

    AWS publishes ``HealthyHostCount`` as long as targets are registered (ELB user guide, ALB metrics),
    so targets without it mean that CloudWatch is late, and then requests are as invisible as health.
    """
    service, traffic, targets = one.service, _silent(one), one.snapshot.targets
    if traffic is None:
        return None
    if isinstance(targets, NotObserved):
        sentence = f"{service.key} shows neither requests nor health; does it have targets?"
        return observe_first(Reason.MAY_BE_IDLE, sentence, Want.TARGETS)
    late = replace(one.state, metrics_late=one.at)
    for arn in sorted(traffic.silent):
        has_targets = targets[arn]
        if isinstance(has_targets, Unknown):
            sentence = f"{service.key} stays awake: {has_targets.why}"
            return Decision(Action.SAVE_STATE, Reason.TRAFFIC_UNKNOWN, sentence, late, warning=True)
        if has_targets:
            sentence = (
                f"{service.key} stays awake: target group {arn} has targets, but its HealthyHostCount is missing or "
                f"more than {in_minutes(USUAL_METRIC_DELAY)} late. The next tick checks again. If this lasts, check "
                "HealthyHostCount in CloudWatch and the AWS Health Dashboard"
            )
            late = replace(late, targetless_since=None)
            return Decision(Action.SAVE_STATE, Reason.METRICS_BEHIND, sentence, late, warning=True)
    return None


def lately_with_targets(one: Running) -> Decision | None:
    """The silent target groups, which have no targets now, may have had some within the idle window.

    Only the service state has that. What was recorded before the service was last needed, or before each of them was
    silent, is of no use any more.
    """
    service, traffic, since = one.service, _silent(one), one.state.targetless_since
    if traffic is None:
        return None
    without_targets = ", ".join(sorted(traffic.silent))
    outdated = since is None or since < last_needed(one.state)
    if since is None or outdated or (traffic.silent_since is not None and since <= traffic.silent_since):
        sentence = (
            f"{service.key} has no targets in {without_targets}; it goes to zero if it still has none in "
            f"{in_minutes(service.idle)}"
        )
        recorded = replace(one.state, targetless_since=one.at)
        return Decision(Action.SAVE_STATE, Reason.RECENTLY_ACTIVE, sentence, recorded)
    if one.at < since + service.idle:
        sentence = f"{service.key} is known to have no targets in {without_targets} only since {clock_time(since)}"
        return Decision(Action.STAY, Reason.RECENTLY_ACTIVE, sentence)
    return None


def seen_too_short(one: Running) -> Decision | None:
    """What was seen without a gap is shorter than the window.

    The missing minutes may be late: when they come, those of one metric can come before those of another.
    """
    traffic = one.snapshot.traffic
    if not isinstance(traffic, Traffic) or one.at >= traffic.seen_from + one.window:
        return None
    since = clock_time(traffic.seen_from)
    sentence = f"{one.service.key} shows no requests, but is seen without a gap only since {since}"
    recorded = replace(one.state, metrics_late=one.at)
    return Decision(Action.SAVE_STATE, Reason.METRICS_BEHIND, sentence, recorded)


def incomplete_metrics(one: Running) -> Decision | None:
    """The metrics are not complete for the whole window yet."""
    since, until = quiet_since(one), seen_until(one)
    if until >= since + one.window:
        return None
    sentence = (
        f"{one.service.key} shows no requests since {clock_time(since)}, but the metrics are complete only until "
        f"{clock_time(until)}"
    )
    return Decision(Action.STAY, Reason.METRICS_BEHIND, sentence)


def settling_metrics(one: Running) -> Decision | None:
    """Late metrics may still be catching up."""
    late = one.state.metrics_late
    if late is None or one.at - late >= SETTLING_OF_LATE_METRICS:
        return None
    sentence = f"{one.service.key} shows no requests, but its metrics were late and may still be catching up"
    return Decision(Action.STAY, Reason.METRICS_BEHIND, sentence)


def protected(one: Running) -> Decision | None:
    """One of its tasks says that it is busy.

    Task scale-in protection is how an application shows work that no metric shows: a WebSocket, a long job.
    """
    service, seen = one.service, one.snapshot.protected
    if isinstance(seen, NotObserved):
        return observe_first(Reason.MAY_BE_IDLE, f"{service.key} may be idle; is a task busy?", Want.PROTECTION)
    if isinstance(seen, Unknown):
        return Decision(Action.STAY, Reason.PROTECTION_UNKNOWN, f"{service.key} stays awake: {seen.why}", warning=True)
    if not seen:
        return None
    sentence = f"{service.key} is in use: one of its tasks is protected from being stopped"
    return Decision(Action.RECORD_ACTIVITY, Reason.TASK_PROTECTED, sentence, replace(one.state, last_activity=one.at))


def known_need(one: Running) -> datetime:
    """When it was last needed, by its service state and what the metrics show."""
    needed = last_needed(one.state)
    return max(needed, one.snapshot.newest_request or needed)


def quiet_since(one: Running) -> datetime:
    """Since when no use of it is known, as far as that was seen without a gap."""
    traffic = one.snapshot.traffic
    return max(known_need(one), traffic.seen_from) if isinstance(traffic, Traffic) else known_need(one)


def seen_until(one: Running) -> datetime:
    """How far the metrics are complete; where no target group has targets, nothing is missing."""
    watermark = one.snapshot.traffic.watermark if isinstance(one.snapshot.traffic, Traffic) else None
    return watermark if isinstance(watermark, datetime) else one.at


def with_activity(one: Running) -> ServiceState:
    """Its service state, with the newest activity that is known.

    Never ``None``: only by comparing with an instant can the table know that another run recorded a newer activity.
    """
    known = filter(None, (one.state.last_activity, one.snapshot.newest_request))
    return replace(one.state, last_activity=max(known, default=last_needed(one.state)))


def _requests(one: Running) -> Traffic | Decision:
    service, traffic = one.service, one.snapshot.traffic
    if isinstance(traffic, NotObserved):
        return observe_first(Reason.MAY_BE_IDLE, f"{service.key} may be idle", Want.REQUESTS)
    if isinstance(traffic, Unknown):
        sentence = f"{service.key} stays awake: its traffic could not be seen: {traffic.why}"
        return Decision(Action.STAY, Reason.TRAFFIC_UNKNOWN, sentence, warning=True)
    return traffic


def _silent(one: Running) -> Traffic | None:
    """The traffic of a service with target groups that show no ``HealthyHostCount``."""
    traffic = one.snapshot.traffic
    return traffic if isinstance(traffic, Traffic) and traffic.silent else None


def skipped_as_scalable_target(service: Service) -> Decision:
    """A scalable target is reported and skipped."""
    sentence = f"{service.key} is skipped: Application Auto Scaling manages its count; deregister it first"
    return Decision(Action.SKIP, Reason.SCALABLE_TARGET, sentence, warning=True)


def _kept_by_unwatched(service: Service, traffic_sources: frozenset[TrafficSource]) -> Decision | None:
    if service.ignore_other_traffic:
        return None
    unwatched = traffic_sources - {TrafficSource(TARGET_GROUP, arn) for arn in service.target_group_arns}
    if not unwatched:
        return None
    names = ", ".join(str(traffic_source) for traffic_source in sorted(unwatched))
    sentence = (
        f"{service.key} stays awake: nothing watches {names}; add it to target_group_arns if it is a target group, "
        "or set ignore_other_traffic"
    )
    return Decision(Action.STAY, Reason.UNWATCHED_TRAFFIC_SOURCE, sentence, warning=True)
