from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from scale_to_zero.aws.clients import Clients
from scale_to_zero.aws.elb.target_groups import AwsTargetGroups
from scale_to_zero.model.observed import Target, Unknown
from tests.contract.answers import BLUE, ELB, GREEN, LOAD_BALANCER
from tests.contract.moto_stage import Moto, MotoStage
from tests.contract.scripted_aws import AwsError, Parameters, aws_error
from tests.contract.stage import NOW

DESCRIBE = "elasticloadbalancing.DescribeTargetGroups"


def groups(parameters: Parameters) -> dict[str, Any]:
    found = [{"TargetGroupArn": arn, "LoadBalancerArns": [LOAD_BALANCER]} for arn in parameters["TargetGroupArns"]]
    return {"TargetGroups": found}


class TestLoadBalancers:
    def test_a_call_describes_twenty_target_groups(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, groups)
        moto.ports.target_groups.load_balancers([f"{ELB}:targetgroup/web/{number}" for number in range(45)])
        assert sorted(len(call["TargetGroupArns"]) for call in moto.scripted.called(DESCRIBE)) == [5, 20, 20]

    @pytest.mark.parametrize("code", ["TargetGroupNotFound", "ValidationError"])
    def test_if_one_target_group_of_a_batch_is_refused_each_is_requested_alone(
        self, moto: MotoStage, code: str
    ) -> None:
        def answer(parameters: Parameters) -> dict[str, Any] | AwsError:
            return aws_error(code) if GREEN in parameters["TargetGroupArns"] else groups(parameters)

        moto.scripted.answer(DESCRIBE, answer)
        found = moto.ports.target_groups.load_balancers([BLUE, GREEN])
        assert found[BLUE] == LOAD_BALANCER
        assert isinstance(found[GREEN], Unknown)

    def test_throttling_does_not_multiply_the_calls(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, aws_error("Throttling", "Rate exceeded"))
        found = moto.ports.target_groups.load_balancers([BLUE, GREEN])
        assert all(isinstance(answer, Unknown) for answer in found.values())
        assert len(moto.scripted.called(DESCRIBE)) == 1

    def test_a_target_group_of_several_load_balancers_is_unknown_and_no_fault(self, moto: MotoStage) -> None:
        several = {"TargetGroupArn": BLUE, "LoadBalancerArns": [LOAD_BALANCER, LOAD_BALANCER + "2"]}
        moto.scripted.answer(DESCRIBE, {"TargetGroups": [several]})
        found = moto.ports.target_groups.load_balancers([BLUE])[BLUE]
        assert isinstance(found, Unknown)
        assert not found.call_failed

    def test_a_target_group_that_is_not_mentioned_is_unknown(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, {"TargetGroups": []})
        assert isinstance(moto.ports.target_groups.load_balancers([BLUE])[BLUE], Unknown)


