"""A root module applied by the real Terraform to a LocalAws, and the service behind it as a person sees it."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import boto3
import httpx
import tftest

from local_aws import LocalAws
from scripts.terraform_working_copy import terraform_working_copy
from tests.module.terraform_warnings import without_warnings

START: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
UNCHANGED: Final = ("noop", "read")
"""Terraform's words for resources that a plan does not change, or only reads."""
FIRST_ERROR: Final = re.compile(r'^[^\w\n]*Error: |^{"@level":"error"', re.MULTILINE)
"""The beginning of Terraform's errors, as text or with ``-json``."""
# tftest logs the whole output of Terraform before it raises, and pytest would print that after the errors.
logging.getLogger(tftest.__name__).disabled = True


class TerraformFailed(AssertionError):
    """Terraform's errors, without the hundred lines of output before them."""


@dataclass(frozen=True)
class Subject:
    """One ECS service behind a load balancer."""

    aws: LocalAws
    cluster_name: str
    service_name: str
    load_balancer: str

    def describe(self) -> Mapping[str, Any]:
        """Return the service as DescribeServices shows it."""
        answer = client(self.aws, "ecs").describe_services(cluster=self.cluster_name, services=[self.service_name])
        [service] = answer["services"]
        described: Mapping[str, Any] = service
        return described

    def desired(self) -> int:
        """Return the service's desired count."""
        return int(self.describe()["desiredCount"])

    def running(self) -> int:
        """Return how many tasks run."""
        return int(self.describe()["runningCount"])

    def start_by_hand(self) -> None:
        """Start one task, as ``aws ecs update-service --desired-count 1`` of the requirements does."""
        client(self.aws, "ecs").update_service(cluster=self.cluster_name, service=self.service_name, desiredCount=1)

    def request(self) -> int:
        """Send one request over real HTTP. Return the status."""
        # Nothing here needs certificates, and loading them takes longer than the request.
        return httpx.get(self.aws.load_balancer_url(self.load_balancer), timeout=30, verify=False).status_code

    def fall_asleep(self) -> None:
        """Start the service if it does not run, then send no request until it is at zero."""
        if self.desired() == 0:
            self.start_by_hand()
            self.aws.advance(2 * MINUTE)
        for _ in range(15):
            self.aws.advance(MINUTE)
            if self.desired() == 0:
                self.aws.advance(2 * MINUTE)
                return
        raise AssertionError(f"{self.service_name} did not go to zero within 15 minutes without a request.")


class Applied:
    """One root module, and what was applied from it."""

    def __init__(self, aws: LocalAws, folder: Path) -> None:
        self.aws = aws
        self.terraform = tftest.TerraformTest(str(folder))
        # Terraform gets exactly this environment, while tftest would only add to the environment of this process.
        # The log level is left out, as tftest does.
        self.terraform.env = {name: value for name, value in aws.child_environment().items() if name != "TF_LOG"}
        self.terraform.setup(cleanup_on_exit=False)

    def apply(self, **variables: Any) -> None:
        """Apply. Raise ``TerraformFailed`` or ``TerraformWarned`` on an error or a warning."""
        _output_of(self.terraform.apply, tf_vars=as_text(variables))

    def outputs(self) -> Mapping[str, Any]:
        """Return every output's value."""
        values: Mapping[str, Any] = dict(self.terraform.output())
        return values

    def planned_changes(self, **variables: Any) -> list[str]:
        """Return what a plan changes, such as ``update module.x``. An empty plan gives an empty list.

        Raise ``TerraformFailed`` or ``TerraformWarned`` on an error or a warning.
        """
        # Terraform names each change while it plans. Reading them from a saved plan takes as long as a second plan.
        output = _output_of(self.terraform.plan, tf_vars=as_text(variables), json_format=True)
        lines = map(json.loads, output.splitlines())
        changes = [line["change"] for line in lines if line["type"] == "planned_change"]
        return [
            f"{change['action']} {change['resource']['addr']}"
            for change in changes
            if change["action"] not in UNCHANGED
        ]

    def destroy(self, **variables: Any) -> None:
        """Destroy, while no virtual time passes. Raise ``TerraformFailed`` or ``TerraformWarned`` as ``apply`` does."""
        _output_of(self.terraform.destroy, tf_vars=as_text(variables))


def _output_of(run: Callable[..., str], **arguments: object) -> str:
    try:
        return without_warnings(run(**arguments))
    except tftest.TerraformTestError as failure:
        output = str(failure.args[0])
        begins = FIRST_ERROR.search(output)
        raise TerraformFailed(output[begins.start() :] if begins else output) from None


@contextmanager
def applying(aws: LocalAws, folder: str) -> Iterator[Applied]:
    """Make a working copy of the project, ready to apply one of its folders."""
    with terraform_working_copy() as copy:
        yield Applied(aws, copy / folder)


@lru_cache(maxsize=16)
def client(aws: LocalAws, service: Any) -> Any:
    """Return a client of one of its services. Clients are cached, since making one takes longer than most calls."""
    variables = aws.environment
    return boto3.client(
        service,
        endpoint_url=aws.endpoint_url,
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )


def aws_cli(aws: LocalAws, *arguments: str) -> Any:
    """Run the AWS CLI. Return its JSON."""
    finished = subprocess.run(
        [sys.executable, "-m", "awscli", *arguments, "--output", "json"],
        env=aws.child_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout) if finished.stdout.strip() else None


def as_text(variables: Mapping[str, Any]) -> dict[str, str]:
    """Return variables as text, which Terraform's command line requires."""
    return {name: json.dumps(value) for name, value in variables.items()}
