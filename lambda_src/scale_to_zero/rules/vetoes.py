"""Rules that can keep a running service from going to zero, as types. Pure."""

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
    """A running service at one instant. A rule requests the parts of the snapshot that it needs and that are missing.

    ``lead``: how long before the end of its idle window it may be called idle.
    """

    snapshot: Snapshot
    facts: ServiceFacts
    state: ServiceState
    at: datetime
    lead: timedelta = timedelta(0)

    @property
    def service(self) -> Service:
        """The service's configuration."""
        return self.snapshot.service

    @property
    def sleep_is_requested(self) -> bool:
        """Whether sleep was requested; the service need not be idle."""
        return self.state.sleep_requested is not None and self.service.mode is Mode.ACT

    @property
    def window(self) -> timedelta:
        """For how long the service must not have been needed; zero if sleep was requested."""
        return timedelta(0) if self.sleep_is_requested else self.service.idle - self.lead


Rule = Callable[[Running], Decision | None]
"""Returns what keeps a service from going to zero, or what to observe to know it; ``None`` if nothing keeps it."""


def veto(rules: Sequence[Rule], one: Running) -> Decision | None:
    """Return the answer of the first rule that has one; the rules after it are not called. ``None`` if none has."""
    return next(filter(None, (rule(one) for rule in rules)), None)
