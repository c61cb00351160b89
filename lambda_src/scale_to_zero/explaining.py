"""Telling why services are as they are, at the end of a tick: in the log, and in the table for whoever asks."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from .course import Course
from .explanations import Step, Telling, explanation, telling
from .memory import Explanation, Memory, Phase, ServiceName
from .ports import CallFailed, Ports

logger = logging.getLogger(__name__)


def explain(
    ports: Ports, course: Course, told: Mapping[ServiceName, Explanation], seen: Collection[ServiceName] | None
) -> None:
    """Log and remember what is new. ``told``: what the table has. ``seen``: whom this run was for, ``None``: all."""
    now = ports.clock()
    tellings: dict[ServiceName, Telling] = {}
    for name, snapshot in course.snapshots.items():
        course.explained[name] = explanation(snapshot, course.decisions[name], _phase(course, name), now)
        new = telling(told.get(name), course.explained[name], now)
        if new is not None and not _is_unknown(course, name):
            tellings[name] = new
    if seen is None:
        gone = told.keys() - course.snapshots.keys()
        tellings.update(dict.fromkeys(gone, Telling(None, Step.ENDED)))
    for name, one in tellings.items():
        if one.step is not None:
            _log(course, name, one.step, one.remembered or told[name])
    _remember(ports, course, tellings)


def _phase(course: Course, name: ServiceName) -> Phase | None:
    """As this tick left it, or else as it was read."""
    memory = course.memories.get(name) or course.snapshots[name].memory
    return memory.phase if isinstance(memory, Memory) else None


def _is_unknown(course: Course, name: ServiceName) -> bool:
    """Whether something failed or came between while it was acted on: how it is now, the next tick sees."""
    return isinstance(course.snapshots[name].memory, Memory) and name not in course.memories


def _log(course: Course, name: ServiceName, step: Step, told: Explanation) -> None:
    """``told``: what is so now, or what has ended."""
    snapshot, decision = course.snapshots.get(name), course.decisions.get(name)
    key = snapshot.service.key if snapshot is not None else str(name)
    now = decision.sentence if decision is not None else "this module looks after it no more"
    if step is Step.ENDED:
        sentence = f"{key}: {told.reason} has ended; now {now}"
    elif name in course.logged and told.sentence == now:
        return  # what was done because of it has its line already
    else:
        sentence = told.sentence
    warns = told.needs_attention and step is not Step.ENDED
    fields = {"service": key, "cluster": name.cluster_name, "reason": told.reason, "explanation": step.value}
    logger.log(logging.WARNING if warns else logging.INFO, sentence, extra=fields)


def _remember(ports: Ports, course: Course, tellings: Mapping[ServiceName, Telling]) -> None:
    """Write what is new; what fails is told again by the next tick."""

    def remember(name: ServiceName) -> str:
        known = course.memories.get(name) is not None
        try:
            ports.memories.explain(name, tellings[name].remembered, known=known)
        except CallFailed as error:
            return str(error)
        return ""

    failures = dict.fromkeys(failure for failure in ports.executor.map(remember, tellings) if failure)
    if failures:
        course.faults["explanations"] = "; ".join(list(failures)[:3])
