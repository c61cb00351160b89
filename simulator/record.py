"""What really happened, whatever the functions observed: the record for the checkers, and a readable trace."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from scale_to_zero.model.configured import ServiceName

from .hooks import Hooks
from .runs import Run

BY_HAND: Final = "by hand"
LINES_KEPT: Final = 4000
LINES_SHOWN: Final = 250


@dataclass(frozen=True)
class CountChange:
    """A change of a desired count: when, from what, to what, and what made it."""

    at: datetime
    before: int
    after: int
    by: str

    @property
    def is_stop(self) -> bool:
        """Whether the service was running before and is not meant to any more."""
        return self.before > 0 and self.after == 0

    @property
    def is_start(self) -> bool:
        """Whether the service was not meant to run before and is now."""
        return self.before == 0 and self.after > 0

    @property
    def by_hand(self) -> bool:
        """Whether an operator did it, not a function."""
        return self.by == BY_HAND


@dataclass
class Record:
    """Changes of desired counts, requests that met a target, and, where it is ``traced``, a line for each happening."""

    now: Callable[[], datetime]
    traced: bool = True
    changes: dict[ServiceName, list[CountChange]] = field(default_factory=dict)
    requests: dict[str, deque[datetime]] = field(default_factory=dict)
    _lines: deque[tuple[datetime, str, tuple[object, ...]]] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))

    def note(self, line: str, *arguments: object) -> None:
        """Keep a line for the trace; it is put together only if it is shown."""
        if self.traced:
            self._lines.append((self.now(), line, arguments))

    def count_changes(self, name: ServiceName, before: int, after: int, by: str) -> None:
        """Record that a desired count is about to change."""
        if before == after:
            return
        self.changes.setdefault(name, []).append(CountChange(self.now(), before, after, by))
        self.note("    %s: desired count %s -> %s, by %s", name, before, after, by)

    def request(self, target_group_arn: str) -> None:
        """Record a request that a target was chosen for."""
        self.requests.setdefault(target_group_arn, deque(maxlen=2000)).append(self.now())

    def desired_at(self, name: ServiceName, instant: datetime, now: int) -> int:
        """The desired count of an earlier instant, given the present one."""
        desired = now
        for change in reversed(self.changes.get(name, [])):
            if change.at <= instant:
                break
            desired = change.before
        return desired

    def last(self, name: ServiceName, *, stop: bool) -> CountChange | None:
        """The newest stop, or the newest start, of a service."""
        changes = reversed(self.changes.get(name, []))
        return next((change for change in changes if (change.is_stop if stop else change.is_start)), None)

    def trace(self) -> str:
        """The newest lines, as readable text."""
        lines = list(self._lines)[-LINES_SHOWN:]
        return "\n".join(f"{at:%d %H:%M:%S.%f}"[:-3] + f"  {line % arguments}" for at, line, arguments in lines)


class LogLines(logging.Handler):
    """Writes the functions' log lines into the trace, and passes them to the hooks."""

    def __init__(self, record: Record, hooks: Hooks, current_run: Callable[[], Run | None]) -> None:
        super().__init__(logging.INFO)
        self._record = record
        self._hooks = hooks
        self._current_run = current_run
        self._logger = logging.getLogger("scale_to_zero")

    def begin(self) -> None:
        """Listen. Raises ``RuntimeError`` where another simulation does."""
        if any(isinstance(handler, LogLines) for handler in self._logger.handlers):
            raise RuntimeError("Another simulation is open in this process; leave it first.")
        self._before = (self._logger.level, self._logger.propagate)
        self._logger.addHandler(self)
        self._logger.setLevel(logging.INFO if self._record.traced else logging.WARNING)
        self._logger.propagate = False

    def end(self) -> None:
        """Listen no more."""
        self._logger.removeHandler(self)
        self._logger.level, self._logger.propagate = self._before

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is said of one service, and the reasons of a whole tick."""
        self._hooks.logged(self._current_run(), record)
        if hasattr(record, "service"):
            self._record.note("    log: %s", record.getMessage())
        elif hasattr(record, "reasons"):
            self._record.note("    log: %s", record.reasons)
