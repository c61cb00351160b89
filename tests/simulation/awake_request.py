"""A request for a service to be awake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scale_to_zero.model.service_state import Phase


@dataclass
class AwakeRequest:
    """A request to the wake function that needs the service awake.

    ``found``: the phase in the service state when it arrived. ``answered``: when it was answered. ``fault_free``:
    whether no fault struck its run.
    """

    at: datetime
    found: Phase | None
    answered: datetime | None = None
    fault_free: bool = True
