"""Where interpreters are found, and the result of a test without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import interpreters
from .interpreters import interpreter, require_interpreter
from .lambda_runtime import PYTHON


@pytest.fixture
def no_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "interpreter", lambda version: None)


def test_an_interpreter_that_only_pyenv_has_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / ".pyenv" / "versions" / f"{PYTHON}.0" / "bin" / f"python{PYTHON}"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\necho {PYTHON}\n")
    python.chmod(0o755)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert interpreter.__wrapped__(PYTHON) == python


@pytest.mark.usefixtures("no_interpreters")
class TestWithoutAnInterpreter:
    def test_outside_ci_a_test_is_skipped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("CI", raising=False)
        with pytest.raises(pytest.skip.Exception, match=f"^There is no Python {PYTHON} .*: install it"):
            require_interpreter(PYTHON)

    def test_in_ci_lambdas_version_fails_in_one_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.fail.Exception, match=f"^There is no Python {PYTHON} .*: install it"):
            require_interpreter(PYTHON)

    def test_in_ci_another_version_is_skipped(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CI", "true")
        with pytest.raises(pytest.skip.Exception):
            require_interpreter("3.11")
