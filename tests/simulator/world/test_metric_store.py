from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.world.metrics import MINUTE, RETENTION, Metric, MetricStore, periods_between
from simulator.world.statistics import Statistic

EIGHT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
LATER = EIGHT + timedelta(days=1)
REQUESTS = ("AWS/ApplicationELB", "RequestCount", {"LoadBalancer": "app/web/1", "TargetGroup": "targetgroup/web/2"})
STATUS = ("CityGuided/ECS", "ServiceStatus", {"Service": "web", "Cluster": "main"})


def minutes(number: float) -> datetime:
    return EIGHT + timedelta(minutes=number)


def read(
    store: MetricStore,
    metric: tuple[str, str, dict[str, str]] = REQUESTS,
    now: datetime = LATER,
    statistic: str = "Sum",
    period: timedelta = MINUTE,
    start: datetime = EIGHT,
    end: datetime = LATER,
) -> dict[datetime, float]:
    return store.datapoints(*metric, start, end, period, statistic, now)


def test_values_of_one_minute_become_one_datapoint_at_its_start() -> None:
    store = MetricStore()
    store.put(*REQUESTS, minutes(3.2), 1)
    store.put(*REQUESTS, minutes(3.9), 1)
    assert read(store) == {minutes(3): 2}


@pytest.mark.parametrize(
    ("statistic", "value"), [("Sum", 16), ("SampleCount", 4), ("Average", 4), ("Minimum", 2), ("Maximum", 10)]
)
def test_each_statistic_counts_every_value_as_often_as_it_was_measured(statistic: str, value: float) -> None:
    store = MetricStore()
    store.put(*REQUESTS, minutes(0), 2, count=3)
    store.put(*REQUESTS, minutes(0.5), 10)
    assert read(store, statistic=statistic) == {EIGHT: value}


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("p0", 1), ("p10", 1), ("p11", 2), ("p50", 5), ("p90", 9), ("p90.5", 10), ("p95", 10), ("p100", 10)],
)
def test_a_percentile_is_the_smallest_value_that_this_percentage_of_values_does_not_exceed(
    statistic: str, value: float
) -> None:
    store = MetricStore()
    for number in (7, 3, 10, 1, 9, 2, 8, 5, 6, 4):
        store.put(*STATUS, minutes(0), number)
    assert read(store, STATUS, statistic=statistic) == {EIGHT: value}


def test_a_percentile_counts_a_value_as_often_as_it_was_measured_in_the_period() -> None:
    store = MetricStore()
    store.put(*STATUS, minutes(0), 100, count=9)
    store.put(*STATUS, minutes(3), 7, count=10)
    store.put(*STATUS, minutes(4), 100)
    hour = timedelta(hours=1)
    assert read(store, STATUS, statistic="p50", period=hour) == {EIGHT: 7}
    assert read(store, STATUS, statistic="p51", period=hour) == {EIGHT: 100}


@pytest.mark.parametrize("name", ["p101", "p", "p-1", "p50.", "P50", "p50.12345678901", "Median"])
def test_a_percentile_in_another_form_than_cloudwatchs_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape(name)):
        read(MetricStore(), statistic=name)


def test_a_minute_of_an_aws_metric_is_seen_two_minutes_after_its_start_and_not_before() -> None:
    store = MetricStore()
    store.put(*REQUESTS, minutes(0.9), 1)
    assert read(store, now=minutes(2) - timedelta(seconds=1)) == {}
    assert read(store, now=minutes(2)) == {EIGHT: 1}


def test_a_custom_value_is_seen_one_minute_after_it_was_published() -> None:
    store = MetricStore()
    store.put(*STATUS, minutes(0.5), 1)
    assert read(store, STATUS, now=minutes(1.5) - timedelta(seconds=1)) == {}
    assert read(store, STATUS, now=minutes(1.5)) == {EIGHT: 1}


def test_a_value_published_late_for_an_earlier_minute_is_not_seen_before_it_was_published() -> None:
    store = MetricStore()
    store.put(*STATUS, EIGHT, 1, published=minutes(10))
    assert read(store, STATUS, now=minutes(10)) == {}
    assert read(store, STATUS, now=minutes(11)) == {EIGHT: 1}


def test_a_namespace_can_have_its_own_delay() -> None:
    store = MetricStore(delays={"AWS/ApplicationELB": timedelta(minutes=7)})
    store.put(*REQUESTS, EIGHT, 1)
    store.put("AWS/ECS", "CPUUtilization", {}, EIGHT, 1)
    assert read(store, now=minutes(6)) == {}
    assert read(store, ("AWS/ECS", "CPUUtilization", {}), now=minutes(6)) == {EIGHT: 1}
    assert read(store, now=minutes(7)) == {EIGHT: 1}


def test_a_changed_delay_applies_to_later_values_and_hides_no_visible_value() -> None:
    store = MetricStore()
    store.put(*REQUESTS, EIGHT, 1)
    store.aws_delay = timedelta(minutes=30)
    store.put(*REQUESTS, minutes(1), 1)
    assert read(store, now=minutes(3)) == {EIGHT: 1}


