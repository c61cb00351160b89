"""What Terraform requests when a service enters or leaves the module, or the module is destroyed.

``aws_lambda_invocation`` with ``lifecycle_scope = "CRUD"`` adds a ``tf`` object with the action to the payload, and on
``update`` the previous payload.

- ``delete``: a service that this module put to sleep is brought back and marked as leaving.
- ``update``: it is brought back if its mode is no longer ``act``, since nothing would wake it after that.
- ``create`` and ``update``: a mark as leaving is removed. Its rules, which may be new, are armed if they must be.

The payload contains everything that is needed. It is trusted only for a service of which the table has the
configuration or the service state. (Terraform destroys the invocation before the configuration: ``scale_up.tf``.)
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from scale_to_zero.actions.deciding import SECONDS_BETWEEN_ATTEMPTS, write_change, write_decided
from scale_to_zero.actions.disarming import disarm
from scale_to_zero.actions.notifying import SavedState, due, notify
from scale_to_zero.actions.putting_back import put_scaling_back
from scale_to_zero.model.configured import Mode, Service, ServiceName
from scale_to_zero.model.errors import CallFailed, CallForbidden, StateChanged, failure
from scale_to_zero.model.observed import Missing, ServiceFacts, Snapshot, Unknown
from scale_to_zero.model.reasons import Reason
from scale_to_zero.model.service_state import Phase, ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules import phases
from scale_to_zero.rules.leaving import marked_as_left
from scale_to_zero.rules.payload import PayloadRefused
from scale_to_zero.rules.phase_changes import with_change
from scale_to_zero.rules.scaling import (
    SeenTarget,
    being_put_back,
    command_to_scale,
    is_all_suspended,
    newly_known,
    suspension_is_known,
)
from scale_to_zero.rules.taking_back import must_be_started
from scale_to_zero.rules.waking import count_to_restore
from scale_to_zero.tick.snapshots import described

from .leaving_payload import Uninstall
from .rules_after_apply import arm_after_apply

logger = logging.getLogger(__name__)

Done = TypeVar("Done")

Transition = Callable[[ServiceState | None], ServiceState | None]
"""Returns the service state to write; ``None`` if there is nothing to write."""

LONGEST_PAUSE: Final = 10.0
TIME_KEPT_FOR_THE_END: Final = timedelta(seconds=8)


class UninstallFailed(Exception):
    """A sleeping service, or its scaling, could not be brought back; Terraform can be run again."""


def uninstall(ports: Ports, request: Uninstall, *, ends_at: datetime) -> dict[str, object]:
    """Bring a service back that leaves or is no longer managed, if this module put it to sleep.

    After that the module never stops it. If the service is created or changed, a mark as leaving is removed.

    ``ends_at``: when AWS Lambda ends this run. Raises ``PayloadRefused`` for a service that the module does not know,
    and ``UninstallFailed`` if it is not certain that the service was brought back. The destroy then stops, and can be
    run again.
    """
    service = request.service
    until = ends_at - TIME_KEPT_FOR_THE_END
    try:
        if not request.leaves:
            _remove_mark(ports, service, until)
        if not request.leaves and not request.leaves_mode_act:
            if request.rule_arns:
                arm_after_apply(ports, service.name, ends_at=ends_at)
            return {"message": f"{service.key} is not changed"}
        _must_be_known(ports, service)
        if request.leaves:
            _mark_as_leaving(ports, service, until)
        _wait_for_a_stop(ports, request, until)
        message, desired = _retried(ports, service, until, lambda: _bring_back(ports, request))
        _restore_routing(ports, request)
        _save_unmanaged(ports, service, until)
        if desired is not None:
            _retried(ports, service, until, lambda: _put_scaling_back(ports, service, desired))
        if request.leaves:
            _notify_last(ports, service)
            _mark_as_left(ports, service, until)
    except (CallFailed, StateChanged) as error:
        if request.leaves:
            _cancel_leaving(ports, service)
        raise UninstallFailed(f"{service.key} was not brought back as it was: {error}; run Terraform again.") from error
    action = "leave" if request.leaves else "stop_managing"
    logger.info(message, extra={"service": service.key, "action": action, "reason": "uninstalled"})
    return {"message": message}


def _cancel_leaving(ports: Ports, service: Service) -> None:
    """Manage a service again that could not leave; if this cannot be recorded, a later tick records it."""
    try:
        state = ports.table.read(service.name)
        if state is not None and state.leaving is not None and not state.leaving.done:
            ports.table.write(phases.cancel_leaving(state, ports.clock()))
    except (CallFailed, StateChanged) as error:
        logger.warning(f"{service.key} is still marked as leaving: {error}", extra={"service": service.key})


def _must_be_known(ports: Ports, service: Service) -> None:
    """Refuse a service that the module does not know, since a caller can name any service.

    An item that cannot be read could belong to this service, so the service is then accepted.
    """
    if ports.table.read(service.name) is not None:
        return
    stored = ports.table.read_all()
    if not stored.unreadable and all(known.name != service.name for known in stored.services):
        raise PayloadRefused(
            f"The module does not know the service {service.key}: its table has neither configuration nor service "
            "state of it. Nothing was changed."
        )


def _change(ports: Ports, name: ServiceName, until: datetime, change: Transition) -> None:
    write_change(ports, name, ports.table.read(name), change, until=until)


def _remove_mark(ports: Ports, service: Service, until: datetime) -> None:
    """Remove the mark of a service that was added again, or that stays because its destroy was cancelled."""

    def without_mark(state: ServiceState | None) -> ServiceState | None:
        return None if state is None or state.leaving is None else phases.cancel_leaving(state, ports.clock())

    _change(ports, service.name, until, without_mark)


def _mark_as_leaving(ports: Ports, service: Service, until: datetime) -> None:
    """Mark the service as leaving. After that no run begins a stop: before a stop it must write the state."""

    def marked(state: ServiceState | None) -> ServiceState | None:
        known = state or _seen_first(ports, service)
        return known and phases.leave(known, ports.clock())

    _change(ports, service.name, until, marked)


def _wait_for_a_stop(ports: Ports, request: Uninstall, until: datetime) -> None:
    """Wait until no stop is in progress.

    Then write the state of a service that is no longer managed, so that a run that read an older version cannot stop
    it.
    """

    def read() -> ServiceState | None:
        while _is_being_stopped(state := ports.table.read(request.service.name), ports.clock()):
            if ports.clock() >= until:
                raise CallFailed("it is still being stopped")
            ports.sleep(SECONDS_BETWEEN_ATTEMPTS)
        return state

    def written_anew(state: ServiceState | None) -> ServiceState | None:
        return None if state is None or request.leaves else replace(state, sleep_requested=None)

    write_decided(ports, read(), written_anew, read, until=until)


def _is_being_stopped(state: ServiceState | None, now: datetime) -> bool:
    return state is not None and state.stop_under_way(now) is not None


def _seen_first(ports: Ports, service: Service) -> ServiceState | None:
    """Build the first state of a service; ``None`` if ECS has no such active service."""
    facts = _seen(ports, service)
    if isinstance(facts, Missing) or facts.status != "ACTIVE":
        return None
    now, target = ports.clock(), ports.scalable_targets.read([service.name])[service.name]
    state = phases.first_seen(service.name, facts, now)
    return newly_known(Snapshot(service, facts, state, scalable_target=target), state, now) or state


def _seen(ports: Ports, service: Service) -> ServiceFacts | Missing:
    facts = described(ports, service)
    if isinstance(facts, Unknown):
        raise failure(facts.why, forbidden=facts.forbidden)
    return facts


def _retried(ports: Ports, service: Service, until: datetime, act: Callable[[], Done]) -> Done:
    """Retry until it succeeds or the time is over: many services that leave at once can exceed AWS's rates."""
    pause = SECONDS_BETWEEN_ATTEMPTS
    while True:
        try:
            return act()
        except CallForbidden:
            raise
        except (CallFailed, StateChanged) as failure:
            if ports.clock() + timedelta(seconds=pause) > until:
                raise
            logger.info(f"{service.key}: bringing it back failed and is tried again: {failure}")
        ports.sleep(pause)
        pause = min(LONGEST_PAUSE, 2 * pause)


