from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.metrics import Series, SeriesKey, StateMetric
from scale_to_zero.model.observed import Pair, Unknown
from tests.contract.answers import ELB, LOAD_BALANCER
from tests.contract.moto_stage import MotoStage
from tests.contract.scripted_aws import AwsError, Parameters, aws_error
from tests.contract.stage import MINUTE, NOW

READ = "cloudwatch.GetMetricData"
PUBLISH = "cloudwatch.PutMetricData"
START = NOW - 10 * MINUTE


def keys(how_many: int) -> list[SeriesKey]:
    return [SeriesKey("RequestCount", Pair(LOAD_BALANCER, f"{ELB}:targetgroup/t/{n}")) for n in range(how_many)]


def results(parameters: Parameters, **fields: Any) -> list[dict[str, Any]]:
    return [
        {"Id": query["Id"], "StatusCode": "Complete", "Timestamps": [START], "Values": [1.0], **fields}
        for query in parameters["MetricDataQueries"]
    ]


class TestQueries:
    def test_the_metric_is_named_as_elb_publishes_it(self, moto: MotoStage) -> None:
        moto.scripted.answer(READ, lambda parameters: {"MetricDataResults": results(parameters)})
        pair = Pair(LOAD_BALANCER, f"{ELB}:targetgroup/blue/73e2d6bc24d8a067")
        moto.ports.metrics.read([SeriesKey("RequestCount", pair), SeriesKey("HealthyHostCount", pair)], START, NOW)
        (parameters,) = moto.scripted.called(READ)
        stats = [query["MetricStat"] for query in parameters["MetricDataQueries"]]
        assert [(stat["Metric"]["MetricName"], stat["Stat"], stat["Period"]) for stat in stats] == [
            ("RequestCount", "Sum", 60),
            ("HealthyHostCount", "Maximum", 60),
        ]
        assert {stat["Metric"]["Namespace"] for stat in stats} == {"AWS/ApplicationELB"}
        assert stats[0]["Metric"]["Dimensions"] == [
            {"Name": "LoadBalancer", "Value": "app/city-guided/50dc6c495c0c9188"},
            {"Name": "TargetGroup", "Value": "targetgroup/blue/73e2d6bc24d8a067"},
        ]
        assert (parameters["StartTime"], parameters["EndTime"]) == (START, NOW)

    def test_both_metrics_of_a_pair_are_in_the_same_answer(self, moto: MotoStage) -> None:
        moto.scripted.answer(READ, lambda parameters: {"MetricDataResults": results(parameters)})
        both = [SeriesKey(name, key.pair) for key in keys(300) for name in ("RequestCount", "HealthyHostCount")]
        moto.ports.metrics.read(both, NOW - timedelta(minutes=202), NOW)
        for parameters in moto.scripted.called(READ):
            stats = [query["MetricStat"]["Metric"] for query in parameters["MetricDataQueries"]]
            groups = [stat["Dimensions"][1]["Value"] for stat in stats]
            assert groups[::2] == groups[1::2]

    @pytest.mark.parametrize(
        ("window", "how_many", "batches"),
        [
            (timedelta(minutes=20), 501, [1, 500]),
            (timedelta(minutes=201), 500, [500]),
            (timedelta(minutes=202), 500, [2, 498]),
            (timedelta(days=1), 141, [1, 70, 70]),
        ],
        ids=["queries", "as many datapoints as allowed", "one datapoint too many", "a day"],
    )
    def test_a_call_stays_within_its_queries_and_datapoints(
        self, moto: MotoStage, window: timedelta, how_many: int, batches: list[int]
    ) -> None:
        moto.scripted.answer(READ, lambda parameters: {"MetricDataResults": results(parameters)})
        read = moto.ports.metrics.read(keys(how_many), NOW - window, NOW)
        sizes = [len(call["MetricDataQueries"]) for call in moto.scripted.called(READ)]
        assert sorted(sizes) == batches
        assert all(size * (window / MINUTE) <= 100_800 for size in sizes)
        assert set(read) == set(keys(how_many))

    def test_a_pair_that_is_no_target_group_is_unknown_without_a_call(self, moto: MotoStage) -> None:
        key = SeriesKey("RequestCount", Pair(LOAD_BALANCER, "arn:of:nothing"))
        unseen = moto.ports.metrics.read([key], START, NOW)[key]
        assert isinstance(unseen, Unknown)
        assert not moto.scripted.called(READ)


