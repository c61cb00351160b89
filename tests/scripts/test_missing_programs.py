"""The last lines and the exit status of a run when a program that tests need is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.stamps import PROJECT

TESTS = """
import pytest
from tests.missing_programs import missing, require, require_chromium

@pytest.fixture(scope="session")
def browser():
    return require_chromium()

def test_a_page(browser): pass
def test_another_page(browser): pass
def test_a_request(): require("curl")
def test_an_optional_one(): missing("Install it or not.", fails=False)
def test_without_a_program(): pass
def test_skipped_for_another_reason(): pytest.skip("not here")
"""
LINES = [
    "Not run: 2 tests in browser. There is no Chromium on the PATH: install Debian's package chromium.",
    "Not run: 1 test in browser. There is no curl on the PATH: install Debian's package curl.",
    "Not run: 1 test in browser. Install it or not.",
]


@pytest.mark.parametrize(
    ("ci", "processes", "code", "counts"),
    [
        ("", (), 0, "1 passed, 5 skipped"),
        ("true", (), 1, "1 failed, 1 passed, 2 skipped, 2 errors"),
        ("", ("-p", "xdist", "--numprocesses=2"), 0, "1 passed, 5 skipped"),
    ],
    ids=["one process", "in CI", "several processes"],
)
def test_a_run_ends_with_one_line_for_each_program_that_is_missing(
    ci: str, processes: tuple[str, ...], code: int, counts: str, tmp_path: Path
) -> None:
    folder = tmp_path / "browser"
    folder.mkdir()
    (folder / "test_pages.py").write_text(TESTS)
    plugins = ("-p", "tests.missing_programs", "-p", "no:cacheprovider", *processes)
    path_and_settings = {"PATH": "", "CI": ci, "PYTHONPATH": str(PROJECT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-rs", f"--rootdir={tmp_path}", *plugins, str(folder)],
        cwd=tmp_path,
        env={**os.environ, **path_and_settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    *_, totals, first, second, third = ended.stdout.splitlines()
    assert sorted([first, second, third]) == sorted(LINES), ended.stdout
    assert counts in totals
    if not ci:
        assert "SKIPPED [2] " in ended.stdout, "the tests of one program are one line of the summary"
    assert (ended.returncode, ended.stdout.count("Not run:")) == (code, len(LINES))
