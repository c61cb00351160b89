"""Long work reports its progress at intervals, on a terminal and in a log."""

from __future__ import annotations

import io
import re
import time

import pytest
from rich.console import Console

from scripts.progress import Steps, minutes, under_way


def test_long_work_repeats_what_is_under_way() -> None:
    log = io.StringIO()
    with under_way(Console(file=log), "a crowd", every=0.01):
        ends = time.monotonic() + 30
        while log.getvalue().count("\n") < 2 and time.monotonic() < ends:
            time.sleep(0.01)
    assert log.getvalue().startswith("a crowd: under way for 0:0")


def test_work_that_failed_prints_nothing_more() -> None:
    log = io.StringIO()
    with pytest.raises(ValueError, match="wrong"), under_way(Console(file=log), "a crowd", every=0.01):
        raise ValueError("wrong")
    printed = log.getvalue()
    time.sleep(0.05)
    assert log.getvalue() == printed


def test_each_step_begins_with_its_number_and_the_time_since_the_start() -> None:
    log = io.StringIO()
    steps = Steps(Console(file=log), 2)
    for what in ("one", "other"):
        with steps.step(what):
            pass
    assert re.fullmatch(r"1 of 2, after 0:0\d: one\n2 of 2, after 0:0\d: other\n", log.getvalue())


def test_durations_are_minutes_and_seconds() -> None:
    assert [minutes(seconds) for seconds in (9.9, 60, 3_725)] == ["0:09", "1:00", "62:05"]
