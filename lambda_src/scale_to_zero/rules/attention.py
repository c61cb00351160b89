"""Which services need an operator, and the reasons that alarms use. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from scale_to_zero.model.configured import Mode, Service
from scale_to_zero.model.decided import Decision
from scale_to_zero.model.observed import ServiceFacts, Snapshot
from scale_to_zero.model.quantities import in_minutes
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState, Wake

LONGEST_STOP: Final = timedelta(minutes=10)
"""A stopped task leaves its target group (300 seconds by default) and then has 30 seconds to end; twice that time is
unusual (AWS: Amazon ECS, load balancer connection draining)."""


class Attention(StrEnum):
    """Reasons for attention that are not reasons of decisions.

    ``running_though_asleep``: the service should cost nothing, but its tasks still run.
    """

    RUNNING_THOUGH_ASLEEP = "running_though_asleep"


def attention(
    snapshot: Snapshot, decision: Decision, state: ServiceState | None, now: datetime
) -> tuple[Attention | Reason, str] | None:
    """Return why an operator should check a service, and what to report; ``None`` if there is no need.

    ``state``: as the tick left it, ``None`` if there is none.
    """
    service = snapshot.service
    if service.mode is Mode.OFF:
        return None
    if _runs_though_asleep(snapshot, now):
        running = (
            f"{service.key} has been asleep for {in_minutes(LONGEST_STOP)} or more, but its tasks "
            "still run and cost money; stop them in ECS, and shorten the deregistration delay of its target groups or "
            "the stopTimeout of its containers if one of these keeps them running"
        )
        return Attention.RUNNING_THOUGH_ASLEEP, f"{decision.sentence}. {running}" if decision.warning else running
    if state is not None and state.wake_under_way is not None and state.wake_under_way.failed:
        return Reason.WAKE_FAILED, _failed(service, state.wake_under_way, decision)
    if not decision.warning:
        return None
    return decision.reason, decision.sentence


def _failed(service: Service, wake: Wake, decision: Decision) -> str:
    """Report a failed wake in the same sentence until the wake is over, whatever else is decided about its service."""
    sentence = f"{service.key} did not wake by its deadline"
    if wake.cause:
        sentence += f": {wake.cause}"
    also = decision.warning and decision.reason is not Reason.WAKE_FAILED
    return f"{sentence}. {decision.sentence}" if also else sentence


def _runs_though_asleep(snapshot: Snapshot, now: datetime) -> bool:
    state, facts = snapshot.state, snapshot.facts
    if not isinstance(state, ServiceState) or not isinstance(facts, ServiceFacts):
        return False
    asleep_for_long = state.phase is Phase.ASLEEP and now - state.since >= LONGEST_STOP
    return asleep_for_long and facts.desired == 0 and facts.running > 0
