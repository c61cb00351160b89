"""``terraform test``: each long file alone, in parallel with other tests, and the short files together."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from scripts.stamps import PROJECT
from scripts.terraform_working_copy import terraform_working_copy
from tests.module.terraform_runs import TEST_FOLDER, init, run_tests

FILES: Final = sorted(file.name for file in (PROJECT / TEST_FOLDER).rglob("*.tftest.hcl"))
LONG: Final = ("dashboard.tftest.hcl", "policies.tftest.hcl", "problems.tftest.hcl")
SHORT: Final = tuple(file for file in FILES if file not in LONG)
"""Terraform takes several seconds to read what the provider knows, once for all files that it runs together."""


@pytest.fixture(scope="module")
def copy() -> Iterator[Path]:
    with terraform_working_copy() as copy:
        init(copy)
        yield copy


@pytest.mark.parametrize("files", [*((file,) for file in LONG), SHORT], ids=[*LONG, "short files"])
def test_every_run_passes(files: Sequence[str], copy: Path) -> None:
    runs = sum(len(runs_of(copy, file)) for file in files)
    finished = run_tests(copy, *(f"-filter={TEST_FOLDER}/{file}" for file in files))
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert f"Success! {runs} passed, 0 failed." in finished.stdout


def test_a_bare_terraform_test_finds_all_files(copy: Path) -> None:
    """Terraform lists all files before it runs the first. It is ended then, because the files are run above."""
    command = ["terraform", "test", "-json"]
    with subprocess.Popen(command, cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as bare:
        assert bare.stdout is not None
        found = next(event["test_abstract"] for event in map(json.loads, bare.stdout) if "test_abstract" in event)
        bare.terminate()
    assert found == {f"{TEST_FOLDER}/{file}": runs_of(copy, file) for file in FILES}


def runs_of(copy: Path, file: str) -> list[str]:
    """Return the names of a file's runs."""
    text = (copy / TEST_FOLDER / file).read_text(encoding="utf-8")
    return re.findall(r'^run "(\w+)"', text, re.MULTILINE)
