"""One example, applied unchanged with the real Terraform, which python-terraform runs."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from python_terraform import IsFlagged, IsNotFlagged
from rich.console import Console

from local_aws import LocalAws
from scripts.demo.ended_terraform import EndedTerraform
from scripts.demo.service_client import ServiceClient, Subject
from scripts.progress import under_way
from scripts.stamps import PROJECT
from scripts.terraform_provider import INIT_ARGUMENTS, init_arguments
from scripts.terraform_working_copy import terraform_working_copy

LOG: Final = PROJECT / "out" / "demo" / "terraform.log"
ERROR: Final = re.compile(r"^\W*Error: (?P<summary>.+)$", re.MULTILINE)


class DeploymentFailed(Exception):
    """A step of Terraform failed. The message is one sentence that quotes Terraform's error."""


class Deployment:
    """An example's folder, what is applied from it, and its outputs. Terraform runs with exactly ``environment``."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.outputs: Mapping[str, Any] = {}
        self._folder = folder
        self._terraform = EndedTerraform(folder, environment)
        LOG.parent.mkdir(parents=True, exist_ok=True)
        LOG.write_text("", encoding="utf-8")

    def apply(self) -> None:
        """Initialise and apply. Raise ``DeploymentFailed`` if Terraform fails."""
        self._check("init", self._terraform.init())
        self._check("apply", self._terraform.apply(skip_plan=True))
        outputs = self._terraform.output()
        if not outputs:
            raise DeploymentFailed(f"The example {self._folder.name} was applied, but has no outputs.")
        self.outputs = {name: output["value"] for name, output in outputs.items()}

    def destroy(self) -> None:
        """Destroy everything that was applied. Raise ``DeploymentFailed`` if Terraform fails."""
        # python-terraform passes -force by default, which Terraform no longer accepts.
        self._check("destroy", self._terraform.destroy(force=IsNotFlagged, auto_approve=IsFlagged))

    def _check(self, step: str, answer: tuple[int, str, str]) -> None:
        code, output, errors = answer
        with LOG.open("a", encoding="utf-8") as log:
            log.write(f"terraform {step}: return code {code}\n{output}\n{errors}\n")
        if code == 0:
            return
        summary = ERROR.search(errors)
        reason = summary["summary"].rstrip(".") if summary else f"return code {code}"
        raise DeploymentFailed(
            f"terraform {step} of examples/{self._folder.name} failed: {reason}; see {LOG.relative_to(PROJECT)}."
        )


@contextmanager
def staging(aws: LocalAws, console: Console) -> Iterator[tuple[Deployment, ServiceClient]]:
    """Apply ``examples/staging`` to ``aws``; return it with a client of its service. Its files are deleted afterwards.

    Raise ``DeploymentFailed``, ``DemoFailed`` or ``TerraformUnavailable`` if a step fails.
    """
    environment = {**aws.child_environment(), INIT_ARGUMENTS: init_arguments()}
    with terraform_working_copy() as copy:
        deployment = Deployment(copy / "examples" / "staging", environment)
        with step(console, "terraform apply of examples/staging"):
            deployment.apply()
        subject = Subject.from_outputs(deployment.outputs)
        yield deployment, ServiceClient(subject, aws.load_balancer_url(subject.load_balancer_arn), aws.environment)


@contextmanager
def step(console: Console, what: str) -> Iterator[None]:
    """Show that a step is under way, and how long it took."""
    began = time.monotonic()
    console.print(f"{what} …")
    with under_way(console, what):
        yield
    console.print(f"{what}: done in {time.monotonic() - began:.0f} s.")
