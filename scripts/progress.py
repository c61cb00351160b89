"""Progress of long work, shown on a terminal and in a log."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console

EVERY_SECONDS: Final = 30.0


@contextmanager
def under_way(console: Console, what: str, every: float = EVERY_SECONDS) -> Iterator[None]:
    """Print a line every half minute until the work is done. A terminal shows a spinner too."""
    began, done = time.monotonic(), threading.Event()

    def report() -> None:
        while not done.wait(every):
            console.print(f"{what}: under way for {minutes(time.monotonic() - began)}", soft_wrap=True)

    reporting = threading.Thread(target=report, daemon=True)
    reporting.start()
    try:
        with console.status(what):
            yield
    finally:
        done.set()
        reporting.join()


class Steps:
    """Work of ``total`` steps. Each begins with a line that has its number, the time since the start, and its name."""

    def __init__(self, console: Console, total: int) -> None:
        self.total = total
        self._console = console
        self._begun = 0
        self._began = time.monotonic()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Show one step while it runs."""
        self._begun += 1
        passed = minutes(time.monotonic() - self._began)
        self._console.print(f"{self._begun} of {self.total}, after {passed}: {what}", soft_wrap=True)
        with under_way(self._console, what):
            yield


def minutes(seconds: float) -> str:
    """Return a duration as minutes and seconds, such as ``2:05``."""
    whole, rest = divmod(int(seconds), 60)
    return f"{whole}:{rest:02}"
