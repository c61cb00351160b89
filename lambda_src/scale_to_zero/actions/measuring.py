"""The metrics that a change of phase sends. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.metrics import Measure
from scale_to_zero.model.quantities import SECOND
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, PhaseChange, ServiceState

MEASURED: Final = ("accepted", "created", "pulled", "started", "healthy", "disarmed")
"""The parts of a wake, in their order. The first lasts until ECS accepts the count, including a wait for its turn."""
PART: Final = "Part"


def measures_of(service: Service, state: ServiceState, change: PhaseChange) -> list[Measure]:
    """Return the metrics of one change. ``state``: the newest known one, which has the parts of the newest wake."""
    if change.failed:
        return [Measure("FailedWakeCount", 1, service=service.name)]
    if change.after is Phase.AWAKE and change.before in (Phase.WAKING, Phase.ASLEEP):
        return [Measure("WakeCount", 1, service=service.name), *_wake(service, state, change)]
    if change.after is Phase.ASLEEP and change.before in (Phase.AWAKE, Phase.DRAINING):
        return _sleep(service, change)
    return []


def _wake(service: Service, state: ServiceState, change: PhaseChange) -> list[Measure]:
    """Measure wakes that were requested from this module, until the service was ready; others are not measured.

    It is unknown when other wakes began. No run observes when a service that is no longer managed becomes ready.
    """
    if change.began is None or change.reason is not Reason.READY:
        return []
    wake = state.wake
    if wake is None or wake.healthy != change.at:
        # Another wake has begun since.
        return [_seconds("WakeDuration", service, change.at - change.began)]
    took = [_seconds("WakeDuration", service, (state.routing_restored_at or change.at) - change.began)]
    before = change.began
    for part in MEASURED:
        over: datetime | None = state.routing_restored_at if part == "disarmed" else getattr(wake, part)
        if over is not None:
            took.append(_seconds("WakeDuration", service, max(over - before, timedelta(0)), (PART, part)))
            before = max(before, over)
    return took


def _sleep(service: Service, change: PhaseChange) -> list[Measure]:
    measures = []
    if change.began is not None:
        measures.append(_seconds("AwakeDuration", service, change.at - change.began))
    if change.quiet_since is not None and change.reason is Reason.IDLE:
        measures.append(_seconds("TimeToZero", service, change.at - change.quiet_since))
    return measures


def _seconds(name: str, service: Service, took: timedelta, *further: tuple[str, str]) -> Measure:
    return Measure(name, max(took, timedelta(0)) / SECOND, "Seconds", service.name, further)
