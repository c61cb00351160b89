"""The stub as a separate process, started and called by the benchmark."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from .fleet import REGION, Scenario

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGE: Final = ROOT / "lambda_src"
SECONDS_TO_END: Final = 10
ANSWER_AFTER_MILLISECONDS: Final = 20
OF_ANY_INSTANCE: Final = {
    "INSTANCE_NAME": "benchmark",
    "SCALE_TO_ZERO_FUNCTION": "benchmark-scale-to-zero",
    "LONGEST_HOLD_MINUTES": "10080",
    "MESSAGE_LANGUAGE": "en",
}
"""Other settings of the functions, which do not change the measurements."""


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a started process. It gets only the path from the benchmark's own environment."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": os.pathsep.join((str(PACKAGE), str(ROOT))),
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **more,
    }


class StubProcess:
    """The running stub, as a context manager. It answers each call after ``milliseconds``."""

    def __init__(self, milliseconds: int = ANSWER_AFTER_MILLISECONDS) -> None:
        self._milliseconds = milliseconds

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.stub_endpoint", str(self._milliseconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(),
        )
        assert self._process.stdout is not None
        reported = self._process.stdout.readline()
        if not reported:
            raise RuntimeError(
                f"The stub ended with code {self._process.wait()} before it listened. Its error is above."
            )
        self.url = f"http://127.0.0.1:{json.loads(reported)['port']}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._process.communicate(timeout=SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def begin(self, scenario: Scenario) -> None:
        """Let the stub answer for another scenario and count from zero."""
        request = urllib.request.Request(f"{self.url}/-/begin", data=json.dumps(scenario.as_json()).encode())
        with urllib.request.urlopen(request, timeout=SECONDS_TO_END) as answer:
            answer.read()
