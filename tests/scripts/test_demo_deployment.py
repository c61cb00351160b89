from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from scripts.demo import deployment
from scripts.demo.__main__ import INTERRUPTED
from scripts.demo.deployment import Deployment, DeploymentFailed
from scripts.stamps import PROJECT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(deployment, "PROJECT", tmp_path)
    monkeypatch.setattr(deployment, "LOG", tmp_path / "out" / "terraform.log")
    folder = tmp_path / "staging"
    folder.mkdir()
    return folder


def put_terraform(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    script = folder / "terraform"
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_failed_apply_is_reported_with_terraforms_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = 'if [ "$1" = apply ]; then echo "│ Error: no such zip" >&2; exit 1; fi'
    put_terraform(folder, monkeypatch, failing)
    with pytest.raises(
        DeploymentFailed,
        match=r"^terraform apply of examples/staging failed: no such zip; see out/terraform\.log\.$",
    ):
        Deployment(folder, os.environ).apply()


def test_destroying_needs_no_confirmation_and_passes_no_option_that_terraform_no_longer_has(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_terraform(folder, monkeypatch, 'echo "$@" > arguments')
    Deployment(folder, os.environ).destroy()
    arguments = (folder / "arguments").read_text().split()
    assert arguments[0] == "destroy"
    assert "-auto-approve" in arguments
    assert "-force" not in arguments


def test_terraform_gets_only_the_given_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_terraform(folder, monkeypatch, "/usr/bin/env > environment")
    monkeypatch.setenv("AWS_PROFILE", "of-another-account")
    Deployment(folder, {"PATH": os.environ["PATH"], "AWS_REGION": "eu-west-3"}).destroy()
    environment = (folder / "environment").read_text()
    assert "AWS_REGION=eu-west-3\n" in environment
    assert "AWS_PROFILE" not in environment


@pytest.mark.parametrize("request_to_end", [signal.SIGTERM, signal.SIGINT])
def test_on_a_signal_to_end_the_demo_ends_terraform_and_what_terraform_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch, request_to_end: signal.Signals
) -> None:
    started = folder / "started"
    put_terraform(
        folder,
        monkeypatch,
        f'if [ "$1" = version ]; then echo "Terraform v1.11.4"; exit 0; fi\n'
        f"sleep 60 >/dev/null 2>&1 & echo $$ $! > {started}.new && mv {started}.new {started}\nwait",
    )
    monkeypatch.setenv("TF_CLI_ARGS_init", "")
    demo = subprocess.Popen(
        [sys.executable, "-m", "scripts.demo"], cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(started.exists)
        demo.send_signal(request_to_end)
        assert demo.wait(timeout=30) == INTERRUPTED
    finally:
        demo.kill()
        demo.wait()
    for process in map(int, started.read_text().split()):
        wait_until(partial(has_ended, process))


def wait_until(happened: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.05)


def has_ended(process: int) -> bool:
    """Return whether a process is gone, or is a zombie that no process has waited for."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()[:1] in ("", "Z")
