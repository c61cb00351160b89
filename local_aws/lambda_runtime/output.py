"""The output of a function's process: the runtime's framed log records, and plain lines on stdout and stderr."""

from __future__ import annotations

import os
import selectors
import threading
from collections.abc import Callable
from typing import Final

FRAME_HEADER: Final = 16
"""A frame of the telemetry pipe: 4 bytes type, 4 bytes length, 8 bytes time, then the message, big-endian.

Source: awslambdaric, ``bootstrap.FramedTelemetryLogSink``. A log message is one frame, even if it has several lines.
"""

_CHUNK: Final = 65_536


class Output:
    """Two pipes from a process, which are read until they close; each message is passed to ``write`` as a whole.

    ``drain`` returns when everything that was written before the call has been passed on, so that an invocation's lines
    are complete when its answer is complete.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._frames, self.telemetry_writer = os.pipe()
        self._lines, self.stream_writer = os.pipe()
        self._rest = {self._frames: b"", self._lines: b""}
        self._selector = selectors.DefaultSelector()
        for reader in self._rest:
            os.set_blocking(reader, False)
            self._selector.register(reader, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._read_until_closed, name="lambda-output", daemon=True)

    def start(self) -> None:
        """Close our writing ends, so that the end of the process is seen, and begin to read.

        Call it when the process has its ends of the pipes.
        """
        os.close(self.telemetry_writer)
        os.close(self.stream_writer)
        self._thread.start()

    def drain(self) -> None:
        """Pass on everything that was written until now."""
        with self._lock:
            for key in list(self._selector.get_map().values()):
                self._read(key.fd)

    def join(self) -> None:
        """Wait until the process has ended and so closed its ends of the pipes. Call ``start`` before."""
        self._thread.join()

    def close(self) -> None:
        """Read the rest and close the pipes, after the process has ended or if it was never started."""
        if self._thread.ident is not None:
            self.join()
        else:
            for end in (*self._rest, self.telemetry_writer, self.stream_writer):
                os.close(end)
        self._selector.close()

    def _read_until_closed(self) -> None:
        while self._selector.get_map():
            for key, _ in self._selector.select():
                with self._lock:
                    if key.fd in self._selector.get_map():
                        self._read(key.fd)

    def _read(self, reader: int) -> None:
        """Read what is available; the caller holds the lock."""
        while True:
            try:
                chunk = os.read(reader, _CHUNK)
            except BlockingIOError:
                return
            if not chunk:
                self._close(reader)
                return
            self._rest[reader] = self._pass_on(reader, self._rest[reader] + chunk)

    def _pass_on(self, reader: int, data: bytes) -> bytes:
        """Write each complete message, and return the rest."""
        if reader == self._lines:
            *lines, rest = data.split(b"\n")
            for line in lines:
                self._write(line.decode(errors="replace"))
            return rest
        while len(data) >= FRAME_HEADER:
            end = FRAME_HEADER + int.from_bytes(data[4:8], "big")
            if len(data) < end:
                break
            self._write(data[FRAME_HEADER:end].decode(errors="replace").rstrip("\n"))
            data = data[end:]
        return data

    def _close(self, reader: int) -> None:
        self._selector.unregister(reader)
        os.close(reader)
        if self._rest[reader] and reader == self._lines:
            self._write(self._rest[reader].decode(errors="replace"))
