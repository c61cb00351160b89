"""The rules that can keep a running service from going to zero. Pure.

``going_to_zero`` has their order. A rule returns ``None`` if it does not keep the service awake.
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
"""When late metrics catch up, several minutes of one metric can appear before the same minutes of another metric."""


def last_needed(state: ServiceState) -> datetime:
    """Return from when the idleness of a running service counts: its last activity, last wake or last wake request.

    The beginning of draining is no sign of need: the last need known before it was recorded as the last activity.
    """
    since = None if state.phase is Phase.DRAINING and state.last_activity else state.since
    return max(filter(None, (since, state.last_activity, state.requested_at)))


def held(one: Running) -> Decision | None:
    """Keep a service awake that is held, alone or with all services."""
    return kept_by_hold(one.snapshot, one.state, one.at)


def deploying(one: Running) -> Decision | None:
    """Keep a service awake while a deployment runs."""
    return kept_by_deployment(one.service, one.facts, one.state, one.at)


def unwatched(one: Running) -> Decision | None:
    """Keep a service awake that has a traffic source which the module does not watch."""
    return _kept_by_unwatched(one.service, one.facts.traffic_sources)


def without_target_groups(one: Running) -> Decision | None:
    """Keep a service awake that has no target groups: nothing shows whether it is used."""
    if one.service.target_group_arns:
        return None
    sentence = f"{one.service.key} stays awake: without target groups nothing shows whether it is used"
    return Decision(Action.STAY, Reason.NO_TARGET_GROUPS, sentence)


def recently_needed(one: Running) -> Decision | None:
    """Keep a service awake that cannot be idle yet, as its service state shows."""
    quiet_since = last_needed(one.state)
    if one.at >= quiet_since + one.window:
        return None
    sentence = f"{one.service.key} was needed at {clock_time(quiet_since)} and cannot be idle yet"
    return Decision(Action.STAY, Reason.RECENTLY_ACTIVE, sentence)


def in_use(one: Running) -> Decision | None:
    """Keep a service awake if the metrics, which may be late, show a request within the window."""
    traffic = _requests(one)
    if isinstance(traffic, Decision):
        return traffic
    newest = traffic.newest_request
    if newest is None or one.at >= newest + one.window:
        return None
    sentence = f"{one.service.key} is in use: it had a request in the minute before {clock_time(newest)}"
    return Decision(Action.RECORD_ACTIVITY, Reason.IN_USE, sentence, replace(one.state, last_activity=newest))


def behind_a_gateway(one: Running) -> Decision | None:
    """Keep a service awake if an ECS Gateway sends requests to it, which no target group counts.

    Only its revisions show its gateways, and reading them takes another call; so they are read last.
    """
    service, gateways = one.service, one.snapshot.gateways
    if service.ignore_other_traffic or not one.facts.revisions:
        return None
    if isinstance(gateways, NotObserved):
        sentence = f"{service.key} may be idle; the module checks whether a gateway sends requests to it"
        return observe_first(Reason.MAY_BE_IDLE, sentence, Want.GATEWAYS)
    if isinstance(gateways, Unknown):
        sentence = (
            f"{service.key} stays awake, because its gateway connectors could not be read: {gateways.why}; "
            "set ignore_other_traffic if it has none"
        )
        return Decision(Action.STAY, Reason.TRAFFIC_UNKNOWN, sentence, warning=True)
    return _kept_by_unwatched(service, gateways)


def unread_metrics(one: Running) -> Decision | None:
    """Observe how far the metrics are complete, because the rules after this one need to know it."""
    traffic = one.snapshot.traffic
    if not isinstance(traffic, Traffic) or not isinstance(traffic.watermark, NotObserved):
        return None
    return observe_first(
        Reason.MAY_BE_IDLE,
        f"{one.service.key} shows no requests; the module checks whether the metrics are complete",
        Want.METRICS,
    )


def late_metrics(one: Running) -> Decision | None:
    """Keep a service awake if a target group shows no ``HealthyHostCount`` although it has targets.

    AWS publishes ``HealthyHostCount`` as long as targets are registered (ELB user guide, ALB metrics).
    If it is missing while there are targets, CloudWatch is late, and requests may be missing too.
    """
    service, traffic, targets = one.service, _silent(one), one.snapshot.targets
    if traffic is None:
        return None
    if isinstance(targets, NotObserved):
        sentence = f"{service.key} shows neither requests nor health; the module checks whether it has targets"
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
    """Keep a service awake if its silent target groups, now without targets, may have had some in the idle window.

    Only the service state shows since when they have had none. What was recorded before the service was last needed,
    or before all of these target groups were silent, no longer counts.
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
        sentence = f"{service.key} is known to have had no targets in {without_targets} only since {clock_time(since)}"
        return Decision(Action.STAY, Reason.RECENTLY_ACTIVE, sentence)
    return None


