"""A start-up's ratio is taken within each pair, because the machine was equally fast for both runs."""

from __future__ import annotations

import pytest

from benchmarks.start_up import StartUp

# The handler takes 1.2 times as long as the bare client. The machine delayed the handler in the last two pairs.
UNEVEN = StartUp("scale_up", ((0.30, 0.25), (0.60, 0.50), (0.24, 0.20), (0.90, 0.30), (0.70, 0.20)))


def test_the_ratio_is_the_median_of_the_pairs_and_not_the_ratio_of_the_median_times() -> None:
    assert UNEVEN.median_ratio == pytest.approx(1.2)
    assert (UNEVEN.handler_seconds, UNEVEN.bare_seconds) == (0.60, 0.25)


def test_the_ratios_of_the_pairs_are_sorted_smallest_first() -> None:
    assert UNEVEN.ratios == pytest.approx((1.2, 1.2, 1.2, 3.0, 3.5))