class TestAnswers:
    def test_a_series_that_continues_on_the_next_page_is_joined(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any]:
            if "NextToken" not in parameters:
                return {"MetricDataResults": results(parameters, StatusCode="PartialData"), "NextToken": "2"}
            return {"MetricDataResults": results(parameters, Timestamps=[START + MINUTE], Values=[2.0])}

        moto.scripted.answer(READ, answer)
        (key,) = keys(1)
        assert moto.ports.metrics.read([key], START, NOW) == {key: Series({START: 1.0, START + MINUTE: 2.0})}

    @pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
    def test_a_series_that_is_not_complete_is_unknown_and_hides_no_other(self, moto: MotoStage, status: str) -> None:
        def answer(parameters: Parameters) -> dict[str, Any]:
            found = results(parameters)
            found[0]["StatusCode"] = status
            return {"MetricDataResults": found}

        moto.scripted.answer(READ, answer)
        first, second = keys(2)
        read = moto.ports.metrics.read([first, second], START, NOW)
        unseen = read[first]
        assert isinstance(unseen, Unknown)
        assert status in unseen.why
        assert read[second] == Series({START: 1.0})

    def test_a_series_that_is_partial_on_the_last_page_is_unknown(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any]:
            token = {} if "NextToken" in parameters else {"NextToken": "2"}
            return {"MetricDataResults": results(parameters, StatusCode="PartialData"), **token}

        moto.scripted.answer(READ, answer)
        (key,) = keys(1)
        assert isinstance(moto.ports.metrics.read([key], START, NOW)[key], Unknown)

    def test_a_series_with_a_message_is_unknown(self, moto: MotoStage) -> None:
        message = {"Code": "ArithmeticError", "Value": "One or more data points have been dropped"}
        moto.scripted.answer(READ, lambda parameters: {"MetricDataResults": results(parameters, Messages=[message])})
        (key,) = keys(1)
        unseen = moto.ports.metrics.read([key], START, NOW)[key]
        assert isinstance(unseen, Unknown)
        assert "have been dropped" in unseen.why

    def test_a_message_to_the_whole_call_makes_every_series_unknown(self, moto: MotoStage) -> None:
        message = {"Code": "MaxMetricsExceeded", "Value": "Maximum number of allowed metrics exceeded"}
        moto.scripted.answer(READ, lambda parameters: {"MetricDataResults": results(parameters), "Messages": [message]})
        read = moto.ports.metrics.read(keys(2), START, NOW)
        assert all(isinstance(unseen, Unknown) for unseen in read.values())

    def test_a_series_that_is_not_answered_is_unknown(self, moto: MotoStage) -> None:
        moto.scripted.answer(READ, lambda parameters: {"MetricDataResults": results(parameters)[:1]})
        first, second = keys(2)
        read = moto.ports.metrics.read([first, second], START, NOW)
        assert isinstance(read[first], Series)
        assert isinstance(read[second], Unknown)

    def test_more_instants_than_values_are_unknown(self, moto: MotoStage) -> None:
        moto.scripted.answer(READ, lambda parameters: {"MetricDataResults": results(parameters, Values=[])})
        (key,) = keys(1)
        assert isinstance(moto.ports.metrics.read([key], START, NOW)[key], Unknown)

    def test_an_endless_answer_ends_as_unknown(self, moto: MotoStage) -> None:
        moto.scripted.answer(READ, lambda parameters: {"MetricDataResults": results(parameters), "NextToken": "same"})
        (key,) = keys(1)
        assert isinstance(moto.ports.metrics.read([key], START, NOW)[key], Unknown)

    def test_a_batch_that_fails_leaves_the_others_observed(self, moto: MotoStage) -> None:
        def answer(parameters: Parameters) -> dict[str, Any] | AwsError:
            return (
                {"MetricDataResults": results(parameters)}
                if len(parameters["MetricDataQueries"]) == 1
                else aws_error("InternalServiceFault")
            )

        moto.scripted.answer(READ, answer)
        read = moto.ports.metrics.read(keys(501), START, NOW)
        assert sum(isinstance(series, Series) for series in read.values()) == 1


class TestPublishing:
    def test_a_call_publishes_a_thousand_values_and_one_failure_does_not_stop_the_rest(self, moto: MotoStage) -> None:
        sizes: list[int] = []

        def answer(parameters: Parameters) -> dict[str, Any] | AwsError:
            sizes.append(len(parameters["MetricData"]))
            return aws_error("Throttling", "Rate exceeded") if len(sizes) == 1 else {}

        moto.scripted.answer(PUBLISH, answer)
        metrics = [StateMetric("ServiceStatus", (("Service", f"s{n}"),), 1) for n in range(2_001)]
        with pytest.raises(CallFailed, match="1000 values in namespace CityGuided/ECS failed: Throttling"):
            moto.ports.metrics.publish(metrics, NOW)
        assert sizes == [1_000, 1_000, 1]

    def test_equal_values_are_not_lost(self, moto: MotoStage) -> None:
        metric = StateMetric("ServiceStatus", (("Service", "web"),), 1)
        moto.scripted.answer(PUBLISH, {})
        moto.ports.metrics.publish([metric, metric], NOW)
        (parameters,) = moto.scripted.called(PUBLISH)
        assert len(parameters["MetricData"]) == 2
        assert {datum["Timestamp"] for datum in parameters["MetricData"]} == {NOW}

    def test_without_metrics_there_is_no_call(self, moto: MotoStage) -> None:
        moto.ports.metrics.publish([], NOW)
        assert not moto.scripted.called(PUBLISH)
