"""What a rule judges that may keep a running service from going to zero, and how such rules are asked. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .memory import Memory
from .model import Decision, Mode, Service, ServiceFacts, Snapshot


@dataclass(frozen=True)
class Running:
    """A running service at one instant. What a rule needs of its snapshot and finds not filled, it asks to observe.

    ``window``: for how long nothing may have needed it; none at all where somebody asked for it to be put to sleep.
    """

    snapshot: Snapshot
    facts: ServiceFacts
    memory: Memory
    at: datetime
    window: timedelta

    @property
    def service(self) -> Service:
        """As it is configured."""
        return self.snapshot.service

    @property
    def is_asked_to_sleep(self) -> bool:
        """Whether it is to be put to sleep though it may not be idle."""
        return is_asked_to_sleep(self.service, self.memory)


Rule = Callable[[Running], Decision | None]
"""What keeps a service from going to zero, or what to observe to know that; ``None``: nothing that it knows of does."""


def is_asked_to_sleep(service: Service, memory: Memory) -> bool:
    """Whether somebody asked for it to be put to sleep, and that may be done."""
    return memory.sleep_requested is not None and service.mode is Mode.ACT


def running(
    snapshot: Snapshot, facts: ServiceFacts, memory: Memory, now: datetime, *, lead: timedelta = timedelta(0)
) -> Running:
    """A running service with its idle window, which ``lead`` shortens."""
    asked = is_asked_to_sleep(snapshot.service, memory)
    return Running(snapshot, facts, memory, now, timedelta(0) if asked else snapshot.service.idle - lead)


def first_answer(rules: Iterable[Rule], one: Running) -> Decision | None:
    """The answer of the first rule that has one; the rules after it are not asked."""
    return next(filter(None, (rule(one) for rule in rules)), None)
