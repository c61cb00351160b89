"""Rules that an apply created or replaced, armed by that apply: Terraform creates each of them disarmed.

Were they left to the next tick, the visitors of a sleeping service would meet its own rule, and no target, for as long
as a minute.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.observed import Snapshot, Unknown
from scale_to_zero.model.service_state import Memory
from scale_to_zero.ports import Ports
from scale_to_zero.tick.keep_rules import RuleKeeper
from scale_to_zero.tick.observe import look_at_rules
from scale_to_zero.tick.tick_report import Course

logger = logging.getLogger(__name__)


def arm_after_apply(ports: Ports, name: ServiceName, *, ends_at: datetime) -> None:
    """Arm the rules of a service that must be armed, as the next tick would.

    Never raises: an apply does not fail because of it, and the tick does what is not done here.
    ``ends_at``: when this run is cut off.
    """
    try:
        faults = _arm(ports, name, ends_at)
    except CallFailed as failure:
        faults = {str(name): str(failure)}
    except Exception:
        logger.exception(f"the rules of {name} were not armed after an apply; the next tick tries again")
        return
    for key, why in faults.items():
        logger.warning(f"the rules of {key} were not armed after an apply: {why}; the next tick tries again")


def _arm(ports: Ports, name: ServiceName, ends_at: datetime) -> Mapping[str, str]:
    """Answer what failed, by the service's key. A service that no tick has seen yet has nothing to be armed."""
    if ports.memories.read(name) is None:
        return {}
    stored = ports.memories.read_all()
    service = next((one for one in stored.services if one.name == name), None)
    memory = stored.memories.get(name)
    if service is None or service.wake_on_request is None or not isinstance(memory, Memory):
        return {}
    (snapshot,) = look_at_rules(ports, [Snapshot(service, Unknown("ECS was not asked", call_failed=False), memory)])
    if isinstance(snapshot.rules, Unknown):
        return {service.key: snapshot.rules.why}
    course = Course(snapshots={name: snapshot}, memories={name: memory})
    RuleKeeper(ports, course, ends_at).arm()
    return course.faults
