"""How a service goes to zero, because it is idle or because that was requested. Pure.

A service without wake rules is stopped when the metrics, complete for the whole idle window, show no request.

If a service has wake rules, they are armed first, then the metrics catch up. Metrics of the load balancer arrive
minutes late, so a service that seems idle may have had a visitor a minute ago. While it drains it still runs, and a
visitor reaches the wake function, which disarms the rules at once. The service is stopped only when the metrics have
caught up with the moment of arming and still show no request.

If sleep was requested, the idle window is zero and the rules about use are skipped. Rules about what an operator might
not know still count: a busy task, a deployment, wake rules that would not let visitors wake the service.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import Traffic
from scale_to_zero.model.quantities import MINUTE, clock_time, counted, in_seconds
from scale_to_zero.model.reasons import Reason

from . import phases
from .idleness import (
    behind_a_gateway,
    deploying,
    held,
    in_use,
    incomplete_metrics,
    late_metrics,
    lately_with_targets,
    protected,
    quiet_since,
    recently_needed,
    seen_too_short,
    seen_until,
    settling_metrics,
    unread_metrics,
    unwatched,
    with_activity,
    without_target_groups,
)
from .scaling import (
    scalable_target_unknown,
    scaled_by_forecast,
    scaled_to_zero_elsewhere,
    scaling_being_put_back,
    with_scaling_suspended,
)
from .traffic import USUAL_METRIC_DELAY
from .vetoes import Rule, Running, veto
from .wake_rule_hindrances import wake_rules_in_the_way, wake_rules_not_armed, wake_rules_unseen

RULE_PROPAGATION: Final = timedelta(seconds=30)
"""How long after a rule was changed a request may still follow the old rule.

