"""One run of the scale-to-zero function: observe every service, decide, act, publish metrics."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from .act import ACTS, LOOKS, log_decision, put_to_sleep, start
from .decide import decide
from .look import Looks
from .model import Action, Decision, Memory, Mode, NotAsked, Phase, ServiceFacts, ServiceName, Snapshot, Unknown
from .ports import CallFailed, MemoryChanged, Ports
from .state_metrics import state_metrics

logger = logging.getLogger(__name__)

SERVICE_UPDATES_PER_TICK: Final = 200
"""ECS allows 50 service modifications at once and 5 per second after (AWS: Amazon ECS API throttling)."""
TIME_KEPT_FOR_THE_END: Final = timedelta(seconds=10)
MOST_NAMES_IN_A_LINE: Final = 50


class TickFailed(Exception):
    """Something could not be seen or done; everything else was. The message says what and for which services."""


@dataclass
class Course:
    """How one tick goes: the snapshots with their decisions, and what went wrong."""

    snapshots: dict[ServiceName, Snapshot] = field(default_factory=dict)
    decisions: dict[ServiceName, Decision] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


def run_tick(ports: Ports, *, fallback: timedelta, publish: bool, ends_at: datetime) -> None:
    """Look after every service once.

    ``fallback``: after how long a missing ``HealthyHostCount`` is taken at its word.
    ``publish``: whether state metrics are sent. ``ends_at``: when this run is cut off at the latest.
    Raises ``TickFailed`` at the very end if anything failed, so that alarms see it.
    """
    now = ports.clock()
    course = _observe(ports)
    _decide(ports, course, fallback, now)
    _act(ports, course, ends_at)
    _note_activity(ports, course)
    if publish:
        _publish(ports, course, now)
    _summarise(course)
    if course.faults:
        told = "; ".join(f"{key}: {why}" for key, why in list(course.faults.items())[:MOST_NAMES_IN_A_LINE])
        raise TickFailed(f"{len(course.faults)} faults while looking after {len(course.snapshots)} services: {told}")


def _observe(ports: Ports) -> Course:
    stored = ports.memories.read_all()
    course = Course(faults={f"table item {number}": why for number, why in enumerate(stored.broken, 1)})
    watched = [service for service in stored.services if service.mode is not Mode.OFF]
    facts = ports.services.describe([service.name for service in watched])
    for service in watched:
        course.snapshots[service.name] = Snapshot(
            service,
            facts.get(service.name, Unknown("ECS gave no answer for it")),
            stored.memories.get(service.name),
        )
    return course


def _decide(ports: Ports, course: Course, fallback: timedelta, now: datetime) -> None:
    looks = Looks(ports, fallback, now)
    undecided = list(course.snapshots.values())
    for _ in range(len(LOOKS) + 1):
        wanting: dict[Action, list[Snapshot]] = {}
        for snapshot in undecided:
            decision = decide(snapshot, now)
            course.snapshots[snapshot.service.name] = snapshot
            course.decisions[snapshot.service.name] = decision
            if decision.action in LOOKS:
                wanting.setdefault(decision.action, []).append(snapshot)
        undecided = [filled for action, asking in wanting.items() for filled in looks.fill(action, asking)]
        if not undecided:
            break
    for snapshot in course.snapshots.values():
        targets = () if isinstance(snapshot.targets, NotAsked) else snapshot.targets.values()
        for seen in (
            snapshot.facts,
            snapshot.memory,
            snapshot.traffic,
            snapshot.scalable_target,
            snapshot.readiness,
            *targets,
        ):
            if isinstance(seen, Unknown) and seen.call_failed:
                course.faults[snapshot.service.key] = seen.why


def _act(ports: Ports, course: Course, ends_at: datetime) -> None:
    acting = [snapshot for snapshot in course.snapshots.values() if _decision(course, snapshot).action in ACTS]
    acting.sort(key=_oldest_first)
    remembering = [snapshot for snapshot in acting if _decision(course, snapshot).action is Action.REMEMBER]
    waking = [snapshot for snapshot in acting if _decision(course, snapshot).action is Action.WAKE]
    stopping = [snapshot for snapshot in acting if _decision(course, snapshot).action is Action.SLEEP]

    def remember(snapshot: Snapshot) -> None:
        memory = _decision(course, snapshot).memory
        assert memory is not None
        ports.memories.write(memory)

    def begin(snapshot: Snapshot) -> None:
        desired = _decision(course, snapshot).desired
        start(ports, snapshot.service, _decision(course, snapshot))
        _now_desired(course, snapshot, desired)

    def stop(snapshot: Snapshot) -> None:
        assert isinstance(snapshot.facts, ServiceFacts)
        memory = put_to_sleep(ports, snapshot.service, snapshot.facts, _decision(course, snapshot), ends_at)
        _now_desired(course, snapshot, 0 if memory.phase is Phase.ASLEEP else None)

    list(ports.executor.map(lambda snapshot: _carried_out(course, snapshot, remember), remembering))
    updates = [(snapshot, begin) for snapshot in waking] + [(snapshot, stop) for snapshot in stopping]
    for number, (snapshot, carry_out) in enumerate(updates):
        if number == SERVICE_UPDATES_PER_TICK or ports.clock() > ends_at - TIME_KEPT_FOR_THE_END:
            logger.warning(f"{len(updates) - number} wakes and stops wait for the next tick: AWS limits their rate")
            break
        _carried_out(course, snapshot, carry_out)


def _carried_out(course: Course, snapshot: Snapshot, carry_out: Callable[[Snapshot], None]) -> None:
    decision = _decision(course, snapshot)
    try:
        carry_out(snapshot)
    except MemoryChanged:
        logger.info(
            f"{snapshot.service.key} is left to the next tick: somebody else acted on it meanwhile",
            extra={"service": snapshot.service.key, "action": decision.action.value, "reason": decision.reason.value},
        )
        return
    except Exception as error:
        logger.exception(
            f"{snapshot.service.key}: {decision.action.value} failed; the next ticks start from the facts again",
            extra={"service": snapshot.service.key, "action": decision.action.value, "reason": decision.reason.value},
        )
        course.faults[snapshot.service.key] = str(error) or type(error).__name__
        return
    log_decision(snapshot.service, decision)


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


def _publish(ports: Ports, course: Course, now: datetime) -> None:
    seen = [(snapshot.service.name, snapshot.facts) for snapshot in course.snapshots.values()]
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
    decided = [(course.snapshots[name].service.key, decision) for name, decision in sorted(course.decisions.items())]
    needing_a_person = {key: decision.reason.value for key, decision in decided if decision.warning}
    logger.info(
        f"looked after {len(decided)} services",
        extra={
            "services": len(decided),
            "reasons": dict(sorted(Counter(decision.reason.value for _, decision in decided).items())),
            "attention": dict(list(needing_a_person.items())[:MOST_NAMES_IN_A_LINE]),
            "faults": len(course.faults),
        },
    )


def _decision(course: Course, snapshot: Snapshot) -> Decision:
    return course.decisions[snapshot.service.name]


def _now_desired(course: Course, snapshot: Snapshot, desired: int | None) -> None:
    if isinstance(snapshot.facts, ServiceFacts) and desired is not None:
        facts = replace(snapshot.facts, desired=desired)
        course.snapshots[snapshot.service.name] = replace(snapshot, facts=facts)


def _oldest_first(snapshot: Snapshot) -> datetime:
    return snapshot.memory.since if isinstance(snapshot.memory, Memory) else datetime.min.replace(tzinfo=UTC)
