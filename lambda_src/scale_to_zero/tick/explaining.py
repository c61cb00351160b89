"""Reporting why services are as they are, at the end of a tick: in the log, and in the table for its readers."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.service_state import Explanation
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules.explanations import Step, Telling, explanation, is_kept, telling

from .tick_report import Course

logger = logging.getLogger(__name__)

TIME_KEPT_FOR_THE_END: Final = timedelta(seconds=5)


def explain(
    ports: Ports, course: Course, stored: Stored, only: Collection[ServiceName] | None, ends_at: datetime
) -> None:
    """Log and save what is new; the next tick reports what there is no time for.

    ``stored``: as this run read it. ``only``: the services it was for, ``None``: all. ``ends_at``: when it is cut off.
    """
    now = ports.clock()
    tellings = {name: new for name in course.snapshots if (new := _telling(course, name, stored, now)) is not None}
    # A configuration that cannot be read is missing among the services, too.
    if only is None and not stored.broken:
        gone = stored.explanations.keys() - course.snapshots.keys()
        tellings |= dict.fromkeys(gone, Telling(None, Step.ENDED))

    def tell(name: ServiceName) -> str:
        if ports.clock() > ends_at - TIME_KEPT_FOR_THE_END:
            return ""
        _log(course, name, tellings[name], stored.explanations.get(name))
        try:
            ports.memories.explain(name, tellings[name].remembered, known=name in course.memories)
        except CallFailed as error:
            return str(error)
        return ""

    failures = dict.fromkeys(failure for failure in ports.executor.map(tell, tellings) if failure)
    if failures:
        course.faults["explanations"] = "; ".join(list(failures)[:3])


def _telling(course: Course, name: ServiceName, stored: Stored, now: datetime) -> Telling | None:
    snapshot, decision, before = course.snapshots[name], course.decisions[name], stored.explanations.get(name)
    read = snapshot.remembered
    memory = course.memories.get(name, read)
    after = course.explained[name] = explanation(snapshot, decision, memory, now)
    if name in course.left_over or (read is not None and name not in course.memories):
        # It was not acted on, or that failed or is not known: what was reported before holds until the next tick.
        return telling(before, before and replace(before, logged=now), now)
    needs_nobody = after is None or not after.needs_attention
    if before is not None and needs_nobody and is_kept(before, decision, memory, now):
        return None
    return telling(before, after, now)


def _log(course: Course, name: ServiceName, new: Telling, before: Explanation | None) -> None:
    told = before if new.step is Step.ENDED else new.remembered
    if new.step is None or told is None:
        return
    snapshot, decision = course.snapshots.get(name), course.decisions.get(name)
    if new.step is Step.ENDED:
        now = decision.sentence if decision is not None else f"{name} is no longer looked after"
        sentence = f"{now}; {told.reason} has ended"
    elif name in course.logged and decision is not None and decision.warning:
        return  # what was done because of it has its line already
    else:
        sentence = told.sentence
    key = snapshot.service.key if snapshot is not None else str(name)
    warns = told.needs_attention and new.step is not Step.ENDED
    fields = {"service": key, "cluster": name.cluster_name, "reason": told.reason, "explanation": new.step.value}
    logger.log(logging.WARNING if warns else logging.INFO, sentence, extra=fields)
