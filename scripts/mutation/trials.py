"""Whether the tests notice a defect: each is tried in a clone, never in the project itself."""

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

from .mutants import PACKAGE, Mutant

# The rules as timelines, then a day of everything in virtual time. The first are quick and notice most, so the others
# run only where they passed. Left out are the simulated months, which take longer than all of these together, and tiers
# that run little of the core.
SUITES: Final = (
    ("rules", ("tests/unit/core",)),
    ("simulation", ("tests/simulation", "--ignore=tests/simulation/test_promises.py")),
)
INTERLEAVINGS: Final = "300"
# A defect may make a loop endless, and another process may have the core.
TIMES_AS_LONG: Final = 5
SECONDS_MORE: Final = 20
SECONDS_OF_THE_FIRST_RUN: Final = 900


class Outcome(Enum):
    """What came of a defect."""

    NOTICED = "noticed"
    TOO_SLOW = "too slow"
    SURVIVED = "survived"


class SuiteFailed(Exception):
    """The tests fail without any defect, or run another source, so nothing can be measured."""


@dataclass(frozen=True)
class Trial:
    """A defect and what came of it; ``suite`` names the tests that noticed it, where any did."""

    mutant: Mutant
    outcome: Outcome
    suite: str | None
    seconds: float


class Clone:
    """A clone of one commit, and how long its tests take there in seconds, by the name of the suite."""

    def __init__(self, folder: Path, python: Path) -> None:
        self.folder = folder
        self._python = python
        self._environment = dict(os.environ, INTERLEAVINGS=INTERLEAVINGS)
        self._seconds: dict[str, float] = {}

    def measure(self) -> dict[str, float]:
        """Run each suite once as it is, which also compiles every module, and once with a module that cannot load.

        Raises:
            SuiteFailed: A suite fails as it is, or passes without that module.
        """
        for suite, arguments in SUITES:
            began = time.monotonic()
            if not self._passes(arguments, SECONDS_OF_THE_FIRST_RUN):
                raise SuiteFailed(
                    f"The tests fail before anything is broken: {' '.join(arguments)}. Repair them first."
                )
            self._seconds[suite] = time.monotonic() - began
        self._see_a_missing_module()
        # From here on Python reads what is compiled, and writes nothing: two defects of the same length within a second
        # would otherwise be taken for one.
        self._environment["PYTHONDONTWRITEBYTECODE"] = "1"
        return dict(self._seconds)

    def share_times(self, seconds: dict[str, float]) -> None:
        """Take the longer times of another clone, which ran beside this one."""
        self._seconds = {suite: max(lasted, seconds[suite]) for suite, lasted in self._seconds.items()}

    def try_out(self, mutant: Mutant, broken: str) -> Trial:
        """Give the mutant's module the broken source, run the suites until one notices, and restore it."""
        began = time.monotonic()
        with _source_of(self.folder / mutant.path, broken):
            outcome, suite = self._noticed_by()
        return Trial(mutant, outcome, suite, time.monotonic() - began)

    def _see_a_missing_module(self) -> None:
        """Fail unless each suite runs this clone's source, and not that of an installed copy."""
        for suite, arguments in SUITES:
            with _source_of(self.folder / PACKAGE / "decide.py", "raise ImportError"):
                if self._passes(arguments, SECONDS_OF_THE_FIRST_RUN):
                    raise SuiteFailed(f"The suite {suite!r} passes without decide.py, so it runs another source.")

    def _noticed_by(self) -> tuple[Outcome, str | None]:
        for suite, arguments in SUITES:
            try:
                if not self._passes(arguments, TIMES_AS_LONG * self._seconds[suite] + SECONDS_MORE):
                    return Outcome.NOTICED, suite
            except subprocess.TimeoutExpired:
                return Outcome.TOO_SLOW, suite
        return Outcome.SURVIVED, None

    def _passes(self, arguments: Sequence[str], seconds: float) -> bool:
        """Whether pytest finds nothing; ends it, with all that it started, after ``seconds``."""
        command = [str(self._python), "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(timeout=seconds) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def _source_of(module: Path, source: str) -> Iterator[None]:
    """Give a module another source for a while; afterwards Python takes what it compiled before for up to date."""
    before, times = module.read_text(encoding="utf-8"), module.stat()
    module.write_text(source, encoding="utf-8")
    try:
        yield
    finally:
        module.write_text(before, encoding="utf-8")
        os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))
