"""Which tests are under way: if you end a run that takes too long, it prints the tests that were still running."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

import pytest

_BEGUN: dict[str, float] = {}


def end_with_a_list_of_what_is_under_way(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the first of several processes knows all tests
        signal.signal(signal.SIGTERM, _print_and_end)


def pytest_runtest_logstart(nodeid: str) -> None:
    _BEGUN[nodeid] = time.monotonic()


def pytest_runtest_logfinish(nodeid: str) -> None:
    _BEGUN.pop(nodeid, None)


def _print_and_end(number: int, _: FrameType | None) -> None:
    for nodeid, begun in _BEGUN.items():
        sys.stderr.write(f"\nunder way for {time.monotonic() - begun:.0f} s: {nodeid}\n")
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
