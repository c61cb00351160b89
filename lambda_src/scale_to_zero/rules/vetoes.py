"""What a rule decides that may keep a running service from going to zero. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot
from scale_to_zero.model.service_state import ServiceState


@dataclass(frozen=True)
class Running:
    """A running service at one instant. What a rule needs of its snapshot and finds not filled, it requests.

    ``lead``: how much before its idle window is over it may be called idle.
    """

    snapshot: Snapshot
    facts: ServiceFacts
    state: ServiceState
    at: datetime
    lead: timedelta = timedelta(0)

    @property
    def service(self) -> Service:
        """As it is configured."""
        return self.snapshot.service

    @property
    def sleep_is_requested(self) -> bool:
        """Whether sleep was requested, be it idle or not."""
        return self.state.sleep_requested is not None and self.service.mode is Mode.ACT

    @property
    def window(self) -> timedelta:
        """For how long nothing may have needed it; none at all where sleep was requested."""
        return timedelta(0) if self.sleep_is_requested else self.service.idle - self.lead


Rule = Callable[[Running], Decision | None]
"""What keeps a service from going to zero, or what to observe to know that; ``None``: nothing that it knows of does."""


def veto(rules: Sequence[Rule], one: Running) -> Decision | None:
    """The answer of the first rule that has one; the rules after it are not called. ``None`` if none has."""
    return next(filter(None, (rule(one) for rule in rules)), None)
