"""Programs that tests need and that might be missing on a machine.

Without such a program, the tests that need it are skipped; if ``CI`` is set, they fail. In both cases the run ends with
one line that says which tests did not run and what to install.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Generator
from pathlib import Path, PurePath
from typing import Final, NoReturn

import pytest

from scripts.chromium import NO_CHROMIUM, chromium

PACKAGES: Final = {"curl": "curl", "node": "nodejs"}
"""Debian's package of each program."""
MISSING: Final = "missing program"
"""The property of a report with the sentence that says what to install. Workers of xdist send it with the report."""
_sentences: Final[set[str]] = set()


def require(program: str) -> Path:
    """Return the path of one of ``PACKAGES``. Without it the test is skipped, or fails if ``CI`` is set."""
    found = shutil.which(program)
    if found is None:
        missing(f"There is no {program} on the PATH: install Debian's package {PACKAGES[program]}.")
    return Path(found)


def require_chromium() -> Path:
    """Return the path of Chromium, under any of its names. Without it, end the test as ``require`` does."""
    return chromium() or missing(NO_CHROMIUM)


def missing(what_to_install: str, *, fails: bool | None = None) -> NoReturn:
    """Fail or skip the test. ``what_to_install`` is one sentence. ``fails=None``: fail if ``CI`` is set, else skip."""
    _sentences.add(what_to_install)
    if bool(os.environ.get("CI")) if fails is None else fails:
        pytest.fail(what_to_install, pytrace=False)
    pytest.skip(what_to_install)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    sentence = getattr(call.excinfo.value, "msg", None) if call.excinfo else None
    if sentence in _sentences:
        report.user_properties.append((MISSING, sentence))
        if report.skipped:  # pytest's summary has one line for each location: this one stands for the sentence
            report.longrepr = (__file__, 0, f"Skipped: {sentence}")
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:  # this is a worker of xdist: the process that started it has every report
        return
    tests: defaultdict[str, set[str]] = defaultdict(set)
    for report in (report for reports in terminal.stats.values() for report in reports):
        for name, value in getattr(report, "user_properties", ()):
            if name == MISSING:
                tests[value].add(report.nodeid)
    for sentence, nodeids in tests.items():
        terminal.write_line(f"Not run: {_by_folder(nodeids)}. {sentence}", yellow=True)


def _by_folder(nodeids: Collection[str]) -> str:
    folders = Counter(str(PurePath(nodeid.partition("::")[0]).parent) for nodeid in nodeids)
    return ", ".join(f"{count} test{'s' * (count > 1)} in {folder}" for folder, count in sorted(folders.items()))
