"""Every command of the documentation, typed into a shell against an AWS with ``examples/staging`` applied."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from local_aws import LocalAws
from simulator.world import Timings
from tests.docs.aws_cli_version_1 import for_version_1
from tests.docs.pages import PAGES, Block, blocks, blocks_of
from tests.missing_programs import require
from tests.module.applied import MINUTE, Subject, applying, client
from tests.module.cli_answers import says_something

# This address leads to AWS's own domain, so it is replaced by the address of the same API here.
API_URL: Final = "$(terraform output -raw api_url)"
POLLS: Final = "until call"
# Between the outputs of two commands.
END_OF_COMMAND: Final = "\x1e"
ASSIGNMENT: Final = re.compile(r"([A-Z_]+)=")


def commands(text: str) -> list[str]:
    """Return the commands of a block."""
    lines = (line.strip() for line in text.replace("\\\n", " ").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def is_for_make(block: Block) -> bool:
    """Return whether a block has only ``make`` commands. They cannot run here: ``make test`` would start itself again.

    CI runs ``make check`` and ``make test``. ``tests/module/test_demo.py`` runs the programs of ``make demo`` and
    ``make local``; ``tests/packaging`` and ``tests/benchmarks`` run the parts of ``make bench``.
    """
    return all(command.startswith("make ") for command in commands(block.text))


BLOCKS: Final = [block for block in blocks("bash") if not is_for_make(block)]
WAKING: Final = [
    command for block in BLOCKS for command in commands(block.text) if "staging-scale-up --payload" in command
]


@dataclass(frozen=True)
class Shell:
    """A shell in the folder in which Terraform was applied."""

    aws: LocalAws
    folder: Path
    service: Subject
    api_url: str

    def run(self, text: str) -> dict[str, str]:
        """Run commands in one shell. Return what each printed, or the value that an assignment assigned."""
        typed = [command.replace(API_URL, self.api_url) for command in commands(text)]
        script = "\n".join(f"{answering(command)}\nprintf '{END_OF_COMMAND}'" for command in typed)
        environment = self.aws.child_environment()
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        # A command that waits uses real time, so virtual time must pass meanwhile.
        with self.aws.running(speed=10) if POLLS in text else nullcontext():
            finished = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=self.folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=240,
                check=False,
            )
        assert finished.returncode == 0, f"{text}\n{finished.stdout}\n{finished.stderr}"
        return dict(zip(typed, finished.stdout.split(END_OF_COMMAND)[:-1], strict=True))


def answering(command: str) -> str:
    assigned = ASSIGNMENT.match(command)
    return f'{command}\nprintf %s "${assigned[1]}"' if assigned else for_version_1(command)


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    """Start a service that was in use a moment ago, on a clock with the shell's own time.

    Its wakes are quick, because `"wait": true` waits for at most 50 seconds.
    """
    start = datetime.now(UTC) - timedelta(minutes=20)
    timings = Timings(task_start=timedelta(seconds=20))
    with LocalAws(seed=1, start=start, timings=timings) as aws, applying(aws, "examples/staging") as applied:
        applied.apply()
        without_schedules(aws)
        outputs = applied.outputs()
        service = Subject(aws, outputs["cluster_name"], outputs["service_name"], outputs["load_balancer_arn"])
        aws.advance(2 * MINUTE)
        service.start_by_hand()
        aws.advance(3 * MINUTE)
        while aws.now() < time_of_the_shell() - MINUTE:
            assert service.request() == 200
            aws.advance(MINUTE)
        yield Shell(aws, Path(applied.terraform.tfdir), service, aws.http_api_url(outputs["api_url"]))


def without_schedules(aws: LocalAws) -> None:
    """Delete the schedules: office hours can begin within the virtual hours of these tests, whenever they run."""
    scheduler = client(aws, "scheduler")
    for one in scheduler.list_schedules()["Schedules"]:
        scheduler.delete_schedule(Name=one["Name"], GroupName=one["GroupName"])


def time_of_the_shell() -> datetime:
    """Return the real time. This process has the virtual time."""
    shown = subprocess.run(["date", "-u", "+%s"], capture_output=True, text=True, check=True)
    return datetime.fromtimestamp(int(shown.stdout), UTC)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_each_command_runs_and_prints_something(shell: Shell, block: Block) -> None:
    if "curl " in block.text:
        require("curl")
    for command, answer in shell.run(block.text).items():
        assert says_something(answer), f"{command} prints nothing: {answer}"


@pytest.mark.parametrize("command", WAKING)
def test_the_wake_commands_wake_the_service(shell: Shell, command: str) -> None:
    shell.service.fall_asleep()
    shell.run(command)
    waited = '"wait": true' in command
    if not waited:
        shell.aws.advance(3 * MINUTE)
    assert (shell.service.desired(), shell.service.running()) == (1, 1)
    answered = json.loads((shell.folder / "response.json").read_text())["services"]["web"]
    assert answered["phase"] == ("awake" if waited else "waking")


def test_the_readme_and_the_operations_page_both_have_wake_commands() -> None:
    pages = {block.page.name for block in BLOCKS if any(command in WAKING for command in commands(block.text))}
    assert pages == {"README.md", "operations.md"}


def test_every_block_is_executed() -> None:
    """``test_terraform_blocks`` plans HCL, and ``test_task_protection`` runs an application's lines in Python and sh.

    ``test_phase_change_schema`` validates the event, in JSON, against its schema.
    """
    languages = {block.language for page in PAGES for block in blocks_of(page)}
    assert languages == {"bash", "hcl", "json", "python", "sh"}


@pytest.mark.parametrize(
    "answer",
    [
        *("", "\n", "[]\n", "{}", "null", "None\n"),
        '{"Datapoints": [], "Label": "RequestCount"}',
        '{"StatusCode": 200, "FunctionError": "Unhandled"}',
    ],
)
def test_an_empty_answer_is_noticed(answer: str) -> None:
    assert not says_something(answer)


@pytest.mark.parametrize("answer", ["a line", "0", "1", '["an event"]', '{"events": [1], "searchedLogStreams": []}'])
def test_any_other_answer_says_something(answer: str) -> None:
    assert says_something(answer)


def test_version_1_gets_the_same_log_lines() -> None:
    rewritten = for_version_1("aws logs tail /aws/lambda/name --since 1h --format short --filter-pattern 'a b'")
    assert rewritten == (
        "aws logs filter-log-events --log-group-name /aws/lambda/name --filter-pattern 'a b' "
        "--start-time $(( ($(date +%s) - 3600) * 1000 )) --query 'events[].[timestamp,message]' --output text"
    )


def test_an_option_without_an_equivalent_in_version_1_is_not_dropped() -> None:
    with pytest.raises(SystemExit):
        for_version_1("aws logs tail /aws/lambda/name --follow")
