"""The ports for reporting in memory: notifications, measures, and the functions' calls of each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.notification import Notification
from scale_to_zero.ports import Functions, Measures, Notifications

if TYPE_CHECKING:
    from .in_memory import InMemoryPorts

Invoke = Callable[[Mapping[str, object]], Mapping[str, object]]


class DatedMeasure(NamedTuple):
    """A measure and its instant."""

    measure: Measure
    at: datetime


class InMemoryNotifications(Notifications):
    """``Notifications`` that end up in ``sent_notifications``."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def send(self, notifications: Sequence[Notification]) -> Sequence[str]:
        return [self._send(one) for one in notifications]

    def _send(self, notification: Notification) -> str:
        try:
            with self._ports.changing("notify", notification.service.name, notification):
                self._ports.sent_notifications.append(notification)
        except CallFailed as failure:
            return str(failure)
        return ""


class InMemoryMeasures(Measures):
    """``Measures`` that end up in ``measured``."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def emit(self, measures: Sequence[Measure], at: datetime) -> None:
        self._ports.measured.extend(DatedMeasure(measure, at) for measure in measures)


class InMemoryFunctions(Functions):
    """``Functions`` that answer what ``invoke_scale_up`` and ``invoke_scale_to_zero`` return."""

    def __init__(self, ports: InMemoryPorts) -> None:
        self._ports = ports

    def scale_up(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        with self._ports.changing("invoke_scale_up", None, payload):
            return self._ports.invoke_scale_up(payload)

    def scale_to_zero(self, payload: Mapping[str, object]) -> Mapping[str, object]:
        with self._ports.changing("invoke_scale_to_zero", None, payload):
            return self._ports.invoke_scale_to_zero(payload)


def no_answer(payload: Mapping[str, object]) -> Mapping[str, object]:
    """Fail, as no answer is set."""
    raise CallFailed(f"no answer is set for {payload}")
