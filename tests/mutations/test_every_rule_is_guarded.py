"""Each listed mutation is applied to a copy of the package, and the suite must fail on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutations.catalogue import CORE, MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
TESTS_FAILED = 1


@pytest.mark.parametrize("mutation", MUTATIONS, ids=[mutation.broken_rule.replace(" ", "-") for mutation in MUTATIONS])
def test_the_suite_fails_without(mutation: Mutation, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "lambda_src" / "scale_to_zero", tmp_path / "scale_to_zero")
    apply(mutation, tmp_path / "scale_to_zero" / mutation.file)
    run = run_suite(mutation.caught_by, tmp_path)
    assert run.returncode == TESTS_FAILED, f"nothing noticed that this rule is broken:\n{run.stdout[-2000:]}"


def test_the_suite_passes_on_an_unchanged_copy(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "lambda_src" / "scale_to_zero", tmp_path / "scale_to_zero")
    run = run_suite(CORE, tmp_path)
    assert run.returncode == 0, run.stdout[-2000:]


def apply(mutation: Mutation, file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count(mutation.old) == 1, f"{mutation.file} no longer holds exactly once: {mutation.old!r}"
    file.write_text(source.replace(mutation.old, mutation.new), encoding="utf-8")


def run_suite(suite: str, package_folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", *suite.split(), "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    command += ["-o", f"pythonpath={package_folder} {ROOT}", "-o", "addopts=--import-mode=importlib"]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
