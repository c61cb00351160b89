"""What is announced, as one type."""

from __future__ import annotations

from dataclasses import dataclass

from .configured import Service
from .service_state import PhaseChange


@dataclass(frozen=True)
class Announcement:
    """A change of phase of one service, as a notification says it."""

    service: Service
    change: PhaseChange
