"""The log lines that Lambda itself writes around a function's lines, as JSON or as text, and the stream for all lines.

Forms: AWS Lambda Developer Guide, "Working with Lambda function logs" and "Lambda telemetry API event schema".
``maxMemoryUsedMB`` is left out, because a process's memory here differs from Lambda's.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Final

from moto.logs.models import logs_backends

from .records import FunctionCode, LogLine

TAIL_BYTES: Final = 4096
"""How much of the log ``LogType=Tail`` returns (API reference, Invoke)."""

_HIDDEN_SYSTEM_EVENTS: Final = frozenset({"WARN"})
"""``SystemLogLevel`` WARN hides INFO events; all events of a successful run are INFO."""


class LogStream:
    """One environment's log stream. Lines are kept until ``flush`` puts them into CloudWatch Logs.

    ``on_log_line`` is called with the function's name for each line when it is written, because CloudWatch Logs gets a
    line within seconds, long before a function that runs for minutes ends.
    """

    def __init__(
        self,
        code: FunctionCode,
        name: str,
        now: Callable[[], datetime],
        lock: AbstractContextManager[Any],
        on_log_line: Callable[[str, LogLine], None],
    ) -> None:
        self._code = code
        self._name = name
        self._now = now
        self._api_lock = lock
        self._on_log_line = on_log_line
        self._lines: list[LogLine] = []
        self._lines_lock = threading.Lock()

    def write(self, message: str) -> None:
        """Add a line at the virtual instant."""
        line = LogLine(self._now(), message)
        with self._lines_lock:
            self._lines.append(line)
        self._on_log_line(self._code.name, line)

    def init_start(self) -> None:
        """Log that the environment starts."""
        record = {
            "initializationType": "on-demand",
            "phase": "init",
            "runtimeVersion": self._code.runtime,
            "functionName": self._code.name,
            "functionVersion": self._code.version,
        }
        self._system("platform.initStart", record, f"INIT_START Runtime Version: {self._code.runtime}")

    def start(self, request_id: str) -> None:
        """Log that an invocation starts."""
        record = {"requestId": request_id, "version": self._code.version}
        self._system("platform.start", record, f"START RequestId: {request_id} Version: {self._code.version}")

    def report(self, request_id: str, status: str, duration: timedelta, init: timedelta | None) -> None:
        """Log how an invocation ended: ``success``, ``error`` or ``timeout``."""
        code, milliseconds = self._code, round(duration / timedelta(milliseconds=1), 2)
        metrics: dict[str, Any] = {
            "durationMs": milliseconds,
            "billedDurationMs": math.ceil(milliseconds),
            "memorySizeMB": code.memory_size,
        }
        init_text = ""
        if init is not None:
            metrics["initDurationMs"] = round(init / timedelta(milliseconds=1), 2)
            init_text = f"\tInit Duration: {metrics['initDurationMs']:.2f} ms"
        if status == "timeout" and code.log_format != "JSON":
            self.write(
                f"{_iso(self._now())} {request_id} Task timed out after {code.timeout.total_seconds():.2f} seconds"
            )
        if code.log_format != "JSON":
            self.write(f"END RequestId: {request_id}")
        text = (
            f"REPORT RequestId: {request_id}\tDuration: {milliseconds:.2f} ms\t"
            f"Billed Duration: {metrics['billedDurationMs']} ms\tMemory Size: {code.memory_size} MB{init_text}"
        )
        self._system("platform.report", {"requestId": request_id, "metrics": metrics, "status": status}, text)

    def flush(self) -> tuple[LogLine, ...]:
        """Put the lines into the log group, which is created if it is missing, and return them."""
        with self._lines_lock:
            lines, self._lines = tuple(self._lines), []
        if lines:
            with self._api_lock:
                self._put(lines)
        return lines

    def _system(self, event_type: str, record: Mapping[str, Any], text: str) -> None:
        if self._code.log_format != "JSON":
            self.write(text)
        elif self._code.system_log_level not in _HIDDEN_SYSTEM_EVENTS or record.get("status", "success") != "success":
            self.write(json.dumps({"time": _iso(self._now()), "type": event_type, "record": record}))

    def _put(self, lines: tuple[LogLine, ...]) -> None:
        logs = logs_backends[self._code.account_id][self._code.region]
        logs.ensure_log_group(self._code.log_group)
        if self._name not in logs.groups[self._code.log_group].streams:
            logs.create_log_stream(self._code.log_group, self._name)
        events = [{"timestamp": int(line.instant.timestamp() * 1000), "message": line.message} for line in lines]
        logs.put_log_events(self._code.log_group, self._name, events)


def tail(lines: tuple[LogLine, ...]) -> bytes:
    """Return the end of an invocation's log."""
    return "".join(f"{line.message}\n" for line in lines).encode()[-TAIL_BYTES:]


def _iso(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
