from __future__ import annotations

from typing import Any

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.observed import Unknown

from .moto_stage import MotoStage
from .scripted_aws import AwsError, Parameters, aws_error
from .stage import API, WEB

DESCRIBE = "application-autoscaling.DescribeScalableTargets"


def a_target(resource_id: str) -> dict[str, Any]:
    return {
        "ServiceNamespace": "ecs",
        "ResourceId": resource_id,
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1,
        "MaxCapacity": 2,
        "RoleARN": "arn:aws:iam::123456789012:role/scaling",
        "CreationTime": 0,
    }


class TestScalableTargetAnswers:
    def test_a_call_describes_fifty_services(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, {"ScalableTargets": []})
        moto.ports.scalable_targets.registered([ServiceName("c", f"s{number}") for number in range(101)])
        calls = moto.scripted.called(DESCRIBE)
        assert sorted(len(call["ResourceIds"]) for call in calls) == [1, 50, 50]
        assert {call["ScalableDimension"] for call in calls} == {"ecs:service:DesiredCount"}

    def test_a_target_on_the_second_page_is_found(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any]:
            if "NextToken" not in parameters:
                return {"ScalableTargets": [], "NextToken": "2"}
            return {"ScalableTargets": [a_target(f"service/{WEB}")]}

        moto.scripted.answer(DESCRIBE, answer)
        assert moto.ports.scalable_targets.registered([WEB, API]) == {WEB: True, API: False}

    def test_an_answer_without_a_list_of_targets_is_unknown(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, {})
        assert isinstance(moto.ports.scalable_targets.registered([WEB])[WEB], Unknown)

    def test_a_batch_that_fails_leaves_the_others_observed(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any] | AwsError:
            fails = len(parameters["ResourceIds"]) == 50
            return aws_error("FailedResourceAccessException") if fails else {"ScalableTargets": []}

        moto.scripted.answer(DESCRIBE, answer)
        names = [ServiceName("c", f"s{number}") for number in range(51)]
        found = moto.ports.scalable_targets.registered(names)
        assert [found[name] for name in names[50:]] == [False]
        assert all(isinstance(found[name], Unknown) for name in names[:50])
