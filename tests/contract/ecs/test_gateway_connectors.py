from __future__ import annotations

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.observed import GATEWAY_CONNECTOR, ServiceFacts, TrafficSource, Unknown
from tests.contract.stage import API, MINUTE, WEB, MovingStage

HTTP = frozenset({TrafficSource(GATEWAY_CONNECTOR, "http")})
SETTLED = 5 * MINUTE


def revisions(stage: MovingStage, *names: ServiceName) -> dict[ServiceName, frozenset[str]]:
    """Return the current revisions of services."""
    described = stage.ports.services.describe(names)
    return {name: facts.revisions for name, facts in described.items() if isinstance(facts, ServiceFacts)}


class TestGatewayConnectors:
    def test_a_service_has_one_revision_and_two_while_it_is_deployed(self, moving_stage: MovingStage) -> None:
        moving_stage.create_service(WEB, desired=1)
        moving_stage.pass_time(SETTLED)
        before = revisions(moving_stage, WEB)[WEB]
        assert len(before) == 1
        moving_stage.deploy(WEB, [])
        during = revisions(moving_stage, WEB)[WEB]
        assert len(during) == 2
        moving_stage.pass_time(SETTLED)
        assert revisions(moving_stage, WEB)[WEB] == during - before

    def test_a_new_desired_count_makes_no_revision(self, moving_stage: MovingStage) -> None:
        moving_stage.create_service(WEB, desired=1)
        moving_stage.pass_time(SETTLED)
        before = revisions(moving_stage, WEB)
        moving_stage.ports.services.set_desired_count(WEB, 0)
        moving_stage.pass_time(SETTLED)
        assert revisions(moving_stage, WEB) == before

    def test_a_connector_is_found_as_long_as_one_of_the_revisions_has_it(self, moving_stage: MovingStage) -> None:
        for name in (WEB, API):
            moving_stage.create_service(name, desired=1)
        moving_stage.pass_time(SETTLED)

        def gateways() -> object:
            return moving_stage.ports.services.gateways(revisions(moving_stage, WEB, API))

        assert gateways() == {WEB: frozenset(), API: frozenset()}
        moving_stage.deploy(WEB, ["http"])
        assert gateways() == {WEB: HTTP, API: frozenset()}
        moving_stage.pass_time(SETTLED)
        assert gateways() == {WEB: HTTP, API: frozenset()}
        moving_stage.deploy(WEB, [])
        assert gateways() == {WEB: HTTP, API: frozenset()}
        moving_stage.pass_time(SETTLED)
        assert gateways() == {WEB: frozenset(), API: frozenset()}

    def test_a_revision_that_does_not_exist_is_unknown_and_hides_no_other(self, moving_stage: MovingStage) -> None:
        for name in (WEB, API):
            moving_stage.create_service(name)
        current = revisions(moving_stage, WEB, API)
        gone = frozenset({f"{next(iter(current[WEB]))}0"})
        seen = moving_stage.ports.services.gateways({WEB: current[WEB] | gone, API: current[API]})
        assert seen[API] == frozenset()
        unseen = seen[WEB]
        assert isinstance(unseen, Unknown)
        assert unseen.call_failed

    def test_every_one_of_many_services_is_in_the_answer(self, moving_stage: MovingStage) -> None:
        names = [ServiceName(WEB.cluster_name, f"service-{number}") for number in range(21)]
        for name in names:
            moving_stage.create_service(name)
        assert set(moving_stage.ports.services.gateways(revisions(moving_stage, *names))) == set(names)

    def test_a_service_without_revisions_is_in_the_answer(self, moving_stage: MovingStage) -> None:
        moving_stage.create_service(WEB)
        assert moving_stage.ports.services.gateways({WEB: frozenset()}) == {WEB: frozenset()}

    def test_revisions_that_cannot_be_observed_are_unknown_and_a_fault(self, moving_stage: MovingStage) -> None:
        moving_stage.create_service(WEB)
        current = revisions(moving_stage, WEB)
        moving_stage.refuse("gateways")
        unseen = moving_stage.ports.services.gateways(current)[WEB]
        assert isinstance(unseen, Unknown)
        assert unseen.call_failed

    def test_an_empty_request_has_an_empty_answer(self, moving_stage: MovingStage) -> None:
        assert moving_stage.ports.services.gateways({}) == {}
