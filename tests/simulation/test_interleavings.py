"""Whatever begins within seconds of each other, and whatever fails of it: every promise holds.

The seeds come from the hash of the commit's tree. ``INTERLEAVINGS=5000`` plays more histories than usual.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

import pytest

from tests.seeds import seed_of_commit

from .interleavings.coverage import Cell, denials, denials_missing_in, missing_in, seen_in, summary
from .interleavings.drawing import history_of
from .interleavings.history import Denial
from .interleavings.playing import play
from .interleavings.reporting import report

HISTORIES: Final = int(os.environ.get("INTERLEAVINGS", "1200"))
ENOUGH_FOR_EVERY_CELL: Final = 1200
MOST_REPORTED: Final = 3


@pytest.mark.timeout(1200)
def test_any_interleaving_keeps_the_promises(record_property: Callable[[str, object], None]) -> None:
    first = seed_of_commit() * 100_000
    seen: list[Cell] = []
    denied: list[Denial] = []
    reports: list[str] = []
    for seed in range(first, first + HISTORIES):
        played = play(history_of(seed))
        seen += seen_in(played)
        denied.append(played.denied)
        if played.broken:
            reports.append(report(seed, played))
            if len(reports) == MOST_REPORTED:
                break
    assert not reports, "\n\n".join(reports)
    record_property("interleavings", f"{summary(first, HISTORIES, seen)}\n{denials(denied)}")
    missing = [*missing_in(seen), *denials_missing_in(denied)]
    assert not missing or HISTORIES < ENOUGH_FOR_EVERY_CELL, f"never met: {missing}"


def test_a_seed_gives_the_same_history_each_time() -> None:
    """Otherwise no failure could be replayed."""
    for seed in range(20):
        assert history_of(seed) == history_of(seed)
        assert play(history_of(seed)) == play(history_of(seed))
