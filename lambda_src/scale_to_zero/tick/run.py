"""One run of the scale-to-zero function: observe every service, decide, act, keep the rules, publish metrics."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from scale_to_zero.actions.notifying import Kept, announce
from scale_to_zero.actions.reading import read_again
from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.decided import Action, Decision, Want
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.observed import NotAsked, ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.quantities import counted
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Memory
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules.decide import decide
from scale_to_zero.rules.holds import standing_hold_of_all
from scale_to_zero.rules.taking_back import something_is_owed

from .acts import Actor
from .explaining import explain
from .keep_rules import RuleKeeper
from .observe import Looks, look_at_rules
from .snapshots import snapshots_of
from .state_metrics import state_metrics
from .tick_report import Course

logger = logging.getLogger(__name__)

MOST_NAMES_IN_A_LINE: Final = 50
CHANGES_ITS_TASKS: Final = frozenset({Action.DRAIN, Action.SLEEP, Action.WAKE})


class TickFailed(Exception):
    """Something could not be seen or done; everything else was. The message says what and for which services."""


def run_tick(ports: Ports, *, publish: bool, ends_at: datetime) -> None:
    """Manage every service once.

    ``publish``: whether state metrics are sent. ``ends_at``: when this run is cut off at the latest.
    Raises ``TickFailed`` at the very end if anything failed, so that alarms see it.
    """
    now = ports.clock()
    course = look_after(ports, ends_at=ends_at)
    if publish:
        _publish(ports, course, now)
    _measure(ports, course, now)
    _summarise(course)
    if course.faults:
        told = "; ".join(f"{key}: {why}" for key, why in list(course.faults.items())[:MOST_NAMES_IN_A_LINE])
        unnamed = len(course.faults) - MOST_NAMES_IN_A_LINE
        told += f"; and {unnamed} more" if unnamed > 0 else ""
        faults, services = counted(len(course.faults), "fault"), counted(len(course.snapshots), "service")
        raise TickFailed(f"{faults} while looking after {services}: {told}")


def look_after(ports: Ports, *, ends_at: datetime, only: Sequence[Service] | None = None) -> Course:
    """Observe services, decide, act and notify; answer how it went. ``only``: these, where not all are meant."""
    now = ports.clock()
    stored = ports.memories.read_all() if only is None else read_again(ports, only)
    names = None if only is None else {service.name for service in only}
    course = _observe(ports, stored, names)
    _decide(ports, course, now)
    actor, rules = Actor(ports, course, ends_at, stored.explanations), RuleKeeper(ports, course, ends_at)
    actor.remember()
    actor.wake()
    # Before anything is stopped: visitors may be waiting for these.
    rules.open_ways()
    actor.stop()
    # What ECS refused to stop runs on, and its visitors still meet the wake function.
    if refused := course.decided(Reason.STOP_REFUSED):
        rules.open_ways(refused)
    rules.arm()
    _note_activity(ports, course)
    _announce(ports, course)
    explain(ports, course, stored, names, ends_at)
    return course


def _observe(ports: Ports, stored: Stored, only: Collection[ServiceName] | None) -> Course:
    faults = {f"table item {number}": why for number, why in enumerate(stored.broken, 1)}
    course = Course(faults=faults, hold_all=stored.hold_all)
    meant = [service for service in stored.services if only is None or service.name in only]
    watched = [service for service in meant if _is_watched(service, stored.memories.get(service.name))]
    for snapshot in look_at_rules(ports, snapshots_of(ports, watched, stored)):
        course.snapshots[snapshot.service.name] = snapshot
        if snapshot.remembered is not None:
            course.memories[snapshot.service.name] = snapshot.remembered
    return course


def _is_watched(service: Service, memory: Memory | Unknown | None) -> bool:
    """A service that is off is skipped, but for what this module did to it before."""
    return service.mode is not Mode.OFF or (isinstance(memory, Memory) and something_is_owed(service, memory))


def _decide(ports: Ports, course: Course, now: datetime) -> None:
    looks = Looks(ports, now)
    undecided = list(course.snapshots.values())
    for _ in range(len(Want) + 1):
        wanting: dict[Want, list[Snapshot]] = {}
        for snapshot in undecided:
            decision = decide(snapshot, now)
            course.snapshots[snapshot.service.name] = snapshot
            course.decisions[snapshot.service.name] = decision
            for want in decision.wants:
                wanting.setdefault(want, []).append(snapshot)
        if not wanting:
            break
        undecided = list(looks.fill(wanting).values())
    for snapshot in course.snapshots.values():
        targets = () if isinstance(snapshot.targets, NotAsked) else snapshot.targets.values()
        for seen in (
            snapshot.facts,
            snapshot.memory,
            snapshot.traffic,
            snapshot.scalable_target,
            snapshot.gateways,
            snapshot.readiness,
            snapshot.rules,
            snapshot.protected,
            snapshot.stop_reasons,
            snapshot.task_times,
            *targets,
        ):
            if isinstance(seen, Unknown) and seen.call_failed:
                course.failed(snapshot.service.key, seen.why, forbidden=seen.forbidden)


def _note_activity(ports: Ports, course: Course) -> None:
    newer = {
        name: decision.memory.last_activity
        for name, decision in course.decisions.items()
        if decision.action is Action.NOTE_ACTIVITY and decision.memory and decision.memory.last_activity
    }
    if not newer:
        return
    try:
        ports.memories.note_activity(newer)
    except CallFailed as error:
        course.faults["last activity"] = str(error)


def _announce(ports: Ports, course: Course) -> None:
    kept = []
    for name, snapshot in course.snapshots.items():
        memory = course.memories.get(name)
        if memory is not None:
            read = snapshot.remembered.version if snapshot.remembered else 0
            kept.append(Kept(snapshot.service, memory, read))
    failure = announce(ports, kept, only_own=False)
    if failure:
        course.faults["announcements"] = failure


def _measure(ports: Ports, course: Course, now: datetime) -> None:
    """Report how many services need an operator, by reason, and whether all are held; not what is not the case."""
    seen = Counter(one.reason for one in course.explained.values() if one is not None and one.needs_attention)
    measures = [Measure("Attention", count, further=(("Reason", reason),)) for reason, count in sorted(seen.items())]
    if standing_hold_of_all(course.hold_all, now) is not None:
        measures.append(Measure("HeldAll", 1))
    if measures:
        ports.measures.tell(measures, now)


def _publish(ports: Ports, course: Course, now: datetime) -> None:
    told_of = [snapshot for snapshot in course.snapshots.values() if snapshot.service.mode is not Mode.OFF]
    seen = [(snapshot.service.name, snapshot.facts) for snapshot in told_of]
    metrics = [
        metric for name, facts in seen if isinstance(facts, ServiceFacts) for metric in state_metrics(name, facts)
    ]
    if not metrics:
        return
    try:
        ports.metrics.publish(metrics, now)
    except CallFailed as error:
        course.faults["state metrics"] = str(error)


def _summarise(course: Course) -> None:
    decided = [(course.snapshots[name], decision) for name, decision in sorted(course.decisions.items())]
    explained = [(one.service.key, course.explained.get(one.service.name)) for one, _ in decided]
    needing_a_person = {key: told.reason for key, told in explained if told is not None and told.needs_attention}
    staying_awake = {one.service.key: decision.reason.value for one, decision in decided if _stays_awake(one, decision)}
    logger.info(
        f"looked after {counted(len(decided), 'service')}",
        extra={
            "services": len(decided),
            "reasons": dict(sorted(Counter(decision.reason.value for _, decision in decided).items())),
            **_named("attention", needing_a_person),
            **_named("stays_awake", staying_awake),
            "faults": len(course.faults),
        },
    )


def _stays_awake(snapshot: Snapshot, decision: Decision) -> bool:
    if not isinstance(snapshot.facts, ServiceFacts) or snapshot.service.mode is Mode.OFF:
        return False
    return snapshot.facts.desired > 0 and decision.action not in CHANGES_ITS_TASKS


def _named(field: str, reasons: Mapping[str, str]) -> dict[str, object]:
    """As many services as a line can hold, and how many it cannot."""
    named: dict[str, object] = {field: dict(list(reasons.items())[:MOST_NAMES_IN_A_LINE])}
    unnamed = len(reasons) - MOST_NAMES_IN_A_LINE
    return named | ({f"{field}_unnamed": unnamed} if unnamed > 0 else {})
