"""A notification, as one type."""

from __future__ import annotations

from dataclasses import dataclass

from .configured import Service
from .service_state import PhaseChange


@dataclass(frozen=True)
class Notification:
    """A change of phase of one service, as its notification reports it."""

    service: Service
    change: PhaseChange
