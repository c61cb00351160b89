"""Runs tests against a copy of the package, each time in a new process.

The processes are forked from one that has imported what most of them need, and nothing of the package: to import pytest
and local_aws takes longer than these tests do.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from scripts.stamps import PROJECT

SECONDS: Final = 120.0
_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["pytest", "hypothesis.strategies", "local_aws"])


@dataclass(frozen=True)
class Run:
    """How a run of pytest ended; ``returncode`` is ``None`` if it did not end by itself."""

    returncode: int | None
    said: str


def run_suite(suite: str, package_folder: Path) -> Run:
    """Run ``suite``, files as for pytest, with the package that lies in a folder, and leave a report there."""
    output = package_folder / "output.txt"
    process = _CONTEXT.Process(target=_run, args=(suite.split(), package_folder, output))
    process.start()
    process.join(SECONDS)
    ended = process.exitcode
    process.kill()
    process.join()
    return Run(ended, output.read_text(encoding="utf-8"))


def report_in(folder: Path) -> Path:
    """Where a run leaves its report, as JUnit's XML."""
    return folder / "report.xml"


def _run(suite: list[str], package_folder: Path, output: Path) -> None:
    with output.open("wb", buffering=0) as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    os.chdir(PROJECT)
    sys.dont_write_bytecode = True
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    # Where pytest sees that CI runs it, it explains each failure in full, which of a long log takes minutes.
    os.environ.pop("CI", None)
    arguments = [*suite, "--maxfail=3", "-q", "-p", "no:cacheprovider", f"--junitxml={report_in(package_folder)}"]
    arguments += ["-o", f"pythonpath={package_folder} {PROJECT}", "-o", "addopts=--import-mode=importlib"]
    sys.exit(pytest.main(arguments))
