from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import terraform_provider
from scripts.stamps import PROJECT
from scripts.terraform_provider import (
    INIT_ARGUMENTS,
    TerraformUnavailable,
    init_arguments,
    terraform_environment,
)

REGISTRY_ANSWERS = """
mkdir -p .terraform/providers/host/hashicorp/aws/5.100.0/os_arch
echo '- Installing hashicorp/aws v5.100.0...'
echo 'Terraform has been successfully initialized!'
"""
REGISTRY_IS_OUT_OF_REACH = """
case "$*" in
  *-plugin-dir=*) exit 0 ;;
  *) echo 'Error: Failed to query available provider packages'; exit 1 ;;
esac
"""
NOTHING_WORKS = "exit 1"


@pytest.fixture(autouse=True)
def stamps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Use a separate folder of stamps, and no setting from outside."""
    monkeypatch.delenv(INIT_ARGUMENTS, raising=False)
    folder = tmp_path / "stamps"
    monkeypatch.setattr(terraform_provider, "STAMPS", folder)
    monkeypatch.setattr(terraform_provider, "STAMP", folder / "terraform-plugin-dir")
    monkeypatch.setattr(terraform_provider, "DOWNLOADED", folder / "provider-from-registry")
    return folder


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the list of mirrors that a search of this machine finds."""
    found: list[Path] = []

    def find() -> Iterator[Path]:
        yield from found

    monkeypatch.setattr(terraform_provider, "find_mirrors", find)
    return found


def put_terraform(folder: Path, monkeypatch: pytest.MonkeyPatch, init: str, version: str = "1.11.4") -> Path:
    """Put a terraform on the PATH that reports ``version`` and runs ``init``. Return the file that counts its inits."""
    folder.mkdir(parents=True, exist_ok=True)
    count = folder / "inits"
    script = folder / "terraform"
    script.write_text(
        f'#!/bin/sh\nif [ "$1" = version ]; then echo "Terraform v{version}"; exit 0; fi\n'
        f"echo init >> '{count}'\n{init}\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return count


def test_a_variable_that_is_already_set_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    count = put_terraform(tmp_path / "bin", monkeypatch, NOTHING_WORKS)
    monkeypatch.setenv(INIT_ARGUMENTS, "-plugin-dir=elsewhere")
    assert terraform_environment()[INIT_ARGUMENTS] == "-plugin-dir=elsewhere"
    assert not count.exists()


def test_the_provider_from_the_registry_is_used_for_every_later_init(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stamps: Path
) -> None:
    count = put_terraform(tmp_path / "bin", monkeypatch, REGISTRY_ANSWERS)
    expected = f"-plugin-dir={stamps / 'provider-from-registry' / '.terraform' / 'providers'}"
    assert [init_arguments(), init_arguments()] == [expected, expected]
    assert count.read_text().splitlines() == ["init"]


def test_without_the_registry_a_mirror_on_the_machine_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mirrors: list[Path]
) -> None:
    put_terraform(tmp_path / "bin", monkeypatch, REGISTRY_IS_OUT_OF_REACH)
    mirrors.append(tmp_path / "mirror")
    assert init_arguments() == f"-plugin-dir={tmp_path / 'mirror'}"


def test_if_a_recorded_mirror_is_gone_another_is_searched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mirrors: list[Path]
) -> None:
    put_terraform(tmp_path / "bin", monkeypatch, REGISTRY_IS_OUT_OF_REACH)
    mirrors.append(tmp_path / "gone")
    init_arguments()
    mirrors[:] = [tmp_path / "another"]
    assert init_arguments() == f"-plugin-dir={tmp_path / 'another'}"


def test_a_path_with_a_space_reaches_terraform_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mirrors: list[Path]
) -> None:
    put_terraform(tmp_path / "bin", monkeypatch, REGISTRY_IS_OUT_OF_REACH)
    mirrors.append(tmp_path / "my plugins")
    assert init_arguments() == f"'-plugin-dir={tmp_path / 'my plugins'}'"


@pytest.mark.usefixtures("mirrors")
def test_without_registry_and_mirror_one_sentence_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_terraform(tmp_path / "bin", monkeypatch, NOTHING_WORKS)
    with pytest.raises(TerraformUnavailable, match=r"connect to the registry, or put the unpacked provider into"):
        init_arguments()


@pytest.mark.usefixtures("mirrors")
def test_a_registry_that_never_answers_is_abandoned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_terraform(tmp_path / "bin", monkeypatch, "exec sleep 60")
    monkeypatch.setattr(terraform_provider, "REGISTRY_ANSWER_SECONDS", 0.2)
    with pytest.raises(TerraformUnavailable):
        init_arguments()


def test_a_terraform_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put_terraform(tmp_path / "bin", monkeypatch, REGISTRY_ANSWERS, version="1.8.5")
    with pytest.raises(TerraformUnavailable, match=r"v1\.8, which is too old: install Terraform 1\.9 or newer"):
        init_arguments()


def test_without_terraform_the_command_says_in_one_sentence_what_to_install(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "scripts.terraform_provider"]
    finished = subprocess.run(
        command, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False, timeout=30
    )
    assert finished.returncode == 1
    assert finished.stderr == (
        "There is no terraform on this machine: install Terraform 1.9 or newer and put it on the PATH.\n"
    )


def test_two_processes_that_start_together_on_a_fresh_clone_use_the_registry_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    count = put_terraform(tmp_path / "bin", monkeypatch, f"sleep 1\n{REGISTRY_ANSWERS}")
    shutil.copytree(PROJECT / "scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "scripts.terraform_provider"]
    both = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate(timeout=30)[0] for process in both]
    plugin_dir = tmp_path / ".stamps" / "provider-from-registry" / ".terraform" / "providers"
    assert answers == [f"-plugin-dir={plugin_dir}\n"] * 2
    assert [process.returncode for process in both] == [0, 0]
    assert count.read_text().splitlines() == ["init"]
    assert (plugin_dir / "host" / "hashicorp" / "aws").is_dir()
