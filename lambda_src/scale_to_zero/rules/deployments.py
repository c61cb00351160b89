"""Deployments as activity: a service stays awake while one runs, and its idle window begins when it ends. Pure.

After a deployment its author tests the new version, often from a pipeline, and must find it running. A running
deployment is saved, because only the saved instant reveals a deployment whose end no tick saw.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Action, Decision
from scale_to_zero.model.observed import ServiceFacts
from scale_to_zero.model.quantities import clock_time, date_and_time
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import ServiceState

LONGEST_DEPLOYMENT: Final = timedelta(hours=6)
"""A deployment that runs for longer is reported, but still keeps the service awake: it may be intended.

Most deployments take minutes. But a pause hook may wait for 14 days, and after an early success old tasks may run for
up to two weeks (Amazon ECS developer guide, lifecycle hooks and early success criteria of deployments)."""


def running_since(facts: ServiceFacts, known: datetime | None, now: datetime) -> datetime | None:
    """Return since when a deployment has been running, ``None`` if none runs. If several overlap, the newest counts.

    ``known``: since when a deployment was running at the last observation, ``None`` if none was.
    """
    if not facts.deployment_running:
        return None
    # Clocks differ: a deployment that has been seen did not begin in the future.
    began = None if facts.deployed_at is None else min(facts.deployed_at, now)
    return max(filter(None, (known, began)), default=now)


def found_running_since(facts: ServiceFacts, known: datetime | None, now: datetime) -> datetime | None:
    """Return the same for a service that was observed before, or that has just been woken.

    AWS does not document whether ECS shows an old deployment as running again when a wake changes the count. So a
    deployment that was not running at the last observation has six hours from now, whenever it began.
    """
    since = running_since(facts, known, now)
    runs_again = known is None and since is not None and now - since >= LONGEST_DEPLOYMENT
    return now if runs_again else since


def with_deployment(facts: ServiceFacts, state: ServiceState, needed: datetime, now: datetime) -> ServiceState:
    """Return the state of a running service with its deployments as observed now; the same state if nothing is new.

    ``needed``: when the service was last needed. A later deployment that was never observed running, because it was
    short or because ticks failed, counts from its beginning: ECS does not say when it ended.
    """
    if facts.deployment_running:
        return replace(state, deployment_since=found_running_since(facts, state.deployment_since, now))
    if state.deployment_since is not None:
        return replace(state, deployment_since=None, last_activity=now)
    if facts.deployed_at is not None and facts.deployed_at > needed:
        return replace(state, last_activity=min(facts.deployed_at, now))
    return state


def deployment_recorded(service: Service, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision:
    """Save what was observed about the deployments of an awake service (``state``: from ``with_deployment``)."""
    kept = kept_by_deployment(service, facts, state, now)
    if kept is not None:
        return replace(kept, action=Action.SAVE_STATE, state=state)
    idle_from = state.last_activity or state.since
    sentence = f"{service.key} was deployed; its idle window begins at {clock_time(idle_from)}"
    return Decision(Action.SAVE_STATE, Reason.DEPLOYMENT_ENDED, sentence, state)


def kept_by_deployment(service: Service, facts: ServiceFacts, state: ServiceState, now: datetime) -> Decision | None:
    """Keep a service awake while a deployment runs; ``None`` if none runs."""
    since = found_running_since(facts, state.deployment_since, now)
    if since is None:
        return None
    not_ending = why_not_ending(since, now)
    if not_ending:
        sentence = f"{service.key} stays awake: {not_ending}"
        return Decision(Action.STAY, Reason.DEPLOYMENT_NOT_ENDING, sentence, warning=True)
    sentence = f"{service.key} stays awake: a deployment has been running since {date_and_time(since)}"
    return Decision(Action.STAY, Reason.DEPLOYMENT_RUNNING, sentence)


def why_not_ending(since: datetime, now: datetime) -> str:
    """Return what to do about a deployment that has been running since then; empty while it may just be slow."""
    if now - since < LONGEST_DEPLOYMENT:
        return ""
    return (
        f"a deployment has been running since {date_and_time(since)} and does not end; end it or roll it back "
        "(aws ecs stop-service-deployment, or in CodeDeploy), or continue it if it is paused (aws ecs "
        "continue-service-deployment)"
    )
