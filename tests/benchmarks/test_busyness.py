"""The benchmark measures how busy other work keeps the processors, because it raises the load average itself."""

from __future__ import annotations

import pytest

from benchmarks import busyness


def test_computing_takes_at_least_its_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busyness, "processors", lambda: 1)
    assert busyness.slowdown() > 0.99


def test_two_computing_processes_on_each_processor_are_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    present = busyness.processors()
    monkeypatch.setattr(busyness, "processors", lambda: 2 * present)
    assert busyness.slowdown() > busyness.BUSY
