from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from scale_to_zero.model.configured import ServiceName
from scale_to_zero.model.observed import GATEWAY_CONNECTOR, ServiceFacts, TrafficSource, Unknown
from tests.contract.answers import ECS, a_deployment, a_revision, a_service
from tests.contract.moto_stage import MotoStage
from tests.contract.scripted_aws import AwsError, Parameters, aws_error
from tests.contract.stage import API, NOW, WEB

DESCRIBE = "ecs.DescribeServiceRevisions"
HTTP = frozenset({TrafficSource(GATEWAY_CONNECTOR, "http")})


def arn_of(name: ServiceName, number: int = 1) -> str:
    return f"{ECS}:service-revision/{name}/{number:019d}"


def answer_all(parameters: Parameters) -> dict[str, Any]:
    """Answer with every revision. Only a service that is called ``connected`` has a gateway connector."""
    arns = parameters["serviceRevisionArns"]
    return {"serviceRevisions": [a_revision(arn, *(["http"] if "/connected/" in arn else [])) for arn in arns]}


def first_revisions(names: list[ServiceName]) -> dict[ServiceName, frozenset[str]]:
    return {name: frozenset({arn_of(name)}) for name in names}


class TestRevisionsOfAService:
    def described(self, moto: MotoStage, **fields: Any) -> object:
        moto.scripted.answer("ecs.DescribeServices", {"services": [a_service(**fields)]})
        return moto.ports.services.describe([WEB])[WEB]

    def test_all_current_revisions_are_kept(self, moto: MotoStage) -> None:
        listed = [{"arn": arn_of(WEB, number), "runningTaskCount": number} for number in range(2)]
        facts = self.described(moto, currentServiceRevisions=listed, deployments=[a_deployment(createdAt=NOW)])
        assert isinstance(facts, ServiceFacts)
        assert facts.revisions == {arn_of(WEB, 0), arn_of(WEB, 1)}

    def test_a_service_with_task_sets_has_no_revisions(self, moto: MotoStage) -> None:
        facts = self.described(moto, taskSets=[{"id": "1", "status": "PRIMARY"}])
        assert isinstance(facts, ServiceFacts)
        assert facts.revisions == frozenset()

    def test_a_revision_without_its_arn_makes_the_service_unknown(self, moto: MotoStage) -> None:
        assert isinstance(self.described(moto, currentServiceRevisions=[{"runningTaskCount": 1}]), Unknown)

    @pytest.mark.parametrize(
        ("deployed", "is_read"),
        [
            ([datetime(2024, 10, 24, tzinfo=UTC)], False),
            ([datetime(2024, 10, 25, tzinfo=UTC)], True),
            ([datetime(2026, 1, 5, tzinfo=UTC), datetime(2024, 10, 24, tzinfo=UTC)], True),
        ],
    )
    def test_revisions_that_ecs_cannot_describe_are_not_requested(
        self, moto: MotoStage, deployed: list[datetime], is_read: bool
    ) -> None:
        facts = self.described(
            moto,
            currentServiceRevisions=[{"arn": arn_of(WEB)}],
            deployments=[a_deployment(createdAt=at) for at in deployed],
        )
        assert isinstance(facts, ServiceFacts)
        assert bool(facts.revisions) is is_read


