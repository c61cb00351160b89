"""The arming of rules that an apply created or replaced, in the same apply: Terraform creates every rule disarmed.

If the next tick armed them, visitors of a sleeping service would reach its own rule, which has no target, for up to a
minute.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Snapshot, Unknown
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.tick.keep_rules import RuleKeeper
from scale_to_zero.tick.observe import observe_rules
from scale_to_zero.tick.tick_report import TickReport

logger = logging.getLogger(__name__)


def arm_after_apply(ports: Ports, name: ServiceName, *, ends_at: datetime) -> None:
    """Arm the rules of a service that must be armed, as the next tick would.

    Never raises: a failure here does not fail the apply, and the next tick retries.
    ``ends_at``: when this run is cut off.
    """
    try:
        faults = _arm(ports, name, ends_at)
    except CallFailed as failure:
        faults = {str(name): str(failure)}
    except Exception:
        logger.exception(f"{name}: the rules were not armed after an apply; the next tick retries")
        return
    for key, why in faults.items():
        logger.warning(f"{key}: the rules were not armed after an apply: {why}; the next tick retries")


def _arm(ports: Ports, name: ServiceName, ends_at: datetime) -> Mapping[str, str]:
    """Arm them, and return the failures by the service's key. A service that no tick has seen needs no arming."""
    if ports.table.read(name) is None:
        return {}
    stored = ports.table.read_all()
    service = next((one for one in stored.services if one.name == name), None)
    state = stored.states.get(name)
    if service is None or service.wake_on_request is None or not isinstance(state, ServiceState):
        return {}
    (snapshot,) = observe_rules(ports, [Snapshot(service, Unknown("ECS was not read", call_failed=False), state)])
    if isinstance(snapshot.rules, Unknown):
        return {service.key: snapshot.rules.why}
    report = TickReport(snapshots={name: snapshot}, states={name: state})
    RuleKeeper(ports, report, ends_at).arm()
    return report.faults
