"""Whether the tests notice a defect. Each defect is tried in a clone, never in the working directory."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from .mutants import RULES, Mutant

# The rules as timelines, then the simulation in virtual time. The unit tests are quick and notice most defects, so the
# simulation runs only if they pass. The simulated months are left out because they take longer than all these tests
# together. Tiers that run few of the rules are left out too.
SUITES: Final = (
    ("rules", ("tests/unit", "--ignore=tests/unit/web")),
    ("simulation", ("tests/simulation", "--ignore=tests/simulation/test_promises.py")),
)
INTERLEAVINGS: Final = "300"
# A defect can make a loop endless, and other processes can use the processor.
TIMES_AS_LONG: Final = 5
SECONDS_MORE: Final = 20
SECONDS_WITHOUT_DEFECT: Final = 900
LINES_SHOWN: Final = 15
# Exit statuses of pytest. 1: tests failed. 2: a module of tests could not be imported. 4: a conftest.py could not be
# imported, or the command line is wrong.
TESTS_FAILED: Final = (1, 2)
USAGE_ERROR: Final = 4
CONFTEST_FAILED: Final = "while loading conftest"


class Outcome(Enum):
    """The result of one trial."""

    NOTICED = "noticed"
    TOO_SLOW = "too slow"
    SURVIVED = "survived"


class NothingMeasured(Exception):
    """The tests cannot notice a defect: they fail without one, run another source, or cannot run."""


@dataclass(frozen=True)
class Trial:
    """A defect and its outcome. ``suite``: the first suite that noticed it, ``None`` if none did."""

    mutant: Mutant
    outcome: Outcome
    suite: str | None
    seconds: float


class Clone:
    """A clone of one commit in ``folder``. Its tests run with the interpreter ``python``."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self._python = python
        self._environment = dict(os.environ, INTERLEAVINGS=INTERLEAVINGS)
        self._seconds: dict[str, float] = {}

    def measure(self) -> dict[str, float]:
        """Run each suite without a defect, which also compiles every module, and once with a module that cannot load.

        Returns:
            How long each suite takes without a defect, in seconds, by the name of the suite.

        Raises:
            NothingMeasured: A suite does not exist, fails without a defect, or passes although the module cannot load.
        """
        for folder in (str(RULES), *(arguments[0] for _, arguments in SUITES)):
            if not (self.folder / folder).is_dir():
                raise NothingMeasured(f"This commit has no {folder}: measure a commit that has it.")
        self.must_pass()
        for suite, arguments in SUITES:
            with _source_of(self.folder / RULES / "decide.py", "raise ImportError"):
                if self._passes(arguments, SECONDS_WITHOUT_DEFECT):
                    raise NothingMeasured(f"The suite {suite!r} passes without decide.py, so it runs another source.")
        # From now on Python reads compiled files, and writes none. Otherwise it would confuse two defects of the same
        # length within one second.
        self._environment["PYTHONDONTWRITEBYTECODE"] = "1"
        return dict(self._seconds)

    def must_pass(self) -> None:
        """Run each suite on the unchanged source, and record how long it takes.

        Raises:
            NothingMeasured: A suite fails, or has not ended after 15 minutes.
        """
        for suite, arguments in SUITES:
            began = time.monotonic()
            try:
                status, output = self._pytest(arguments, SECONDS_WITHOUT_DEFECT)
            except subprocess.TimeoutExpired:
                raise NothingMeasured(f"{arguments[0]} takes more than {SECONDS_WITHOUT_DEFECT} seconds.") from None
            if status != 0:
                raise NothingMeasured(f"{arguments[0]} fails without a defect; fix it first:\n{_end_of(output)}")
            self._seconds[suite] = time.monotonic() - began

    def share_times(self, seconds: dict[str, float]) -> None:
        """Use the times of another clone if they are longer, because the clones run their tests at the same time."""
        self._seconds = {suite: max(lasted, seconds[suite]) for suite, lasted in self._seconds.items()}

    def try_out(self, mutant: Mutant, defective: str) -> Trial:
        """Give the mutant's module the ``defective`` source, run the suites until one notices, and restore the module.

        Raises:
            NothingMeasured: pytest ended in a way that says nothing about the defect.
        """
        began = time.monotonic()
        with _source_of(self.folder / mutant.path, defective):
            outcome, suite = self._noticed_by()
        return Trial(mutant, outcome, suite, time.monotonic() - began)

    def _noticed_by(self) -> tuple[Outcome, str | None]:
        for suite, arguments in SUITES:
            try:
                if not self._passes(arguments, TIMES_AS_LONG * self._seconds[suite] + SECONDS_MORE):
                    return Outcome.NOTICED, suite
            except subprocess.TimeoutExpired:
                return Outcome.TOO_SLOW, suite
        return Outcome.SURVIVED, None

    def _passes(self, arguments: Sequence[str], seconds: float) -> bool:
        status, output = self._pytest(arguments, seconds)
        if status in TESTS_FAILED or (status == USAGE_ERROR and CONFTEST_FAILED in output):
            return False
        if status == 0:
            return True
        raise NothingMeasured(f"pytest ended with status {status}, which no test causes:\n{_end_of(output)}")

    def _pytest(self, arguments: Sequence[str], seconds: float) -> tuple[int, str]:
        """Run pytest and return its exit status and output. After ``seconds`` kill it with all processes it started."""
        command = [str(self._python), "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
            return process.returncode, output
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()


def _end_of(output: str) -> str:
    return "\n".join(output.splitlines()[-LINES_SHOWN:])


@contextmanager
def _source_of(module: Path, source: str) -> Iterator[None]:
    """Give a module another source while the context is open. Afterwards its compiled file is valid again."""
    before, times = module.read_text(encoding="utf-8"), module.stat()
    module.write_text(source, encoding="utf-8")
    try:
        yield
    finally:
        module.write_text(before, encoding="utf-8")
        os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))
