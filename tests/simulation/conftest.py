"""Prints the summary of the interleavings at the end of a test run."""

from __future__ import annotations

import pytest
from _pytest.terminal import TerminalReporter


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    for report in terminalreporter.stats.get("passed", []):
        if isinstance(report, pytest.TestReport):
            for name, text in report.user_properties:
                if name == "interleavings":
                    terminalreporter.write_sep("-", "interleavings")
                    terminalreporter.write_line(str(text))