def test_a_metric_is_read_by_its_exact_set_of_dimensions_only() -> None:
    store = MetricStore()
    store.put(*REQUESTS, EIGHT, 1)
    namespace, name, dimensions = REQUESTS
    assert read(store, (namespace, name, {"TargetGroup": dimensions["TargetGroup"]})) == {}
    assert read(store, (namespace, name, {})) == {}
    assert read(store, (namespace, name, {**dimensions, "AvailabilityZone": "eu-west-3a"})) == {}
    assert read(store, (namespace, name, dict(reversed(dimensions.items())))) == {EIGHT: 1}


def test_start_is_included_and_rounded_down_to_a_period_and_end_is_not_included() -> None:
    store = MetricStore()
    for number in range(10):
        store.put(*REQUESTS, minutes(number), 1)
    assert read(store, start=minutes(2.5), end=minutes(4)) == {minutes(2): 1, minutes(3): 1}
    assert read(store, start=minutes(7), end=minutes(9), period=5 * MINUTE) == {minutes(5): 4}


def test_instants_of_any_time_zone_mean_the_same_minute() -> None:
    store = MetricStore()
    store.put(*REQUESTS, EIGHT.astimezone(timezone(timedelta(hours=5, minutes=30))), 1)
    assert read(store) == {EIGHT: 1}


def test_a_refused_value_changes_nothing() -> None:
    store = MetricStore()
    with pytest.raises(ValueError, match="time zone"):
        store.put("Shop", "Orders", {}, EIGHT, 1, published=EIGHT.replace(tzinfo=None))
    assert store.datapoints("Shop", "Orders", {}, EIGHT, EIGHT + MINUTE, MINUTE, "Sum", EIGHT + 10 * MINUTE) == {}


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        MetricStore().put(*REQUESTS, EIGHT.replace(tzinfo=None), 1)


@pytest.mark.parametrize("period", [timedelta(seconds=30), timedelta(seconds=90), timedelta(0)])
def test_a_period_that_is_not_whole_minutes_is_refused(period: timedelta) -> None:
    with pytest.raises(ValueError, match="multiple of one minute"):
        read(MetricStore(), period=period)


def test_a_statistic_that_is_not_modelled_is_refused() -> None:
    with pytest.raises(ValueError, match="tm90"):
        read(MetricStore(), statistic="tm90")


def test_a_count_that_is_not_above_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="above zero"):
        MetricStore().put(*REQUESTS, EIGHT, 1, count=0)


def test_values_are_deleted_after_fifteen_days() -> None:
    store = MetricStore()
    store.put(*REQUESTS, EIGHT, 1)
    store.put(*REQUESTS, EIGHT + RETENTION, 1)
    both = read(store, end=EIGHT + 2 * RETENTION, now=EIGHT + 2 * RETENTION)
    store.put(*REQUESTS, EIGHT + RETENTION + MINUTE, 1)
    rest = read(store, end=EIGHT + 2 * RETENTION, now=EIGHT + 2 * RETENTION)
    assert list(both) == [EIGHT, EIGHT + RETENTION]
    assert list(rest) == [EIGHT + RETENTION, EIGHT + RETENTION + MINUTE]


def test_a_metric_is_listed_when_one_of_its_values_is_visible() -> None:
    store = MetricStore()
    store.put(*STATUS, EIGHT, 1)
    assert store.metrics(now=EIGHT) == []
    assert store.metrics(now=minutes(1)) == [Metric.of(*STATUS)]


values = st.lists(
    st.tuples(st.integers(0, 59 * 60), st.integers(-100, 100), st.integers(1, 5)),
    min_size=1,
    max_size=40,
)


@given(values, st.sampled_from([1, 2, 5, 15, 60]))
def test_a_longer_period_adds_the_values_of_its_minutes(put: list[tuple[int, int, int]], length: int) -> None:
    store = MetricStore()
    for second, value, count in put:
        store.put(*REQUESTS, EIGHT + timedelta(seconds=second), value, count)
    whole = read(store, period=length * MINUTE)
    by_minute = read(store)
    assert sum(whole.values()) == sum(by_minute.values()) == sum(value * count for _, value, count in put)
    assert all(begin.minute % length == 0 for begin in whole)
    assert list(whole) == sorted(whole)


@given(values, st.integers(0, 70), st.integers(0, 70))
def test_a_visible_value_stays_visible(put: list[tuple[int, int, int]], first: int, second: int) -> None:
    store = MetricStore()
    for at, value, count in put:
        store.put(*REQUESTS, EIGHT + timedelta(seconds=at), value, count)
    earlier, later = sorted((minutes(first), minutes(second)))
    assert read(store, now=earlier, statistic=Statistic.SAMPLE_COUNT).items() <= (
        read(store, now=later, statistic=Statistic.SAMPLE_COUNT).items()
    )


def test_the_periods_of_a_range_are_the_possible_starts_of_datapoints() -> None:
    assert periods_between(minutes(2.5), minutes(4.5), MINUTE) == [minutes(2), minutes(3), minutes(4)]
    assert periods_between(minutes(7), minutes(10), 5 * MINUTE) == [minutes(5)]
    assert periods_between(EIGHT, EIGHT, MINUTE) == []
