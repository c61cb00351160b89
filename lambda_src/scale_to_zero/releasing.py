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
from .ports import Ports
from .stored import Stored
from .wake import Progress

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 25


def release(ports: Ports, services: Sequence[Service], stored: Stored) -> list[Progress]:
    """Lift the hold of each service that has one; ``stored`` as read before this call."""
    facts = ports.services.describe([service.name for service in services])

    def release_one(service: Service) -> Progress:
        seen = facts.get(service.name, Unknown("ECS gave no answer for it"))
        return _release(ports, Progress(service, seen, stored.memories.get(service.name)), stored.hold_all)

    return list(ports.executor.map(release_one, services))


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
