"""``terraform init`` and ``terraform test`` in a working copy of the project."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

from tests.module.terraform_warnings import without_warnings

TEST_FOLDER: Final = "tests"
"""The folder that ``terraform init`` and ``terraform test`` read by default."""


def init(copy: Path) -> None:
    """Initialise the copy for ``run_tests``."""
    finished = _terraform(copy, "init", "-backend=false", "-input=false")
    assert finished.returncode == 0, finished.stdout + finished.stderr


def run_tests(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``terraform test``, with its output as text. Raise ``TerraformWarned`` on a warning."""
    finished = _terraform(copy, "test", *arguments)
    without_warnings(finished.stdout)
    return finished


def _terraform(copy: Path, action: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["terraform", action, *arguments, "-no-color"]
    return subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False, timeout=840)
