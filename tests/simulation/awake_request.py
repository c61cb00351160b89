"""Requests that ask for a service to be awake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scale_to_zero.model.service_state import Phase


@dataclass
class AwakeRequest:
    """A request that met the wake function and asks for the service to be awake.

    ``found``: the phase that was remembered when it came. ``answered``: when it was. ``sound``: nothing went wrong.
    """

    at: datetime
    found: Phase | None
    answered: datetime | None = None
    sound: bool = True
