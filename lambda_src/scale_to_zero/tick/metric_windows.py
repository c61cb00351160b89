"""Which metric series are read with one call; all series of a call share one window. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from scale_to_zero.model.metrics import SeriesKey, series_per_call
from scale_to_zero.model.observed import Pair


class Window(NamedTuple):
    """Series that are read together, beginning at ``start``."""

    start: datetime
    keys: list[SeriesKey]


def read_together(starts: Mapping[Pair, datetime], metric_names: Sequence[str], end: datetime) -> list[Window]:
    """Group the series into as few calls as possible; every pair is read from its start, or from an earlier instant.

    The longest windows come first: a long window has room for few series, and shorter ones fit into it.
    """
    windows: list[Window] = []
    for pair, start in sorted(starts.items(), key=lambda one: one[1]):
        if not windows or len(windows[-1].keys) + len(metric_names) > series_per_call(windows[-1].start, end):
            windows.append(Window(start, []))
        windows[-1].keys.extend(SeriesKey(name, pair) for name in metric_names)
    return windows
