"""What the functions report: notifications on a bus, measures in a log, and calls of each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.notification import Announcement
from scale_to_zero.ports import Announcements, Functions, Measures

if TYPE_CHECKING:
    from .in_memory import InMemoryPorts

Invoke = Callable[[Mapping[str, object]], Mapping[str, object]]


class DatedMeasure(NamedTuple):
    """A measure, and the instant it is of."""

    measure: Measure
    at: datetime


class InMemoryAnnouncements(Announcements):
    """``Announcements`` that end up in ``announced``."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def send(self, announcements: Sequence[Announcement]) -> Sequence[str]:
        return [self._send(one) for one in announcements]

    def _send(self, announcement: Announcement) -> str:
        try:
            with self._ports.changing("announce", announcement.service.name, announcement):
                self._ports.announced.append(announcement)
        except CallFailed as failure:
            return str(failure)
        return ""


class InMemoryMeasures(Measures):
    """``Measures`` that end up in ``measured``."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def tell(self, measures: Sequence[Measure], at: datetime) -> None:
        self._ports.measured.extend(DatedMeasure(measure, at) for measure in measures)


class InMemoryFunctions(Functions):
    """``Functions`` that answer what ``ask_scale_up`` and ``ask_scale_to_zero`` return."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def scale_up(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        with self._ports.changing("ask_scale_up", None, payload):
            return self._ports.ask_scale_up(payload)

    def scale_to_zero(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        with self._ports.changing("ask_scale_to_zero", None, payload):
            return self._ports.ask_scale_to_zero(payload)


def no_answer(payload: Mapping[str, object]) -> Mapping[str, object]:
    """The default: no answer is set, so the call fails."""
    raise CallFailed(f"nobody answers {payload}")
