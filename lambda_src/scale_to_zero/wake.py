"""Asking for wakes: each is begun, or the one under way is joined; and what the caller is told of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from .act import log_decision, note_accepted
from .decide_wake import decide_wake
from .model import Action, Decision, Memory, Missing, Phase, Service, ServiceFacts, Snapshot, Unknown
from .opening import open_the_way
from .ports import CallFailed, MemoryChanged, Ports, Stored
from .reasons import Reason

logger = logging.getLogger(__name__)

ATTEMPTS: Final = 25
"""Of people who ask at the same instant one is written per attempt; an attempt takes some 50 ms."""


class WakeFailed(Exception):
    """None of the services could be woken; the message names each and says why."""


@dataclass(frozen=True)
class Progress:
    """How far a wake has come: what was last seen and remembered, and what to tell the caller.

    ``claimed_until``: until then this run alone sees it through; ``None`` where it does not.
    """

    service: Service
    facts: ServiceFacts | Missing | Unknown
    memory: Memory | None | Unknown
    message: str = ""
    fault: bool = False
    healthy_since: datetime | None = None
    claimed_until: datetime | None = None

    @property
    def waking(self) -> bool:
        """Whether there is a wake to wait for."""
        if self.fault or not isinstance(self.memory, Memory):
            return False
        return self.memory.phase is Phase.WAKING or self.memory.wake_requested is not None

    def answer(self) -> dict[str, object]:
        """What the caller is told: phase, desired, running, since (UTC) and a message; ``None`` is unknown."""
        facts = self.facts if isinstance(self.facts, ServiceFacts) else None
        memory = self.memory if isinstance(self.memory, Memory) else None
        return {
            "phase": memory.phase.value if memory else None,
            "desired": facts.desired if facts else None,
            "running": facts.running if facts else None,
            "since": memory.since.isoformat(timespec="seconds") if memory else None,
            "message": self.message,
        }


def ask_for_wakes(ports: Ports, services: Sequence[Service], stored: Stored) -> list[Progress]:
    """Ask for the wake of each service; ``stored`` as read before this call.

    A service that cannot be woken is told of in its message and keeps no other from being woken.
    """
    names = [service.name for service in services]
    facts = ports.services.describe(names)
    scalable = ports.scalable_targets.registered(names)
    snapshots = [
        Snapshot(
            service,
            facts.get(service.name, Unknown("ECS gave no answer for it")),
            stored.memories.get(service.name),
            scalable_target=scalable.get(service.name, Unknown("there was no answer for it")),
        )
        for service in services
    ]
    return list(ports.executor.map(lambda snapshot: _ask(ports, snapshot), snapshots))


def answer(progress: Sequence[Progress], broken: Sequence[str] = ()) -> dict[str, object]:
    """The answer to the caller. Raises ``WakeFailed`` if there were faults and nothing else.

    ``broken``: what was said of configurations that could not be read.
    """
    faults = [f"{step.service.key}: {step.message}" for step in progress if step.fault] + list(broken)
    for fault in faults:
        logger.error(fault)
    if faults and all(step.fault for step in progress):
        raise WakeFailed(f"No service could be woken: {'; '.join(faults)}")
    told: dict[str, object] = {"services": {step.service.key: step.answer() for step in progress}}
    return told | ({"unreadable": list(broken)} if broken else {})


def described(ports: Ports, service: Service) -> ServiceFacts | Missing | Unknown:
    """What ECS says of one service now."""
    return ports.services.describe([service.name]).get(service.name, Unknown("ECS gave no answer for it"))


def _ask(ports: Ports, snapshot: Snapshot) -> Progress:
    """Ask for one wake; if somebody acted meanwhile, look again: memory first, then ECS."""
    service = snapshot.service
    try:
        for _ in range(ATTEMPTS):
            try:
                return _ask_once(ports, snapshot)
            except MemoryChanged:
                memory = ports.memories.read(service.name)
                snapshot = replace(snapshot, memory=memory, facts=described(ports, service))
        return Progress(service, snapshot.facts, snapshot.memory, "its memory kept changing; ask again", fault=True)
    except Exception as error:
        logger.exception(f"{service.key} could not be woken", extra={"service": service.key})
        why = str(error) or type(error).__name__
        return Progress(service, snapshot.facts, snapshot.memory, why, fault=True)


def _ask_once(ports: Ports, snapshot: Snapshot) -> Progress:
    decision = decide_wake(snapshot, ports.clock())
    asked = Progress(snapshot.service, snapshot.facts, snapshot.memory, decision.sentence)
    if decision.action is Action.LEAVE_ALONE:
        return replace(asked, fault=isinstance(snapshot.facts, Unknown) or isinstance(snapshot.memory, Unknown))
    assert decision.memory is not None
    written = ports.memories.write(decision.memory)
    asked = replace(asked, memory=written)
    if decision.desired is not None:
        asked = _start(ports, asked, decision, written)
    log_decision(snapshot.service, decision)
    if decision.reason is Reason.NEEDED_WHILE_DRAINING:
        asked = replace(asked, memory=open_the_way(ports, snapshot.service, written))
    return asked


def _start(ports: Ports, step: Progress, decision: Decision, written: Memory) -> Progress:
    assert decision.desired is not None
    try:
        ports.services.set_desired_count(step.service.name, decision.desired)
    except CallFailed as error:
        logger.warning(f"{step.service.key} was not started yet: {error}", extra={"service": step.service.key})
        return replace(step, message=f"{decision.sentence}; ECS did not take it yet, the next tick asks again: {error}")
    assert isinstance(step.facts, ServiceFacts)
    facts = replace(step.facts, desired=decision.desired)
    return replace(step, facts=facts, memory=note_accepted(ports, written))
