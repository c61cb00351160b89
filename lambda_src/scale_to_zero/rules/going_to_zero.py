"""How a service goes to zero, because it is idle or because that was requested. Pure.

Without wake rules it is stopped when the metrics, complete for the whole idle window, show no request.

With wake rules, these are armed first, then the metrics catch up. Metrics of the load balancer come minutes late, so a
service that seems idle may have had a visitor a minute ago. While it drains it still runs, and a visitor meets the wake
function, which disarms the rules at once. Only when the metrics have caught up with the moment of arming, and still
show no request, is anything stopped.

Where sleep was requested, the idle window is nothing, so of the same rules those about use are skipped. What an
operator may not know still counts: a busy task, a deployment, wake rules that would not let visitors wake it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import Traffic
from scale_to_zero.model.quantities import MINUTE, clock_time, counted
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
    scaled_by_others,
    seen_too_short,
    seen_until,
    settling_metrics,
    unread_metrics,
    unwatched,
    with_activity,
    without_target_groups,
)
from .traffic import USUAL_METRIC_DELAY
from .vetoes import Rule, Running, veto
from .wake_rule_hindrances import wake_rules_in_the_way, wake_rules_unseen

RULE_PROPAGATION: Final = timedelta(seconds=30)
"""For so long after a rule was changed a request may still follow the old one.

AWS says "for a short time" (ELB user guide, edit a rule) and names no figure; a runbook says a few seconds."""
LONGEST_REQUEST: Final = timedelta(minutes=10)
"""A requested sleep that could not begin by then would come as a surprise."""
LATEST_STOP: Final = timedelta(minutes=11)
"""One that began in time takes a minute to drain."""


def not_armed(one: Running) -> Decision | None:
    """Its wake rules are not all known to be armed."""
    if one.service.wake_on_request is None or one.state.armed is not None:
        return None
    return Decision(Action.STAY, Reason.DRAINING, f"{one.service.key} drains; its wake rules are being armed")


def not_in_force(one: Running) -> Decision | None:
    """Its wake rules are not armed, or the load balancer may still follow the rules of before."""
    if one.state.armed is not None and one.at >= one.state.armed + RULE_PROPAGATION:
        return None
    sentence = f"{one.service.key} drains: sleep was requested, and its wake rules take effect"
    return Decision(Action.STAY, Reason.DRAINING, sentence)


def metrics_before_arming(one: Running) -> Decision | None:
    """The metrics have not caught up with the arming of its wake rules."""
    traffic, armed = one.snapshot.traffic, one.state.armed
    if armed is None or not isinstance(traffic, Traffic):
        return None
    # Without any target nothing shows how far the metrics are, but one may have appeared and gone between two ticks.
    until = traffic.watermark if isinstance(traffic.watermark, datetime) else one.at - USUAL_METRIC_DELAY
    if until >= armed + RULE_PROPAGATION:
        return None
    sentence = (
        f"{one.service.key} drains since {clock_time(armed)}; the metrics are complete only until {clock_time(until)}"
    )
    return Decision(Action.STAY, Reason.DRAINING, sentence)


def requested_too_long_ago(one: Running) -> Decision | None:
    """It was requested so long ago that a stop would come as a surprise."""
    requested = one.state.sleep_requested
    if requested is None or one.at < requested + LATEST_STOP:
        return None
    sentence = f"{one.service.key} is not stopped: sleep was requested too long ago"
    return Decision(Action.STAY, Reason.SLEEP_ABANDONED, sentence)


NEEDED: Final[tuple[Rule, ...]] = (
    held,
    deploying,
    unwatched,
    without_target_groups,
    recently_needed,
    in_use,
    scaled_by_others,
    behind_a_gateway,
)
METRIC_RULES: Final[tuple[Rule, ...]] = (unread_metrics, late_metrics, lately_with_targets, seen_too_short)
BEFORE_SLEEP: Final[tuple[Rule, ...]] = (*NEEDED, *METRIC_RULES, incomplete_metrics, settling_metrics, protected)
"""What keeps a service without wake rules from being stopped; the first answer counts, here and below."""
BEFORE_DRAINING: Final[tuple[Rule, ...]] = (
    wake_rules_in_the_way,
    *NEEDED,
    wake_rules_unseen,
    *METRIC_RULES,
    settling_metrics,
    # Before arming, too: a WebSocket cannot be opened through the wake function (ALB answers 400).
    protected,
)
"""What keeps a service with wake rules from draining."""
BEFORE_ABANDONING: Final[tuple[Rule, ...]] = (
    wake_rules_in_the_way,
    *NEEDED,
    *METRIC_RULES,
    wake_rules_unseen,
    not_armed,
    metrics_before_arming,
    incomplete_metrics,
    settling_metrics,
    protected,
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
    protected,
)
"""What keeps a draining service from being stopped."""
ON_REQUEST: Final[tuple[Rule, ...]] = (
    held,
    deploying,
    scaled_by_others,
    wake_rules_unseen,
    wake_rules_in_the_way,
    protected,
)
"""What keeps a service awake though sleep was requested: not use, nor the metrics that would show it."""
ON_REQUEST_WHILE_DRAINING: Final[tuple[Rule, ...]] = (*ON_REQUEST, not_in_force, requested_too_long_ago)


def stopped_if_unused(one: Running) -> Decision:
    """Stop a running service if all of it can be seen and none of it is used; else say what keeps it."""
    return veto(BEFORE_SLEEP, one) or stop(one, seen_until(one) - quiet_since(one))


def stop(one: Running, quiet: timedelta) -> Decision:
    """Stop it. ``quiet``: for how long no use of it is known."""
    asleep = phases.fall_asleep(with_activity(one), one.at, stopped=one.at)
    if one.sleep_is_requested:
        sentence = f"{one.service.key} goes to zero: this was requested"
        return Decision(Action.SLEEP, Reason.SLEEP_REQUESTED, sentence, asleep, desired=0)
    sentence = f"{one.service.key} goes to zero: no request for {counted(int(quiet / MINUTE), 'minute')}"
    return Decision(Action.SLEEP, Reason.IDLE, sentence, asleep, desired=0)


def kept_on_request(one: Running) -> Decision | None:
    """What keeps a service awake though sleep was requested, or that the request, ten minutes old, is over."""
    waits = veto(ON_REQUEST, one)
    requested = one.state.sleep_requested
    if requested is None or one.at < requested + LONGEST_REQUEST or (waits and waits.action is Action.OBSERVE):
        return waits
    why = waits.sentence if waits is not None else f"that was at {clock_time(requested)}, too long ago"
    sentence = f"{one.service.key} is not put to sleep, though this was requested: {why}"
    forgotten = replace(one.state, sleep_requested=None)
    return Decision(Action.SAVE_STATE, Reason.SLEEP_ABANDONED, sentence, forgotten, warning=True)


def stopped_while_waking(one: Running) -> Decision | None:
    """Stop a waking service at once where sleep was requested: no request was routed to it yet.

    ``None`` where that cannot be done, so that it wakes first.
    """
    kept = kept_on_request(one)
    if kept is not None:
        return kept if kept.action is Action.OBSERVE or kept.reason is Reason.SLEEP_ABANDONED else None
    meets_the_wake_function = one.service.wake_on_request is None or not_in_force(one) is None
    return stop(one, timedelta(0)) if meets_the_wake_function else None