def _bring_back(ports: Ports, request: Uninstall) -> tuple[str, int | None]:
    """Return what was done, and the desired count from now on; ``None`` if there is no such service."""
    service = request.service
    state = ports.table.read(service.name)
    facts = _seen(ports, service)
    if isinstance(facts, Missing) or facts.status != "ACTIVE":
        return f"{service.key} no longer exists in ECS", None
    if not _must_be_started(request, facts, state):
        return f"{service.key} keeps its desired count of {facts.desired}", facts.desired
    desired = facts.desired or count_to_restore(service, state, _scalable_target(ports, service, state))
    ports.services.set_desired_count(service.name, desired)
    return f"{service.key} is started again with a desired count of {desired}", desired


def _put_scaling_back(ports: Ports, service: Service, desired: int) -> None:
    """Put the scaling of a service back that runs again, because no tick does this after the service has left.

    ``desired``: its desired count. ECS may still show an older one.
    """
    state = ports.table.read(service.name)
    if state is None or state.scaling is None:
        return
    target = _scalable_target(ports, service, state)
    if isinstance(target, Unknown):
        raise failure(f"its scaling may still be suspended: {target.why}", forbidden=target.forbidden)
    if not is_all_suspended(target):
        return
    if desired == 0 or not suspension_is_known(state):
        why = "it was set to zero in ECS" if desired == 0 else "nothing shows that the module suspended it"
        logger.warning(
            f"{service.key}: its scaling stays suspended, because {why}; to end this, which starts a service at zero, "
            f"run: {command_to_scale(service.name)}",
            extra={"service": service.key},
        )
        return
    put_scaling_back(ports, service, ports.table.write(being_put_back(state, ports.clock())))


