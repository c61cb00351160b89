"""One run of the scale-to-zero function: observe every service, decide, act, keep the rules, publish metrics."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from scale_to_zero.actions.notifying import SavedState, notify
from scale_to_zero.actions.rate_limiter import RateLimiter
from scale_to_zero.actions.reading import read_again
from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.decided import Action, Decision, Want
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.observed import NotObserved, ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.quantities import counted
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules.decide import decide
from scale_to_zero.rules.holds import current_hold_all
from scale_to_zero.rules.taking_back import has_something_to_undo

from .acts import Actor
from .explaining import explain
from .keep_rules import RuleKeeper
from .keep_scaling import SCALING_RATE, ScalingKeeper
from .observe import Observer, observe_rules
from .snapshots import snapshots_of
from .state_metrics import state_metrics
from .tick_report import TickReport

logger = logging.getLogger(__name__)

MOST_NAMES_IN_A_LINE: Final = 50
CHANGES_ITS_TASKS: Final = frozenset({Action.DRAIN, Action.SLEEP, Action.WAKE})


class TickFailed(Exception):
    """Something could not be read or done; everything else was. The message says what and for which services."""


def run_tick(ports: Ports, *, publish: bool, ends_at: datetime) -> None:
    """Manage every service once.

    ``publish``: whether to send state metrics. ``ends_at``: when this run is cut off at the latest.
    Raises ``TickFailed`` at the very end if anything failed, so that the alarm on errors is raised.
    """
    now = ports.clock()
    report = run_once(ports, ends_at=ends_at)
    if publish:
        _publish(ports, report, now)
    _measure(ports, report, now)
    _summarise(report)
    if report.faults:
        named = "; ".join(f"{key}: {why}" for key, why in list(report.faults.items())[:MOST_NAMES_IN_A_LINE])
        unnamed = len(report.faults) - MOST_NAMES_IN_A_LINE
        named += f"; and {unnamed} more" if unnamed > 0 else ""
        faults, services = counted(len(report.faults), "fault"), counted(len(report.snapshots), "service")
        raise TickFailed(f"{faults} while managing {services}: {named}")


def run_once(ports: Ports, *, ends_at: datetime, only: Sequence[Service] | None = None) -> TickReport:
    """Observe services, decide, act and notify; return the report. ``only``: the services to manage, ``None``: all."""
    now = ports.clock()
    stored = ports.table.read_all() if only is None else read_again(ports, only)
    names = None if only is None else {service.name for service in only}
    report = _observe(ports, stored, names)
    _decide(ports, report, now)
    scaling_limiter = RateLimiter(ports, SCALING_RATE)
    actor = Actor(ports, report, ends_at, stored.explanations, scaling_limiter)
    rules, scaling = RuleKeeper(ports, report, ends_at), ScalingKeeper(ports, report, ends_at, scaling_limiter)
    actor.save_states()
    actor.wake()
    # Disarm before anything is stopped: visitors may be waiting for these services.
    rules.disarm()
    scaling.keep()
    actor.stop()
    # If ECS refused a stop, the service still runs, but its visitors reach the wake function until it is disarmed.
    if refused := report.decided(Reason.STOP_REFUSED):
        rules.disarm(refused)
    rules.arm()
    _record_activity(ports, report)
    _notify(ports, report)
    explain(ports, report, stored, names, ends_at)
    return report


def _observe(ports: Ports, stored: Stored, only: Collection[ServiceName] | None) -> TickReport:
    faults = {f"table item {number}": why for number, why in enumerate(stored.unreadable, 1)}
    report = TickReport(faults=faults, hold_all=stored.hold_all)
    meant = [service for service in stored.services if only is None or service.name in only]
    observed = [service for service in meant if _is_observed(service, stored.states.get(service.name))]
    for snapshot in observe_rules(ports, snapshots_of(ports, observed, stored)):
        report.snapshots[snapshot.service.name] = snapshot
        if snapshot.known_state is not None:
            report.states[snapshot.service.name] = snapshot.known_state
    return report


def _is_observed(service: Service, state: ServiceState | Unknown | None) -> bool:
    """Return whether a service is observed. One in mode ``off`` is skipped, unless something must still be undone."""
    return service.mode is not Mode.OFF or (isinstance(state, ServiceState) and has_something_to_undo(service, state))


def _decide(ports: Ports, report: TickReport, now: datetime) -> None:
    observer = Observer(ports, now)
    undecided = list(report.snapshots.values())
    for _ in range(len(Want) + 1):
        wanting: dict[Want, list[Snapshot]] = {}
        for snapshot in undecided:
            decision = decide(snapshot, now)
            report.snapshots[snapshot.service.name] = snapshot
            report.decisions[snapshot.service.name] = decision
            for want in decision.wants:
                wanting.setdefault(want, []).append(snapshot)
        if not wanting:
            break
        undecided = list(observer.fill(wanting).values())
    for snapshot in report.snapshots.values():
        targets = () if isinstance(snapshot.targets, NotObserved) else snapshot.targets.values()
        for seen in (
            snapshot.facts,
            snapshot.state,
            snapshot.traffic,
            snapshot.scalable_target,
            snapshot.scales_by_forecast,
            snapshot.gateways,
            snapshot.readiness,
            snapshot.rules,
            snapshot.protected,
            snapshot.stop_reasons,
            snapshot.task_times,
            *targets,
        ):
            if isinstance(seen, Unknown) and seen.call_failed:
                report.record_fault(snapshot.service.key, seen.why, forbidden=seen.forbidden)


def _record_activity(ports: Ports, report: TickReport) -> None:
    newer = {
        name: decision.state.last_activity
        for name, decision in report.decisions.items()
        if decision.action is Action.RECORD_ACTIVITY and decision.state and decision.state.last_activity
    }
    if not newer:
        return
    try:
        ports.table.record_activity(newer)
    except CallFailed as error:
        report.faults["last activity"] = str(error)


def _notify(ports: Ports, report: TickReport) -> None:
    saved = []
    for name, snapshot in report.snapshots.items():
        state = report.states.get(name)
        if state is not None:
            read = snapshot.known_state.version if snapshot.known_state else 0
            saved.append(SavedState(snapshot.service, state, read))
    failure = notify(ports, saved, only_own=False)
    if failure:
        report.faults["notifications"] = failure


def _measure(ports: Ports, report: TickReport, now: datetime) -> None:
    """Report how many services need an operator, by reason, and whether all are held; send no zeros."""
    seen = Counter(one.reason for one in report.explained.values() if one is not None and one.needs_attention)
    measures = [Measure("Attention", count, further=(("Reason", reason),)) for reason, count in sorted(seen.items())]
    if current_hold_all(report.hold_all, now) is not None:
        measures.append(Measure("HeldAll", 1))
    if measures:
        ports.measures.emit(measures, now)


def _publish(ports: Ports, report: TickReport, now: datetime) -> None:
    reported = [snapshot for snapshot in report.snapshots.values() if snapshot.service.mode is not Mode.OFF]
    seen = [(snapshot.service.name, snapshot.facts) for snapshot in reported]
    metrics = [
        metric for name, facts in seen if isinstance(facts, ServiceFacts) for metric in state_metrics(name, facts)
    ]
    if not metrics:
        return
    try:
        ports.metrics.publish(metrics, now)
    except CallFailed as error:
        report.faults["state metrics"] = str(error)


def _summarise(report: TickReport) -> None:
    decided = [(report.snapshots[name], decision) for name, decision in sorted(report.decisions.items())]
    explained = [(one.service.key, report.explained.get(one.service.name)) for one, _ in decided]
    needing_attention = {key: known.reason for key, known in explained if known is not None and known.needs_attention}
    staying_awake = {one.service.key: decision.reason.value for one, decision in decided if _stays_awake(one, decision)}
    logger.info(
        f"managed {counted(len(decided), 'service')}",
        extra={
            "services": len(decided),
            "reasons": dict(sorted(Counter(decision.reason.value for _, decision in decided).items())),
            **_named("attention", needing_attention),
            **_named("stays_awake", staying_awake),
            "faults": len(report.faults),
        },
    )


def _stays_awake(snapshot: Snapshot, decision: Decision) -> bool:
    if not isinstance(snapshot.facts, ServiceFacts) or snapshot.service.mode is Mode.OFF:
        return False
    return snapshot.facts.desired > 0 and decision.action not in CHANGES_ITS_TASKS


def _named(field: str, reasons: Mapping[str, str]) -> dict[str, object]:
    """Return the log fields: as many services as one line can hold, and how many are left out."""
    named: dict[str, object] = {field: dict(list(reasons.items())[:MOST_NAMES_IN_A_LINE])}
    unnamed = len(reasons) - MOST_NAMES_IN_A_LINE
    return named | ({f"{field}_unnamed": unnamed} if unnamed > 0 else {})
