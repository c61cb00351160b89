"""Every promise holds, for any operations that begin within seconds of each other, and with any fault.

The seeds come from the hash of the commit's tree. ``INTERLEAVINGS=5000`` plays more histories than usual.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

import scale_to_zero.commands.wake
from scale_to_zero.actions.rate_limiter import Rate
from tests.seeds import seed_of_commit

from .interleavings.coverage import Cell, denials, denials_missing_in, missing_in, seen_in, summary
from .interleavings.drawing import history_of
from .interleavings.found_in_turn import FOUND_IN_TURN
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
        if played.broken_promise:
            reports.append(report(seed, played))
            if len(reports) == MOST_REPORTED:
                break
    assert not reports, "\n\n".join(reports)
    record_property("interleavings", f"{summary(first, HISTORIES, seen)}\n{denials(denied)}")
    missing = [*missing_in(seen), *denials_missing_in(denied)]
    assert not missing or HISTORIES < ENOUGH_FOR_EVERY_CELL, f"never met: {missing}"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("longest_start", [timedelta(0), timedelta(seconds=40)], ids=["ticks-start-it", "it-waits"])
def test_any_interleaving_keeps_the_promises_when_each_wake_waits_for_its_turn(
    longest_start: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This is the case if hundreds of services are woken at once. To replay it, run this test with the same commit."""
    monkeypatch.setattr(scale_to_zero.commands.wake, "SERVICE_UPDATE_RATE", Rate(at_once=0, a_second=0.2))
    defaults = scale_to_zero.commands.wake.request_wakes.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "longest_start", longest_start)
    for name, history in FOUND_IN_TURN.items():
        assert play(history).broken_promise == "", name
    first = seed_of_commit() * 100_000 + HISTORIES
    seeds = range(first, first + HISTORIES // 10)
    broken_promise = {seed: played for seed in seeds if (played := play(history_of(seed))).broken_promise}
    assert not broken_promise, "\n\n".join(
        report(seed, broken_promise[seed]) for seed in list(broken_promise)[:MOST_REPORTED]
    )


def test_a_seed_gives_the_same_history_each_time() -> None:
    """Otherwise a failure could not be replayed."""
    for seed in range(20):
        assert history_of(seed) == history_of(seed)
        assert play(history_of(seed)) == play(history_of(seed))
