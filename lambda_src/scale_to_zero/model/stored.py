"""The content of the table, as one type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .configured import Service, ServiceName
from .observed import Unknown
from .service_state import Explanation, HoldAll, ServiceState


@dataclass(frozen=True)
class Stored:
    """Everything the table holds.

    A service state that could not be read is ``Unknown``. ``unreadable`` names each other item that could not be read,
    with the reason. ``explanations``: why services are in their present state, if a tick has reported it; unreadable
    ones are left out. ``hold_all``: the hold of all services, which may be over; if it could not be read,
    ``unreadable`` names it too.
    """

    services: tuple[Service, ...]
    states: Mapping[ServiceName, ServiceState | Unknown]
    unreadable: tuple[str, ...] = ()
    explanations: Mapping[ServiceName, Explanation] = field(default_factory=dict)
    hold_all: HoldAll | Unknown | None = None


NOTHING_STORED: Final = Stored((), {})
