"""Disarming the wake rules of a service, so that requests reach the service's own rule again."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from scale_to_zero.model.configured import Service
from scale_to_zero.model.errors import CallFailed, StateChanged, together
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules import phases
from scale_to_zero.rules.rule_positions import DISARMED

from .deciding import write_change

logger = logging.getLogger(__name__)


def disarm(ports: Ports, rule_arns: Sequence[str]) -> None:
    """Disarm these of our rules, whatever their conditions are now. Raises ``CallFailed`` if any change failed."""

    def disarm_one(arn: str) -> CallFailed | None:
        try:
            ports.listener_rules.set_conditions(arn, DISARMED)
        except CallFailed as failure:
            return failure
        return None

    failures = [failure for failure in ports.executor.map(disarm_one, rule_arns) if failure]
    if failures:
        raise together(failures)


def disarm_wake_rules(ports: Ports, service: Service, state: ServiceState) -> ServiceState:
    """Disarm every wake rule of a service, and record when routing was restored. The next tick retries what fails.

    The phase in its state must already be ``awake``; otherwise a tick would arm the rules again.
    """
    on_request = service.wake_on_request
    if on_request is None:
        return state

    def recorded(seen: ServiceState | None) -> ServiceState | None:
        if seen is None or not (seen is state or seen.phase is Phase.AWAKE):
            return None
        return phases.rules_disarmed(seen, ports.clock())

    try:
        disarm(ports, [rule.arn for rule in on_request.rules])
        return write_change(ports, state.name, state, recorded).written or state
    except (CallFailed, StateChanged) as error:
        logger.warning(
            f"{service.key} is awake; disarming its wake rules failed or was not saved; the next tick retries: {error}",
            extra={"service": service.key},
        )
        return state
