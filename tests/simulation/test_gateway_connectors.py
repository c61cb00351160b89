"""A service that also gets traffic through an ECS Gateway. Its target groups do not count this traffic."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import pytest

from scale_to_zero.model.configured import Service
from scale_to_zero.model.quantities import MINUTE
from scale_to_zero.model.service_state import Phase
from scale_to_zero.tick.run import TickFailed
from simulator.account import a_service

from .module_instance import ModuleInstance
from .scenes import SHOP, draining, must_be_disarmed, phase_of, stops
from .simulation import Simulation

WEB = a_service("web")
LONG_ENOUGH_TO_SLEEP = 20


def deployed(sim: Simulation, service: Service, gateway_connectors: Sequence[str]) -> None:
    """Deploy the service with these gateway connectors, and wait until the deployment has ended."""
    sim.deploy(service.name, gateway_connectors)
    sim.minutes(4)


@pytest.mark.parametrize("service", [WEB, SHOP], ids=["without wake rules", "with wake rules"])
def test_a_service_with_a_gateway_connector_never_sleeps(service: Service) -> None:
    with Simulation() as sim:
        sim.add_service(service)
        deployed(sim, service, ["http"])
        sim.minutes(3 * LONG_ENOUGH_TO_SLEEP)
        assert stops(sim, service) == 0
        assert phase_of(sim, service) is Phase.AWAKE


@pytest.mark.parametrize("service", [WEB, SHOP], ids=["without wake rules", "with wake rules"])
def test_it_sleeps_after_a_deployment_without_the_gateway_connector(service: Service) -> None:
    with Simulation() as sim:
        sim.add_service(service)
        deployed(sim, service, ["http"])
        sim.minutes(LONG_ENOUGH_TO_SLEEP)
        assert stops(sim, service) == 0
        deployed(sim, service, [])
        sim.minutes(LONG_ENOUGH_TO_SLEEP)
        assert phase_of(sim, service) is Phase.ASLEEP


def test_a_gateway_connector_that_is_added_while_it_drains_makes_it_awake_again() -> None:
    with Simulation() as sim:
        draining(sim)
        deployed(sim, SHOP, ["http"])
        sim.minutes(LONG_ENOUGH_TO_SLEEP)
        must_be_disarmed(sim)
        assert stops(sim) == 0


def test_if_other_traffic_is_ignored_gateway_connectors_are_not_read() -> None:
    service = replace(WEB, ignore_other_traffic=True)
    with Simulation() as sim:
        sim.add_service(service)
        deployed(sim, service, ["http"])
        sim.minutes(LONG_ENOUGH_TO_SLEEP)
        assert phase_of(sim, service) is Phase.ASLEEP
        assert "gateways" not in {call.name for call in sim.ports.faults.calls}


def test_a_request_to_sleep_stops_a_service_with_a_gateway_connector() -> None:
    with Simulation() as sim:
        sim.add_service(WEB)
        deployed(sim, WEB, ["http"])
        sim.minutes(LONG_ENOUGH_TO_SLEEP)
        sim.now_or_fail(lambda: sim.sleep({"service": WEB.key, "action": "sleep"}))
        sim.minutes(1)
        assert phase_of(sim, WEB) is Phase.ASLEEP


def test_a_gateway_connector_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    instance = ModuleInstance(WEB)
    instance.world.start_deployment(*WEB.name, gateway_connectors=["http"])
    instance.ticks(LONG_ENOUGH_TO_SLEEP)
    assert caplog.records[-1].__dict__["attention"] == {"web": "unwatched_traffic_source"}
    assert instance.ports.measured[-1].measure.further == (("Reason", "unwatched_traffic_source"),)


def test_service_revisions_that_cannot_be_read_keep_it_awake_and_are_a_fault() -> None:
    instance = ModuleInstance(WEB)
    instance.ports.faults.fail("gateways")
    instance.ticks(5)
    for _ in range(LONG_ENOUGH_TO_SLEEP):
        instance.world.advance(MINUTE)
        with pytest.raises(TickFailed, match="web: gateways of city-guided-cluster/web was not answered"):
            instance.tick()
    assert instance.desired(WEB) == 1
    instance.ports.faults.fix()
    instance.ticks(2)
    assert instance.desired(WEB) == 0
