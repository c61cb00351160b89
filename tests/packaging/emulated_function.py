"""One function from the zip, run by AWS's Runtime Interface Emulator on loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

from .lambda_runtime import emulator, runtime_packages

SECONDS_TO_START: Final = 30
SECONDS_TO_ANSWER: Final = 60
INVOCATIONS: Final = "2015-03-31/functions/function/invocations"


@dataclass(frozen=True)
class EmulatedFunction:
    """A function that can be invoked. ``output`` is the file with everything that it printed."""

    url: str
    output: Path

    def invoke(self, payload: object) -> Any:
        """Invoke the function, and return what Lambda returns."""
        response = requests.post(self.url, data=json.dumps(payload), timeout=SECONDS_TO_ANSWER)
        response.raise_for_status()
        return response.json()

    def log_lines(self) -> list[dict[str, Any]]:
        """Return the JSON lines that the function logged, in order."""
        lines = []
        for line in self.output.read_text().splitlines():
            with suppress(ValueError):
                logged = json.loads(line)
                if isinstance(logged, dict) and "message" in logged:
                    lines.append(logged)
        return lines


@contextmanager
def emulated_function(
    python: Path, code: Path, handler: str, variables: Mapping[str, str], output: Path
) -> Iterator[EmulatedFunction]:
    """Run a handler of the unpacked zip in ``code`` as AWS Lambda does. Afterwards end all its processes."""
    port, runtime_port = _free_port(), _free_port()
    command: list[str | Path] = [
        emulator(),
        f"--runtime-interface-emulator-address=127.0.0.1:{port}",
        f"--runtime-api-address=127.0.0.1:{runtime_port}",
        "--log-level=error",
        python,
        "-m",
        "awslambdaric",
        handler,
    ]
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(runtime_packages()),
        "LAMBDA_TASK_ROOT": str(code),
        "AWS_LAMBDA_FUNCTION_NAME": handler.rpartition(".")[2],
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "60",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": "INFO",
        **variables,
    }
    with output.open("wb") as printed:
        process = subprocess.Popen(
            command, cwd=code, env=environment, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _wait_for(port, process, output)
            yield EmulatedFunction(f"http://127.0.0.1:{port}/{INVOCATIONS}", output)
        finally:
            # It leads its own session, which the runtime belongs to as well.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], output: Path) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"The emulator does not listen. It printed: {output.read_text()}")
