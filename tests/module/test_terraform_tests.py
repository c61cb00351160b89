"""``terraform test``, a file at a time, so that the files run beside everything else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from scripts.stamps import PROJECT
from scripts.terraform_working_copy import terraform_working_copy
from tests.module.terraform_runs import TEST_FOLDER, init, run_tests

HELD_ELSEWHERE: Final = "validations.tftest.hcl"
"""``test_validations`` runs it, more strictly: what breaks is exactly what each of its runs expects."""
FILES: Final = sorted({file.name for file in (PROJECT / TEST_FOLDER).glob("*.tftest.hcl")} - {HELD_ELSEWHERE})


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    with terraform_working_copy() as copy:
        init(copy)
        yield copy


@pytest.mark.parametrize("file", FILES)
def test_every_run_of_a_file_passes(file: str, copy: Path) -> None:
    runs = len(re.findall(r'^run "', (copy / TEST_FOLDER / file).read_text(encoding="utf-8"), re.MULTILINE))
    finished = run_tests(copy, f"-filter={TEST_FOLDER}/{file}")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert f"Success! {runs} passed, 0 failed." in finished.stdout
