"""``make demo`` and ``make local`` without ``make``: each in a copy of the project, checked by what a person sees."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest
import requests

from scripts.terraform_working_copy import module_files
from tests.module.cli_answers import says_something

ROOT = Path(__file__).parents[2]
NEEDED = ("scripts", "local_aws", "simulator", "lambda_src", "modules", "templates", "examples")
SECONDS = 400
# Variables that a person's shell can have. Nothing listens on port 9.
SETTINGS_OF_ANOTHER_AWS = {
    "AWS_PROFILE": "of-another-account",
    "AWS_SESSION_TOKEN": "of-another-account",
    "AWS_CONFIG_FILE": "/does/not/exist",
    "AWS_ENDPOINT_URL_ECS": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "NO_PROXY": "intranet.example",
}
SUNDAY = "2026-01-04T12:00:00+00:00"
"""A start with many virtual hours before the example's office hours, whose schedule would wake the service."""
PNG = b"\x89PNG\r\n"


@dataclass(frozen=True)
class Run:
    """A command that runs in a copy of the project. Its standard output and its standard error go into files."""

    process: subprocess.Popen[bytes]
    project: Path

    def wait(self) -> int:
        return self.process.wait(timeout=SECONDS)

    @property
    def output(self) -> str:
        return (self.project / "stdout").read_text()

    @property
    def errors(self) -> str:
        return (self.project / "stderr").read_text()


@dataclass(frozen=True)
class Runs:
    demo: Run
    demo_with_corrupted_zip: Run
    local: Run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Start all three at once: Terraform spends most of their time waiting for a load balancer."""
    whole, corrupted, left_running = (copy_of_the_project(tmp_path_factory.mktemp("project")) for _ in range(3))
    let_the_tick_fail(corrupted / "lambda_src" / "dist" / "lambda.zip")
    with ExitStack() as stack:
        yield Runs(
            demo=stack.enter_context(running(whole)),
            demo_with_corrupted_zip=stack.enter_context(running(corrupted)),
            local=stack.enter_context(running(left_running, "local", "--speed", "60", "--start", SUNDAY)),
        )


@contextmanager
def running(project: Path, *arguments: str) -> Iterator[Run]:
    command = [sys.executable, "-m", "scripts.demo", *arguments]
    environment = {name: value for name, value in os.environ.items() if name != "no_proxy"} | SETTINGS_OF_ANOTHER_AWS
    with (
        (project / "stdout").open("w") as output,
        (project / "stderr").open("w") as errors,
        subprocess.Popen(command, cwd=project, env=environment, stdout=output, stderr=errors) as process,
    ):
        try:
            yield Run(process, project)
        finally:
            if process.poll() is None:
                process.terminate()


def copy_of_the_project(copy: Path) -> Path:
    for folder in NEEDED:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", ".terraform*"))
    for file in module_files():
        shutil.copy2(file, copy)
    return copy


def let_the_tick_fail(zip_file: Path) -> None:
    with zipfile.ZipFile(zip_file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["scale_to_zero/handlers.py"] += (
        b"\n\ndef scale_to_zero(_event, _context):\n    raise RuntimeError('this zip is corrupted')\n"
    )
    with zipfile.ZipFile(zip_file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


def test_the_demo_shows_a_whole_life_and_the_dashboard(runs: Runs) -> None:
    demo = runs.demo
    assert demo.wait() == 0, demo.output + demo.errors
    statuses = re.findall(r"^\d\d:\d\d:\d\d +\d x (\d{3}) ", demo.output, re.MULTILINE)
    assert [status for status, _ in groupby(statuses)] == ["503", "200"]
    assert demo.output.count("web goes to zero: no request for") == 3
    assert "the page says: Waking up" in demo.output
    assert "the page has become the application: city-guided-service" in demo.output
    assert "12 minutes without a request: the service is still awake because it is held." in demo.output
    assert "staging-scale-up: web is no longer held" in demo.output
    assert re.search(r"07:00:\d\d +staging-scale-up: web wakes: .* \(office\)", demo.output, re.DOTALL)
    for picture in ("waiting-page", "application", "control-panel", "control-panel-scheduled"):
        [file] = (demo.project / "out" / "demo").glob(f"{picture}.*")
        assert file.read_bytes().startswith(PNG) or file.suffix == ".html"
    assert re.search(r"^dashboard_url +https://.*CityGuided-ECS-ScaleToZero", demo.output, re.MULTILINE)
    assert (demo.project / "out" / "demo" / "CityGuided-ECS-ScaleToZero.png").read_bytes().startswith(PNG)
    assert list(demo.project.rglob("*.tfstate")) == [], "Terraform must work in a copy"


def test_with_a_corrupted_zip_the_demo_fails_in_one_sentence(runs: Runs) -> None:
    demo = runs.demo_with_corrupted_zip
    assert demo.wait() == 1, demo.output + demo.errors
    assert demo.errors == "The function staging-scale-to-zero failed: this zip is corrupted\n"


def test_the_commands_that_make_local_shows_can_be_pasted_into_a_shell(runs: Runs, tmp_path: Path) -> None:
    local = runs.local
    wait_until_shown("Ctrl-C ends it", local)
    shown = local.output
    [url] = re.findall(r"the service: (\S+)", shown)
    answers = [until_it_says_something(shown, command, url, tmp_path) for command in commands_in(shown)]
    local.process.send_signal(signal.SIGINT)
    assert local.wait() == 0, local.output + local.errors
    assert '"phase": "waking"' in answers[0], "the first command wakes the service"


def wait_until_shown(text: str, run: Run) -> None:
    ends = time.monotonic() + SECONDS
    while text not in run.output:
        assert run.process.poll() is None, run.output + run.errors
        assert time.monotonic() < ends, run.output + run.errors
        time.sleep(1)


def commands_in(shown: str) -> list[str]:
    """Return the commands that version 1 of the AWS CLI knows: the blocks that begin with their purpose."""
    blocks = (block for block in shown.split("\n\n") if block.startswith("# "))
    return [block.split("\n", 1)[1] for block in blocks if "version 2 of the AWS CLI only" not in block]


def until_it_says_something(shown: str, command: str, url: str, folder: Path) -> str:
    """Run the command until it prints something: metrics appear some seconds late, and only after a request."""
    for _ in range(20):
        answer = paste(shown, command, folder)
        if says_something(answer):
            return answer
        # Not before the first try: a request wakes the service too.
        requests.get(url, timeout=30)
        time.sleep(1)
    raise AssertionError(f"{command} prints nothing: {answer}")


def paste(shown: str, command: str, folder: Path) -> str:
    preparation = shown.partition("First, in another terminal\n")[2].partition("\n\n")[0]
    environment = {
        **SETTINGS_OF_ANOTHER_AWS,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
    }
    finished = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"{preparation}\n{command}"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, command + finished.stdout + finished.stderr
    return finished.stdout
