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

from .scaling import command_to_scale, is_suspended_again, is_suspended_by_others

LONGEST_STOP: Final = timedelta(minutes=10)
"""A stopped task leaves its target group (300 seconds by default) and then has 30 seconds to end; twice that time is
unusual (AWS: Amazon ECS, load balancer connection draining)."""


class Attention(StrEnum):
    """Reasons for attention that are not reasons of decisions.

    ``running_though_asleep``: the service should cost nothing, but its tasks still run.
    ``scaling_suspended``: it runs, but all its scaling is suspended, and this module has no record of it.
    ``scaling_suspended_again``: it runs, but is suspended as while it slept, and its scaling is put back now.
    """

    RUNNING_THOUGH_ASLEEP = "running_though_asleep"
    SCALING_SUSPENDED = "scaling_suspended"
    SCALING_SUSPENDED_AGAIN = "scaling_suspended_again"


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
    if decision.warning:
        return decision.reason, decision.sentence
    return _suspended(snapshot, snapshot.known_state or state, now) if state is not None else None


def _suspended(snapshot: Snapshot, state: ServiceState, now: datetime) -> tuple[Attention, str] | None:
    """``state``: as it was read, since a tick that puts scaling back writes so before it reports."""
    key, name = snapshot.service.key, snapshot.service.name
    if is_suspended_again(snapshot, state, now):
        sentence = (
            f"{key} runs, but its scaling is suspended as while it slept: a Terraform plan made at that time was "
            "applied, a run was cut off, or AWS refused a call; the module puts it back now; if this is reported again "
            "and again, allow application-autoscaling:RegisterScalableTarget"
        )
        return Attention.SCALING_SUSPENDED_AGAIN, sentence
    if is_suspended_by_others(snapshot, state):
        sentence = (
            f"{key} runs, but all its scaling is suspended, and the module does not know of having done it; if this is "
            f"not intended, run: {command_to_scale(name)}"
        )
        return Attention.SCALING_SUSPENDED, sentence
    return None


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
