"""Reporting at the end of a tick why services are in their present state: in the log, and in the table."""

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
from scale_to_zero.rules.explanations import (
    ExplanationChange,
    ExplanationEvent,
    explanation,
    explanation_change,
    is_kept,
)

from .tick_report import TickReport

logger = logging.getLogger(__name__)

TIME_KEPT_FOR_THE_END: Final = timedelta(seconds=5)


def explain(
    ports: Ports, report: TickReport, stored: Stored, only: Collection[ServiceName] | None, ends_at: datetime
) -> None:
    """Log and save what is new; if time runs out, the next tick reports the rest.

    ``stored``: as this run read it. ``only``: the services of this run, ``None``: all. ``ends_at``: when it is cut off.
    """
    now = ports.clock()
    changes = {
        name: new for name in report.snapshots if (new := _explanation_change(report, name, stored, now)) is not None
    }
    # A configuration that cannot be read is also missing among the services, so none is known to be gone.
    if only is None and not stored.unreadable:
        gone = stored.explanations.keys() - report.snapshots.keys()
        changes |= dict.fromkeys(gone, ExplanationChange(None, ExplanationEvent.ENDED))

    def save(name: ServiceName) -> str:
        if ports.clock() > ends_at - TIME_KEPT_FOR_THE_END:
            return ""
        _log(report, name, changes[name], stored.explanations.get(name))
        try:
            ports.table.explain(name, changes[name].saved, known=name in report.states)
        except CallFailed as error:
            return str(error)
        return ""

    failures = dict.fromkeys(failure for failure in ports.executor.map(save, changes) if failure)
    if failures:
        report.faults["explanations"] = "; ".join(list(failures)[:3])


def _explanation_change(
    report: TickReport, name: ServiceName, stored: Stored, now: datetime
) -> ExplanationChange | None:
    snapshot, decision, before = report.snapshots[name], report.decisions[name], stored.explanations.get(name)
    read = snapshot.known_state
    state = report.states.get(name, read)
    after = report.explained[name] = explanation(snapshot, decision, state, now)
    if name in report.left_over or (read is not None and name not in report.states):
        # The service was not acted on, or the action failed or is unknown: keep what was reported until the next tick.
        return explanation_change(before, before and replace(before, logged=now), now)
    needs_no_attention = after is None or not after.needs_attention
    if before is not None and needs_no_attention and is_kept(before, decision, state, now):
        return None
    return explanation_change(before, after, now)


def _log(report: TickReport, name: ServiceName, new: ExplanationChange, before: Explanation | None) -> None:
    shown = before if new.step is ExplanationEvent.ENDED else new.saved
    if new.step is None or shown is None:
        return
    snapshot, decision = report.snapshots.get(name), report.decisions.get(name)
    if new.step is ExplanationEvent.ENDED:
        now = decision.sentence if decision is not None else f"{name} is no longer managed"
        sentence = f"{now}; {shown.reason} has ended"
    elif name in report.logged and decision is not None and decision.warning:
        return  # the line of the action was already logged
    else:
        sentence = shown.sentence
    key = snapshot.service.key if snapshot is not None else str(name)
    warns = shown.needs_attention and new.step is not ExplanationEvent.ENDED
    fields = {"service": key, "cluster": name.cluster_name, "reason": shown.reason, "explanation": new.step.value}
    logger.log(logging.WARNING if warns else logging.INFO, sentence, extra=fields)
