"""Sleep now: the request to put services to sleep, and the tick that begins at once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from scale_to_zero.actions.act import log_decision
from scale_to_zero.actions.deciding import write_decided
from scale_to_zero.actions.reading import read_named
from scale_to_zero.model.configured import Service
from scale_to_zero.model.decided import Action
from scale_to_zero.model.observed import Snapshot
from scale_to_zero.model.service_state import Phase
from scale_to_zero.model.stored import Stored
from scale_to_zero.ports import Ports
from scale_to_zero.rules.decide_sleep import decide_sleep
from scale_to_zero.rules.payload import named_services, read_sleep_request
from scale_to_zero.tick.run import run_once
from scale_to_zero.tick.snapshots import described, observed_again, snapshots_of
from scale_to_zero.tick.tick_report import TickReport

from .wake import ServiceProgress, answer, not_done

logger = logging.getLogger(__name__)


def run_sleep(ports: Ports, payload: object, *, ends_at: datetime) -> dict[str, object]:
    """Put the services in the payload to sleep, as soon as that cuts off no client. Return JSON per service.

    A service that must not be put to sleep now is marked as refused, and its message says why. This is not an error.
    ``ends_at``: as for ``run_tick``. Raises ``PayloadRefused``, ``WakeFailed`` if nothing could be done,
    or ``CallFailed``.
    """
    stored = read_named(ports, named_services(payload))
    request = read_sleep_request(payload, stored.services, stored.unreadable)
    steps = _request_all(ports, request.services, stored, force=request.force)
    requested = [step for step in steps if not step.refused and not step.fault]
    if not requested:
        return answer(steps, ports.clock(), stored)
    # Failures are logged, and the next tick continues.
    report = run_once(ports, ends_at=ends_at, only=[step.service for step in requested])
    for fault in report.faults.values():
        logger.error(fault)
    answered = [_after(ports, step, report) if step in requested else step for step in steps]
    explained = {name: one for name, one in {**stored.explanations, **report.explained}.items() if one is not None}
    return answer(answered, ports.clock(), replace(stored, explanations=explained))


def _request_all(ports: Ports, services: Sequence[Service], stored: Stored, *, force: bool) -> list[ServiceProgress]:
    snapshots = snapshots_of(ports, services, stored, with_scalable_targets=True)
    return list(ports.executor.map(lambda snapshot: _request_one(ports, snapshot, force=force), snapshots))


def _request_one(ports: Ports, snapshot: Snapshot, *, force: bool) -> ServiceProgress:
    """Record the request for one service, unless it is refused."""
    try:
        seen, decision, written = write_decided(
            ports,
            snapshot,
            lambda seen: decide_sleep(seen, ports.clock(), force=force),
            lambda: observed_again(ports, snapshot),
        )
    except Exception as error:
        logger.exception(f"{snapshot.service.key} could not be put to sleep", extra={"service": snapshot.service.key})
        return not_done(snapshot, error)
    if written is not None:
        log_decision(seen.service, decision)
    refused, denied = decision.action is Action.SKIP and not decision.forbidden, decision.forbidden
    state = written or seen.state
    return ServiceProgress(
        seen.service, seen.facts, state, decision.sentence, refused=refused, fault=denied, forbidden=denied
    )


def _after(ports: Ports, step: ServiceProgress, report: TickReport) -> ServiceProgress:
    """Add the result of the tick. If something failed, the message reports the failure and not the plan."""
    message, service = step.message, step.service
    decision, fault = report.decisions.get(service.name), report.faults.get(service.key)
    if fault is not None:
        message = f"{message}; {fault}"
    elif decision is not None:
        begun = decision.action in (Action.DRAIN, Action.SLEEP)
        message = decision.sentence if begun else f"{message}; {decision.sentence}"
    state = ports.table.read(step.service.name)
    forbidden = service.key in report.forbidden and not (state and state.phase is Phase.ASLEEP)
    facts = described(ports, service)
    return replace(step, facts=facts, state=state, message=message, fault=forbidden, forbidden=forbidden)
