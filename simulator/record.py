"""What really happened, independent of what the functions observed: a record for the checkers, a readable trace."""

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
BY_SCALING: Final = "Application Auto Scaling"
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
        """Whether the change sets a count above zero to zero."""
        return self.before > 0 and self.after == 0

    @property
    def is_start(self) -> bool:
        """Whether the change sets a count of zero to one above zero."""
        return self.before == 0 and self.after > 0

    @property
    def by_scaling(self) -> bool:
        """Whether Application Auto Scaling made the change, be it a policy, a schedule or a call that registers."""
        return self.by.startswith(BY_SCALING)

    @property
    def by_hand(self) -> bool:
        """Whether an operator made the change, not a function."""
        return self.by == BY_HAND


@dataclass
class Record:
    """Changes of desired counts, and requests that reached a target; if ``traced``, also a line for each event."""

    now: Callable[[], datetime]
    traced: bool = True
    changes: dict[ServiceName, list[CountChange]] = field(default_factory=dict)
    requests: dict[str, deque[datetime]] = field(default_factory=dict)
    _lines: deque[tuple[datetime, str, tuple[object, ...]]] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))

    def note(self, line: str, *arguments: object) -> None:
        """Keep a line for the trace; it is formatted only if it is shown."""
        if self.traced:
            self._lines.append((self.now(), line, arguments))

    def count_changes(self, name: ServiceName, before: int, after: int, by: str) -> None:
        """Record that a desired count is about to change."""
        if before == after:
            return
        self.changes.setdefault(name, []).append(CountChange(self.now(), before, after, by))
        self.note("    %s: desired count %s -> %s, by %s", name, before, after, by)

    def request(self, target_group_arn: str) -> None:
        """Record a request for which a target was chosen."""
        self.requests.setdefault(target_group_arn, deque(maxlen=2000)).append(self.now())

    def desired_at(self, name: ServiceName, instant: datetime, now: int) -> int:
        """Return the desired count at an earlier instant. ``now``: the present count."""
        desired = now
        for change in reversed(self.changes.get(name, [])):
            if change.at <= instant:
                break
            desired = change.before
        return desired

    def last(self, name: ServiceName, *, stop: bool) -> CountChange | None:
        """Return the newest stop of a service, or without ``stop`` its newest start; ``None`` if there was none."""
        changes = reversed(self.changes.get(name, []))
        return next((change for change in changes if (change.is_stop if stop else change.is_start)), None)

    def trace(self) -> str:
        """Return the newest lines as text."""
        lines = list(self._lines)[-LINES_SHOWN:]
        return "\n".join(f"{at:%d %H:%M:%S.%f}"[:-3] + f"  {line % arguments}" for at, line, arguments in lines)


class LogLines(logging.Handler):
    """A log handler that writes the functions' log lines into the trace and passes them to the hooks."""

    def __init__(self, record: Record, hooks: Hooks, current_run: Callable[[], Run | None]) -> None:
        super().__init__(logging.INFO)
        self._record = record
        self._hooks = hooks
        self._current_run = current_run
        self._logger = logging.getLogger("scale_to_zero")

    def begin(self) -> None:
        """Start to listen. Raises ``RuntimeError`` if another simulation listens."""
        if any(isinstance(handler, LogLines) for handler in self._logger.handlers):
            raise RuntimeError("Another simulation is open in this process; leave it first.")
        self._before = (self._logger.level, self._logger.propagate)
        self._logger.addHandler(self)
        self._logger.setLevel(logging.INFO if self._record.traced else logging.WARNING)
        self._logger.propagate = False

    def end(self) -> None:
        """Stop listening."""
        self._logger.removeHandler(self)
        self._logger.level, self._logger.propagate = self._before

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the lines about one service, and the reasons of a whole tick."""
        self._hooks.logged(self._current_run(), record)
        if hasattr(record, "service"):
            self._record.note("    log: %s", record.getMessage())
        elif hasattr(record, "reasons"):
            self._record.note("    log: %s", record.reasons)
