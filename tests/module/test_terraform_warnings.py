"""A warning fails everything that runs Terraform for the tests, and a failure shows Terraform's errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local_aws import LocalAws
from tests.module.applied import START, Applied, TerraformFailed
from tests.module.terraform_runs import TEST_FOLDER, init, run_tests
from tests.module.terraform_warnings import TerraformWarned, without_warnings

CHECK = """locals {
  fine = %s
}

check "deliberate" {
  assert {
    condition     = local.fine
    error_message = "Deliberate."
  }
}
"""
FAILURE = """locals {
  fine = false
}

output "made" {
  value = "before"
  precondition {
    condition     = local.fine
    error_message = "Deliberate."
  }
}
"""
ONE_RUN = 'run "plan" {\n  command = plan\n%s}\n'
UNDECLARED = "  variables {\n    undeclared_input = 1\n  }\n"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws(seed=1, start=START) as aws:
        yield aws


@pytest.mark.parametrize("run", [Applied.apply, Applied.planned_changes])
def test_a_run_that_warns_fails(run: Callable[[Applied], object], aws: LocalAws, tmp_path: Path) -> None:
    folder = tmp_path / "main.tf"
    folder.write_text(CHECK % "true", encoding="utf-8")
    applied = Applied(aws, tmp_path)
    run(applied)
    folder.write_text(CHECK % "false", encoding="utf-8")
    with pytest.raises(TerraformWarned, match=r"Deliberate\."):
        run(applied)


@pytest.mark.parametrize("run", [Applied.apply, Applied.planned_changes])
def test_a_run_that_fails_shows_its_errors(run: Callable[[Applied], object], aws: LocalAws, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(FAILURE, encoding="utf-8")
    with pytest.raises(TerraformFailed, match=r"Deliberate\."):
        run(Applied(aws, tmp_path))


def test_an_apply_that_fails_shows_nothing_else(
    aws: LocalAws, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "main.tf").write_text(FAILURE, encoding="utf-8")
    with pytest.raises(TerraformFailed) as failed:
        Applied(aws, tmp_path).apply()
    assert str(failed.value).startswith("Error: ")
    assert "Deliberate." not in caplog.text


@pytest.mark.parametrize("arguments", [(), ("-json",)])
def test_a_test_of_terraform_that_warns_fails(arguments: tuple[str, ...], tmp_path: Path) -> None:
    test = tmp_path / TEST_FOLDER / "one.tftest.hcl"
    test.parent.mkdir(parents=True)
    test.write_text(ONE_RUN % "", encoding="utf-8")
    init(tmp_path)
    assert run_tests(tmp_path, *arguments).returncode == 0
    test.write_text(ONE_RUN % UNDECLARED, encoding="utf-8")
    with pytest.raises(TerraformWarned, match="undeclared_input"):
        run_tests(tmp_path, *arguments)


def test_text_that_only_resembles_a_warning_is_no_warning() -> None:
    output = 'tags = { note = "Warning: mind the gap" }\n{ not = "json" }\n'
    assert without_warnings(output) == output
