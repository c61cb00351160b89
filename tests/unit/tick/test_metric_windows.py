"""Metrics of many services are read with few calls, whatever their idle windows are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from scale_to_zero.model.metrics import MOST_DATAPOINTS, MOST_SERIES, series_per_call
from scale_to_zero.model.observed import Pair
from scale_to_zero.rules.traffic import HEALTHY_HOST_COUNT, REQUEST_COUNT
from scale_to_zero.tick.metric_windows import read_together
from tests.unit.timeline import LOAD_BALANCER, MINUTE, at

NOW = at("10:00:07")
BOTH = (REQUEST_COUNT, HEALTHY_HOST_COUNT)


def starting(*minutes_ago: int) -> dict[Pair, datetime]:
    return {Pair(LOAD_BALANCER, f"targetgroup/{n}"): at("10:00") - ago * MINUTE for n, ago in enumerate(minutes_ago)}


@pytest.mark.parametrize(
    ("minutes_ago", "calls"),
    [
        ([25] * 1000, 4),
        ([25 + n % 100 for n in range(300)], 2),
        ([1465] + [25] * 300, 3),
        ([1465] * 34, 1),
        ([1465] * 35, 2),
        ([1465 - n for n in range(1000)], 20),
        ([50_400], 1),
        ([], 0),
    ],
)
def test_different_windows_share_calls(minutes_ago: list[int], calls: int) -> None:
    assert len(read_together(starting(*minutes_ago), BOTH, NOW)) == calls


@pytest.mark.parametrize("minutes_ago", [[25] * 1000, [25 + n for n in range(1000)], [1465, 25, 700] * 200])
def test_every_pair_is_read_from_its_start_within_the_limits_of_a_call(minutes_ago: list[int]) -> None:
    starts = starting(*minutes_ago)
    windows = read_together(starts, BOTH, NOW)
    for start, keys in windows:
        assert len(keys) <= MOST_SERIES
        assert len(keys) * ((NOW - start) / MINUTE + 1) <= MOST_DATAPOINTS + len(keys)
        assert all(start <= starts[key.pair] for key in keys)
    assert sorted(key for _, keys in windows for key in keys) == sorted((n, pair) for pair in starts for n in BOTH)


def test_a_window_that_begins_now_is_read() -> None:
    (window,) = read_together(starting(*[0] * 250), BOTH, at("10:00"))
    assert len(window.keys) == MOST_SERIES


@pytest.mark.parametrize(("minutes", "series"), [(1500, 66), (1501, 66), (1440, 70), (60_000, 2), (200_000, 2)])
def test_a_call_reads_an_even_number_of_series(minutes: int, series: int) -> None:
    assert series_per_call(at("10:00") - minutes * MINUTE, at("10:00")) == series


def test_both_metrics_of_a_pair_are_in_the_same_answer() -> None:
    for _, keys in read_together(starting(*range(25, 1025)), BOTH, NOW):
        assert len({key.pair for key in keys}) * len(BOTH) == len(keys)


def test_a_window_that_is_longer_by_seconds_counts_as_a_minute_longer() -> None:
    (window,) = read_together(starting(*[MOST_DATAPOINTS // MOST_SERIES - 1] * 250), BOTH, NOW)
    assert len(window.keys) == MOST_SERIES
    assert len(read_together(starting(*[MOST_DATAPOINTS // MOST_SERIES] * 250), BOTH, NOW + timedelta(seconds=1))) == 2
