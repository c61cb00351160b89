"""The Python interpreters on this machine, by version."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from tests.missing_programs import missing

from .lambda_runtime import PYTHON

# What the package promises to run on.
VERSIONS: Final = ("3.11", "3.12", "3.13")


@cache
def interpreter(version: str) -> Path | None:
    """An interpreter of this version: on the PATH, else among those pyenv has installed; ``None`` if there is none."""
    return next((path for path in _candidates(version) if _runs(path, version)), None)


def require_interpreter(version: str) -> Path:
    """An interpreter of this version; without one the test is skipped, or fails in CI if it is AWS Lambda's version."""
    return interpreter(version) or missing(
        f"There is no Python {version} on the PATH or among pyenv's versions: install it, or let pyenv do so.",
        fails=None if version == PYTHON else False,
    )


def _candidates(version: str) -> Iterator[Path]:
    on_path = shutil.which(f"python{version}")
    if on_path:
        yield Path(on_path)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}*/bin/python{version}"))


def _runs(path: Path, version: str) -> bool:
    # pyenv puts a shim on the PATH even for versions it will not start.
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    ran = subprocess.run([path, "-c", program], capture_output=True, text=True, check=False, timeout=30)
    return ran.returncode == 0 and ran.stdout.strip() == version
