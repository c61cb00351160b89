"""Programs that tests need and that a machine may lack.

Without one, the tests that need it are skipped; where ``CI`` is set they fail. Either way the run ends with one line
that says which tests did not run and what to install.
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
"""The property of a report whose value is the sentence that says what to install. Workers of xdist send it along."""
_said: Final[set[str]] = set()


def require(program: str) -> Path:
    """Return where one of ``PACKAGES`` is. Without it the test is skipped, or fails where ``CI`` is set."""
    found = shutil.which(program)
    if found is None:
        missing(f"There is no {program} on the PATH: install Debian's package {PACKAGES[program]}.")
    return Path(found)


def require_chromium() -> Path:
    """Return where Chromium is, under any of its names. Without it as ``require``."""
    return chromium() or missing(NO_CHROMIUM)


def missing(what_to_install: str, *, fails: bool | None = None) -> NoReturn:
    """End the test. ``what_to_install``: one sentence. ``fails``: ``None`` for where ``CI`` is set, else skipped."""
    _said.add(what_to_install)
    if bool(os.environ.get("CI")) if fails is None else fails:
        pytest.fail(what_to_install, pytrace=False)
    pytest.skip(what_to_install)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    sentence = getattr(call.excinfo.value, "msg", None) if call.excinfo else None
    if sentence in _said:
        report.user_properties.append((MISSING, sentence))
        if report.skipped:  # pytest's summary has one line for each location that it takes for the reason
            report.longrepr = (__file__, 0, f"Skipped: {sentence}")
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:  # a worker of xdist: the process that started it has every report
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
