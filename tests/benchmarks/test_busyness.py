"""How busy others keep the processors is measured: the benchmark itself raises the load average."""

from __future__ import annotations

import pytest

from benchmarks import busyness


def test_computing_takes_at_least_its_processor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(busyness, "processors", lambda: 1)
    assert busyness.slowdown() > 0.99


def test_more_computing_than_there_are_processors_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    there_are = busyness.processors()
    monkeypatch.setattr(busyness, "processors", lambda: 2 * there_are)
    assert busyness.slowdown() > busyness.BUSY