AWS says "for a short time" (ELB user guide, edit a rule) and names no figure; a runbook says a few seconds."""
LONGEST_REQUEST: Final = timedelta(minutes=10)
"""How long a request to sleep waits. An operator would not expect the stop later."""
LATEST_STOP: Final = timedelta(minutes=11)
"""How long after the request the stop may begin. A service that began to drain in time needs one minute more."""


def not_armed(one: Running) -> Decision | None:
    """Keep it running until all its wake rules are known to be armed."""
    if one.state.armed is not None:
        return None
    return Decision(Action.STAY, Reason.DRAINING, f"{one.service.key} drains; its wake rules are being armed")


def not_in_force(one: Running) -> Decision | None:
    """Keep it running until its wake rules are armed and the load balancer surely follows them."""
    if one.state.armed is not None and one.at >= one.state.armed + RULE_PROPAGATION:
        return None
    within = in_seconds(RULE_PROPAGATION)
    sentence = f"{one.service.key} drains: sleep was requested; its wake rules take effect within {within}"
    return Decision(Action.STAY, Reason.DRAINING, sentence)


def metrics_before_arming(one: Running) -> Decision | None:
    """Keep it running until the metrics have caught up with the arming of its wake rules."""
    traffic, armed = one.snapshot.traffic, one.state.armed
    if armed is None or not isinstance(traffic, Traffic):
        return None
    # Without targets nothing shows how far the metrics are. But a target may have existed between two ticks.
    until = traffic.watermark if isinstance(traffic.watermark, datetime) else one.at - USUAL_METRIC_DELAY
    if until >= armed + RULE_PROPAGATION:
        return None
    sentence = (
        f"{one.service.key} drains: its wake rules were armed at {clock_time(armed)}, and the metrics are complete "
        f"only until {clock_time(until)}"
    )
    return Decision(Action.STAY, Reason.DRAINING, sentence)


def requested_too_long_ago(one: Running) -> Decision | None:
    """Keep a draining service running if the request to sleep is so old that an operator would not expect the stop."""
    requested = one.state.sleep_requested
    if requested is None or one.at < requested + LATEST_STOP:
        return None
    sentence = f"{one.service.key} is not stopped: sleep was requested too long ago"
    return Decision(Action.STAY, Reason.SLEEP_ABANDONED, sentence)


SCALING: Final[tuple[Rule, ...]] = (scalable_target_unknown, scaling_being_put_back)
# Each of these takes a call for each service, so they come last.
BUSY: Final[tuple[Rule, ...]] = (scaled_by_forecast, protected)
NEEDED: Final[tuple[Rule, ...]] = (
    held,
    deploying,
    scaled_to_zero_elsewhere,
    unwatched,
    without_target_groups,
    recently_needed,
    in_use,
    *SCALING,
    behind_a_gateway,
)
METRIC_RULES: Final[tuple[Rule, ...]] = (unread_metrics, late_metrics, lately_with_targets, seen_too_short)
BEFORE_SLEEP: Final[tuple[Rule, ...]] = (*NEEDED, *METRIC_RULES, incomplete_metrics, settling_metrics, *BUSY)
"""What keeps a service without wake rules from being stopped. In each of these tuples the first answer counts."""
BEFORE_DRAINING: Final[tuple[Rule, ...]] = (
    wake_rules_in_the_way,
    *NEEDED,
    wake_rules_unseen,
    *METRIC_RULES,
    settling_metrics,
    # Before arming, too: a WebSocket cannot be opened through the wake function (ALB answers 400).
    *BUSY,
)
"""What keeps a service with wake rules from draining."""
BEFORE_ABANDONING: Final[tuple[Rule, ...]] = (
    *NEEDED,
    wake_rules_unseen,
    wake_rules_not_armed,
    *METRIC_RULES,
    metrics_before_arming,
    incomplete_metrics,
    settling_metrics,
    *BUSY,
)
"""What keeps a service whose wake has failed from being stopped."""
BEFORE_STOP: Final[tuple[Rule, ...]] = (
    wake_rules_in_the_way,
    *NEEDED,
    *METRIC_RULES,
    wake_rules_unseen,
    not_armed,
    metrics_before_arming,
    settling_metrics,
    *BUSY,
)
"""What keeps a draining service from being stopped."""
ON_REQUEST: Final[tuple[Rule, ...]] = (
    held,
    deploying,
    scaled_to_zero_elsewhere,
    *SCALING,
    wake_rules_unseen,
    wake_rules_in_the_way,
    *BUSY,
)
"""What keeps a service awake although sleep was requested. Use does not, so metrics are not read."""
ON_REQUEST_WHILE_DRAINING: Final[tuple[Rule, ...]] = (*ON_REQUEST, not_in_force, requested_too_long_ago)


def stopped_if_unused(one: Running) -> Decision:
    """Stop a running service if everything about it is known and nothing uses it; else say what keeps it awake."""
    return veto(BEFORE_SLEEP, one) or stop(one, seen_until(one) - quiet_since(one))


def stop(one: Running, quiet: timedelta) -> Decision:
    """Stop a service. ``quiet``: for how long no use of it is known."""
    asleep = phases.fall_asleep(with_scaling_suspended(one.snapshot, with_activity(one)), one.at, stopped=one.at)
    if one.sleep_is_requested:
        sentence = f"{one.service.key} goes to zero: this was requested"
        return Decision(Action.SLEEP, Reason.SLEEP_REQUESTED, sentence, asleep, desired=0)
    sentence = f"{one.service.key} goes to zero: no request for {counted(int(quiet / MINUTE), 'minute')}"
    return Decision(Action.SLEEP, Reason.IDLE, sentence, asleep, desired=0)


def kept_on_request(one: Running) -> Decision | None:
    """Keep a service awake although sleep was requested, or cancel the request once it is ten minutes old."""
    waits = veto(ON_REQUEST, one)
    requested = one.state.sleep_requested
    if requested is None or one.at < requested + LONGEST_REQUEST or (waits and waits.action is Action.OBSERVE):
        return waits
    why = waits.sentence if waits is not None else f"the request was at {clock_time(requested)}, too long ago"
    sentence = f"{one.service.key} is not put to sleep, although this was requested: {why}"
    forgotten = replace(one.state, sleep_requested=None)
    return Decision(Action.SAVE_STATE, Reason.SLEEP_ABANDONED, sentence, forgotten, warning=True)


def stopped_while_waking(one: Running) -> Decision | None:
    """Stop a waking service at once if sleep was requested: no request was routed to it yet.

    ``None`` if it cannot be stopped now, so that it wakes first.
    """
    kept = kept_on_request(one)
    if kept is not None:
        return kept if kept.action is Action.OBSERVE or kept.reason is Reason.SLEEP_ABANDONED else None
    visitors_reach_wake_function = one.service.wake_on_request is None or not_in_force(one) is None
    return stop(one, timedelta(0)) if visitors_reach_wake_function else None