class TestServiceRevisionAnswers:
    def test_gateway_connectors_of_all_revisions_are_traffic_sources(self, moto: MotoStage) -> None:
        arns = [arn_of(WEB, number) for number in range(3)]
        answered = [a_revision(arns[0]), a_revision(arns[1], "http"), a_revision(arns[2], "grpc")]
        moto.scripted.answer(DESCRIBE, {"serviceRevisions": answered})
        seen = moto.ports.services.gateways({WEB: frozenset(arns)})[WEB]
        assert not isinstance(seen, Unknown)
        assert sorted(map(str, seen)) == ["gateway connector grpc", "gateway connector http"]

    def test_an_answer_without_gateway_connectors_has_none(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, {"serviceRevisions": [{"serviceRevisionArn": arn_of(WEB)}]})
        assert moto.ports.services.gateways(first_revisions([WEB])) == {WEB: frozenset()}

    def test_a_call_describes_twenty_revisions_of_any_cluster(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, answer_all)
        names = [ServiceName(f"c{number % 3}", f"s{number}") for number in range(41)]
        assert set(moto.ports.services.gateways(first_revisions(names))) == set(names)
        assert sorted(len(call["serviceRevisionArns"]) for call in moto.scripted.called(DESCRIBE)) == [1, 20, 20]

    def test_a_revision_is_read_once_and_only_new_ones_are_requested(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, answer_all)
        services = moto.ports.services
        connected = ServiceName("c", "connected")
        for _ in range(3):
            assert services.gateways(first_revisions([WEB, connected])) == {WEB: frozenset(), connected: HTTP}
        assert len(moto.scripted.called(DESCRIBE)) == 1
        deployed = frozenset({arn_of(WEB, 2)})
        services.gateways({WEB: deployed | {arn_of(WEB)}, connected: frozenset({arn_of(connected)})})
        services.gateways({WEB: deployed})
        assert [call["serviceRevisionArns"] for call in moto.scripted.called(DESCRIBE)[1:]] == [[arn_of(WEB, 2)]]

    def test_a_service_that_is_not_requested_for_a_while_stays_cached(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, answer_all)
        for names in ([WEB, API], [API], [WEB]):
            moto.ports.services.gateways(first_revisions(names))
        assert len(moto.scripted.called(DESCRIBE)) == 1

    def test_revisions_that_are_no_longer_current_leave_the_cache(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, answer_all)
        for number in (1, 2, 1):
            moto.ports.services.gateways({WEB: frozenset({arn_of(WEB, number)})})
        assert len(moto.scripted.called(DESCRIBE)) == 3

    def test_a_revision_that_was_not_read_is_requested_again(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, aws_error("ThrottlingException"))
        unseen = moto.ports.services.gateways(first_revisions([WEB]))[WEB]
        assert isinstance(unseen, Unknown)
        assert "AWS limits the rate" in unseen.why
        moto.scripted.answer(DESCRIBE, answer_all)
        assert moto.ports.services.gateways(first_revisions([WEB])) == {WEB: frozenset()}

    def test_failed_and_missing_revisions_are_unknown_although_another_revision_was_read(self, moto: MotoStage) -> None:
        odd, silent = ServiceName("c", "odd"), ServiceName("c", "silent")
        answer = {
            "serviceRevisions": [a_revision(arn_of(WEB)), a_revision(arn_of(API))],
            "failures": [{"arn": arn_of(odd), "reason": "MISSING"}],
        }
        moto.scripted.answer(DESCRIBE, answer)
        seen = moto.ports.services.gateways(
            {
                WEB: frozenset({arn_of(WEB)}),
                odd: frozenset({arn_of(odd), arn_of(API)}),
                silent: frozenset({arn_of(silent)}),
            }
        )
        assert seen[WEB] == frozenset()
        assert seen[odd] == Unknown(f"ecs:DescribeServiceRevisions of {arn_of(odd)} failed: MISSING")
        assert isinstance(seen[silent], Unknown)

    def test_a_batch_that_fails_leaves_the_others_observed(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any]:
            if len(parameters["serviceRevisionArns"]) == 20:
                raise ReadTimeoutError(endpoint_url="https://ecs")
            return answer_all(parameters)

        moto.scripted.answer(DESCRIBE, answer)
        seen = moto.ports.services.gateways(first_revisions([ServiceName("c", f"s{n:02}") for n in range(21)]))
        assert sum(isinstance(one, Unknown) for one in seen.values()) == 20

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("InvalidParameterException", "Cannot call DescribeServiceRevisions for a service that is INACTIVE"),
            ("ServiceNotFoundException", "Service not found"),
            ("ClusterNotFoundException", "Cluster not found"),
            ("AccessDeniedException", "not authorized to perform: ecs:DescribeServiceRevisions"),
        ],
    )
    def test_a_refusal_of_a_batch_because_of_one_revision_hides_no_other(
        self, moto: MotoStage, code: str, message: str
    ) -> None:
        gone = ServiceName("c", "gone")

        def answer(parameters: Parameters) -> dict[str, Any] | AwsError:
            return (
                aws_error(code, message)
                if arn_of(gone) in parameters["serviceRevisionArns"]
                else answer_all(parameters)
            )

        moto.scripted.answer(DESCRIBE, answer)
        seen = moto.ports.services.gateways(first_revisions([WEB, gone]))
        assert seen[WEB] == frozenset()
        unseen = seen[gone]
        assert isinstance(unseen, Unknown)
        assert message in unseen.why

    def test_a_denied_call_says_what_to_allow(self, moto: MotoStage) -> None:
        moto.scripted.answer(DESCRIBE, aws_error("AccessDeniedException", "not authorized"))
        unseen = moto.ports.services.gateways(first_revisions([WEB]))[WEB]
        assert isinstance(unseen, Unknown)
        assert unseen.why.endswith("; allow ecs:DescribeServiceRevisions in the function's role")
