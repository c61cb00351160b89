"""``terraform test``, a file at a time, so that the files run beside everything else."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from scripts.stamps import PROJECT
from scripts.terraform_checks import TEST_FOLDER
from scripts.terraform_working_copy import terraform_working_copy

HELD_ELSEWHERE: Final = "validations.tftest.hcl"
"""``test_validations`` runs it, more strictly: what breaks is exactly what each of its runs expects."""
FILES: Final = sorted({file.name for file in (PROJECT / TEST_FOLDER).glob("*.tftest.hcl")} - {HELD_ELSEWHERE})


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    with terraform_working_copy() as copy:
        terraform(copy, "init", "-backend=false", "-input=false", f"-test-directory={TEST_FOLDER}")
        yield copy


def terraform(folder: Path, *arguments: str) -> str:
    command = ["terraform", *arguments, "-no-color"]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=840)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.mark.parametrize("file", FILES)
def test_every_run_of_a_file_passes(file: str, copy: Path) -> None:
    runs = len(re.findall(r'^run "', (copy / TEST_FOLDER / file).read_text(encoding="utf-8"), re.MULTILINE))
    said = terraform(copy, "test", f"-test-directory={TEST_FOLDER}", f"-filter={TEST_FOLDER}/{file}")
    assert f"Success! {runs} passed, 0 failed." in said
