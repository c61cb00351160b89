from __future__ import annotations

from typing import Any

import pytest

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.errors import CallFailed, CallForbidden, CallRefused
from scale_to_zero.model.observed import Unknown
from scale_to_zero.model.scaling import ALL_SUSPENDED, ScalableTarget, Suspension

from .answers import a_forecast, a_scalable_target, a_scaling_policy, a_suspended_state
from .moto_stage import MotoStage
from .scripted_aws import AwsError, Parameters, aws_error
from .stage import API, WEB

DESCRIBE = "application-autoscaling.DescribeScalableTargets"
REGISTER = "application-autoscaling.RegisterScalableTarget"
POLICIES = "application-autoscaling.DescribeScalingPolicies"


class TestScalableTargetAnswers:
    def test_a_call_describes_fifty_services(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, {"ScalableTargets": []})
        moto.ports.scalable_targets.read([ServiceName("c", f"s{number}") for number in range(101)])
        calls = moto.scripted.called(DESCRIBE)
        assert sorted(len(call["ResourceIds"]) for call in calls) == [1, 50, 50]
        assert {call["ScalableDimension"] for call in calls} == {"ecs:service:DesiredCount"}

    def test_a_target_on_the_second_page_is_found(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any]:
            if "NextToken" not in parameters:
                return {"ScalableTargets": [], "NextToken": "2"}
            return {"ScalableTargets": [a_scalable_target(WEB, MinCapacity=0, MaxCapacity=9)]}

        moto.scripted.answer(DESCRIBE, answer)
        assert moto.ports.scalable_targets.read([WEB, API]) == {WEB: ScalableTarget(0, 9), API: None}

    @pytest.mark.parametrize(
        ("state", "suspended"),
        [
            ({}, Suspension()),
            ({"SuspendedState": {}}, Suspension()),
            ({"SuspendedState": {"DynamicScalingOutSuspended": True}}, Suspension(scale_out=True)),
            ({"SuspendedState": a_suspended_state(ALL_SUSPENDED)}, ALL_SUSPENDED),
        ],
    )
    def test_what_aws_leaves_out_is_not_suspended(
        self, moto: MotoStage, state: dict[str, Any], suspended: Suspension
    ) -> None:
        moto.scripted.answer(DESCRIBE, {"ScalableTargets": [a_scalable_target(WEB, **state)]})
        assert moto.ports.scalable_targets.read([WEB]) == {WEB: ScalableTarget(1, 2, suspended)}

    def test_an_answer_without_a_list_of_targets_is_unknown(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, {})
        assert isinstance(moto.ports.scalable_targets.read([WEB])[WEB], Unknown)

    def test_a_batch_that_fails_leaves_the_others_observed(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any] | AwsError:
            fails = len(parameters["ResourceIds"]) == 50
            return aws_error("FailedResourceAccessException") if fails else {"ScalableTargets": []}

        moto.scripted.answer(DESCRIBE, answer)
        names = [ServiceName("c", f"s{number}") for number in range(51)]
        found = moto.ports.scalable_targets.read(names)
        assert [found[name] for name in names[50:]] == [None]
        assert all(isinstance(found[name], Unknown) for name in names[:50])


class TestSuspendAnswers:
    def test_the_call_names_the_three_kinds_of_scaling_and_no_bounds(self, moto: MotoStage) -> None:
        moto.scripted.answer(REGISTER, {})
        moto.ports.scalable_targets.suspend(WEB, Suspension(scale_out=True))
        assert moto.scripted.called(REGISTER) == [
            {
                "ServiceNamespace": "ecs",
                "ResourceId": f"service/{WEB}",
                "ScalableDimension": "ecs:service:DesiredCount",
                "SuspendedState": a_suspended_state(Suspension(scale_out=True)),
            }
        ]

    @pytest.mark.parametrize(
        ("code", "failure"),
        [
            ("ValidationException", CallRefused),
            ("LimitExceededException", CallRefused),
            ("ConcurrentUpdateException", CallRefused),
            ("AccessDeniedException", CallForbidden),
        ],
    )
    def test_an_error_of_aws_is_a_refusal_with_its_code(
        self, moto: MotoStage, code: str, failure: type[CallFailed]
    ) -> None:
        moto.scripted.answer(REGISTER, aws_error(code))
        with pytest.raises(failure, match=f"application-autoscaling:RegisterScalableTarget of service {WEB}.*{code}"):
            moto.ports.scalable_targets.suspend(WEB, ALL_SUSPENDED)

    def test_no_answer_is_a_failure_that_may_have_taken_effect(self, moto: MotoStage) -> None:
        moto.scripted.answer(REGISTER, AwsError("InternalServiceException", "try again", status=500))
        with pytest.raises(CallFailed) as failed:
            moto.ports.scalable_targets.suspend(WEB, ALL_SUSPENDED)
        assert not isinstance(failed.value, CallForbidden)


class TestForecastAnswers:
    @pytest.mark.parametrize(
        ("configurations", "scales"),
        [
            ([], False),
            ([{"PredictiveScalingPolicyConfiguration": a_forecast("ForecastAndScale")}], True),
            ([{"PredictiveScalingPolicyConfiguration": a_forecast("ForecastOnly")}], False),
            ([{"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50.0}}], False),
            (
                [
                    {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 50.0}},
                    {"PredictiveScalingPolicyConfiguration": a_forecast("ForecastAndScale")},
                ],
                True,
            ),
        ],
    )
    def test_only_a_forecast_that_scales_counts(
        self, moto: MotoStage, configurations: list[dict[str, Any]], scales: bool
    ) -> None:
        policies = [a_scaling_policy(WEB, **configuration) for configuration in configurations]
        moto.scripted.answer(POLICIES, {"ScalingPolicies": policies})
        assert moto.ports.scalable_targets.scales_by_forecast(WEB) is scales
        [call] = moto.scripted.called(POLICIES)
        assert (call["ServiceNamespace"], call["ResourceId"]) == ("ecs", f"service/{WEB}")

    def test_a_policy_on_the_second_page_is_found(self, moto: MotoStage) -> None:
        policy = a_scaling_policy(WEB, PredictiveScalingPolicyConfiguration=a_forecast("ForecastAndScale"))

        def answer(parameters: Parameters) -> dict[str, Any]:
            return (
                {"ScalingPolicies": [policy]}
                if "NextToken" in parameters
                else {"ScalingPolicies": [], "NextToken": "2"}
            )

        moto.scripted.answer(POLICIES, answer)
        assert moto.ports.scalable_targets.scales_by_forecast(WEB) is True

    def test_an_answer_without_a_list_of_policies_is_unknown(self, moto: MotoStage) -> None:
        moto.scripted.answer(POLICIES, {})
        assert isinstance(moto.ports.scalable_targets.scales_by_forecast(WEB), Unknown)

    def test_a_failure_is_unknown_with_its_code(self, moto: MotoStage) -> None:
        moto.scripted.answer(POLICIES, aws_error("ThrottlingException"))
        unseen = moto.ports.scalable_targets.scales_by_forecast(WEB)
        assert isinstance(unseen, Unknown)
        assert "ThrottlingException" in str(unseen)
