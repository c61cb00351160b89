"""Lifting holds, when somebody asks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from .act import log_decision
from .decide_wake import decide_release
from .errors import CallFailed, MemoryChanged
from .memory import HoldAll
from .model import Action, Service, Unknown
from .observe import snapshots_of
from .ports import Ports
from .stored import Stored
from .wake import Progress

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 25


def release(ports: Ports, services: Sequence[Service], stored: Stored) -> list[Progress]:
    """Lift the hold of each service that has one; ``stored`` as read before this call."""
    steps = [Progress(one.service, one.facts, one.memory) for one in snapshots_of(ports, services, stored)]
    return list(ports.executor.map(lambda step: _release(ports, step, stored.hold_all), steps))


def _release(ports: Ports, step: Progress, hold_all: HoldAll | Unknown | None) -> Progress:
    try:
        for _ in range(ATTEMPTS):
            decision = decide_release(step.service, step.memory, ports.clock(), hold_all)
            told = replace(step, message=decision.sentence, fault=decision.action is Action.LEAVE_ALONE)
            if decision.memory is None:
                return told
            try:
                written = ports.memories.write(decision.memory)
            except MemoryChanged:
                step = replace(step, memory=ports.memories.read(step.service.name))
                continue
            log_decision(step.service, decision)
            return replace(told, memory=written)
    except CallFailed as error:
        logger.warning(f"the hold of {step.service.key} was not lifted: {error}")
        return replace(step, message=str(error), fault=True)
    return replace(step, message="its memory kept changing; ask again", fault=True)