class TestCache:
    """Only load balancers are cached, for 15 minutes of the injected clock."""

    @pytest.fixture
    def now(self) -> list[datetime]:
        return [NOW]

    @pytest.fixture
    def target_groups(self, moto: MotoStage, _running_moto: Moto, now: list[datetime]) -> AwsTargetGroups:
        clients: Clients = _running_moto.clients
        moto.scripted.answer(DESCRIBE, groups)
        return AwsTargetGroups(clients, lambda: now[0])

    def test_a_load_balancer_that_was_found_is_not_requested_again_for_15_minutes(
        self, moto: MotoStage, target_groups: AwsTargetGroups, now: list[datetime]
    ) -> None:
        for minutes in (0, 1, 14):
            now[0] = NOW + timedelta(minutes=minutes)
            assert target_groups.load_balancers([BLUE]) == {BLUE: LOAD_BALANCER}
        assert len(moto.scripted.called(DESCRIBE)) == 1
        now[0] = NOW + timedelta(minutes=15)
        target_groups.load_balancers([BLUE])
        assert len(moto.scripted.called(DESCRIBE)) == 2

    def test_only_unknown_target_groups_are_requested(self, moto: MotoStage, target_groups: AwsTargetGroups) -> None:
        target_groups.load_balancers([BLUE])
        target_groups.load_balancers([BLUE, GREEN])
        assert [call["TargetGroupArns"] for call in moto.scripted.called(DESCRIBE)] == [[BLUE], [GREEN]]

    @pytest.mark.parametrize(
        "first_answer",
        [{"TargetGroups": [{"TargetGroupArn": BLUE, "LoadBalancerArns": []}]}, aws_error("Throttling")],
        ids=["belongs to none", "unknown"],
    )
    def test_a_target_group_without_a_load_balancer_is_requested_again(
        self, moto: MotoStage, target_groups: AwsTargetGroups, first_answer: dict[str, Any] | AwsError
    ) -> None:
        moto.scripted.answer(DESCRIBE, first_answer)
        assert target_groups.load_balancers([BLUE]) != {BLUE: LOAD_BALANCER}
        moto.scripted.answer(DESCRIBE, groups)
        assert target_groups.load_balancers([BLUE]) == {BLUE: LOAD_BALANCER}


class TestHealth:
    def test_only_the_state_healthy_is_healthy(self, moto: MotoStage) -> None:
        states = ["initial", "healthy", "unhealthy", "unused", "draining", "unavailable", "unhealthy.draining"]
        moto.scripted.answer(
            "elasticloadbalancing.DescribeTargetHealth",
            {
                "TargetHealthDescriptions": [
                    {"Target": {"Id": f"10.0.0.{number}", "Port": 8080}, "TargetHealth": {"State": state}}
                    for number, state in enumerate(states)
                ]
            },
        )
        assert moto.ports.target_groups.healthy_targets(BLUE) == frozenset({Target("10.0.0.1", 8080)})

    @pytest.mark.parametrize(
        ("state", "counted"),
        [("healthy", True), ("unhealthy", True), ("initial", True), ("unused", True), ("draining", False)],
    )
    def test_a_target_is_registered_in_every_state_but_draining(
        self, moto: MotoStage, state: str, counted: bool
    ) -> None:
        target = {"Id": "10.0.0.1", "Port": 8080}
        moto.scripted.answer(
            "elasticloadbalancing.DescribeTargetHealth",
            {"TargetHealthDescriptions": [{"Target": target, "TargetHealth": {"State": state}}]},
        )
        assert moto.ports.target_groups.has_targets(BLUE) is counted

    def test_a_lambda_function_as_a_target_is_named_by_its_arn(self, moto: MotoStage) -> None:
        arn = "arn:aws:lambda:eu-west-3:123456789012:function:wake"
        moto.scripted.answer(
            "elasticloadbalancing.DescribeTargetHealth",
            {"TargetHealthDescriptions": [{"Target": {"Id": arn}, "TargetHealth": {"State": "healthy"}}]},
        )
        assert moto.ports.target_groups.healthy_targets(BLUE) == frozenset({Target(arn, 0)})

    def test_ipv6_addresses_are_written_as_for_tasks(self, moto: MotoStage) -> None:
        target = {"Id": "2001:0DB8:0:0:0:0:0:1", "Port": 8080}
        moto.scripted.answer(
            "elasticloadbalancing.DescribeTargetHealth",
            {"TargetHealthDescriptions": [{"Target": target, "TargetHealth": {"State": "healthy"}}]},
        )
        assert moto.ports.target_groups.healthy_targets(BLUE) == frozenset({Target("2001:db8::1", 8080)})

    def test_an_answer_without_a_state_is_unknown(self, moto: MotoStage) -> None:
        moto.scripted.answer(
            "elasticloadbalancing.DescribeTargetHealth",
            {"TargetHealthDescriptions": [{"Target": {"Id": "10.0.0.1", "Port": 8080}}]},
        )
        assert isinstance(moto.ports.target_groups.healthy_targets(BLUE), Unknown)
