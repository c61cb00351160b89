from __future__ import annotations

import pytest

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallRefused
from scale_to_zero.model.observed import TARGET_GROUP, Missing, ServiceFacts, TrafficSource, Unknown
from tests.contract.stage import API, WEB, Stage


def facts(stage: Stage, name: ServiceName) -> ServiceFacts:
    described = stage.ports.services.describe([name])[name]
    assert isinstance(described, ServiceFacts)
    return described


class TestServices:
    def test_a_service_is_described_with_its_counts_and_kind(self, stage: Stage) -> None:
        stage.create_service(WEB, desired=2)
        described = facts(stage, WEB)
        assert described.desired == 2
        assert described.status == "ACTIVE"
        assert described.scheduling_strategy == "REPLICA"

    def test_target_groups_are_traffic_sources_and_live(self, stage: Stage) -> None:
        arns = [stage.create_target_group("web"), stage.create_target_group("web-internal")]
        stage.create_service(WEB, target_groups=arns)
        described = facts(stage, WEB)
        assert described.traffic_sources == {TrafficSource(TARGET_GROUP, arn) for arn in arns}
        assert described.live_target_groups == {frozenset({arn}) for arn in arns}

    def test_a_service_without_target_groups_has_no_traffic_source(self, stage: Stage) -> None:
        stage.create_service(WEB)
        described = facts(stage, WEB)
        assert described.traffic_sources == frozenset()
        assert described.live_target_groups == frozenset()

    def test_a_service_just_created_is_being_deployed(self, stage: Stage) -> None:
        stage.create_service(WEB, desired=1)
        assert facts(stage, WEB).deployment_running

    def test_a_service_that_does_not_exist_is_missing_and_hides_no_other(self, stage: Stage) -> None:
        stage.create_service(WEB)
        described = stage.ports.services.describe([WEB, API])
        assert isinstance(described[WEB], ServiceFacts)
        assert isinstance(described[API], Missing)

    def test_a_service_in_a_cluster_that_does_not_exist_is_missing_and_hides_no_other(self, stage: Stage) -> None:
        elsewhere = ServiceName("another-cluster", "city-guided-service")
        stage.create_service(WEB)
        described = stage.ports.services.describe([elsewhere, WEB])
        assert isinstance(described[WEB], ServiceFacts)
        assert isinstance(described[elsewhere], Missing)

    def test_services_of_the_same_name_in_two_clusters_are_distinguished(self, stage: Stage) -> None:
        elsewhere = ServiceName("another-cluster", WEB.service_name)
        stage.create_service(WEB, desired=1)
        stage.create_service(elsewhere, desired=2)
        described = stage.ports.services.describe([elsewhere, WEB])
        assert {name: found.desired for name, found in described.items() if isinstance(found, ServiceFacts)} == {
            WEB: 1,
            elsewhere: 2,
        }

    @pytest.mark.parametrize("how_many", [0, 1, 10, 11, 25])
    def test_every_name_is_in_the_answer(self, stage: Stage, how_many: int) -> None:
        names = [ServiceName("cluster", f"service-{number}") for number in range(how_many)]
        for name in names:
            stage.create_service(name)
        described = stage.ports.services.describe(names)
        assert set(described) == set(names)
        assert all(isinstance(found, ServiceFacts) for found in described.values())

    def test_the_desired_count_is_set(self, stage: Stage) -> None:
        stage.create_service(WEB, desired=1)
        stage.ports.services.set_desired_count(WEB, 3)
        assert facts(stage, WEB).desired == 3
        stage.ports.services.set_desired_count(WEB, 0)
        assert facts(stage, WEB).desired == 0

    def test_setting_the_desired_count_of_a_missing_service_fails(self, stage: Stage) -> None:
        with pytest.raises(CallRefused):
            stage.ports.services.set_desired_count(WEB, 1)

    def test_refused_calls_do_not_change_the_count_and_say_why(self, stage: Stage) -> None:
        stage.create_service(WEB, desired=1)
        stage.refuse("set_desired_count")
        with pytest.raises(CallRefused, match="city-guided-cluster/city-guided-service"):
            stage.ports.services.set_desired_count(WEB, 0)
        assert facts(stage, WEB).desired == 1

    def test_services_that_cannot_be_described_are_unknown_and_a_fault(self, stage: Stage) -> None:
        stage.create_service(WEB)
        stage.refuse("describe")
        described = stage.ports.services.describe([WEB, API])
        assert set(described) == {WEB, API}
        assert all(isinstance(found, Unknown) and found.call_failed and found.why for found in described.values())

    def test_every_name_is_in_the_answer_even_if_many_are_missing(self, stage: Stage) -> None:
        stage.create_service(WEB)
        names = [ServiceName(WEB.cluster_name, f"service-{number}") for number in range(11)]
        assert set(stage.ports.services.describe([*names, WEB, WEB])) == {*names, WEB}

    def test_the_targets_of_wanted_tasks_are_the_targets_that_ecs_registers(self, stage: Stage) -> None:
        arn = stage.create_target_group("web")
        stage.create_service(WEB, target_groups=[arn])
        targets = stage.run_tasks(WEB, 2)
        assert len(targets) == 2
        assert stage.ports.services.wanted_targets(WEB) == targets
        assert stage.ports.target_groups.healthy_targets(arn) == targets

    def test_a_stopping_task_is_not_wanted_although_its_target_is_still_healthy(self, stage: Stage) -> None:
        arn = stage.create_target_group("web")
        stage.create_service(WEB, target_groups=[arn])
        targets = stage.run_tasks(WEB, 2)
        stopped = stage.stop_one_task(WEB)
        healthy = stage.ports.target_groups.healthy_targets(arn)
        assert not isinstance(healthy, Unknown)
        assert stopped in healthy
        assert stage.ports.services.wanted_targets(WEB) == targets - {stopped}

    def test_a_service_without_tasks_wants_no_targets(self, stage: Stage) -> None:
        stage.create_service(WEB, target_groups=[stage.create_target_group("web")])
        assert stage.ports.services.wanted_targets(WEB) == frozenset()

    def test_the_targets_of_a_missing_service_are_unknown(self, stage: Stage) -> None:
        assert isinstance(stage.ports.services.wanted_targets(WEB), Unknown)

    def test_wanted_targets_that_cannot_be_observed_are_unknown(self, stage: Stage) -> None:
        stage.create_service(WEB, target_groups=[stage.create_target_group("web")])
        stage.refuse("wanted_targets")
        unseen = stage.ports.services.wanted_targets(WEB)
        assert isinstance(unseen, Unknown)
        assert unseen.call_failed
