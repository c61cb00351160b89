"""Putting the scaling of one service back as it was before this module suspended it: first written, then done."""

from __future__ import annotations

import logging

from scale_to_zero.model.configured import Service
from scale_to_zero.model.observed import ServiceFacts, Snapshot
from scale_to_zero.model.service_state import ServiceState
from scale_to_zero.ports import Ports
from scale_to_zero.rules.scaling import is_all_suspended

logger = logging.getLogger(__name__)


def write_put_back(ports: Ports, snapshot: Snapshot, record: ServiceState) -> ServiceState | None:
    """Write that scaling is put back now; ``None`` if it must not be, because the service is at zero by now.

    The call would start such a service. It is made after the next start. ``record``: the service state to write. Return
    it as it is written. Raises ``StateChanged`` or ``CallFailed``.
    """
    if is_all_suspended(snapshot.scalable_target):
        facts = ports.services.describe([snapshot.service.name])[snapshot.service.name]
        if not isinstance(facts, ServiceFacts) or facts.desired == 0:
            return None
    return ports.table.write(record)


def put_scaling_back(ports: Ports, service: Service, written: ServiceState) -> None:
    """Put scaling back as it was before the sleep. Raises ``CallFailed``.

    ``written``: the service state, which already says so in the table.
    """
    assert written.scaling is not None
    assert written.scaling.before is not None
    ports.scalable_targets.suspend(service.name, written.scaling.before)
    logger.info(
        f"{service.key}: its scaling is as it was before its sleep",
        extra={"service": service.key, "action": "put_scaling_back"},
    )
