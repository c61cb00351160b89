from __future__ import annotations

from scale_to_zero.model.observed import Unknown
from tests.contract.stage import WEB, Stage

MISSING = "arn:aws:elasticloadbalancing:eu-west-3:123456789012:targetgroup/gone/0000000000000000"


class TestTargetGroups:
    def test_a_target_group_belongs_to_the_load_balancer_that_forwards_to_it(self, stage: Stage) -> None:
        arn = stage.create_target_group("web")
        assert stage.ports.target_groups.load_balancers([arn]) == {arn: stage.pair(arn).load_balancer_arn}

    def test_a_target_group_that_no_load_balancer_forwards_to_belongs_to_none(self, stage: Stage) -> None:
        arn = stage.create_target_group("spare", load_balanced=False)
        assert stage.ports.target_groups.load_balancers([arn]) == {arn: None}

    def test_a_target_group_that_does_not_exist_is_unknown_and_hides_no_other(self, stage: Stage) -> None:
        arns = [stage.create_target_group(f"web-{number}") for number in range(3)]
        found = stage.ports.target_groups.load_balancers([*arns, MISSING])
        assert isinstance(found[MISSING], Unknown)
        assert {found[arn] for arn in arns} == {stage.pair(arns[0]).load_balancer_arn}

    def test_every_one_of_many_target_groups_is_in_the_answer(self, stage: Stage) -> None:
        arns = [stage.create_target_group(f"web-{number}") for number in range(45)]
        found = stage.ports.target_groups.load_balancers(arns)
        assert set(found) == set(arns)
        assert not any(isinstance(answer, Unknown) for answer in found.values())

    def test_an_empty_request_has_an_empty_answer(self, stage: Stage) -> None:
        assert stage.ports.target_groups.load_balancers([]) == {}

    def test_load_balancers_that_cannot_be_observed_are_unknown_and_a_fault(self, stage: Stage) -> None:
        arn = stage.create_target_group("web")
        stage.refuse("load_balancers")
        unseen = stage.ports.target_groups.load_balancers([arn])[arn]
        assert isinstance(unseen, Unknown)
        assert unseen.call_failed

    def test_a_target_group_without_targets_has_no_healthy_targets(self, stage: Stage) -> None:
        assert stage.ports.target_groups.healthy_targets(stage.create_target_group("web")) == frozenset()

    def test_healthy_targets_are_named_by_address_and_port(self, stage: Stage) -> None:
        arn = stage.create_target_group("web")
        stage.create_service(WEB, target_groups=[arn])
        targets = stage.run_tasks(WEB, 1)
        assert stage.ports.target_groups.healthy_targets(arn) == targets

    def test_a_target_group_without_tasks_has_no_targets(self, stage: Stage) -> None:
        assert stage.ports.target_groups.has_targets(stage.create_target_group("web")) is False

    def test_a_target_group_with_a_running_task_has_targets(self, stage: Stage) -> None:
        arn = stage.create_target_group("web")
        stage.create_service(WEB, target_groups=[arn])
        stage.run_tasks(WEB, 1)
        assert stage.ports.target_groups.has_targets(arn) is True

    def test_targets_that_cannot_be_observed_are_unknown(self, stage: Stage) -> None:
        arn = stage.create_target_group("web")
        stage.refuse("has_targets")
        assert isinstance(stage.ports.target_groups.has_targets(arn), Unknown)
        assert isinstance(stage.ports.target_groups.has_targets(MISSING), Unknown)

    def test_the_health_of_a_target_group_that_does_not_exist_is_unknown(self, stage: Stage) -> None:
        assert isinstance(stage.ports.target_groups.healthy_targets(MISSING), Unknown)

    def test_health_that_cannot_be_observed_is_unknown(self, stage: Stage) -> None:
        arn = stage.create_target_group("web")
        stage.refuse("healthy_targets")
        assert isinstance(stage.ports.target_groups.healthy_targets(arn), Unknown)
