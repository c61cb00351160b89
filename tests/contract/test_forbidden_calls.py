"""Every port reports that AWS forbids a call, so that no caller repeats it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from scale_to_zero.model.errors import CallForbidden
from scale_to_zero.model.metrics import SeriesKey, StateMetric
from scale_to_zero.model.observed import Pair, Unknown
from scale_to_zero.model.scaling import ALL_SUSPENDED
from scale_to_zero.model.service_state import HoldAll, Lease, Phase, ServiceState
from scale_to_zero.ports import Ports

from .stage import MINUTE, NOW, WEB, Stage

TARGET_GROUP: Final = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/web/73e2d6bc24d8a067"
LOAD_BALANCER: Final = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
LISTENER: Final = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:listener/app/web/50dc6c495c0c9188/1"
REVISION: Final = "arn:aws:ecs:eu-west-3:123456789012:service-revision/c/web/1"
SERIES: Final = SeriesKey("RequestCount", Pair(LOAD_BALANCER, TARGET_GROUP))
METRIC: Final = StateMetric("ServiceStatus", (("ServiceName", "web"),), 1.0)

READS: Final[dict[str, Callable[[Ports], object]]] = {
    "describe": lambda ports: ports.services.describe([WEB])[WEB],
    "gateways": lambda ports: ports.services.gateways({WEB: frozenset({REVISION})})[WEB],
    "wanted_targets": lambda ports: ports.services.wanted_targets(WEB),
    "protected": lambda ports: ports.services.protected(WEB),
    "task_times": lambda ports: ports.services.task_times(WEB),
    "stop_reasons": lambda ports: ports.services.stop_reasons(WEB),
    "load_balancers": lambda ports: ports.target_groups.load_balancers([TARGET_GROUP])[TARGET_GROUP],
    "has_targets": lambda ports: ports.target_groups.has_targets(TARGET_GROUP),
    "healthy_targets": lambda ports: ports.target_groups.healthy_targets(TARGET_GROUP),
    "read_rules": lambda ports: ports.listener_rules.read([LISTENER])[LISTENER],
    "read_metrics": lambda ports: ports.metrics.read([SERIES], NOW - MINUTE, NOW)[SERIES],
    "read_scalable_targets": lambda ports: ports.scalable_targets.read([WEB])[WEB],
    "scales_by_forecast": lambda ports: ports.scalable_targets.scales_by_forecast(WEB),
}
CALLS: Final[dict[str, Callable[[Ports], object]]] = {
    "set_desired_count": lambda ports: ports.services.set_desired_count(WEB, 0),
    "suspend_scaling": lambda ports: ports.scalable_targets.suspend(WEB, ALL_SUSPENDED),
    "set_conditions": lambda ports: ports.listener_rules.set_conditions(LISTENER, frozenset()),
    "publish": lambda ports: ports.metrics.publish([METRIC], NOW),
    "read_all": lambda ports: ports.table.read_all(),
    "read_services": lambda ports: ports.table.read_services(["web"], [WEB]),
    "read": lambda ports: ports.table.read(WEB),
    "write": lambda ports: ports.table.write(ServiceState(WEB, Phase.AWAKE, NOW)),
    "hold_all": lambda ports: ports.table.write_hold_all(HoldAll(NOW, NOW + MINUTE)),
    "release_all": lambda ports: ports.table.write_hold_all(None),
    "read_hold_all": lambda ports: ports.table.read_hold_all(),
    "record_activity": lambda ports: ports.table.record_activity({WEB: NOW}),
    "record_notified": lambda ports: ports.table.record_notified(WEB, 5),
    "explain": lambda ports: ports.table.explain(WEB, None, known=False),
    "take_lease": lambda ports: ports.table.take_lease(WEB, Lease.WATCHER, NOW),
    "add_waiting_request": lambda ports: ports.table.add_waiting_request(WEB, NOW, 1),
    "remove_waiting_request": lambda ports: ports.table.remove_waiting_request(WEB, NOW),
    "service_of": lambda ports: ports.configuration.service_of(TARGET_GROUP),
    "waiting_page": lambda ports: ports.configuration.waiting_page(),
    "start_watcher": lambda ports: ports.watchers.start(["web"]),
    "invoke_scale_up": lambda ports: ports.functions.scale_up({}),
    "invoke_scale_to_zero": lambda ports: ports.functions.scale_to_zero({}),
}


@pytest.mark.parametrize("call", READS)
def test_a_forbidden_read_is_unknown_and_marked_as_forbidden(stage: Stage, call: str) -> None:
    stage.create_service(WEB, desired=1)
    stage.refuse(call)
    seen = READS[call](stage.ports)
    assert isinstance(seen, Unknown)
    assert seen.call_failed
    assert seen.forbidden


@pytest.mark.parametrize("call", CALLS)
def test_a_forbidden_call_raises_that_it_is_forbidden(stage: Stage, call: str) -> None:
    stage.create_service(WEB, desired=1)
    stage.refuse(call)
    with pytest.raises(CallForbidden, match=r"; allow \S+ in the function's role"):
        CALLS[call](stage.ports)
