"""One execution environment: a process with the unpacked zip, its own variables, clock and Runtime API."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

from local_aws.clock import Clock

from .output import Output
from .packages import link_runtime_packages
from .records import Answer, FunctionCode
from .runtime_api import Pending, RuntimeApi

INIT_SECONDS: Final = 30
"""Real seconds that a function may take to start. Lambda allows 10 (Developer Guide, "Init phase") on its own machine;
here several functions start at once on the caller's machine.
"""

_CHECK_SECONDS: Final = 0.1

_BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")


class Closed(Exception):
    """The error after every environment has been ended; nothing runs then."""


class ExecutionEnvironment:
    """An environment. ``start`` starts it, ``run`` uses it for one invocation at a time, ``close`` ends it.

    After a time-out, or when its process has ended, it is ``unusable``.
    """

    def __init__(self, code: FunctionCode, access_key: str, clock: Clock, write: Callable[[str], None]) -> None:
        self.code = code
        self.access_key = access_key
        self.unusable = False
        self.pending: Pending | None = None
        self._clock = clock
        self._output = Output(write)
        self._api = RuntimeApi(clock, self._output.drain)
        self._folder = Path(tempfile.mkdtemp(prefix="local-aws-lambda-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._starts_or_closes = threading.Lock()

    def start(self, variables: Mapping[str, str], pending: Pending) -> float:
        """Start the process for the first invocation; return the real seconds until it was ready or had failed.

        Raises ``Closed`` after ``close``.
        """
        self._expect(pending)
        with self._starts_or_closes:
            if self._closed:
                raise Closed
            began = time.monotonic()
            self._start_process(variables)
        self._api.is_ready.wait(INIT_SECONDS)
        return time.monotonic() - began

    def run(self, pending: Pending) -> Answer:
        """Let the function answer, or make it fail as Lambda does."""
        starting = self.pending is pending
        self._expect(pending)
        deadline = self._clock.at(pending.deadline, lambda: self._time_out(pending))
        try:
            if self._api.init_error is not None:
                self._fail(pending, self._api.init_error)
            elif self.unusable and not starting:
                # The process ended while the environment was idle, so no invocation has reported the error.
                self._fail(
                    pending, _error("Runtime.ExitError", f"RequestId: {pending.request_id} Error: Runtime exited")
                )
            else:
                self._api.offer(pending)
            self._wait(pending)
        finally:
            deadline.cancel()
        assert pending.answer is not None
        return pending.answer

    def close(self) -> None:
        """End the process and its server. A process that is just starting is ended when it has started."""
        with self._starts_or_closes:
            if self._closed:
                return
            self._closed = True
        self._kill()
        self._api.close()
        if self._process is not None:
            self._process.wait()
        self._output.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start_process(self, variables: Mapping[str, str]) -> None:
        packages, task_root = self._folder / "runtime", self._folder / "task"
        packages.mkdir()
        link_runtime_packages(packages)
        with zipfile.ZipFile(io.BytesIO(self.code.zip_file)) as archive:
            archive.extractall(task_root)
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", str(_BOOTSTRAP), str(packages), str(task_root), self.code.handler],
            env={**self._variables(task_root), **variables},
            cwd=task_root,
            stdin=subprocess.DEVNULL,
            stdout=self._output.stream_writer,
            stderr=self._output.stream_writer,
            pass_fds=(self._output.telemetry_writer,),
            start_new_session=True,
        )
        self._output.start()
        threading.Thread(target=self._wait_for_end, name="lambda-process", daemon=True).start()

    def _expect(self, pending: Pending) -> None:
        self.pending = pending
        self._api.expect(pending)

    def _variables(self, task_root: Path) -> dict[str, str]:
        """Return the variables that Lambda sets, except X-Ray's.

        Developer Guide, "Defined runtime environment variables".
        """
        code = self.code
        return {
            "_HANDLER": code.handler,
            "_LAMBDA_TELEMETRY_LOG_FD": str(self._output.telemetry_writer),
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_DEFAULT_REGION": code.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{code.runtime}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(code.memory_size),
            "AWS_LAMBDA_FUNCTION_NAME": code.name,
            "AWS_LAMBDA_FUNCTION_VERSION": code.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": code.log_format,
            "AWS_LAMBDA_LOG_GROUP_NAME": code.log_group,
            "AWS_LAMBDA_LOG_LEVEL": code.application_log_level,
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_REGION": code.region,
            "AWS_SECRET_ACCESS_KEY": "local-aws",
            "AWS_SESSION_TOKEN": "local-aws",
            "LAMBDA_TASK_ROOT": str(task_root),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "TZ": ":UTC",
        }

    def _wait(self, pending: Pending) -> None:
        """Wait for the answer. The time limit counts virtual time for sleep (a timer), real time for work (here)."""
        computing = self.code.timeout.total_seconds()
        began = time.monotonic()
        while not pending.done.wait(_CHECK_SECONDS):
            now = time.monotonic()
            if pending.activity.busy:
                computing -= now - began
            began = now
            if computing <= 0:
                self._time_out(pending)

    def _time_out(self, pending: Pending) -> None:
        seconds = self.code.timeout / timedelta(seconds=1)
        message = f"RequestId: {pending.request_id} Error: Task timed out after {seconds:.2f} seconds"
        self._fail(pending, _error("Sandbox.Timedout", message))
        self._kill()

    def _wait_for_end(self) -> None:
        """Wait for the end of the process. It is an error unless we ended the process or it had an init error."""
        assert self._process is not None
        status = self._process.wait()
        self.unusable = True
        self._api.is_ready.set()
        pending = self.pending
        if pending is not None and pending.answer is None and self._api.init_error is None:
            self._output.join()
            how = f"exit status {status}" if status >= 0 else f"signal: {signal.Signals(-status).name}"
            message = f"RequestId: {pending.request_id} Error: Runtime exited with error: {how}"
            self._fail(pending, _error("Runtime.ExitError", message))

    def _fail(self, pending: Pending, error: bytes) -> None:
        self.unusable = True
        pending.complete(Answer(error, failed=True), self._clock)

    def _kill(self) -> None:
        self.unusable = True
        if self._process is not None and self._process.poll() is None:
            with suppress(ProcessLookupError):  # it may have ended just now
                os.killpg(self._process.pid, signal.SIGKILL)


def _error(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}).encode()
