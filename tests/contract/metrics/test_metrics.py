from __future__ import annotations

from datetime import timedelta

import pytest

from scale_to_zero.model.errors import CallFailed
from scale_to_zero.model.metrics import Series, SeriesKey, StateMetric
from scale_to_zero.model.observed import Pair, Unknown
from tests.contract.stage import MINUTE, NOW, Stage

START = NOW - 10 * MINUTE


def requests_of(pair: Pair) -> SeriesKey:
    return SeriesKey("RequestCount", pair)


def hosts_of(pair: Pair) -> SeriesKey:
    return SeriesKey("HealthyHostCount", pair)


class TestMetrics:
    def test_requests_of_a_minute_are_added_up(self, stage: Stage) -> None:
        pair = stage.pair(stage.create_target_group("web"))
        stage.publish_minute("RequestCount", pair, START, 1, 1, 1)
        key = requests_of(pair)
        assert stage.ports.metrics.read([key], START, NOW) == {key: Series({START: 3.0})}

    def test_the_healthy_hosts_of_a_minute_are_the_most_of_its_values(self, stage: Stage) -> None:
        pair = stage.pair(stage.create_target_group("web"))
        stage.publish_minute("HealthyHostCount", pair, START, 0, 2, 1)
        key = hosts_of(pair)
        assert stage.ports.metrics.read([key], START, NOW) == {key: Series({START: 2.0})}

    def test_absent_minutes_are_absent_and_not_zero(self, stage: Stage) -> None:
        pair = stage.pair(stage.create_target_group("web"))
        stage.publish_minute("RequestCount", pair, START, 1)
        stage.publish_minute("RequestCount", pair, START + 3 * MINUTE, 1)
        key = requests_of(pair)
        assert stage.ports.metrics.read([key], START, NOW) == {key: Series({START: 1.0, START + 3 * MINUTE: 1.0})}

    def test_a_series_that_was_never_published_is_empty_and_known(self, stage: Stage) -> None:
        key = hosts_of(stage.pair(stage.create_target_group("web")))
        assert stage.ports.metrics.read([key], START, NOW) == {key: Series({})}

    def test_the_start_is_included_and_the_end_is_not(self, stage: Stage) -> None:
        pair = stage.pair(stage.create_target_group("web"))
        for minute in (START - MINUTE, START, START + MINUTE, START + 2 * MINUTE):
            stage.publish_minute("RequestCount", pair, minute, 1)
        key = requests_of(pair)
        read = stage.ports.metrics.read([key], START, START + 2 * MINUTE)
        assert read == {key: Series({START: 1.0, START + MINUTE: 1.0})}

    def test_a_start_within_a_minute_includes_that_whole_minute(self, stage: Stage) -> None:
        pair = stage.pair(stage.create_target_group("web"))
        stage.publish_minute("RequestCount", pair, START, 1)
        key = requests_of(pair)
        read = stage.ports.metrics.read([key], START + timedelta(seconds=42), NOW)
        assert read == {key: Series({START: 1.0})}

    def test_series_of_several_pairs_are_distinguished(self, stage: Stage) -> None:
        pairs = [stage.pair(stage.create_target_group(f"web-{number}")) for number in range(3)]
        for number, pair in enumerate(pairs, 1):
            stage.publish_minute("RequestCount", pair, START, number)
        keys = [requests_of(pair) for pair in pairs] + [hosts_of(pairs[0])]
        assert stage.ports.metrics.read(keys, START, NOW) == {
            **{key: Series({START: float(number)}) for number, key in enumerate(keys[:3], 1)},
            keys[3]: Series({}),
        }

    def test_every_one_of_many_series_is_in_the_answer(self, stage: Stage) -> None:
        load_balancer, arn = stage.pair(stage.create_target_group("web"))
        pairs = [Pair(load_balancer, f"{arn}{number}") for number in range(251)]
        keys = [key for pair in pairs for key in (requests_of(pair), hosts_of(pair))]
        assert stage.ports.metrics.read(keys, START, NOW) == dict.fromkeys(keys, Series({}))

    def test_an_empty_request_has_an_empty_answer(self, stage: Stage) -> None:
        assert stage.ports.metrics.read([], START, NOW) == {}

    def test_a_load_balancer_that_counts_no_requests_is_unknown_and_no_fault(self, stage: Stage) -> None:
        arn = stage.create_target_group("web")
        network = stage.pair(arn).load_balancer_arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
        key = requests_of(Pair(network, arn))
        unseen = stage.ports.metrics.read([key], START, NOW)[key]
        assert isinstance(unseen, Unknown)
        assert not unseen.call_failed

    def test_metrics_that_cannot_be_read_are_unknown_and_a_fault(self, stage: Stage) -> None:
        pair = stage.pair(stage.create_target_group("web"))
        stage.refuse("read_metrics")
        read = stage.ports.metrics.read([requests_of(pair), hosts_of(pair)], START, NOW)
        assert set(read) == {requests_of(pair), hosts_of(pair)}
        assert all(isinstance(unseen, Unknown) and unseen.call_failed for unseen in read.values())

    def test_state_metrics_are_published_with_their_dimensions_and_minute(self, stage: Stage) -> None:
        dimensions = (("Service", "city-guided-service"), ("Cluster", "city-guided-cluster"))
        with_status = (*dimensions, ("Status", "idle"))
        stage.ports.metrics.publish(
            [StateMetric("ServiceStatus", dimensions, 1), StateMetric("ServiceDesiredCount", with_status, 0)], START
        )
        assert stage.published("ServiceStatus", dict(dimensions), START) == 1
        assert stage.published("ServiceDesiredCount", dict(with_status), START) == 0
        assert stage.published("ServiceDesiredCount", dict(dimensions), START) is None
        assert stage.published("ServiceStatus", dict(dimensions), START + MINUTE) is None

    def test_more_values_than_one_call_accepts_are_all_published(self, stage: Stage) -> None:
        metrics = [StateMetric("ServiceStatus", (("Service", f"s{number}"),), number) for number in range(1_001)]
        stage.ports.metrics.publish(metrics, START)
        assert [stage.published("ServiceStatus", {"Service": f"s{number}"}, START) for number in (0, 999, 1_000)] == [
            0,
            999,
            1_000,
        ]

    def test_metrics_that_are_refused_raise(self, stage: Stage) -> None:
        stage.refuse("publish")
        with pytest.raises(CallFailed):
            stage.ports.metrics.publish([StateMetric("ServiceStatus", (("Service", "web"),), 1)], START)