def _scalable_target(ports: Ports, service: Service, state: ServiceState | None) -> SeenTarget:
    """Read the scalable target of a service that is known to have one. A service is started even if this fails."""
    if state is None or state.scaling is None:
        return None
    return ports.scalable_targets.read([service.name])[service.name]


def _restore_routing(ports: Ports, request: Uninstall) -> None:
    """Disarm its rules. A service can leave even if this fails: Terraform destroys its rules, or has done so."""
    try:
        disarm(ports, request.rule_arns)
    except CallFailed as error:
        if not request.leaves:
            raise
        logger.warning(f"{request.service.key}: the wake rules were not disarmed: {error}")


def _save_unmanaged(ports: Ports, service: Service, until: datetime) -> None:
    """Save that the module no longer manages the service, and therefore never stops it."""

    def no_longer_managed(state: ServiceState | None) -> ServiceState | None:
        if state is None or state.phase is Phase.AWAKE:
            return None
        now = ports.clock()
        return with_change(state, phases.stop_managing(state, now), Reason.NO_LONGER_MANAGED, now)

    _change(ports, service.name, until, no_longer_managed)


def _mark_as_left(ports: Ports, service: Service, until: datetime) -> None:
    """Save the final mark. Terraform then removes the invocation, and only a new invocation removes the mark."""

    def marked(state: ServiceState | None) -> ServiceState | None:
        return state and marked_as_left(state, ports.clock())

    _change(ports, service.name, until, marked)


def _notify_last(ports: Ports, service: Service) -> None:
    """Send pending notifications, since no run sends them after the configuration is deleted. Only log a failure."""
    state = ports.table.read(service.name)
    if state is None or not due(SavedState(service, state, read=0), ports.clock(), only_own=True):
        return
    known = {one.name: one for one in ports.table.read_all().services}
    # The wake rules are already disarmed, so the notification of a change to awake must not wait for that.
    without_rules = replace(known.get(service.name, service), wake_on_request=None)
    why = notify(ports, [SavedState(without_rules, state, read=0)])
    if why:
        logger.warning(f"{service.key}: the notifications of its last changes were not sent: {why}")


def _must_be_started(request: Uninstall, facts: ServiceFacts, state: ServiceState | None) -> bool:
    """Return whether to start the service, because this module put it to sleep or, without a state, may have."""
    if state is None:
        return facts.desired == 0 and (request.service.mode is Mode.ACT or request.leaves_mode_act)
    return must_be_started(request.service, facts, state, is_leaving=request.leaves)
