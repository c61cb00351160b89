"""Terraform's own checks: ``python -m scripts.terraform_checks format | validate``."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from scripts.stamps import PROJECT
from scripts.terraform_provider import TerraformUnavailable, require_terraform, terraform_environment
from scripts.terraform_working_copy import terraform_working_copy

STEP_SECONDS: Final = 900.0


class CheckFailed(Exception):
    """A step of Terraform failed. The message names the step; Terraform has printed the reason."""


def check_format() -> None:
    """Check that every .tf and .tftest.hcl file is formatted as ``terraform fmt`` does."""
    require_terraform()
    run(PROJECT, "fmt", "-check", "-diff", "-recursive")


def validate() -> None:
    """Check that the module and every example are valid."""
    with terraform_working_copy() as copy:
        for folder in (copy, *sorted(example.parent for example in copy.glob("examples/*/main.tf"))):
            run(folder, "init", "-backend=false", "-input=false", quiet=True)
            run(folder, "validate")


def run(folder: Path, *arguments: str, quiet: bool = False) -> None:
    """Run terraform in a folder. The output of a quiet step is shown only if the step fails."""
    finished = subprocess.run(
        ["terraform", *arguments, "-no-color"],
        cwd=folder,
        env=terraform_environment(),
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
        timeout=STEP_SECONDS,
    )
    if finished.returncode != 0:
        sys.stderr.write(finished.stdout or "")
        raise CheckFailed(f"terraform {arguments[0]} failed in {folder.name}. The reason is above.")


CHECKS: Final[dict[str, Callable[[], None]]] = {"format": check_format, "validate": validate}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in CHECKS:
        print(f"Name one check: {', '.join(CHECKS)}.", file=sys.stderr)
        return 2
    try:
        CHECKS[arguments[0]]()
    except (CheckFailed, TerraformUnavailable) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