def seen_too_short(one: Running) -> Decision | None:
    """Keep a service awake if its metrics are without a gap for less than the window.

    The missing minutes may be late: minutes of one metric can then arrive before the same minutes of another metric.
    """
    traffic = one.snapshot.traffic
    if not isinstance(traffic, Traffic) or one.at >= traffic.seen_from + one.window:
        return None
    since = clock_time(traffic.seen_from)
    sentence = f"{one.service.key} shows no requests, but its metrics are without a gap only since {since}"
    recorded = replace(one.state, metrics_late=one.at)
    return Decision(Action.SAVE_STATE, Reason.METRICS_BEHIND, sentence, recorded)


def incomplete_metrics(one: Running) -> Decision | None:
    """Keep a service awake until its metrics are complete for the whole window."""
    since, until = quiet_since(one), seen_until(one)
    if until >= since + one.window:
        return None
    sentence = (
        f"{one.service.key} has shown no requests since {clock_time(since)}, but the metrics are complete only until "
        f"{clock_time(until)}"
    )
    return Decision(Action.STAY, Reason.METRICS_BEHIND, sentence)


def settling_metrics(one: Running) -> Decision | None:
    """Keep a service awake while its late metrics may still be catching up."""
    late = one.state.metrics_late
    if late is None or one.at - late >= SETTLING_OF_LATE_METRICS:
        return None
    sentence = f"{one.service.key} shows no requests, but its metrics were late and may still be catching up"
    return Decision(Action.STAY, Reason.METRICS_BEHIND, sentence)


def protected(one: Running) -> Decision | None:
    """Keep a service awake while one of its tasks has scale-in protection.

    By task scale-in protection an application shows work that no metric shows: a WebSocket, a long job.
    """
    service, seen = one.service, one.snapshot.protected
    if isinstance(seen, NotObserved):
        return observe_first(
            Reason.MAY_BE_IDLE,
            f"{service.key} may be idle; the module checks whether a task is protected",
            Want.PROTECTION,
        )
    if isinstance(seen, Unknown):
        return Decision(Action.STAY, Reason.PROTECTION_UNKNOWN, f"{service.key} stays awake: {seen.why}", warning=True)
    if not seen:
        return None
    sentence = f"{service.key} is in use: one of its tasks is protected from being stopped"
    return Decision(Action.RECORD_ACTIVITY, Reason.TASK_PROTECTED, sentence, replace(one.state, last_activity=one.at))


def known_need(one: Running) -> datetime:
    """Return when a service was last needed, as its service state and the metrics show."""
    needed = last_needed(one.state)
    return max(needed, one.snapshot.newest_request or needed)


def quiet_since(one: Running) -> datetime:
    """Return since when no use of a service is known. Time before the newest gap of its metrics does not count."""
    traffic = one.snapshot.traffic
    return max(known_need(one), traffic.seen_from) if isinstance(traffic, Traffic) else known_need(one)


def seen_until(one: Running) -> datetime:
    """Return how far the metrics are complete: until now if no target group has targets."""
    watermark = one.snapshot.traffic.watermark if isinstance(one.snapshot.traffic, Traffic) else None
    return watermark if isinstance(watermark, datetime) else one.at


def with_activity(one: Running) -> ServiceState:
    """Return the service state with the newest known activity.

    The activity is never ``None``: the table needs an instant to notice that another run recorded a newer activity.
    """
    known = filter(None, (one.state.last_activity, one.snapshot.newest_request))
    return replace(one.state, last_activity=max(known, default=last_needed(one.state)))


def _requests(one: Running) -> Traffic | Decision:
    service, traffic = one.service, one.snapshot.traffic
    if isinstance(traffic, NotObserved):
        return observe_first(Reason.MAY_BE_IDLE, f"{service.key} may be idle", Want.REQUESTS)
    if isinstance(traffic, Unknown):
        sentence = f"{service.key} stays awake, because its traffic could not be read: {traffic.why}"
        return Decision(Action.STAY, Reason.TRAFFIC_UNKNOWN, sentence, warning=True)
    return traffic


def _silent(one: Running) -> Traffic | None:
    """Return the traffic of a service if some of its target groups show no ``HealthyHostCount``."""
    traffic = one.snapshot.traffic
    return traffic if isinstance(traffic, Traffic) and traffic.silent else None


def _kept_by_unwatched(service: Service, traffic_sources: frozenset[TrafficSource]) -> Decision | None:
    if service.ignore_other_traffic:
        return None
    unwatched = traffic_sources - {TrafficSource(TARGET_GROUP, arn) for arn in service.target_group_arns}
    if not unwatched:
        return None
    names = ", ".join(str(traffic_source) for traffic_source in sorted(unwatched))
    sentence = (
        f"{service.key} stays awake: the module does not watch {names}; add target groups to target_group_arns, "
        "or set ignore_other_traffic"
    )
    return Decision(Action.STAY, Reason.UNWATCHED_TRAFFIC_SOURCE, sentence, warning=True)
